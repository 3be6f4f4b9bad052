/*
 * Asking before a deployment that changes permissions or destroys something.
 */
#ifndef CCDK_DEPLOY_APPROVE_H
#define CCDK_DEPLOY_APPROVE_H

#include "deploy/deploy.h"

struct approval {
	const char *mode; /* "never", "broadening", "any-change",
			     "destructive" */
	unsigned concurrency;
	struct stack *stack;
	struct aws *aws;
	const cJSON *template_;
	const cJSON *change_set; /* or NULL */
};

/* 0 to go on; E_DECLINED, or why it could not be asked. */
MUST_USE int approve(struct app *app, const struct approval *a,
    struct err *err);

#endif
