#include "diff/refgraph.h"

#include "diff/tree.h"

/* What stands for a reference in a digest. */
#define MARK "__cloud_ref__"

struct export {
	const char *stack;
	const cJSON *value; /* NULL: none */
};

static char *key_of(const char *stack, const char *id)
{
	return xasprintf("%s.%s", stack, id);
}

/* ---- exports ------------------------------------------------------------- */

static void add_exports(struct refgraph *g, const struct moves_stack *s)
{
	JSON_EACH(o, json_get(s->template_, "Outputs")) {
		const char *name = json_str(json_get(o, "Export"), "Name");
		struct export *e;

		if (!name)
			continue;
		e = xmalloc(sizeof(*e));
		*e = (struct export){ s->name, json_get(o, "Value") };
		strmap_set(&g->exports, name, e);
	}
}

/* What an object with Fn::ImportValue imports from these stacks, or NULL. */
static const struct export *imported(const struct refgraph *g, const cJSON *o)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	const cJSON *import = json_get(o, "Fn::ImportValue");

	if (!import)
		return NULL;
	js_string(&name, import);
	return strmap_get(&g->exports, name.buf);
}

/* ---- nodes --------------------------------------------------------------- */

static void add_node(struct refgraph *g, const char *stack, const cJSON *r)
{
	CLEANUP(free_p) char *key = key_of(stack, r->string);
	uintptr_t at = (uintptr_t)strmap_get(&g->index, key);
	struct refnode *n;

	if (!at && g->n == g->cap) {
		g->cap = g->cap ? 2 * g->cap : 64;
		g->v = xreallocarray(g->v, g->cap, sizeof(*g->v));
	}
	n = &g->v[at ? at - 1 : g->n++];
	*n = (struct refnode){ .at = { stack, r->string },
		.resource = r,
		.ignored = cJSON_IsNull(r) ||
		    streq0(json_str(r, "Type"), "AWS::CDK::Metadata") };
	if (!at)
		strmap_set(&g->index, key, (void *)(uintptr_t)g->n);
}

size_t refgraph_find(const struct refgraph *g, struct place at)
{
	CLEANUP(free_p) char *key = key_of(at.stack, at.id);
	uintptr_t i = (uintptr_t)strmap_get(&g->index, key);

	return i ? i - 1 : SIZE_MAX;
}

/* ---- edges --------------------------------------------------------------- */

static void push_edge(struct edges *e, size_t to)
{
	if (e->n == e->cap) {
		e->cap = e->cap ? 2 * e->cap : 4;
		e->v = xreallocarray(e->v, e->cap, sizeof(*e->v));
	}
	e->v[e->n++] = to;
}

struct walk {
	struct refgraph *g;
	size_t from;
	size_t *seen; /* by node: 1 + the last node with an edge to it */
};

static void link_to(struct walk *w, const char *stack, const char *id)
{
	size_t to = refgraph_find(w->g, (struct place){ stack, id });

	if (to == SIZE_MAX || to == w->from || w->seen[to] == w->from + 1)
		return;
	w->seen[to] = w->from + 1;
	push_edge(&w->g->v[w->from].out, to);
	push_edge(&w->g->v[to].in, w->from);
}

/* A name as text, whatever it is. */
static void link_name(struct walk *w, const char *stack, const cJSON *name)
{
	CLEANUP(strbuf_release) struct strbuf id = STRBUF_INIT;

	js_string(&id, name);
	link_to(w, stack, id.buf);
}

/* The target of Fn::GetAtt: a list's first, a text up to its dot. */
static void link_attribute(struct walk *w, const char *stack,
    const cJSON *target)
{
	CLEANUP(free_p) char *id = NULL;
	const char *text;

	if (cJSON_IsArray(target)) {
		if (target->child)
			link_name(w, stack, target->child);
		return;
	}
	if (!cJSON_IsString(target))
		return;
	text = target->valuestring;
	id = xstrndup(text, strcspn(text, "."));
	link_to(w, stack, id);
}

