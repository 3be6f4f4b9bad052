/*
 * Changes of code show as changed asset hashes: 64 hexadecimal digits in
 * object keys, image tags and paths.
 */
#include "diff/tree.h"

#define HASH_LEN 64

static bool is_hash(const char *s)
{
	size_t n = strspn(s, "0123456789abcdef");

	return n == HASH_LEN;
}

/* Do a and b differ in asset hashes only? Equal texts do not differ. */
static bool text_same_but_hashes(const char *a, const char *b)
{
	while (*a && *b) {
		if (is_hash(a) && is_hash(b)) {
			a += HASH_LEN;
			b += HASH_LEN;
		} else if (*a++ != *b++) {
			return false;
		}
	}
	return *a == *b;
}

static bool same_but_hashes(const cJSON *a, const cJSON *b)
{
	const cJSON *y;

	if (cJSON_IsString(a) && cJSON_IsString(b))
		return text_same_but_hashes(a->valuestring, b->valuestring);
	if (!(cJSON_IsObject(a) && cJSON_IsObject(b)) &&
	    !(cJSON_IsArray(a) && cJSON_IsArray(b)))
		return diff_equal(a, b);
	y = b->child;
	JSON_EACH(x, a) {
		const cJSON *other = cJSON_IsObject(b)
		    ? json_get(b, x->string) : y;

		if (!y || !other || !same_but_hashes(x, other))
			return false;
		y = y->next;
	}
	return y == NULL;
}

bool resource_is_only_hashes(const struct resource_change *r)
{
	const struct changes *lists[] = { &r->props, &r->other };
	bool any = false;

	if (!r->old || !r->new_ || !streq0(r->old_type, r->new_type))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		for (size_t k = 0; k < lists[i]->n; k++) {
			const struct change *c = &lists[i]->v[k];

			if (!c->different)
				continue;
			any = true;
			/* a replacement is never only that */
			if (c->impact > IMPACT_WILL_UPDATE || !c->old ||
			    !c->new_ || !same_but_hashes(c->old, c->new_))
				return false;
		}
	}
	return any;
}
