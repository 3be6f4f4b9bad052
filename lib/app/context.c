#include "app/context.h"

#include "util/file.h"
#include "util/strmap.h"

#define CONTEXT_FILE "cdk.context.json"
#define CONTEXT_MAX ((size_t)256 << 20)

/* ---- loading ------------------------------------------------------------- */

static int line_read(const struct args *args, struct sink *sink, cJSON **ret,
    struct err *err)
{
	CLEANUP(strvec_release) struct strvec given = { 0 };
	CLEANUP(json_free_p) cJSON *out = cJSON_CreateObject();

	if (args)
		(void)args_list(args, "context", &given);
	for (size_t i = 0; i < given.n; i++) {
		const char *eq = strchr(given.v[i], '=');
		CLEANUP(free_p) char *key = NULL;

		if (!eq) {
			msg_warn(sink, "Context argument is not an assignment "
			    "(key=value): %s", given.v[i]);
			continue;
		}
		key = xstrndup(given.v[i], (size_t)(eq - given.v[i]));
		if (str_starts(key, "aws:"))
			return err_set(err, E_CONFIG, "User-provided context "
			    "cannot use keys prefixed with 'aws:', but %s was "
			    "provided.", key);
		json_put_str(out, key, eq + 1);
	}
	*ret = TAKE(out);
	return 0;
}

static int file_load(cJSON **ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = file_read(CONTEXT_FILE, CONTEXT_MAX, &text, err);

	if (r == E_NOTFOUND) {
		err_release(err);
		*ret = cJSON_CreateObject();
		return 0;
	}
	if (r < 0)
		return r;
	r = json_parse(strbuf_sv(&text), CONTEXT_FILE, ret, err);
	if (r == 0 && !cJSON_IsObject(*ret))
		return err_set(err, E_INVALID, CONTEXT_FILE ": the top level "
		    "must be a JSON object, but is %s",
		    settings_kind_name(*ret));
	return r;
}

/* What must not, or should not, stand in the "context" of a settings file. */
static int section_check(const cJSON *file, const char *name,
    struct sink *sink, struct err *err)
{
	static const char *const gone[] = { "default-account",
		"default-region" };
	const cJSON *c = json_get(file, "context");
	CLEANUP(free_p) char *path = path_abs(name);

	for (size_t i = 0; i < ARRAY_SIZE(gone); i++)
		if (cJSON_IsObject(c) && json_get(c, gone[i]))
			return err_set(err, E_CONFIG, "The 'context.%s' key "
			    "was found in %s, but it is no longer supported. "
			    "Please remove it.", gone[i], path);
	if (cJSON_IsObject(c))
		JSON_EACH(v, c)
			if (str_starts(v->string, "aws:"))
				msg_warn(sink, "A reserved context key "
				    "('context.aws:') key was found in %s, it "
				    "might cause surprising behavior and "
				    "should be removed.", path);
	return 0;
}

static int sections_check(const struct settings *st, struct sink *sink,
    struct err *err)
{
	const char *home = getenv("HOME");
	CLEANUP(free_p) char *name = path_join(home ? home : "", ".cdk.json");
	int r = section_check(st->home, name, sink, err);

	return r < 0 ? r : section_check(st->project, "cdk.json", sink, err);
}

static cJSON *section(const cJSON *file)
{
	const cJSON *c = json_get(file, "context");

	cJSON *out;
	size_t i = 0;

	if (cJSON_IsObject(c))
		return json_dup(c);
	/* as JavaScript sees a list: an object with the keys "0", "1", ... */
	out = cJSON_CreateObject();
	if (cJSON_IsArray(c))
		JSON_EACH(v, c) {
			CLEANUP(free_p) char *key = xasprintf("%zu", i++);

			json_append_take(out, key, json_dup(v));
		}
	return out;
}

int context_load(const struct args *args, const struct settings *st,
    struct sink *sink, struct context *ret, struct err *err)
{
	struct context c = { 0 };
	int r = sections_check(st, sink, err);

	if (r == 0)
		r = line_read(args, sink, &c.line, err);
	if (r == 0)
		r = file_load(&c.file, err);
	if (r < 0) {
		context_release(&c);
		return r;
	}
	c.project = section(st->project);
	c.home = section(st->home);
	*ret = c;
	return 0;
}

void context_release(struct context *c)
{
	json_free(c->line);
	json_free(c->project);
	json_free(c->file);
	json_free(c->home);
	*c = (struct context){ 0 };
}

