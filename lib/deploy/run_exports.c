/*
 * A stack that stops exporting what others import: who imports is asked, and
 * where the importers are part of this run and do not need it any more, the
 * stack is deployed twice: before them with the export, after them without.
 */
#include "deploy/run_one.h"

#include "cfn/imports.h"
#include "deploy/exports.h"
#include "deploy/nested.h"
#include "deploy/params.h"
#include "util/feed.h"

/* ---- importers ----------------------------------------------------------- */

/* Only those stay that somebody imports. */
static int keep_imported(struct aws *aws, struct exports_gone *g,
    struct err *err)
{
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; i < g->n; i++) {
		struct export_gone gone;

		if (r == 0)
			r = imports_of(aws, g->v[i].name,
			    &g->v[i].importers, err);
		gone = g->v[i];
		if (gone.importers.n == 0 && r == 0) {
			free(gone.name);
			free(gone.output);
			continue;
		}
		g->v[n++] = gone;
	}
	g->n = n;
	return r;
}

/* Places may be unknown until the run. */
static bool same_place(const struct stack *a, const struct stack *b)
{
	return (streq(a->account, b->account) ||
		   str_starts(a->account, "unknown-") ||
		   str_starts(b->account, "unknown-")) &&
	    (streq(a->region, b->region) ||
		str_starts(a->region, "unknown-") ||
		str_starts(b->region, "unknown-"));
}

static struct stack *find(struct stack *const *v, size_t n,
    const struct stack *beside, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (streq(v[i]->name, name) && same_place(v[i], beside))
			return v[i];
	return NULL;
}

/* What the importer is nested in, outermost; its own name if it is not. */
static char *root_of(const struct one *o, const char *name)
{
	CLEANUP(cfnstack_release) struct cfnstack s = { 0 };
	const char *root;
	struct sv rest, part;

	if (cfnstack_get(o->r.aws, name, &s, NULL) < 0 || !s.json)
		return xstrdup(name);
	root = json_str(s.json, "RootId");
	rest = sv_from(root ? root : "");
	if (!sv_next(&rest, '/', &part) || !sv_next(&rest, '/', &part))
		return xstrdup(name);
	return sv_dup(part);
}

/* The stack of the app that is the importer, or has it inside. */
static struct stack *owner(const struct one *o, const char *name)
{
	const struct stack_list *l = o->run->stacks;
	const struct assembly *a = o->run->app->assembly;
	struct stack *s = find(l->v, l->n, o->s, name);
	CLEANUP(free_p) char *root = NULL;

	if (!s && a)
		s = find(a->all, a->n_all, o->s, name);
	if (s)
		return s;
	root = root_of(o, name);
	s = find(l->v, l->n, o->s, root);
	return s || !a ? s : find(a->all, a->n_all, o->s, root);
}

static bool is_selected(const struct run *run, const struct stack *s)
{
	for (size_t i = 0; i < run->stacks->n; i++)
		if (run->stacks->v[i] == s)
			return true;
	return false;
}

/* ---- judging ------------------------------------------------------------- */

struct verdict {
	struct strvec waiting;	/* importers that let go in this run */
	struct strbuf problems; /* one line per importer that does not */
};

static void verdict_release(struct verdict *v)
{
	strvec_release(&v->waiting);
	strbuf_release(&v->problems);
}

/* The nested ones of a template, by their own. */
static char *nested_imports(const struct nested *v, size_t n,
    const struct exports_scope *scope, const char *name)
{
	struct exports_scope s = *scope;
	char *where = NULL, *inside;

	for (size_t i = 0; i < n && !where; i++) {
		s.template_ = v[i].new_;
		if (!exports_imports(&s, name, &inside))
			inside = nested_imports(v[i].v, v[i].n, scope, name);
		if (inside)
			where = xasprintf("%s: %s", v[i].logical_id, inside);
		free(inside);
	}
	return where;
}

/* Where the importer's new template still imports it, or NULL; yours. */
static char *still_imports(const struct one *o, struct stack *importer,
    const char *name)
{
	CLEANUP(json_free_p) cJSON *given =
	    params_of_stack(o->run->o->parameters, importer);
	struct exports_scope s = { .stack_name = importer->name,
		.account = o->access.account, .region = o->access.region,
		.parameters = given };
	struct nested *v = NULL;
	char *where = NULL;
	size_t n = 0;

	if (stack_template(importer, &s.template_, NULL) < 0)
		return NULL;
	if (exports_imports(&s, name, &where))
		return where;
	if (nested_load_pair(NULL, NULL, importer->artifact->assembly,
		s.template_, &v, &n, NULL) == 0)
		where = nested_imports(v, n, &s, name);
	nested_release(v, n);
	return where;
}

