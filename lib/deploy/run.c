#include "deploy/run_one.h"

#include "app/toolkit.h"
#include "cfn/cfnstack.h"
#include "deploy/approve.h"
#include "deploy/body.h"
#include "deploy/changeset.h"
#include "deploy/journal.h"
#include "deploy/outputs.h"
#include "deploy/params.h"
#include "deploy/stack_policy.h"
#include "deploy/stop.h"
#include "deploy/tell.h"
#include "term/style.h"
#include "util/deadline.h"
#include "util/timeutil.h"

#include <math.h>

void run_init(struct run *run, struct app *app, const struct run_opts *o,
    const struct stack_list *stacks)
{
	*run = (struct run){ .app = app, .o = o, .stacks = stacks,
		.outputs = cJSON_CreateObject(), .began_ms = mono_ms() };
	if (o->allow_data_loss)
		run->allow_used = xcalloc(o->allow_data_loss->n + 1,
		    sizeof(*run->allow_used));
	pthread_mutex_init(&run->lock, NULL);
}

void run_release(struct run *run)
{
	cJSON_Delete(run->outputs);
	strvec_release(&run->without_outputs);
	free(run->allow_used);
	strmap_release(&run->seen);
	free(run->again);
	if (run->app)
		pthread_mutex_destroy(&run->lock);
	*run = (struct run){ 0 };
}

void run_seconds(int64_t ms, char ret[32])
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	json_write_number(&b, floor((double)ms / 10 + 0.5) / 100);
	snprintf(ret, 32, "%s", b.buf);
}

void run_one_release(struct one *o)
{
	stack_access_release(&o->access);
	cJSON_Delete(o->tags);
	cJSON_Delete(o->parameters);
	cJSON_Delete(o->topics);
	cJSON_Delete(o->rollback);
	free(o->template_url);
	free(o->name);
	strmap_release(&o->paths);
	strmap_release(&o->traces);
}

static int add_topics(const struct strvec *given, const cJSON *own,
    cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *list = NULL;

	if (!given && !own)
		return 0;
	list = cJSON_CreateArray();
	for (size_t i = 0; given && i < given->n; i++)
		json_push_take(list, cJSON_CreateString(given->v[i]));
	JSON_EACH(t, own)
		json_push_take(list, json_dup(t));
	JSON_EACH(t, list)
		if (!cJSON_IsString(t) || !run_valid_topic(t->valuestring))
			return err_set(err, E_CONFIG, "Notification arn %s is "
			    "not a valid arn for an SNS topic",
			    cJSON_IsString(t) ? t->valuestring : "");
	*ret = TAKE(list);
	return 0;
}

/* Tags of old assemblies stand in the metadata. */
static void add_metadata_tags(const struct stack *s, cJSON *tags)
{
	CLEANUP(json_free_p) cJSON *meta = NULL;

	if (artifact_metadata(s->artifact, &meta, NULL) < 0)
		return;
	JSON_EACH(at, meta)
		JSON_EACH(entry, at) {
			if (!streq0(json_str(entry, "type"),
				"aws:cdk:stack-tags"))
				continue;
			JSON_EACH(t, json_get(entry, "data")) {
				const char *k = json_str(t, "Key");
				const char *v = json_str(t, "Value");

				k = k ? k : json_str(t, "key");
				v = v ? v : json_str(t, "value");
				if (k && v)
					json_put_str(tags, k, v);
			}
		}
}

cJSON *run_tags_of(const struct run_opts *o, const struct stack *s)
{
	const cJSON *own = json_get(s->artifact->props, "tags");
	cJSON *ret;

	if (o->tags && o->tags->child) {
		ret = cJSON_CreateObject();
		JSON_EACH(t, o->tags) {
			const char *key = json_str(t, "Key");
			const char *value = json_str(t, "Value");

			if (key)
				json_put_str(ret, key, value ? value : "");
		}
		return ret;
	}
	if (own)
		return json_dup(own);
	ret = cJSON_CreateObject();
	add_metadata_tags(s, ret);
	return ret;
}

