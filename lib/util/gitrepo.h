/*
 * What we ask of git, through libgit2: a revision's files in a folder of their
 * own, a new project's repository with its first commit, and a template from
 * elsewhere. No git program is needed.
 */
#ifndef CCDK_UTIL_GITREPO_H
#define CCDK_UTIL_GITREPO_H

#include "util/err.h"

/*
 * Writes the files of `revision` of the repository around `dir` below
 * `target`, an existing empty folder; those of submodules too, as far as they
 * are checked out in the work tree. Neither work tree nor index nor any
 * reference is touched. *ret_prefix: where dir is within the repository, "" or
 * "apps/web"; *ret_root: the work tree. Both yours.
 */
MUST_USE int git_export(const char *dir, const char *revision,
    const char *target, char **ret_root, char **ret_prefix, struct err *err);

/* Is there a .git in the folder or in one above it? */
bool git_is_around(const char *dir);
/*
 * Makes `dir` a repository (its branch is named as init.defaultBranch says),
 * stages every file that .gitignore lets through and commits. E_NOTFOUND when
 * nobody is known to commit: all but the commit is done then.
 */
MUST_USE int git_first_commit(const char *dir, const char *message,
    struct err *err);
/*
 * Clones what `url` (https, http, file or a folder) names into `target`, an
 * empty folder; without history where libgit2 and the server can. E_AUTH when
 * a login is wanted, E_NET, E_CONFIG or E_NOTFOUND otherwise; a password in
 * the URL does not show in the text. progress may be NULL.
 */
MUST_USE int git_clone_files(const char *url, const char *target,
    void (*progress)(void *user, unsigned received, unsigned total),
    void *user, struct err *err);
/* The URL as it may be shown, without name and password; yours. */
char *git_url_shown(const char *url);

#endif
