/*
 * The inside of a difference, shared by the files of lib/diff. Values are
 * borrowed from the two normalised copies, or from `owned` for those made on
 * the way; NULL is "not there", which JSON's null is not.
 */
#ifndef CCDK_DIFF_TREE_H
#define CCDK_DIFF_TREE_H

#include "diff/diff.h"

/* Singles, in the order they are printed. */
enum single { SINGLE_VERSION, SINGLE_TRANSFORM, SINGLE_DESCRIPTION, SINGLES };

/* Maps of simple entries, in the order they are printed; resources stand
 * between conditions and outputs. */
enum section {
	SEC_PARAMETERS,
	SEC_METADATA,
	SEC_MAPPINGS,
	SEC_CONDITIONS,
	SEC_OUTPUTS,
	SEC_UNKNOWN,
	SECTIONS
};

struct change {
	const char *id; /* logical id, property name, section key */
	const cJSON *old, *new_;
	bool different;
	enum diff_impact impact; /* properties only */
};

struct changes {
	struct change *v;
	size_t n, cap;
};

struct resource_change {
	const char *id;
	const cJSON *old, *new_;
	const char *old_type, *new_type; /* NULL: none */
	bool is_import;
	const struct move *move; /* away when removed, to here when added */
	struct changes props, other;
};

struct resource_changes {
	struct resource_change *v;
	size_t n, cap;
};

/* One row of a security table, ready but for colours. */
enum { ROW_CELLS = 7 };

struct row {
	char *cell[ROW_CELLS]; /* without the first column */
	char *key;	       /* equal rows have equal keys */
	bool negative;	       /* statements: see diff_permissions() */
};

struct rows {
	struct row *v;
	size_t n, cap;
};

enum table_kind {
	TABLE_STATEMENTS,
	TABLE_MANAGED,
	TABLE_SSO_PERMISSION_SETS,
	TABLE_SSO_ACA,
	TABLE_SSO_ASSIGNMENTS,
	TABLE_INGRESS,
	TABLE_EGRESS,
	TABLES
};

/* What was there before and after, and what differs of it. */
struct table_change {
	struct rows old, new_;
	/* indexes into new_ and old */
	size_t *added, *removed;
	size_t n_added, n_removed;
};

struct diff {
	/* normal: the caller's, or in `owned` */
	const cJSON *old, *new_;
	struct change single[SINGLES];
	struct changes section[SECTIONS];
	struct resource_changes resources;
	struct table_change tables[TABLES];
	/* made while diffing: freed with it */
	cJSON **owned;
	size_t n_owned, cap_owned;
	struct strvec names;
	/* set by diff_for_display() */
	bool was_empty;
	size_t omitted;	 /* changes that were only mangled characters */
	bool hid_everything;
};

/* equal.c */
bool diff_equal(const cJSON *a, const cJSON *b);
/* JavaScript's Number(text) is no NaN */
bool js_number(const char *s, double *ret);
/* JavaScript's String(value), appended */
void js_string(struct strbuf *out, const cJSON *j);
/* UTF-16 code unit order of two UTF-8 texts */
int js_compare(const char *a, const char *b);
/* null, false, 0, "" (and not NULL, which is undefined) */
bool js_is_falsy(const cJSON *j);
/* "0", "17": keys that JavaScript objects put first */
bool js_is_index(const char *key, uint32_t *ret);

/* normalize.c */
void diff_normalize(cJSON *template);
/* Gives what should be a map but is a list or a text the keys that JavaScript
 * sees in it: "0", "1" and so on; and a resource's type of another kind the
 * text that is shown for it. */
void diff_repair(cJSON *template);
/* Would that change nothing? */
bool diff_is_sound(const cJSON *template);
/* Would that change nothing? */
bool diff_is_normal(const cJSON *template);

/* entities.c */
struct change *changes_push(struct changes *c);
struct change *changes_find(const struct changes *c, const char *id);
size_t changes_count(const struct changes *c);
/* Entries for the union of the keys of two objects (either may be NULL). */
void changes_of_objects(struct changes *ret, const cJSON *old,
    const cJSON *new_);
/* The same for a part of a template. Where the whole of one side is null, false,
 * 0 or "", so is each of its members, as in the reference: changed, not
 * added. */
void changes_of_maps(struct changes *ret, const cJSON *old,
    const cJSON *new_);
void changes_release(struct changes *c);
/* changes in print order: removed, added, updated */
enum change_kind { CHANGE_REMOVED, CHANGE_ADDED, CHANGE_UPDATED };
enum change_kind change_kind(const cJSON *old, const cJSON *new_);

/* resource.c */
void resource_diff(struct resource_change *ret, const char *id,
    const cJSON *old, const cJSON *new_);
bool resource_is_different(const struct resource_change *r);
size_t resource_change_count(const struct resource_change *r);
enum diff_impact resource_impact(const struct resource_change *r);
bool resource_type_changed(const struct resource_change *r);
void resource_release(struct resource_change *r);
struct resource_change *resources_push(struct resource_changes *l);

/* hashes.c: was nothing but code changed? */
bool resource_is_only_hashes(const struct resource_change *r);

/* propagate.c: replacements that follow from replacements */
void diff_propagate(struct diff *d);
/* changeset.c */
void diff_merge_change_set(struct diff *d, const cJSON *change_set);
/* iam.c, secgroup.c: fill d->tables */
void diff_find_iam(struct diff *d);
void diff_find_security_groups(struct diff *d);
/* Compares old and new of every table. */
void diff_compare_tables(struct diff *d);

/* rows.c */
struct row *rows_push(struct rows *r);

/* intrinsic.c: a copy where references became text, its other texts and its
 * keys being j's own; NULL for NoValue */
cJSON *intrinsic_render(const cJSON *j);

/* Keeps a tree alive as long as d; returns it. */
cJSON *diff_own(struct diff *d, cJSON *j);

#endif
