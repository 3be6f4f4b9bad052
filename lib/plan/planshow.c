/* One stack of a plan, in the file and for people; digests of assemblies. */
#include "plan/plan_internal.h"

#include "deploy/compare.h"
#include "diff/report.h"
#include "model/asset_manifest.h"
#include "plan/planguard.h"
#include "term/style.h"
#include "term/term.h"
#include "util/digest.h"
#include "util/file.h"

#define ASSEMBLY_FILE_MAX (256u << 20)

/* ---- the assembly -------------------------------------------------------- */

/* "NAME SHA256", the name as it is within the top folder. */
static int add_file(const char *top, const char *path, struct strvec *ret,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	char hex[SHA256_HEX];
	size_t n = strlen(top);
	int r = file_read(path, ASSEMBLY_FILE_MAX, &text, err);

	if (r < 0)
		return r;
	sha256_hex(strbuf_sv(&text), hex);
	if (strncmp(path, top, n) == 0 && path[n] == '/')
		path += n + 1;
	strvec_addf(ret, "%s %s", path, hex);
	return 0;
}

static int add_artifact(const char *top, const struct artifact *a,
    struct strvec *ret, struct err *err)
{
	CLEANUP(free_p) char *path = NULL;
	const char *file = a->type == ARTIFACT_STACK ? "templateFile"
	    : a->type == ARTIFACT_ASSETS	     ? "file" : NULL;
	const char *name = file ? json_str(a->props, file) : NULL;
	int r;

	if (!name)
		return 0;
	r = assembly_file(a->assembly, name, &path, err);
	return r < 0 ? r : add_file(top, path, ret, err);
}

static int add_assembly(const char *top, const struct assembly *a,
    struct strvec *ret, struct err *err)
{
	CLEANUP(free_p) char *joined = path_join(a->dir, "manifest.json");
	CLEANUP(free_p) char *path = path_normal(joined);
	int r = add_file(top, path, ret, err);

	for (size_t i = 0; i < a->n_artifacts && r == 0; i++)
		r = add_artifact(top, &a->artifacts[i], ret, err);
	for (size_t i = 0; i < a->n_nested && r == 0; i++)
		r = add_assembly(top, a->nested[i], ret, err);
	return r;
}

int plan_assembly_digest(const struct assembly *a, char **ret,
    struct err *err)
{
	CLEANUP(strvec_release) struct strvec lines = { 0 };
	CLEANUP(free_p) char *top = path_normal(a->dir);
	CLEANUP(free_p) char *text = NULL;
	char hex[SHA256_HEX];
	int r = add_assembly(top, a, &lines, err);

	if (r < 0)
		return r;
	strvec_sort(&lines);
	text = strvec_join(&lines, "\n");
	sha256_hex(sv_from(text), hex);
	*ret = xasprintf("sha256:%s", hex);
	return 0;
}

/* ---- changes ------------------------------------------------------------- */

/* The construct paths that the template itself tells. */
static void add_paths(const cJSON *template_, struct strmap *ret)
{
	JSON_EACH(o, json_get(template_, "Resources")) {
		const cJSON *path = json_get(json_get(o, "Metadata"),
		    "aws:cdk:path");

		if (cJSON_IsString(path) && !strmap_has(ret, o->string))
			strmap_set(ret, o->string,
			    xstrdup(path->valuestring));
	}
}

/* Construct paths of what is and of what was. */
static int read_paths(const struct planned *d, struct strmap *ret,
    struct err *err)
{
	int r = diff_paths_of(d->s, d->template_, ret, err);

	if (r < 0)
		return r;
	add_paths(d->old, ret);
	return 0;
}

/* The properties of a change, each once: [{name, requiresRecreation}] */
static cJSON *properties_of(const cJSON *change)
{
	cJSON *list = cJSON_CreateArray();
	CLEANUP(strmap_release) struct strmap seen = { 0 };

	JSON_EACH(detail, json_get(change, "Details")) {
		const char *attribute = json_str(detail, "Target.Attribute");
		const char *name = json_str(detail, "Target.Name");
		const char *how = json_str(detail,
		    "Target.RequiresRecreation");
		cJSON *o;

		if (!name)
			name = attribute;
		if (!name || !strmap_add(&seen, name, NULL))
			continue;
		o = cJSON_CreateObject();
		json_put_str(o, "name", name);
		json_put_str(o, "requiresRecreation", how);
		json_push_take(list, o);
	}
	return list;
}

