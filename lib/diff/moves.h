/*
 * Which resources moved between stacks or changed their logical id: two sets
 * of stacks are compared by what their resources are, not by what they are
 * called. Equal are resources of one type with the same content, references
 * aside, that refer to equal resources. Pure. The algorithm is the
 * reference's refactoring, which decides what it calls equal and in which
 * order it looks.
 *
 *	struct moves m = { 0 };
 *	moves_find(&(struct moves_input){ .before = deployed, ... }, &m);
 *	const struct move *to = moves_from(&m, "Stack", "Bucket1");
 *	moves_release(&m);
 *
 * Names and ids in the result are borrowed from the stacks' names, from their
 * templates and from the overrides.
 */
#ifndef CCDK_DIFF_MOVES_H
#define CCDK_DIFF_MOVES_H

#include "util/json.h"
#include "util/strmap.h"

struct moves_stack {
	const char *name; /* CloudFormation's */
	const cJSON *template_;
};

struct place {
	const char *stack, *id; /* stack name, logical id */
};

struct move {
	struct place from, to;
};

/* Equal resources of which nobody can say which one became which. */
struct move_choice {
	struct place *from, *to;
	size_t n_from, n_to;
};

struct moves_input {
	const struct moves_stack *before, *after;
	size_t n_before, n_after;
	/* decide what is ambiguous, before the graph is asked */
	const struct move *overrides;
	size_t n_overrides;
};

struct moves {
	struct move *v;
	size_t n;
	struct move_choice *ambiguous;
	size_t n_ambiguous;
	/* resources without an equal on the other side */
	struct place *only_before, *only_after;
	size_t n_only_before, n_only_after;
	/* nothing but moves: each side has the resources of the other */
	bool isomorphic;
	struct strmap from, to; /* "stack.id" -> struct move * */
};

/* Resources in a circle of references, and what refers to them, have no place
 * in the result, nor has AWS::CDK::Metadata. */
void moves_find(const struct moves_input *in, struct moves *ret);
void moves_release(struct moves *m);
/* The move away from a place, to a place; NULL for none. m may be NULL. */
const struct move *moves_from(const struct moves *m, const char *stack,
    const char *id);
const struct move *moves_to(const struct moves *m, const char *stack,
    const char *id);

#endif
