#include "plan/planfile.h"

#include "util/digest.h"
#include "util/timeutil.h"

static const char *const kinds[] = {
	[PLAN_CREATE] = "create",
	[PLAN_UPDATE] = "update",
	[PLAN_IMPORT] = "import",
	[PLAN_NONE] = "none",
};

const char *plan_kind_word(enum plan_kind kind)
{
	return kinds[kind];
}

/* ---- digests ------------------------------------------------------------- */

static char *digest_text(struct sv text)
{
	char hex[SHA256_HEX];

	sha256_hex(text, hex);
	return xasprintf("sha256:%s", hex);
}

char *plan_digest(const cJSON *j)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	json_write(&b, j, 0);
	return digest_text(strbuf_sv(&b));
}

int plan_brief(const char *text)
{
	return str_starts(text, "sha256:") ? (int)strlen("sha256:") + 12
					   : (int)strlen(text);
}

void planfile_seal(cJSON *plan)
{
	CLEANUP(free_p) char *digest = NULL;

	json_del(plan, "digest");
	digest = plan_digest(plan);
	json_put_str(plan, "digest", digest);
}

static int check_digest(cJSON *plan, const char *what, struct err *err)
{
	const char *said = json_str(plan, "digest");
	CLEANUP(free_p) char *want = said ? xstrdup(said) : NULL;
	CLEANUP(free_p) char *have = NULL;

	json_del(plan, "digest");
	have = plan_digest(plan);
	json_put_str(plan, "digest", want);
	if (streq0(want, have))
		return 0;
	return err_set(err, E_INVALID, "%s: the plan was changed after it was "
	    "written (its digest is %.*s, its content's %.*s). A plan is "
	    "applied as it was made: make a new one with 'ccdk plan -o'",
	    what, plan_brief(want ? want : "missing"),
	    want ? want : "missing", plan_brief(have), have);
}

/* ---- members ------------------------------------------------------------- */

struct reader {
	const char *what;
	const char *where; /* the stack, or NULL */
	struct err *err;
};

static int bad(const struct reader *r, const char *member, const char *why)
{
	return err_set(r->err, E_INVALID, "%s: not a plan this version can "
	    "read: %s%s%s'%s' %s", r->what, r->where ? "stack '" : "",
	    r->where ? r->where : "", r->where ? "': " : "", member, why);
}

static int need_str(const struct reader *r, const cJSON *o,
    const char *member, const char **ret)
{
	const cJSON *v = json_get(o, member);

	if (!cJSON_IsString(v) || !*v->valuestring)
		return bad(r, member, "is not a text");
	*ret = v->valuestring;
	return 0;
}

static int maybe_str(const struct reader *r, const cJSON *o,
    const char *member, const char **ret)
{
	*ret = NULL;
	return json_get(o, member) ? need_str(r, o, member, ret) : 0;
}

static int need_list(const struct reader *r, const cJSON *o,
    const char *member, bool strings)
{
	const cJSON *v = json_get(o, member);

	if (!cJSON_IsArray(v))
		return bad(r, member, "is not a list");
	JSON_EACH(i, v)
		if (strings ? !cJSON_IsString(i) : !cJSON_IsObject(i))
			return bad(r, member, strings
				? "holds something that is no text"
				: "holds something that is no object");
	return 0;
}

static int maybe_object(const struct reader *r, const cJSON *o,
    const char *member)
{
	const cJSON *v = json_get(o, member);

	return v && !cJSON_IsObject(v) ? bad(r, member, "is not an object")
				       : 0;
}

static int read_kind(const struct reader *r, const cJSON *o,
    enum plan_kind *ret)
{
	const char *word = NULL;
	int e = need_str(r, o, "kind", &word);

	if (e < 0)
		return e;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (streq(kinds[i], word)) {
			*ret = (enum plan_kind)i;
			return 0;
		}
	return bad(r, "kind", "is none that is known");
}

