/*
 * How CloudFormation gets the template: in the request, or by URL.
 */
#ifndef CCDK_DEPLOY_BODY_H
#define CCDK_DEPLOY_BODY_H

#include "deploy/legacy.h"

struct body {
	char *text; /* one of both is set */
	char *url;
};

/*
 * A template that is too large goes to the toolkit bucket: among the assets
 * still to be published, when there are such (and the request has a stack),
 * else at once.
 */
MUST_USE int body_make(struct app *app, const struct deploy_request *r,
    struct legacy_assets *assets, struct body *ret, struct err *err);
void body_release(struct body *b);
/* The URL of "s3://bucket/key" from the manifest, placeholders filled in.
 * *ret is yours. */
MUST_USE int body_asset_url(struct aws *aws, const char *s3_url, char **ret,
    struct err *err);

#endif
