#include "plan/planapply.h"

#include "deploy/graph.h"
#include "deploy/journal.h"
#include "deploy/stop.h"
#include "deploy/tell.h"
#include "plan/apply_internal.h"
#include "plan/planguard.h"
#include "util/interrupt.h"
#include "util/pool.h"
#include "util/timeutil.h"

#define CHECKS_AT_ONCE 8

static void applying_release(struct applying *a)
{
	for (size_t i = 0; i < a->n; i++) {
		cfnstack_release(&a->v[i].now);
		strvec_release(&a->v[i].moved);
		err_release(&a->v[i].err);
	}
	free(a->v);
	stack_list_release(&a->stacks);
	run_release(&a->run);
	free(a->set_name);
	json_free(a->parameters);
	strvec_release(&a->topics);
	strvec_release(&a->alarms);
	strvec_release(&a->allow);
}

void applied_release(struct applied *a)
{
	json_free(a->outputs);
	strvec_release(&a->without_outputs);
}

bool plan_needs_assembly(const struct planfile *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].later)
			return true;
	return false;
}

/* ---- what is asked for --------------------------------------------------- */

static const struct strvec *read_list(const cJSON *list, struct strvec *to)
{
	JSON_EACH(v, list)
		if (cJSON_IsString(v))
			strvec_add(to, v->valuestring);
	return list ? to : NULL;
}

static void read_options(struct applying *a)
{
	const cJSON *o = json_get(a->f->json, "options");
	const cJSON *rollback = json_get(o, "rollback");
	struct run_opts *r = &a->run_opts;

	*r = *a->o->run;
	r->method = DEPLOY_CHANGE_SET;
	r->change_set_name = a->set_name;
	r->require_approval = "never";
	r->rollback = cJSON_IsBool(rollback) ? cJSON_IsTrue(rollback) : -1;
	r->express = json_bool(o, "express", false);
	r->force = json_bool(o, "force", false);
	r->import_existing = json_bool(o, "importExistingResources", false);
	r->revert_drift = json_bool(o, "revertDrift", false);
	r->previous_parameters = json_bool(o, "previousParameters", true);
	r->tags = json_get(o, "tags");
	r->parameters = a->parameters;
	r->two_pass = false; /* a plan has one */
	/* change sets that are still to be made are judged as they are made */
	r->protect_stateful = true;
	r->allow_data_loss = &a->allow;
	r->notification_arns = read_list(json_get(o, "notificationArns"),
	    &a->topics);
	r->alarms = read_list(json_get(o, "rollbackTriggerAlarmArns"),
	    &a->alarms);
	r->monitoring_minutes = -1;
	(void)json_num(o, "monitoringTimeMinutes", &r->monitoring_minutes);
}

static bool asked_for(const struct plan_entry *e, const char *key)
{
	JSON_EACH(k, json_get(e->json, "parametersToGive"))
		if (cJSON_IsString(k) && streq(k->valuestring, key))
			return true;
	return false;
}

/* Values from the plan, and those that only the command line knows. */
static cJSON *parameters_of(const struct applying *a,
    const struct plan_entry *e)
{
	const cJSON *from[] = { json_get(a->o->parameters, "*"),
		json_get(a->o->parameters, e->stack->name) };
	cJSON *ret = cJSON_CreateObject();

	JSON_EACH(p, json_get(e->json, "parameterValues"))
		if (cJSON_IsString(p))
			json_put_str(ret, p->string, p->valuestring);
	for (size_t i = 0; i < ARRAY_SIZE(from); i++)
		JSON_EACH(p, from[i])
			if (cJSON_IsString(p) && asked_for(e, p->string))
				json_put_str(ret, p->string, p->valuestring);
	return ret;
}

static bool anybody_asked(const struct applying *a, const char *stack,
    const char *key)
{
	for (size_t i = 0; i < a->f->n; i++)
		if ((streq(stack, "*") ||
			streq(stack, a->f->v[i].stack->name)) &&
		    asked_for(&a->f->v[i], key))
			return true;
	return false;
}

