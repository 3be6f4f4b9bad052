/*
 * What is bootstrapped in an environment: the toolkit stack's outputs, and the
 * version that stacks and asset manifests require.
 */
#ifndef CCDK_APP_TOOLKIT_H
#define CCDK_APP_TOOLKIT_H

#include "app/access.h"

struct toolkit {
	bool found;
	char *stack_name;
	char *bucket, *bucket_domain, *repository;
	int version; /* 0: unknown */
	char *variant, *qualifier;
	char *lookup_error; /* why it could not be read, or NULL */
};

/* --toolkit-stack-name > setting > "CDKToolkit"; borrowed */
const char *toolkit_stack_name(const struct app *app);
/* Never fails for a missing stack (found is false). */
MUST_USE int toolkit_lookup(struct app *app, const struct stack_access *a,
    struct toolkit *ret, struct err *err);
void toolkit_release(struct toolkit *t);
/*
 * An output the caller cannot do without: "BucketName", "BucketDomainName" or
 * "ImageRepositoryName". *ret is borrowed from t; E_CONFIG with the
 * reference's text when the stack or the output is missing.
 */
MUST_USE int toolkit_need(const struct toolkit *t, const char *output,
    const char **ret, struct err *err);

/*
 * A stack's description once no operation is running on it, polling until
 * then; *ret is yours and NULL when there is no such stack or when it never
 * came into being (failed creation), which counts as none.
 */
MUST_USE int toolkit_stack_read(struct app *app, struct aws *aws,
    const char *name, cJSON **ret, struct err *err);
/* Of a described stack; borrowed, NULL when absent. */
const char *toolkit_stack_output(const cJSON *stack, const char *key);
const char *toolkit_stack_parameter(const cJSON *stack, const char *key);
/* Its output BootstrapVersion, 0 when there is none. */
int toolkit_stack_version(const cJSON *stack);

/* The number in an SSM parameter; cached per environment. */
MUST_USE int toolkit_ssm_version(struct app *app,
    const struct stack_access *a, const char *ssm_name, int *ret,
    struct err *err);

/* E_CONFIG with the reference's text when too old, missing or unreadable.
 * required <= 0: no check. ssm_name may be NULL. Cached per environment. */
MUST_USE int toolkit_require_version(struct app *app,
    const struct stack_access *a, int required, const char *ssm_name,
    struct err *err);

/* The same for a stack: "NAME: why", with the bare text as its cause. */
MUST_USE int toolkit_require_for_stack(struct app *app,
    const struct stack_access *a, int required, const struct stack *s,
    struct err *err);

/* {"aws://account/region": version} of what was read in this run; yours. */
cJSON *toolkit_seen_versions(void);

#endif
