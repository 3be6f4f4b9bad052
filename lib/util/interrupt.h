/*
 * Ctrl-C as a request. While something stands that must be taken down again
 * (a change set made for looking), the first SIGINT, SIGTERM or SIGHUP is kept
 * and becomes cancel_request(): waits end, the work cleans up behind itself.
 * A second one ends the program as usual.
 *
 *	interrupt_defer();		before the thing is made
 *	...				E_CANCELLED comes back
 *	interrupt_raise();		at the end of main: does not return
 *					when a signal was kept
 */
#ifndef CCDK_UTIL_INTERRUPT_H
#define CCDK_UTIL_INTERRUPT_H

#include "util/base.h"

/* From now on; calling it again is fine. Any thread. */
void interrupt_defer(void);
/*
 * The same, but the first signal is no cancel_request(): the descriptor that
 * is returned becomes readable, and its reader decides what comes of it. One
 * thread at a time; -1 when the system has none.
 */
int interrupt_watch(void);
/* From now on it is a cancel_request() again. */
void interrupt_unwatch(void);
/* The signal that was kept, 0: none. */
int interrupt_kept(void);
/* Ends the program by the signal that was kept, if any. */
void interrupt_raise(void);

#endif
