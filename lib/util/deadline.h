/*
 * The time that a whole run may take (`--timeout`): when it is over,
 * cancel_request() is made, as by a Ctrl-C. One per process.
 */
#ifndef CCDK_UTIL_DEADLINE_H
#define CCDK_UTIL_DEADLINE_H

#include "util/base.h"

/*
 * "90s", "45m", "2h", "1h30m", "1.5h"; a plain number is seconds. False unless
 * it is more than nothing and at most 30 days.
 */
bool duration_parse(const char *text, int64_t *ret_ms);

/* At that moment of mono_ms(). */
void deadline_start(int64_t at_ms);
/* Not any more. Before the program ends. */
void deadline_end(void);
/* Milliseconds until then, at least 1; 0: there is none. */
int64_t deadline_left_ms(void);
/* Was it what cancelled the run? */
bool deadline_passed(void);

#endif
