/*
 * Stack policies (`--stack-policy`): which updates CloudFormation refuses.
 */
#ifndef CCDK_DEPLOY_STACK_POLICY_H
#define CCDK_DEPLOY_STACK_POLICY_H

#include "app/app.h"

#define STACK_POLICY_MAX 16384 /* bytes, CloudFormation's limit */

/* Is it a policy as far as can be said without CloudFormation? Pure. E_INVALID
 * or E_TOOBIG; `what` names the text. */
MUST_USE int stack_policy_check(struct sv text, const char *what,
    struct err *err);

/*
 * "FILE" for all stacks or "STACK=FILE", checked, into {"*" or stack: text}. A
 * file of the whole name wins over a stack.
 */
MUST_USE int stack_policy_read(const char *option, cJSON *into,
    struct err *err);
/* What was read for a stack of that name; NULL: nothing. Borrowed. */
const char *stack_policy_of(const cJSON *read, const char *stack);

/* Sends it unless it is there already. */
MUST_USE int stack_policy_put(struct aws *aws, const char *stack,
    const char *policy, struct sink *sink, struct err *err);

#endif
