#include "diff/moves.h"

#include "diff/refgraph.h"

/* Equal resources that are on one side or moved: nodes of either graph. */
struct group {
	size_t *before, *after;
	size_t n_before, n_after;
	bool both_sides, same_count; /* before those that stay were taken out */
	/* overrides that decide within it: indexes */
	size_t *overrides;
	size_t n_overrides;
};

struct groups {
	struct group *v;
	size_t n, cap;
	size_t *before, *after; /* node -> 1 + its group; 0: none */
};

struct engine {
	struct refgraph before, after;
	struct digests of_before, of_after; /* REFGRAPH_DIRECT */
	struct groups groups;
	struct move *overrides;
	size_t n_overrides;
	struct moves *ret;
};

static void push(size_t **v, size_t *n, size_t value)
{
	/* doubled whenever n is a power of two */
	if ((*n & (*n - 1)) == 0)
		*v = xreallocarray(*v, *n ? 2 * *n : 1, sizeof(**v));
	(*v)[(*n)++] = value;
}

/* Keeps the nodes that are in a group still; how many. */
static size_t keep_left(size_t *nodes, size_t n, const size_t *groups)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		if (groups[nodes[i]])
			nodes[left++] = nodes[i];
	return left;
}

/* ---- groups -------------------------------------------------------------- */

static struct group *group_of(struct groups *l, struct strmap *index,
    const char *digest, size_t *ret_at)
{
	uintptr_t at = (uintptr_t)strmap_get(index, digest);

	if (!at) {
		if (l->n == l->cap) {
			l->cap = l->cap ? 2 * l->cap : 64;
			l->v = xreallocarray(l->v, l->cap, sizeof(*l->v));
		}
		l->v[l->n++] = (struct group){ 0 };
		at = l->n;
		strmap_set(index, digest, (void *)at);
	}
	*ret_at = at;
	return &l->v[at - 1];
}

/* Those that are equal to themselves on the other side did not move. */
static void take_out_unmoved(struct engine *e, struct groups *l)
{
	for (size_t i = 0; i < e->before.n; i++) {
		size_t k = refgraph_find(&e->after, e->before.v[i].at);

		if (!l->before[i] || k == SIZE_MAX ||
		    l->after[k] != l->before[i])
			continue;
		l->before[i] = 0;
		l->after[k] = 0;
	}
	for (size_t g = 0; g < l->n; g++) {
		struct group *p = &l->v[g];

		p->both_sides = p->n_before && p->n_after;
		p->same_count = p->n_before == p->n_after;
		p->n_before = keep_left(p->before, p->n_before, l->before);
		p->n_after = keep_left(p->after, p->n_after, l->after);
	}
}

/* Digests of before in their order, then those only after has. */
static void group_digests(struct engine *e, const struct digests *before,
    const struct digests *after, struct groups *ret)
{
	struct strmap index = { 0 };

	ret->before = xcalloc(e->before.n + 1, sizeof(size_t));
	ret->after = xcalloc(e->after.n + 1, sizeof(size_t));
	for (size_t i = 0; i < before->n; i++) {
		size_t node = before->order[i];
		struct group *g = group_of(ret, &index, before->v[node],
		    &ret->before[node]);

		push(&g->before, &g->n_before, node);
	}
	for (size_t i = 0; i < after->n; i++) {
		size_t node = after->order[i];
		struct group *g = group_of(ret, &index, after->v[node],
		    &ret->after[node]);

		push(&g->after, &g->n_after, node);
	}
	strmap_release(&index);
	take_out_unmoved(e, ret);
}

static void groups_release(struct groups *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].before);
		free(l->v[i].after);
		free(l->v[i].overrides);
	}
	free(l->v);
	free(l->before);
	free(l->after);
}

static bool is_ambiguous(size_t n_before, size_t n_after)
{
	return n_before && n_after && (n_before > 1 || n_after > 1);
}

/* ---- overrides ----------------------------------------------------------- */

static struct move move_of(const struct engine *e, size_t before,
    size_t after)
{
	return (struct move){ .from = e->before.v[before].at,
		.to = e->after.v[after].at };
}

/* What is clear with the references turned around. */
static void find_structural(struct engine *e)
{
	CLEANUP(digests_release) struct digests before = { 0 }, after = { 0 };
	CLEANUP(groups_release) struct groups l = { 0 };

	refgraph_digests(&e->before, REFGRAPH_OPPOSITE, &before);
	refgraph_digests(&e->after, REFGRAPH_OPPOSITE, &after);
	group_digests(e, &before, &after, &l);
	e->overrides = xreallocarray(e->overrides, e->n_overrides + l.n + 1,
	    sizeof(*e->overrides));
	for (size_t i = 0; i < l.n; i++)
		if (l.v[i].n_before == 1 && l.v[i].n_after == 1)
			e->overrides[e->n_overrides++] = move_of(e,
			    l.v[i].before[0], l.v[i].after[0]);
}

/* Each to the ambiguous group that it decides in, if there is one. */
static void hand_out_overrides(struct engine *e)
{
	for (size_t i = 0; i < e->n_overrides; i++) {
		size_t from = refgraph_find(&e->before, e->overrides[i].from);
		size_t to = refgraph_find(&e->after, e->overrides[i].to);
		size_t at = from == SIZE_MAX || to == SIZE_MAX
		    ? 0
		    : e->groups.before[from];
		struct group *g = at ? &e->groups.v[at - 1] : NULL;

		if (g && e->groups.after[to] == at &&
		    is_ambiguous(g->n_before, g->n_after))
			push(&g->overrides, &g->n_overrides, i);
	}
}

