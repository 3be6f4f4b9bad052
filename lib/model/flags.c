#include "model/flags.h"

/* Flags that are of no use any more; the reference never shows them. */
static bool is_obsolete(const char *name)
{
	static const char *const names[] = {
		"@aws-cdk/core:enableStackNameDuplicates",
		"@aws-cdk/aws-s3:grantWriteWithoutAcl",
		"@aws-cdk/aws-kms:defaultKeyPolicies",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(name, names[i]))
			return true;
	return false;
}

static const cJSON *unless_null(const cJSON *v)
{
	return v && !cJSON_IsNull(v) ? v : NULL;
}

/* ---- reading ------------------------------------------------------------- */

static void read_report(const cJSON *props, struct flag_list *l)
{
	const cJSON *flags = json_get(props, "flags");
	const char *module = json_str(props, "module");

	JSON_EACH(flag, flags) {
		const cJSON *like = unless_null(json_get(flag,
		    "unconfiguredBehavesLike"));
		const char *why = json_str(flag, "explanation");

		l->tells_fallback |= like != NULL;
		if (is_obsolete(flag->string))
			continue;
		l->v[l->n++] = (struct flag) {
			.module = module ? module : "",
			.name = flag->string,
			.explanation = why ? why : "",
			.recommended = json_get(flag, "recommendedValue"),
			.user = unless_null(json_get(flag, "userValue")),
			.fallback = unless_null(json_get(like, "v2")),
		};
	}
}

void flags_read(const struct assembly *a, struct flag_list *ret)
{
	size_t n = 0;

	*ret = (struct flag_list){ 0 };
	for (size_t i = 0; i < a->n_artifacts; i++)
		if (a->artifacts[i].type == ARTIFACT_FLAGS)
			JSON_EACH(f, json_get(a->artifacts[i].props, "flags"))
				n++;
	ret->v = xcalloc(n + 1, sizeof(*ret->v));
	for (size_t i = 0; i < a->n_artifacts; i++)
		if (a->artifacts[i].type == ARTIFACT_FLAGS)
			read_report(a->artifacts[i].props, ret);
}

void flag_list_release(struct flag_list *l)
{
	free(l->v);
	*l = (struct flag_list){ 0 };
}

const struct flag *flag_find(const struct flag_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (streq(l->v[i].name, name))
			return &l->v[i];
	return NULL;
}

/* ---- values -------------------------------------------------------------- */

static void add_text(struct strbuf *out, const cJSON *v, bool nested)
{
	if (!v || (cJSON_IsNull(v) && !nested)) {
		strbuf_adds(out, v ? "null" : "undefined");
	} else if (cJSON_IsString(v)) {
		strbuf_adds(out, v->valuestring);
	} else if (cJSON_IsArray(v)) {
		JSON_EACH(item, v) {
			if (item != v->child)
				strbuf_addc(out, ',');
			add_text(out, item, true);
		}
	} else if (cJSON_IsObject(v)) {
		strbuf_adds(out, "[object Object]");
	} else if (!cJSON_IsNull(v)) {
		json_write(out, v, 0);
	}
}

char *flag_value_text(const cJSON *v)
{
	struct strbuf b = STRBUF_INIT;

	add_text(&b, v, false);
	return strbuf_detach(&b);
}

char *flag_fallback_text(const struct flag *f)
{
	return f->fallback ? flag_value_text(f->fallback) : xstrdup("false");
}

char *flag_effective_text(const struct flag *f)
{
	return f->user ? flag_value_text(f->user) : flag_fallback_text(f);
}

/* JavaScript's === of two JSON values; lists and objects never are. */
static bool identical(const cJSON *a, const cJSON *b)
{
	return a && b && !cJSON_IsArray(a) && !cJSON_IsObject(a) &&
	    json_same(a, b);
}

bool flag_needs_attention(const struct flag *f)
{
	if (f->user)
		return false;
	if (!f->fallback)
		return !cJSON_IsFalse(f->recommended);
	return !identical(f->fallback, f->recommended);
}

bool flag_as_recommended(const struct flag *f)
{
	CLEANUP(free_p) char *have = flag_effective_text(f);
	CLEANUP(free_p) char *want = flag_value_text(f->recommended);

	return streq(have, want);
}

bool flag_is_boolean(const struct flag *f)
{
	const cJSON *v = f->recommended;

	return cJSON_IsBool(v) || (cJSON_IsString(v) &&
	    (streq(v->valuestring, "true") || streq(v->valuestring, "false")));
}

bool flag_fallback_is_true(const struct flag *f)
{
	CLEANUP(free_p) char *text = flag_fallback_text(f);

	return streq(text, "true");
}

/* ---- order --------------------------------------------------------------- */

static unsigned group_of(const struct flag *f)
{
	if (!f->user)
		return 3;
	return flag_as_recommended(f) ? 1 : 2;
}

/* The place of a character in the root collation, letters without case. */
static unsigned weight(unsigned char c)
{
	static const char order[] = "\t\n\v\f\r _-,;:!?.'\"()[]{}@*/\\&#%`^"
	    "+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz";
	const char *at;

	if (c >= 'A' && c <= 'Z')
		c = (unsigned char)(c - 'A' + 'a');
	at = c ? strchr(order, c) : NULL;
	if (at)
		return (unsigned)(at - order) + 1;
	return c < 0x80 ? 0 : 256u + c;
}

/* As localeCompare() in JavaScript, for the characters flags are made of:
 * letters first, then small before capital ones. */
static int collate(const char *a, const char *b)
{
	const unsigned char *p = (const unsigned char *)a;
	const unsigned char *q = (const unsigned char *)b;

	for (; *p && *q; p++, q++)
		if (weight(*p) != weight(*q))
			return weight(*p) < weight(*q) ? -1 : 1;
	if (*p || *q)
		return *p ? 1 : -1;
	/* small letters stand behind capital ones in ASCII */
	return -strcmp(a, b);
}

struct entry {
	struct flag flag;
	unsigned group;
	size_t at;
};

static int by_order(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int c;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	c = collate(a->flag.module, b->flag.module);
	if (!c)
		c = collate(a->flag.name, b->flag.name);
	if (c)
		return c;
	return a->at < b->at ? -1 : 1;
}

void flags_sort(struct flag_list *l)
{
	CLEANUP(free_p) struct entry *e = xcalloc(l->n + 1, sizeof(*e));

	for (size_t i = 0; i < l->n; i++)
		e[i] = (struct entry){ .flag = l->v[i],
			.group = group_of(&l->v[i]), .at = i };
	if (l->n)
		qsort(e, l->n, sizeof(*e), by_order);
	for (size_t i = 0; i < l->n; i++)
		l->v[i] = e[i].flag;
}
