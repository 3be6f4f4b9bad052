/* Shared by the run_*.c only. */
#ifndef CCDK_DEPLOY_RUN_INTERNAL_H
#define CCDK_DEPLOY_RUN_INTERNAL_H

#include "deploy/run.h"
#include "util/strmap.h"

/* What one stack's deployment owns while it runs. */
struct one {
	struct run *run;
	struct stack *s;
	struct stack_access access;
	cJSON *tags, *parameters, *topics, *rollback;
	char *template_url, *name; /* display name, bold */
	struct strmap paths, traces;
	struct deploy_request r;
};

/* Settles the decision that res->blocked asks for, then deploys. */
MUST_USE int run_deploy_again(struct one *o, struct deploy_result *res,
    struct err *err);

#endif
