#include "deploy/guard.h"

#include "diff/diff.h"
#include "spec/stateful.h"

void guard_release(struct guard *g)
{
	for (size_t i = 0; i < g->n; i++) {
		struct guard_finding *f = &g->v[i];

		free(f->stack);
		free(f->logical_id);
		free(f->type);
		free(f->physical_id);
		free(f->path);
		free(f->why);
	}
	free(g->v);
	*g = (struct guard){ 0 };
}

static struct guard_finding *push(struct guard *g)
{
	if (g->n == g->cap) {
		g->cap = g->cap ? 2 * g->cap : 8;
		g->v = xreallocarray(g->v, g->cap, sizeof(*g->v));
	}
	g->v[g->n] = (struct guard_finding){ 0 };
	return &g->v[g->n++];
}

/* What is called Resources but is none has nothing in it. */
static const cJSON *resources_of(const cJSON *template_)
{
	const cJSON *r = json_get(template_, "Resources");

	return cJSON_IsObject(r) ? r : NULL;
}

/* ---- policies ------------------------------------------------------------ */

static const cJSON *resource_of(const cJSON *template_, const char *id)
{
	return json_get(json_get(template_, "Resources"), id);
}

static const cJSON *property(const cJSON *resource, struct sv name)
{
	CLEANUP(free_p) char *key = sv_dup(name);

	return json_get(json_get(resource, "Properties"), key);
}

/* Without a policy a database that stands alone is saved before it goes. */
static const char *default_policy(const char *type)
{
	return streq(type, "AWS::RDS::DBCluster") ||
		streq(type, "AWS::RDS::DBInstance") ? "Snapshot" : "Delete";
}

static enum guard_fate fate_of(const char *policy,
    const struct stateful_type *t)
{
	if (policy && str_starts(policy, "Retain"))
		return GUARD_KEPT;
	return streq0(policy, "Snapshot") && t->snapshot ? GUARD_SNAPSHOT
							 : GUARD_LOST;
}

static bool is_replacement(enum guard_event e)
{
	return e == GUARD_REPLACED || e == GUARD_MAY_BE_REPLACED;
}

/* A deletion goes by what is deployed, a replacement by what comes. A policy
 * that is no plain text is one we cannot rely on. */
static enum guard_fate fate_by_template(const struct guard_stack *s,
    const char *id, const char *type, const struct stateful_type *t,
    enum guard_event event)
{
	const cJSON *r;

	if (is_replacement(event)) {
		r = resource_of(s->new_ ? s->new_ : s->old, id);
		return fate_of(json_str(r, "UpdateReplacePolicy"), t);
	}
	r = resource_of(s->old, id);
	if (r && !json_get(r, "DeletionPolicy"))
		return fate_of(default_policy(type), t);
	return fate_of(json_str(r, "DeletionPolicy"), t);
}

static enum guard_fate fate_by_action(const char *action,
    const struct stateful_type *t)
{
	return fate_of(str_starts(action, "ReplaceAnd")
		? action + strlen("ReplaceAnd") : action, t);
}

/* ---- findings ------------------------------------------------------------ */

static const char *path_of(const struct guard_stack *s, const char *id)
{
	const char *path = s->paths ? strmap_get(s->paths, id) : NULL;
	const cJSON *own[] = { resource_of(s->old, id),
		resource_of(s->new_, id) };

	for (size_t i = 0; !path && i < ARRAY_SIZE(own); i++) {
		const cJSON *p = json_get(json_get(own[i], "Metadata"),
		    "aws:cdk:path");

		if (cJSON_IsString(p))
			path = p->valuestring;
	}
	return path && *path == '/' ? path + 1 : path;
}

static struct guard_finding *add(struct guard *g, const struct guard_stack *s,
    const char *id, const char *type, const struct stateful_type *t)
{
	struct guard_finding *f = push(g);
	const char *path = path_of(s, id);
	const char *there = s->existing ? strmap_get(s->existing, id) : NULL;

	f->stack = xstrdup(s->name);
	f->logical_id = xstrdup(id);
	f->type = xstrdup(type);
	f->path = path ? xstrdup(path) : NULL;
	f->physical_id = there ? xstrdup(there) : NULL;
	f->kind = t->kind;
	f->holds = t->holds;
	return f;
}

