#include "deploy/deploy.h"

#include "cfn/monitor.h"
#include "deploy/attach.h"
#include "deploy/changeset.h"
#include "deploy/diagnose.h"
#include "deploy/journal.h"
#include "deploy/legacy.h"
#include "deploy/params.h"
#include "deploy/skip.h"
#include "deploy/tell.h"
#include "term/style.h"
#include "util/timeutil.h"

/* What one deployment carries from step to step. */
struct job {
	struct app *app;
	const struct deploy_request *r;
	struct deploy_request own; /* where r is revised */
	cJSON *revised;
	struct cfnstack stack; /* as found, then as it ended */
	struct params params;
	struct legacy_assets assets;
	struct body body;
	cJSON *cs;
};

static void job_release(struct job *j)
{
	cfnstack_release(&j->stack);
	params_release(&j->params);
	legacy_release(&j->assets);
	body_release(&j->body);
	cJSON_Delete(j->cs);
	cJSON_Delete(j->revised);
}

void deploy_result_release(struct deploy_result *r)
{
	free(r->stack_arn);
	free(r->status);
	cJSON_Delete(r->outputs);
	cJSON_Delete(r->change_set);
	strvec_release(&r->stabilizing);
	*r = (struct deploy_result){ 0 };
}

const char *deploy_progress_mode(const struct app *app, unsigned concurrency)
{
	const char *set = settings_str(&app->settings, "progress");
	const struct sink *s = app->sink;

	if (streq0(set, "events") || streq0(set, "errors-only"))
		return set;
	if (!s->tty || s->ci || s->verbose > 0)
		return "events";
	/* who asked for a bar was told that there are events instead */
	if (concurrency > 1)
		return set ? "events" : "fleet";
	return "bar";
}

static char *bold_name(const struct job *j)
{
	return styled(j->app->sink->color, STYLE_BOLD, j->r->stack_name);
}

static int deployment_error(struct err *err, char *text)
{
	CLEANUP(free_p) char *mine = text;

	(void)err_set(err, E_FAIL, "%s", mine);
	err_set_name(err, "DeploymentError");
	return E_FAIL;
}

/* A stack whose creation failed cannot be updated: it has to go first. */
static int drop_failed_creation(struct job *j, struct err *err)
{
	CLEANUP(free_p) char *token = NULL;
	struct cfnstack after = { 0 };
	int r;

	if (!(j->stack.flags & STATUS_RECREATE) || j->r->plan_only)
		return 0;
	msg_debug(j->app->sink,
	    "Found existing stack %s that had previously failed creation. "
	    "Deleting it before attempting to re-create it.",
	    j->r->stack_name);
	r = journal_call(j->r->record, STEP_DISCARD_STACK, j->r->aws, &token,
	    err);
	if (r == 0)
		r = journal_answer(j->r->record, cfnstack_delete(j->r->aws,
		    j->stack.arn, token, err), err, j->stack.arn, NULL);
	if (r == 0)
		r = cfnstack_settle(j->r->aws, j->stack.arn, &after, err);
	if (r < 0)
		return r;
	journal_ended(j->r->record, after.status);
	if (!(after.flags & STATUS_GONE)) {
		CLEANUP(free_p) char *state = cfnstack_state_text(&after);
		bool failed = after.flags & STATUS_FAILED;

		cfnstack_release(&after);
		return deployment_error(err, failed ? xasprintf(
		    "The stack named %s is in a failed state. You may need to "
		    "delete it from the AWS console : %s", j->r->stack_name,
		    state) : xasprintf(
		    "Failed deleting stack %s that had previously failed "
		    "creation (current state: %s)", j->r->stack_name, state));
	}
	cfnstack_release(&after);
	cfnstack_release(&j->stack);
	j->stack.flags = STATUS_GONE;
	return 0;
}