/* logical id -> creation trace, one line each */
static void read_traces(const struct stack *s, struct strmap *ret)
{
	CLEANUP(json_free_p) cJSON *meta = NULL;

	ret->free_value = free;
	if (artifact_metadata(s->artifact, &meta, NULL) < 0)
		return;
	JSON_EACH(at, meta)
		JSON_EACH(entry, at) {
			const char *id = json_str(entry, "data");
			CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

			if (!id || !streq0(json_str(entry, "type"),
				       "aws:cdk:logicalId"))
				continue;
			JSON_EACH(line, json_get(entry, "trace"))
				if (cJSON_IsString(line))
					strbuf_addf(&b, "%s%s",
					    b.len ? "\n" : "",
					    line->valuestring);
			if (b.len)
				strmap_set(ret, id, strbuf_detach(&b));
		}
}

static int check_bootstrap(struct one *o, struct err *err)
{
	double version = 0;

	(void)json_num(o->s->artifact->props, "requiresBootstrapStackVersion",
	    &version);
	return toolkit_require_for_stack(o->run->app, &o->access, (int)version,
	    o->s, err);
}

static int fill_request(struct one *o, struct err *err)
{
	const struct run_opts *opts = o->run->o;
	struct deploy_request *r = &o->r;
	const char *url = stack_prop(o->s, "stackTemplateAssetObjectUrl");
	int e = stack_template(o->s, &r->template_, err);

	if (e < 0)
		return e;
	if (url) {
		e = body_asset_url(o->access.aws, url, &o->template_url, err);
		if (e < 0)
			return e;
	}
	o->paths.free_value = free;
	if (stack_construct_paths(o->s, &o->paths, NULL) < 0)
		strmap_release(&o->paths);
	read_traces(o->s, &o->traces);
	r->stack_name = o->s->name;
	r->display_name = o->s->display_name;
	r->hierarchical_id = o->s->hierarchical_id;
	r->artifact_id = o->s->id;
	r->aws = o->access.aws;
	r->access = &o->access;
	r->execution_role = o->access.execution_role;
	r->template_url = o->template_url;
	r->parameters = o->parameters = params_of_stack(opts->parameters, o->s);
	r->use_previous_parameters = opts->previous_parameters;
	r->tags = o->tags = run_tags_of(opts, o->s);
	r->notification_arns = o->topics;
	r->rollback_configuration = o->rollback;
	r->termination_protection = o->s->termination_protection;
	r->change_set_name = opts->change_set_name;
	r->force = opts->force;
	r->no_rollback = opts->rollback == 0;
	r->rollback_explicit = opts->rollback == 1;
	r->import_existing = opts->import_existing;
	r->revert_drift = opts->revert_drift;
	r->express = opts->express;
	r->paths = &o->paths;
	r->traces = &o->traces;
	r->progress = opts->progress;
	r->may_block = true;
	r->stack = o->s;
	r->reuse_assets = opts->reuse_assets;
	r->policy_during_update = stack_policy_of(opts->update_policies,
	    o->s->name);
	r->assets_in_turn = opts->publish_limit == 1;
	r->record = o->record;
	r->wait = opts->wait;
	if (opts->two_pass && !o->again) {
		r->revise = run_keep_exports;
		r->revise_arg = o;
	}
	return 0;
}

int run_one_init(struct one *o, struct err *err)
{
	struct run *run = o->run;
	int e = add_topics(run->o->notification_arns,
	    json_get(o->s->artifact->props, "notificationArns"), &o->topics,
	    err);

	if (e == 0)
		e = run_rollback_configuration(run->o, &o->rollback, err);
	if (e == 0)
		e = access_for_deploy(run->app, o->s, &o->access, err);
	if (e == 0)
		e = check_bootstrap(o, err);
	if (e == 0)
		e = fill_request(o, err);
	return e;
}

/* What must not stay behind when the user said no. The first error counts. */
static int give_up(struct one *o, int code)
{
	CLEANUP(err_release) struct err ignored = { 0 };
	const char *name = o->r.change_set_name;

	if (deploy_discard(o->r.aws, o->s->name,
		name ? name : "cdk-deploy-change-set", &ignored) < 0)
		msg_debug(o->run->app->sink,
		    "Could not clean up after the declined deployment: %s",
		    err_text(&ignored));
	journal_forget(o->record);
	return code;
}

