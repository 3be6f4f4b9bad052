/*
 * Template differences: a pure function from two templates to a tree, and
 * formatters for it. Facts: the reference's behaviour; replacement
 * and scrutiny facts come from spec/cfnspec.
 *
 *	struct diff *d = diff_templates(old, new, NULL);
 *	if (!diff_is_empty(d)) { diff_format(d, &opts, &text); ... }
 *	diff_free(d);
 */
#ifndef CCDK_DIFF_DIFF_H
#define CCDK_DIFF_DIFF_H

#include "diff/moves.h"
#include "model/assembly.h"
#include "util/json.h"
#include "util/strmap.h"

enum diff_impact {
	IMPACT_NO_CHANGE,
	IMPACT_WILL_IMPORT,
	IMPACT_WILL_UPDATE,
	IMPACT_WILL_CREATE,
	IMPACT_WILL_ORPHAN,
	IMPACT_MAY_REPLACE,
	IMPACT_WILL_REPLACE,
	IMPACT_WILL_DESTROY
};

enum permission_change { PERM_NONE, PERM_NON_BROADENING, PERM_BROADENING };

struct diff;

/* old and new are borrowed until diff_free(), change_set (DescribeChangeSet's
 * answer, may be NULL) during the call. */
struct diff *diff_templates(const cJSON *old, const cJSON *new_,
    const cJSON *change_set, bool is_import);
void diff_free(struct diff *d);
DEFINE_CLEANUP(struct diff, diff_free)

bool diff_is_empty(const struct diff *d);
size_t diff_count(const struct diff *d);
enum permission_change diff_permissions(const struct diff *d);

/* Resources whose change destroys, replaces or orphans something. */
struct diff_destructive {
	const char *logical_id, *type;
	enum diff_impact impact;
	const struct move *move; /* of diff_annotate(), or NULL */
};
size_t diff_destructive(const struct diff *d, struct diff_destructive *ret,
    size_t max);

/* The properties for which a resource is, or may be, replaced. */
void diff_replacing(const struct diff *d, const char *logical_id,
    struct strvec *ret);

struct diff_format_opts {
	const char *stack_name;	 /* header "Stack NAME" */
	const char *environment; /* "aws://account/region" behind it, or NULL */
	const struct strmap *paths; /* of diff_paths_of(), or NULL */
	unsigned context_lines;	 /* 0: 3 */
	bool strict;
	bool quiet;
	bool color;
	unsigned columns; /* 0: unknown */
	/* a change of nothing but asset hashes is one line */
	bool ignore_asset_hashes;
};

/*
 * Logical id -> construct path (char *, raw: "/Stack/Bucket/Resource") from
 * the stack's template and its manifest metadata. *ret owns its values.
 */
MUST_USE int diff_paths_of(const struct stack *s, const cJSON *template,
    struct strmap *ret, struct err *err);
/* "Stack/Bucket/Resource" as shown: "Bucket"; yours */
char *diff_path_text(const char *path);

/*
 * As diff_templates(), with what `cdk diff` hides taken out (unless strict):
 * changes that are only mangled characters, CDK metadata, the bootstrap rule.
 */
struct diff *diff_for_display(const cJSON *old, const cJSON *new_,
    const cJSON *change_set, bool is_import, bool strict);
/*
 * Notes which removed resources could move elsewhere and which added ones
 * could come from there; stack is the name that stands for this stack in the
 * moves. They are borrowed until diff_free(); NULL is fine.
 */
void diff_annotate(struct diff *d, const char *stack, const struct moves *m);
/* The text of a displayed difference, header included; ends in a newline
 * unless it is empty (quiet). */
void diff_format(const struct diff *d, bool is_import,
    const struct diff_format_opts *o, struct strbuf *ret);

/* Only the security tables, of a difference from diff_templates(). */
void diff_format_permissions(const struct diff *d,
    const struct diff_format_opts *o, struct strbuf *ret);

/* "<stack>: <type> <path> <id> will be replaced" and the like for each row of
 * diff_destructive(). */
void diff_format_destructive(const struct diff *d, const char *stack_name,
    const struct strmap *paths, struct strvec *ret);

/*
 * The reference's text of one stack's full difference (`cdk diff`), filtered
 * as without --strict; ret_count: 1 when something is left. ret_perm may be
 * NULL.
 */
void diff_format_stack(const cJSON *old, const cJSON *new_,
    const cJSON *change_set, bool is_import, const struct diff_format_opts *o,
    struct strbuf *ret, size_t *ret_count, enum permission_change *ret_perm);
/* One value that changed (either may be NULL: not there), as the tree of a
 * property is drawn; ends in a newline. */
void diff_format_value(const char *name, const cJSON *old, const cJSON *new_,
    const struct diff_format_opts *o, struct strbuf *ret);
/* Only the security tables (approval, --security-only). */
void diff_format_security(const cJSON *old, const cJSON *new_,
    const cJSON *change_set, const struct diff_format_opts *o,
    struct strbuf *ret, enum permission_change *ret_perm);

#endif
