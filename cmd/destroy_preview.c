/*
 * `destroy --dry-run`: what would go, what would stay, and what would stand
 * in the way, in the order of the deletions.
 */
#include "destroy.h"

/* A policy that keeps the resource, rather than a snapshot of it. */
static bool keeps(const cJSON *k)
{
	return str_starts(json_str(k, "policy"), "Retain");
}

/* ---- text ---------------------------------------------------------------- */

static void add_kept(struct strbuf *b, const struct doomed *d)
{
	JSON_EACH(k, d->found.kept)
		strbuf_addf(b, "   %s: %s %s (%s)\n", keeps(k) ? "stays" :
		    "goes, after a snapshot", json_str(k, "type"),
		    json_str(k, "logicalId"), json_str(k, "physicalId"));
}

/* What --protect-stateful would say no to. */
static void add_losses(struct strbuf *b, const struct guard *g)
{
	CLEANUP(strbuf_release) struct strbuf flags = STRBUF_INIT;

	for (size_t i = 0; i < g->n; i++) {
		const struct guard_finding *f = &g->v[i];

		if (f->fate == GUARD_LOST && !f->allowed)
			strbuf_addf(b, "   refused: %s %s is protected, and "
			    "its %.*s would be lost\n", f->type,
			    f->logical_id, SV_FMT(f->holds));
	}
	guard_flags(g, &flags);
	if (flags.len)
		strbuf_addf(b, "   what lets it go:%s\n", flags.buf);
}

static void add_obstacles(struct strbuf *b, const struct doomed_list *l,
    const struct doomed *d)
{
	CLEANUP(json_free_p) cJSON *in_use = doomed_in_use(l, d);

	if (d->found.is_protected)
		strbuf_adds(b, "   refused: termination protection is on\n");
	if (d->found.stack.flags & STATUS_BUSY)
		strbuf_adds(b, "   refused, unless it is over by then: an "
		    "operation is under way\n");
	add_losses(b, &d->guard);
	JSON_EACH(e, in_use) {
		CLEANUP(strvec_release) struct strvec users = { 0 };
		CLEANUP(free_p) char *names = NULL;

		JSON_EACH(u, json_get(e, "usedBy"))
			strvec_add(&users, u->valuestring);
		names = strvec_join(&users, ", ");
		strbuf_addf(b, "   refused: export %s is used by %s\n",
		    json_str(e, "export"), names);
	}
}

static void add_count(struct strbuf *b, const struct teardown *t)
{
	strbuf_addf(b, "   %zu resource%s", t->resources,
	    t->resources == 1 ? "" : "s");
	if (t->in_nested)
		strbuf_addf(b, ", %zu of them in nested stacks", t->in_nested);
	strbuf_addc(b, '\n');
}

static void add_stack(struct strbuf *b, size_t place,
    const struct doomed_list *l, const struct doomed *d)
{
	if (!d->found.stack.json) {
		strbuf_addf(b, "%zu. %s: is not deployed\n", place, d->shown);
		return;
	}
	strbuf_addf(b, "%zu. %s (%s, %s)\n", place, d->shown,
	    d->access.env_name, d->found.stack.status);
	add_count(b, &d->found);
	add_kept(b, d);
	add_obstacles(b, l, d);
}

/* ---- JSON ---------------------------------------------------------------- */

static cJSON *stack_json(const struct doomed_list *l, const struct doomed *d)
{
	const struct teardown *t = &d->found;
	cJSON *o = cJSON_CreateObject();
	cJSON *findings;
	bool there = t->stack.json;

	json_put_str(o, "id", d->id);
	json_put_str(o, "stackName", d->name);
	json_put_str(o, "environment", d->access.env_name);
	json_put_bool(o, "deployed", there);
	if (!there)
		return o;
	json_put_str(o, "stackArn", t->stack.arn);
	json_put_str(o, "status", t->stack.status);
	json_put_bool(o, "terminationProtection", t->is_protected);
	json_put_num(o, "resources", (double)t->resources);
	json_put_num(o, "resourcesInNestedStacks", (double)t->in_nested);
	json_add_take(o, "kept", json_dup(t->kept));
	json_add_take(o, "exportsInUse", doomed_in_use(l, d));
	if (d->guard.n) {
		findings = cJSON_CreateArray();
		guard_report(&d->guard, findings, NULL);
		json_add_take(o, "stateful", findings);
	}
	return o;
}

static cJSON *as_json(const struct doomed_list *l, const size_t *order)
{
	cJSON *doc = cJSON_CreateObject(), *stacks = cJSON_CreateArray();

	json_add_take(doc, "stacks", stacks);
	for (size_t i = 0; i < l->n; i++)
		json_push_take(stacks, stack_json(l, &l->v[order[i]]));
	return doc;
}

static char *as_text(const struct doomed_list *l, const size_t *order)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; i < l->n; i++)
		add_stack(&b, i + 1, l, &l->v[order[i]]);
	strbuf_rtrim(&b);
	return strbuf_detach(&b);
}

/* ---- reading ------------------------------------------------------------- */

static int judge(struct app *app, struct doomed_list *l, struct err *err)
{
	CLEANUP(strvec_release) struct strvec allow = { 0 };
	CLEANUP(free_p) bool *used = NULL;

	(void)args_list(app->args, "allowDataLoss", &allow);
	used = xcalloc(allow.n + 1, sizeof(*used));
	if (!settings_bool(&app->settings, "protectStateful", false)) {
		guard_warn_idle(app->sink, &allow);
		return 0;
	}
	for (size_t i = 0; i < l->n; i++) {
		struct doomed *d = &l->v[i];
		struct guard_request r = { .aws = d->access.aws,
			.stack_name = d->name, .stack = d->s };
		int e;

		/* only names the constructs */
		if (d->s && stack_template(d->s, &r.template_, NULL) < 0)
			r.stack = NULL;
		e = guard_deletion(&r, &d->guard, err);
		if (e < 0)
			return e;
		guard_allow(&d->guard, &allow, used);
	}
	guard_warn_unused(app->sink, &allow, used);
	return 0;
}

int destroy_preview(struct app *app, struct doomed_list *l, struct err *err)
{
	CLEANUP(free_p) size_t *order = xcalloc(l->n + 1, sizeof(*order));
	CLEANUP(free_p) char *text = NULL;
	int r = 0;

	for (size_t i = 0; i < l->n && r == 0; i++)
		r = doomed_read(app, &l->v[i], err);
	if (r == 0)
		r = judge(app, l, err);
	if (r < 0)
		return r;
	doomed_order(l, order);
	if (args_bool(app->args, "json", false)) {
		feed_put(app->feed, "destroy.preview", as_json(l, order));
	} else {
		text = as_text(l, order);
		msg_text(app->sink, MSG_RESULT, text);
	}
	msg_info(app->sink, "Nothing was deleted (--dry-run).");
	return 0;
}
