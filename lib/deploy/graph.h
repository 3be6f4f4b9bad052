/*
 * The work graph of a deployment: stacks, and building and publishing their
 * assets, in dependency order, each kind under its own limit.
 *
 *	size_t b = graph_add(g, GRAPH_BUILD, "build-x", build, arg);
 *	size_t p = graph_add(g, GRAPH_PUBLISH, "publish-x", publish, arg);
 *	graph_depend(g, p, b);
 *	if (graph_run(g, limits, err) < 0) ...
 *
 * Work runs on threads of its own; after a failure nothing new is started and
 * what runs is left to finish.
 */
#ifndef CCDK_DEPLOY_GRAPH_H
#define CCDK_DEPLOY_GRAPH_H

#include "util/err.h"

/* Highest priority first. */
enum graph_type { GRAPH_BUILD, GRAPH_STACK, GRAPH_PUBLISH, GRAPH_TYPES };

struct graph;
struct graph *graph_new(void);
void graph_free(struct graph *g);
DEFINE_CLEANUP(struct graph, graph_free)

typedef int graph_work(void *arg, struct err *err);

/* id is copied, arg borrowed. Returns the node. */
size_t graph_add(struct graph *g, enum graph_type type, const char *id,
    graph_work *work, void *arg);
enum graph_type graph_type_of(const struct graph *g, size_t node);
/* node waits for `on`; known pairs are fine. */
void graph_depend(struct graph *g, size_t node, size_t on);
/* The same unless that would close a cycle. */
void graph_depend_loosely(struct graph *g, size_t node, size_t on);
/* Counts as done; nobody waits for it. */
void graph_drop(struct graph *g, size_t node);
/* Does anything that is still to run wait for it? */
bool graph_is_needed(const struct graph *g, size_t node);

/* The error is the one that came last. */
MUST_USE int graph_run(struct graph *g, const unsigned limits[GRAPH_TYPES],
    struct err *err);

#endif