static void judge_importer(const struct one *o, const char *export,
    const char *name, struct verdict *v)
{
	struct stack *s = owner(o, name);
	CLEANUP(free_p) char *where = s && s != o->s
	    ? still_imports(o, s, export) : NULL;

	if (s == o->s)
		return;
	if (where)
		strbuf_addf(&v->problems, "  %s: %s imports it at %s, in its "
		    "new template too\n", export, name, where);
	else if (!s || !is_selected(o->run, s))
		strbuf_addf(&v->problems, "  %s: %s imports it, and is %s\n",
		    export, name, !s ? "no stack of this app"
			: o->r.plan_only
			? "not part of this plan (its new template does not "
			  "need it any more: select it too)"
			: "not part of this deployment (its new template "
			  "does not need it any more: select it too)");
	else if (!strvec_has(&v->waiting, s->display_name))
		strvec_add(&v->waiting, s->display_name);
}

static void judge(const struct one *o, const struct exports_gone *g,
    struct verdict *ret)
{
	for (size_t i = 0; i < g->n; i++)
		for (size_t k = 0; k < g->v[i].importers.n; k++)
			judge_importer(o, g->v[i].name,
			    g->v[i].importers.v[k], ret);
}

/* ---- telling ------------------------------------------------------------- */

static char *names_of(const struct exports_gone *g)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };

	for (size_t i = 0; i < g->n; i++)
		strvec_add(&names, g->v[i].name);
	return strvec_join(&names, ", ");
}

static int refuse(const struct one *o, const struct verdict *v,
    struct err *err)
{
	(void)err_set(err, E_FAIL, "%s was not changed, because its new "
	    "template drops exports that are in use in %s:\n%s"
	    "Deploy the stacks that import them first or, when they do not "
	    "need them any more, together with this one; or keep the export "
	    "(exportValue() in the app)", o->s->display_name,
	    o->access.env_name, v->problems.buf);
	err_set_name(err, "ExportInUse");
	return E_FAIL;
}

static void feed(const struct one *o, const struct exports_gone *g,
    const struct verdict *v)
{
	cJSON *e = cJSON_CreateObject(), *names = cJSON_CreateArray();
	cJSON *importers = cJSON_CreateArray();

	for (size_t i = 0; i < g->n; i++)
		json_push_take(names, cJSON_CreateString(g->v[i].name));
	for (size_t i = 0; i < v->waiting.n; i++)
		json_push_take(importers,
		    cJSON_CreateString(v->waiting.v[i]));
	json_put_str(e, "stack", o->s->name);
	json_append_take(e, "exports", names);
	json_append_take(e, "importers", importers);
	feed_put(o->run->app->feed, "stack.twoPasses", e);
}

static void say(const struct one *o, const struct exports_gone *g,
    const struct verdict *v, const struct strvec *kept)
{
	CLEANUP(free_p) char *exports = names_of(g);
	CLEANUP(free_p) char *importers = strvec_join(&v->waiting, ", ");
	CLEANUP(free_p) char *with = strvec_join(kept, ", ");

	msg_info(o->run->app->sink, "%s: in two passes: %s still import%s %s, "
	    "so %s kept%s%s%s until %s deployed, and removed at the end", o->name,
	    importers, v->waiting.n == 1 ? "s" : "", exports,
	    g->n == 1 ? "it is" : "they are", kept->n ? " (with " : "", with,
	    kept->n ? ")" : "",
	    v->waiting.n == 1 ? "that stack is" : "those stacks are");
	feed(o, g, v);
}

/* Who executes a change set alone finds out in time. */
static void warn_prepared(const struct one *o, const struct exports_gone *g)
{
	CLEANUP(free_p) char *exports = names_of(g);

	msg_warn(o->run->app->sink, "%s: the change set removes exports that "
	    "are in use (%s); it can only be executed after the stacks that "
	    "import them", o->name, exports);
}

/* ---- the first pass ------------------------------------------------------ */

static int make_first_pass(struct one *o, struct cfnstack *deployed,
    const struct exports_gone *g, const struct verdict *v, cJSON **ret,
    struct err *err)
{
	CLEANUP(strvec_release) struct strvec kept = { 0 };
	const cJSON *old;
	int e = cfnstack_template(o->r.aws, deployed, &old, err);

	if (e < 0)
		return e;
	*ret = exports_keep(old, o->r.template_, g, &kept);
	o->first_pass = true;
	say(o, g, v, &kept);
	return 0;
}

