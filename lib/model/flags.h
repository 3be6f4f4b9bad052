/*
 * Feature flags as an assembly reports them (artifacts of type
 * cdk:feature-flag-report). Obsolete flags are left out. Pure.
 */
#ifndef CCDK_MODEL_FLAGS_H
#define CCDK_MODEL_FLAGS_H

#include "model/assembly.h"

/* Everything in it is borrowed from the assembly. */
struct flag {
	const char *module, *name, *explanation;
	const cJSON *recommended; /* NULL: the report has none */
	const cJSON *user;	  /* NULL: not set */
	const cJSON *fallback;	  /* what unset means; NULL: false */
};

struct flag_list {
	struct flag *v;
	size_t n;
	/* does the report say what unset flags mean? (aws-cdk-lib 2.212.0) */
	bool tells_fallback;
};

/* In the order of the manifest. */
void flags_read(const struct assembly *a, struct flag_list *ret);
void flag_list_release(struct flag_list *l);
const struct flag *flag_find(const struct flag_list *l, const char *name);

/* Unset, and unset means something else than what is recommended? */
bool flag_needs_attention(const struct flag *f);
/* The value in force is the recommended one, written the same way? */
bool flag_as_recommended(const struct flag *f);
/* Its recommended value is true or false, as such or as text. */
bool flag_is_boolean(const struct flag *f);
/* Unset means true? */
bool flag_fallback_is_true(const struct flag *f);

/* Values as JavaScript makes text of them; yours. */
char *flag_value_text(const cJSON *v);
char *flag_fallback_text(const struct flag *f);
char *flag_effective_text(const struct flag *f);

/*
 * The order of the table: set as recommended, set to something else, not set;
 * in each by module and name.
 */
void flags_sort(struct flag_list *l);

#endif