static int read_parameters(struct applying *a, struct err *err)
{
	a->parameters = cJSON_CreateObject();
	for (size_t i = 0; i < a->f->n; i++)
		if (a->f->v[i].later)
			json_add_take(a->parameters, a->f->v[i].stack->name,
			    parameters_of(a, &a->f->v[i]));
	JSON_EACH(stack, a->o->parameters)
		JSON_EACH(p, stack)
			if (!anybody_asked(a, stack->string, p->string))
				return err_set(err, E_CONFIG, "the plan does "
				    "not ask for the parameter '%s': values "
				    "are part of a plan, but for hidden ones "
				    "of stacks whose change set is still to "
				    "be made", p->string);
	return 0;
}

static struct stack *find_stack(const struct assembly *a, const char *id)
{
	for (size_t i = 0; a && i < a->n_all; i++)
		if (streq(a->all[i]->hierarchical_id, id))
			return a->all[i];
	return NULL;
}

/* Nothing is to be done for a stack without resources that is not there. */
static bool is_nothing(const struct plan_entry *e)
{
	return e->kind == PLAN_NONE && !e->later &&
	    !streq0(json_str(e->base, "state"), "present");
}

static int applying_init(struct applying *a, struct err *err)
{
	const struct planfile *f = a->f;
	int r = read_parameters(a, err);

	if (r == 0 && plan_needs_assembly(f))
		r = app_assembly(a->app, &a->assembly, err);
	if (r < 0)
		return r;
	a->set_name = xasprintf("ccdk-plan-%s", f->id);
	for (size_t i = 0; a->o->allow && i < a->o->allow->n; i++)
		strvec_add(&a->allow, a->o->allow->v[i]);
	read_options(a);
	a->v = xcalloc(f->n + 1, sizeof(*a->v));
	a->stacks.v = xcalloc(f->n + 1, sizeof(struct stack *));
	for (size_t i = 0; i < f->n; i++) {
		const struct plan_entry *e = &f->v[i];
		struct stack *s = e->later ? find_stack(a->assembly, e->id)
					   : e->stack;

		a->v[a->n++] = (struct target){ .a = a, .e = e, .s = s };
		if (s && !is_nothing(e))
			a->stacks.v[a->stacks.n++] = s;
	}
	run_init(&a->run, a->app, &a->run_opts, &a->stacks);
	return 0;
}

/* ---- before anything is executed ----------------------------------------- */

static void check_one(void *arg)
{
	target_check(arg);
}

static void check_all(struct applying *a)
{
	struct pool *pool = pool_new((unsigned)MIN((size_t)CHECKS_AT_ONCE,
	    a->n + 1));

	(void)app_aws(a->app); /* made before the threads share it */
	for (size_t i = 0; i < a->n; i++)
		pool_submit(pool, check_one, &a->v[i]);
	pool_free(pool);
}

static int refuse_applied(const struct applying *a, struct err *err)
{
	size_t with_set = 0, applied = 0;

	for (size_t i = 0; i < a->n; i++) {
		with_set += a->v[i].e->set_arn != NULL;
		applied += a->v[i].applied;
	}
	if (!applied || applied < with_set)
		return 0;
	return err_set(err, E_FAIL, "the plan '%s' has been applied already: "
	    "the change set%s of its stack%s %s executed. Nothing was done "
	    "now; make a new plan with 'ccdk plan -o'", a->f->id,
	    applied == 1 ? "" : "s", applied == 1 ? "" : "s",
	    applied == 1 ? "was" : "were");
}

