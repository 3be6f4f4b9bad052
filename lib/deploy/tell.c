#include "deploy/tell.h"

#include "cfn/console.h"
#include "util/timeutil.h"

cJSON *tell_stack(const char *name)
{
	cJSON *o = cJSON_CreateObject();

	json_put_str(o, "stack", name);
	return o;
}

static cJSON *texts(const struct strvec *v)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < v->n; i++)
		json_push_take(list, cJSON_CreateString(v->v[i]));
	return list;
}

/* What the app says about where the stack goes. */
static void put_environment(cJSON *o, const struct stack *s)
{
	cJSON *env = cJSON_CreateObject();

	if (!str_starts(s->account, "unknown-"))
		json_put_str(env, "account", s->account);
	if (!str_starts(s->region, "unknown-"))
		json_put_str(env, "region", s->region);
	json_add_take(o, "environment", env);
}

static cJSON *stack_fields(const struct stack *s)
{
	cJSON *o = tell_stack(s->name);

	json_put_str(o, "id", s->hierarchical_id);
	put_environment(o, s);
	return o;
}

static cJSON *dependencies(const struct stack *s)
{
	size_t max = s->artifact->assembly->n_stacks, n;
	CLEANUP(free_p) struct stack **v = xcalloc(max + 1, sizeof(*v));
	cJSON *list = cJSON_CreateArray();

	n = stack_deps(s, v, max);
	for (size_t i = 0; i < n; i++)
		json_push_take(list, cJSON_CreateString(v[i]->name));
	return list;
}

void tell_run(struct app *app, const struct stack_list *stacks,
    unsigned concurrency)
{
	cJSON *o, *list;

	if (!app->feed)
		return;
	o = cJSON_CreateObject();
	list = cJSON_CreateArray();
	json_put_str(o, "command", app->args->command->name);
	json_put_str(o, "version", CCDK_VERSION);
	json_put_num(o, "concurrency", concurrency);
	for (size_t i = 0; i < stacks->n; i++) {
		cJSON *s = stack_fields(stacks->v[i]);

		json_add_take(s, "dependsOn", dependencies(stacks->v[i]));
		json_push_take(list, s);
	}
	json_add_take(o, "stacks", list);
	feed_put(app->feed, "run.started", o);
}

void tell_started(struct app *app, const struct stack *s)
{
	if (app->feed)
		feed_put(app->feed, "stack.started", stack_fields(s));
}

void tell_approval(struct app *app, const char *stack, const char *event,
    const char *why)
{
	cJSON *o;

	if (!app->feed)
		return;
	o = tell_stack(stack);
	json_put_str(o, "why", why);
	feed_put(app->feed, event, o);
}

void tell_approvals(struct app *app, const struct strvec *stacks,
    const char *event, const char *why)
{
	cJSON *o;

	if (!app->feed)
		return;
	o = cJSON_CreateObject();
	json_add_take(o, "stacks", texts(stacks));
	json_put_str(o, "why", why);
	feed_put(app->feed, event, o);
}

/* ---- change sets --------------------------------------------------------- */

/* As people count: what is replaced is not modified too. */
static const char *sort_of(const cJSON *change)
{
	const char *action = json_str(change, "Action");
	const char *replacement = json_str(change, "Replacement");

	if (streq0(action, "Add"))
		return "add";
	if (streq0(action, "Remove"))
		return "remove";
	if (streq0(action, "Import"))
		return "import";
	if (streq0(action, "Modify"))
		return streq0(replacement, "True") ? "replace" :
		    streq0(replacement, "Conditional") ? "mayReplace" :
		    "modify";
	return "other";
}

static cJSON *change_of(const cJSON *c)
{
	cJSON *o = cJSON_CreateObject();

	json_put_str(o, "action", sort_of(c));
	json_put_str(o, "logicalId", json_str(c, "LogicalResourceId"));
	json_put_str(o, "physicalId", json_str(c, "PhysicalResourceId"));
	json_put_str(o, "type", json_str(c, "ResourceType"));
	return o;
}

