/*
 * Context values: -c KEY=VALUE > cdk.json "context" > cdk.context.json >
 * ~/.cdk.json "context". The first source that has a key wins.
 */
#ifndef CCDK_APP_CONTEXT_H
#define CCDK_APP_CONTEXT_H

#include "app/settings.h"

struct context {
	cJSON *line;	/* -c */
	cJSON *project; /* cdk.json */
	cJSON *file;	/* cdk.context.json: the only one that is written */
	cJSON *home;	/* ~/.cdk.json */
};

MUST_USE int context_load(const struct args *args, const struct settings *st,
    struct sink *sink, struct context *ret, struct err *err);
void context_release(struct context *c);
const cJSON *context_get(const struct context *c, const char *key);
/* Merged, key order as the reference builds it; yours. */
cJSON *context_merged(const struct context *c);
/* cdk.context.json, 2 spaces, without $dontSaveContext objects. */
MUST_USE int context_save(const struct context *c, struct err *err);

#endif
