#include "plan/planmake.h"

#include "app/access.h"
#include "deploy/changeset.h"
#include "deploy/params.h"
#include "plan/plan_internal.h"
#include "plan/planbase.h"
#include "term/style.h"
#include "util/digest.h"
#include "util/interrupt.h"
#include "util/pool.h"
#include "util/timeutil.h"

#define LOOK_AT_ONCE 8

void plan_made_release(struct plan_made *m)
{
	json_free(m->json);
	if (m->text.buf)
		strbuf_release(&m->text);
	plan_losses_release(&m->losses);
	*m = (struct plan_made){ 0 };
}

static void planned_release(struct planned *d)
{
	stack_access_release(&d->access);
	cfnstack_release(&d->before);
	json_free(d->base);
	json_free(d->set);
	free(d->set_name);
	free(d->stack_id);
	strvec_release(&d->after);
	strvec_release(&d->importers);
	free(d->because);
	json_free(d->parameters);
	json_free(d->tags);
	json_free(d->topics);
	free(d->execution_role);
	json_free(d->json);
	strbuf_release(&d->text);
	plan_losses_release(&d->losses);
	err_release(&d->err);
}

static void planning_release(struct planning *p)
{
	for (size_t i = 0; i < p->n; i++)
		planned_release(&p->v[i]);
	free(p->v);
	free(p->set_name);
	free(p->allow_used);
	run_release(&p->run);
}

static struct planned *planned_of(const struct planning *p,
    const struct stack *s)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].s == s)
			return &p->v[i];
	return NULL;
}

size_t planned_deps(const struct planned *d, struct planned ***ret)
{
	size_t n = d->s->artifact->deps.n, kept = 0;
	CLEANUP(free_p) struct stack **deps = xcalloc(n + 1, sizeof(*deps));

	n = stack_deps(d->s, deps, n);
	*ret = xcalloc(n + 1, sizeof(**ret));
	for (size_t i = 0; i < n; i++) {
		struct planned *on = planned_of(d->p, deps[i]);

		if (on)
			(*ret)[kept++] = on;
	}
	return kept;
}

/* ---- what is there ------------------------------------------------------- */

static int refuse_paused(const struct planned *d, const char *otherwise,
    struct err *err)
{
	return err_set(err, E_FAIL, "stack '%s' is in a paused fail state "
	    "(%s): it has to be rolled back ('ccdk rollback %s') before it "
	    "can be planned%s", d->s->display_name, d->before.status,
	    d->s->hierarchical_id, otherwise);
}

static int look_at(struct planned *d, struct err *err)
{
	struct aws *aws;
	int r = stack_template(d->s, &d->template_, err);

	if (r == 0)
		r = access_for_deploy(d->p->app, d->s, &d->access, err);
	aws = d->access.aws;
	if (r == 0)
		r = cfnstack_get(aws, d->s->name, &d->before, err);
	if (r == 0 && (d->before.flags & STATUS_BUSY))
		return err_set(err, E_FAIL, "stack '%s' is %s: a plan is based "
		    "on stacks at rest; 'ccdk attach' follows it until then",
		    d->s->display_name, d->before.status);
	/* CloudFormation takes no change set then, and says no more */
	if (r == 0 && streq0(d->before.status, "UPDATE_ROLLBACK_FAILED"))
		return refuse_paused(d, "", err);
	if (r == 0)
		r = planbase_read(aws, &d->before, &d->base, err);
	if (r < 0)
		return r;
	if (streq0(json_str(d->base, "state"), "present"))
		return cfnstack_template(aws, &d->before, &d->old, err);
	if (!d->before.template_)
		d->before.template_ = cJSON_CreateObject();
	d->old = d->before.template_;
	return 0;
}

static void look(void *arg)
{
	struct planned *d = arg;

	d->rc = cancel_requested()
	    ? err_set(&d->err, E_CANCELLED, "canceled")
	    : look_at(d, &d->err);
}

