#include "cfn/monitor.h"
#include "deploy/attach.h"
#include "deploy/deploy.h"
#include "deploy/diagnose.h"
#include "deploy/holds.h"
#include "deploy/journal.h"
#include "util/timeutil.h"

static int deployment_error(struct err *err, const char *text)
{
	(void)err_set(err, E_FAIL, "%s", text);
	err_set_name(err, "DeploymentError");
	return E_FAIL;
}

static cJSON *retain_list(const struct destroy_request *r)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < r->retain->n; i++)
		json_push_take(list, cJSON_CreateString(r->retain->v[i]));
	return list;
}

/* CloudFormation keeps single resources of such stacks alone. */
static int check_retain(const struct destroy_request *r,
    const struct cfnstack *s, struct err *err)
{
	if (!r->retain || !r->retain->n || streq(s->status, "DELETE_FAILED"))
		return 0;
	return err_set(err, E_CONFIG, "stack '%s' is in %s: CloudFormation "
	    "keeps single resources (--retain) only of a stack whose deletion "
	    "has failed (DELETE_FAILED). Destroy it without --retain first, "
	    "or give what is to stay the removal policy RETAIN in the app and "
	    "deploy that", r->stack_name, s->status);
}

static int start_delete(const struct destroy_request *r, const char *arn,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	cJSON *mode = cJSON_CreateObject();
	CLEANUP(free_p) char *token = NULL;
	int e = journal_call(r->record, STEP_DELETE_STACK, r->aws, &token,
	    err);

	if (e < 0)
		return e;
	json_put_str(in, "StackName", arn);
	if (r->execution_role)
		json_put_str(in, "RoleARN", r->execution_role);
	json_put_str(in, "ClientRequestToken", token);
	json_put_str(mode, "Mode", r->express ? "EXPRESS" : "STANDARD");
	json_add_take(in, "DeploymentConfig", mode);
	if (r->retain && r->retain->n)
		json_add_take(in, "RetainResources", retain_list(r));
	e = aws_call(r->aws, OP_CFN_DELETE_STACK, in, &out, err);
	return journal_answer(r->record, e, err, arn, NULL);
}

/* What the resources said, behind what the stack says. */
static int conclude(const struct destroy_request *r, const struct monitor *m,
    const struct cfnstack *end, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(free_p) char *state = NULL;
	struct deploy_request about = { .stack_name = r->stack_name,
		.paths = r->paths };

	if (end->flags & STATUS_GONE)
		return 0;
	if (end->flags & STATUS_FAILED) {
		state = cfnstack_state_text(end);
		strbuf_addf(&b, "The stack named %s is in a failed state. You "
		    "may need to delete it from the AWS console : %s",
		    r->stack_name, state);
	} else {
		strbuf_addf(&b, "Failed to destroy %s: %s", r->stack_name,
		    end->status);
	}
	for (size_t i = 0; i < m->problems.n; i++) {
		const struct event *e = &m->problems.v[i];

		strbuf_addf(&b, "%s%s", i ? ", " : ": ",
		    e->reason ? e->reason : e->status);
	}
	(void)deployment_error(err, b.buf);
	diagnose_add_cause(&about, m, end->arn, true, err);
	return E_FAIL;
}

/* Below all else that is said: what holds it. */
static void add_report(const struct destroy_request *r,
    const struct monitor *m, const struct cfnstack *end, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(free_p) char *before = NULL;

	if (!err)
		return;
	hold_report(r->aws, m, end, r->again, &b);
	strbuf_rtrim(&b);
	if (!b.len)
		return;
	before = err->note;
	err->note = xasprintf("%s%s\n%s", before ? before : "",
	    before ? "\n" : "", b.buf);
}

static void say_stabilizing(struct sink *sink, const struct monitor *m)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };
	CLEANUP(free_p) char *text = NULL;

	STRMAP_EACH(&m->stabilizing, e)
		strvec_add(&names, e->key);
	if (names.n == 0)
		return;
	text = strvec_join(&names, ", ");
	msg_warn(sink, "⚠️  Stack deleted using Express Mode. Resources still "
	    "tearing down: %s", text);
}

int destroy_stack(struct app *app, const struct destroy_request *r,
    struct err *err)
{
	CLEANUP(cfnstack_release) struct cfnstack s = { 0 };
	CLEANUP(cfnstack_release) struct cfnstack end = { 0 };
	CLEANUP(monitor_release) struct monitor m = { 0 };
	struct attach_request a = { .stack_name = r->stack_name,
		.shown = r->stack_name, .aws = r->aws, .paths = r->paths,
		.progress = r->progress };
	int64_t since = now_utc_ms();
	struct activity_opts o = { .sink = app->sink, .expected = -1,
		.mode = activity_mode_of(r->progress ? r->progress
		    : deploy_progress_mode(app, 1)),
		.paths = r->paths, .feed = app->feed,
		.stack = r->stack_name };
	int e = cfnstack_get(r->aws, r->stack_name, &s, err);

	while (e == 0 && r->wait && (s.flags & STATUS_BUSY)) {
		e = attach_wait(app, &a, &s, err);
		since = now_utc_ms();
	}
	if (e < 0 || !s.json)
		return e;
	e = check_retain(r, &s, err);
	if (e < 0)
		return e;
	e = start_delete(r, s.arn, err);
	if (e < 0 && json_bool(s.json, "EnableTerminationProtection", false))
		msg_warn(app->sink, "%s has termination protection; nothing "
		    "was deleted. To delete it, set terminationProtection to "
		    "false in the app, deploy that, then destroy again.",
		    r->stack_name);
	if (e < 0) {
		err_set_name(err, "DeploymentError");
		return e;
	}
	monitor_start(&m, app->sink, r->aws, s.arn, since, &o);
	e = monitor_wait(&m, s.arn, &end, err);
	if (e < 0)
		return e;
	journal_ended(r->record, end.status);
	e = conclude(r, &m, &end, err);
	if (e < 0 && r->again && end.json)
		add_report(r, &m, &end, err);
	if (e == 0 && r->express)
		say_stabilizing(app->sink, &m);
	return e;
}
