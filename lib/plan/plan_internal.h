/* Shared by planmake.c, planshow.c, planset.c and planapply.c only. */
#ifndef CCDK_PLAN_PLAN_INTERNAL_H
#define CCDK_PLAN_PLAN_INTERNAL_H

#include "cfn/cfnstack.h"
#include "deploy/run_one.h"
#include "plan/planmake.h"

struct planning;

/* One stack on its way into the plan. */
struct planned {
	struct planning *p;
	struct stack *s;
	const cJSON *template_;
	struct stack_access access;
	struct cfnstack before;
	cJSON *base;
	const cJSON *old; /* deployed template, borrowed from before */
	bool begun;	  /* a change set of ours may be there */
	enum plan_kind kind;
	cJSON *set; /* DescribeChangeSet's answer, or NULL */
	char *set_name, *stack_id;
	struct strvec after; /* with later: ids of stacks */
	struct strvec importers; /* ids of those that let go of its exports */
	char *because;	     /* why its change set is made later, or NULL */
	cJSON *parameters, *tags, *topics; /* what the deployment is given */
	char *execution_role;
	cJSON *json; /* its part of the file */
	struct strbuf text;
	struct plan_losses losses;
	struct err err; /* of looking */
	int rc;
};

struct planning {
	struct app *app;
	const struct plan_opts *o;
	struct run run;
	struct run_opts run_opts;
	const struct stack_list *stacks;
	char id[13];
	char *set_name;
	struct planned *v;
	size_t n;
	bool *allow_used; /* which ids were of use; under the run's lock */
};

/* The stack's object of the file, and its text. */
MUST_USE int planned_describe(struct planned *d, struct err *err);
/* The "assets" of a stack in the file; *ret is yours. */
MUST_USE int planned_assets(const struct stack *s, cJSON **ret,
    struct err *err);
/* The selected stacks that it depends on; yours. */
size_t planned_deps(const struct planned *d, struct planned ***ret);

/* "sha256:..." over manifests, templates and asset manifests; yours. */
MUST_USE int plan_assembly_digest(const struct assembly *a, char **ret,
    struct err *err);
/* The same of a change set's content: changes, parameters, tags; yours. */
char *plan_set_digest(const cJSON *change_set);

/*
 * Deletes a change set and, with own_stack, a stack without any other that was
 * never created. The stack's name or ARN.
 */
MUST_USE int plan_discard_set(struct aws *aws, const char *stack,
    const char *set, bool own_stack, struct err *err);

#endif
