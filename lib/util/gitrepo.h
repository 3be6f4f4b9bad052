/*
 * The one thing we ask of git: a revision's files in a folder of their own.
 */
#ifndef CCDK_UTIL_GITREPO_H
#define CCDK_UTIL_GITREPO_H

#include "util/err.h"

/*
 * Writes the files of `revision` of the repository around `dir` below
 * `target`, an existing empty folder. Neither work tree nor index nor any
 * reference is touched. *ret_prefix: where dir is within the repository, "" or
 * "apps/web"; *ret_root: the work tree. Both yours.
 */
MUST_USE int git_export(const char *dir, const char *revision,
    const char *target, char **ret_root, char **ret_prefix, struct err *err);

#endif
