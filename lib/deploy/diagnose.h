/*
 * Why a deployment or a change set failed, as one text per place in the
 * construct tree.
 */
#ifndef CCDK_DEPLOY_DIAGNOSE_H
#define CCDK_DEPLOY_DIAGNOSE_H

#include "cfn/monitor.h"
#include "deploy/changeset.h"

/* One problem. All borrowed; message is what is shown. */
struct problem {
	const char *location; /* construct path */
	const char *type, *logical_id;
	const char *message;
	const char *trace; /* lines, or NULL */
	const char *note;  /* for below all of the place, as it is, or NULL */
};

/* Blocks grouped and sorted by location; pure. */
void diagnose_format(const struct problem *v, size_t n, struct strbuf *out);

/* Both return a negative code with err filled ("DeploymentError"). */
MUST_USE int diagnose_deployment(struct app *app,
    const struct deploy_request *r, const struct monitor *m,
    const struct cfnstack *s, struct err *err);
/* Adds the first cause and a link to what `err` says about a stack operation:
 * note and facts. r may lack all but the stack's name. */
void diagnose_add_cause(const struct deploy_request *r,
    const struct monitor *m, const char *stack_arn, bool reason_is_told,
    struct err *err);
MUST_USE int diagnose_change_set(struct app *app,
    const struct deploy_request *r, const cJSON *cs, struct err *err);

#endif
