/*
 * Which credentials for which work on a stack: the deploy role the assembly
 * names, or the lookup role for reading (best effort, then the deploy role).
 * Texts of the reference.
 */
#ifndef CCDK_APP_ACCESS_H
#define CCDK_APP_ACCESS_H

#include "app/app.h"

/* A stack's place and how to get there. Released by stack_access_release. */
struct stack_access {
	char *account, *region; /* resolved */
	char *env_name;		/* "aws://123456789012/eu-west-1" */
	struct aws *aws;	/* borrowed from the session */
	char *execution_role;	/* for CloudFormation, may be NULL */
	bool is_lookup_role;
};

/* Deploy role. */
MUST_USE int access_for_deploy(struct app *app, const struct stack *s,
    struct stack_access *ret, struct err *err);
/* Lookup role, else base credentials with a warning, else deploy role. */
MUST_USE int access_for_lookup(struct app *app, const struct stack *s,
    struct stack_access *ret, struct err *err);
/* Base credentials of an environment, no role (bootstrap). */
MUST_USE int access_for_env(struct app *app, const char *account,
    const char *region, struct stack_access *ret, struct err *err);
/*
 * One role of a stack alone, for whoami: no other role is tried in its place.
 * *ret_arn is filled and yours, NULL when the stack names none; it and what is
 * known of *ret are set on failure too, so release both in any case.
 */
enum access_use { ACCESS_DEPLOY, ACCESS_LOOKUP };
MUST_USE int access_role(struct app *app, const struct stack *s,
    enum access_use use, struct stack_access *ret, char **ret_arn,
    bool *ret_fell_back, struct err *err);
void stack_access_release(struct stack_access *a);

#endif