static void fill_result(const struct job *j, bool noop,
    struct deploy_result *ret)
{
	*ret = (struct deploy_result){ .noop = noop,
		.stack_arn = xstrdup(j->stack.arn ? j->stack.arn
						  : j->r->stack_name),
		.status = j->stack.status ? xstrdup(j->stack.status) : NULL,
		.outputs = cfnstack_outputs(&j->stack) };
}

static int protect(struct job *j, bool only_when_wanted, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = NULL, *out = NULL;
	bool want = j->r->termination_protection;

	if (want == cfn_true(j->stack.json, "EnableTerminationProtection") ||
	    (only_when_wanted && !want))
		return 0;
	msg_debug(j->app->sink, "Updating termination protection from %s to "
	    "%s for stack %s", want ? "false" : "true",
	    want ? "true" : "false", j->r->stack_name);
	in = cJSON_CreateObject();
	json_put_str(in, "StackName", j->r->stack_name);
	json_put_bool(in, "EnableTerminationProtection", want);
	return aws_call(j->r->aws, OP_CFN_UPDATE_TERMINATION_PROTECTION, in,
	    &out, err);
}

static bool is_update(const struct job *j)
{
	return j->stack.json && !(j->stack.flags & STATUS_REVIEW);
}

/* Judges where an operation ended. Takes the state over. */
static int conclude(struct job *j, struct monitor *m, struct cfnstack *end,
    struct deploy_result *ret, struct err *err)
{
	CLEANUP(free_p) char *state = NULL;

	cfnstack_release(&j->stack);
	j->stack = *end;
	*end = (struct cfnstack){ 0 };
	journal_ended(j->r->record, j->stack.status);
	if (j->stack.flags & STATUS_GONE)
		return deployment_error(err, xstrdup("Stack deploy failed "
		    "(the stack disappeared while we were deploying it)"));
	if (!(j->stack.flags & STATUS_DEPLOYED)) {
		if (m->problems.n || j->stack.reason)
			return diagnose_deployment(j->app, j->r, m, &j->stack,
			    err);
		state = cfnstack_state_text(&j->stack);
		return deployment_error(err,
		    xasprintf(j->stack.flags & STATUS_RECREATE
			? "The stack named %s failed creation, it may need to "
			  "be manually deleted from the AWS console: %s"
			: "The stack named %s failed to deploy: %s",
		    j->r->stack_name, state));
	}
	fill_result(j, false, ret);
	STRMAP_EACH(&m->stabilizing, e)
		if (j->r->express)
			strvec_add(&ret->stabilizing, e->key);
	return 0;
}

/* Watches an operation that has been started. */
static int watch(struct job *j, const char *arn, int64_t since_ms,
    int expected, struct deploy_result *ret, struct err *err)
{
	const struct deploy_request *r = j->r;
	const char *mode = r->progress ? r->progress
				       : deploy_progress_mode(j->app, 1);
	CLEANUP(monitor_release) struct monitor m = { 0 };
	CLEANUP(cfnstack_release) struct cfnstack end = { 0 };
	CLEANUP(free_p) char *stack = xstrdup(arn);
	struct activity_opts o = { .sink = j->app->sink,
		.mode = activity_mode_of(mode), .expected = expected,
		.is_update = is_update(j), .template_ = r->template_,
		.changes = json_get(j->cs, "Changes"),
		.paths = r->paths, .traces = r->traces,
		.feed = j->app->feed, .stack = r->stack_name };
	int e;

	monitor_start(&m, j->app->sink, r->aws, stack, since_ms,
	    r->quiet_progress ? NULL : &o);
	e = monitor_wait(&m, stack, &end, err);
	if (e < 0)
		return e;
	return conclude(j, &m, &end, ret, err);
}

/* Does anything of section 14 stand between the change set and executing? */
static enum deploy_blocked blocked_by(const struct job *j)
{
	bool replaces = changeset_replaces(j->cs);

