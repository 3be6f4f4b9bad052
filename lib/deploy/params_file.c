#include "deploy/params_file.h"

#include "util/file.h"
#include "util/yaml.h"

/* CloudFormation itself allows 200 parameters. */
#define KEYS_MAX 2000
#define STACKS_MAX 10000

struct reader {
	const char *what;
	struct err *err;
};

static PRINTF(3, 4) int bad(struct reader *r, const char *where,
    const char *fmt, ...)
{
	CLEANUP(free_p) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	return err_set(r->err, E_INVALID, "%s: %s %s", r->what, where, text);
}

static bool is_scalar(const cJSON *v)
{
	return cJSON_IsString(v) || cJSON_IsNumber(v) || cJSON_IsBool(v);
}

static void add_scalar(struct strbuf *b, const cJSON *v)
{
	if (cJSON_IsString(v))
		strbuf_adds(b, v->valuestring);
	else if (cJSON_IsNumber(v))
		json_write_number(b, v->valuedouble);
	else
		strbuf_adds(b, cJSON_IsTrue(v) ? "true" : "false");
}

/* "a,b" of a list, as CloudFormation has its list types. */
static int list_text(struct reader *r, const char *where, const cJSON *list,
    struct strbuf *b)
{
	JSON_EACH(v, list) {
		CLEANUP(strbuf_release) struct strbuf one = STRBUF_INIT;

		if (!is_scalar(v))
			return bad(r, where, "has a list as its value that "
			    "holds more than plain values");
		add_scalar(&one, v);
		if (strchr(one.buf, ','))
			return bad(r, where, "has a comma within a value of "
			    "its list, which CloudFormation would take for "
			    "two values");
		strbuf_addf(b, "%s%s", v == list->child ? "" : ",", one.buf);
	}
	return 0;
}

static int put_value(struct reader *r, cJSON *to, const char *key,
    const char *where, const cJSON *v)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	int rc = 0;

	if (!*key)
		return bad(r, where, "has a parameter without a name");
	if (cJSON_IsNull(v))
		return bad(r, where, "has no value; an empty one is \"\"");
	if (cJSON_IsObject(v))
		return bad(r, where, "has an object as its value");
	if (cJSON_IsArray(v))
		rc = list_text(r, where, v, &b);
	else
		add_scalar(&b, v);
	if (rc == 0)
		json_put_str(to, key, b.buf);
	return rc;
}

/* So that what follows may search. */
static int check_size(struct reader *r, const cJSON *of, int max)
{
	if (cJSON_GetArraySize(of) > max)
		return err_set(r->err, E_TOOBIG, "%s: more than %d entries in "
		    "one place", r->what, max);
	return 0;
}

/* {"Key": value} */
static int read_map(struct reader *r, const cJSON *map, const char *stack,
    cJSON *to)
{
	int rc = check_size(r, map, KEYS_MAX);

	JSON_EACH(v, map) {
		CLEANUP(free_p) char *where = stack
		    ? xasprintf("'%s' of '%s'", v->string, stack)
		    : xasprintf("'%s'", v->string);

		if (rc == 0)
			rc = put_value(r, to, v->string, where, v);
	}
	return rc;
}

static bool wants_previous(const cJSON *entry)
{
	const cJSON *v = json_get(entry, "UsePreviousValue");

	return cJSON_IsTrue(v) ||
	    (cJSON_IsString(v) && strcasecmp(v->valuestring, "true") == 0);
}

/* {"ParameterKey": "Key", "ParameterValue": value} */
static int read_entry(struct reader *r, const cJSON *entry, size_t number,
    cJSON *to)
{
	CLEANUP(free_p) char *where = xasprintf("entry %zu", number);
	CLEANUP(free_p) char *named = NULL;
	const char *key = json_str(entry, "ParameterKey");
	const cJSON *value = json_get(entry, "ParameterValue");

	if (!key || !*key)
		return bad(r, where, "has no ParameterKey");
	named = xasprintf("%s ('%s')", where, key);
	if (wants_previous(entry)) {
		if (value && !cJSON_IsNull(value))
			return bad(r, named, "has both a ParameterValue and "
			    "UsePreviousValue");
		json_put_bool(to, key, true);
		return 0;
	}
	if (!value)
		return bad(r, named, "has no ParameterValue");
	return put_value(r, to, key, named, value);
}

