/*
 * Two lines of JSON: stacks by name before and after, any JSON at all for a
 * template. Every move leads from a resource there was to one there is, none
 * twice; nothing moves between equal sides.
 */
#include "diff/moves.h"

#define SIZE_LIMIT 65536
#define STACKS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct side {
	cJSON *json;
	struct moves_stack v[STACKS_MAX];
	size_t n;
};

static bool read_side(struct sv *rest, struct side *ret)
{
	struct sv line;

	if (!sv_next(rest, '\n', &line) ||
	    json_parse(line, "input", &ret->json, NULL) < 0)
		return false;
	JSON_EACH(t, ret->json)
		if (t->string && ret->n < STACKS_MAX)
			ret->v[ret->n++] = (struct moves_stack){ t->string,
				t };
	return true;
}

static void must(bool b)
{
	if (!b)
		abort();
}

static const cJSON *resource_at(const struct side *s, struct place at)
{
	for (size_t i = 0; i < s->n; i++)
		if (streq(s->v[i].name, at.stack))
			return json_get(json_get(s->v[i].template_,
					    "Resources"),
			    at.id);
	return NULL;
}

static void find(const struct side *a, const struct side *b,
    struct moves *ret)
{
	struct moves_input in = { .before = a->v, .n_before = a->n,
		.after = b->v, .n_after = b->n };

	moves_find(&in, ret);
}

static void check_moves(const struct side *a, const struct side *b)
{
	CLEANUP(moves_release) struct moves m = { 0 }, again = { 0 };
	struct moves_input in = { .before = a->v, .n_before = a->n,
		.after = b->v, .n_after = b->n };

	find(a, b, &m);
	for (size_t i = 0; i < m.n; i++) {
		const struct move *v = &m.v[i];
		const cJSON *from = resource_at(a, v->from);
		const cJSON *to = resource_at(b, v->to);
		const cJSON *x = json_get(from, "Type");
		const cJSON *y = json_get(to, "Type");

		must(from && to);
		must(!x || !y || !cJSON_IsString(x) || !cJSON_IsString(y) ||
		    streq(x->valuestring, y->valuestring));
		must(!streq(v->from.stack, v->to.stack) ||
		    !streq(v->from.id, v->to.id));
	}
	/* its own moves as overrides change nothing */
	in.overrides = m.v;
	in.n_overrides = m.n;
	moves_find(&in, &again);
	must(again.n == m.n && again.n_ambiguous == m.n_ambiguous);
}

static void check_same(const struct side *a)
{
	CLEANUP(moves_release) struct moves m = { 0 };

	find(a, a, &m);
	must(m.n == 0 && m.n_ambiguous == 0 && m.n_only_before == 0 &&
	    m.n_only_after == 0 && m.isomorphic);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv rest = { (const char *)data, size };
	struct side a = { 0 }, b = { 0 };

	if (size > SIZE_LIMIT)
		return 0;
	mem_init_json();
	if (read_side(&rest, &a) && read_side(&rest, &b)) {
		check_moves(&a, &b);
		check_moves(&b, &a);
		check_same(&a);
	}
	json_free(a.json);
	json_free(b.json);
	return 0;
}
