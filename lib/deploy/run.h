/*
 * `deploy` for the stacks of an app: the work graph with assets, and per stack
 * prepare, approve, execute, tell.
 */
#ifndef CCDK_DEPLOY_RUN_H
#define CCDK_DEPLOY_RUN_H

#include <pthread.h>
#include <stdatomic.h>

#include "deploy/deploy.h"
#include "util/strmap.h"

/* What the user asked for. All borrowed. */
struct run_opts {
	enum deploy_method method;
	const char *change_set_name; /* NULL: default */
	bool force, express;
	int rollback; /* -1 not said, 0 --no-rollback, 1 --rollback */
	bool import_existing, revert_drift;
	bool previous_parameters;
	const char *require_approval; /* "broadening" ... */
	const cJSON *tags; /* [{Key, Value}]; NULL or empty: the app's */
	const cJSON *parameters; /* {"*": {key: value}, "Stack": {...}} */
	const struct strvec *notification_arns; /* NULL: not given */
	const struct strvec *alarms;		/* NULL: not given */
	double monitoring_minutes;		/* < 0: not given */
	unsigned concurrency;
	unsigned build_limit, publish_limit;
	const struct strvec *reuse_assets; /* --build-exclude; NULL: none */
	bool asset_prebuild;
	const cJSON *stack_policies; /* {"*" or stack: text}; NULL: none */
	const cJSON *update_policies; /* the same, while an update runs */
	bool approve_first; /* all approvals together, before anything is done */
	bool keep_going; /* after a failure: only what depends on it is left out */
	bool two_pass; /* keep exports until their importers let go */
	bool protect_stateful;
	const struct strvec *allow_data_loss; /* ids, or NULL */
	const char *progress;
	bool wait; /* for operations of others, instead of failing */
	const char *on_interrupt; /* "detach", "cancel", "wait"; NULL */
};

struct run {
	struct app *app;
	const struct run_opts *o;
	const struct stack_list *stacks;
	pthread_mutex_t lock; /* the rest */
	unsigned started, ended, failed; /* stacks */
	int64_t began_ms;
	cJSON *outputs; /* {stack name: {key: value}} */
	struct strvec without_outputs; /* deployed stacks that have none */
	bool approved_together;
	struct strmap seen; /* then: stack id -> struct approval_view * */
	bool assets_only; /* stacks count as deployed at once */
	struct stack **again; /* waiting for their second pass */
	size_t n_again;
	bool *allow_used; /* which of allow_data_loss were of use */
	size_t judged; /* stacks whose data is known to be safe or not */
	struct journal *journal; /* deploy/journal.h; NULL: none is kept */
	atomic_bool stopping;	 /* nothing new is to be started */
	/* Instead of deploying a stack, NULL: deploy it. Any thread. */
	int (*each)(void *arg, struct stack *s, struct err *err);
	void *each_arg;
};

void run_init(struct run *run, struct app *app, const struct run_opts *o,
    const struct stack_list *stacks);
void run_release(struct run *run);

/* Everything: graph, assets, stacks. */
MUST_USE int run_all(struct run *run, struct err *err);
/* `publish-assets`: builds and publishes, deploys nothing. *ret is how many
 * assets were not there (or all, with force). */
MUST_USE int run_assets(struct run *run, size_t *ret, struct err *err);
/* One stack, assets being there already. */
MUST_USE int run_stack(struct run *run, struct stack *s, struct err *err);
/* --method=execute-change-set: its own shape of output. */
MUST_USE int run_execute(struct run *run, struct stack *s, struct err *err);

/* Executes a change set that was prepared before, as the second half of
 * run_stack(). */
MUST_USE int run_prepared(struct run *run, struct stack *s,
    const char *change_set, struct err *err);
/* Tells a stack that needs no deployment as run_stack() does. */
void run_unchanged(struct run *run, struct stack *s, const cJSON *stack);

/* Is it an SNS topic's ARN as the reference accepts it? */
bool run_valid_topic(const char *arn);
/* The API's RollbackConfiguration, NULL when nothing was given; yours. */
MUST_USE int run_rollback_configuration(const struct run_opts *o,
    cJSON **ret, struct err *err);
/* Milliseconds as "5.07" seconds. */
void run_seconds(int64_t ms, char ret[32]);

#endif