static int refuse_moved(const struct applying *a, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; i < a->n; i++) {
		const struct target *t = &a->v[i];

		if (!t->moved.n && !t->applied)
			continue;
		strbuf_addf(&b, "\n%s", t->e->stack->display_name);
		if (t->applied)
			strbuf_adds(&b, "\n  this plan's change set: waiting "
			    "when planned, executed now");
		for (size_t k = 0; k < t->moved.n; k++)
			strbuf_addf(&b, "\n  %s", t->moved.v[k]);
	}
	if (!b.len)
		return 0;
	return err_set(err, E_FAIL, "the plan '%s' cannot be applied: "
	    "something has moved since it was made (%s). Nothing was "
	    "executed.%s\nMake a new plan with 'ccdk plan -o'; 'ccdk plan "
	    "--discard %s' puts this one away.", a->f->id, a->f->created,
	    b.buf, a->o->path);
}

static int refuse_losses(const struct applying *a, struct err *err)
{
	CLEANUP(plan_losses_release) struct plan_losses l = {
		STRBUF_INIT, STRBUF_INIT };
	const struct strvec *allow = a->o->allow;
	CLEANUP(free_p) bool *used =
	    xcalloc(allow ? allow->n + 1 : 1, sizeof(*used));

	for (size_t i = 0; i < a->n; i++) {
		int r = plan_guard_again(json_get(a->v[i].e->json,
		    "dataLoss"), allow, used, &l, NULL, err);

		if (r < 0)
			return err_wrap(err, "%s", a->o->path);
	}
	if (l.text.len) {
		(void)err_set(err, E_FAIL, "the plan '%s' loses data, and "
		    "that is not allowed. Nothing was executed.\n%s"
		    "Save the data and let them go, here or when planning:%s",
		    a->f->id, l.text.buf, l.flags.buf);
		err_set_name(err, "DataLossRefused");
		return E_FAIL;
	}
	if (allow)
		guard_warn_unused(a->app->sink, allow, used);
	return 0;
}

static int refuse_expired(const struct planfile *f, struct err *err)
{
	if (!f->expires || now_utc_ms() < f->expires_ms)
		return 0;
	return err_set(err, E_FAIL, "the plan '%s' expired at %s. Nothing was "
	    "executed; make a new one with 'ccdk plan -o'", f->id,
	    f->expires);
}

/* What the plan allows of stacks whose change set is still to be made. */
static int read_allowed(struct applying *a, struct err *err)
{
	for (size_t i = 0; i < a->n; i++) {
		CLEANUP(plan_losses_release) struct plan_losses unused = {
			STRBUF_INIT, STRBUF_INIT };
		const struct plan_entry *e = a->v[i].e;
		int r = !e->later ? 0 : plan_guard_again(json_get(e->json,
		    "dataLoss"), NULL, NULL, &unused, &a->allow, err);

		if (r < 0)
			return err_wrap(err, "%s", a->o->path);
	}
	return 0;
}

static int check_everything(struct applying *a, struct err *err)
{
	int r;

	check_all(a);
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].rc < 0) {
			err_move(err, &a->v[i].err);
			return a->v[i].rc;
		}
	r = refuse_applied(a, err);
	if (r == 0)
		r = refuse_moved(a, err);
	if (r == 0)
		r = refuse_losses(a, err);
	return r < 0 ? r : read_allowed(a, err);
}

/* ---- doing it ------------------------------------------------------------ */

/* Termination protection can be all that a stack needs. */
static int apply_unchanged(struct target *t, struct err *err)
{
	CLEANUP(stack_access_release) struct stack_access access = { 0 };
	CLEANUP(json_free_p) cJSON *in = NULL, *out = NULL;
	bool want = t->s->termination_protection;
	int r;

	if (want != cfn_true(t->now.json, "EnableTerminationProtection")) {
		r = access_for_deploy(t->a->app, t->s, &access, err);
		if (r < 0)
			return r;
		in = cJSON_CreateObject();
		json_put_str(in, "StackName", t->s->name);
		json_put_bool(in, "EnableTerminationProtection", want);
		r = aws_call(access.aws,
		    OP_CFN_UPDATE_TERMINATION_PROTECTION, in, &out, err);
		if (r < 0)
			return r;
	}
	run_unchanged(&t->a->run, t->s, t->now.json);
	return 0;
}

