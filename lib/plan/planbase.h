/*
 * The state of a stack that a plan is based on, as JSON: what it was, and in
 * which ways it has moved since.
 */
#ifndef CCDK_PLAN_PLANBASE_H
#define CCDK_PLAN_PLANBASE_H

#include "cfn/cfnstack.h"

/*
 * {"state": "absent"}, {"state": "review", "stackId"} of a stack that only has
 * change sets so far, or "present" with stackId, status, created, lastUpdated,
 * digests of the deployed template and of the parameters' values (those with
 * NoEcho are asterisks there already), tags, terminationProtection. Reads the
 * template of one that is present. Yours.
 */
MUST_USE int planbase_read(struct aws *aws, struct cfnstack *s, cJSON **ret,
    struct err *err);

/*
 * A line per difference goes to ret: "status: A when planned, B now". The
 * stack that was made for a change set of a plan (own_id, or NULL) counts as
 * absent. Pure.
 */
void planbase_compare(const cJSON *planned, const cJSON *now,
    const char *own_id, struct strvec *ret);

#endif
