/*
 * Clocks. Everything that enters a request, a file or a test goes through
 * now_utc(), which CCDK_NOW (seconds since 1970, for tests) can fix.
 */
#ifndef CCDK_UTIL_TIMEUTIL_H
#define CCDK_UTIL_TIMEUTIL_H

#include "util/base.h"
#include "util/strbuf.h"

int64_t now_utc(void);	  /* seconds */
int64_t now_utc_ms(void); /* milliseconds */
int64_t mono_ms(void);	  /* monotonic, for durations */
int64_t mono_us(void);	  /* the same, for short ones */
/* "20150830T123600Z" */
void time_amz(int64_t utc, char ret[17]);
/* "2015-08-30T12:36:00Z" */
void time_iso(int64_t utc, char ret[21]);
/* ISO 8601 with optional fraction and zone; seconds + milliseconds. */
bool time_parse_iso(const char *s, int64_t *ret_ms);
/* An HTTP date ("Sun, 06 Nov 1994 08:49:37 GMT"). */
bool time_parse_http(const char *s, int64_t *ret);
/* "14:03:59" in local time */
void time_local_hms(int64_t utc, char ret[9]);

/*
 * Sleeps on the monotonic clock, woken at once by cancel_request(); true when
 * the whole time passed. CCDK_POLL_SCALE (a percentage, for tests) shortens it.
 */
bool wait_ms(int64_t ms);
/* The same, whatever CCDK_POLL_SCALE says: a pace is kept with others' clocks. */
bool wait_real_ms(int64_t ms);
/* The same, over early when fd can be read (true then). */
bool wait_fd_ms(int fd, int64_t ms);
/* What CCDK_POLL_SCALE makes of a time. */
int64_t wait_scaled(int64_t ms);

/* Set once by a signal handler or a failed sibling; wakes every wait_ms(). */
void cancel_request(void);
bool cancel_requested(void);
/* Readable from then on, for waits on descriptors; do not read from it. */
int cancel_fd(void);

#endif
