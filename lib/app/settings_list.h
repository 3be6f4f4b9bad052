/*
 * All settings with where each comes from, for people and programs.
 */
#ifndef CCDK_APP_SETTINGS_LIST_H
#define CCDK_APP_SETTINGS_LIST_H

#include "app/settings.h"

/* Of the object that settings_list() makes. */
#define SETTINGS_LIST_VERSION 1

/*
 * {version, settings: [{name, value?, source, detail?, overridden?}]}, sorted
 * by name; yours. source is one of "command-line", "environment" (detail: the
 * variable), "project" and "home" (detail: the file's path), "default" and
 * "unset" (no value). overridden lists the files whose value has no effect.
 * What looks like a secret is replaced, see settings_hide().
 */
cJSON *settings_list(const struct settings *s, const struct args *a,
    char *const *environ_);

/*
 * A value without secrets: of "NAME=value" with a telling NAME, of URLs with a
 * password. name may be NULL; yours. Pure.
 */
char *settings_hide(const char *name, const char *value);

#endif
