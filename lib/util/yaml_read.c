/*
 * libyaml's events become a cJSON tree. libyaml reads YAML 1.1, so two things
 * are kept from it: the meaning of plain scalars (yaml_plain.c decides), and
 * characters that it takes for line breaks or refuses (yaml_hide.c).
 */
#include "util/yaml.h"

#include <math.h>

#include <yaml.h>

#include "util/strmap.h"
#include "util/yaml_hide.h"
#include "util/yaml_plain.h"

#define DEPTH_MAX 1000
/* Bytes all alias expansions of one text may take together. */
#define EXPANSION_MAX (64u << 20)
/* How often, and how many bytes, are read again after yaml_repair(). */
#define REPAIRS_MAX 1000
#define REPAIRED_MAX (64u << 20)

struct reader {
	yaml_parser_t parser;
	struct sv text;
	const char *what;
	struct err *err;
	struct strmap anchors; /* cJSON * in the tree or in keys; NULL: open */
	cJSON *keys;	       /* keys that have an anchor */
	size_t expanded;
	bool failed_in_parser;
	bool texts; /* numbers and booleans stay as they are written */
};

static PRINTF(4, 5) int fail_at(struct reader *r, const yaml_mark_t *at,
    int code, const char *fmt, ...)
{
	CLEANUP(free_p) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	return err_set(r->err, code, "%s:%zu:%zu: %s", r->what, at->line + 1,
	    at->column + 1, text);
}

static yaml_mark_t mark_of(struct sv text, size_t offset)
{
	yaml_mark_t m = { 0 };

	for (size_t i = 0; i < MIN(offset, text.n); i++) {
		if (text.p[i] == '\n') {
			m.line++;
			m.column = 0;
		} else if (((unsigned char)text.p[i] & 0xc0) != 0x80) {
			m.column++;
		}
	}
	return m;
}

static int parser_failed(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem ? p->problem : "cannot be read";

	r->failed_in_parser = true;
	if (p->error == YAML_READER_ERROR) {
		yaml_mark_t at = mark_of(r->text, p->problem_offset);

		return fail_at(r, &at, E_INVALID, "%s", problem);
	}
	if (p->context)
		return fail_at(r, &p->problem_mark, E_INVALID,
		    "%s (%s from line %zu)", problem, p->context,
		    p->context_mark.line + 1);
	return fail_at(r, &p->problem_mark, E_INVALID, "%s", problem);
}

static int next_event(struct reader *r, yaml_event_t *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (!yaml_parser_parse(&r->parser, ret))
		return parser_failed(r);
	return 0;
}

/* "!Sub" -> "Fn::Sub"; NULL for a tag that is no function */
static const char *function_of(const yaml_char_t *tag)
{
	static const char *const functions[] = { "Ref", "Condition",
		"Fn::Base64", "Fn::Cidr", "Fn::FindInMap", "Fn::GetAZs",
		"Fn::ImportValue", "Fn::Join", "Fn::Sub", "Fn::Select",
		"Fn::Split", "Fn::Transform", "Fn::And", "Fn::Equals",
		"Fn::If", "Fn::Not", "Fn::Or", "Fn::GetAtt" };
	const char *name = (const char *)tag;

	if (!name || *name++ != '!')
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		const char *f = functions[i];

		if (streq(name, str_starts(f, "Fn::") ? f + 4 : f))
			return f;
	}
	return NULL;
}

/* "int" for "tag:yaml.org,2002:int", else NULL */
static const char *core_tag(const yaml_char_t *tag)
{
	static const char prefix[] = "tag:yaml.org,2002:";
	const char *s = (const char *)tag;

	return s && str_starts(s, prefix) ? s + sizeof(prefix) - 1 : NULL;
}

static int check_tag(struct reader *r, const yaml_char_t *tag,
    const yaml_mark_t *at)
{
	static const char *const unsupported[] = { "binary", "omap", "pairs",
		"set", "timestamp" };
	const char *core = core_tag(tag);

	for (size_t i = 0; core && i < ARRAY_SIZE(unsupported); i++)
		if (streq(core, unsupported[i]))
			return fail_at(r, at, E_INVALID,
			    "values of type !!%s are not supported", core);
	return 0;
}