	if (!j->r->express && (j->stack.flags & STATUS_PAUSED)) {
		if (replaces)
			return BLOCKED_PAUSED_REPLACEMENT;
		if (!j->r->no_rollback)
			return BLOCKED_PAUSED_ROLLBACK;
	}
	return j->r->no_rollback && replaces ? BLOCKED_REPLACEMENT
					     : BLOCKED_NOT;
}

static int refuse_blocked(const struct job *j, enum deploy_blocked b,
    struct deploy_result *ret, struct err *err)
{
	if (j->r->may_block) {
		fill_result(j, false, ret);
		ret->blocked = b;
		return 0;
	}
	if (b == BLOCKED_REPLACEMENT)
		return deployment_error(err, xstrdup("Change includes a "
		    "replacement which cannot be deployed while rollback is "
		    "disabled"));
	return deployment_error(err, xasprintf(
	    "Stack is in a paused fail state (%s), it has to be rolled back "
	    "first", j->stack.status));
}

static int express_error(struct err *err, char *text)
{
	(void)deployment_error(err, text);
	err_set_name(err, "ExpressStackFailPaused");
	return E_FAIL;
}

/* An express deployment that failed has rules of its own. */
static int check_express(const struct job *j, struct err *err)
{
	bool replaces = changeset_replaces(j->cs);
	bool rollback = !j->r->no_rollback;
	const cJSON *own = json_at(j->cs, "DeploymentConfig.DisableRollback");

	if (!streq0(j->stack.status, "UPDATE_FAILED") ||
	    !streq0(json_str(j->stack.json, "DeploymentConfig.Mode"),
		"EXPRESS"))
		return 0;
	if (streq0(json_str(j->cs, "DeploymentConfig.Mode"), "EXPRESS"))
		rollback = own &&
		    !cfn_true(j->cs, "DeploymentConfig.DisableRollback");
	if (replaces)
		return express_error(err, xasprintf("Stack %s is in "
		    "UPDATE_FAILED after an express deployment, and "
		    "CloudFormation cannot replace a resource on it or roll "
		    "it back until it is recovered. To recover: (1) revert "
		    "your app to the last configuration that deployed "
		    "successfully; (2) run `cdk deploy --express "
		    "--method=direct --no-rollback`; (3) re-apply your "
		    "changes and run `cdk deploy --express --rollback`.",
		    j->r->stack_name));
	if (rollback)
		return express_error(err, xasprintf("Stack %s is in "
		    "UPDATE_FAILED after an express deployment, and "
		    "CloudFormation will not execute a change set with "
		    "rollback enabled on it. Run `cdk deploy --express "
		    "--no-rollback` to deploy this change without rollback.",
		    j->r->stack_name));
	return 0;
}

static int execute(struct job *j, struct deploy_result *ret, struct err *err)
{
	const struct deploy_request *r = j->r;
	CLEANUP(json_free_p) cJSON *in = NULL, *out = NULL;
	CLEANUP(free_p) char *token = NULL;
	const char *id = json_str(j->cs, "ChangeSetId");
	const char *arn = json_str(j->cs, "StackId");
	enum deploy_blocked b = blocked_by(j);
	int64_t since = now_utc_ms();
	int e = check_express(j, err);

	if (e < 0)
		return e;
	if (b != BLOCKED_NOT)
		return refuse_blocked(j, b, ret, err);
	journal_prepared(r->record, arn, id);
	e = journal_call(r->record, STEP_EXECUTE, r->aws, &token, err);
	if (e < 0)
		return e;
	in = cJSON_CreateObject();
	json_put_str(in, "StackName", r->stack_name);
	json_put_str(in, "ChangeSetName", id ? id : changeset_name(r));
	json_put_str(in, "ClientRequestToken", token);
	if (r->no_rollback)
		json_put_bool(in, "DisableRollback", true);
	msg_debug(j->app->sink, "Initiating execution of changeset %s on "
	    "stack %s", id ? id : changeset_name(r), r->stack_name);
	e = aws_call(r->aws, OP_CFN_EXECUTE_CHANGE_SET, in, &out, err);
	if (journal_answer(r->record, e, err, arn, id) < 0)
		return e;
	(void)time_parse_iso(json_str(j->cs, "CreationTime")
	    ? json_str(j->cs, "CreationTime") : "", &since);
	return watch(j, arn ? arn : r->stack_name, since,
	    (int)changeset_size(j->cs) + is_update(j), ret, err);
}

