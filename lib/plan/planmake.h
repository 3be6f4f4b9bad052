/*
 * Making a plan: publishes the assets, prepares a change set per stack under a
 * name of the plan's own, and writes down what they would do and what they are
 * based on. Stacks whose change set cannot be made yet are put down as "later".
 *
 * Nothing stays behind a plan that failed or was interrupted.
 */
#ifndef CCDK_PLAN_PLANMAKE_H
#define CCDK_PLAN_PLANMAKE_H

#include "deploy/run.h"
#include "plan/planfile.h"
#include "plan/planguard.h"

/* All borrowed. */
struct plan_opts {
	const struct run_opts *run;
	const struct strvec *allow; /* --allow-data-loss, or NULL */
	int64_t expires_in_s;	    /* 0: never */
};

struct plan_made {
	cJSON *json;	    /* sealed */
	struct strbuf text; /* for people, stack by stack */
	struct plan_losses losses;
	size_t create, update, import, unchanged, later;
};

MUST_USE int plan_make(struct app *app, const struct plan_opts *o,
    const struct assembly *a, const struct stack_list *stacks,
    struct plan_made *ret, struct err *err);
void plan_made_release(struct plan_made *m);

/* Deletes the change sets of a plan, and stacks that are only there for them;
 * goes on after a failure, the first one counts. */
MUST_USE int plan_discard(struct app *app, const struct planfile *f,
    struct err *err);

#endif
