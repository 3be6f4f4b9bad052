#include "util/json.h"

#include "util/strmap.h"

/* objects up to this size are searched for duplicates pair by pair */
#define FEW_KEYS 16

/* "0", "17", up to 4294967294: what JavaScript objects keep in front */
static bool array_index(const char *key, uint64_t *ret)
{
	uint64_t v = 0;

	if (*key < '0' || *key > '9' || (*key == '0' && key[1]))
		return false;
	for (const char *p = key; *p; p++) {
		if (*p < '0' || *p > '9' || p - key > 10)
			return false;
		v = v * 10 + (uint64_t)(*p - '0');
	}
	*ret = v;
	return v < UINT32_MAX;
}

static void relink(cJSON *parent, cJSON **v, size_t n)
{
	parent->child = n ? v[0] : NULL;
	for (size_t i = 0; i < n; i++) {
		v[i]->next = i + 1 < n ? v[i + 1] : NULL;
		v[i]->prev = i ? v[i - 1] : v[n - 1];
	}
}

static cJSON **children(const cJSON *parent, size_t *ret_n)
{
	size_t n = 0;
	cJSON **v;

	JSON_EACH(c, parent)
		n++;
	v = xreallocarray(NULL, n, sizeof(*v));
	n = 0;
	JSON_EACH(c, parent)
		v[n++] = c;
	*ret_n = n;
	return v;
}

static bool dups_among_few(const cJSON *object)
{
	JSON_EACH(a, object)
		for (cJSON *b = a->next; b; b = b->next)
			if (streq(a->string, b->string))
				return true;
	return false;
}

/* The last of equal keys moves to the place of the first. */
static void drop_dups(cJSON *object)
{
	struct strmap seen = { 0 };
	size_t n, kept = 0;
	CLEANUP(free_p) cJSON **v = children(object, &n);

	for (size_t i = 0; i < n; i++) {
		cJSON **place = strmap_get(&seen, v[i]->string);

		if (place) {
			(*place)->next = (*place)->prev = NULL;
			json_free(*place);
			*place = v[i];
			continue;
		}
		v[kept] = v[i];
		(void)strmap_add(&seen, v[kept]->string, &v[kept]);
		kept++;
	}
	strmap_release(&seen);
	relink(object, v, kept);
}

static int by_index(const void *a, const void *b)
{
	uint64_t x = 0, y = 0;

	(void)array_index((*(cJSON *const *)a)->string, &x);
	(void)array_index((*(cJSON *const *)b)->string, &y);
	return x < y ? -1 : x > y;
}

static void indexes_first(cJSON *object)
{
	size_t n, count = 0;
	uint64_t ignored;
	CLEANUP(free_p) cJSON **v = children(object, &n);
	CLEANUP(free_p) cJSON **sorted =
	    xreallocarray(NULL, n, sizeof(*sorted));

	for (size_t i = 0; i < n; i++)
		if (array_index(v[i]->string, &ignored))
			sorted[count++] = v[i];
	qsort(sorted, count, sizeof(*sorted), by_index);
	for (size_t i = 0; i < n; i++)
		if (!array_index(v[i]->string, &ignored))
			sorted[count++] = v[i];
	relink(object, sorted, n);
}

void json_tidy_object(cJSON *object)
{
	bool indexed = false;
	uint64_t ignored;
	size_t n = 0;

	JSON_EACH(c, object) {
		n++;
		indexed = indexed || array_index(c->string, &ignored);
	}
	if (n > FEW_KEYS || dups_among_few(object))
		drop_dups(object);
	if (indexed)
		indexes_first(object);
}

void json_tidy(cJSON *j)
{
	if (cJSON_IsObject(j) && j->child)
		json_tidy_object(j);
	JSON_EACH(c, j)
		if (c->child)
			json_tidy(c);
}

cJSON *json_get(const cJSON *o, const char *key)
{
	if (!cJSON_IsObject(o))
		return NULL;
	JSON_EACH(c, o)
		if (streq(c->string, key))
			return c;
	return NULL;
}

static cJSON *member(const cJSON *o, struct sv key)
{
	size_t index = 0;

	if (cJSON_IsObject(o)) {
		JSON_EACH(c, o)
			if (sv_eq(key, c->string))
				return c;
		return NULL;
	}
	if (!cJSON_IsArray(o) || !key.n || key.n > 9)
		return NULL;
	for (size_t i = 0; i < key.n; i++) {
		if (key.p[i] < '0' || key.p[i] > '9')
			return NULL;
		index = index * 10 + (size_t)(key.p[i] - '0');
	}
	JSON_EACH(c, o)
		if (!index--)
			return c;
	return NULL;
}

