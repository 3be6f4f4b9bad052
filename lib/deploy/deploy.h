/*
 * Deploying and destroying stacks through CloudFormation. Reads
 * top to bottom; what varies is data (status table, phases).
 *
 * A zero-filled request with stack_name, aws and template_ set is a complete
 * deployment: change set named "cdk-deploy-change-set", created and executed.
 */
#ifndef CCDK_DEPLOY_DEPLOY_H
#define CCDK_DEPLOY_DEPLOY_H

#include <stdatomic.h>

#include "app/access.h"
#include "cfn/cfnstack.h"
#include "model/select.h"

struct journal;
struct journal_stack;

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
	const cJSON *tags;	  /* {key: value} or NULL: field not sent */
	const cJSON *notification_arns; /* list or NULL: leave alone */
	int termination_protection;	/* 0, 1 */
	enum deploy_method method;
	const char *change_set_name; /* NULL: cdk-deploy-change-set */
	bool force, no_rollback, import_existing, express;
	bool quiet_progress;
	const struct strmap *paths; /* construct paths or NULL */
	const char *progress;	    /* "bar", "events", "errors-only", "fleet" */

	/* What only `deploy` asks for. */
	bool prepare_inside;	/* DEPLOY_PREPARE as the first half of a
				   deployment: may skip, says nothing */
	bool plan_only;		/* with it: nothing changes but the change set
				   and what has to be there for it */
	bool protect_first;	/* DEPLOY_EXECUTE sets the termination
				   protection, too */
	bool revert_drift;
	bool rollback_explicit; /* --rollback was given (express) */
	bool may_block;		/* see deploy_result.blocked */
	const cJSON *rollback_configuration; /* API structure or NULL */
	const cJSON *resources_to_import;    /* API list or NULL */
	const char *hierarchical_id; /* where problems are, NULL: stack name */
	const char *artifact_id; /* names uploaded templates, NULL: stack name */
	const struct strmap *traces; /* logical id -> text (char *), or NULL */
	const struct stack_access *access; /* for the toolkit bucket */
	struct stack *stack; /* whose metadata assets go first, or NULL */
	const struct strvec *reuse_assets; /* ids not to publish, or NULL */
	bool assets_in_turn;
	const char *policy_during_update; /* DEPLOY_DIRECT; NULL: none */
	struct journal_stack *record; /* deploy/journal.h; NULL: none kept */
	bool wait; /* for what others have under way, instead of failing */
	/*
	 * Asked once it is known what is deployed (a stack that is there), and
	 * before anything is decided: *ret, where set, is deployed instead of
	 * template_.
	 */
	int (*revise)(void *arg, struct cfnstack *deployed, cJSON **ret,
	    struct err *err);
	void *revise_arg;
};

/* Why a change set cannot simply be executed. */
enum deploy_blocked {
	BLOCKED_NOT,
	BLOCKED_PAUSED_REPLACEMENT, /* roll back first */
	BLOCKED_PAUSED_ROLLBACK,    /* roll back first: no --no-rollback */
	BLOCKED_REPLACEMENT	    /* deploy with rollback enabled */
};

struct deploy_result {
	bool noop;
	char *stack_arn;
	cJSON *outputs; /* {key: value} in API order */
	/* Nothing was executed; only with may_block, an error otherwise. With
	 * plan_only: nothing could be. */
	enum deploy_blocked blocked;
	char *status;	   /* the stack's before the deployment, or NULL */
	cJSON *change_set; /* DEPLOY_PREPARE: DescribeChangeSet's answer */
	struct strvec stabilizing; /* express: names not settled yet */
};

MUST_USE int deploy_stack(struct app *app, const struct deploy_request *r,
    struct deploy_result *ret, struct err *err);
void deploy_result_release(struct deploy_result *r);
/*
 * Follows an operation that was started before, at that time of the service,
 * and judges its end as deploy_stack() does.
 */
MUST_USE int deploy_follow(struct app *app, const struct deploy_request *r,
    const char *arn, int64_t since_ms, struct deploy_result *ret,
    struct err *err);

/*
 * Deletes the change set of that name and, when the stack is only there for
 * its review, the stack; what a declined or needless deployment leaves.
 */
MUST_USE int deploy_discard(struct aws *aws, const char *stack_name,
    const char *change_set_name, struct err *err);

/* Deletes one stack and waits until it is gone; a missing one is fine. */
struct destroy_request {
	const char *stack_name;
	struct aws *aws;
	const char *execution_role;
	bool express;
	const struct strvec *retain; /* what stays, by logical id, or NULL;
				      * only after a deletion that failed */
	const char *again; /* the command line that names the stack, for what
			    * is said after a failure; NULL: nothing is */
	const struct strmap *paths;
	const char *progress;
	struct journal_stack *record; /* or NULL */
	bool wait; /* for what others have under way */
};
MUST_USE int destroy_stack(struct app *app, const struct destroy_request *r,
    struct err *err);

/* Takes a stack out of a paused fail state. */
struct rollback_request {
	const char *stack_name;
	struct aws *aws;
	const char *execution_role;
	bool force; /* orphan what cannot be rolled back */
	const struct strvec *orphan; /* resources to leave out; NULL: none */
	const struct strmap *paths;
	const char *progress;
	struct journal_stack *record; /* or NULL */
};
/* ret_done is false, with a warning said, when there was nothing to do. */
MUST_USE int rollback_stack(struct app *app, const struct rollback_request *r,
    bool *ret_done, struct err *err);

/* `rollback` of an app's stacks, one after the other. All borrowed. */
struct rollback_opts {
	bool force;
	const struct strvec *orphan; /* NULL: none */
	bool any_bootstrap; /* whatever version the environment has */
	struct journal_stack *record; /* of the only stack, or NULL */
	const char *progress;
	/* of the command, for its interruption; both or neither */
	struct journal *journal;
	atomic_bool *stopping;
};
/*
 * Says what is done and what came of it, as the reference does; stops at the
 * first failure. An error, too, when there was nothing to roll back.
 */
MUST_USE int rollback_stacks(struct app *app, struct stack *const *stacks,
    size_t n, const struct rollback_opts *o, struct err *err);

/* Which display the run gets: the setting, or what suits the terminal; "fleet"
 * where the reference has only events: several stacks on a terminal. */
const char *deploy_progress_mode(const struct app *app, unsigned concurrency);

#endif