/* ---- result -------------------------------------------------------------- */

static void add_move(struct engine *e, size_t before, size_t after)
{
	e->ret->v[e->ret->n++] = move_of(e, before, after);
}

/* Pairs that an override names; what is left stays in the group. */
static void decide(struct engine *e, struct group *g)
{
	struct groups *l = &e->groups;

	for (size_t i = 0; i < g->n_overrides; i++) {
		const struct move *m = &e->overrides[g->overrides[i]];
		size_t from = refgraph_find(&e->before, m->from);
		size_t to = refgraph_find(&e->after, m->to);

		if (!l->before[from] || !l->after[to])
			continue;
		add_move(e, from, to);
		l->before[from] = 0;
		l->after[to] = 0;
	}
	g->n_before = keep_left(g->before, g->n_before, l->before);
	g->n_after = keep_left(g->after, g->n_after, l->after);
}

static struct place *places_of(const struct refgraph *g, const size_t *nodes,
    size_t n)
{
	struct place *v = xcalloc(n + 1, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = g->v[nodes[i]].at;
	return v;
}

static void add_choice(struct engine *e, const struct group *g)
{
	e->ret->ambiguous[e->ret->n_ambiguous++] = (struct move_choice){
		.from = places_of(&e->before, g->before, g->n_before),
		.to = places_of(&e->after, g->after, g->n_after),
		.n_from = g->n_before,
		.n_to = g->n_after,
	};
}

static void match(struct engine *e)
{
	struct groups *l = &e->groups;

	e->ret->v = xcalloc(e->before.n + 1, sizeof(*e->ret->v));
	e->ret->ambiguous = xcalloc(l->n + 1, sizeof(*e->ret->ambiguous));
	for (size_t i = 0; i < l->n; i++) {
		struct group *g = &l->v[i];

		if (is_ambiguous(g->n_before, g->n_after))
			decide(e, g);
		if (is_ambiguous(g->n_before, g->n_after))
			add_choice(e, g);
		else if (g->n_before && g->n_after)
			add_move(e, g->before[0], g->after[0]);
	}
}

static void list_unmatched(struct engine *e)
{
	struct moves *m = e->ret;

	m->only_before = xcalloc(e->before.n + 1, sizeof(*m->only_before));
	m->only_after = xcalloc(e->after.n + 1, sizeof(*m->only_after));
	m->isomorphic = true;
	for (size_t i = 0; i < e->groups.n; i++) {
		const struct group *g = &e->groups.v[i];

		m->isomorphic = m->isomorphic && g->same_count;
		if (g->both_sides)
			continue;
		for (size_t k = 0; k < g->n_before; k++)
			m->only_before[m->n_only_before++] =
			    e->before.v[g->before[k]].at;
		for (size_t k = 0; k < g->n_after; k++)
			m->only_after[m->n_only_after++] =
			    e->after.v[g->after[k]].at;
	}
}

static char *key_of(const char *stack, const char *id)
{
	return xasprintf("%s.%s", stack, id);
}

static void index_moves(struct moves *m)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct move *v = &m->v[i];
		CLEANUP(free_p) char *from = key_of(v->from.stack, v->from.id);
		CLEANUP(free_p) char *to = key_of(v->to.stack, v->to.id);

		strmap_set(&m->from, from, &m->v[i]);
		strmap_set(&m->to, to, &m->v[i]);
	}
}

void moves_find(const struct moves_input *in, struct moves *ret)
{
	struct engine e = { .ret = ret };

	*ret = (struct moves){ 0 };
	refgraph_build(in->before, in->n_before, &e.before);
	refgraph_build(in->after, in->n_after, &e.after);
	e.n_overrides = in->n_overrides;
	e.overrides = xcalloc(in->n_overrides + 1, sizeof(*e.overrides));
	for (size_t i = 0; i < in->n_overrides; i++)
		e.overrides[i] = in->overrides[i];
	refgraph_digests(&e.before, REFGRAPH_DIRECT, &e.of_before);
	refgraph_digests(&e.after, REFGRAPH_DIRECT, &e.of_after);
	group_digests(&e, &e.of_before, &e.of_after, &e.groups);
	find_structural(&e);
	hand_out_overrides(&e);
	list_unmatched(&e);
	match(&e);
	index_moves(ret);
	groups_release(&e.groups);
	digests_release(&e.of_before);
	digests_release(&e.of_after);
	refgraph_release(&e.before);
	refgraph_release(&e.after);
	free(e.overrides);
}

void moves_release(struct moves *m)
{
	for (size_t i = 0; i < m->n_ambiguous; i++) {
		free(m->ambiguous[i].from);
		free(m->ambiguous[i].to);
	}
	free(m->v);
	free(m->ambiguous);
	free(m->only_before);
	free(m->only_after);
	strmap_release(&m->from);
	strmap_release(&m->to);
	*m = (struct moves){ 0 };
}

static const struct move *lookup(const struct strmap *m, const char *stack,
    const char *id)
{
	CLEANUP(free_p) char *key = key_of(stack, id);

	return strmap_get(m, key);
}

const struct move *moves_from(const struct moves *m, const char *stack,
    const char *id)
{
	return m ? lookup(&m->from, stack, id) : NULL;
}

const struct move *moves_to(const struct moves *m, const char *stack,
    const char *id)
{
	return m ? lookup(&m->to, stack, id) : NULL;
}