static int ask_approval(struct one *o, const cJSON *change_set,
    struct err *err)
{
	struct approval a = { .mode = o->run->o->require_approval,
		.concurrency = o->run->o->concurrency, .stack = o->s,
		.aws = o->r.aws, .template_ = o->r.template_,
		.change_set = change_set,
		.together = o->run->approved_together };

	const struct approval_view *seen = strmap_get(&o->run->seen,
	    o->s->hierarchical_id);
	int e;

	if (seen && seen->asks)
		a.seen = seen;
	e = approve(o->run->app, &a, err);

	/* while somebody thought about it */
	if (e == 0 && cancel_requested())
		e = err_set(err, E_CANCELLED, "canceled");
	return e;
}

/* The first half of a change set deployment: create it, let it be judged. */
static int prepare(struct one *o, struct deploy_result *ret, struct err *err)
{
	CLEANUP(deploy_result_release) struct deploy_result res = { 0 };
	bool final = o->run->o->method == DEPLOY_PREPARE;
	int e;

	o->r.method = DEPLOY_PREPARE;
	o->r.prepare_inside = !final;
	e = deploy_stack(o->run->app, &o->r, &res, err);
	if (e < 0)
		return e;
	if (res.noop && !final) {
		e = deploy_discard(o->r.aws, o->s->name,
		    o->r.change_set_name ? o->r.change_set_name
					 : "cdk-deploy-change-set", err);
		if (e < 0)
			return e;
	}
	if (res.noop && !o->first_pass) {
		run_guard_pass(o->run);
	} else {
		/* what both passes do is looked at before the first one */
		const cJSON *cs = o->first_pass ? NULL : res.change_set;

		e = run_guard_stack(o, cs, err);
		if (e == 0 && !o->again)
			e = ask_approval(o, cs, err);
		if (e < 0)
			return give_up(o, e);
	}
	*ret = res;
	res = (struct deploy_result){ 0 };
	return 0;
}

/* The time is over, CloudFormation goes on. */
static int leave_running(struct one *o, struct err *err)
{
	msg_warn(o->run->app->sink, "%s is left to CloudFormation; follow it: "
	    "ccdk attach %s --region %s", o->name, o->s->name,
	    aws_region(o->r.aws));
	return err_set(err, E_CANCELLED, "not over when the time was "
	    "(--timeout)");
}

static int carry_out(struct one *o, struct deploy_result *res,
    struct err *err)
{
	int e;

	deploy_result_release(res);
	o->r.prepare_inside = false;
	o->r.method = o->run->o->method == DEPLOY_DIRECT ? DEPLOY_DIRECT
							  : DEPLOY_EXECUTE;
	e = deploy_stack(o->run->app, &o->r, res, err);
	if (e == 0 && res->blocked)
		e = run_deploy_again(o, res, err);
	return e == E_CANCELLED && deadline_passed() ? leave_running(o, err)
						     : e;
}

static void keep_outputs(struct run *run, const struct stack *s,
    const struct deploy_result *res)
{
	bool any = res->outputs && res->outputs->child;

	pthread_mutex_lock(&run->lock);
	if (!any)
		strvec_add(&run->without_outputs, s->name);
	else
		json_add_take(run->outputs, s->name, json_dup(res->outputs));
	pthread_mutex_unlock(&run->lock);
}

static void say_deploying(struct one *o)
{
	unsigned i;

	if (o->again) {
		msg_info(o->run->app->sink, "%s: deploying without the "
		    "exports that were kept...", o->name);
		return;
	}
	pthread_mutex_lock(&o->run->lock);
	i = ++o->run->started;
	pthread_mutex_unlock(&o->run->lock);
	msg_info(o->run->app->sink, "%s: deploying... [%u/%zu]", o->name, i,
	    o->run->stacks->n);
	feed_put(o->run->app->feed, "stack.deploying", tell_stack(o->s->name));
}

static bool is_stopping(const struct one *o)
{
	return cancel_requested() || atomic_load(&o->run->stopping);
}