static void say_needless_force(const struct job *j)
{
	if (!j->r->force)
		return;
	msg_warn(j->app->sink, "%s",
	    "You used the --force flag, but CloudFormation reported that the "
	    "deployment would not make any changes.\n"
	    "According to CloudFormation, all resources are already "
	    "up-to-date with the state in your CDK app.\n\n"
	    "You cannot use the --force flag to get rid of changes you made "
	    "in the console. Try using\n"
	    "CloudFormation drift detection instead: "
	    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
	    "using-cfn-stack-drift.html");
}

static int nothing_to_do(struct job *j, const char *id, const char *arn,
    struct deploy_result *ret, struct err *err)
{
	msg_debug(j->app->sink, "No changes are to be performed on %s.",
	    j->r->stack_name);
	if (j->r->method != DEPLOY_PREPARE) {
		msg_debug(j->app->sink, "Deleting empty change set %s", id);
		int e = changeset_delete(j->r->aws, j->r->stack_name,
		    changeset_name(j->r), err);

		if (e < 0)
			return e;
	}
	if (!j->r->plan_only)
		say_needless_force(j);
	fill_result(j, true, ret);
	if (!j->stack.arn) {
		free(ret->stack_arn);
		ret->stack_arn = xstrdup(arn);
	}
	return 0;
}

/* The one that an earlier run has made. E_NOTFOUND: it is gone. */
static int find_change_set(struct job *j, char **ret_id, char **ret_arn,
    struct err *err)
{
	const struct journal_stack *s = j->r->record;
	int e = changeset_wait(j->r->aws, s->arn ? s->arn : s->name,
	    s->change_set, NULL, &j->cs, err);

	if (e < 0)
		return e;
	*ret_id = xstrdup(s->change_set);
	*ret_arn = xstrdup(s->arn ? s->arn : s->name);
	return 0;
}

/*
 * The one that an earlier run may have asked for: its description has the
 * token. E_NOTFOUND: it has not been made, or another one is in its place.
 */
static int adopt_change_set(struct job *j, char **ret_id, char **ret_arn,
    struct err *err)
{
	const struct deploy_request *r = j->r;
	CLEANUP(json_free_p) cJSON *cs = NULL;
	CLEANUP(free_p) char *text = NULL;
	const char *id, *arn;
	int e;

	if (!journal_repeats(r->record, STEP_CREATE_CHANGE_SET) ||
	    !j->stack.json)
		return E_NOTFOUND;
	e = changeset_describe(r->aws, r->stack_name, changeset_name(r),
	    VALUES_UNSAID, &cs, err);
	if (e < 0)
		return e;
	text = changeset_description(journal_last(r->record)->token);
	id = json_str(cs, "ChangeSetId");
	arn = json_str(cs, "StackId");
	if (!id || !arn || !streq0(json_str(cs, "Description"), text))
		return E_NOTFOUND;
	*ret_id = xstrdup(id);
	*ret_arn = xstrdup(arn);
	return journal_answer(r->record, 0, NULL, arn, id);
}

/* CloudFormation only says that it cannot be updated. */
static void note_paused(const struct job *j, struct err *err)
{
	CLEANUP(free_p) char *note = NULL;

	if (!streq0(j->stack.status, "UPDATE_ROLLBACK_FAILED"))
		return;
	note = xasprintf("The rollback of %s has failed and comes first: ccdk "
	    "rollback %s (--orphan ID leaves a resource out of it)",
	    j->r->stack_name, j->r->hierarchical_id ? j->r->hierarchical_id
						    : j->r->stack_name);
	err_add_note(err, note, NULL);
}