/* A tag of the core schema only works on text that looks like its type. */
static bool fits_tag(const char *core, const cJSON *j, const char *text)
{
	bool hex = str_starts(text, "0x"), real;

	real = !hex && strpbrk(text, ".eE");
	if (cJSON_IsNumber(j))
		return streq(core, real ? "float" : "int");
	return streq(core, cJSON_IsBool(j) ? "bool" : "null") &&
	    !cJSON_IsString(j);
}

static cJSON *plain_value(const struct reader *r, const char *text)
{
	CLEANUP(json_free_p) cJSON *j = yaml12_scalar(text);

	if (r->texts && !cJSON_IsNull(j))
		return cJSON_CreateString(text);
	return TAKE(j);
}

static cJSON *scalar_value(const struct reader *r, const yaml_event_t *ev)
{
	const char *core = core_tag(ev->data.scalar.tag);
	CLEANUP(free_p) char *text = yaml_unhide((struct sv){
	    (const char *)ev->data.scalar.value, ev->data.scalar.length });
	CLEANUP(json_free_p) cJSON *j = NULL;

	if (!ev->data.scalar.tag) {
		if (ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
			return plain_value(r, text);
		return cJSON_CreateString(text);
	}
	if (core && !r->texts)
		j = yaml12_scalar(text);
	if (j && fits_tag(core, j, text))
		return TAKE(j);
	return cJSON_CreateString(text);
}

static int too_deep(struct reader *r, const yaml_mark_t *at)
{
	return fail_at(r, at, E_TOOBIG, "nested deeper than %d levels",
	    DEPTH_MAX);
}

/* A copy of what an alias means, within the limits. */
static int expand(struct reader *r, const cJSON *from, int depth,
    const yaml_mark_t *at, cJSON **ret)
{
	CLEANUP(json_free_p) cJSON *copy = NULL;

	r->expanded += sizeof(cJSON) +
	    (cJSON_IsString(from) ? strlen(from->valuestring) : 0);
	if (r->expanded > EXPANSION_MAX)
		return fail_at(r, at, E_TOOBIG,
		    "the aliases stand for more than %u MiB of data",
		    EXPANSION_MAX >> 20);
	if (!cJSON_IsObject(from) && !cJSON_IsArray(from)) {
		*ret = cJSON_Duplicate(from, false);
		return 0;
	}
	if (depth >= DEPTH_MAX)
		return too_deep(r, at);
	copy = cJSON_IsObject(from) ? cJSON_CreateObject() :
				      cJSON_CreateArray();
	JSON_EACH(c, from) {
		cJSON *child;
		int rc = expand(r, c, depth + 1, at, &child);

		if (rc < 0)
			return rc;
		if (cJSON_IsObject(from)) {
			r->expanded += strlen(c->string);
			cJSON_AddItemToObject(copy, c->string, child);
		} else {
			cJSON_AddItemToArray(copy, child);
		}
	}
	*ret = TAKE(copy);
	return 0;
}

static int alias_target(struct reader *r, const yaml_event_t *ev,
    const cJSON **ret)
{
	const char *name = (const char *)ev->data.alias.anchor;
	const cJSON *target = strmap_get(&r->anchors, name);

	if (!strmap_has(&r->anchors, name))
		return fail_at(r, &ev->start_mark, E_INVALID,
		    "unresolved alias '%s': the anchor must be set before the "
		    "alias",
		    name);
	if (!target)
		return fail_at(r, &ev->start_mark, E_INVALID,
		    "alias '%s' stands inside what it stands for", name);
	*ret = target;
	return 0;
}

static const char *anchor_of(const yaml_event_t *ev)
{
	const yaml_char_t *a = NULL;

	if (ev->type == YAML_SCALAR_EVENT)
		a = ev->data.scalar.anchor;
	else if (ev->type == YAML_SEQUENCE_START_EVENT)
		a = ev->data.sequence_start.anchor;
	else if (ev->type == YAML_MAPPING_START_EVENT)
		a = ev->data.mapping_start.anchor;
	return (const char *)a;
}

static const yaml_char_t *tag_of(const yaml_event_t *ev)
{
	if (ev->type == YAML_SCALAR_EVENT)
		return ev->data.scalar.tag;
	if (ev->type == YAML_SEQUENCE_START_EVENT)
		return ev->data.sequence_start.tag;
	if (ev->type == YAML_MAPPING_START_EVENT)
		return ev->data.mapping_start.tag;
	return NULL;
}

static char *number_key(double v)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	if (isnan(v))
		strbuf_adds(&b, "NaN");
	else if (isinf(v))
		strbuf_adds(&b, v < 0 ? "-Infinity" : "Infinity");
	else
		json_write_number(&b, v);
	return strbuf_detach(&b);
}