/* Does it hold anything of its own? */
static bool is_stateful(const char *type, const cJSON *resource,
    struct stateful_type *ret)
{
	return type && stateful_find(type, ret) &&
	    !(ret->unless.n && property(resource, ret->unless));
}

/* ---- by change set ------------------------------------------------------- */

/* false: nothing happens to it that could lose data */
static bool event_of(const cJSON *rc, enum guard_event *ret)
{
	const char *action = json_str(rc, "Action");
	const char *replacement = json_str(rc, "Replacement");
	const char *policy = json_str(rc, "PolicyAction");

	if (streq0(action, "Add") || streq0(action, "Import"))
		return false;
	*ret = GUARD_REPLACED;
	if (streq0(action, "Remove"))
		*ret = GUARD_DELETED;
	else if (streq0(replacement, "Conditional") ||
	    (streq0(action, "Dynamic") && !replacement))
		*ret = GUARD_MAY_BE_REPLACED;
	else if (replacement ? !streq(replacement, "True")
			     : !policy || !str_starts(policy, "ReplaceAnd"))
		return false;
	return true;
}

bool guard_suspects(const cJSON *change_set)
{
	JSON_EACH(c, json_get(change_set, "Changes")) {
		const cJSON *rc = json_get(c, "ResourceChange");
		const char *type = json_str(rc, "ResourceType");
		struct stateful_type t;
		enum guard_event event;

		if (type && stateful_find(type, &t) && event_of(rc, &event))
			return true;
	}
	return false;
}

static char *removal_reason(const struct guard_stack *s, const char *id)
{
	const cJSON *r = resource_of(s->new_, id);
	const char *condition = json_str(r, "Condition");

	if (r && condition)
		return xasprintf("its condition %s does not hold any more",
		    condition);
	return xstrdup(r ? "the new template leaves it out"
			 : "the new template does not have it");
}

/* "TableName", or "KeyArn (follows Key.Arn)" */
static char *detail_text(const cJSON *detail)
{
	const cJSON *target = json_get(detail, "Target");
	const char *attribute = json_str(target, "Attribute");
	const char *name = json_str(target, "Name");
	const char *cause = json_str(detail, "CausingEntity");

	name = name && *name ? name : attribute ? attribute : "a property";
	return cause && *cause ? xasprintf("%s (follows %s)", name, cause)
			       : xstrdup(name);
}

/* The properties that recreate the resource, or may do so. */
static char *replacement_reason(const cJSON *rc, enum guard_event event)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };
	CLEANUP(free_p) char *list = NULL;

	JSON_EACH(d, json_get(rc, "Details")) {
		const char *recreate = json_str(d,
		    "Target.RequiresRecreation");
		CLEANUP(free_p) char *text = NULL;

		if (!recreate || streq(recreate, "Never"))
			continue;
		text = detail_text(d);
		if (!strvec_has(&names, text))
			strvec_add(&names, text);
	}
	if (names.n == 0)
		return xstrdup("the change set says so");
	list = strvec_join(&names, ", ");
	return xasprintf(event == GUARD_REPLACED
		? "%s cannot change in place"
		: "%s may not be able to change in place", list);
}

/* The resource as it is, as far as it is known. */
static bool holds_own_data(const struct guard_stack *s, const cJSON *rc,
    const char *id, const char *type, struct stateful_type *ret)
{
	CLEANUP(json_free_p) cJSON *before = NULL;
	const char *context = json_str(rc, "BeforeContext");
	const cJSON *r = resource_of(s->old, id);

	if (!r && context &&
	    json_parse(sv_from(context), "BeforeContext", &before, NULL) == 0)
		r = before;
	return is_stateful(type, r, ret);
}

static void judge_change(const struct guard_stack *s, const cJSON *rc,
    struct guard *ret)
{
	const char *id = json_str(rc, "LogicalResourceId");
	const char *type = json_str(rc, "ResourceType");
	const char *action = json_str(rc, "PolicyAction");
	struct stateful_type t;
	struct guard_finding *f;
	enum guard_event event;

	if (!id || !event_of(rc, &event) ||
	    !holds_own_data(s, rc, id, type, &t))
		return;
	f = add(ret, s, id, type, &t);
	f->event = event;
	f->fate = action ? fate_by_action(action, &t)
			 : fate_by_template(s, id, type, &t, event);
	f->why = event == GUARD_DELETED ? removal_reason(s, id)
					: replacement_reason(rc, event);
	if (!f->physical_id)
		f->physical_id = xstrdup0(json_str(rc,
		    "PhysicalResourceId"));
}

