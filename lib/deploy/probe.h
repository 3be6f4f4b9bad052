/*
 * A change set that is never executed: what CloudFormation would do with a
 * template (`diff`). Everything that was made for it is removed again.
 */
#ifndef CCDK_DEPLOY_PROBE_H
#define CCDK_DEPLOY_PROBE_H

#include "deploy/deploy.h"

struct probe {
	struct stack *stack;
	const cJSON *old;	/* deployed template */
	const cJSON *template_; /* wanted template */
	const cJSON *parameters; /* {key: value} */
	const char *name;	 /* of the change set, NULL: made up */
	bool import_existing;
	const cJSON *resources_to_import; /* or NULL */
	bool strict; /* --method=change-set: failing is an error */
	bool quiet;
};

/* *ret is DescribeChangeSet's answer, NULL when there is none and the
 * templates have to do (which was said); yours. */
MUST_USE int probe_change_set(struct app *app, const struct probe *p,
    cJSON **ret, struct err *err);

#endif