static cJSON *change_of(const char *action, const char *id, const char *type,
    const struct strmap *paths)
{
	cJSON *o = cJSON_CreateObject();

	json_put_str(o, "action", action);
	json_put_str(o, "logicalId", id);
	json_put_str(o, "type", type);
	json_put_str(o, "constructPath", strmap_get(paths, id));
	return o;
}

static cJSON *changes_of_set(const cJSON *set, const struct strmap *paths)
{
	cJSON *list = cJSON_CreateArray();

	JSON_EACH(c, json_get(set, "Changes")) {
		const cJSON *r = json_get(c, "ResourceChange");
		const char *id = json_str(r, "LogicalResourceId");
		const char *action = json_str(r, "Action");
		cJSON *o, *properties;

		if (!id || !action)
			continue;
		o = change_of(action, id, json_str(r, "ResourceType"), paths);
		json_put_str(o, "physicalId",
		    json_str(r, "PhysicalResourceId"));
		json_put_str(o, "replacement", json_str(r, "Replacement"));
		json_put_str(o, "policyAction", json_str(r, "PolicyAction"));
		properties = properties_of(r);
		if (properties->child)
			json_add_take(o, "properties", properties);
		else
			json_free(properties);
		json_push_take(list, o);
	}
	return list;
}

/* What the templates say of one stack: where there is no change set, and of
 * nested stacks, whose changes are not in that of their parent. */
static cJSON *changes_of_report(const cJSON *stack,
    const struct strmap *paths)
{
	static const struct {
		const char *kind, *action;
	} actions[] = { { "added", "Add" }, { "removed", "Remove" },
		{ "updated", "Modify" } };
	cJSON *list = cJSON_CreateArray();

	JSON_EACH(c, json_get(stack, "changes")) {
		const char *id = json_str(c, "logicalId");
		const char *kind = json_str(c, "kind");
		const char *impact = json_str(c, "impact");
		cJSON *o;

		for (size_t i = 0; id && i < ARRAY_SIZE(actions); i++) {
			if (!streq0(kind, actions[i].kind))
				continue;
			o = change_of(actions[i].action, id,
			    json_str(c, "type"), paths);
			if (streq0(impact, "replace"))
				json_put_str(o, "replacement", "True");
			else if (streq0(impact, "may-replace"))
				json_put_str(o, "replacement",
				    "Conditional");
			json_push_take(list, o);
		}
	}
	return list;
}

/* [{stack, nestedIn, changes}]: one per nested stack that changes. at is the
 * first one's report; the one after the last is returned. */
static const cJSON *add_nested(const struct nested *v, size_t n,
    const cJSON *at, cJSON *list)
{
	for (size_t i = 0; i < n && at; i++) {
		CLEANUP(strmap_release) struct strmap paths = {
			.free_value = free };
		cJSON *changes, *o;

		add_paths(v[i].new_, &paths);
		add_paths(v[i].old, &paths);
		changes = changes_of_report(at, &paths);
		if (changes->child) {
			o = cJSON_CreateObject();
			json_put_str(o, "stack", json_str(at, "name"));
			json_put_str(o, "nestedIn", json_str(at, "nestedIn"));
			json_add_take(o, "changes", changes);
			json_push_take(list, o);
		} else {
			json_free(changes);
		}
		at = add_nested(v[i].v, v[i].n, at->next, list);
	}
	return at;
}

static void put_nested(const struct nested *v, size_t n, const cJSON *report,
    cJSON *o)
{
	cJSON *list = cJSON_CreateArray();

	if (report->child)
		(void)add_nested(v, n, report->child->next, list);
	if (list->child)
		json_add_take(o, "nested", list);
	else
		json_free(list);
}

/* ---- assets -------------------------------------------------------------- */

static void add_asset(const struct asset_entry *e, cJSON *list)
{
	CLEANUP(json_free_p) cJSON *whole = cJSON_CreateObject();
	CLEANUP(free_p) char *digest = NULL;
	cJSON *o = cJSON_CreateObject();

	json_add_take(whole, "source", json_dup(e->source));
	json_add_take(whole, "destination", json_dup(e->dest));
	digest = plan_digest(whole);
	json_put_str(o, "id", e->id);
	if (!streq(e->display_name, e->id))
		json_put_str(o, "displayName", e->display_name);
	json_put_str(o, "kind", e->kind == ASSET_FILE ? "file" : "image");
	json_put_str(o, "destinationId", e->dest_id);
	json_add_take(o, "destination", json_dup(e->dest));
	json_put_str(o, "digest", digest);
	json_push_take(list, o);
}

