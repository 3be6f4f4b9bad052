/*
 * Choosing stacks by pattern, with dependencies, in assembly order; rules and
 * messages of the reference.
 */
#ifndef CCDK_MODEL_SELECT_H
#define CCDK_MODEL_SELECT_H

#include "model/assembly.h"
#include "util/msg.h"

enum select_default {
	SELECT_MAIN_ASSEMBLY, /* top-level stacks */
	SELECT_ALL,	      /* all, stages included */
	SELECT_ONLY_SINGLE,   /* the only top-level stack, else an error */
};

enum select_expand { EXPAND_NONE, EXPAND_UPSTREAM, EXPAND_DOWNSTREAM };

struct select_opts {
	const struct strvec *patterns;
	bool all; /* --all */
	enum select_default none; /* without patterns */
	enum select_expand expand; /* NONE with --exclusively */
	bool ignore_no_stacks;	   /* empty app gives an empty selection */
	bool allow_no_match;	   /* patterns without a match are fine */
	bool allow_no_main;	   /* only stages: an empty selection is fine */
	bool match_single;	   /* patterns must give exactly one stack */
};

struct stack_list {
	struct stack **v; /* borrowed stacks */
	size_t n;
};

/* "Including dependency stacks: ..." goes to sink (may be NULL). */
MUST_USE int stacks_select(const struct assembly *a,
    const struct select_opts *o, struct sink *sink, struct stack_list *ret,
    struct err *err);
void stack_list_release(struct stack_list *l);
/*
 * E_CONFIG when two of them deploy to one stack name in one environment: the
 * second would overwrite the first.
 */
MUST_USE int stacks_check_names(const struct stack_list *l, struct err *err);

#endif