static int fail_stack(struct one *o, int e, struct err *err)
{
	CLEANUP(free_p) char *name = styled(o->run->app->sink->color,
	    STYLE_BOLD, o->s->name);

	run_explain_export(o, err);
	/* what was left alone has not failed */
	if (!stop_explains(e) && (e != E_CANCELLED || !is_stopping(o)))
		(void)err_over(err, "Error", "❌  %s failed to deploy", name);
	return e;
}

/* What was prepared is not left behind when it will not be executed. */
static int stop_here(struct one *o, struct err *err)
{
	enum journal_phase p = journal_phase_of(o->record);

	if (p == PHASE_PREPARING || p == PHASE_PREPARED) {
		msg_warn(o->run->app->sink, "%s: deleting the change set that "
		    "was prepared (interrupt again to leave it there)",
		    o->name);
		(void)give_up(o, 0);
	}
	return err_set(err, E_CANCELLED, "canceled");
}

static int until_approved(struct one *o, struct deploy_result *res,
    struct err *err)
{
	enum deploy_method method = o->run->o->method;
	int e;

	if (method == DEPLOY_DIRECT || method == DEPLOY_EXECUTE) {
		e = run_guard_stack(o, NULL, err);
		if (e == 0 && !o->again)
			e = ask_approval(o, NULL, err);
	} else {
		e = prepare(o, res, err);
	}
	return is_stopping(o) && (e == 0 || e == E_CANCELLED)
	    ? stop_here(o, err) : e;
}

static int deploy_one(struct one *o, struct err *err)
{
	CLEANUP(deploy_result_release) struct deploy_result res = { 0 };
	enum deploy_method method = o->run->o->method;
	enum resumed resumed;
	int64_t began;
	int e = run_resumed(o, &res, &resumed, err);

	if (e == 0 && resumed == RESUMED_FROM_START)
		e = until_approved(o, &res, err);
	if (e == 0 && resumed != RESUMED_DONE) {
		/* of what was followed it is late, but not too late */
		e = run_policy_before(o, err);
		if (e < 0 && method != DEPLOY_DIRECT &&
		    resumed == RESUMED_FROM_START)
			e = give_up(o, e);
	}
	if (e < 0)
		return e;
	began = mono_ms();
	if (resumed <= RESUMED_CARRY_OUT)
		say_deploying(o);
	if (method != DEPLOY_PREPARE && !res.noop &&
	    resumed <= RESUMED_CARRY_OUT) {
		e = carry_out(o, &res, err);
		if (e == 0)
			e = run_policy_after(o, err);
		if (e < 0)
			return fail_stack(o, e, err);
	}
	if (resumed != RESUMED_FROM_START) {
		e = run_find_kept(o, err);
		if (e < 0)
			return fail_stack(o, e, err);
	}
	keep_outputs(o->run, o->s, &res);
	if (o->first_pass) {
		msg_info(o->run->app->sink, "\n✅  %s (first of two passes)\n",
		    o->s->display_name);
		run_need_again(o->run, o->s);
		return 0;
	}
	outputs_print(o->run->app->sink, o->s, &res, mono_ms() - began,
	    false);
	tell_succeeded(o->run->app, o->s->name, &res, mono_ms() - began);
	return 0;
}

static bool has_resources(const cJSON *template_)
{
	const cJSON *r = json_get(template_, "Resources");

	return r && r->child;
}

/* CloudFormation has no stacks without resources. */
static int without_resources(struct run *run, struct stack *s,
    struct err *err)
{
	CLEANUP(stack_access_release) struct stack_access access = { 0 };
	CLEANUP(cfnstack_release) struct cfnstack now = { 0 };
	CLEANUP(free_p) char *name = styled(run->app->sink->color, STYLE_BOLD,
	    s->display_name);
	struct destroy_request d = { .stack_name = s->name,
		.progress = run->o->progress,
		.record = journal_stack_get(run->journal, s->hierarchical_id),
		.wait = run->o->wait };
	int64_t began = mono_ms();
	int e = access_for_deploy(run->app, s, &access, err);

