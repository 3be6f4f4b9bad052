/*
 * One poller per account and region for everything that waits for a stack
 * there. It says who may ask AWS what, and when; the waiting threads ask. A
 * few stacks are looked at one by one (cadence.h). From some more on one of
 * them lists the states of all (DescribeStacks without a name, a hundred
 * stacks a request) on everybody's behalf, and events are read where a state
 * has moved, in turn, and at the end. Where listing is not allowed it stays
 * with single looks, no faster than AWS takes them.
 *
 *	fleet_join(&w, aws, arn);
 *	while ((turn = fleet_next(&w)) < FLEET_ENDED) {
 *		... look at what turn says, note it in w.cadence
 *		cadence_end(&w.cadence, LOOK_..., requests, fleet_now());
 *	}
 *	fleet_leave(&w);
 */
#ifndef CCDK_CFN_FLEET_H
#define CCDK_CFN_FLEET_H

#include <pthread.h>

#include "cfn/cadence.h"
#include "cfn/cfnstack.h"

enum fleet_turn {
	FLEET_STATE = 1, /* read the stack's state */
	FLEET_EVENTS,	 /* read its events */
	FLEET_ENDED,	 /* the listing has it: end */
	FLEET_CANCELLED,
	FLEET_LIST,	 /* taken care of inside */
};

/* Whether a state is the end; a review that should have turned into an
 * execution may be an old answer. Zero-filled at first. */
struct settling {
	unsigned reviews;
	bool was_busy;
};
bool settled(struct settling *s, unsigned status_flags);

struct fleet;

/* One that waits; lives on its thread's stack. */
struct fleet_wait {
	struct cadence cadence;
	struct settling settling;
	struct cfnstack end; /* with FLEET_ENDED; yours */

	struct fleet *fleet; /* from here on: fleet.c's */
	struct aws *aws;
	const char *stack;
	char *state; /* as listed last */
	enum fleet_turn turn;
	bool at_it, listed, missing, moved, ended;
	int64_t joined_ms, listed_ms;
	pthread_cond_t cond;
	struct fleet_wait *next;
};

/* stack: ARN or name, borrowed. */
void fleet_join(struct fleet_wait *w, struct aws *aws, const char *stack);
/* Blocks. After a turn the caller comes back, or leaves. */
enum fleet_turn fleet_next(struct fleet_wait *w);
void fleet_leave(struct fleet_wait *w);
/* The clock of cadences: monotonic, as CCDK_POLL_SCALE has it. */
int64_t fleet_now(void);

#endif
