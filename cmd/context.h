/*
 * What the files of the context command share.
 */
#ifndef CCDK_CMD_CONTEXT_H
#define CCDK_CMD_CONTEXT_H

#include "cmd.h"

/* A number is a row of the list; anything else is the key itself. */
MUST_USE int context_resolve_key(const cJSON *all, const char *text,
    char **ret, struct err *err);
/* As picomatch: a leading '!' means anything but. */
bool context_key_matches(const char *pattern, const char *key);

/* --refresh: which is "" for all values, a number, a key or a pattern. */
MUST_USE int context_refresh(struct app *app, const cJSON *all,
    const char *which, struct err *err);

#endif
