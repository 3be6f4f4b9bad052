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
/*
 * The same for the app: the CLI's own keys come last or replace what stands
 * there. bundling: the value of "aws:cdk:bundling-stacks", borrowed.
 */
cJSON *context_for_app(const struct context *c, const struct settings *st,
    const cJSON *bundling);
/* cdk.context.json, 2 spaces, without $dontSaveContext objects. */
MUST_USE int context_save(const struct context *c, struct err *err);

/* Sets in cdk.context.json's values (not yet saved); consumes value. */
void context_set_take(struct context *c, const char *key, cJSON *value);

/*
 * What fits into `space` bytes of environment, and the rest: entries in order,
 * the first that would pass the limit takes all later ones along. *ret_fits is
 * NULL below 2 bytes, *ret_rest NULL when all fit. Both are yours.
 */
void context_split(const cJSON *all, size_t space, cJSON **ret_fits,
    cJSON **ret_rest);

#endif