static void link_import(struct walk *w, const struct export *e)
{
	const cJSON *target;

	if ((target = json_get(e->value, "Fn::GetAtt")))
		link_attribute(w, e->stack, target);
	else if ((target = json_get(e->value, "Ref")))
		link_name(w, e->stack, target);
	else if (e->value)
		link_name(w, e->stack, e->value);
}

static void link_depends_on(struct walk *w, const char *stack,
    const cJSON *names)
{
	if (!names)
		return;
	if (!cJSON_IsArray(names))
		link_name(w, stack, names);
	else
		JSON_EACH(name, names)
			link_name(w, stack, name);
}

static void link_all(struct walk *w, const char *stack, const cJSON *value)
{
	const cJSON *target;
	const struct export *e;

	if ((target = json_get(value, "Ref"))) {
		link_name(w, stack, target);
		return;
	}
	if ((target = json_get(value, "Fn::GetAtt"))) {
		link_attribute(w, stack, target);
		return;
	}
	if ((e = imported(w->g, value))) {
		link_import(w, e);
		return;
	}
	link_depends_on(w, stack, json_get(value, "DependsOn"));
	JSON_EACH(c, value)
		link_all(w, stack, c);
}

void refgraph_build(const struct moves_stack *stacks, size_t n,
    struct refgraph *ret)
{
	struct walk w = { .g = ret };

	*ret = (struct refgraph){ .exports = { .free_value = free } };
	for (size_t i = 0; i < n; i++) {
		const cJSON *all = json_get(stacks[i].template_, "Resources");

		add_exports(ret, &stacks[i]);
		if (cJSON_IsObject(all))
			JSON_EACH(r, all)
				add_node(ret, stacks[i].name, r);
	}
	w.seen = xcalloc(ret->n ? ret->n : 1, sizeof(*w.seen));
	for (w.from = 0; w.from < ret->n; w.from++)
		link_all(&w, ret->v[w.from].at.stack,
		    ret->v[w.from].resource);
	free(w.seen);
}

void refgraph_release(struct refgraph *g)
{
	for (size_t i = 0; i < g->n; i++) {
		free(g->v[i].out.v);
		free(g->v[i].in.v);
	}
	free(g->v);
	strmap_release(&g->index);
	strmap_release(&g->exports);
	*g = (struct refgraph){ 0 };
}

/* ---- content ------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
	return js_compare((*(const cJSON *const *)a)->string,
	    (*(const cJSON *const *)b)->string);
}

/* Where an object stands: the construct path in a resource's own metadata is
 * where the resource is, not what it is, and does not count. */
enum level { LEVEL_RESOURCE, LEVEL_METADATA, LEVEL_INNER };

static void add_content(const struct refgraph *g, struct strbuf *out,
    const cJSON *j, enum level level);

static bool is_left_out(const cJSON *member, enum level level)
{
	if (streq(member->string, "DependsOn"))
		return true;
	return level == LEVEL_METADATA && !cJSON_IsNull(member) &&
	    streq(member->string, "aws:cdk:path");
}

static void add_members(const struct refgraph *g, struct strbuf *out,
    const cJSON *o, enum level level)
{
	size_t n = (size_t)cJSON_GetArraySize(o), i = 0;
	CLEANUP(free_p) const cJSON **v = xcalloc(n + 1, sizeof(*v));

	JSON_EACH(c, o)
		v[i++] = c;
	qsort(v, n, sizeof(*v), by_key);
	for (i = 0; i < n; i++) {
		bool own = level == LEVEL_RESOURCE &&
		    streq(v[i]->string, "Metadata");

		if (is_left_out(v[i], level))
			continue;
		strbuf_adds(out, v[i]->string);
		add_content(g, out, v[i], own ? LEVEL_METADATA : LEVEL_INNER);
	}
}

static void add_mark(struct strbuf *out, const char *kind)
{
	strbuf_addf(out, "%sstring%s", MARK, kind);
}

