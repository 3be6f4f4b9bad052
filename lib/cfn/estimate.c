#include "cfn/estimate.h"

enum kind { CREATE, UPDATE, DELETE, IMPORT, KINDS };

static const char *const kind_names[KINDS] = { "CREATE", "UPDATE", "DELETE",
	"IMPORT" };

/* The latest completed operation of a kind on one thing, read backwards. */
struct span {
	int64_t start, end;
	bool started, closed; /* closed: what comes is of an earlier one */
};

/* What resources of a type took. */
struct mean {
	int64_t sum;
	int n;
};

struct step {
	char *type;
	enum kind kind;
	enum { PENDING, BUSY, DONE } state;
	int64_t since; /* BUSY */
	size_t *after; /* steps it waits for */
	size_t n_after;
};

struct estimate {
	struct strmap spans; /* "KIND id" -> struct span * */
	struct strmap types; /* "KIND type" -> struct mean *, made late */
	struct strmap index; /* id -> 1 + index of steps */
	struct step *steps;
	size_t n, cap;
	bool planned, undone;
	bool began; /* the stack itself said so */
	int64_t began_ms;
	enum kind kind;
	char *stack_key; /* of the stack's own span */
};

struct estimate *estimate_new(void)
{
	struct estimate *x = xcalloc(1, sizeof(*x));

	x->spans.free_value = free;
	x->types.free_value = free;
	return x;
}

void estimate_free(struct estimate *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->n; i++) {
		free(x->steps[i].type);
		free(x->steps[i].after);
	}
	free(x->steps);
	free(x->stack_key);
	strmap_release(&x->spans);
	strmap_release(&x->types);
	strmap_release(&x->index);
	free(x);
}

void estimate_clock(int64_t ms, char ret[24])
{
	int64_t s = MAX(ms, 0) / 1000;

	if (s < 3600)
		snprintf(ret, 24, "%d:%02d", (int)(s / 60), (int)(s % 60));
	else
		snprintf(ret, 24, "%d:%02d:%02d", (int)MIN(s / 3600, 99999),
		    (int)(s / 60 % 60), (int)(s % 60));
}

/* KINDS when it is none of these: rolling back and the like. */
static enum kind kind_of(const char *status)
{
	for (int k = 0; k < KINDS; k++) {
		size_t n = strlen(kind_names[k]);

		if (strncmp(status, kind_names[k], n) == 0 &&
		    status[n] == '_' && !strstr(status, "ROLLBACK"))
			return (enum kind)k;
	}
	return KINDS;
}

static char *key_of(enum kind kind, const char *name)
{
	return xasprintf("%s %s", kind_names[kind], name);
}

/* ---- the past ------------------------------------------------------------ */

/* Of a span that got longer, or is new. */
static void learn_type(struct estimate *x, const struct event *e,
    enum kind kind, int64_t longer, bool is_new)
{
	CLEANUP(free_p) char *key = key_of(kind, e->type);
	struct mean *m = strmap_get(&x->types, key);

	if (!m) {
		m = xcalloc(1, sizeof(*m));
		strmap_set(&x->types, key, m);
	}
	m->sum += longer;
	m->n += is_new;
}

void estimate_past(struct estimate *x, const struct event *e)
{
	enum kind kind = kind_of(e->status);
	CLEANUP(free_p) char *key = NULL;
	struct span *s;

	if (kind == KINDS || strstr(e->status, "_CLEANUP_"))
		return;
	key = key_of(kind, e->logical_id);
	s = strmap_get(&x->spans, key);
	if (str_ends(e->status, "_IN_PROGRESS")) {
		if (!s || s->closed)
			return;
		/* of several the earliest counts; a stack says it once */
		if (!e->stack_itself)
			learn_type(x, e, kind, (s->started ? s->start : s->end)
				- e->time_ms, !s->started);
		s->start = e->time_ms;
		s->started = true;
		s->closed = e->stack_itself;
		return;
	}
	if (s) {
		s->closed = true;
		return;
	}
	s = xcalloc(1, sizeof(*s));
	s->end = e->time_ms;
	/* what failed says nothing about what works */
	s->closed = !str_ends(e->status, "_COMPLETE");
	strmap_set(&x->spans, key, s);
}

