/*
 * Exports that a template does not have any more while other stacks import
 * them. CloudFormation refuses such an update, so a stack keeps them until its
 * importers are deployed without them: the deployed output stays, with all it
 * refers to. Pure. Ours; the reference has no such thing.
 */
#ifndef CCDK_DEPLOY_EXPORTS_H
#define CCDK_DEPLOY_EXPORTS_H

#include "util/json.h"
#include "util/strmap.h"

/* What names can be made of. All borrowed, each may be NULL: not known. */
struct exports_scope {
	const char *stack_name, *account, *region;
	const cJSON *template_;	 /* for defaults of parameters */
	const cJSON *parameters; /* {key: text} given ones */
};

/* The text of a literal, or of Ref, Fn::Sub and Fn::Join of parameters and
 * pseudo parameters; NULL when it takes more to know. Yours. */
char *exports_text(const cJSON *value, const struct exports_scope *s);

struct export_gone {
	char *name;
	char *output; /* its key */
	struct strvec importers; /* stack names; filled by who asks */
};

struct exports_gone {
	struct export_gone *v;
	size_t n;
};

/*
 * Exports among the deployed outputs (the list of DescribeStacks) that the
 * scope's template does not make any more. An output whose export has a name
 * we cannot tell is taken for the deployed one of the same key; one that is
 * new may stand for any, so nothing counts as gone then.
 */
void exports_removed(const cJSON *outputs, const struct exports_scope *s,
    struct exports_gone *ret);
void exports_gone_release(struct exports_gone *g);

/*
 * Does the template import it? *ret_where is then "Resources.Fn.Properties.X",
 * yours. A name we cannot tell counts as another one.
 */
bool exports_imports(const struct exports_scope *s, const char *name,
    char **ret_where);

/*
 * The new template with the outputs of g as they are deployed, and with the
 * resources, parameters, conditions and mappings they refer to, as far as the
 * new one lacks them; yours. It is a copy of the deployed one when that is all
 * there is to it. ret_kept (may be NULL) gets the logical ids of resources.
 */
cJSON *exports_keep(const cJSON *deployed, const cJSON *new_,
    const struct exports_gone *g, struct strvec *ret_kept);

#endif