/* ---- by templates -------------------------------------------------------- */

static char *template_reason(const struct guard_stack *s,
    const struct diff *d, const char *id, const char *type,
    enum guard_event event)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };
	CLEANUP(free_p) char *list = NULL;
	const char *now = json_str(resource_of(s->new_, id), "Type");

	if (event == GUARD_DELETED)
		return removal_reason(s, id);
	if (!streq0(now, type))
		return xasprintf("its type changes to %s", now ? now : "none");
	diff_replacing(d, id, &names);
	list = strvec_join(&names, ", ");
	return xasprintf(event == GUARD_REPLACED
		? "%s cannot change in place"
		: "%s may not be able to change in place", list);
}

static void judge_row(const struct guard_stack *s, const struct diff *d,
    const struct diff_destructive *row, struct guard *ret)
{
	enum guard_event event = row->impact == IMPACT_WILL_REPLACE
	    ? GUARD_REPLACED
	    : row->impact == IMPACT_MAY_REPLACE ? GUARD_MAY_BE_REPLACED
						: GUARD_DELETED;
	struct stateful_type t;
	struct guard_finding *f;

	if (!is_stateful(row->type, resource_of(s->old, row->logical_id), &t))
		return;
	f = add(ret, s, row->logical_id, row->type, &t);
	f->event = event;
	f->fate = fate_by_template(s, row->logical_id, row->type, &t, event);
	f->why = template_reason(s, d, row->logical_id, row->type, event);
}

static bool has_finding(const struct guard *g, const char *stack,
    const char *id)
{
	for (size_t i = 0; i < g->n; i++)
		if (streq(g->v[i].logical_id, id) &&
		    streq(g->v[i].stack, stack))
			return true;
	return false;
}

/* Is what decides about its existence another thing than before? */
static bool condition_changed(const struct guard_stack *s, const cJSON *old,
    const cJSON *new_)
{
	const char *was = json_str(old, "Condition");
	const char *is = json_str(new_, "Condition");

	if (!is)
		return false;
	return !streq0(was, is) ||
	    !json_same(json_get(json_get(s->old, "Conditions"), is),
		json_get(json_get(s->new_, "Conditions"), is));
}

/* Templates alone do not say whether a condition holds. */
static void judge_conditions(const struct guard_stack *s, struct guard *ret)
{
	JSON_EACH(old, resources_of(s->old)) {
		const char *id = old->string, *type = json_str(old, "Type");
		const cJSON *new_ = resource_of(s->new_, id);
		struct stateful_type t;
		struct guard_finding *f;

		if (!is_stateful(type, old, &t) ||
		    !condition_changed(s, old, new_) ||
		    has_finding(ret, s->name, id))
			continue;
		f = add(ret, s, id, type, &t);
		f->event = GUARD_MAY_BE_DELETED;
		f->fate = fate_by_template(s, id, type, &t, f->event);
		f->why = xasprintf("its condition %s changes",
		    json_str(new_, "Condition"));
	}
}

static void judge_templates(const struct guard_stack *s, struct guard *ret)
{
	CLEANUP(diff_free_p) struct diff *d =
	    diff_templates(s->old, s->new_, NULL, false);
	size_t n = diff_destructive(d, NULL, 0);
	CLEANUP(free_p) struct diff_destructive *rows =
	    xcalloc(n + 1, sizeof(*rows));

	n = diff_destructive(d, rows, n);
	for (size_t i = 0; i < n; i++)
		judge_row(s, d, &rows[i], ret);
	judge_conditions(s, ret);
}

void guard_judge(const struct guard_stack *s, struct guard *ret)
{
	if (!s->change_set) {
		judge_templates(s, ret);
		return;
	}
	JSON_EACH(c, json_get(s->change_set, "Changes"))
		judge_change(s, json_get(c, "ResourceChange"), ret);
}

void guard_judge_deletion(const struct guard_stack *s, const char *why,
    struct guard *ret)
{
	JSON_EACH(r, resources_of(s->old)) {
		const char *id = r->string, *type = json_str(r, "Type");
		struct stateful_type t;
		struct guard_finding *f;

		if ((s->existing && !strmap_has(s->existing, id)) ||
		    !is_stateful(type, r, &t))
			continue;
		f = add(ret, s, id, type, &t);
		f->event = GUARD_DELETED;
		f->fate = fate_by_template(s, id, type, &t, GUARD_DELETED);
		f->why = xstrdup(why);
	}
}