/* -1: never seen */
static int64_t span_ms(const struct estimate *x, const char *key)
{
	const struct span *s = strmap_get(&x->spans, key);

	return s && s->started && s->end >= s->start ? s->end - s->start : -1;
}

static int64_t usual_ms(const struct estimate *x, const char *id,
    const struct step *step)
{
	CLEANUP(free_p) char *key = key_of(step->kind, id);
	int64_t ms = span_ms(x, key);
	CLEANUP(free_p) char *type_key = NULL;
	const struct mean *m;

	if (ms >= 0)
		return ms;
	type_key = key_of(step->kind, step->type);
	m = strmap_get(&x->types, type_key);
	return m && m->n ? m->sum / m->n : -1;
}

/* ---- the plan ------------------------------------------------------------ */

static struct step *step_of(const struct estimate *x, const char *id)
{
	size_t i = (size_t)(uintptr_t)strmap_get(&x->index, id);

	return i ? &x->steps[i - 1] : NULL;
}

static struct step *add_step(struct estimate *x, const char *id,
    const char *type, enum kind kind)
{
	if (x->n == x->cap) {
		x->cap = x->cap ? 2 * x->cap : 32;
		x->steps = xreallocarray(x->steps, x->cap,
		    sizeof(*x->steps));
	}
	x->steps[x->n++] = (struct step){ .type = xstrdup(type),
		.kind = kind };
	strmap_set(&x->index, id, (void *)(uintptr_t)x->n);
	return &x->steps[x->n - 1];
}

static void wait_for(struct estimate *x, size_t step, const char *id)
{
	size_t on = (size_t)(uintptr_t)strmap_get(&x->index, id);
	struct step *s = &x->steps[step];

	if (!on || on - 1 == step || x->steps[on - 1].kind == DELETE)
		return;
	for (size_t i = 0; i < s->n_after; i++)
		if (s->after[i] == on - 1)
			return;
	s->after = xreallocarray(s->after, s->n_after + 1,
	    sizeof(*s->after));
	s->after[s->n_after++] = on - 1;
}

/* "${Id}" and "${Id.Attribute}" */
static void wait_for_text(struct estimate *x, size_t step, const char *text)
{
	while ((text = strstr(text, "${"))) {
		size_t n = strcspn(text += 2, ".}");
		CLEANUP(free_p) char *id = xasprintf("%.*s", (int)MIN(n, 255u),
		    text);

		wait_for(x, step, id);
	}
}

/* Whatever names another step: Ref, Fn::GetAtt, Fn::Sub, DependsOn. */
static void wait_for_all(struct estimate *x, size_t step, const cJSON *value)
{
	if (cJSON_IsString(value)) {
		if (strstr(value->valuestring, "${"))
			wait_for_text(x, step, value->valuestring);
		return;
	}
	JSON_EACH(m, value) {
		bool names = m->string && (streq(m->string, "Ref") ||
		    streq(m->string, "Fn::GetAtt") ||
		    streq(m->string, "DependsOn"));

		if (names && cJSON_IsString(m)) {
			size_t n = strcspn(m->valuestring, ".");
			CLEANUP(free_p) char *id = xasprintf("%.*s",
			    (int)MIN(n, 255u), m->valuestring);

			wait_for(x, step, id);
		} else if (names && cJSON_IsArray(m)) {
			JSON_EACH(one, m)
				if (cJSON_IsString(one))
					wait_for(x, step, one->valuestring);
		} else {
			wait_for_all(x, step, m);
		}
	}
}

static enum kind kind_of_action(const char *action)
{
	if (streq0(action, "Add"))
		return CREATE;
	if (streq0(action, "Modify"))
		return UPDATE;
	if (streq0(action, "Remove"))
		return DELETE;
	return streq0(action, "Import") ? IMPORT : KINDS;
}

void estimate_plan(struct estimate *x, const cJSON *changes,
    const cJSON *template_)
{
	const cJSON *resources = json_get(template_, "Resources");

	JSON_EACH(c, changes) {
		const cJSON *r = json_get(c, "ResourceChange");
		const char *id = json_str(r, "LogicalResourceId");
		const char *type = json_str(r, "ResourceType");
		enum kind kind = kind_of_action(json_str(r, "Action"));

		if (!id || kind == KINDS || step_of(x, id))
			continue;
		(void)add_step(x, id, type ? type : "", kind);
		x->planned = true;
	}
	STRMAP_EACH(&x->index, e)
		wait_for_all(x, (size_t)(uintptr_t)e->value - 1,
		    json_get(resources, e->key));
}

