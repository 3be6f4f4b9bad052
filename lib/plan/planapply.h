/*
 * Applying a plan: first everything is checked for all stacks, then the change
 * sets are executed in the order of their dependencies. What has moved since
 * the plan was made is an error that names it all, and nothing is executed.
 */
#ifndef CCDK_PLAN_PLANAPPLY_H
#define CCDK_PLAN_PLANAPPLY_H

#include "deploy/run.h"
#include "plan/planfile.h"

/* All borrowed. */
struct apply_opts {
	/* concurrency, limits and progress; the rest comes from the plan */
	const struct run_opts *run;
	const struct strvec *allow; /* --allow-data-loss, or NULL */
	const cJSON *parameters; /* --parameters that the plan does not hold */
	const char *path;	 /* of the plan, for messages */
};

/* What there is to write to an outputs file, whatever happened. */
struct applied {
	cJSON *outputs; /* {stack name: {key: value}}; NULL: nothing was done */
	struct strvec without_outputs; /* names of stacks */
};

MUST_USE int plan_apply(struct app *app, const struct planfile *f,
    const struct apply_opts *o, struct applied *ret, struct err *err);
void applied_release(struct applied *a);

/* Does it hold stacks whose change set is still to be made? Then the
 * assembly is needed. */
bool plan_needs_assembly(const struct planfile *f);

#endif
