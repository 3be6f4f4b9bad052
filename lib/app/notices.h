/*
 * Notices: what the AWS CDK's feed tells about problems of certain versions.
 * Reading and choosing are pure; notices_begin() and notices_end() stand
 * around a command, notices_fetch() asks the feed. The cache file is shared
 * with the reference CLI.
 */
#ifndef CCDK_APP_NOTICES_H
#define CCDK_APP_NOTICES_H

#include "app/app.h"

#define NOTICES_URL "https://cli.cdk.dev-tools.aws.dev/notices.json"

/* ---- pure ---------------------------------------------------------------- */

/*
 * The feed's text as its list of notices; *ret is yours. E_INVALID when it is
 * not one.
 */
MUST_USE int notices_parse(struct sv text, cJSON **ret, struct err *err);
/*
 * Appends {name, version} of each kind of construct in the text of a
 * tree.json, once each. The text need not be whole.
 */
void notices_tree(struct sv text, cJSON *components);
/*
 * The same piece by piece, for a file of any size: returns how much of the
 * piece is done with; the rest goes in front of the next one. seen starts
 * empty and is the caller's to release.
 */
size_t notices_tree_part(struct sv text, bool last, struct strmap *seen,
    cJSON *components);
/* Does any notice ask for constructs? */
bool notices_need_tree(const cJSON *feed);
/*
 * Those of feed that are not in acknowledged (a list of numbers, or NULL) and
 * concern one of components ({name, version, key?, value?}), as a list of
 * {id, severity?, text}; yours.
 */
cJSON *notices_select(const cJSON *feed, const cJSON *components,
    const cJSON *acknowledged);
/* "typescript", "python" and the like by the files of a folder, or NULL. */
const char *notices_language(const char *dir);

/* ---- around a command ---------------------------------------------------- */

/* Asked for by --notices or the setting? */
bool notices_wanted(const struct app *app);
/* Has another process fill the cache when it is too old; waits for nothing. */
void notices_begin(struct app *app);
/* Shows what is in the cache. Nothing that goes wrong is an error. */
void notices_end(struct app *app);

/* Asks the feed and fills the cache; *ret is yours. */
MUST_USE int notices_fetch(struct app *app, cJSON **ret, struct err *err);
/* Prints them (a list of notices_select()) at this level. */
void notices_print(struct app *app, const cJSON *chosen, enum msg_level level);
/* What a notice can be about in this folder; yours. */
cJSON *notices_components(const struct app *app, const cJSON *feed);

#endif
