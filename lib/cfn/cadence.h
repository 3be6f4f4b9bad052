/*
 * When to look again at a stack that is under way, and at what. The stack's
 * own last event tells its end, so most looks are at the events; the state
 * (DescribeStacks) is read at once, to confirm the end, and now and then.
 *
 * The budget is what the reference sends: DescribeStacks at once and every
 * 5 s, DescribeStackEvents every 2 s (also for each nested stack) and one
 * last time; and three requests of those that it sends before the wait and we
 * do not. It is spent evenly; in long silences some of it is saved, for when
 * nothing but the stack itself is left to end. Time that requests take is no time here, as there.
 *
 * Pure: times come in (monotonic, milliseconds), decisions go out.
 */
#ifndef CCDK_CFN_CADENCE_H
#define CCDK_CFN_CADENCE_H

#include "util/base.h"

enum look { LOOK_STATE, LOOK_EVENTS };

struct cadence {
	/* what the owner knows */
	bool seen;	   /* an event of this operation */
	bool over;	   /* the stack's own last event says that it ended */
	bool deaf;	   /* the events cannot be read */
	size_t busy;	   /* resources that are being worked on */
	size_t width;	   /* requests for a look at the events */
	int64_t moved_ms;  /* when the last event came in */
	unsigned failures; /* of the last looks at the state, in a row */

	/* kept here */
	int64_t clock, at_ms;	/* without requests; as of at_ms */
	int64_t period;		/* of 5 s, by that clock */
	size_t left;		/* requests of the budget */
	size_t counted_width;	/* by the budget */
	int64_t state_clock;	/* at the last look at the state */
	int64_t state_due, events_due; /* by that clock */
	int64_t looked_ms, state_ms; /* when looks at the events and at the
					state ended */
	unsigned confirmations; /* looks at the state since it is over */
	bool begun;
};

void cadence_init(struct cadence *c, int64_t now);
/* When the next look is due, by the same clock as now; at what. */
int64_t cadence_next(struct cadence *c, int64_t now, enum look *ret);
/* A look begins; and it has ended, after so many requests. What the owner
 * knows is up to date by then. */
void cadence_begin(struct cadence *c, int64_t now);
void cadence_end(struct cadence *c, enum look what, size_t requests,
    int64_t now);

#endif
