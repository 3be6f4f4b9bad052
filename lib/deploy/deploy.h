/*
 * Deploying and destroying stacks through CloudFormation (deploy.md). Reads
 * top to bottom; what varies is data (status table, phases).
 */
#ifndef CCDK_DEPLOY_DEPLOY_H
#define CCDK_DEPLOY_DEPLOY_H

#include "app/access.h"
#include "model/select.h"

enum deploy_method {
	DEPLOY_CHANGE_SET, /* default: create, review, execute */
	DEPLOY_DIRECT,
	DEPLOY_PREPARE, /* create the change set only */
	DEPLOY_EXECUTE	/* execute an existing one */
};

/* One CloudFormation deployment of one template to one stack name. Used for
 * app stacks and for the toolkit stack alike. All borrowed. */
struct deploy_request {
	const char *stack_name;
	const char *display_name; /* for messages */
	struct aws *aws;
	const char *execution_role; /* RoleARN or NULL */
	const cJSON *template_;
	const char *template_url; /* NULL: body, or upload when large */
	const cJSON *parameters;  /* {key: value} given ones */
	bool use_previous_parameters;
	const cJSON *tags;	  /* {key: value} or NULL */
	const cJSON *notification_arns; /* list or NULL: leave alone */
	int termination_protection;	/* 0, 1 */
	enum deploy_method method;
	const char *change_set_name;
	bool force, no_rollback, import_existing, express;
	bool quiet_progress;
	const struct strmap *paths; /* construct paths or NULL */
	const char *progress;	    /* "bar", "events", "errors-only" */
};

struct deploy_result {
	bool noop;
	char *stack_arn;
	cJSON *outputs; /* {key: value} in API order */
};

MUST_USE int deploy_stack(struct app *app, const struct deploy_request *r,
    struct deploy_result *ret, struct err *err);
void deploy_result_release(struct deploy_result *r);

#endif
