/*
 * How long to wait before sending a request again. Pure; the caller waits
 * (wait_ms) and decides whether to.
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
/* Retry-After: seconds or an HTTP date; -1 when it is neither. At most 1 h. */
int64_t retry_after_ms(const char *value, int64_t now_utc_s);

#endif
