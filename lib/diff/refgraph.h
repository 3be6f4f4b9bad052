/*
 * The resources of some stacks as a graph of references, and their digests.
 * The inside of moves.c.
 */
#ifndef CCDK_DIFF_REFGRAPH_H
#define CCDK_DIFF_REFGRAPH_H

#include "diff/moves.h"
#include "util/digest.h"

struct edges {
	size_t *v; /* indexes of nodes, in the order they were found */
	size_t n, cap;
};

struct refnode {
	struct place at;
	const cJSON *resource;
	struct edges out, in; /* refers to, is referred to by */
	bool ignored;	      /* in the graph, but without a digest */
	char content[SHA256_HEX]; /* of the resource alone; "" before use */
};

struct refgraph {
	struct refnode *v;
	size_t n, cap;
	struct strmap index;   /* "stack.id" -> 1 + index of the node */
	struct strmap exports; /* name -> struct export * */
};

enum refgraph_direction {
	REFGRAPH_DIRECT,	/* digests over what a resource refers to */
	REFGRAPH_OPPOSITE	/* digests over what refers to it */
};

/* Digests of the nodes that have one. */
struct digests {
	char (*v)[SHA256_HEX]; /* by node; "": none */
	size_t *order;	       /* nodes, what they depend on first */
	size_t n;	       /* of order */
};

void refgraph_build(const struct moves_stack *stacks, size_t n,
    struct refgraph *ret);
void refgraph_release(struct refgraph *g);
/* The node at a place; SIZE_MAX when there is none. */
size_t refgraph_find(const struct refgraph *g, struct place at);
void refgraph_digests(struct refgraph *g, enum refgraph_direction direction,
    struct digests *ret);
void digests_release(struct digests *d);

#endif