/* Any scalar as a member's name; NULL for lists and maps. */
static char *key_text(const cJSON *j)
{
	if (cJSON_IsString(j))
		return xstrdup(j->valuestring);
	if (cJSON_IsNumber(j))
		return number_key(j->valuedouble);
	if (cJSON_IsBool(j))
		return xstrdup(cJSON_IsTrue(j) ? "true" : "false");
	return cJSON_IsNull(j) ? xstrdup("") : NULL;
}

static int read_key(struct reader *r, const yaml_event_t *ev, char **ret)
{
	const cJSON *j = NULL;
	cJSON *own;
	int rc = check_tag(r, tag_of(ev), &ev->start_mark);

	if (rc < 0)
		return rc;
	if (ev->type == YAML_ALIAS_EVENT) {
		rc = alias_target(r, ev, &j);
		if (rc < 0)
			return rc;
	} else if (ev->type == YAML_SCALAR_EVENT &&
	    !function_of(ev->data.scalar.tag)) {
		own = scalar_value(r, ev);
		cJSON_AddItemToArray(r->keys, own);
		if (anchor_of(ev))
			strmap_set(&r->anchors, anchor_of(ev), own);
		j = own;
	}
	*ret = key_text(j);
	if (!*ret)
		return fail_at(r, &ev->start_mark, E_INVALID,
		    "a key must be a plain value, no list, map or function");
	/* keys without an anchor are not needed any more */
	if (ev->type == YAML_SCALAR_EVENT && !anchor_of(ev))
		cJSON_Delete(cJSON_DetachItemViaPointer(r->keys,
		    r->keys->child->prev));
	return 0;
}

static int read_node(struct reader *r, const yaml_event_t *ev, int depth,
    cJSON **ret);

static int read_list(struct reader *r, int depth, cJSON *list)
{
	for (;;) {
		CLEANUP(yaml_event_delete) yaml_event_t ev;
		cJSON *item;
		int rc = next_event(r, &ev);

		if (rc < 0 || ev.type == YAML_SEQUENCE_END_EVENT)
			return rc;
		rc = read_node(r, &ev, depth, &item);
		if (rc < 0)
			return rc;
		cJSON_AddItemToArray(list, item);
	}
}

static int read_value(struct reader *r, int depth, cJSON **ret)
{
	CLEANUP(yaml_event_delete) yaml_event_t ev;
	int rc = next_event(r, &ev);

	return rc < 0 ? rc : read_node(r, &ev, depth, ret);
}

static int read_map(struct reader *r, int depth, cJSON *map)
{
	for (;;) {
		CLEANUP(yaml_event_delete) yaml_event_t ev;
		CLEANUP(free_p) char *key = NULL;
		cJSON *value;
		int rc = next_event(r, &ev);

		if (rc < 0 || ev.type == YAML_MAPPING_END_EVENT)
			return rc;
		rc = read_key(r, &ev, &key);
		if (rc == 0)
			rc = read_value(r, depth, &value);
		if (rc < 0)
			return rc;
		cJSON_AddItemToObject(map, key, value);
	}
}

static int read_content(struct reader *r, const yaml_event_t *ev, int depth,
    cJSON **ret)
{
	CLEANUP(json_free_p) cJSON *j = NULL;
	int rc;

	if (ev->type == YAML_SCALAR_EVENT) {
		*ret = scalar_value(r, ev);
		return 0;
	}
	if (depth >= DEPTH_MAX)
		return too_deep(r, &ev->start_mark);
	if (ev->type == YAML_SEQUENCE_START_EVENT) {
		j = cJSON_CreateArray();
		rc = read_list(r, depth + 1, j);
	} else {
		j = cJSON_CreateObject();
		rc = read_map(r, depth + 1, j);
	}
	if (rc == 0)
		*ret = TAKE(j);
	return rc;
}

