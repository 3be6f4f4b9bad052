/*
 * Lists of changed things in the order JavaScript keeps object keys: the old
 * side's keys, then those only the new side has, numeric ones first.
 */
#include "diff/tree.h"

struct change *changes_push(struct changes *c)
{
	if (c->n == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 8;
		c->v = xreallocarray(c->v, c->cap, sizeof(*c->v));
	}
	c->v[c->n] = (struct change){ 0 };
	return &c->v[c->n++];
}

struct change *changes_find(const struct changes *c, const char *id)
{
	for (size_t i = 0; i < c->n; i++)
		if (streq(c->v[i].id, id))
			return &c->v[i];
	return NULL;
}

size_t changes_count(const struct changes *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += c->v[i].different;
	return n;
}

void changes_release(struct changes *c)
{
	free(c->v);
	*c = (struct changes){ 0 };
}

enum change_kind change_kind(const cJSON *old, const cJSON *new_)
{
	if (!new_)
		return CHANGE_REMOVED;
	return old ? CHANGE_UPDATED : CHANGE_ADDED;
}

static int by_index(const void *a, const void *b)
{
	uint32_t x = 0, y = 0;

	js_is_index(((const struct change *)a)->id, &x);
	js_is_index(((const struct change *)b)->id, &y);
	return x < y ? -1 : x > y;
}

/* Numeric keys of the union move to the front, ascending. */
static void numbers_first(struct changes *c)
{
	struct change *copy;
	size_t n = 0, rest;
	uint32_t ignored;

	for (size_t i = 0; i < c->n; i++)
		n += js_is_index(c->v[i].id, &ignored);
	if (n == 0)
		return;
	copy = xcalloc(c->n, sizeof(*copy));
	rest = n;
	n = 0;
	for (size_t i = 0; i < c->n; i++)
		copy[js_is_index(c->v[i].id, &ignored) ? n++ : rest++] =
		    c->v[i];
	qsort(copy, n, sizeof(*copy), by_index);
	free(c->v);
	c->v = copy;
	c->cap = c->n;
}

static bool is_map(const cJSON *j)
{
	return j && cJSON_IsObject(j);
}

void changes_of_objects(struct changes *ret, const cJSON *old,
    const cJSON *new_)
{
	struct strmap index = { 0 };

	/* the index counts from 1: strmap cannot tell 0 from none */
	if (is_map(old)) {
		JSON_EACH(c, old) {
			struct change *e = changes_push(ret);

			e->id = c->string;
			e->old = c;
			strmap_set(&index, c->string,
			    (void *)(uintptr_t)ret->n);
		}
	}
	if (is_map(new_)) {
		JSON_EACH(c, new_) {
			uintptr_t at = (uintptr_t)strmap_get(&index, c->string);
			struct change *e =
			    at ? &ret->v[at - 1] : changes_push(ret);

			e->id = c->string;
			e->new_ = c;
		}
	}
	strmap_release(&index);
	numbers_first(ret);
	for (size_t i = 0; i < ret->n; i++)
		ret->v[i].different =
		    !diff_equal(ret->v[i].old, ret->v[i].new_);
}

void changes_of_maps(struct changes *ret, const cJSON *old, const cJSON *new_)
{
	changes_of_objects(ret, old, new_);
	for (size_t i = 0; i < ret->n; i++) {
		if (!ret->v[i].old && js_is_falsy(old))
			ret->v[i].old = old;
		if (!ret->v[i].new_ && js_is_falsy(new_))
			ret->v[i].new_ = new_;
	}
}
