#include "cfn/monitor.h"
#include "deploy/deploy.h"
#include "deploy/journal.h"
#include "util/timeutil.h"

#define ROUNDS_MAX 10
#define GONE_TEXT							\
	"Stack deploy failed (the stack disappeared while we were rolling "	\
	"it back)"

static int deployment_error(struct err *err, const char *text)
{
	(void)err_set(err, E_FAIL, "%s", text);
	err_set_name(err, "DeploymentError");
	return E_FAIL;
}

/* Empty as well: "none" is said, too. */
static cJSON *orphan_list(const struct rollback_request *r)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; r->orphan && i < r->orphan->n; i++)
		json_push_take(list, cJSON_CreateString(r->orphan->v[i]));
	return list;
}

static int start(const struct rollback_request *r, const struct cfnstack *s,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	bool first = streq(s->status, "CREATE_FAILED") ||
	    streq(s->status, "UPDATE_FAILED");
	CLEANUP(free_p) char *token = NULL;
	int e = journal_call(r->record, first ? STEP_ROLLBACK
					      : STEP_CONTINUE_ROLLBACK,
	    r->aws, &token, err);

	if (e < 0)
		return e;
	json_put_str(in, "StackName", s->arn);
	if (r->execution_role)
		json_put_str(in, "RoleARN", r->execution_role);
	json_put_str(in, "ClientRequestToken", token);
	if (first)
		json_put_bool(in, "RetainExceptOnCreate", true);
	else if (r->force)
		json_put_bool(in, "ForceRollback", true);
	else
		json_add_take(in, "ResourcesToSkip", orphan_list(r));
	e = aws_call(r->aws, first ? OP_CFN_ROLLBACK_STACK
				   : OP_CFN_CONTINUE_UPDATE_ROLLBACK, in,
	    &out, err);
	return journal_answer(r->record, e, err, s->arn, NULL);
}

static void say_continuing(struct sink *sink, const struct rollback_request *r)
{
	CLEANUP(free_p) char *names = NULL;

	if (!r->orphan || r->orphan->n == 0) {
		msg_warn(sink, "Continuing rollback of stack %s",
		    r->stack_name);
		return;
	}
	names = strvec_join(r->orphan, ", ");
	msg_warn(sink, "Continuing rollback of stack %s (orphaning: %s)",
	    r->stack_name, names);
}

/* Says why nothing is to be done; true when something is. */
static bool needs_rollback(struct sink *sink, const struct rollback_request *r,
    const struct cfnstack *s)
{
	CLEANUP(free_p) char *state = NULL;

	if (s->flags & STATUS_PAUSED) {
		if (s->flags & STATUS_ROLLBACK)
			say_continuing(sink, r);
		return true;
	}
	state = cfnstack_state_text(s);
	if (streq(s->status, "ROLLBACK_FAILED"))
		msg_warn(sink, "Stack %s failed creation and rollback. This "
		    "state cannot be rolled back. You can recreate this stack "
		    "by running 'cdk deploy'.", r->stack_name);
	else
		msg_warn(sink, "Stack %s does not need a rollback: %s",
		    r->stack_name, state);
	return false;
}

static int conclude(const struct monitor *m, const struct cfnstack *end,
    struct err *err)
{
	CLEANUP(strvec_release) struct strvec reasons = { 0 };
	CLEANUP(free_p) char *all = NULL, *text = NULL;

	for (size_t i = 0; i < m->problems.n; i++) {
		const struct event *e = &m->problems.v[i];

		strvec_add(&reasons, e->reason ? e->reason : e->status);
	}
	all = strvec_join(&reasons, ", ");
	text = xasprintf("%s%s%s (fix problem and retry, or orphan these "
	    "resources using --orphan or --force)",
	    end->flags & STATUS_GONE ? GONE_TEXT : "",
	    end->flags & STATUS_GONE && reasons.n ? ": " : "", all);
	return deployment_error(err, text);
}

static bool is_rolled_back(const struct cfnstack *s)
{
	return streq0(s->status, "ROLLBACK_COMPLETE") ||
	    streq0(s->status, "UPDATE_ROLLBACK_COMPLETE");
}

static void say_orphaned(struct sink *sink, const struct rollback_request *r,
    const struct monitor *m)
{
	CLEANUP(free_p) char *names = NULL;

	if (!r->force || m->skipped.n == 0)
		return;
	names = strvec_join(&m->skipped, ", ");
	msg_warn(sink, "Resources orphaned while rolling back stack %s: %s",
	    r->stack_name, names);
}

/* One operation. 1: it failed again, but another round may help. */
static int round_of(struct app *app, const struct rollback_request *r,
    const struct cfnstack *s, struct err *err)
{
	CLEANUP(monitor_release) struct monitor m = { 0 };
	CLEANUP(cfnstack_release) struct cfnstack end = { 0 };
	struct activity_opts o = { .sink = app->sink, .expected = -1,
		.mode = activity_mode_of(r->progress ? r->progress
		    : deploy_progress_mode(app, 1)),
		.paths = r->paths, .feed = app->feed,
		.stack = r->stack_name };
	int e = start(r, s, err);

	if (e < 0)
		return e;
	monitor_start(&m, app->sink, r->aws, s->arn, now_utc_ms(), &o);
	e = monitor_wait(&m, s->arn, &end, err);
	if (e < 0)
		return e;
	journal_ended(r->record, end.status);
	say_orphaned(app->sink, r, &m);
	if (is_rolled_back(&end) ||
	    (m.problems.n == 0 && !(end.flags & STATUS_GONE)))
		return 0;
	if (streq0(end.status, "UPDATE_ROLLBACK_FAILED") && r->force)
		return 1;
	return conclude(&m, &end, err);
}

int rollback_stack(struct app *app, const struct rollback_request *r,
    bool *ret_done, struct err *err)
{
	for (int i = 0; i < ROUNDS_MAX; i++) {
		CLEANUP(cfnstack_release) struct cfnstack s = { 0 };
		int e = cfnstack_get(r->aws, r->stack_name, &s, err);

		if (e < 0)
			return e;
		if (!s.json)
			return err_set(err, E_NOTFOUND, "No stack named '%s'",
			    r->stack_name);
		if (!needs_rollback(app->sink, r, &s)) {
			*ret_done = false;
			return 0;
		}
		e = round_of(app, r, &s, err);
		if (e < 0)
			return e;
		if (e == 0) {
			*ret_done = true;
			return 0;
		}
	}
	return deployment_error(err, "Rollback did not finish after a large "
	    "number of iterations; stopping because it looks like we're not "
	    "making progress anymore. You can retry if rollback was "
	    "progressing as expected.");
}
