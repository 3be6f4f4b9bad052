#include "deploy/exports.h"

#include "diff/diff.h"

/* ---- names --------------------------------------------------------------- */

static char *dup0(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static char *parameter_text(const struct exports_scope *s, const char *name)
{
	const cJSON *given = json_get(s->parameters, name);
	const cJSON *formal = json_get(json_get(s->template_, "Parameters"),
	    name);
	const char *type = json_str(formal, "Type");
	const cJSON *v = given ? given : json_get(formal, "Default");

	/* behind the name of an SSM parameter stands another value */
	if (!formal || (type && str_starts(type, "AWS::SSM::")))
		return NULL;
	return cJSON_IsString(v) ? xstrdup(v->valuestring) : NULL;
}

static char *ref_text(const struct exports_scope *s, const char *name)
{
	if (streq(name, "AWS::StackName"))
		return dup0(s->stack_name);
	if (streq(name, "AWS::AccountId"))
		return dup0(s->account);
	if (streq(name, "AWS::Region"))
		return dup0(s->region);
	return parameter_text(s, name);
}

/* One "${...}" of Fn::Sub, without the braces. */
static bool add_placeholder(struct strbuf *b, const char *name,
    const cJSON *own, const struct exports_scope *s)
{
	const cJSON *mine = json_get(own, name);
	CLEANUP(free_p) char *text = NULL;

	if (*name == '!') {
		strbuf_addf(b, "${%s}", name + 1);
		return true;
	}
	text = mine ? exports_text(mine, s) : ref_text(s, name);
	if (text)
		strbuf_adds(b, text);
	return text != NULL;
}

static char *sub_text(const cJSON *args, const struct exports_scope *s)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	const cJSON *text = cJSON_IsArray(args) ? args->child : args;
	const cJSON *own = cJSON_IsArray(args) && text ? text->next : NULL;
	const char *p, *open;

	if (!cJSON_IsString(text))
		return NULL;
	for (p = text->valuestring; (open = strstr(p, "${")); ) {
		const char *end = strchr(open, '}');
		CLEANUP(free_p) char *name = NULL;

		if (!end)
			break;
		name = xstrndup(open + 2, (size_t)(end - open - 2));
		strbuf_add(&b, p, (size_t)(open - p));
		if (!add_placeholder(&b, name, own, s))
			return NULL;
		p = end + 1;
	}
	strbuf_adds(&b, p);
	return strbuf_detach(&b);
}

static char *join_text(const cJSON *args, const struct exports_scope *s)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	const cJSON *sep = cJSON_IsArray(args) ? args->child : NULL;
	const cJSON *list = sep ? sep->next : NULL;

	if (!cJSON_IsString(sep) || !cJSON_IsArray(list))
		return NULL;
	JSON_EACH(part, list) {
		CLEANUP(free_p) char *text = exports_text(part, s);

		if (!text)
			return NULL;
		if (part != list->child)
			strbuf_adds(&b, sep->valuestring);
		strbuf_adds(&b, text);
	}
	return strbuf_detach(&b);
}

char *exports_text(const cJSON *value, const struct exports_scope *s)
{
	const cJSON *fn = cJSON_IsObject(value) ? value->child : NULL;

	if (cJSON_IsString(value))
		return xstrdup(value->valuestring);
	if (!fn || fn->next)
		return NULL;
	if (streq(fn->string, "Ref") && cJSON_IsString(fn))
		return ref_text(s, fn->valuestring);
	if (streq(fn->string, "Fn::Sub"))
		return sub_text(fn, s);
	return streq(fn->string, "Fn::Join") ? join_text(fn, s) : NULL;
}

/* ---- what is gone -------------------------------------------------------- */

void exports_gone_release(struct exports_gone *g)
{
	for (size_t i = 0; i < g->n; i++) {
		free(g->v[i].name);
		free(g->v[i].output);
		strvec_release(&g->v[i].importers);
	}
	free(g->v);
	*g = (struct exports_gone){ 0 };
}

static void index_deployed(const cJSON *outputs, struct strmap *ret)
{
	JSON_EACH(o, outputs) {
		const char *key = json_str(o, "OutputKey");
		const char *name = json_str(o, "ExportName");

		if (key && name)
			strmap_set(ret, key, (void *)(uintptr_t)name);
	}
}

/* Names the template exports; false when one of a new output is not known. */
static bool names_made(const struct exports_scope *s,
    const struct strmap *deployed, struct strmap *ret)
{
	JSON_EACH(o, json_get(s->template_, "Outputs")) {
		const cJSON *name = json_get(json_get(o, "Export"), "Name");
		CLEANUP(free_p) char *text = NULL;

		if (!name || !o->string)
			continue;
		text = exports_text(name, s);
		if (!text)
			text = dup0(strmap_get(deployed, o->string));
		if (!text)
			return false;
		strmap_set(ret, text, NULL);
	}
	return true;
}

void exports_removed(const cJSON *outputs, const struct exports_scope *s,
    struct exports_gone *ret)
{
	CLEANUP(strmap_release) struct strmap deployed = { 0 };
	CLEANUP(strmap_release) struct strmap made = { 0 };

	*ret = (struct exports_gone){ 0 };
	index_deployed(outputs, &deployed);
	if (deployed.n == 0 || !names_made(s, &deployed, &made))
		return;
	ret->v = xcalloc(deployed.n, sizeof(*ret->v));
	STRMAP_EACH(&deployed, e) {
		if (strmap_has(&made, e->value))
			continue;
		ret->v[ret->n++] = (struct export_gone){
			.name = xstrdup(e->value), .output = xstrdup(e->key) };
	}
}