static int apply_one(void *arg, struct err *err)
{
	struct target *t = arg;
	struct run *run = &t->a->run;
	int r;

	if (atomic_load(&run->stopping))
		return err_set(err, E_CANCELLED, "canceled");
	t->started = true;
	if (t->e->later)
		r = run_stack(run, t->s, err);
	else if (t->e->kind == PLAN_NONE)
		r = is_nothing(t->e) ? 0 : apply_unchanged(t, err);
	else
		r = run_prepared(run, t->s, t->e->set_arn, err);
	t->done = r == 0;
	return r;
}

static int execute(struct applying *a, struct err *err)
{
	CLEANUP(graph_free_p) struct graph *g = graph_new();
	unsigned limits[GRAPH_TYPES] = { [GRAPH_STACK] =
		a->run_opts.concurrency };

	tell_run(a->app, &a->stacks, a->run_opts.concurrency);
	for (size_t i = 0; i < a->n; i++)
		(void)graph_add(g, GRAPH_STACK, a->v[i].e->id, apply_one,
		    &a->v[i]);
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < a->v[i].e->n_deps; k++)
			graph_depend(g, i, a->v[i].e->deps[k]);
	return graph_run(g, limits, err);
}

/* What runs is known for as long as we run: Ctrl-C can tell it. */
static int execute_or_stop(struct applying *a, struct err *err)
{
	CLEANUP(journal_free_p) struct journal *j =
	    journal_in_memory(a->app, "apply");
	struct stopper *s;
	int r;

	for (size_t i = 0; i < a->n; i++)
		(void)journal_add(j, a->v[i].e->id, a->v[i].e->stack->name,
		    a->v[i].e->stack->account, a->v[i].e->stack->region);
	a->run.journal = j;
	s = stopper_begin(a->app, j, &a->run.stopping,
	    a->run_opts.on_interrupt);
	r = execute(a, err);
	stopper_end(s);
	a->run.journal = NULL;
	return r == E_CANCELLED && interrupt_kept()
	    ? err_set(err, E_SILENT, "interrupted") : r;
}

static void tell_the_rest(const struct applying *a)
{
	CLEANUP(strvec_release) struct strvec done = { 0 }, left = { 0 };
	CLEANUP(free_p) char *names = NULL, *first = NULL;

	for (size_t i = 0; i < a->n; i++) {
		const struct target *t = &a->v[i];

		if (is_nothing(t->e))
			continue;
		if (t->done)
			strvec_add(&done, t->e->stack->display_name);
		else if (!t->started)
			strvec_add(&left, t->e->stack->display_name);
	}
	first = strvec_join(&done, ", ");
	names = strvec_join(&left, ", ");
	if (done.n)
		msg_warn(a->app->sink, "Applied: %s", first);
	if (left.n)
		msg_warn(a->app->sink, "Not started: %s. Make a new plan for "
		    "what is left; 'ccdk plan --discard %s' removes the "
		    "change sets that wait.", names, a->o->path);
}

int plan_apply(struct app *app, const struct planfile *f,
    const struct apply_opts *o, struct applied *ret, struct err *err)
{
	CLEANUP(applying_release) struct applying a = { .app = app, .f = f,
		.o = o };
	int r = refuse_expired(f, err);

	if (r == 0)
		r = applying_init(&a, err);
	if (r == 0)
		r = check_everything(&a, err);
	if (r < 0)
		return r;
	r = execute_or_stop(&a, err);
	if (r < 0)
		tell_the_rest(&a);
	ret->outputs = TAKE(a.run.outputs);
	ret->without_outputs = a.run.without_outputs;
	a.run.without_outputs = (struct strvec){ 0 };
	return r;
}
