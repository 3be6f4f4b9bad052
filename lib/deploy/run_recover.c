/*
 * A deployment that cannot go on as it is: the stack is paused, or something
 * is replaced while rollback is off. Asks, rolls back, deploys once more.
 */
#include "deploy/run_one.h"

static int ask_rollback(struct one *o, const struct deploy_result *res,
    struct err *err)
{
	CLEANUP(free_p) char *why = NULL, *question = NULL;
	bool paused = res->blocked != BLOCKED_REPLACEMENT;
	struct msg_confirm q = { .concurrency = o->run->o->concurrency };
	int e;

	if (paused)
		why = xasprintf("Stack is in a paused fail state (%s) and %s",
		    res->status, res->blocked == BLOCKED_PAUSED_REPLACEMENT
			? "change includes a replacement which cannot be "
			  "deployed with \"--no-rollback\""
			: "command line arguments do not include "
			  "\"--no-rollback\"");
	else
		why = xstrdup("Change includes a replacement which cannot be "
		    "deployed while rollback is disabled");
	if (o->run->o->force) {
		msg_warn(o->run->app->sink, "%s. %s (--force).", why, paused
			? "Rolling back first"
			: "Proceeding with deployment with rollback enabled");
		return 0;
	}
	question = xasprintf("%s. %s", why, paused
		? "Roll back first and then proceed with deployment"
		: "Perform a deployment with rollback enabled");
	q.motivation = why;
	q.question = question;
	e = o->run->app->sink->confirm(o->run->app->sink, &q, err);
	if (e == E_DECLINED) {
		e = err_set(err, E_FAIL, "Rollback cancelled");
		err_set_name(err, paused ? "RollbackAborted"
					 : "ReplacementRollbackAborted");
	}
	return e;
}

/* What the rollback command would print for this stack. */
static int roll_back_first(struct one *o, struct err *err)
{
	struct rollback_opts r = { .force = o->run->o->force,
		.record = o->record, .progress = o->r.progress };

	msg_info(o->run->app->sink, "\n✨  Synthesis time: 0s\n");
	return rollback_stacks(o->run->app, &o->s, 1, &r, err);
}

int run_deploy_again(struct one *o, struct deploy_result *res, struct err *err)
{
	int e = ask_rollback(o, res, err);

	if (e == 0 && res->blocked != BLOCKED_REPLACEMENT)
		e = roll_back_first(o, err);
	if (e < 0)
		return e;
	deploy_result_release(res);
	o->r.no_rollback = false;
	o->r.method = o->run->o->method;
	o->r.prepare_inside = false;
	e = deploy_stack(o->run->app, &o->r, res, err);
	if (e == 0 && res->blocked)
		e = err_set(err, E_FAIL, "This loop should have stabilized in "
		    "2 iterations, but didn't. If you are seeing this error, "
		    "please report it at "
		    "https://github.com/aws/aws-cdk/issues/new/choose");
	return e;
}