/* false: what is imported is no reference and no plain value */
static bool add_import(const struct refgraph *g, struct strbuf *out,
    const struct export *e)
{
	if (json_get(e->value, "Ref"))
		add_mark(out, "Ref");
	else if (json_get(e->value, "Fn::GetAtt"))
		add_mark(out, "Fn::GetAtt");
	else if (cJSON_IsObject(e->value) || cJSON_IsArray(e->value))
		return false;
	else
		add_content(g, out, e->value, LEVEL_INNER);
	return true;
}

static void add_object(const struct refgraph *g, struct strbuf *out,
    const cJSON *o, enum level level)
{
	const struct export *e;

	if (json_get(o, "Ref"))
		add_mark(out, "Ref");
	else if (json_get(o, "Fn::GetAtt"))
		add_mark(out, "Fn::GetAtt");
	else if (!(e = imported(g, o)) || !add_import(g, out, e))
		add_members(g, out, o, level);
}

static void add_content(const struct refgraph *g, struct strbuf *out,
    const cJSON *j, enum level level)
{
	if (!j || cJSON_IsNull(j)) {
		strbuf_adds(out, "stringnull");
	} else if (cJSON_IsObject(j)) {
		add_object(g, out, j, level);
	} else if (cJSON_IsArray(j)) {
		JSON_EACH(c, j)
			add_content(g, out, c, LEVEL_INNER);
	} else {
		strbuf_adds(out, cJSON_IsString(j) ? "string"
			: cJSON_IsNumber(j) ? "number" : "boolean");
		js_string(out, j);
	}
}

static const char *content_of(const struct refgraph *g, struct refnode *n)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	if (!n->content[0]) {
		add_content(g, &b, n->resource, LEVEL_RESOURCE);
		sha256_hex(strbuf_sv(&b), n->content);
	}
	return n->content;
}

/* ---- digests ------------------------------------------------------------- */

static void digest_node(struct refgraph *g, size_t i, const struct edges *deps,
    struct digests *ret)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	struct refnode *n = &g->v[i];
	const cJSON *type = json_get(n->resource, "Type");

	if (n->ignored)
		return;
	if (type)
		js_string(&b, type);
	else
		strbuf_adds(&b, "undefined");
	strbuf_adds(&b, content_of(g, n));
	for (size_t k = 0; k < deps->n; k++)
		strbuf_adds(&b, ret->v[deps->v[k]]);
	sha256_hex(strbuf_sv(&b), ret->v[i]);
	ret->order[ret->n++] = i;
}

void refgraph_digests(struct refgraph *g, enum refgraph_direction direction,
    struct digests *ret)
{
	bool direct = direction == REFGRAPH_DIRECT;
	CLEANUP(free_p) size_t *left = xcalloc(g->n + 1, sizeof(*left));
	CLEANUP(free_p) size_t *queue = xcalloc(g->n + 1, sizeof(*queue));
	size_t head = 0, tail = 0;

	*ret = (struct digests){ .v = xcalloc(g->n + 1, sizeof(*ret->v)),
		.order = xcalloc(g->n + 1, sizeof(*ret->order)) };
	for (size_t i = 0; i < g->n; i++) {
		left[i] = direct ? g->v[i].out.n : g->v[i].in.n;
		if (!left[i])
			queue[tail++] = i;
	}
	/* what is in a circle, or leads into one, never gets here */
	while (head < tail) {
		size_t i = queue[head++];
		const struct refnode *n = &g->v[i];
		const struct edges *next = direct ? &n->in : &n->out;

		digest_node(g, i, direct ? &n->out : &n->in, ret);
		for (size_t k = 0; k < next->n; k++)
			if (--left[next->v[k]] == 0)
				queue[tail++] = next->v[k];
	}
}

void digests_release(struct digests *d)
{
	free(d->v);
	free(d->order);
	*d = (struct digests){ 0 };
}
