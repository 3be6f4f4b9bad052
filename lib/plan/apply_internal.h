/* Shared by planapply.c and plancheck.c only. */
#ifndef CCDK_PLAN_APPLY_INTERNAL_H
#define CCDK_PLAN_APPLY_INTERNAL_H

#include "cfn/cfnstack.h"
#include "plan/plan_internal.h"
#include "plan/planapply.h"

struct applying;

/* One stack of the plan. */
struct target {
	struct applying *a;
	const struct plan_entry *e;
	struct stack *s; /* the plan's, or with e->later the assembly's */
	struct cfnstack now;
	struct strvec moved; /* a line each */
	bool applied;	     /* its change set was executed */
	bool started, done;
	struct err err;
	int rc;
};

struct applying {
	struct app *app;
	const struct planfile *f;
	const struct apply_opts *o;
	struct assembly *assembly; /* NULL: not needed */
	struct run run;
	struct run_opts run_opts;
	struct stack_list stacks;
	struct target *v;
	size_t n;
	char *set_name;
	cJSON *parameters; /* {stack name: {key: value}} of later stacks */
	struct strvec topics, alarms;
	struct strvec allow; /* for later stacks: the plan's and our own */
};

/* What has moved of one stack goes to t->moved; rc and err of t are set. */
void target_check(struct target *t);

#endif
