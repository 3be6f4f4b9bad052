/*
 * The difference of a stack and of the stacks nested in it, as one text.
 */
#ifndef CCDK_DEPLOY_COMPARE_H
#define CCDK_DEPLOY_COMPARE_H

#include "deploy/nested.h"
#include "diff/diff.h"

/* All borrowed. */
struct comparison {
	const cJSON *old, *new_;
	const cJSON *change_set; /* or NULL */
	bool is_import;
	const struct nested *nested;
	size_t n_nested;
	cJSON *report; /* gets an object per stack, see diff_report() */
	const char *parent; /* the stack this one is nested in */
	bool explain; /* say why resources are replaced */
	const struct moves *moves; /* or NULL */
	const char *moves_name;	   /* what the stack is called there */
	/* of the stack itself; nested ones get their own name, no environment
	 * and no paths but the templates' */
	struct diff_format_opts format;
};

struct compared {
	struct strbuf text;
	size_t count; /* stacks that differ */
	enum permission_change permissions; /* the worst of all */
	struct strvec destructive; /* diff_format_destructive() */
};

/* Zero-filled ret; release it. */
void compare_full(const struct comparison *c, struct compared *ret);
/* Only the security tables; count is of stacks with permission changes. */
void compare_security(const struct comparison *c, struct compared *ret);
void compared_release(struct compared *r);

#endif
