/*
 * An event of CloudFormation as an event of the feed (util/feed.h);
 * ccdk-deploy(1) has the members. What else happens to stacks is told by
 * deploy/tell.h.
 */
#ifndef CCDK_CFN_EVENT_FEED_H
#define CCDK_CFN_EVENT_FEED_H

#include "cfn/activity.h"
#include "cfn/lineage.h"

/* What goes with an event. */
struct event_about {
	const struct lineage *tree; /* knows the nested stacks */
	const struct progress *progress;
	const char *path; /* in the construct tree, or NULL */
	int64_t left_ms;  /* of the operation, -1: unknown */
};

/* stack.event; stack NULL: the event's own. Nothing without a feed. */
void event_feed(struct feed *f, const char *stack, const struct event *e,
    const struct event_about *about);

#endif