static int read_list(struct reader *r, const cJSON *list, cJSON *to)
{
	size_t number = 0;
	int rc = check_size(r, list, KEYS_MAX);

	JSON_EACH(entry, list)
		if (rc == 0)
			rc = read_entry(r, entry, ++number, to);
	return rc;
}

static cJSON *part(cJSON *all, const char *stack)
{
	cJSON *to = json_get(all, stack);

	if (!to) {
		to = cJSON_CreateObject();
		json_add_take(all, stack, to);
	}
	return to;
}

static bool is_entries(const cJSON *v)
{
	return cJSON_IsArray(v) && cJSON_IsObject(v->child);
}

/* {"Key": value, "Stack": {...}}; a stack may have a list of entries, too. */
static int read_stacks(struct reader *r, const cJSON *doc, cJSON *all)
{
	int rc = check_size(r, doc, STACKS_MAX);

	JSON_EACH(v, doc) {
		CLEANUP(free_p) char *where = xasprintf("'%s'", v->string);

		if (rc < 0)
			break;
		if (cJSON_IsObject(v))
			rc = read_map(r, v, v->string, part(all, v->string));
		else if (is_entries(v))
			rc = read_list(r, v, part(all, v->string));
		else
			rc = put_value(r, part(all, "*"), v->string, where, v);
	}
	return rc;
}

/* Nothing but CodePipeline's members. */
static bool is_codepipeline(const cJSON *doc)
{
	const cJSON *p = json_get(doc, "Parameters");

	if (!cJSON_IsObject(p) && !is_entries(p))
		return false;
	JSON_EACH(v, doc)
		if (v != p && !streq(v->string, "Tags") &&
		    !streq(v->string, "StackPolicy"))
			return false;
	return true;
}

static int read_codepipeline(struct reader *r, const cJSON *doc, cJSON *all,
    struct strvec *ret_unread)
{
	const cJSON *p = json_get(doc, "Parameters");

	JSON_EACH(v, doc)
		if (v != p)
			strvec_add(ret_unread, v->string);
	return cJSON_IsObject(p) ? read_map(r, p, NULL, part(all, "*"))
				 : read_list(r, p, part(all, "*"));
}

static int parse(struct sv text, const char *what, cJSON **ret,
    struct err *err)
{
	struct sv trimmed = sv_trim(text);
	bool json = trimmed.n && (*trimmed.p == '{' || *trimmed.p == '[');

	/* JSON proper, but with numbers as they are written */
	if (json && json_parse(text, what, ret, NULL) == 0) {
		cJSON *texts = NULL;

		if (yaml_parse_texts(text, what, &texts, NULL) < 0)
			return 0;
		json_free(*ret);
		*ret = texts;
		return 0;
	}
	return yaml_parse_texts(text, what, ret, err);
}

int params_file_parse(struct sv text, const char *what, cJSON **ret,
    struct strvec *ret_unread, struct err *err)
{
	CLEANUP(json_free_p) cJSON *doc = NULL, *all = cJSON_CreateObject();
	struct reader r = { .what = what, .err = err };
	int rc = parse(text, what, &doc, err);

	if (rc < 0)
		return rc;
	if (is_codepipeline(doc))
		rc = read_codepipeline(&r, doc, all, ret_unread);
	else if (cJSON_IsObject(doc))
		rc = read_stacks(&r, doc, all);
	else if (cJSON_IsArray(doc))
		rc = read_list(&r, doc, part(all, "*"));
	else if (!cJSON_IsNull(doc))
		rc = err_set(err, E_INVALID, "%s: not parameters, which are "
		    "an object {\"Key\": \"value\"} or a list of "
		    "{\"ParameterKey\", \"ParameterValue\"}", what);
	if (rc == 0)
		*ret = TAKE(all);
	return rc;
}

int params_file_read(const char *path, cJSON **ret, struct strvec *ret_unread,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int rc = file_read(path, PARAMS_FILE_MAX, &text, err);

	if (rc < 0)
		return rc;
	return params_file_parse(strbuf_sv(&text), path, ret, ret_unread, err);
}
