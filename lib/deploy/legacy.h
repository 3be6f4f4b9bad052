/*
 * Assets that stand in a stack's metadata ("aws:cdk:asset") and reach the
 * template as parameters: all of apps before asset manifests, and what
 * LegacyStackSynthesizer writes to this day. They are turned into an asset
 * manifest for the toolkit bucket and into values of those parameters, and are
 * published right before the stack is deployed. The reference does the same,
 * in `deploy` only: `publish-assets` and `diff` do not know them.
 */
#ifndef CCDK_DEPLOY_LEGACY_H
#define CCDK_DEPLOY_LEGACY_H

#include "deploy/deploy.h"

struct legacy_assets {
	cJSON *manifest;   /* {version, files, dockerImages} */
	cJSON *parameters; /* {parameter: value} */
};

/*
 * What r->stack wants published; nothing for a request without a stack.
 * E_CONFIG when something is to be published and the environment is not
 * bootstrapped. Makes repositories for images where they are missing.
 */
MUST_USE int legacy_prepare(struct app *app, const struct deploy_request *r,
    struct legacy_assets *ret, struct err *err);
/* One more file: the template of that stack, under hash. */
void legacy_add_template(struct legacy_assets *a, const struct stack *s,
    const char *hash, const char *bucket, const char *key);
/* Publishes what is in the manifest, if anything. */
MUST_USE int legacy_publish(struct app *app, const struct deploy_request *r,
    const struct legacy_assets *a, struct err *err);
void legacy_release(struct legacy_assets *a);

#endif
