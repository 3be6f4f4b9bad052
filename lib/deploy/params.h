/*
 * Which parameters a deployment sends. Pure.
 */
#ifndef CCDK_DEPLOY_PARAMS_H
#define CCDK_DEPLOY_PARAMS_H

#include "cli/opt.h"
#include "model/assembly.h"
#include "util/err.h"
#include "util/json.h"

struct params {
	cJSON *list;  /* the API's Parameters */
	bool changed; /* do the effective values differ from the deployed? */
};

/*
 * given is {key: value, or true: the previous one}; deployed is the Parameters list of DescribeStacks
 * (NULL: none). E_CONFIG "The following CloudFormation Parameters are missing
 * a value: A, B".
 */
MUST_USE int params_build(const cJSON *template_, const cJSON *given,
    const cJSON *deployed, bool use_previous, struct params *ret,
    struct err *err);
void params_release(struct params *p);

/* --parameters as {"Stack" or "*": {Key: Value}}; yours. */
cJSON *params_read(const struct args *args);
/* Lays `layer`, of the same form, over `all`: what it says of every stack
 * also wins over what `all` says of one. */
void params_merge(cJSON *all, const cJSON *layer);
/* The manifest's, then the common ones, then the stack's own; yours. */
cJSON *params_of_stack(const cJSON *read, const struct stack *s);

#endif