static int read_change_set(const struct reader *r, struct plan_entry *e)
{
	const cJSON *set = json_get(e->json, "changeSet");
	int rc;

	if (!set && (e->later || e->kind == PLAN_NONE))
		return 0;
	if (!cJSON_IsObject(set) || e->later || e->kind == PLAN_NONE)
		return bad(r, "changeSet", set ? "does not belong there"
					       : "is missing");
	rc = need_str(r, set, "name", &e->set_name);
	if (rc == 0)
		rc = need_str(r, set, "arn", &e->set_arn);
	if (rc == 0)
		rc = need_str(r, set, "stackId", &e->stack_id);
	if (rc == 0)
		rc = need_str(r, set, "digest", &e->set_digest);
	return rc;
}

static int check_changes(const struct reader *r, const cJSON *o)
{
	int e = need_list(r, o, "changes", false);

	JSON_EACH(c, json_get(o, "changes")) {
		const char *s;

		if (e == 0)
			e = need_str(r, c, "action", &s);
		if (e == 0)
			e = need_str(r, c, "logicalId", &s);
		if (e == 0)
			e = maybe_str(r, c, "type", &s);
		if (e == 0)
			e = maybe_str(r, c, "constructPath", &s);
	}
	return e;
}

static int check_losses(const struct reader *r, const cJSON *o)
{
	int e = need_list(r, o, "dataLoss", false);

	JSON_EACH(l, json_get(o, "dataLoss")) {
		const char *s;

		if (e == 0)
			e = need_str(r, l, "logicalId", &s);
		if (e == 0)
			e = need_str(r, l, "stack", &s);
		if (e == 0)
			e = need_str(r, l, "fate", &s);
		if (e == 0 && !cJSON_IsBool(json_get(l, "allowed")))
			e = bad(r, "dataLoss", "does not say what is allowed");
	}
	return e;
}

static int check_assets(const struct reader *r, const cJSON *o)
{
	int e = need_list(r, o, "assets", false);

	JSON_EACH(a, json_get(o, "assets")) {
		const char *s = NULL;

		if (e == 0)
			e = need_str(r, a, "id", &s);
		if (e == 0)
			e = need_str(r, a, "destinationId", &s);
		if (e == 0)
			e = need_str(r, a, "kind", &s);
		if (e == 0 && !streq(s, "file") && !streq(s, "image"))
			e = bad(r, "assets", "has a kind that is not known");
		if (e == 0 && !cJSON_IsObject(json_get(a, "destination")))
			e = bad(r, "destination", "is not an object");
	}
	return e;
}

static int check_base(const struct reader *r, struct plan_entry *e)
{
	const char *state;
	int rc;

	e->base = json_get(e->json, "base");
	if (!cJSON_IsObject(e->base))
		return bad(r, "base", "is not an object");
	rc = need_str(r, e->base, "state", &state);
	if (rc < 0)
		return rc;
	if (!streq(state, "absent") && !streq(state, "review") &&
	    !streq(state, "present"))
		return bad(r, "base", "has a state that is not known");
	return 0;
}

static int read_entry(struct reader *r, const cJSON *o, struct plan_entry *e)
{
	const char *s;
	int rc;

	*e = (struct plan_entry){ .json = o };
	rc = need_str(r, o, "stack", &e->id);
	r->where = rc == 0 ? e->id : NULL;
	if (rc == 0)
		rc = need_str(r, o, "artifact", &s);
	if (rc == 0)
		rc = need_str(r, o, "name", &s);
	if (rc == 0)
		rc = need_str(r, o, "displayName", &s);
	if (rc == 0)
		rc = need_str(r, o, "environment", &e->environment);
	if (rc == 0)
		rc = read_kind(r, o, &e->kind);
	if (rc == 0)
		rc = maybe_object(r, o, "later");
	e->later = json_get(o, "later") != NULL;
	if (rc == 0)
		rc = maybe_object(r, o, "deployRole");
	if (rc == 0)
		rc = maybe_object(r, o, "template");
	if (rc == 0)
		rc = need_str(r, json_get(o, "template"), "digest", &s);
	if (rc == 0)
		rc = check_base(r, e);
	if (rc == 0)
		rc = read_change_set(r, e);
	if (rc == 0)
		rc = need_list(r, o, "dependsOn", true);
	if (rc == 0)
		rc = check_changes(r, o);
	if (rc == 0)
		rc = check_losses(r, o);
	if (rc == 0)
		rc = check_assets(r, o);
	return rc;
}