cJSON *json_at(const cJSON *o, const char *path)
{
	struct sv rest = sv_from(path), key;
	cJSON *j = NULL;

	while (o && sv_next(&rest, '.', &key))
		o = j = member(o, key);
	return o ? j : NULL;
}

const char *json_str(const cJSON *o, const char *path)
{
	const cJSON *j = json_at(o, path);

	return cJSON_IsString(j) ? j->valuestring : NULL;
}

bool json_is_true(const cJSON *j)
{
	return cJSON_IsTrue(j);
}

bool json_bool(const cJSON *o, const char *path, bool fallback)
{
	const cJSON *j = json_at(o, path);

	return cJSON_IsBool(j) ? cJSON_IsTrue(j) : fallback;
}

bool json_num(const cJSON *o, const char *path, double *ret)
{
	const cJSON *j = json_at(o, path);
	char *end;
	double v;

	if (cJSON_IsNumber(j)) {
		*ret = j->valuedouble;
		return true;
	}
	/* strtod alone would take "inf", "0x1p3" and blanks */
	if (!cJSON_IsString(j) || !*j->valuestring ||
	    j->valuestring[strspn(j->valuestring, "0123456789.eE+-")])
		return false;
	v = strtod(j->valuestring, &end);
	if (*end)
		return false;
	*ret = v;
	return true;
}

static void set_key(cJSON *child, const char *key)
{
	char *copy = xstrdup(key);

	if (!(child->type & cJSON_StringIsConst))
		cJSON_free(child->string);
	child->string = copy;
	child->type &= ~cJSON_StringIsConst;
}

static void link_before(cJSON *parent, cJSON *at, cJSON *child)
{
	cJSON *last = parent->child ? parent->child->prev : NULL;

	if (!at) {
		child->prev = last ? last : child;
		child->next = NULL;
		if (last)
			last->next = child;
		else
			parent->child = child;
		parent->child->prev = child;
		return;
	}
	child->next = at;
	child->prev = at->prev;
	at->prev = child;
	if (at == parent->child)
		parent->child = child;
	else
		child->prev->next = child;
}

/* Where an index key goes: before the first key that is none or is greater. */
static cJSON *place_of(const cJSON *parent, const char *key)
{
	uint64_t index, other;

	if (!array_index(key, &index))
		return NULL;
	JSON_EACH(c, parent)
		if (!array_index(c->string, &other) || other > index)
			return c;
	return NULL;
}

void json_append_take(cJSON *parent, const char *key, cJSON *child)
{
	if (!child)
		return;
	if (!cJSON_IsObject(parent)) {
		json_free(child);
		return;
	}
	set_key(child, key);
	link_before(parent, place_of(parent, key), child);
}

void json_add_take(cJSON *parent, const char *key, cJSON *child)
{
	cJSON *old = json_get(parent, key);

	if (!child || child == old)
		return;
	if (!old) {
		json_append_take(parent, key, child);
		return;
	}
	set_key(child, key);
	link_before(parent, old, child);
	json_free(cJSON_DetachItemViaPointer(parent, old));
}

void json_push_take(cJSON *list, cJSON *child)
{
	if (!child)
		return;
	if (!cJSON_IsArray(list)) {
		json_free(child);
		return;
	}
	link_before(list, NULL, child);
}

void json_put_str(cJSON *parent, const char *key, const char *value)
{
	if (value)
		json_add_take(parent, key, cJSON_CreateString(value));
}

void json_put_bool(cJSON *parent, const char *key, bool value)
{
	json_add_take(parent, key, cJSON_CreateBool(value));
}

void json_put_num(cJSON *parent, const char *key, double value)
{
	json_add_take(parent, key, cJSON_CreateNumber(value));
}

void json_del(cJSON *parent, const char *key)
{
	cJSON *old = json_get(parent, key);

	if (old)
		json_free(cJSON_DetachItemViaPointer(parent, old));
}

cJSON *json_dup(const cJSON *j)
{
	return j ? cJSON_Duplicate(j, true) : NULL;
}

bool json_same(const cJSON *a, const cJSON *b)
{
	const cJSON *x, *y;

	if (!a || !b || (a->type & 0xff) != (b->type & 0xff))
		return a == b;
	if (cJSON_IsNumber(a))
		return a->valuedouble == b->valuedouble;
	if (cJSON_IsString(a) || cJSON_IsRaw(a))
		return streq0(a->valuestring, b->valuestring);
	for (x = a->child, y = b->child; x && y; x = x->next, y = y->next)
		if ((cJSON_IsObject(a) && !streq0(x->string, y->string)) ||
		    !json_same(x, y))
			return false;
	return !x && !y;
}
