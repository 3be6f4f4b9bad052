/*
 * Spellings that mean the same are brought to one: "Fn::GetAtt": "A.B" to
 * its list, DependsOn to a sorted list. At any depth, whatever the context.
 * And what has the wrong kind becomes what the reference takes it for.
 */
#include "diff/tree.h"
#include "util/utf8.h"

/* Every dot splits, as in the reference: "A.Outputs.B" gives three. */
static cJSON *split_dots(const char *s)
{
	cJSON *list = cJSON_CreateArray();
	struct sv rest = sv_from(s), one;
	bool more = true;

	while (more) {
		const char *dot = memchr(rest.p, '.', rest.n);
		CLEANUP(free_p) char *text = NULL;

		one = (struct sv){ rest.p,
			dot ? (size_t)(dot - rest.p) : rest.n };
		text = sv_dup(one);
		json_push_take(list, cJSON_CreateString(text));
		more = dot != NULL;
		rest.p += one.n + 1;
		rest.n -= more ? one.n + 1 : one.n;
	}
	return list;
}

struct sortable {
	char *key;
	cJSON *item;
	size_t at;
};

static int by_key(const void *a, const void *b)
{
	const struct sortable *x = a, *y = b;
	int r = js_compare(x->key, y->key);

	return r ? r : x->at < y->at ? -1 : 1;
}

static void sort_list(cJSON *list)
{
	size_t n = (size_t)cJSON_GetArraySize(list), i = 0;
	struct sortable *v;

	if (n < 2)
		return;
	v = xcalloc(n, sizeof(*v));
	while (list->child) {
		CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
		cJSON *c = cJSON_DetachItemViaPointer(list, list->child);

		js_string(&b, c);
		v[i] = (struct sortable){ strbuf_detach(&b), c, i };
		i++;
	}
	qsort(v, n, sizeof(*v), by_key);
	for (i = 0; i < n; i++) {
		json_push_take(list, v[i].item);
		free(v[i].key);
	}
	free(v);
}

/* Texts in order; anything else goes through sort_list(). */
static bool is_sorted(const cJSON *list)
{
	JSON_EACH(c, list)
		if (!cJSON_IsString(c) || (c->next &&
			(!cJSON_IsString(c->next) ||
			    js_compare(c->valuestring,
				c->next->valuestring) > 0)))
			return false;
	return true;
}

bool diff_is_normal(const cJSON *template)
{
	JSON_EACH(c, template) {
		const char *key = c->string ? c->string : "";

		if (streq(key, "DependsOn")) {
			if (cJSON_IsString(c) ||
			    (cJSON_IsArray(c) && !is_sorted(c)))
				return false;
		} else if ((streq(key, "Fn::GetAtt") && cJSON_IsString(c)) ||
		    !diff_is_normal(c)) {
			return false;
		}
	}
	return true;
}

static void replace(cJSON *parent, cJSON *old, cJSON *new_)
{
	new_->string = old->string;
	old->string = NULL;
	cJSON_ReplaceItemViaPointer(parent, old, new_);
}

void diff_normalize(cJSON *template)
{
	cJSON *next;

	if (!template)
		return;
	for (cJSON *c = template->child; c; c = next) {
		next = c->next;
		if (c->string && cJSON_IsString(c) &&
		    streq(c->string, "Fn::GetAtt")) {
			replace(template, c, split_dots(c->valuestring));
		} else if (c->string && streq(c->string, "DependsOn")) {
			if (cJSON_IsString(c)) {
				cJSON *list = cJSON_CreateArray();

				json_push_take(list,
				    cJSON_CreateString(c->valuestring));
				replace(template, c, list);
			} else if (cJSON_IsArray(c)) {
				sort_list(c);
			}
		} else {
			diff_normalize(c);
		}
	}
}

/* ---- wrong kinds --------------------------------------------------------- */

static const char *const maps[] = { "Parameters", "Metadata", "Mappings",
	"Conditions", "Outputs", "Resources" };

static bool is_no_map(const cJSON *j)
{
	return cJSON_IsArray(j) || (cJSON_IsString(j) && *j->valuestring);
}

static bool is_no_type(const cJSON *j)
{
	return j && !cJSON_IsString(j) && !cJSON_IsNull(j);
}

bool diff_is_sound(const cJSON *template)
{
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		if (is_no_map(json_get(template, maps[i])))
			return false;
	JSON_EACH(r, json_get(template, "Resources"))
		if (is_no_map(json_get(r, "Properties")) ||
		    is_no_type(json_get(r, "Type")))
			return false;
	return true;
}

static void add_at(cJSON *map, size_t at, cJSON *item)
{
	char key[24];

	snprintf(key, sizeof(key), "%zu", at);
	json_append_take(map, key, item);
}

static void add_letters(cJSON *map, const char *text)
{
	size_t left = strlen(text), n;

	for (size_t at = 0; left; at++, text += n, left -= n) {
		CLEANUP(free_p) char *letter = NULL;

		(void)utf8_get_ext(text, left, &n);
		letter = xstrndup(text, n);
		add_at(map, at, cJSON_CreateString(letter));
	}
}

static void make_map(cJSON *parent, const char *key)
{
	cJSON *from = json_get(parent, key), *map;
	size_t at = 0;

	if (!is_no_map(from))
		return;
	map = cJSON_CreateObject();
	if (cJSON_IsString(from))
		add_letters(map, from->valuestring);
	JSON_EACH(c, from)
		add_at(map, at++, json_dup(c));
	replace(parent, from, map);
}

static void make_type(cJSON *resource)
{
	cJSON *type = json_get(resource, "Type");
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (!is_no_type(type))
		return;
	js_string(&text, type);
	replace(resource, type, cJSON_CreateString(text.buf));
}

void diff_repair(cJSON *template)
{
	cJSON *resources;

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		make_map(template, maps[i]);
	resources = json_get(template, "Resources");
	for (cJSON *r = resources ? resources->child : NULL; r; r = r->next) {
		make_map(r, "Properties");
		make_type(r);
	}
}