/* Parameters as they are deployed, with the given ones over them; yours. */
static cJSON *parameters_now(const struct one *o, const cJSON *stack)
{
	cJSON *ret = cJSON_CreateObject();

	JSON_EACH(p, json_get(stack, "Parameters")) {
		const char *key = json_str(p, "ParameterKey");
		const char *value = json_str(p, "ParameterValue");

		if (key && value)
			json_put_str(ret, key, value);
	}
	JSON_EACH(p, o->r.parameters)
		json_add_take(ret, p->string, json_dup(p));
	return ret;
}

/* Exports that are deployed and that the app does not have. */
static void find_removed(const struct one *o, const struct cfnstack *deployed,
    struct exports_gone *ret)
{
	CLEANUP(json_free_p) cJSON *params = parameters_now(o,
	    deployed->json);
	struct exports_scope s = { .stack_name = o->s->name,
		.account = o->access.account, .region = o->access.region,
		.template_ = o->r.template_, .parameters = params };

	exports_removed(json_get(deployed->json, "Outputs"), &s, ret);
}

/* Who may not ask deploys as before: perhaps nobody imports it. */
static int not_told(const struct one *o, int code, struct err *why,
    struct err *err)
{
	if (code == E_AWS && (why->http_status == 403 ||
		why->http_status == 401 || err_is_aws(why, "AccessDenied"))) {
		msg_warn(o->run->app->sink, "%s: cannot ask who imports what "
		    "it does not export any more: %s", o->name,
		    err_text(why));
		return 0;
	}
	err_move(err, why);
	return err_wrap(err, "%s: asking who imports what it does not export "
	    "any more", o->s->name);
}

int run_keep_exports(void *arg, struct cfnstack *deployed, cJSON **ret,
    struct err *err)
{
	struct one *o = arg;
	CLEANUP(exports_gone_release) struct exports_gone g = { 0 };
	CLEANUP(verdict_release) struct verdict v =
	    { .problems = STRBUF_INIT };
	CLEANUP(err_release) struct err why = { 0 };
	int e;

	o->first_pass = false;
	find_removed(o, deployed, &g);
	e = keep_imported(o->r.aws, &g, &why);
	if (e < 0)
		return not_told(o, e, &why, err);
	if (g.n == 0)
		return 0;
	if (o->run->o->method == DEPLOY_PREPARE && !o->r.plan_only) {
		warn_prepared(o, &g);
		return 0;
	}
	judge(o, &g, &v);
	if (v.problems.len)
		return refuse(o, &v, err);
	if (v.waiting.n && o->r.plan_only) {
		warn_prepared(o, &g);
		return 0;
	}
	return v.waiting.n ? make_first_pass(o, deployed, &g, &v, ret, err)
			   : 0;
}

int run_find_kept(struct one *o, struct err *err)
{
	CLEANUP(cfnstack_release) struct cfnstack now = { 0 };
	CLEANUP(exports_gone_release) struct exports_gone g = { 0 };
	int e;

	if (!o->r.revise || o->run->o->method == DEPLOY_PREPARE)
		return 0;
	e = cfnstack_get(o->r.aws, o->s->name, &now, err);
	if (e < 0 || !now.json)
		return e;
	find_removed(o, &now, &g);
	o->first_pass = g.n > 0;
	return 0;
}

void run_explain_export(const struct one *o, const struct err *why)
{
	for (; why; why = why->cause)
		if (strstr(err_text(why),
			" cannot be updated as it is in use by ")) {
			msg_warn(o->run->app->sink, "%s: what an export stands "
			    "for cannot change while it is imported. Export "
			    "the new value under another name and have the "
			    "importers use that; the old export can go in the "
			    "same deployment.", o->name);
			return;
		}
}

/* ---- the second pass ----------------------------------------------------- */

void run_need_again(struct run *run, struct stack *s)
{
	pthread_mutex_lock(&run->lock);
	run->again = xreallocarray(run->again, run->n_again + 1,
	    sizeof(struct stack *));
	run->again[run->n_again++] = s;
	pthread_mutex_unlock(&run->lock);
}

/* Who imports from others comes before them, so the last one first. */
int run_second_passes(struct run *run, struct err *err)
{
	while (run->n_again) {
		int e;

		if (atomic_load(&run->stopping))
			return err_set(err, E_CANCELLED, "canceled");
		e = run_stack_again(run, run->again[--run->n_again], err);
		if (e == 0)
			continue;
		run->n_again++;
		return e;
	}
	return 0;
}

void run_exports_finish(const struct run *run)
{
	for (size_t i = 0; i < run->n_again; i++)
		msg_warn(run->app->sink, "%s still has exports that its "
		    "template does not have any more: the second pass was not "
		    "reached. Deploy again to remove them.",
		    run->again[i]->display_name);
}
