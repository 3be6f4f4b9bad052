/*
 * Policy statements, from JSON with its references already rendered.
 */
#ifndef CCDK_DIFF_STATEMENT_H
#define CCDK_DIFF_STATEMENT_H

#include "diff/tree.h"

struct targets {
	struct strvec values; /* sorted */
	bool negative;	      /* NotAction and the like */
};

struct statement {
	const char *opaque; /* text of a function in a statement's place */
	const char *sid, *effect;
	struct targets resources, actions, principals;
	const cJSON *condition;
};

/* What empty and "*" targets stand for; NULL: leave them. */
struct statement_defaults {
	const char *resource, *principal;
};

/* Adds a row per statement of a list (or a single one; NULL is none). */
void statements_add(struct rows *ret, const cJSON *list,
    const struct statement_defaults *d);

/* One text of several parts that no other parts give. */
void key_add(struct strbuf *key, const char *part);
/* Of a value that is equal to another with the same content, whatever the
 * order of keys; NULL is equal to NULL. */
void key_add_value(struct strbuf *key, const cJSON *value);
/*
 * Lists and objects are equal to nothing but themselves, as JavaScript's ===
 * has it: makes the key of a row that compares such a value unique. Nothing
 * for other kinds.
 */
void key_add_identity(struct strbuf *key, const cJSON *value);

#endif
