/*
 * The work graph of a deployment: stacks, and building and publishing their
 * assets, in dependency order, each kind under its own limit.
 *
 *	size_t b = graph_add(g, GRAPH_BUILD, "build-x", build, arg);
 *	size_t p = graph_add(g, GRAPH_PUBLISH, "publish-x", publish, arg);
 *	graph_depend(g, p, b);
 *	if (graph_run(g, limits, err) < 0) ...
 *
 * Work runs on threads of its own. After a failure nothing new is started and
 * what runs is left to finish; with graph_keep_going() only what waits for
 * what failed is left out. After cancel_request() nothing new is started.
 * Time and memory are linear in nodes and edges.
 */
#ifndef CCDK_DEPLOY_GRAPH_H
#define CCDK_DEPLOY_GRAPH_H

#include <stdatomic.h>

#include "util/err.h"

/* Highest priority first. */
enum graph_type { GRAPH_BUILD, GRAPH_STACK, GRAPH_PUBLISH, GRAPH_TYPES };

enum graph_state {
	GRAPH_PENDING, /* waits for others */
	GRAPH_QUEUED,
	GRAPH_RUNNING,
	GRAPH_DONE,
	GRAPH_FAILED,
	GRAPH_SKIPPED /* never begun */
};

struct graph;
struct graph *graph_new(void);
void graph_free(struct graph *g);
DEFINE_CLEANUP(struct graph, graph_free)

typedef int graph_work(void *arg, struct err *err);

/* id is copied, arg borrowed. Returns the node: 0, 1, 2 ... */
size_t graph_add(struct graph *g, enum graph_type type, const char *id,
    graph_work *work, void *arg);
size_t graph_size(const struct graph *g);
enum graph_type graph_type_of(const struct graph *g, size_t node);
/* What people call it; the id unless set. */
void graph_label(struct graph *g, size_t node, const char *label);
const char *graph_label_of(const struct graph *g, size_t node);
/* node waits for `on`; known pairs are fine. */
void graph_depend(struct graph *g, size_t node, size_t on);
/* The same unless that would close a cycle. Quick for one node after the
 * other, with all that it is to wait for. */
void graph_depend_loosely(struct graph *g, size_t node, size_t on);
/* Counts as done; nobody waits for it. */
void graph_drop(struct graph *g, size_t node);
/* Does anything that is still to run wait for it? */
bool graph_is_needed(const struct graph *g, size_t node);
/* Goes on although something failed: see above. */
void graph_keep_going(struct graph *g);
/* Nothing new is started once it is true; borrowed, NULL: none. */
void graph_watch(struct graph *g, const atomic_bool *stopping);
/* When going on: runs whether what it waits for succeeded or not. */
void graph_forgive(struct graph *g, size_t node);

/* The error is the one that came last. */
MUST_USE int graph_run(struct graph *g, const unsigned limits[GRAPH_TYPES],
    struct err *err);

/* Afterwards. */
enum graph_state graph_state_of(const struct graph *g, size_t node);
/* Why it failed, else NULL; borrowed. */
const struct err *graph_error_of(const struct graph *g, size_t node);
/* Of a skipped one: the node that failed, or itself when everything was
 * stopped. */
size_t graph_because(const struct graph *g, size_t node);
size_t graph_failures(const struct graph *g);

#endif