void tell_change_set(struct app *app, const char *stack, const cJSON *cs)
{
	cJSON *o, *list, *counts;

	if (!app->feed)
		return;
	o = tell_stack(stack);
	list = cJSON_CreateArray();
	counts = cJSON_CreateObject();
	json_put_str(o, "name", json_str(cs, "ChangeSetName"));
	json_put_str(o, "changeSetArn", json_str(cs, "ChangeSetId"));
	json_put_str(o, "arn", json_str(cs, "StackId"));
	JSON_EACH(c, json_get(cs, "Changes")) {
		const cJSON *r = json_get(c, "ResourceChange");
		double n = 0;

		if (!r)
			continue;
		(void)json_num(counts, sort_of(r), &n);
		json_put_num(counts, sort_of(r), n + 1);
		json_push_take(list, change_of(r));
	}
	json_add_take(o, "counts", counts);
	json_add_take(o, "changes", list);
	feed_put(app->feed, "changeset.created", o);
}

/* ---- ends ---------------------------------------------------------------- */

static void put_arn(cJSON *o, const char *arn)
{
	CLEANUP(free_p) char *page = console_stack_events(arn);

	json_put_str(o, "arn", arn);
	json_put_str(o, "console", page);
}

void tell_succeeded(struct app *app, const char *stack,
    const struct deploy_result *r, int64_t took_ms)
{
	cJSON *o;

	if (!app->feed)
		return;
	o = tell_stack(stack);
	json_put_bool(o, "changed", !r->noop);
	put_arn(o, r->stack_arn);
	json_add_take(o, "outputs", r->outputs ? json_dup(r->outputs) :
	    cJSON_CreateObject());
	if (r->stabilizing.n)
		json_add_take(o, "stabilizing", texts(&r->stabilizing));
	json_put_num(o, "durationMs", (double)took_ms);
	feed_put(app->feed, "stack.succeeded", o);
}

void tell_destroyed(struct app *app, const char *stack, int64_t took_ms)
{
	cJSON *o;

	if (!app->feed)
		return;
	o = tell_stack(stack);
	json_put_num(o, "durationMs", (double)took_ms);
	feed_put(app->feed, "stack.destroyed", o);
}

void tell_settled(struct app *app, const char *stack, const char *status)
{
	cJSON *o;

	if (!app->feed)
		return;
	o = tell_stack(stack);
	json_put_str(o, "status", status);
	feed_put(app->feed, "stack.settled", o);
}

static cJSON *error_of(const struct err *err)
{
	cJSON *o = cJSON_CreateObject();

	json_put_str(o, "name", err->name);
	json_put_str(o, "message", err_text(err));
	json_put_str(o, "awsCode", err->aws_code);
	json_put_str(o, "requestId", err->request_id);
	if (err->cause)
		json_add_take(o, "cause", error_of(err->cause));
	return o;
}

static void put_failure(struct app *app, const char *event,
    const char *stack, const struct err *err, int64_t took_ms)
{
	cJSON *o;

	if (!app->feed)
		return;
	o = tell_stack(stack);
	json_add_take(o, "error", error_of(err));
	JSON_EACH(m, err_facts(err))
		json_add_take(o, m->string, json_dup(m));
	json_put_num(o, "durationMs", (double)took_ms);
	feed_put(app->feed, event, o);
}

void tell_failed(struct app *app, const char *stack, const struct err *err,
    int64_t took_ms)
{
	put_failure(app, "stack.failed", stack, err, took_ms);
}

void tell_rollback_failed(struct app *app, const char *stack,
    const struct err *err, int64_t took_ms)
{
	put_failure(app, "stack.rollbackFailed", stack, err, took_ms);
}

void tell_rolled_back(struct app *app, const char *stack, bool done,
    int64_t took_ms)
{
	cJSON *o;

	if (!app->feed)
		return;
	o = tell_stack(stack);
	json_put_bool(o, "changed", done);
	json_put_num(o, "durationMs", (double)took_ms);
	feed_put(app->feed, "stack.rolledBack", o);
}

void tell_finished(struct app *app, int status, const struct err *err)
{
	cJSON *o;

	if (!app->feed)
		return;
	o = cJSON_CreateObject();
	json_put_num(o, "exitStatus", status);
	json_put_num(o, "durationMs", (double)(mono_ms() - app->started_ms));
	json_add_take(o, "counts", feed_counts(app->feed));
	if (err)
		json_add_take(o, "error", error_of(err));
	feed_put(app->feed, "run.finished", o);
}
