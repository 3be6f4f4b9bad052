#include "deploy/graph.h"

#include <pthread.h>

#include "util/pool.h"
#include "util/strbuf.h"
#include "util/timeutil.h"
#include "util/trace.h"

/* Indexes of nodes. */
struct list {
	size_t *v;
	size_t n, cap;
};

struct node {
	struct graph *g;
	enum graph_type type;
	enum graph_state state;
	char *id, *label;
	graph_work *work;
	void *arg;
	size_t self;
	struct list on;	   /* nodes it waits for; some may stand there twice */
	struct list users; /* nodes that wait for it, as often */
	size_t waits;	   /* while running: of `on`, how many are to come */
	size_t because;	   /* SKIPPED: the node that failed */
	bool forgiving;
	struct err err; /* FAILED */
};

/* Nodes that may start, first come, first served. */
struct queue {
	size_t *v;
	size_t head, tail;
};

struct graph {
	struct node **v;
	size_t n, cap;
	size_t of_type[GRAPH_TYPES];
	bool keep_going;
	const atomic_bool *stopping; /* or NULL */
	/* the nodes that wait for `marked`, as graph_depend_loosely() found
	 * out; valid while no edge has been added to one of them */
	bool *mark;
	size_t marked;
	bool mark_valid;
	pthread_mutex_t lock; /* states and counts while running */
	pthread_cond_t moved;
	size_t active[GRAPH_TYPES];
	size_t n_active, n_failed;
	size_t last_failed;
	struct queue ready[GRAPH_TYPES];
};

static void list_add(struct list *l, size_t node)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 4;
		l->v = xreallocarray(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n++] = node;
}

static void list_release(struct list *l)
{
	free(l->v);
}

struct graph *graph_new(void)
{
	struct graph *g = xcalloc(1, sizeof(*g));

	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->moved, NULL);
	return g;
}

static void node_free(struct node *n)
{
	free(n->id);
	free(n->label);
	list_release(&n->on);
	list_release(&n->users);
	err_release(&n->err);
	free(n);
}

void graph_free(struct graph *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->n; i++)
		node_free(g->v[i]);
	free(g->v);
	free(g->mark);
	for (int t = 0; t < GRAPH_TYPES; t++)
		free(g->ready[t].v);
	pthread_cond_destroy(&g->moved);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

/* ---- making it ----------------------------------------------------------- */

size_t graph_add(struct graph *g, enum graph_type type, const char *id,
    graph_work *work, void *arg)
{
	struct node *n = xcalloc(1, sizeof(*n));

	*n = (struct node){ .g = g, .type = type, .id = xstrdup(id),
		.work = work, .arg = arg, .self = g->n };
	if (g->n == g->cap) {
		g->cap = g->cap ? 2 * g->cap : 32;
		g->v = xreallocarray(g->v, g->cap, sizeof(*g->v));
		g->mark = xreallocarray(g->mark, g->cap, sizeof(*g->mark));
	}
	g->mark[g->n] = false;
	g->of_type[type]++;
	g->v[g->n] = n;
	return g->n++;
}

size_t graph_size(const struct graph *g)
{
	return g->n;
}

enum graph_type graph_type_of(const struct graph *g, size_t node)
{
	return g->v[node]->type;
}

void graph_label(struct graph *g, size_t node, const char *label)
{
	free(g->v[node]->label);
	g->v[node]->label = xstrdup(label);
}

const char *graph_label_of(const struct graph *g, size_t node)
{
	return g->v[node]->label ? g->v[node]->label : g->v[node]->id;
}

void graph_depend(struct graph *g, size_t node, size_t on)
{
	if (on == g->marked || g->mark[on])
		g->mark_valid = false;
	list_add(&g->v[node]->on, on);
	list_add(&g->v[on]->users, node);
}

/* Marks what waits for `to`, directly or through others. */
static void mark_waiting(struct graph *g, size_t to)
{
	CLEANUP(list_release) struct list todo = { 0 };

	memset(g->mark, 0, g->n * sizeof(*g->mark));
	g->marked = to;
	g->mark_valid = true;
	list_add(&todo, to);
	while (todo.n) {
		const struct list *users = &g->v[todo.v[--todo.n]]->users;

		for (size_t i = 0; i < users->n; i++) {
			if (g->mark[users->v[i]])
				continue;
			g->mark[users->v[i]] = true;
			list_add(&todo, users->v[i]);
		}
	}
}

