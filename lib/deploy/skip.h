/*
 * May a deployment be left out because nothing changed?
 */
#ifndef CCDK_DEPLOY_SKIP_H
#define CCDK_DEPLOY_SKIP_H

#include "cfn/cfnstack.h"
#include "deploy/deploy.h"

/* *ret is NULL to skip, else why not. Reads the deployed template only when
 * nothing cheaper decided. */
MUST_USE int skip_refusal(const struct deploy_request *r, struct cfnstack *s,
    bool params_changed, const char **ret, struct err *err);

/* Parts, for tests: do the deployed values equal the wanted ones? */
bool skip_same_tags(const cJSON *deployed /* list */, const cJSON *wanted);
bool skip_same_set(const cJSON *deployed, const cJSON *wanted);
bool skip_same_rollback(const cJSON *deployed, const cJSON *wanted);

#endif