/* ---- now ----------------------------------------------------------------- */

static void see_stack(struct estimate *x, const struct event *e,
    int64_t now_ms)
{
	enum kind kind = kind_of(e->status);

	if (strstr(e->status, "ROLLBACK"))
		x->undone = true;
	if (kind == KINDS || x->began)
		return;
	x->began = true;
	x->began_ms = now_ms;
	x->kind = kind;
	x->stack_key = key_of(kind, e->logical_id);
}

void estimate_see(struct estimate *x, const struct event *e, int64_t now_ms)
{
	enum kind kind = kind_of(e->status);
	struct step *s;

	if (!e->root)
		return;
	if (e->stack_itself) {
		see_stack(x, e, now_ms);
		return;
	}
	if (kind == KINDS)
		return;
	s = step_of(x, e->logical_id);
	if (!s)
		s = add_step(x, e->logical_id, e->type, kind);
	if (!str_ends(e->status, "_IN_PROGRESS")) {
		s->state = DONE;
		return;
	}
	if (s->state == BUSY)
		return;
	s->kind = kind;
	s->state = BUSY;
	s->since = now_ms;
}

struct reckoning {
	const struct estimate *x;
	int64_t now_ms;
	int64_t *usual; /* per step, -1: unknown */
	int64_t *ends;	/* per step, -1: not reckoned, -2: being reckoned */
};

/* When it will have ended, from now. */
static int64_t end_of(struct reckoning *r, size_t i)
{
	const struct step *s = &r->x->steps[i];
	int64_t usual = MAX(r->usual[i], 0), from = 0;

	if (r->ends[i] >= 0)
		return r->ends[i];
	if (r->ends[i] == -2) /* in a circle, which no template has */
		return 0;
	r->ends[i] = -2;
	if (s->state == DONE)
		return r->ends[i] = 0;
	if (s->state == BUSY)
		return r->ends[i] = MAX(usual - (r->now_ms - s->since), 0);
	for (size_t k = 0; k < s->n_after; k++)
		from = MAX(from, end_of(r, s->after[k]));
	return r->ends[i] = from + usual;
}

static int64_t longest_way(struct reckoning *r)
{
	const struct estimate *x = r->x;
	int64_t made = 0, deleted = 0;

	for (size_t i = 0; i < x->n; i++) {
		bool cleanup = x->kind != DELETE && x->steps[i].kind == DELETE;

		if (cleanup)
			deleted = MAX(deleted, end_of(r, i));
		else
			made = MAX(made, end_of(r, i));
	}
	/* what goes, goes when all else is there */
	return made + deleted;
}

/* What the whole operation took last time, less what has passed. */
static int64_t by_the_whole(const struct estimate *x, int64_t now_ms,
    int64_t least)
{
	int64_t whole = x->began ? span_ms(x, x->stack_key) : -1;

	return whole < 0 ? -1 : MAX(whole - (now_ms - x->began_ms), least);
}

int64_t estimate_left(const struct estimate *x, int64_t now_ms)
{
	CLEANUP(free_p) int64_t *usual = xcalloc(x->n + 1, sizeof(*usual));
	CLEANUP(free_p) int64_t *ends = xcalloc(x->n + 1, sizeof(*ends));
	struct reckoning r = { x, now_ms, usual, ends };
	size_t open = 0, known = 0, i = 0;
	int64_t way;

	if (x->undone || x->spans.n == 0)
		return -1;
	STRMAP_EACH(&x->index, e) {
		usual[i] = usual_ms(x, e->key, &x->steps[i]);
		ends[i] = -1;
		if (x->steps[i].state != DONE) {
			open++;
			known += usual[i] >= 0;
		}
		i++;
	}
	way = longest_way(&r);
	if (!x->planned)
		return by_the_whole(x, now_ms, way);
	if (open == 0)
		return -1; /* cleaning up, of which the past says nothing */
	return known * 2 < open ? -1 : way;
}
