/*
 * What became of the nodes of a work graph, for people: which succeeded, which
 * failed and why, which were left out because of which.
 */
#ifndef CCDK_DEPLOY_SUMMARY_H
#define CCDK_DEPLOY_SUMMARY_H

#include "deploy/graph.h"
#include "util/feed.h"

struct summary {
	const struct graph *graph;
	enum graph_type of; /* what counts: stacks, or publications */
	const char *done;   /* "deployed" */
};

/* After graph_run(). Of other nodes than those of that type only failures are
 * told. */
void summary_tell(struct sink *sink, const struct summary *s);
/* "stack.skipped" of the stack that is this node, if it was left out. */
void summary_skipped(struct feed *feed, const struct graph *g, size_t node,
    const char *stack);

#endif