void graph_depend_loosely(struct graph *g, size_t node, size_t on)
{
	if (!g->mark_valid || g->marked != node)
		mark_waiting(g, node);
	if (on != node && !g->mark[on])
		graph_depend(g, node, on);
}

void graph_drop(struct graph *g, size_t node)
{
	g->v[node]->state = GRAPH_DONE;
}

void graph_forgive(struct graph *g, size_t node)
{
	g->v[node]->forgiving = true;
}

void graph_keep_going(struct graph *g)
{
	g->keep_going = true;
}

void graph_watch(struct graph *g, const atomic_bool *stopping)
{
	g->stopping = stopping;
}

bool graph_is_needed(const struct graph *g, size_t node)
{
	const struct list *users = &g->v[node]->users;

	for (size_t i = 0; i < users->n; i++)
		if (g->v[users->v[i]]->state != GRAPH_DONE)
			return true;
	return false;
}

/* ---- running it ---------------------------------------------------------- */

static void queue_ready(struct graph *g, struct node *n)
{
	struct queue *q = &g->ready[n->type];

	n->state = GRAPH_QUEUED;
	q->v[q->tail++] = n->self;
}

/* One of those that n waits for came to an end. */
static void one_less(struct graph *g, struct node *n)
{
	if (--n->waits == 0 && n->state == GRAPH_PENDING)
		queue_ready(g, n);
}

static void skip_users(struct graph *g, const struct node *failed)
{
	CLEANUP(list_release) struct list todo = { 0 };

	list_add(&todo, failed->self);
	while (todo.n) {
		const struct list *users = &g->v[todo.v[--todo.n]]->users;

		for (size_t i = 0; i < users->n; i++) {
			struct node *u = g->v[users->v[i]];

			if (u->forgiving) {
				one_less(g, u);
				continue;
			}
			if (u->state != GRAPH_PENDING)
				continue;
			TRACE(TRACE_GRAPH, "skipped %s", u->id);
			u->state = GRAPH_SKIPPED;
			u->because = failed->self;
			list_add(&todo, u->self);
		}
	}
}

static void finish(struct graph *g, struct node *n, int r, struct err *e)
{
	g->active[n->type]--;
	g->n_active--;
	if (r >= 0) {
		n->state = GRAPH_DONE;
		for (size_t i = 0; i < n->users.n; i++)
			one_less(g, g->v[n->users.v[i]]);
		return;
	}
	n->state = GRAPH_FAILED;
	err_move(&n->err, e);
	n->err.code = r;
	g->n_failed++;
	g->last_failed = n->self;
	if (g->keep_going)
		skip_users(g, n);
}

static void run_node(void *arg)
{
	struct node *n = arg;
	struct graph *g = n->g;
	struct err e = { 0 };
	int r;

	TRACE(TRACE_GRAPH, "start %s", n->id);
	r = n->work(n->arg, &e);
	TRACE(TRACE_GRAPH, "%s %s", r < 0 ? "failed" : "done", n->id);
	pthread_mutex_lock(&g->lock);
	finish(g, n, r, &e);
	pthread_cond_signal(&g->moved);
	pthread_mutex_unlock(&g->lock);
	err_release(&e);
}