int planned_assets(const struct stack *s, cJSON **ret, struct err *err)
{
	size_t n = stack_asset_artifacts(s, NULL, 0);
	CLEANUP(free_p) struct artifact **v = xcalloc(n + 1, sizeof(*v));
	CLEANUP(json_free_p) cJSON *list = cJSON_CreateArray();

	n = stack_asset_artifacts(s, v, n);
	for (size_t i = 0; i < n; i++) {
		CLEANUP(asset_manifest_free_p) struct asset_manifest *m =
		    NULL;
		int r = asset_manifest_of(v[i], &m, err);

		if (r < 0)
			return r;
		for (size_t k = 0; k < m->n; k++)
			add_asset(&m->v[k], list);
	}
	*ret = TAKE(list);
	return 0;
}

/* ---- the rest of the object ---------------------------------------------- */

static void put_place(const struct planned *d, cJSON *o)
{
	const struct stack *s = d->s;
	const char *arn = stack_prop(s, "assumeRoleArn");
	const cJSON *options = json_get(s->artifact->props,
	    "assumeRoleAdditionalOptions");
	CLEANUP(free_p) char *filled = NULL;
	cJSON *role;

	json_put_str(o, "stack", s->hierarchical_id);
	json_put_str(o, "artifact", s->id);
	json_put_str(o, "name", s->name);
	json_put_str(o, "displayName", s->display_name);
	json_put_str(o, "environment", d->access.env_name);
	json_put_str(o, "account", d->access.account);
	json_put_str(o, "region", d->access.region);
	if (arn) {
		filled = aws_session_fill(app_aws(d->p->app), arn,
		    d->access.account, d->access.region);
		role = cJSON_CreateObject();
		json_put_str(role, "arn", filled);
		json_put_str(role, "externalId",
		    stack_prop(s, "assumeRoleExternalId"));
		if (options)
			json_add_take(role, "options", json_dup(options));
		json_add_take(o, "deployRole", role);
	}
	json_put_str(o, "executionRole", d->execution_role);
}

static void put_order(const struct planned *d, cJSON *o)
{
	CLEANUP(free_p) struct planned **deps = NULL;
	CLEANUP(strmap_release) struct strmap ids = { 0 };
	size_t n = planned_deps(d, &deps);
	cJSON *list = cJSON_CreateArray(), *later, *after;

	for (size_t i = 0; i < n; i++)
		strmap_set(&ids, deps[i]->s->hierarchical_id, NULL);
	for (size_t i = 0; i < d->after.n; i++)
		strmap_set(&ids, d->after.v[i], NULL);
	for (size_t i = 0; i < d->importers.n; i++)
		strmap_set(&ids, d->importers.v[i], NULL);
	STRMAP_EACH(&ids, e)
		json_push_take(list, cJSON_CreateString(e->key));
	json_add_take(o, "dependsOn", list);
	json_put_str(o, "kind", plan_kind_word(d->kind));
	if (!d->because)
		return;
	later = cJSON_CreateObject();
	after = cJSON_CreateArray();
	for (size_t i = 0; i < d->after.n; i++)
		json_push_take(after, cJSON_CreateString(d->after.v[i]));
	json_add_take(later, "after", after);
	json_put_str(later, "because", d->because);
	json_add_take(o, "later", later);
}

static void put_set(const struct planned *d, cJSON *o)
{
	const char *name = json_str(d->set, "ChangeSetName");
	const char *arn = json_str(d->set, "ChangeSetId");
	CLEANUP(free_p) char *digest = NULL;
	cJSON *set;

	if (!d->set)
		return;
	digest = plan_set_digest(d->set);
	set = cJSON_CreateObject();
	json_put_str(set, "name", name ? name : d->p->set_name);
	json_put_str(set, "arn", arn ? arn : d->p->set_name);
	json_put_str(set, "stackId", d->stack_id);
	json_put_str(set, "digest", digest);
	json_add_take(o, "changeSet", set);
}