/* All first: whether a change set can be made depends on other stacks. */
static int look_at_all(struct planning *p, struct err *err)
{
	struct pool *pool = pool_new((unsigned)MIN((size_t)LOOK_AT_ONCE,
	    p->n + 1));

	(void)app_aws(p->app); /* made before the threads share it */
	for (size_t i = 0; i < p->n; i++)
		pool_submit(pool, look, &p->v[i]);
	pool_free(pool);
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].rc < 0) {
			err_move(err, &p->v[i].err);
			return p->v[i].rc;
		}
	return 0;
}

/* ---- now or later -------------------------------------------------------- */

/* Names in Fn::ImportValue, as far as they are plain texts. */
static void imports_of(const cJSON *j, struct strvec *ret)
{
	if (j->string && streq(j->string, "Fn::ImportValue") &&
	    cJSON_IsString(j) && !strvec_has(ret, j->valuestring))
		strvec_add(ret, j->valuestring);
	JSON_EACH(c, j)
		imports_of(c, ret);
}

static bool exports(const cJSON *template_, const char *name)
{
	JSON_EACH(o, json_get(template_, "Outputs"))
		if (streq0(json_str(o, "Export.Name"), name))
			return true;
	return false;
}

static bool same_place(const struct planned *a, const struct planned *b)
{
	return streq(a->access.account, b->access.account) &&
	    streq(a->access.region, b->access.region);
}

static void put_off(struct planned *d, const char *after, char *because)
{
	CLEANUP(free_p) char *mine = because;

	if (after && !strvec_has(&d->after, after))
		strvec_add(&d->after, after);
	if (!d->because)
		d->because = TAKE(mine);
}

/* What it imports has to be exported before CloudFormation takes the
 * template. */
static void find_missing_exports(struct planned *d)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };

	imports_of(d->template_, &names);
	for (size_t i = 0; i < names.n; i++)
		for (size_t k = 0; k < d->p->n; k++) {
			const struct planned *q = &d->p->v[k];

			if (q == d || !same_place(q, d) ||
			    !exports(q->template_, names.v[i]) ||
			    exports(q->old, names.v[i]))
				continue;
			put_off(d, q->s->hierarchical_id, xasprintf("it "
			    "imports '%s', which '%s' does not export yet",
			    names.v[i], q->s->hierarchical_id));
		}
}

/* Does a wait for b, directly or through others? seen has a place per stack. */
static bool waits_for(const struct planned *a, const struct planned *b,
    bool *seen)
{
	CLEANUP(free_p) struct planned **deps = NULL;
	size_t n = planned_deps(a, &deps);

	seen[a - a->p->v] = true;
	for (size_t i = 0; i < n; i++)
		if (deps[i] == b || (!seen[deps[i] - a->p->v] &&
			waits_for(deps[i], b, seen)))
			return true;
	return false;
}

static bool imports(const cJSON *template_, const char *name)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };

	imports_of(template_, &names);
	return strvec_has(&names, name);
}

/* Who lets go of an export goes before the stack that drops it. */
static int order_importers(struct planned *d, const char *name,
    struct err *err)
{
	for (size_t i = 0; i < d->p->n; i++) {
		const struct planned *q = &d->p->v[i];
		CLEANUP(free_p) bool *seen = NULL;

		if (q == d || !same_place(q, d) || !imports(q->old, name) ||
		    imports(q->template_, name))
			continue;
		seen = xcalloc(d->p->n, sizeof(*seen));
		if (waits_for(q, d, seen))
			return err_set(err, E_FAIL, "stack '%s' drops the "
			    "export '%s', which '%s' still imports while it "
			    "depends on it: that takes two deployments of one "
			    "stack, which no plan can hold. Let 'ccdk deploy' "
			    "do both, or plan and apply '%s' first, with "
			    "--exclusively", d->s->display_name, name,
			    q->s->display_name, q->s->display_name);
		strvec_add(&d->importers, q->s->hierarchical_id);
	}
	return 0;
}

