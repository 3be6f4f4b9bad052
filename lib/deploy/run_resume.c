/*
 * A stack that an earlier run of this deployment has left in the middle.
 */
#include "deploy/run_one.h"

#include "cfn/cfnstack.h"
#include "cfn/operation.h"
#include "deploy/journal.h"

#define CLOCKS_APART_MS (15 * 60 * 1000) /* ours and the service's */

static int deployment_error(struct err *err, const char *text)
{
	(void)err_set(err, E_FAIL, "%s", text);
	err_set_name(err, "DeploymentError");
	return E_FAIL;
}

static const char *place(const struct journal_stack *s)
{
	return s->arn ? s->arn : s->name;
}

static int fill_from_stack(struct one *o, struct deploy_result *res,
    struct err *err)
{
	CLEANUP(cfnstack_release) struct cfnstack now = { 0 };
	int e = cfnstack_get(o->r.aws, o->s->name, &now, err);

	if (e < 0)
		return e;
	*res = (struct deploy_result){
		.stack_arn = xstrdup(now.arn ? now.arn : o->s->name),
		.status = xstrdup0(now.status),
		.outputs = cfnstack_outputs(&now) };
	return 0;
}

/* It ended, and something else has happened to the stack since. */
static int judge_past(struct one *o, const struct operation *op,
    struct deploy_result *res, struct err *err)
{
	CLEANUP(free_p) char *text = NULL;

	journal_ended(o->r.record, op->status);
	if (status_flags(op->status) & STATUS_DEPLOYED)
		return fill_from_stack(o, res, err);
	text = xasprintf("The stack named %s failed to deploy: %s%s%s%s",
	    o->s->name, op->status, op->reason ? " (" : "",
	    op->reason ? op->reason : "", op->reason ? ")" : "");
	return deployment_error(err, text);
}

static int follow(struct one *o, const struct operation *op,
    struct deploy_result *res, struct err *err)
{
	msg_info(o->run->app->sink, "%s: its operation of %s %s", o->name,
	    journal_step_name(journal_last(o->r.record)->step),
	    op->ended ? "has ended meanwhile" : "is under way, following it");
	if (op->ended && !op->is_last)
		return judge_past(o, op, res, err);
	return deploy_follow(o->run->app, &o->r, op->arn, op->since_ms, res,
	    err);
}

/* Did the service get a call that we have no answer to? */
static int look(struct one *o, struct operation *ret, struct err *err)
{
	const struct journal_stack *s = o->r.record;
	const struct journal_call *c = journal_last(s);

	return operation_find(o->r.aws, place(s), c->token,
	    c->at_ms - CLOCKS_APART_MS, ret, err);
}

/* The change set knows, too, whether it was executed. */
static bool was_executed(struct one *o)
{
	const struct journal_stack *s = o->r.record;
	CLEANUP(json_free_p) cJSON *cs = NULL, *in = cJSON_CreateObject();
	const char *status;

	if (journal_last(s)->step != STEP_EXECUTE)
		return false;
	json_put_str(in, "StackName", place(s));
	json_put_str(in, "ChangeSetName", s->change_set);
	if (aws_call(o->r.aws, OP_CFN_DESCRIBE_CHANGE_SET, in, &cs, NULL) < 0)
		return false;
	status = json_str(cs, "ExecutionStatus");
	return status && str_starts(status, "EXECUTE_");
}

/*
 * An operation that only made way for the deployment: once the stack is at
 * rest, its state says what is to be done. A call that has not arrived is then
 * sent again under its token.
 */
static int wait_for_preliminary(struct one *o, struct err *err)
{
	CLEANUP(cfnstack_release) struct cfnstack end = { 0 };
	struct journal_stack *s = o->r.record;
	int e = cfnstack_settle(o->r.aws, place(s), &end, err);

	if (e == 0 && s->phase == PHASE_RUNNING)
		journal_ended(s, end.status);
	return e;
}

static bool is_preliminary(enum journal_step step)
{
	return step == STEP_DISCARD_STACK || step == STEP_ROLLBACK ||
	    step == STEP_CONTINUE_ROLLBACK;
}

/* The call is sent again as it was: same token, same change set. */
static enum resumed send_again(struct one *o)
{
	const struct journal_stack *s = o->r.record;

	msg_info(o->run->app->sink, "%s: CloudFormation has not got %s yet, "
	    "sending it again", o->name,
	    journal_step_name(journal_last(s)->step));
	if (journal_last(s)->step == STEP_EXECUTE)
		o->r.change_set_name = s->change_set;
	return RESUMED_CARRY_OUT;
}

static int resume_operation(struct one *o, struct deploy_result *res,
    enum resumed *ret, struct err *err)
{
	struct journal_stack *s = o->r.record;
	CLEANUP(operation_release) struct operation op = { 0 };
	CLEANUP(err_release) struct err why = { 0 };
	int e;

	*ret = RESUMED_FOLLOWED;
	journal_follow(s, o->r.aws);
	if (is_preliminary(journal_last(s)->step)) {
		*ret = RESUMED_FROM_START;
		return wait_for_preliminary(o, err);
	}
	e = look(o, &op, &why);
	if (e == 0)
		return follow(o, &op, res, err);
	if (e != E_NOTFOUND) {
		err_move(err, &why);
		return e;
	}
	if (s->phase == PHASE_STARTING && !was_executed(o)) {
		*ret = send_again(o);
		return 0;
	}
	/* accepted, but no event of the stack names it: its state counts */
	msg_info(o->run->app->sink, "%s: following the operation that was "
	    "started", o->name);
	return deploy_follow(o->run->app, &o->r, place(s),
	    journal_last(s)->at_ms, res, err);
}

/* A stack that names no place goes where it was begun, or nowhere. */
static int check_place(const struct one *o, struct err *err)
{
	const struct journal_stack *s = o->r.record;

	if (!s->environment || strstr(s->environment, "unknown-") ||
	    streq0(s->environment, o->access.env_name))
		return 0;
	return err_set(err, E_CONFIG, "the deployment of %s was begun in %s, "
	    "and these credentials and this region are those of %s: --profile "
	    "and --region name others", s->name, s->environment,
	    o->access.env_name);
}

int run_resumed(struct one *o, struct deploy_result *res, enum resumed *ret,
    struct err *err)
{
	const struct journal_stack *s = o->r.record;
	CLEANUP(free_p) char *text = NULL;
	int e;

	*ret = RESUMED_FROM_START;
	if (!s || !s->inherited)
		return 0;
	e = check_place(o, err);
	if (e < 0)
		return e;
	switch (s->phase) {
	case PHASE_STARTING:
	case PHASE_RUNNING:
		return resume_operation(o, res, ret, err);
	case PHASE_DONE:
		*ret = RESUMED_DONE;
		msg_info(o->run->app->sink, "%s: was deployed before the "
		    "interruption", o->name);
		return fill_from_stack(o, res, err);
	case PHASE_FAILED:
	case PHASE_ENDED:
		text = xasprintf("%s failed before the interruption%s%s%s%s. "
		    "What is left is done by a new deployment: ccdk deploy",
		    s->name, s->status ? ": " : "", s->status ? s->status : "",
		    s->error ? ", " : "", s->error ? s->error : "");
		if (s->phase == PHASE_FAILED ||
		    !(status_flags(s->status) & STATUS_DEPLOYED))
			return deployment_error(err, text);
		*ret = RESUMED_FOLLOWED;
		return fill_from_stack(o, res, err);
	default:
		return 0;
	}
}
