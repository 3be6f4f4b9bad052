/*
 * What data the stacks of a plan would lose: found when it is made, written
 * down, and asked about when it is applied.
 */
#ifndef CCDK_PLAN_PLANGUARD_H
#define CCDK_PLAN_PLANGUARD_H

#include "deploy/guard.h"

/* What would be lost and nobody allowed. */
struct plan_losses {
	struct strbuf text;  /* a few lines each */
	struct strbuf flags; /* what lets them pass: guard_flags() */
};

void plan_losses_init(struct plan_losses *l);
void plan_losses_release(struct plan_losses *l);
void plan_losses_add(struct plan_losses *l, const struct plan_losses *more);

/*
 * Appends an object per finding to list (guard_report()), all of them to text
 * and those that are losses nobody allowed to losses. used is as of
 * guard_allow().
 */
MUST_USE int plan_guard(const struct guard_request *r,
    const struct strvec *allow, bool *used, cJSON *list, struct strbuf *text,
    struct plan_losses *losses, struct err *err);
/*
 * The losses among findings of a plan that neither the plan nor `allow` lets
 * pass, appended to losses. Those that the plan lets pass are added to
 * ret_allowed as "Stack.LogicalId", unless that is NULL.
 */
MUST_USE int plan_guard_again(const cJSON *list, const struct strvec *allow,
    bool *used, struct plan_losses *losses, struct strvec *ret_allowed,
    struct err *err);

#endif