static int find_deps(struct reader *r, struct planfile *f,
    const struct strmap *by_id)
{
	for (size_t i = 0; i < f->n; i++) {
		struct plan_entry *e = &f->v[i];
		const cJSON *list = json_get(e->json, "dependsOn");

		e->deps = xcalloc((size_t)cJSON_GetArraySize(list) + 1,
		    sizeof(*e->deps));
		r->where = e->id;
		JSON_EACH(d, list) {
			const struct plan_entry *on = strmap_get(by_id,
			    d->valuestring);

			if (!on || on == e)
				return bad(r, "dependsOn", "names a stack that "
				    "is not in the plan");
			e->deps[e->n_deps++] = (size_t)(on - f->v);
		}
	}
	return 0;
}

/* ---- as an assembly ------------------------------------------------------ */

static void copy(cJSON *to, const char *name, const cJSON *from)
{
	if (from)
		json_add_take(to, name, json_dup(from));
}

/* What of a stack is needed to go on with a change set: where, and as whom. */
static cJSON *artifact_of(const struct plan_entry *e)
{
	cJSON *o = cJSON_CreateObject(), *props = cJSON_CreateObject();
	cJSON *meta = cJSON_CreateObject();

	json_put_str(props, "templateFile", "template");
	copy(props, "stackName", json_get(e->json, "name"));
	copy(props, "assumeRoleArn", json_at(e->json, "deployRole.arn"));
	copy(props, "assumeRoleExternalId",
	    json_at(e->json, "deployRole.externalId"));
	copy(props, "assumeRoleAdditionalOptions",
	    json_at(e->json, "deployRole.options"));
	copy(props, "cloudFormationExecutionRoleArn",
	    json_get(e->json, "executionRole"));
	copy(props, "terminationProtection",
	    json_get(e->json, "terminationProtection"));
	JSON_EACH(c, json_get(e->json, "changes")) {
		const char *path = json_str(c, "constructPath");
		cJSON *list, *entry;

		if (!path || json_get(meta, path))
			continue;
		list = cJSON_CreateArray();
		entry = cJSON_CreateObject();
		json_put_str(entry, "type", "aws:cdk:logicalId");
		json_put_str(entry, "data", json_str(c, "logicalId"));
		json_push_take(list, entry);
		json_add_take(meta, path, list);
	}
	json_put_str(o, "type", "aws:cloudformation:stack");
	json_put_str(o, "environment", e->environment);
	json_put_str(o, "displayName", e->id);
	json_add_take(o, "properties", props);
	json_add_take(o, "metadata", meta);
	return o;
}

/* The resources that change: what a display or a diagnosis asks for. */
static cJSON *template_of(const struct plan_entry *e)
{
	cJSON *t = cJSON_CreateObject(), *all = cJSON_CreateObject();

	JSON_EACH(c, json_get(e->json, "changes")) {
		const char *path = json_str(c, "constructPath");
		cJSON *r = cJSON_CreateObject();

		json_put_str(r, "Type", json_str(c, "type"));
		if (path) {
			cJSON *meta = cJSON_CreateObject();

			json_put_str(meta, "aws:cdk:path",
			    path + (*path == '/'));
			json_add_take(r, "Metadata", meta);
		}
		json_add_take(all, json_str(c, "logicalId"), r);
	}
	json_add_take(t, "Resources", all);
	return t;
}

