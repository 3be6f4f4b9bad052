/*
 * Waiting for a stack operation while telling what happens. When to look at
 * what is the fleet's (fleet.h) business; a look that fails for a while only,
 * throttled or without an answer, is taken again later and never ends the
 * wait.
 */
#ifndef CCDK_CFN_MONITOR_H
#define CCDK_CFN_MONITOR_H

#include "cfn/activity.h"
#include "cfn/cause.h"
#include "cfn/cfnstack.h"

struct monitor {
	struct sink *sink;
	struct aws *aws;
	struct poller *poller;
	struct activity *activity; /* NULL: quiet */
	struct event_list problems; /* of resources, root causes only */
	struct event_list failed;   /* what cause_find() wants */
	struct event_list principals; /* one for each role and function that
					 an event was about */
	struct lineage tree;
	struct strmap nested;	    /* nested stack's ARN -> logical id */
	struct strvec skipped;	    /* what a rollback left out: "B", in a
				       nested stack "Nested.B" */
	struct strmap stabilizing;  /* names that are complete but not yet
				       settled (express) */
	struct strmap busy;	    /* logical ids, of the stack's own */
	char *last_own;		    /* what the stack said of itself last */
	size_t told;		    /* events so far */
	bool told_trouble;
	bool is_delete;		    /* keep watching for "going" resources */
};

/* since_ms: older events are not of this operation. opts NULL: no display. */
void monitor_start(struct monitor *m, struct sink *sink, struct aws *aws,
    const char *stack_arn, int64_t since_ms,
    const struct activity_opts *opts);
/*
 * Waits until the stack is no longer busy; ret has its last state (json NULL
 * when it is gone). The display is finished either way.
 */
MUST_USE int monitor_wait(struct monitor *m, const char *stack_arn,
    struct cfnstack *ret, struct err *err);
void monitor_release(struct monitor *m);

#endif