static bool is_secret(const struct planned *d, const char *parameter)
{
	const cJSON *p = json_get(json_get(d->template_, "Parameters"),
	    parameter);

	return json_bool(p, "NoEcho", false) ||
	    streq0(json_str(p, "NoEcho"), "true");
}

/* Keys; values only where a change set is still to be made with them, and
 * never those that CloudFormation would not show either. */
static void put_parameters(const struct planned *d, cJSON *o)
{
	cJSON *keys = cJSON_CreateArray();
	cJSON *given, *secret;

	JSON_EACH(p, json_get(d->template_, "Parameters"))
		json_push_take(keys, cJSON_CreateString(p->string));
	json_add_take(o, "parameters", keys);
	if (!d->because || !d->parameters || !d->parameters->child)
		return;
	given = cJSON_CreateObject();
	secret = cJSON_CreateArray();
	JSON_EACH(p, d->parameters) {
		if (is_secret(d, p->string))
			json_push_take(secret, cJSON_CreateString(p->string));
		else
			json_put_str(given, p->string, p->valuestring);
	}
	json_add_take(o, "parameterValues", given);
	json_add_take(o, "parametersToGive", secret);
}

static void put_request(const struct planned *d, cJSON *o)
{
	CLEANUP(free_p) char *digest = plan_digest(d->template_);
	CLEANUP(free_p) char *properties =
	    plan_digest(d->s->artifact->props);
	cJSON *template_ = cJSON_CreateObject();

	json_put_str(template_, "digest", digest);
	json_put_str(template_, "propertiesDigest", properties);
	json_add_take(o, "template", template_);
	json_add_take(o, "base", json_dup(d->base));
	json_put_bool(o, "terminationProtection",
	    d->s->termination_protection);
	if (d->tags && d->tags->child)
		json_add_take(o, "tags", json_dup(d->tags));
	if (d->topics)
		json_add_take(o, "notificationArns", json_dup(d->topics));
	put_parameters(d, o);
}

/* A text table as a list of lines, so that it can be read in the file. */
static void put_security(const struct compared *c, cJSON *o)
{
	static const char *const words[] = { [PERM_NONE] = "none",
		[PERM_NON_BROADENING] = "non-broadening",
		[PERM_BROADENING] = "broadening" };
	struct sv rest = sv_trim(strbuf_sv(&c->text)), line;
	cJSON *list;

	json_put_str(o, "permissions", words[c->permissions]);
	if (c->permissions == PERM_NONE)
		return;
	list = cJSON_CreateArray();
	while (sv_next(&rest, '\n', &line)) {
		CLEANUP(free_p) char *text = sv_dup(line);

		json_push_take(list, cJSON_CreateString(text));
	}
	json_add_take(o, "securityChanges", list);
}

/* ---- for people ---------------------------------------------------------- */

static void add_note(struct planned *d, enum style style, const char *text)
{
	bool color = d->p->app->sink->color;

	style_add(&d->text, color, style, text);
	strbuf_addc(&d->text, '\n');
}

/* Tags are in no template; NULL: they stay as they are. */
static void add_tags(struct planned *d)
{
	const cJSON *was = json_get(d->base, "tags");

	if (!d->tags || d->kind == PLAN_NONE)
		return;
	JSON_EACH(t, d->tags) {
		const char *before = json_str(was, t->string);
		const char *now = cJSON_IsString(t) ? t->valuestring : "";
		CLEANUP(free_p) char *text = before
		    ? xasprintf("[~] Tag %s: %s, was %s", t->string, now,
			  before)
		    : xasprintf("[+] Tag %s: %s", t->string, now);

		if (!streq0(before, now))
			add_note(d, before ? STYLE_YELLOW : STYLE_GREEN, text);
	}
	JSON_EACH(t, was) {
		CLEANUP(free_p) char *text = xasprintf("[-] Tag %s: %s",
		    t->string, cJSON_IsString(t) ? t->valuestring : "");

		if (!json_get(d->tags, t->string))
			add_note(d, STYLE_RED, text);
	}
}