static int create_change_set(struct job *j, char **ret_id, char **ret_arn,
    struct err *err)
{
	const struct deploy_request *r = j->r;
	CLEANUP(free_p) char *name = bold_name(j), *token = NULL;
	int e;

	/* a plan's name is its own */
	if (j->stack.json && !r->plan_only) {
		msg_debug(j->app->sink, "Removing existing change set with "
		    "name %s if it exists", changeset_name(r));
		e = changeset_delete_wait(r->aws, r->stack_name,
		    changeset_name(r), err);
		if (e < 0)
			return e;
	}
	msg_info(j->app->sink, "%s: creating CloudFormation changeset...",
	    name);
	e = journal_call(r->record, STEP_CREATE_CHANGE_SET, r->aws, &token,
	    err);
	if (e < 0)
		return e;
	e = changeset_create(r, &j->stack, &j->body, j->params.list, token,
	    ret_id, ret_arn, err);
	if (journal_answer(r->record, e, err, *ret_arn, *ret_id) < 0) {
		note_paused(j, err);
		return e;
	}
	return changeset_wait(r->aws, *ret_arn, *ret_id, NULL, &j->cs, err);
}

static int make_change_set(struct job *j, char **ret_id, char **ret_arn,
    struct err *err)
{
	const struct deploy_request *r = j->r;
	int e = E_NOTFOUND;

	if (journal_inherits(r->record, PHASE_PREPARED)) {
		e = find_change_set(j, ret_id, ret_arn, err);
		if (e == E_NOTFOUND)
			journal_forget(r->record);
	} else {
		e = adopt_change_set(j, ret_id, ret_arn, err);
		if (e == 0)
			e = changeset_wait(r->aws, *ret_arn, *ret_id, NULL,
			    &j->cs, err);
	}
	if (e == E_NOTFOUND)
		e = create_change_set(j, ret_id, ret_arn, err);
	if (e < 0)
		return e;
	if (!changeset_failed(j->cs))
		tell_change_set(j->app, r->stack_name, j->cs);
	if (changeset_failed(j->cs) && !changeset_is_empty(j->cs))
		return diagnose_change_set(j->app, r, j->cs, err);
	return 0;
}

static int by_change_set(struct job *j, struct deploy_result *ret,
    struct err *err)
{
	const struct deploy_request *r = j->r;
	CLEANUP(free_p) char *id = NULL, *arn = NULL;
	int e = make_change_set(j, &id, &arn, err);

	if (e < 0)
		return e;
	e = r->plan_only ? 0 : protect(j, !j->stack.json, err);
	if (e < 0)
		return e;
	if (changeset_is_empty(j->cs))
		return nothing_to_do(j, id, arn, ret, err);
	if (r->method == DEPLOY_CHANGE_SET)
		return execute(j, ret, err);
	if (!r->prepare_inside)
		msg_info(j->app->sink, "Changeset %s created and waiting in "
		    "review for manual execution (--no-execute)", id);
	fill_result(j, false, ret);
	free(ret->stack_arn);
	ret->stack_arn = TAKE(arn);
	if (r->plan_only)
		ret->blocked = blocked_by(j);
	ret->change_set = TAKE(j->cs);
	return 0;
}

static int check_executable(const struct job *j, struct err *err)
{
	const char *status = json_str(j->cs, "Status");
	const char *reason = json_str(j->cs, "StatusReason");
	const char *name = changeset_name(j->r);

	if (streq0(status, "CREATE_PENDING") ||
	    streq0(status, "CREATE_IN_PROGRESS"))
		return deployment_error(err, xasprintf("Change set %s is still "
		    "being created (%s). Try again when it's finished.", name,
		    status));
	if (streq0(status, "CREATE_COMPLETE"))
		return 0;
	return deployment_error(err, xasprintf(
	    "Change set %s cannot be executed (%s)%s%s", name,
	    status ? status : "", reason ? ": " : "", reason ? reason : ""));
}

