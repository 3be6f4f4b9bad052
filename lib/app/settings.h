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

/*
 * An option with a default of its own always beats the files (staging,
 * lookups, ...). Options that are no settings (force, quiet, ...) are not in
 * here: ask args_*() for them; `quiet` and `validation` of the files come
 * first where a command honours them.
 */
struct settings {
	cJSON *merged;	/* what commands read; without "context" */
	cJSON *project; /* cdk.json, {} when missing */
	cJSON *home;	/* ~/.cdk.json, {} when missing */
	cJSON *line;	/* from args; tags as [{Key, Value}] */
};

/* Reads the files of the current directory and of $HOME. */
MUST_USE int settings_load(const struct args *args, struct sink *sink,
    struct settings *ret, struct err *err);
void settings_release(struct settings *s);
const cJSON *settings_get(const struct settings *s, const char *path);
const char *settings_str(const struct settings *s, const char *path);
bool settings_bool(const struct settings *s, const char *path, bool fallback);
/* The command line of `app`, a list joined with spaces. *ret is yours, NULL
 * when it is not set; E_CONFIG for a type that cannot be one. */
MUST_USE int settings_app(const struct settings *s, char **ret,
    struct err *err);
/* A text that must be one: *ret is borrowed, NULL when unset, null, false or
 * empty; E_CONFIG names file, key and both types for anything else. */
MUST_USE int settings_need_text(const struct settings *s, const char *key,
    const char **ret, struct err *err);
/* That error; `wanted` is "a string" or so. */
int settings_bad_type(const struct settings *s, const char *key,
    const char *wanted, struct err *err);
/* Warns of known keys of a file that cannot have their effect. */
void settings_check_file(cJSON *file, const char *name, struct sink *sink);
const char *settings_kind_name(const cJSON *v); /* "a list" */
/* "command line", "cdk.json", "~/.cdk.json", "default" */
const char *settings_origin(const struct settings *s, const char *path);
/*
 * The i-th option that is a setting: its name (camelCase, borrowed) and its
 * path among them ("toolkitBucket.bucketName", yours). NULL after the last.
 */
const char *settings_known(size_t i, char **ret_path);
/* "/home/me/.cdk.json", read or not; yours */
char *settings_home_path(void);
/* $CDK_HOME or <passwd home>/.cdk; yours */
char *settings_cdk_home(void);

#endif
