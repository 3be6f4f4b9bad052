/*
 * The programs a language needs on the machine: how to ask for their version,
 * which is the oldest that will do, and where to get them.
 */
#ifndef CCDK_SCAFFOLD_TOOLS_H
#define CCDK_SCAFFOLD_TOOLS_H

#include "scaffold/catalog.h"
#include "util/err.h"

struct tool {
	const char *name;    /* as shown: "node" */
	const char *args[4]; /* program and arguments that print a version */
	unsigned major, minor; /* the oldest that will do; 0.0: any */
	const char *purpose; /* "it runs the app" */
	const char *get;     /* "apt-get install nodejs, or ..." */
};

enum tool_state { TOOL_FINE, TOOL_OLD, TOOL_MISSING };

/* NULL-terminated, borrowed. */
const struct tool *const *tools_for(const struct language *l);
/* The package manager whose lock file a folder has; NULL: none but npm's. */
const struct tool *tool_of_lock_file(const char *dir);
/* What to say when this program is not there; NULL: nothing is known. */
const char *tool_get(const char *program);
/* *ret_version ("20.20.2", NULL unless it ran) is yours. */
enum tool_state tool_check(const struct tool *t, char **ret_version);
/*
 * The first thing like "1.26.8" in a program's words about itself: a borrowed
 * part of text, empty when there is none. Pure.
 */
struct sv version_find(struct sv text, unsigned *ret_major,
    unsigned *ret_minor);

/* The language of the project in a folder, by its files; NULL: none. */
const struct language *language_of_project(const char *dir);

#endif