/* The node that starts with ev; depth counts what is around it. */
static int read_node(struct reader *r, const yaml_event_t *ev, int depth,
    cJSON **ret)
{
	const char *anchor = anchor_of(ev), *function = function_of(tag_of(ev));
	const cJSON *target;
	cJSON *j = NULL, *call;
	int rc;

	if (ev->type == YAML_ALIAS_EVENT) {
		rc = alias_target(r, ev, &target);
		return rc < 0 ? rc :
				expand(r, target, depth, &ev->start_mark, ret);
	}
	rc = check_tag(r, tag_of(ev), &ev->start_mark);
	if (rc == 0 && function && depth >= DEPTH_MAX)
		rc = too_deep(r, &ev->start_mark);
	if (rc < 0)
		return rc;
	if (anchor)
		strmap_set(&r->anchors, anchor, NULL);
	rc = read_content(r, ev, function ? depth + 1 : depth, &j);
	if (rc < 0)
		return rc;
	if (function) {
		call = cJSON_CreateObject();
		cJSON_AddItemToObject(call, function, j);
		j = call;
	}
	if (anchor)
		strmap_set(&r->anchors, anchor, j);
	*ret = j;
	return 0;
}

/* One document; what follows it must be the end. */
static int read_document(struct reader *r, cJSON **ret)
{
	CLEANUP(json_free_p) cJSON *j = NULL;
	int rc;

	for (;;) {
		CLEANUP(yaml_event_delete) yaml_event_t ev;

		rc = next_event(r, &ev);
		if (rc < 0)
			return rc;
		switch (ev.type) {
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_END_EVENT:
			break;
		case YAML_STREAM_END_EVENT:
			*ret = j ? TAKE(j) : cJSON_CreateNull();
			return 0;
		case YAML_DOCUMENT_START_EVENT:
			if (j)
				return fail_at(r, &ev.start_mark, E_INVALID,
				    "a second document starts here; only one "
				    "can be read");
			break;
		default:
			rc = read_node(r, &ev, 0, &j);
			if (rc < 0)
				return rc;
		}
	}
}

/* 1: the text was changed, read it again */
static int read_once(struct strbuf *text, const char *what, bool texts,
    bool may_repair, cJSON **ret, struct err *err)
{
	struct reader r = { .text = strbuf_sv(text), .what = what, .err = err,
		.texts = texts };
	int rc;

	if (!yaml_parser_initialize(&r.parser))
		return err_set(err, E_FAIL, "%s: out of memory", what);
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser,
	    (const unsigned char *)text->buf, text->len);
	r.keys = cJSON_CreateArray();
	rc = read_document(&r, ret);
	if (r.failed_in_parser && may_repair &&
	    r.parser.error == YAML_SCANNER_ERROR &&
	    yaml_repair(text, r.parser.problem, r.parser.problem_mark.index))
		rc = 1;
	strmap_release(&r.anchors);
	json_free(r.keys);
	yaml_parser_delete(&r.parser);
	return rc;
}

/* JSON proper is faster to read, and needs no 1024 character limit on keys. */
static bool looks_like_json(struct sv text)
{
	text = sv_trim(text);
	return text.n && (*text.p == '{' || *text.p == '[');
}

static int parse(struct sv text, const char *what, bool texts, cJSON **ret,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf ready = STRBUF_INIT;
	CLEANUP(err_release) struct err problem = { 0 };
	cJSON *j = NULL;
	int rc;

	if (!text.p)
		text = SV("");
	if (sv_starts(text, "\xef\xbb\xbf"))
		text = (struct sv){ text.p + 3, text.n - 3 };
	if (!texts && looks_like_json(text) &&
	    json_parse(text, what, ret, NULL) == 0)
		return 0;
	rc = yaml_hide(text, what, &ready, err);
	if (rc < 0)
		return rc;
	for (int tries = 0; tries <= REPAIRS_MAX; tries++) {
		bool again = tries < REPAIRS_MAX &&
		    (size_t)tries * ready.len < REPAIRED_MAX;

		rc = read_once(&ready, what, texts, again, &j, &problem);
		if (rc <= 0)
			break;
	}
	if (rc < 0) {
		if (err)
			err_move(err, &problem);
		return rc;
	}
	json_tidy(j);
	*ret = j;
	return 0;
}

int yaml_parse(struct sv text, const char *what, cJSON **ret, struct err *err)
{
	return parse(text, what, false, ret, err);
}

int yaml_parse_texts(struct sv text, const char *what, cJSON **ret,
    struct err *err)
{
	return parse(text, what, true, ret, err);
}
