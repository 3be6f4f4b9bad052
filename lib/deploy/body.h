/*
 * How CloudFormation gets the template: in the request, or by URL.
 */
#ifndef CCDK_DEPLOY_BODY_H
#define CCDK_DEPLOY_BODY_H

#include "deploy/deploy.h"

struct body {
	char *text; /* one of both is set */
	char *url;
};

/* Uploads to the toolkit bucket when the template is too large. */
MUST_USE int body_make(struct app *app, const struct deploy_request *r,
    struct body *ret, struct err *err);
void body_release(struct body *b);
/* The URL of "s3://bucket/key" from the manifest, placeholders filled in.
 * *ret is yours. */
MUST_USE int body_asset_url(struct aws *aws, const char *s3_url, char **ret,
    struct err *err);

#endif
