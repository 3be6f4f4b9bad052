/*
 * Settings of a type nobody can use. What the reference stops at is an error
 * here, at the same moment, but with the key and the types in it; what it
 * passes over is a warning.
 */
#include "app/settings.h"

enum kind { KIND_TEXT, KIND_OBJECT, KIND_LIST };

static const char *const kinds[] = {
	[KIND_TEXT] = "a string",
	[KIND_OBJECT] = "an object",
	[KIND_LIST] = "a list",
};

/* Switches are not here: any value is true or false in JavaScript. */
static const struct {
	const char *key;
	enum kind kind;
} known[] = {
	{ "browser", KIND_TEXT },
	{ "caBundlePath", KIND_TEXT },
	{ "context", KIND_OBJECT },
	{ "hotswap", KIND_OBJECT },
	{ "language", KIND_TEXT },
	{ "outputsFile", KIND_TEXT },
	{ "profile", KIND_TEXT },
	{ "progress", KIND_TEXT },
	{ "proxy", KIND_TEXT },
	{ "requireApproval", KIND_TEXT },
	{ "tags", KIND_LIST },
	{ "toolkitBucket", KIND_OBJECT },
	{ "toolkitStackName", KIND_TEXT },
};

const char *settings_kind_name(const cJSON *v)
{
	if (!v || cJSON_IsNull(v))
		return "null";
	if (cJSON_IsBool(v))
		return "a boolean";
	if (cJSON_IsNumber(v))
		return "a number";
	if (cJSON_IsArray(v))
		return "a list";
	if (cJSON_IsObject(v))
		return "an object";
	return *v->valuestring ? "a string" : "an empty string";
}

static bool is_kind(const cJSON *v, enum kind kind)
{
	switch (kind) {
	case KIND_TEXT:
		return cJSON_IsString(v);
	case KIND_OBJECT:
		return cJSON_IsObject(v);
	default:
		return cJSON_IsArray(v);
	}
}

static bool is_off(const cJSON *v)
{
	return !v || cJSON_IsNull(v) || cJSON_IsFalse(v) ||
	    (cJSON_IsString(v) && !*v->valuestring);
}

/* A profile may well be named by an account's number. */
static cJSON *as_text(const cJSON *v)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	json_write_number(&b, v->valuedouble);
	return cJSON_CreateString(b.buf);
}

void settings_check_file(cJSON *file, const char *name, struct sink *sink)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const char *key = known[i].key;
		cJSON *v = json_get(file, key);

		if (is_off(v) || is_kind(v, known[i].kind))
			continue;
		if (known[i].kind == KIND_TEXT && cJSON_IsNumber(v)) {
			json_add_take(file, key, as_text(v));
			continue;
		}
		msg_warn(sink, "%s: '%s' should be %s, but is %s: %s", name, key,
		    kinds[known[i].kind], settings_kind_name(v),
		    streq(key, "context") && cJSON_IsArray(v) ?
			"its items get the keys \"0\", \"1\" and so on" :
			"it has no effect");
		if (known[i].kind == KIND_TEXT)
			json_del(file, key);
	}
}

int settings_bad_type(const struct settings *s, const char *key,
    const char *wanted, struct err *err)
{
	const cJSON *v = settings_get(s, key);
	CLEANUP(free_p) char *text = json_text(v, 0);
	bool is_short = strlen(text) <= 40 && !cJSON_IsNull(v);

	return err_set(err, E_CONFIG, "%s: '%s' must be %s, but is %s%s%s",
	    settings_origin(s, key), key, wanted, settings_kind_name(v),
	    is_short ? ": " : "", is_short ? text : "");
}

int settings_need_text(const struct settings *s, const char *key,
    const char **ret, struct err *err)
{
	const cJSON *v = settings_get(s, key);

	*ret = NULL;
	if (is_off(v))
		return 0;
	if (!cJSON_IsString(v))
		return settings_bad_type(s, key, "a string", err);
	*ret = v->valuestring;
	return 0;
}

/* One word of the command line that a list of `app` makes. */
static int app_word(const struct settings *s, const cJSON *v,
    struct strbuf *out, struct err *err)
{
	if (cJSON_IsString(v))
		strbuf_adds(out, v->valuestring);
	else if (cJSON_IsNumber(v))
		json_write_number(out, v->valuedouble);
	else if (cJSON_IsBool(v))
		strbuf_adds(out, cJSON_IsTrue(v) ? "true" : "false");
	else if (!cJSON_IsNull(v))
		return settings_bad_type(s, "app", "a string or a list of "
		    "strings", err);
	return 0;
}

int settings_app(const struct settings *s, char **ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	const cJSON *v = settings_get(s, "app");

	*ret = NULL;
	if (is_off(v))
		return 0;
	if (cJSON_IsString(v)) {
		*ret = xstrdup(v->valuestring);
		return 0;
	}
	if (!cJSON_IsArray(v))
		return settings_bad_type(s, "app", "a string or a list of "
		    "strings", err);
	JSON_EACH(word, v) {
		int r;

		if (word != v->child)
			strbuf_addc(&line, ' ');
		r = app_word(s, word, &line, err);
		if (r < 0)
			return r;
	}
	if (line.len)
		*ret = strbuf_detach(&line);
	return 0;
}
