/*
 * A resource that is replaced gets a new physical id, so every reference to
 * it changes too, which may replace the referring resource in turn. The
 * references are rewritten in a scratch copy of the new template until no new
 * replacement shows up; what then differs more than before is taken over.
 */
#include "diff/tree.h"

/* A reference found in the scratch copy: {"Ref": X} or {"Fn::x": [X, ...]} */
struct reference {
	cJSON *value; /* the string X itself */
	bool is_ref;
	size_t owner; /* index into the diff's resources, or NONE */
	struct reference *next;
};

#define NONE SIZE_MAX

struct propagation {
	struct diff *d;
	struct strmap refs;   /* logical id -> struct reference list */
	cJSON **scratch;      /* by resource index */
	bool *touched, *done; /* the same */
	size_t *queue, n_queue;
};

static void remember(struct propagation *p, cJSON *value, bool is_ref,
    size_t owner)
{
	struct reference *r = xcalloc(1, sizeof(*r));

	r->value = value;
	r->is_ref = is_ref;
	r->owner = owner;
	r->next = strmap_get(&p->refs, value->valuestring);
	strmap_set(&p->refs, value->valuestring, r);
}

static void free_references(void *head)
{
	struct reference *r = head;

	while (r) {
		struct reference *next = r->next;

		free(r);
		r = next;
	}
}

/* Is this an intrinsic? Then its inside is not looked at any further. */
static bool take_intrinsic(struct propagation *p, cJSON *j, size_t owner)
{
	cJSON *c = cJSON_IsObject(j) ? j->child : NULL;

	if (!c || c->next)
		return false;
	if (streq(c->string, "Ref")) {
		if (cJSON_IsString(c))
			remember(p, c, true, owner);
		return true;
	}
	if (!str_starts(c->string, "Fn::"))
		return false;
	if (cJSON_IsArray(c) && c->child && cJSON_IsString(c->child))
		remember(p, c->child, false, owner);
	return true;
}

static void collect(struct propagation *p, cJSON *j, size_t owner)
{
	if (take_intrinsic(p, j, owner))
		return;
	JSON_EACH(c, j)
		collect(p, c, owner);
}

static void collect_resources(struct propagation *p, cJSON *resources)
{
	struct strmap index = { 0 };
	struct resource_changes *l = &p->d->resources;

	if (!cJSON_IsObject(resources) || take_intrinsic(p, resources, NONE))
		return;
	for (size_t i = 0; i < l->n; i++)
		strmap_set(&index, l->v[i].id, (void *)(uintptr_t)(i + 1));
	JSON_EACH(c, resources) {
		uintptr_t at = (uintptr_t)strmap_get(&index, c->string);

		if (at)
			p->scratch[at - 1] = c;
		collect(p, c, at ? at - 1 : NONE);
	}
	strmap_release(&index);
}

static void rewrite(struct propagation *p, size_t replaced)
{
	const char *id = p->d->resources.v[replaced].id;

	for (struct reference *r = strmap_get(&p->refs, id); r; r = r->next) {
		CLEANUP(free_p) char *text = xasprintf(
		    r->is_ref ? "%s (replaced)" : "%s(replaced)", id);

		cJSON_SetValuestring(r->value, text);
		if (r->owner != NONE)
			p->touched[r->owner] = true;
	}
}

static void enqueue(struct propagation *p, size_t i)
{
	if (!p->done[i]) {
		p->done[i] = true;
		p->queue[p->n_queue++] = i;
	}
}

static struct resource_change rediff(struct propagation *p, size_t i)
{
	const struct resource_change *base = &p->d->resources.v[i];
	struct resource_change r;

	resource_diff(&r, base->id, base->old, p->scratch[i]);
	return r;
}

static void run(struct propagation *p)
{
	size_t n = p->d->resources.n;

	for (size_t i = 0; i < n; i++)
		if (resource_impact(&p->d->resources.v[i]) ==
		    IMPACT_WILL_REPLACE)
			enqueue(p, i);
	for (size_t at = 0; at < p->n_queue; at++) {
		const char *id = p->d->resources.v[p->queue[at]].id;

		rewrite(p, p->queue[at]);
		for (struct reference *r = strmap_get(&p->refs, id); r;
		     r = r->next) {
			struct resource_change c;

			if (r->owner == NONE || p->done[r->owner])
				continue;
			c = rediff(p, r->owner);
			if (resource_impact(&c) == IMPACT_WILL_REPLACE)
				enqueue(p, r->owner);
			resource_release(&c);
		}
	}
}

static bool replaces(enum diff_impact i)
{
	return i == IMPACT_MAY_REPLACE || i == IMPACT_WILL_REPLACE;
}

static void take_over(struct propagation *p, size_t i)
{
	struct resource_change *base = &p->d->resources.v[i];
	struct resource_change c = rediff(p, i);
	enum diff_impact now = resource_impact(&c);

	if (replaces(now) && now != resource_impact(base)) {
		for (size_t k = 0; k < c.props.n; k++) {
			struct change *from = &c.props.v[k], *to;

			if (!replaces(from->impact))
				continue;
			to = changes_find(&base->props, from->id);
			if (!to)
				to = changes_push(&base->props);
			*to = *from;
		}
	}
	resource_release(&c);
}

static bool anything_replaced(const struct diff *d)
{
	for (size_t i = 0; i < d->resources.n; i++)
		if (resource_impact(&d->resources.v[i]) == IMPACT_WILL_REPLACE)
			return true;
	return false;
}

void diff_propagate(struct diff *d)
{
	struct propagation p = { .d = d };
	size_t n = d->resources.n;
	cJSON *resources;

	if (!anything_replaced(d))
		return;
	resources = diff_own(d, json_dup(json_get(d->new_, "Resources")));
	p.refs.free_value = NULL;
	p.scratch = xcalloc(n, sizeof(cJSON *));
	p.touched = xcalloc(n, sizeof(bool));
	p.done = xcalloc(n, sizeof(bool));
	p.queue = xcalloc(n, sizeof(size_t));
	collect_resources(&p, resources);
	run(&p);
	for (size_t i = 0; i < n; i++)
		if (p.touched[i] && p.scratch[i])
			take_over(&p, i);
	STRMAP_EACH(&p.refs, e)
		free_references(e->value);
	strmap_release(&p.refs);
	free(p.scratch);
	free(p.touched);
	free(p.done);
	free(p.queue);
}