	if (e == 0)
		e = cfnstack_get(access.aws, s->name, &now, err);
	if (e < 0)
		return e;
	if (!now.json) {
		msg_warn(run->app->sink,
		    "%s: stack has no resources, skipping deployment.", name);
		run_guard_pass(run);
		feed_put(run->app->feed, "stack.skipped", tell_stack(s->name));
		return 0;
	}
	e = run_guard(run, &(struct guard_request){ .aws = access.aws,
	    .stack_name = s->name, .stack = s }, true, err);
	if (e < 0)
		return e;
	msg_warn(run->app->sink,
	    "%s: stack has no resources, deleting existing stack.", name);
	d.aws = access.aws;
	d.execution_role = access.execution_role;
	msg_info(run->app->sink, "%s: destroying... [1/1]", name);
	e = destroy_stack(run->app, &d, err);
	if (e < 0)
		return e;
	msg_info(run->app->sink, "✅  %s: deployed", s->display_name);
	tell_destroyed(run->app, s->name, mono_ms() - began);
	return 0;
}

/* *ret_again: it needs a second pass. */
static int run_steps(struct run *run, struct stack *s,
    struct journal_stack *record, bool *ret_again, struct err *err)
{
	CLEANUP(run_one_release) struct one o = { .run = run, .s = s,
		.record = record };
	const cJSON *template_;
	int e = stack_template(s, &template_, err);

	if (e < 0)
		return e;
	o.name = styled(run->app->sink->color, STYLE_BOLD, s->display_name);
	if (run->stacks->n > 1)
		msg_info(run->app->sink, "%s", o.name);
	if (!has_resources(template_))
		return without_resources(run, s, err);
	e = run_one_init(&o, err);
	if (e == 0)
		e = deploy_one(&o, err);
	*ret_again = o.first_pass;
	return e;
}

/* Waits for its second pass? With the lock held. */
static bool is_half_done(const struct run *run, const struct stack *s)
{
	for (size_t i = 0; i < run->n_again; i++)
		if (run->again[i] == s)
			return true;
	return false;
}

static void told_end(struct run *run, const struct stack *s, int64_t began,
    int r, const struct err *e)
{
	pthread_mutex_lock(&run->lock);
	run->ended += r < 0 || !is_half_done(run, s);
	run->failed += r < 0;
	pthread_mutex_unlock(&run->lock);
	if (r < 0)
		tell_failed(run->app, s->name, e, mono_ms() - began);
}

/* Told as an event from its beginning to its end. */
static int run_told(int (*work)(struct run *, struct stack *, struct err *),
    struct run *run, struct stack *s, struct err *err)
{
	CLEANUP(err_release) struct err e = { 0 };
	int64_t began = mono_ms();
	int r;

	tell_started(run->app, s);
	r = work(run, s, &e);
	told_end(run, s, began, r, &e);
	if (r < 0)
		err_move(err, &e);
	return r;
}

static int run_again(struct run *run, struct stack *s, struct err *err)
{
	CLEANUP(run_one_release) struct one o = { .run = run, .s = s,
		.again = true,
		.record = journal_stack_get(run->journal, s->hierarchical_id) };
	int e;

	o.name = styled(run->app->sink->color, STYLE_BOLD, s->display_name);
	if (run->stacks->n > 1)
		msg_info(run->app->sink, "%s", o.name);
	e = run_one_init(&o, err);
	if (e == 0)
		e = deploy_one(&o, err);
	journal_close(o.record, e, err);
	return e;
}

int run_stack_again(struct run *run, struct stack *s, struct err *err)
{
	return run_told(run_again, run, s, err);
}

static int run_first(struct run *run, struct stack *s, struct err *err)
{
	struct journal_stack *record = journal_stack_get(run->journal,
	    s->hierarchical_id);
	bool again = false;
	int e = run_steps(run, s, record, &again, err);

	if (e == 0 && again) {
		journal_again(record);
		return 0;
	}
	journal_close(record, e, err);
	return e;
}

int run_stack(struct run *run, struct stack *s, struct err *err)
{
	return run_told(run_first, run, s, err);
}

/* Before anything else is asked or said: is there what is to be executed? */
static int check_change_set(struct run *run, struct stack *s, struct err *err)
{
	CLEANUP(stack_access_release) struct stack_access access = { 0 };
	CLEANUP(json_free_p) cJSON *cs = NULL;
	const char *name = run->o->change_set_name;
	int e = access_for_deploy(run->app, s, &access, err);

	return e < 0 ? e : changeset_describe(access.aws, s->name,
	    name ? name : "cdk-deploy-change-set", VALUES_YES, &cs, err);
}

