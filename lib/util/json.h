/*
 * Reading and handling JSON on cJSON trees.
 *
 * Parsing follows JavaScript's JSON.parse where the reference does: the last
 * of two equal keys wins (at the first one's place), keys that are canonical
 * array indexes ("0", "17") come first in ascending order, numbers are
 * doubles. Depth is capped at 1000. A byte order mark is skipped, bytes that
 * are not UTF-8 become U+FFFD; what \u0000 and half a surrogate pair look like
 * in memory is in utf8.h.
 *
 * Ownership: json_add_take() consumes the child; everything else borrows. A
 * loaded tree is immutable by convention; edit a json_dup().
 */
#ifndef CCDK_UTIL_JSON_H
#define CCDK_UTIL_JSON_H

#include "util/base.h"
#include "util/err.h"
#include "util/strbuf.h"

static inline UNUSED void json_free(cJSON *j)
{
	if (!mem_leaves_trees())
		cJSON_Delete(j);
}
DEFINE_CLEANUP(cJSON, json_free)

/*
 * Parses a whole text. `what` names it in errors, which carry line and column:
 * "manifest.json:3:17: ...". Pure: no file is read.
 */
MUST_USE int json_parse(struct sv text, const char *what, cJSON **ret,
    struct err *err);

/* Member of an object, case-sensitive; NULL when absent or o is no object. */
cJSON *json_get(const cJSON *o, const char *key);
/* "Outputs.0.Value": members and list indexes, borrowed; NULL when absent */
cJSON *json_at(const cJSON *o, const char *path);
/* Text of a string member (path as json_at), NULL when absent or no string */
const char *json_str(const cJSON *o, const char *path);
bool json_bool(const cJSON *o, const char *path, bool fallback);
/* Number member; a numeric string counts too (CloudFormation sends both). */
bool json_num(const cJSON *o, const char *path, double *ret);
bool json_is_true(const cJSON *j);

/*
 * Adds or replaces in place; consumes child. An index key ("0", "17") goes to
 * the front as in JavaScript. A NULL child or value adds nothing; what cannot
 * be added (parent is no object or list) is freed.
 */
void json_add_take(cJSON *parent, const char *key, cJSON *child);
/* The same for a key known to be new: no search, so large objects are fine. */
void json_append_take(cJSON *parent, const char *key, cJSON *child);
void json_push_take(cJSON *list, cJSON *child);
void json_put_str(cJSON *parent, const char *key, const char *value);
void json_put_bool(cJSON *parent, const char *key, bool value);
void json_put_num(cJSON *parent, const char *key, double value);
void json_del(cJSON *parent, const char *key);
/* Deep copy without recursion limits of the C stack for depth <= 1000. */
cJSON *json_dup(const cJSON *j);
/* Same kinds, members in the same order, same numbers and strings. */
bool json_same(const cJSON *a, const cJSON *b);
/* Duplicate and index keys of a tree built elsewhere, as json_parse does. */
void json_tidy(cJSON *j);
/* One object as JavaScript would have built it from the same members. */
void json_tidy_object(cJSON *object);

#define JSON_EACH(item, parent)						\
	for (cJSON *item = (parent) ? (parent)->child : NULL; item;	\
	    item = item->next)

/*
 * Writing as JavaScript's JSON.stringify does: shortest digits that read back,
 * non-ASCII kept. indent 0 is compact, 2 is what the reference writes to files.
 */
void json_write(struct strbuf *out, const cJSON *j, int indent);
char *json_text(const cJSON *j, int indent); /* yours */
/* A number as JavaScript prints it: 1e+21, 1e-7, 0.1, 9007199254740992 */
void json_write_number(struct strbuf *out, double v);
void json_write_string(struct strbuf *out, const char *s);

#endif