static void add_notes(struct planned *d, const struct strbuf *findings)
{
	bool protects = d->s->termination_protection;
	bool protected = json_bool(d->base, "terminationProtection", false);
	CLEANUP(free_p) char *when = NULL;

	if (d->because) {
		when = xasprintf("The change set is made when the plan is "
		    "applied: %s", d->because);
		add_note(d, STYLE_YELLOW, when);
	}
	add_tags(d);
	if (protects != protected)
		add_note(d, STYLE_YELLOW, protects
			? "Termination protection is switched on"
			: "Termination protection is switched off");
	if (findings->len) {
		CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

		strbuf_adds(&b, "⚠️  What holds data:\n");
		strbuf_adds(&b, findings->buf);
		strbuf_rtrim(&b);
		add_note(d, d->losses.text.len ? STYLE_RED : STYLE_YELLOW, b.buf);
	}
	strbuf_rtrim(&d->text);
	strbuf_adds(&d->text, "\n\n");
}

/* ---- all of it ----------------------------------------------------------- */

struct view {
	struct comparison c;
	struct compared full, security;
	struct strmap paths;
	struct nested *nested;
	size_t n_nested;
	cJSON *report;
};

static void view_release(struct view *v)
{
	compared_release(&v->full);
	compared_release(&v->security);
	strmap_release(&v->paths);
	nested_release(v->nested, v->n_nested);
	json_free(v->report);
}

static int view_load(struct planned *d, struct view *v, struct err *err)
{
	bool present = streq0(json_str(d->base, "state"), "present");
	int r = read_paths(d, &v->paths, err);

	if (r == 0)
		r = nested_load(d->access.aws, d->s->artifact->assembly,
		    d->template_, present ? d->s->name : NULL, &v->nested,
		    &v->n_nested, err);
	if (r < 0)
		return r;
	v->report = cJSON_CreateArray();
	v->c = (struct comparison){ .old = d->old,
		.new_ = d->template_,
		.change_set = d->set,
		.is_import = d->kind == PLAN_IMPORT,
		.nested = v->nested,
		.n_nested = v->n_nested,
		.report = v->report,
		.format = { .stack_name = d->s->display_name,
			.environment = d->access.env_name,
			.paths = &v->paths } };
	/* the file's table has no colours and no terminal's width */
	compare_security(&v->c, &v->security);
	v->c.format.color = d->p->app->sink->color;
	v->c.format.columns = term_table_columns();
	compare_full(&v->c, &v->full);
	return 0;
}

static int guard(struct planned *d, cJSON *list, struct strbuf *findings,
    struct err *err)
{
	const struct guard_request g = { .aws = d->access.aws,
		.stack_name = d->s->name, .stack = d->s,
		.template_ = d->template_, .change_set = d->set };
	const struct strvec *allow = d->p->o->allow;
	CLEANUP(free_p) bool *used =
	    xcalloc(allow ? allow->n + 1 : 1, sizeof(*used));
	int r = d->kind == PLAN_NONE ? 0
	    : plan_guard(&g, allow, used, list, findings, &d->losses, err);

	pthread_mutex_lock(&d->p->run.lock);
	for (size_t i = 0; allow && i < allow->n; i++)
		d->p->allow_used[i] = d->p->allow_used[i] || used[i];
	pthread_mutex_unlock(&d->p->run.lock);
	return r;
}

int planned_describe(struct planned *d, struct err *err)
{
	CLEANUP(view_release) struct view v = { 0 };
	CLEANUP(strbuf_release) struct strbuf findings = STRBUF_INIT;
	CLEANUP(json_free_p) cJSON *o = cJSON_CreateObject();
	cJSON *losses = cJSON_CreateArray(), *assets = NULL;
	int r = view_load(d, &v, err);

	if (r < 0)
		return r;
	put_place(d, o);
	put_order(d, o);
	put_set(d, o);
	put_request(d, o);
	put_security(&v.security, o);
	r = guard(d, losses, &findings, err);
	json_add_take(o, "dataLoss", losses);
	json_add_take(o, "changes", d->because
		? changes_of_report(v.report->child, &v.paths)
		: changes_of_set(d->set, &v.paths));
	put_nested(v.nested, v.n_nested, v.report, o);
	if (r == 0)
		r = planned_assets(d->s, &assets, err);
	if (r < 0)
		return r;
	json_add_take(o, "assets", assets);
	strbuf_adds(&d->text, v.full.text.buf);
	add_notes(d, &findings);
	d->json = TAKE(o);
	return 0;
}