static int by_index(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* What becomes ready together starts in the order it was added. */
static void prepare(struct graph *g)
{
	for (int t = 0; t < GRAPH_TYPES; t++) {
		free(g->ready[t].v);
		g->ready[t] = (struct queue){
			.v = xcalloc(g->of_type[t] + 1, sizeof(size_t)) };
	}
	for (size_t i = 0; i < g->n; i++) {
		struct node *n = g->v[i];

		if (n->users.n > 1)
			qsort(n->users.v, n->users.n, sizeof(*n->users.v),
			    by_index);
		n->waits = 0;
		for (size_t k = 0; k < n->on.n; k++)
			n->waits += g->v[n->on.v[k]]->state != GRAPH_DONE;
		if (n->state == GRAPH_PENDING && !n->waits)
			queue_ready(g, n);
	}
}

static bool may_start(const struct graph *g)
{
	return (g->keep_going || !g->n_failed) && !cancel_requested() &&
	    !(g->stopping && atomic_load(g->stopping));
}

static void start_ready(struct graph *g, const unsigned limits[GRAPH_TYPES],
    struct pool *pool)
{
	for (int t = 0; t < GRAPH_TYPES; t++) {
		struct queue *q = &g->ready[t];

		while (q->head < q->tail && g->active[t] < limits[t]) {
			struct node *n = g->v[q->v[q->head++]];

			n->state = GRAPH_RUNNING;
			g->active[t]++;
			g->n_active++;
			pool_submit(pool, run_node, n);
		}
	}
}

/* "a -> b -> a": follows what pending nodes wait for until one comes again. */
static int stalled(const struct graph *g, struct err *err)
{
	CLEANUP(strvec_release) struct strvec path = { 0 };
	CLEANUP(free_p) size_t *order = xcalloc(g->n + 1, sizeof(*order));
	CLEANUP(free_p) size_t *place = xcalloc(g->n + 1, sizeof(*place));
	CLEANUP(free_p) char *text = NULL;
	size_t n = 0, at = 0;

	while (g->v[at]->state != GRAPH_PENDING)
		at++;
	while (!place[at]) {
		const struct list *on = &g->v[at]->on;

		order[n++] = at;
		place[at] = n;
		for (size_t i = 0; i < on->n; i++)
			if (g->v[on->v[i]]->state == GRAPH_PENDING) {
				at = on->v[i];
				break;
			}
	}
	for (size_t i = place[at] - 1; i < n; i++)
		strvec_add(&path, g->v[order[i]]->id);
	strvec_add(&path, g->v[at]->id);
	text = strvec_join(&path, " -> ");
	return err_set(err, E_INVALID,
	    "Unable to make progress anymore, dependency cycle between "
	    "remaining artifacts: %s (run with -vv for full graph)", text);
}

/* What was not begun; is anything left that should have been? */
static bool skip_rest(struct graph *g)
{
	bool any = false;

	for (size_t i = 0; i < g->n; i++) {
		struct node *n = g->v[i];

		if (n->state != GRAPH_PENDING && n->state != GRAPH_QUEUED)
			continue;
		any = true;
		n->state = GRAPH_SKIPPED;
		n->because = n->self;
	}
	return any;
}

static int conclude(struct graph *g, struct err *err)
{
	bool stopped = !may_start(g);
	int r = 0;

	if (!stopped && g->n_failed == 0)
		for (size_t i = 0; i < g->n && r == 0; i++)
			if (g->v[i]->state == GRAPH_PENDING)
				r = stalled(g, err);
	if (skip_rest(g) && r == 0 && g->n_failed == 0)
		r = err_set(err, E_CANCELLED, "interrupted");
	if (g->n_failed) {
		const struct node *n = g->v[g->last_failed];

		r = n->err.code;
		if (err)
			err_copy(err, &n->err);
	}
	return r;
}

int graph_run(struct graph *g, const unsigned limits[GRAPH_TYPES],
    struct err *err)
{
	unsigned threads = 0;
	struct pool *pool;

	for (int t = 0; t < GRAPH_TYPES; t++)
		threads += (unsigned)MIN((size_t)limits[t], g->of_type[t]);
	pool = pool_new(threads);
	pthread_mutex_lock(&g->lock);
	prepare(g);
	for (;;) {
		if (may_start(g))
			start_ready(g, limits, pool);
		if (g->n_active == 0)
			break;
		pthread_cond_wait(&g->moved, &g->lock);
	}
	pthread_mutex_unlock(&g->lock);
	pool_free(pool);
	return conclude(g, err);
}

/* ---- what became of it --------------------------------------------------- */

enum graph_state graph_state_of(const struct graph *g, size_t node)
{
	return g->v[node]->state;
}

const struct err *graph_error_of(const struct graph *g, size_t node)
{
	return g->v[node]->state == GRAPH_FAILED ? &g->v[node]->err : NULL;
}

size_t graph_because(const struct graph *g, size_t node)
{
	return g->v[node]->because;
}

size_t graph_failures(const struct graph *g)
{
	return g->n_failed;
}
