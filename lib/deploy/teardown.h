/*
 * What deleting a stack would do, found out by reading.
 */
#ifndef CCDK_DEPLOY_TEARDOWN_H
#define CCDK_DEPLOY_TEARDOWN_H

#include "cfn/cfnstack.h"

struct teardown {
	struct cfnstack stack;	/* as found; json NULL: it is not there */
	bool is_protected;
	const char *parent;	/* ARN of the stack it is nested in, or NULL */
	size_t resources;	/* those of nested stacks as well ... */
	size_t in_nested;	/* ... which are so many */
	/* [{"logicalId", "type", "physicalId", "policy"}]: what stays, or
	 * leaves a snapshot; in nested stacks "Nested.Id" */
	cJSON *kept;
	struct strvec exports;	/* names */
	cJSON *imports;		/* {export: [stack names]} of those in use */
};

/* A missing stack is no error. */
MUST_USE int teardown_read(struct aws *aws, const char *name,
    struct teardown *ret, struct err *err);
void teardown_release(struct teardown *t);

#endif