/* ---- what may pass ------------------------------------------------------- */

/* Equal but for a leading "/" and for a last part that names the L1. */
static bool same_path(const char *path, const char *id)
{
	size_t n, k;

	if (*id == '/')
		id++;
	n = strlen(path);
	k = strlen(id);
	if (k > n || k == 0 || strncmp(path, id, k) != 0)
		return false;
	return k == n || streq(path + k, "/Resource") ||
	    streq(path + k, "/Default");
}

/* "Stack.LogicalId" */
static bool is_qualified(const struct guard_finding *f, const char *id)
{
	size_t n = strlen(f->stack);

	return strncmp(id, f->stack, n) == 0 && id[n] == '.' &&
	    streq(id + n + 1, f->logical_id);
}

static bool names(const struct guard_finding *f, const char *id)
{
	return streq(id, f->logical_id) || is_qualified(f, id) ||
	    (f->path && same_path(f->path, id));
}

void guard_allow(struct guard *g, const struct strvec *ids, bool *used)
{
	for (size_t i = 0; ids && i < ids->n; i++)
		for (size_t k = 0; k < g->n; k++) {
			if (!names(&g->v[k], ids->v[i]))
				continue;
			g->v[k].allowed = true;
			if (used)
				used[i] = true;
		}
}

static bool is_loss(const struct guard_finding *f)
{
	return f->fate == GUARD_LOST && !f->allowed;
}

size_t guard_losses(const struct guard *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++)
		n += is_loss(&g->v[i]);
	return n;
}

/* ---- telling ------------------------------------------------------------- */

static const struct {
	const char *name, *will, *when_kept;
} events[] = {
	[GUARD_DELETED] = { "delete", "will be deleted",
	    "will be taken out of the stack" },
	[GUARD_REPLACED] = { "replace", "will be replaced",
	    "will be replaced" },
	[GUARD_MAY_BE_DELETED] = { "may-delete", "may be deleted",
	    "may be taken out of the stack" },
	[GUARD_MAY_BE_REPLACED] = { "may-replace", "may be replaced",
	    "may be replaced" },
};

static const char *const fates[] = {
	[GUARD_LOST] = "lost",
	[GUARD_KEPT] = "kept",
	[GUARD_SNAPSHOT] = "snapshot",
};

static cJSON *finding_json(const struct guard_finding *f)
{
	cJSON *o = cJSON_CreateObject();
	CLEANUP(free_p) char *kind = sv_dup(f->kind);
	CLEANUP(free_p) char *holds = sv_dup(f->holds);

	json_put_str(o, "stack", f->stack);
	json_put_str(o, "logicalId", f->logical_id);
	json_put_str(o, "type", f->type);
	json_put_str(o, "physicalId", f->physical_id);
	json_put_str(o, "constructPath", f->path);
	json_put_str(o, "kind", kind);
	json_put_str(o, "holds", holds);
	json_put_str(o, "event", events[f->event].name);
	json_put_str(o, "fate", fates[f->fate]);
	json_put_str(o, "reason", f->why);
	json_put_bool(o, "allowed", f->allowed);
	return o;
}

static bool read_finding(const cJSON *o, struct guard_finding *f)
{
	const char *event = json_str(o, "event"), *fate = json_str(o, "fate");
	const char *kind = json_str(o, "kind"), *holds = json_str(o, "holds");
	size_t e = 0, t = 0;

	f->stack = xstrdup0(json_str(o, "stack"));
	f->logical_id = xstrdup0(json_str(o, "logicalId"));
	f->type = xstrdup0(json_str(o, "type"));
	f->physical_id = xstrdup0(json_str(o, "physicalId"));
	f->path = xstrdup0(json_str(o, "constructPath"));
	f->why = xstrdup0(json_str(o, "reason"));
	f->kind = sv_from(kind ? kind : "");
	f->holds = sv_from(holds ? holds : "");
	f->allowed = json_is_true(json_get(o, "allowed"));
	while (e < ARRAY_SIZE(events) && !streq0(event, events[e].name))
		e++;
	while (t < ARRAY_SIZE(fates) && !streq0(fate, fates[t]))
		t++;
	f->event = (enum guard_event)e;
	f->fate = (enum guard_fate)t;
	return f->stack && f->logical_id && f->type && f->why &&
	    e < ARRAY_SIZE(events) && t < ARRAY_SIZE(fates);
}

