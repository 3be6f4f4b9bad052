/*
 * Bringing the toolkit stack into environments: what the options ask for,
 * which environments, and the flow for one of them. Behaviour and texts of the
 * reference.
 */
#ifndef CCDK_BOOTSTRAP_BOOTSTRAP_H
#define CCDK_BOOTSTRAP_BOOTSTRAP_H

#include "app/toolkit.h"

/* A list option: empty and given differ (it clears what is deployed). */
struct boot_list {
	bool given;
	struct strvec v;
};

/* Strings are borrowed from args and settings. Three-state: -1, 0, 1. */
struct boot_opts {
	const char *stack_name;
	const char *template_file;
	const char *bucket_name, *kms_key_id, *qualifier;
	const char *custom_boundary, *role_arn;
	bool example_boundary;
	int boundary_all_roles, customer_key, public_access_block;
	int deny_external_id, termination_protection;
	struct boot_list trust, trust_for_lookup, untrust, policies;
	cJSON *tags; /* {key: value} or NULL */
	bool execute, force, previous_parameters, import_existing, express;
	bool legacy; /* CDK_LEGACY_BOOTSTRAP */
};

void boot_opts_read(const struct app *app, struct boot_opts *ret);
void boot_opts_release(struct boot_opts *o);

/* ---- template.c: which template ------------------------------------------ */

/* --template, the legacy one or the built-in one; *ret is yours. */
MUST_USE int boot_template_load(struct app *app, const struct boot_opts *o,
    cJSON **ret, struct err *err);
/* The bootstrap version it would bring, 0 for legacy ones. */
int boot_template_version(const cJSON *template_);
const char *boot_template_variant(const cJSON *template_);
bool boot_template_has_parameter(const cJSON *template_, const char *name);

/* ---- environments.c: where to -------------------------------------------- */

struct boot_env {
	char *name; /* as shown: the word typed, or "aws://123456789012/x" */
	char *account, *region;
};

struct boot_envs {
	struct boot_env *v;
	size_t n;
};

/* From the positionals and, for patterns, the app's stacks. */
MUST_USE int boot_envs_choose(struct app *app, struct boot_envs *ret,
    struct err *err);
void boot_envs_release(struct boot_envs *l);
/* "aws://<account>/<region>", the scheme may be missing. Pure. */
MUST_USE int boot_env_parse(const char *spec, struct boot_env *ret,
    struct err *err);

/* ---- params.c: options to template parameters ---------------------------- */

/* Says whom the environment will trust; stack is the current one or NULL.
 * *ret is {parameter: value}, yours. */
MUST_USE int boot_params(struct app *app, const struct boot_opts *o,
    const struct stack_access *a, const cJSON *template_,
    const cJSON *stack, cJSON **ret, struct err *err);

/* ---- boundary.c ---------------------------------------------------------- */

/* The permissions boundary's policy name, made when it is the example one and
 * missing; *ret is NULL when none is wanted. Warns about changes. */
MUST_USE int boot_boundary(struct app *app, const struct boot_opts *o,
    const struct stack_access *a, const cJSON *stack, char **ret,
    struct err *err);
/* IAM's rule for policy names, where paths are allowed. Pure. */
bool boot_boundary_name_ok(const char *name);

/* ---- bootstrap.c --------------------------------------------------------- */

/* All of them at the same time; each says how it ended. The first failure is
 * the result, after the others have ended too. */
MUST_USE int boot_run(struct app *app, const struct boot_opts *o,
    const struct boot_envs *envs, struct err *err);

#endif