static int make_assembly(struct planfile *f, const char *what,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *manifest = cJSON_CreateObject();
	CLEANUP(free_p) char *text = NULL;
	cJSON *artifacts = cJSON_CreateObject();
	int r;

	json_put_str(manifest, "version", ASSEMBLY_SCHEMA_VERSION);
	for (size_t i = 0; i < f->n; i++)
		json_append_take(artifacts, f->v[i].id,
		    artifact_of(&f->v[i]));
	json_append_take(manifest, "artifacts", artifacts);
	text = json_text(manifest, 0);
	r = assembly_parse(sv_from(text), ".", &f->assembly, err);
	if (r < 0)
		return err_wrap(err, "%s", what);
	for (size_t i = 0; i < f->n; i++) {
		struct plan_entry *e = &f->v[i];
		const struct artifact *a = strmap_get(&f->assembly->by_id,
		    e->id);
		struct stack *s = a->stack;

		e->stack = s;
		s->id = json_str(e->json, "artifact");
		free(s->display_name);
		s->display_name = xstrdup(json_str(e->json, "displayName"));
		s->template_cache = template_of(e);
	}
	return 0;
}

/* ---- the whole ----------------------------------------------------------- */

void planfile_free(struct planfile *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n; i++)
		free(f->v[i].deps);
	free(f->v);
	assembly_free(f->assembly);
	json_free(f->json);
	free(f);
}

static int read_head(const struct reader *r, struct planfile *f)
{
	int64_t created = 0;
	int e = need_str(r, f->json, "id", &f->id);

	if (e == 0)
		e = need_str(r, f->json, "created", &f->created);
	if (e == 0 && !time_parse_iso(f->created, &created))
		e = bad(r, "created", "is not a time");
	if (e == 0)
		e = maybe_str(r, f->json, "expires", &f->expires);
	if (e == 0 && f->expires &&
	    !time_parse_iso(f->expires, &f->expires_ms))
		e = bad(r, "expires", "is not a time");
	if (e == 0)
		e = maybe_object(r, f->json, "options");
	if (e == 0)
		e = need_list(r, f->json, "stacks", false);
	return e;
}

static int read_stacks(struct reader *r, struct planfile *f)
{
	CLEANUP(strmap_release) struct strmap by_id = { 0 };
	const cJSON *list = json_get(f->json, "stacks");
	size_t n = (size_t)cJSON_GetArraySize(list);

	if (n > PLANFILE_STACKS_MAX)
		return bad(r, "stacks", "are too many");
	f->v = xcalloc(n + 1, sizeof(*f->v));
	JSON_EACH(o, list) {
		struct plan_entry *e = &f->v[f->n];
		int rc;

		r->where = NULL;
		rc = read_entry(r, o, e);
		if (rc < 0)
			return rc;
		if (!strmap_add(&by_id, e->id, e))
			return bad(r, "stack", "is there twice");
		f->n++;
	}
	return find_deps(r, f, &by_id);
}

int planfile_adopt(cJSON *take, const char *what, struct planfile **ret,
    struct err *err)
{
	CLEANUP(planfile_free_p) struct planfile *f = xcalloc(1, sizeof(*f));
	struct reader r = { .what = what, .err = err };
	int e;

	f->json = take;
	e = read_head(&r, f);
	if (e == 0)
		e = read_stacks(&r, f);
	if (e == 0)
		e = make_assembly(f, what, err);
	if (e < 0)
		return e;
	*ret = TAKE(f);
	return 0;
}

int planfile_parse(struct sv text, const char *what, struct planfile **ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *json = NULL;
	const cJSON *format;
	int r = json_parse(text, what, &json, err);

	if (r < 0)
		return err_wrap(err, "not a plan");
	format = json_get(json, "format");
	if (!cJSON_IsNumber(format))
		return err_set(err, E_INVALID, "%s: not a plan: it has no "
		    "'format'; plans are written by 'ccdk plan -o'", what);
	if (format->valuedouble < PLANFILE_FORMAT ||
	    format->valuedouble > PLANFILE_FORMAT)
		return err_set(err, E_INVALID, "%s: the plan has format %g "
		    "and this version of ccdk reads format %d: apply it with "
		    "the version that made it (%s), or plan again", what,
		    format->valuedouble, PLANFILE_FORMAT,
		    json_str(json, "ccdkVersion") ? json_str(json,
			"ccdkVersion") : "unknown");
	r = check_digest(json, what, err);
	return r < 0 ? r : planfile_adopt(TAKE(json), what, ret, err);
}
