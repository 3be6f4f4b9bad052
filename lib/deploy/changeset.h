/*
 * Change sets: making, reading and judging them.
 */
#ifndef CCDK_DEPLOY_CHANGESET_H
#define CCDK_DEPLOY_CHANGESET_H

#include "cfn/cfnstack.h"
#include "deploy/body.h"

/* IncludePropertyValues */
enum changeset_values { VALUES_UNSAID, VALUES_NO, VALUES_YES };

/* All pages of DescribeChangeSet as one answer; yours. E_NOTFOUND when there
 * is none of that name. */
MUST_USE int changeset_describe(struct aws *aws, const char *stack,
    const char *name, enum changeset_values values, cJSON **ret,
    struct err *err);

/* What a change set leads from and to. */
struct changeset_templates {
	const cJSON *deployed, *generated;
};

/*
 * Polls until it is neither pending nor under way. Completes the answer where
 * the service says that property values made it incomplete, or where it would
 * hide a difference of the templates (t may be NULL): then it may be.
 */
MUST_USE int changeset_wait(struct aws *aws, const char *stack,
    const char *name, const struct changeset_templates *t, cJSON **ret,
    struct err *err);
/* Deletes and waits until it is gone; a missing one is fine. */
MUST_USE int changeset_delete_wait(struct aws *aws, const char *stack,
    const char *name, struct err *err);
MUST_USE int changeset_delete(struct aws *aws, const char *stack,
    const char *name, struct err *err);

/* The fields that change sets, CreateStack and UpdateStack share; yours. */
cJSON *changeset_fields(const struct deploy_request *r,
    const struct body *body, const cJSON *params);
/* Adds DeploymentConfig. */
void changeset_put_mode(cJSON *in, const struct deploy_request *r);
/* CreateChangeSet; ret_id and ret_stack are yours. */
/* "CDK Changeset for execution <uuid>" for a token "create<uuid>"; yours */
char *changeset_description(const char *token);
MUST_USE int changeset_create(const struct deploy_request *r,
    const struct cfnstack *s, const struct body *body, const cJSON *params,
    const char *token, char **ret_id, char **ret_stack, struct err *err);

/* FAILED because there was nothing to change? */
bool changeset_is_empty(const cJSON *cs);
bool changeset_failed(const cJSON *cs);
bool changeset_replaces(const cJSON *cs);
size_t changeset_size(const cJSON *cs);
const char *changeset_name(const struct deploy_request *r);
/* Adds the changes and details that `full` has and `cs` lacks, takes over its
 * reason; pure. */
void changeset_merge(cJSON *cs, const cJSON *full);

#endif