/* ---- reading ------------------------------------------------------------- */

const cJSON *context_get(const struct context *c, const char *key)
{
	const cJSON *from[] = { c->line, c->project, c->file, c->home };
	const cJSON *v = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(from) && !v; i++)
		v = json_get(from[i], key);
	return v;
}

/* An object built key by key without walking it for every key. */
struct build {
	struct strmap values; /* key -> cJSON *, owned until build_done */
};

static void build_put(struct build *b, const char *key, cJSON *value)
{
	json_free(strmap_get(&b->values, key));
	strmap_set(&b->values, key, value);
}

static void build_all(struct build *b, const cJSON *o)
{
	JSON_EACH(v, o)
		build_put(b, v->string, json_dup(v));
}

static void build_context(struct build *b, const struct context *c)
{
	build_all(b, c->home);
	build_all(b, c->file);
	build_all(b, c->project);
	build_all(b, c->line);
}

static cJSON *build_done(struct build *b)
{
	cJSON *out = cJSON_CreateObject();

	STRMAP_EACH(&b->values, e)
		json_append_take(out, e->key, e->value);
	strmap_release(&b->values);
	return out;
}

cJSON *context_merged(const struct context *c)
{
	struct build b = { 0 };

	build_context(&b, c);
	return build_done(&b);
}

cJSON *context_for_app(const struct context *c, const struct settings *st,
    const cJSON *bundling)
{
	struct build b = { 0 };
	bool reporting = settings_bool(st, "versionReporting", true);

	build_context(&b, c);
	if (settings_bool(st, "pathMetadata", true))
		build_put(&b, "aws:cdk:enable-path-metadata",
		    cJSON_CreateTrue());
	if (settings_bool(st, "assetMetadata", true))
		build_put(&b, "aws:cdk:enable-asset-metadata",
		    cJSON_CreateTrue());
	build_put(&b, reporting ? "aws:cdk:version-reporting" :
	    "aws:cdk:disable-version-reporting", cJSON_CreateTrue());
	if (!settings_bool(st, "staging", true))
		build_put(&b, "aws:cdk:disable-asset-staging",
		    cJSON_CreateTrue());
	build_put(&b, "aws:cdk:bundling-stacks", json_dup(bundling));
	build_put(&b, "@aws-cdk/core:failSynthOnValidationErrors",
	    cJSON_CreateFalse());
	return build_done(&b);
}

void context_split(const cJSON *all, size_t space, cJSON **ret_fits,
    cJSON **ret_rest)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	cJSON *fits, *rest = NULL;
	size_t total = 0;

	*ret_fits = NULL;
	*ret_rest = NULL;
	if (space < 2) {
		*ret_rest = json_dup(all);
		return;
	}
	fits = cJSON_CreateObject();
	JSON_EACH(v, all) {
		/* the size of {"key":value} on its own */
		strbuf_reset(&text);
		json_write_string(&text, v->string);
		json_write(&text, v, 0);
		total += text.len + strlen("{:}");
		if (!rest && total > space)
			rest = cJSON_CreateObject();
		cJSON_AddItemToObject(rest ? rest : fits, v->string,
		    json_dup(v));
	}
	*ret_fits = fits;
	*ret_rest = rest;
}

/* ---- writing ------------------------------------------------------------- */

void context_set_take(struct context *c, const char *key, cJSON *value)
{
	if (!c->file)
		c->file = cJSON_CreateObject();
	json_add_take(c->file, key, value);
}

/* A value that must not be kept, such as a provider's error. */
static bool is_transient(const cJSON *v)
{
	const cJSON *mark = json_get(v, "$dontSaveContext");

	return mark && !cJSON_IsNull(mark) && !cJSON_IsFalse(mark) &&
	    !(cJSON_IsNumber(mark) && mark->valuedouble == 0) &&
	    !(cJSON_IsString(mark) && !*mark->valuestring);
}

int context_save(const struct context *c, struct err *err)
{
	CLEANUP(json_free_p) cJSON *out = cJSON_CreateObject();
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	JSON_EACH(v, c->file)
		if (!is_transient(v))
			cJSON_AddItemToObject(out, v->string, json_dup(v));
	json_write(&text, out, 2);
	strbuf_addc(&text, '\n');
	return file_write(CONTEXT_FILE, strbuf_sv(&text), 0666, err);
}