static int find_dropped_exports(struct planned *d, struct err *err)
{
	JSON_EACH(o, json_get(d->old, "Outputs")) {
		const char *name = json_str(o, "Export.Name");
		int r = name && !exports(d->template_, name)
		    ? order_importers(d, name, err) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

static void find_obstacles(struct planned *d)
{
	if (d->before.flags & STATUS_RECREATE)
		put_off(d, NULL, xasprintf("its creation failed (%s): it has "
		    "to be deleted before it can be created again",
		    d->before.status));
	find_missing_exports(d);
}

/* Something that a stack before it will make, by CloudFormation's own words;
 * yours, NULL: nothing like that. */
static char *lacks(const struct err *e)
{
	static const char *const words[] = {
		"No export named",
		"Unable to fetch parameters",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *at = strstr(err_text(e), words[i]);

		if (at)
			return xstrndup(at, strcspn(at, "\n"));
	}
	return NULL;
}

/* True when the failure is what its dependencies are there to mend. */
static bool put_off_after_failure(struct planned *d, const struct err *e)
{
	CLEANUP(free_p) struct planned **deps = NULL;
	CLEANUP(free_p) char *what = lacks(e);
	size_t n = what ? planned_deps(d, &deps) : 0;

	for (size_t i = 0; i < n; i++)
		if (deps[i]->kind != PLAN_NONE)
			put_off(d, deps[i]->s->hierarchical_id,
			    xasprintf("CloudFormation says: %s", what));
	return d->because != NULL;
}

/* ---- one stack ----------------------------------------------------------- */

static int discard(struct planned *d, struct err *err)
{
	int e;

	if (!d->begun)
		return 0;
	e = plan_discard_set(d->access.aws, d->s->name, d->p->set_name,
	    streq0(json_str(d->base, "state"), "absent"), err);
	if (e == 0)
		d->begun = false;
	return e;
}

static void keep_request(struct planned *d, const struct one *o)
{
	d->parameters = json_dup(o->r.parameters);
	d->tags = o->r.tags ? json_dup(o->r.tags) : NULL;
	d->topics = o->topics ? json_dup(o->topics) : NULL;
	d->execution_role = xstrdup0(o->r.execution_role);
}

/* Values that are missing are missed now, not when the plan is applied. */
static int check_later(struct planned *d, struct err *err)
{
	CLEANUP(params_release) struct params params = { 0 };

	msg_info(d->p->app->sink, "%s: change set is made when the plan is "
	    "applied: %s", d->s->display_name, d->because);
	return params_build(d->template_, d->parameters,
	    json_get(d->before.json, "Parameters"),
	    d->p->run_opts.previous_parameters, &params, err);
}

static bool imports_only(const cJSON *set)
{
	size_t n = 0;

	JSON_EACH(c, json_get(set, "Changes")) {
		n++;
		if (!streq0(json_str(c, "ResourceChange.Action"), "Import"))
			return false;
	}
	return n > 0;
}

/* Applying asks nothing, so what would have to be done first is said now. */
static int refuse_blocked(const struct planned *d, enum deploy_blocked b,
    struct err *err)
{
	if (b == BLOCKED_REPLACEMENT)
		return err_set(err, E_FAIL, "stack '%s': change includes a "
		    "replacement which cannot be deployed while rollback is "
		    "disabled; plan without --no-rollback",
		    d->s->display_name);
	return refuse_paused(d, b == BLOCKED_PAUSED_ROLLBACK
		? ", or to be planned with --no-rollback" : "", err);
}

static int prepare(struct planned *d, struct one *o, struct err *err)
{
	CLEANUP(deploy_result_release) struct deploy_result res = { 0 };
	int e;

	o->r.method = DEPLOY_PREPARE;
	o->r.prepare_inside = true;
	o->r.plan_only = true;
	o->r.change_set_name = d->p->set_name;
	d->begun = true;
	e = deploy_stack(d->p->app, &o->r, &res, err);
	if (e < 0)
		return e;
	if (res.noop) {
		d->kind = PLAN_NONE;
		return discard(d, err);
	}
	if (res.blocked != BLOCKED_NOT)
		return refuse_blocked(d, res.blocked, err);
	d->set = TAKE(res.change_set);
	d->stack_id = TAKE(res.stack_arn);
	if (imports_only(d->set))
		d->kind = PLAN_IMPORT;
	return 0;
}

static int prepare_or_put_off(struct planned *d, struct one *o,
    struct err *err)
{
	CLEANUP(err_release) struct err e = { 0 };
	int r = prepare(d, o, &e);

	if (r < 0 && r != E_CANCELLED && put_off_after_failure(d, &e)) {
		r = discard(d, err);
		return r < 0 ? r : check_later(d, err);
	}
	if (r < 0)
		err_move(err, &e);
	return r;
}

static bool has_resources(const struct planned *d)
{
	const cJSON *r = json_get(d->template_, "Resources");

	return r && r->child;
}

/* CloudFormation has no stacks without resources: deploy deletes them. */
static int without_resources(struct planned *d, struct err *err)
{
	if (streq0(json_str(d->base, "state"), "present"))
		return err_set(err, E_CONFIG, "stack '%s' has no resources "
		    "any more: deploying it deletes the deployed stack, which "
		    "no plan does. Leave it out of the plan and use 'ccdk "
		    "destroy %s'", d->s->display_name,
		    d->s->hierarchical_id);
	msg_warn(d->p->app->sink, "%s: stack has no resources, skipping "
	    "deployment.", d->s->display_name);
	d->kind = PLAN_NONE;
	d->parameters = cJSON_CreateObject();
	return planned_describe(d, err);
}

static int plan_stack(void *arg, struct stack *s, struct err *err)
{
	struct planning *p = arg;
	struct planned *d = planned_of(p, s);
	CLEANUP(run_one_release) struct one o = { .run = &p->run, .s = s };
	int e;

	if (cancel_requested())
		return err_set(err, E_CANCELLED, "canceled");
	if (!has_resources(d))
		return without_resources(d, err);
	o.name = styled(p->app->sink->color, STYLE_BOLD, s->display_name);
	e = run_one_init(&o, err);
	if (e < 0)
		return e;
	keep_request(d, &o);
	d->kind = streq0(json_str(d->base, "state"), "present") &&
		!(d->before.flags & STATUS_RECREATE)
	    ? PLAN_UPDATE : PLAN_CREATE;
	find_obstacles(d);
	e = find_dropped_exports(d, err);
	if (e < 0)
		return e;
	e = d->because ? check_later(d, err)
		       : prepare_or_put_off(d, &o, err);
	return e < 0 ? e : planned_describe(d, err);
}

/* ---- the whole ----------------------------------------------------------- */

/* Everything that was prepared goes again; the plan's own error counts. */
static void clean_up(struct planning *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->v[i].begun;
	if (n && cancel_requested())
		msg_warn(p->app->sink, "Interrupted: deleting the change sets "
		    "'%s' of %zu stack%s (interrupt again to leave them "
		    "there)", p->set_name, n, n == 1 ? "" : "s");
	for (size_t i = 0; i < p->n; i++) {
		CLEANUP(err_release) struct err e = { 0 };

		if (discard(&p->v[i], &e) < 0)
			msg_warn(p->app->sink, "%s: change set '%s' could not "
			    "be deleted: %s", p->v[i].s->display_name,
			    p->set_name, err_text(&e));
	}
}

static void planning_init(struct planning *p, struct app *app,
    const struct plan_opts *o, const struct stack_list *stacks)
{
	char uuid[37];

	*p = (struct planning){ .app = app, .o = o, .stacks = stacks,
		.run_opts = *o->run };
	uuid4(uuid);
	snprintf(p->id, sizeof(p->id), "%.8s%.4s", uuid, uuid + 9);
	p->set_name = xasprintf("ccdk-plan-%s", p->id);
	p->run_opts.method = DEPLOY_PREPARE;
	p->run_opts.allow_data_loss = NULL;
	p->allow_used = xcalloc(o->allow ? o->allow->n + 1 : 1,
	    sizeof(*p->allow_used));
	p->run_opts.change_set_name = p->set_name;
	run_init(&p->run, app, &p->run_opts, stacks);
	p->run.each = plan_stack;
	p->run.each_arg = p;
	p->v = xcalloc(stacks->n + 1, sizeof(*p->v));
	for (size_t i = 0; i < stacks->n; i++) {
		struct planned *d = &p->v[p->n++];

		*d = (struct planned){ .p = p, .s = stacks->v[i] };
		strbuf_init(&d->text);
		plan_losses_init(&d->losses);
	}
}

static void put_if(cJSON *o, const char *name, bool value)
{
	if (value)
		json_put_bool(o, name, true);
}

static void put_list(cJSON *o, const char *name, const struct strvec *list)
{
	cJSON *a;

	if (!list)
		return;
	a = cJSON_CreateArray();
	for (size_t i = 0; i < list->n; i++)
		json_push_take(a, cJSON_CreateString(list->v[i]));
	json_add_take(o, name, a);
}

/* What has to be the same when the plan is applied. */
static cJSON *options_of(const struct run_opts *o)
{
	cJSON *ret = cJSON_CreateObject();

	if (o->rollback >= 0)
		json_put_bool(ret, "rollback", o->rollback);
	put_if(ret, "express", o->express);
	put_if(ret, "force", o->force);
	put_if(ret, "importExistingResources", o->import_existing);
	put_if(ret, "revertDrift", o->revert_drift);
	if (!o->previous_parameters)
		json_put_bool(ret, "previousParameters", false);
	if (o->tags && o->tags->child)
		json_add_take(ret, "tags", json_dup(o->tags));
	put_list(ret, "notificationArns", o->notification_arns);
	put_list(ret, "rollbackTriggerAlarmArns", o->alarms);
	if (o->monitoring_minutes >= 0)
		json_put_num(ret, "monitoringTimeMinutes",
		    o->monitoring_minutes);
	return ret;
}

static void put_time(cJSON *o, const char *name, int64_t utc)
{
	char text[21];

	time_iso(utc, text);
	json_put_str(o, name, text);
}

static void count(struct plan_made *m, const struct planned *d)
{
	if (d->because)
		m->later++;
	else if (d->kind == PLAN_CREATE)
		m->create++;
	else if (d->kind == PLAN_UPDATE)
		m->update++;
	else if (d->kind == PLAN_IMPORT)
		m->import++;
	else
		m->unchanged++;
}

static void put_count(cJSON *o, const char *name, size_t n)
{
	if (n)
		json_put_num(o, name, (double)n);
}

/* What a reader wants to know first. */
static cJSON *summary_of(const struct planning *p, const struct plan_made *m)
{
	cJSON *o = cJSON_CreateObject();
	const char *worst = "none";
	size_t losses = 0;

	for (size_t i = 0; i < p->n; i++) {
		const char *word = json_str(p->v[i].json, "permissions");

		if (!streq0(word, "none") && !streq(worst, "broadening"))
			worst = word;
		JSON_EACH(l, json_get(p->v[i].json, "dataLoss"))
			losses += streq0(json_str(l, "fate"), "lost");
	}
	put_count(o, "create", m->create);
	put_count(o, "update", m->update);
	put_count(o, "import", m->import);
	put_count(o, "later", m->later);
	put_count(o, "unchanged", m->unchanged);
	json_put_str(o, "permissions", worst);
	json_put_num(o, "dataLoss", (double)losses);
	return o;
}

static int write_down(struct planning *p, const struct assembly *a,
    struct plan_made *ret, struct err *err)
{
	CLEANUP(free_p) char *digest = NULL;
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
	cJSON *assembly = cJSON_CreateObject();
	int r = plan_assembly_digest(a, &digest, err);

	*ret = (struct plan_made){ .json = o };
	strbuf_init(&ret->text);
	plan_losses_init(&ret->losses);
	for (size_t i = 0; i < p->n; i++)
		count(ret, &p->v[i]);
	json_put_num(o, "format", PLANFILE_FORMAT);
	json_put_str(o, "ccdkVersion", CCDK_VERSION);
	json_put_str(o, "id", p->id);
	put_time(o, "created", now_utc());
	if (p->o->expires_in_s)
		put_time(o, "expires", now_utc() + p->o->expires_in_s);
	json_add_take(o, "summary", summary_of(p, ret));
	json_put_str(assembly, "digest", digest);
	json_add_take(o, "assembly", assembly);
	json_add_take(o, "options", options_of(&p->run_opts));
	for (size_t i = 0; i < p->n; i++) {
		json_push_take(list, TAKE(p->v[i].json));
		strbuf_adds(&ret->text, p->v[i].text.buf);
		plan_losses_add(&ret->losses, &p->v[i].losses);
	}
	json_append_take(o, "stacks", list);
	planfile_seal(o);
	return r;
}

int plan_make(struct app *app, const struct plan_opts *o,
    const struct assembly *a, const struct stack_list *stacks,
    struct plan_made *ret, struct err *err)
{
	CLEANUP(planning_release) struct planning p;
	int r;

	planning_init(&p, app, o, stacks);
	interrupt_defer();
	r = look_at_all(&p, err);
	if (r == 0)
		r = run_all(&p.run, err);
	if (r == 0 && cancel_requested())
		r = err_set(err, E_CANCELLED, "canceled");
	if (r == 0 && o->allow)
		guard_warn_unused(app->sink, o->allow, p.allow_used);
	if (r == 0)
		r = write_down(&p, a, ret, err);
	if (r < 0) {
		clean_up(&p);
		plan_made_release(ret);
	}
	return r;
}

/* What the change set of a plan that is put away was until now. */
static const char *fate_of_set(struct aws *aws, const struct plan_entry *en)
{
	CLEANUP(json_free_p) cJSON *set = NULL;
	CLEANUP(err_release) struct err e = { 0 };
	int r = changeset_describe(aws, en->stack->name, en->set_name,
	    VALUES_UNSAID, &set, &e);

	/* the latter: with its stack */
	if (r == E_NOTFOUND || err_is_aws(&e, "ValidationError"))
		return "was gone already";
	return streq0(json_str(set, "ExecutionStatus"), "EXECUTE_COMPLETE")
	    ? "was executed, nothing is left of it" : "deleted";
}

int plan_discard(struct app *app, const struct planfile *f, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct plan_entry *en = &f->v[i];
		CLEANUP(stack_access_release) struct stack_access access = {
			0 };
		CLEANUP(err_release) struct err e = { 0 };
		const char *fate = NULL;
		int rc;

		if (!en->set_name)
			continue;
		rc = access_for_deploy(app, en->stack, &access, &e);
		if (rc == 0) {
			fate = fate_of_set(access.aws, en);
			rc = plan_discard_set(access.aws, en->stack->name,
			    en->set_name, streq0(json_str(en->base, "state"),
				"absent"), &e);
		}
		if (rc == 0) {
			msg_info(app->sink, "%s: change set '%s' %s",
			    en->stack->display_name, en->set_name, fate);
			continue;
		}
		(void)err_wrap(&e, "%s: change set '%s' could not be deleted",
		    en->stack->display_name, en->set_name);
		if (r == 0)
			err_move(err, &e);
		else
			msg_error(app->sink, "%s", err_text(&e));
		r = r ? r : rc;
	}
	return r;
}
