/*
 * Settings: command line and CDK_* > cdk.json > ~/.cdk.json > built-in.
 * Objects merge deeply, arrays and scalars replace. Each value knows where it
 * came from. Context is kept apart (see app/context.h).
 */
#ifndef CCDK_APP_SETTINGS_H
#define CCDK_APP_SETTINGS_H

#include "cli/opt.h"
#include "util/json.h"
#include "util/msg.h"

struct settings {
	cJSON *merged;	/* what commands read */
	cJSON *project; /* cdk.json, {} when missing */
	cJSON *home;	/* ~/.cdk.json, {} when missing */
	cJSON *line;	/* from args */
};

/* Reads the files of the current directory and of $HOME. */
MUST_USE int settings_load(const struct args *args, struct sink *sink,
    struct settings *ret, struct err *err);
void settings_release(struct settings *s);
const cJSON *settings_get(const struct settings *s, const char *path);
const char *settings_str(const struct settings *s, const char *path);
bool settings_bool(const struct settings *s, const char *path, bool fallback);
/* "command line", "cdk.json", "~/.cdk.json", "default" */
const char *settings_origin(const struct settings *s, const char *path);
/* $CDK_HOME or <passwd home>/.cdk; yours */
char *settings_cdk_home(void);

#endif