static int execute_steps(struct run *run, struct stack *s,
    struct journal_stack *record, struct err *err)
{
	CLEANUP(run_one_release) struct one o = { .run = run, .s = s,
		.record = record };
	CLEANUP(deploy_result_release) struct deploy_result res = { 0 };
	int64_t began;
	int e;

	o.name = styled(run->app->sink->color, STYLE_BOLD, s->display_name);
	e = record && record->inherited ? 0 : check_change_set(run, s, err);
	if (e == 0)
		e = run_one_init(&o, err);
	if (e < 0)
		return e;
	e = run_guard_existing(&o, err);
	if (e == 0)
		e = ask_approval(&o, NULL, err);
	if (e == 0)
		e = run_policy_before(&o, err);
	run_guard_finish(run);
	if (e < 0)
		return e;
	began = mono_ms();
	say_deploying(&o);
	e = carry_out(&o, &res, err);
	if (e == 0)
		e = run_policy_after(&o, err);
	if (e < 0) {
		(void)err_over(err, "Error", "❌  %s failed: %s: %s", s->name,
		    err ? err_class(err) : "Error", err_text(err));
		return e;
	}
	outputs_print(run->app->sink, s, &res, mono_ms() - began, true);
	tell_succeeded(run->app, s->name, &res, mono_ms() - began);
	keep_outputs(run, s, &res);
	return 0;
}

static int execute_first(struct run *run, struct stack *s, struct err *err)
{
	struct journal_stack *record = journal_stack_get(run->journal,
	    s->hierarchical_id);
	int e = execute_steps(run, s, record, err);

	journal_close(record, e, err);
	return e;
}

int run_execute(struct run *run, struct stack *s, struct err *err)
{
	return run_told(execute_first, run, s, err);
}

static int prepared_steps(struct run *run, struct stack *s,
    const char *change_set, struct journal_stack *record, struct err *err)
{
	CLEANUP(run_one_release) struct one o = { .run = run, .s = s,
		.record = record };
	CLEANUP(deploy_result_release) struct deploy_result res = { 0 };
	int64_t began;
	int e;

	o.name = styled(run->app->sink->color, STYLE_BOLD, s->display_name);
	e = run_one_init(&o, err);
	if (e < 0)
		return e;
	o.r.change_set_name = change_set;
	o.r.protect_first = true;
	/* what else would have to be done first was not planned */
	o.r.may_block = false;
	began = mono_ms();
	say_deploying(&o);
	e = carry_out(&o, &res, err);
	if (e < 0)
		return fail_stack(&o, e, err);
	outputs_print(run->app->sink, s, &res, mono_ms() - began, false);
	tell_succeeded(run->app, s->name, &res, mono_ms() - began);
	keep_outputs(run, s, &res);
	return 0;
}

int run_prepared(struct run *run, struct stack *s, const char *change_set,
    struct err *err)
{
	struct journal_stack *record = journal_stack_get(run->journal,
	    s->hierarchical_id);
	CLEANUP(err_release) struct err why = { 0 };
	int64_t began = mono_ms();
	int e;

	tell_started(run->app, s);
	e = prepared_steps(run, s, change_set, record, &why);
	journal_close(record, e, &why);
	told_end(run, s, began, e, &why);
	if (e < 0)
		err_move(err, &why);
	return e;
}

void run_unchanged(struct run *run, struct stack *s, const cJSON *stack)
{
	CLEANUP(deploy_result_release) struct deploy_result res = {
		.noop = true, .outputs = cfn_outputs(stack) };
	CLEANUP(run_one_release) struct one o = { .run = run, .s = s };
	const char *arn = json_str(stack, "StackId");

	res.stack_arn = xstrdup(arn ? arn : s->name);
	o.name = styled(run->app->sink->color, STYLE_BOLD, s->display_name);
	tell_started(run->app, s);
	say_deploying(&o);
	outputs_print(run->app->sink, s, &res, 0, false);
	tell_succeeded(run->app, s->name, &res, 0);
	keep_outputs(run, s, &res);
	told_end(run, s, mono_ms(), 0, NULL);
}
