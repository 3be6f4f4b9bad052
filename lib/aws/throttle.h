/*
 * What the calls of one session share so that they do not throttle each other:
 * per account, region and operation a pace (net/pace.h) with its queue, per
 * account, region and service the retry quota of the SDKs' standard mode, and
 * the settings for both. Thread-safe; never waits while requests are not
 * throttled.
 *
 * Without a retry mode the pace is kept and the attempts and pauses are the
 * reference's, which has no quota to speak of (one per call). "legacy": no
 * pace, no quota. "standard": the quota. "adaptive": both.
 */
#ifndef CCDK_AWS_THROTTLE_H
#define CCDK_AWS_THROTTLE_H

#include "aws/config.h"
#include "util/msg.h"

struct throttles;
struct throttle; /* borrowed, lives as long as the throttles */

struct throttles *throttles_new(void);
void throttles_free(struct throttles *t);

/* AWS_MAX_ATTEMPTS or max_attempts; 0: not set. Settings that cannot be read
 * are passed over, with a warning on the first call. */
unsigned throttles_attempts(struct throttles *t, const struct aws_config *c,
    struct sink *sink);

/* scope: the account, or an access key id where it is not known. operation
 * NULL: the one of the whole service, for throttle_retry(). */
struct throttle *throttle_get(struct throttles *t, const char *scope,
    const char *region, const char *service, const char *operation);

enum throttle_answer { THROTTLE_GOOD, THROTTLE_THROTTLED, THROTTLE_OTHER };

/* Waits for a turn, in order of arrival, or until the run is cancelled; when
 * it was (monotonic) for throttle_leave(). */
int64_t throttle_enter(struct throttle *t);
void throttle_leave(struct throttle *t, int64_t entered,
    enum throttle_answer how);
/* Has the same kind of request gone through since? Then one that was throttled
 * has met its like, not a service that is shut. */
bool throttle_is_shared(struct throttle *t, int64_t since);
/* Leave for another attempt; transient: after anything but throttling. *cost
 * is for throttle_good(), which gives it back. */
bool throttle_retry(struct throttle *service, bool transient, int *cost);
void throttle_good(struct throttle *service, int cost);

#endif
