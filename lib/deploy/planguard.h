/*
 * What data a stack of a plan would lose.
 */
#ifndef CCDK_DEPLOY_PLANGUARD_H
#define CCDK_DEPLOY_PLANGUARD_H

#include "aws/session.h"
#include "model/assembly.h"

/* All borrowed. */
struct plan_guard {
	struct aws *aws;
	const struct stack *stack;
	const cJSON *old, *template_;
	const cJSON *change_set;    /* or NULL */
	const struct strvec *allow; /* --allow-data-loss */
};

/* Appends an object per finding to list, and lines to text and losses: all
 * findings, and those that are losses nobody allowed. */
MUST_USE int plan_guard(const struct plan_guard *g, cJSON *list,
    struct strbuf *text, struct strbuf *losses, struct err *err);

#endif