static int by_existing(struct job *j, struct deploy_result *ret,
    struct err *err)
{
	int e = changeset_describe(j->r->aws, j->r->stack_name,
	    changeset_name(j->r), VALUES_YES, &j->cs, err);

	if (e < 0)
		return e;
	e = check_executable(j, err);
	if (e == 0 && j->r->protect_first)
		e = protect(j, j->stack.flags & STATUS_REVIEW, err);
	if (e < 0)
		return e;
	return execute(j, ret, err);
}

static int direct_call(struct job *j, bool update, cJSON **ret_out,
    struct err *err)
{
	const struct deploy_request *r = j->r;
	CLEANUP(json_free_p) cJSON *in = changeset_fields(r, &j->body,
	    j->params.list);
	CLEANUP(free_p) char *token = NULL;
	int e = journal_call(r->record, update ? STEP_UPDATE_STACK
					       : STEP_CREATE_STACK, r->aws,
	    &token, err);

	if (e < 0)
		return e;
	json_put_str(in, "ClientRequestToken", token);
	changeset_put_mode(in, r);
	if (update && r->policy_during_update)
		json_put_str(in, "StackPolicyDuringUpdateBody",
		    r->policy_during_update);
	if (r->no_rollback)
		json_put_bool(in, "DisableRollback", true);
	if (!update && r->termination_protection)
		json_put_bool(in, "EnableTerminationProtection", true);
	e = aws_call(r->aws, update ? OP_CFN_UPDATE_STACK
				    : OP_CFN_CREATE_STACK, in, ret_out, err);
	return journal_answer(r->record, e, err, json_str(*ret_out,
	    "StackId"), NULL);
}

static int directly(struct job *j, struct deploy_result *ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *out = NULL;
	CLEANUP(free_p) char *name = bold_name(j);
	CLEANUP(err_release) struct err failure = { 0 };
	int64_t since = now_utc_ms();
	bool update = is_update(j);
	const char *arn;
	int e = update ? protect(j, false, err) : 0;

	if (e < 0)
		return e;
	msg_info(j->app->sink, "%s: %s stack...", name,
	    update ? "updating" : "creating");
	e = direct_call(j, update, &out, &failure);
	if (e < 0 && update &&
	    streq(err_text(&failure), "No updates are to be performed.")) {
		msg_debug(j->app->sink, "No updates are to be performed for "
		    "stack %s", j->r->stack_name);
		fill_result(j, true, ret);
		return 0;
	}
	if (e < 0) {
		err_move(err, &failure);
		return e;
	}
	arn = json_str(out, "StackId");
	return watch(j, arn ? arn : j->r->stack_name, since, -1, ret, err);
}

/* True (1) when nothing changed: ret is filled. */
static int try_skip(struct job *j, struct deploy_result *ret, struct err *err)
{
	const char *why = NULL;
	int e = skip_refusal(j->r, &j->stack, j->params.changed, &why, err);

	if (e < 0)
		return e;
	if (why) {
		msg_debug(j->app->sink, "%s: %s", j->r->stack_name, why);
		return 0;
	}
	msg_debug(j->app->sink, "%s: skipping deployment (use --force to "
	    "override)", j->r->stack_name);
	fill_result(j, true, ret);
	return 1;
}

/* The values of the template's parameters; assets bring theirs along. */
static int fill_params(struct job *j, struct err *err)
{
	const struct deploy_request *r = j->r;
	CLEANUP(json_free_p) cJSON *given = NULL;
	int e = legacy_prepare(j->app, r, &j->assets, err);

	if (e < 0)
		return e;
	given = r->parameters ? json_dup(r->parameters) :
	    cJSON_CreateObject();
	JSON_EACH(p, j->assets.parameters)
		json_put_str(given, p->string, p->valuestring);
	return params_build(r->template_, given,
	    json_get(j->stack.json, "Parameters"), r->use_previous_parameters,
	    &j->params, err);
}

