/*
 * Asking before a deployment that changes permissions or destroys something:
 * stack by stack as their change sets are there, or for all stacks together
 * before the first one is touched.
 */
#ifndef CCDK_DEPLOY_APPROVE_H
#define CCDK_DEPLOY_APPROVE_H

#include "deploy/deploy.h"

/* What would be asked about one stack, and what is to be seen before. Zero
 * means nothing. */
struct approval_view {
	bool asks;
	const char *what;	     /* "security-sensitive updates" */
	struct strbuf text, warning; /* as they are shown; not begun: none */
	struct strmap rows;	     /* the same, to compare */
};
void approval_view_release(struct approval_view *v);

struct approval {
	const char *mode; /* "never", "broadening", "any-change",
			     "destructive" */
	unsigned concurrency;
	struct stack *stack;
	struct aws *aws;
	const cJSON *template_;
	const cJSON *change_set; /* or NULL */

	/* Was it asked for all together? Then this is what was seen of this
	 * stack, NULL: nothing, and more than that is refused. */
	bool together;
	const struct approval_view *seen;

	/* for looking, where there is no change set yet to say whether
	 * anything changes at all: */
	const cJSON *tags;	 /* {key: value} */
	const cJSON *parameters; /* {key: value} */
};

/* 0 to go on; E_DECLINED, or why it could not be asked. */
MUST_USE int approve(struct app *app, const struct approval *a,
    struct err *err);

/* Only reads. */
MUST_USE int approve_look(struct app *app, const struct approval *a,
    struct approval_view *ret, struct err *err);
void approve_show(struct app *app, const struct approval_view *v);

#endif