/* ---- who imports --------------------------------------------------------- */

static void add_step(struct strbuf *path, const cJSON *j)
{
	if (j->string)
		strbuf_addf(path, "%s%s", path->len ? "." : "", j->string);
}

static bool find_import(const cJSON *j, const struct exports_scope *s,
    const char *name, struct strbuf *path)
{
	CLEANUP(free_p) char *text = NULL;
	const cJSON *import = json_get(j, "Fn::ImportValue");

	text = import ? exports_text(import, s) : NULL;
	if (streq0(text, name))
		return true;
	JSON_EACH(c, j) {
		size_t len = path->len;

		add_step(path, c);
		if (find_import(c, s, name, path))
			return true;
		strbuf_setlen(path, len);
	}
	return false;
}

bool exports_imports(const struct exports_scope *s, const char *name,
    char **ret_where)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	if (!find_import(s->template_, s, name, &path))
		return false;
	*ret_where = strbuf_detach(&path);
	return true;
}

/* ---- keeping ------------------------------------------------------------- */

struct keeper {
	const cJSON *old;
	cJSON *made;
	struct strvec *kept; /* or NULL */
	/* entries whose references are still to be followed */
	const cJSON **todo;
	size_t n_todo, cap_todo;
};

static void follow_later(struct keeper *k, const cJSON *entry)
{
	if (k->n_todo == k->cap_todo) {
		k->cap_todo = k->cap_todo ? 2 * k->cap_todo : 16;
		k->todo = xreallocarray(k->todo, k->cap_todo,
		    sizeof(*k->todo));
	}
	k->todo[k->n_todo++] = entry;
}

/* Takes an entry over unless there is one. */
static void keep(struct keeper *k, const char *section, const char *id)
{
	const cJSON *entry = json_get(json_get(k->old, section), id);
	cJSON *to = json_get(k->made, section);

	if (!entry || json_get(to, id))
		return;
	if (!to) {
		to = cJSON_CreateObject();
		json_add_take(k->made, section, to);
	}
	json_add_take(to, id, json_dup(entry));
	if (k->kept && streq(section, "Resources"))
		strvec_add(k->kept, id);
	follow_later(k, entry);
}

static void keep_named(struct keeper *k, const char *name)
{
	keep(k, "Resources", name);
	keep(k, "Parameters", name);
}

/* "Id.Attribute" and "Id" alike */
static void keep_attribute(struct keeper *k, const char *text)
{
	CLEANUP(free_p) char *id = xstrndup(text, strcspn(text, "."));

	keep_named(k, id);
}

static void keep_substituted(struct keeper *k, const char *text)
{
	for (const char *p = text; (p = strstr(p, "${")); p += 2) {
		size_t n = strcspn(p + 2, "}");
		CLEANUP(free_p) char *name = xstrndup(p + 2, n);

		keep_attribute(k, name);
	}
}

static void keep_text(struct keeper *k, const char *key, const char *text)
{
	if (streq(key, "Ref") || streq(key, "DependsOn"))
		keep_named(k, text);
	else if (streq(key, "Fn::GetAtt"))
		keep_attribute(k, text);
	else if (streq(key, "Fn::Sub"))
		keep_substituted(k, text);
	else if (streq(key, "Condition"))
		keep(k, "Conditions", text);
}

/* The first of a list counts where the function names something there. */
static void keep_list(struct keeper *k, const char *key, const cJSON *list)
{
	const cJSON *first = list->child;

	if (streq(key, "DependsOn")) {
		JSON_EACH(c, list)
			if (cJSON_IsString(c))
				keep_named(k, c->valuestring);
	} else if (!cJSON_IsString(first)) {
		return;
	} else if (streq(key, "Fn::If")) {
		keep(k, "Conditions", first->valuestring);
	} else if (streq(key, "Fn::FindInMap")) {
		keep(k, "Mappings", first->valuestring);
	} else {
		keep_text(k, key, first->valuestring);
	}
}

/* All that a value refers to. */
static void keep_references(struct keeper *k, const cJSON *j)
{
	const char *key = j->string ? j->string : "";

	if (cJSON_IsString(j))
		keep_text(k, key, j->valuestring);
	else if (cJSON_IsArray(j))
		keep_list(k, key, j);
	JSON_EACH(c, j)
		keep_references(k, c);
}

static bool is_same(const cJSON *a, const cJSON *b)
{
	CLEANUP(diff_free_p) struct diff *d =
	    diff_templates(a, b, NULL, false);

	return diff_is_empty(d);
}

cJSON *exports_keep(const cJSON *deployed, const cJSON *new_,
    const struct exports_gone *g, struct strvec *ret_kept)
{
	CLEANUP(json_free_p) cJSON *made = json_dup(new_);
	struct keeper k = { .old = deployed, .made = made, .kept = ret_kept };

	for (size_t i = 0; i < g->n; i++) {
		/* the output may be there still, under another name */
		json_del(json_get(made, "Outputs"), g->v[i].output);
		keep(&k, "Outputs", g->v[i].output);
	}
	while (k.n_todo)
		keep_references(&k, k.todo[--k.n_todo]);
	free(k.todo);
	/* nothing else changed: as it is, so that it can be skipped */
	return is_same(deployed, made) ? json_dup(deployed) : TAKE(made);
}