/* The stack as it is once nothing is under way on it, where that is wanted. */
static int find_stack(struct job *j, struct err *err)
{
	const struct deploy_request *r = j->r;
	struct attach_request a = { .stack_name = r->stack_name,
		.shown = r->stack_name, .aws = r->aws, .paths = r->paths,
		.progress = r->progress };
	int e = cfnstack_get(r->aws, r->stack_name, &j->stack, err);

	while (e == 0 && r->wait && (j->stack.flags & STATUS_BUSY))
		e = attach_wait(j->app, &a, &j->stack, err);
	return e;
}

/* Another template may be called for; it has no URL yet. */
static int revise(struct job *j, struct err *err)
{
	const struct deploy_request *r = j->r;
	int e;

	if (!r->revise || !is_update(j))
		return 0;
	e = r->revise(r->revise_arg, &j->stack, &j->revised, err);
	if (e < 0 || !j->revised)
		return e;
	j->own = *r;
	j->own.template_ = j->revised;
	j->own.template_url = NULL;
	j->r = &j->own;
	return 0;
}

static int run(struct job *j, struct deploy_result *ret, struct err *err)
{
	const struct deploy_request *r = j->r;
	int e = find_stack(j, err);

	if (e < 0)
		return e;
	if (r->method == DEPLOY_EXECUTE)
		return by_existing(j, ret, err);
	e = drop_failed_creation(j, err);
	if (e == 0)
		e = revise(j, err);
	if (e == 0)
		e = fill_params(j, err);
	if (e < 0)
		return e;
	r = j->r;
	e = try_skip(j, ret, err);
	if (e != 0)
		return MIN(e, 0);
	e = body_make(j->app, r, &j->assets, &j->body, err);
	if (e == 0)
		e = legacy_publish(j->app, r, &j->assets, err);
	if (e < 0)
		return e;
	return r->method == DEPLOY_DIRECT ? directly(j, ret, err)
					  : by_change_set(j, ret, err);
}

/* Did somebody begin an operation between our look at the stack and our call? */
static bool came_between(const struct deploy_request *r, const struct err *e)
{
	return r->wait && err_is_aws(e, "ValidationError") &&
	    strstr(err_text(e), "_IN_PROGRESS state");
}

int deploy_stack(struct app *app, const struct deploy_request *r,
    struct deploy_result *ret, struct err *err)
{
	for (;;) {
		CLEANUP(job_release) struct job j = { .app = app, .r = r };
		CLEANUP(err_release) struct err e = { 0 };
		int code = run(&j, ret, &e);

		if (code < 0 && came_between(r, &e))
			continue;
		if (code < 0)
			err_move(err, &e);
		return code;
	}
}

int deploy_follow(struct app *app, const struct deploy_request *r,
    const char *arn, int64_t since_ms, struct deploy_result *ret,
    struct err *err)
{
	CLEANUP(job_release) struct job j = { .app = app, .r = r };
	int e = cfnstack_get(r->aws, arn, &j.stack, err);

	if (e < 0)
		return e;
	/* a stack that is being created counts as none, as when it began */
	if (j.stack.json && !str_starts(j.stack.status, "UPDATE_"))
		cfnstack_release(&j.stack);
	return watch(&j, arn, since_ms, -1, ret, err);
}

int deploy_discard(struct aws *aws, const char *stack_name,
    const char *change_set_name, struct err *err)
{
	CLEANUP(cfnstack_release) struct cfnstack s = { 0 };
	CLEANUP(cfnstack_release) struct cfnstack end = { 0 };
	int e = cfnstack_get(aws, stack_name, &s, err);

	if (e < 0 || !s.json)
		return e;
	e = changeset_delete(aws, stack_name, change_set_name, err);
	if (e < 0 || !(s.flags & STATUS_REVIEW))
		return e;
	return cfnstack_delete_wait(aws, stack_name, &end, err);
}