int guard_read(const cJSON *list, struct guard *ret, struct err *err)
{
	JSON_EACH(o, list)
		if (!read_finding(o, push(ret)))
			return err_set(err, E_INVALID, "a finding about data "
			    "that would be lost is not complete");
	return 0;
}

/* What becomes of the data. */
static void add_fate(const struct guard_finding *f, struct strbuf *out)
{
	bool replaced = is_replacement(f->event);

	switch (f->fate) {
	case GUARD_LOST:
		strbuf_addf(out, "a %.*s: %s%.*s would be lost%s",
		    SV_FMT(f->kind), replaced ? "the old one's " : "",
		    SV_FMT(f->holds), f->allowed ? " (allowed)" : "");
		break;
	case GUARD_KEPT:
		strbuf_addf(out, "kept outside of the stack (%s)", replaced
			? "UpdateReplacePolicy" : "DeletionPolicy");
		break;
	case GUARD_SNAPSHOT:
		strbuf_addf(out, "a snapshot is taken first (%s)", replaced
			? "UpdateReplacePolicy" : "DeletionPolicy");
		break;
	}
}

/* "S1/Users/Resource  (AWS::DynamoDB::Table Users12)" and two lines more */
static void add_lines(const struct guard_finding *f, struct strbuf *out)
{
	if (f->path)
		strbuf_adds(out, f->path);
	else
		strbuf_addf(out, "%s.%s", f->stack, f->logical_id);
	strbuf_addf(out, "  (%s %s)\n", f->type, f->logical_id);
	strbuf_addf(out, "  %s: %s\n  ",
	    f->fate == GUARD_KEPT ? events[f->event].when_kept
				  : events[f->event].will, f->why);
	add_fate(f, out);
	strbuf_addc(out, '\n');
}

void guard_report(const struct guard *g, cJSON *list, struct strbuf *text)
{
	for (size_t i = 0; i < g->n; i++) {
		if (list)
			json_push_take(list, finding_json(&g->v[i]));
		if (text)
			add_lines(&g->v[i], text);
	}
}

void guard_tell(struct sink *sink, const struct guard *g, const char *stack)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	bool losses = false;

	if (g->n == 0)
		return;
	for (size_t i = 0; i < g->n; i++)
		losses = losses || g->v[i].fate == GUARD_LOST;
	guard_report(g, NULL, &b);
	strbuf_rtrim(&b);
	msg_put(sink, losses ? MSG_WARN : MSG_INFO,
	    "%s: stateful resources are affected\n%s", stack, b.buf);
}

void guard_warn_unused(struct sink *sink, const struct strvec *ids,
    const bool *used)
{
	for (size_t i = 0; i < ids->n; i++)
		if (!used[i])
			msg_warn(sink, "--allow-data-loss %s: nothing of that "
			    "name would lose data", ids->v[i]);
}

void guard_warn_idle(struct sink *sink, const struct strvec *ids)
{
	if (ids->n)
		msg_warn(sink, "--allow-data-loss has no effect without "
		    "--protect-stateful");
}

void guard_flags(const struct guard *g, struct strbuf *out)
{
	for (size_t i = 0; i < g->n; i++)
		if (is_loss(&g->v[i]))
			strbuf_addf(out, " --allow-data-loss %s.%s",
			    g->v[i].stack, g->v[i].logical_id);
}

int guard_refuse(const struct guard *g, const char *stack, bool is_change,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf flags = STRBUF_INIT;

	for (size_t i = 0; i < g->n; i++)
		if (is_loss(&g->v[i]))
			add_lines(&g->v[i], &b);
	guard_flags(g, &flags);
	(void)err_set(err, E_FAIL,
	    "%s: nothing was changed, because data would be lost and stateful "
	    "resources are protected (--protect-stateful)\n%s"
	    "Give them a removal policy that retains (and deploy that first), "
	    "%sor save the data and let them go:%s", stack, b.buf,
	    is_change ? "undo the change, " : "", flags.buf);
	err_set_name(err, "DataLossRefused");
	return E_FAIL;
}
