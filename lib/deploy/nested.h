/*
 * Nested stacks of a template: what the app wants them to be, and what is
 * deployed.
 */
#ifndef CCDK_DEPLOY_NESTED_H
#define CCDK_DEPLOY_NESTED_H

#include "cfn/cfnstack.h"
#include "model/assembly.h"

struct nested {
	char *logical_id;
	char *physical_name; /* NULL: not deployed */
	cJSON *old, *new_;
	struct nested *v; /* its own nested stacks */
	size_t n;
};

/*
 * The nested stacks of `template_` that come from the assembly. parent is the
 * deployed parent's name, NULL when there is none. *ret_v is an array of
 * *ret_n, yours (nested_release).
 */
MUST_USE int nested_load(struct aws *aws, const struct assembly *a,
    const cJSON *template_, const char *parent, struct nested **ret_v,
    size_t *ret_n, struct err *err);
/* The same for two assemblies, of which one may be NULL; also the nested
 * stacks that only the old side has. Nothing is asked of AWS. */
MUST_USE int nested_load_pair(const struct assembly *old_assembly,
    const cJSON *old, const struct assembly *new_assembly, const cJSON *new_,
    struct nested **ret_v, size_t *ret_n, struct err *err);
void nested_release(struct nested *v, size_t n);

#endif
