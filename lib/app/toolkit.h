/*
 * What is bootstrapped in an environment: the toolkit stack's outputs, and the
 * version that stacks and asset manifests require (bootstrap.md 10).
 */
#ifndef CCDK_APP_TOOLKIT_H
#define CCDK_APP_TOOLKIT_H

#include "app/access.h"

struct toolkit {
	bool found;
	char *stack_name;
	char *bucket, *bucket_domain, *repository;
	int version; /* 0: unknown */
	char *variant, *qualifier;
	char *lookup_error; /* why it could not be read, or NULL */
};

/* --toolkit-stack-name > setting > "CDKToolkit"; borrowed */
const char *toolkit_stack_name(const struct app *app);
/* Never fails for a missing stack (found is false). */
MUST_USE int toolkit_lookup(struct app *app, const struct stack_access *a,
    struct toolkit *ret, struct err *err);
void toolkit_release(struct toolkit *t);

/* E_CONFIG with the reference's text when too old, missing or unreadable.
 * required <= 0: no check. ssm_name may be NULL. Cached per environment. */
MUST_USE int toolkit_require_version(struct app *app,
    const struct stack_access *a, int required, const char *ssm_name,
    struct err *err);

#endif
