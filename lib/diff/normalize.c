/*
 * Spellings that mean the same are brought to one: "Fn::GetAtt": "A.B" to
 * its list, DependsOn to a sorted list. At any depth, whatever the context.
 */
#include "diff/tree.h"

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
