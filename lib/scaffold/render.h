/*
 * A built-in template made into the files of a project.
 *
 * In a file's path and text %name%, %cdk-version% and the like are replaced
 * (the list is in render.c; the versions are share/data/init-versions.tsv);
 * a path segment "dot-x" becomes ".x". cdk.json gets the recommended feature
 * flags of share/data/feature-flags.json, which belong to one version of
 * aws-cdk-lib, as its context.
 */
#ifndef CCDK_SCAFFOLD_RENDER_H
#define CCDK_SCAFFOLD_RENDER_H

#include "scaffold/catalog.h"
#include "scaffold/files.h"
#include "scaffold/naming.h"

struct render {
	const struct init_template *template;
	const struct language *language;
	const struct project_names *names;
	const char *lib_version; /* NULL: the pinned one, as a range */
	const char *package_manager; /* "npm" */
};

/* Appends to ret. A placeholder nobody knows is E_INVALID. */
MUST_USE int render_files(const struct render *r, struct init_files *ret,
    struct err *err);

#endif
