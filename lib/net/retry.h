/*
 * How long to wait before sending a request again, and whether there is still
 * leave to. Pure; the caller waits (wait_ms) and keeps a quota to one thread.
 */
#ifndef CCDK_NET_RETRY_H
#define CCDK_NET_RETRY_H

#include "util/base.h"

struct retry_policy {
	unsigned attempts; /* in all */
	int64_t base_ms;
	int64_t cap_ms;
	bool exact; /* no jitter */
};

/*
 * Pause before retry n (1 is the first): base * 2^n up to the cap, of which
 * half is kept and half is random. random: any 32 bits.
 */
int64_t retry_pause_ms(const struct retry_policy *p, unsigned n,
    uint32_t random);
/* What a server that names a time (Retry-After) makes of a pause: never
 * shorter, and no more than 5 s longer. asked_ms: -1 for none. */
int64_t retry_pause_asked(int64_t pause_ms, int64_t asked_ms);
/* Retry-After: seconds or an HTTP date; -1 when it is neither. At most 1 h. */
int64_t retry_after_ms(const char *value, int64_t now_utc_s);

/*
 * The retry quota of the AWS SDKs' standard mode: 500 tokens, of which a retry
 * takes 5, or 10 after a lost connection, a timeout or a 5xx; what the last
 * retry took comes back when it succeeds, else 1. So a service that is down is
 * asked less and less. Zero-filled is full.
 */
struct retry_quota {
	int used;
};

enum { RETRY_COST = 5, RETRY_COST_TRANSIENT = 10 };

/* false: no tokens are left, give up. */
bool retry_quota_take(struct retry_quota *q, int cost);
/* After a success; cost: of its last retry, 0 when there was none. */
void retry_quota_return(struct retry_quota *q, int cost);

#endif
