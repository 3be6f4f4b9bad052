#include "deploy/graph.h"

#include <pthread.h>

#include "util/pool.h"
#include "util/strbuf.h"
#include "util/trace.h"

enum state { PENDING, QUEUED, RUNNING, DONE, FAILED };

struct node {
	struct graph *g;
	enum graph_type type;
	enum state state;
	char *id;
	graph_work *work;
	void *arg;
	size_t *on; /* nodes it waits for */
	size_t n_on;
};

struct graph {
	struct node **v;
	size_t n, cap;
	pthread_mutex_t lock; /* states and counts while running */
	pthread_cond_t moved;
	size_t active[GRAPH_TYPES];
	size_t n_active;
	struct err failure;
	bool failed;
	size_t *ready; /* QUEUED nodes, best first */
	size_t n_ready;
};

struct graph *graph_new(void)
{
	struct graph *g = xcalloc(1, sizeof(*g));

	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->moved, NULL);
	return g;
}

void graph_free(struct graph *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->n; i++) {
		free(g->v[i]->id);
		free(g->v[i]->on);
		free(g->v[i]);
	}
	free(g->v);
	free(g->ready);
	err_release(&g->failure);
	pthread_cond_destroy(&g->moved);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

size_t graph_add(struct graph *g, enum graph_type type, const char *id,
    graph_work *work, void *arg)
{
	struct node *n = xcalloc(1, sizeof(*n));

	*n = (struct node){ .g = g, .type = type, .id = xstrdup(id),
		.work = work, .arg = arg };
	if (g->n == g->cap) {
		g->cap = g->cap ? 2 * g->cap : 32;
		g->v = xreallocarray(g->v, g->cap, sizeof(*g->v));
	}
	g->v[g->n] = n;
	return g->n++;
}

enum graph_type graph_type_of(const struct graph *g, size_t node)
{
	return g->v[node]->type;
}

void graph_depend(struct graph *g, size_t node, size_t on)
{
	struct node *n = g->v[node];

	for (size_t i = 0; i < n->n_on; i++)
		if (n->on[i] == on)
			return;
	n->on = xreallocarray(n->on, n->n_on + 1, sizeof(*n->on));
	n->on[n->n_on++] = on;
}

/* Does `from` wait for `to`, directly or through others? */
static bool reaches(const struct graph *g, size_t from, size_t to)
{
	CLEANUP(free_p) bool *seen = xcalloc(g->n, sizeof(*seen));
	CLEANUP(free_p) size_t *todo = xcalloc(g->n + 1, sizeof(*todo));
	size_t n = 0;

	todo[n++] = from;
	seen[from] = true;
	while (n) {
		const struct node *x = g->v[todo[--n]];

		if (x == g->v[to])
			return true;
		for (size_t i = 0; i < x->n_on; i++) {
			if (seen[x->on[i]])
				continue;
			seen[x->on[i]] = true;
			todo[n++] = x->on[i];
		}
	}
	return false;
}

void graph_depend_loosely(struct graph *g, size_t node, size_t on)
{
	if (!reaches(g, on, node))
		graph_depend(g, node, on);
}

void graph_drop(struct graph *g, size_t node)
{
	g->v[node]->state = DONE;
}

bool graph_is_needed(const struct graph *g, size_t node)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct node *n = g->v[i];

		if (n->state == DONE)
			continue;
		for (size_t k = 0; k < n->n_on; k++)
			if (n->on[k] == node)
				return true;
	}
	return false;
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
	n->state = r < 0 ? FAILED : DONE;
	g->active[n->type]--;
	g->n_active--;
	if (r < 0) {
		g->failed = true;
		err_move(&g->failure, &e);
		g->failure.code = r;
	}
	pthread_cond_signal(&g->moved);
	pthread_mutex_unlock(&g->lock);
	err_release(&e);
}

static bool may_start(const struct graph *g, const struct node *n)
{
	for (size_t i = 0; i < n->n_on; i++)
		if (g->v[n->on[i]]->state != DONE)
			return false;
	return true;
}

/* Newly ready nodes go behind those of their own priority. */
static void queue_ready(struct graph *g)
{
	for (size_t i = 0; i < g->n; i++) {
		size_t at = g->n_ready;

		if (g->v[i]->state != PENDING || !may_start(g, g->v[i]))
			continue;
		g->v[i]->state = QUEUED;
		while (at > 0 &&
		    g->v[g->ready[at - 1]]->type > g->v[i]->type) {
			g->ready[at] = g->ready[at - 1];
			at--;
		}
		g->ready[at] = i;
		g->n_ready++;
	}
}

static void start_ready(struct graph *g, const unsigned limits[GRAPH_TYPES],
    struct pool *pool)
{
	size_t kept = 0;

	for (size_t i = 0; i < g->n_ready; i++) {
		struct node *n = g->v[g->ready[i]];

		if (g->active[n->type] >= limits[n->type]) {
			g->ready[kept++] = g->ready[i];
			continue;
		}
		n->state = RUNNING;
		g->active[n->type]++;
		g->n_active++;
		pool_submit(pool, run_node, n);
	}
	g->n_ready = kept;
}

/* "a -> b -> a": follows what pending nodes wait for until one comes again. */
static int stalled(const struct graph *g, struct err *err)
{
	CLEANUP(strvec_release) struct strvec path = { 0 };
	CLEANUP(free_p) size_t *order = xcalloc(g->n + 1, sizeof(*order));
	CLEANUP(free_p) char *text = NULL;
	size_t n = 0, at = 0, from;

	while (g->v[at]->state != PENDING)
		at++;
	for (;;) {
		for (from = 0; from < n && order[from] != at; from++)
			;
		if (from < n)
			break;
		order[n++] = at;
		for (size_t i = 0; i < g->v[at]->n_on; i++) {
			size_t next = g->v[at]->on[i];

			if (g->v[next]->state == PENDING) {
				at = next;
				break;
			}
		}
	}
	for (size_t i = from; i < n; i++)
		strvec_add(&path, g->v[order[i]]->id);
	strvec_add(&path, g->v[order[from]]->id);
	text = strvec_join(&path, " -> ");
	return err_set(err, E_INVALID,
	    "Unable to make progress anymore, dependency cycle between "
	    "remaining artifacts: %s (run with -vv for full graph)", text);
}

static bool any_pending(const struct graph *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->v[i]->state == PENDING)
			return true;
	return false;
}

int graph_run(struct graph *g, const unsigned limits[GRAPH_TYPES],
    struct err *err)
{
	unsigned threads = 0;
	struct pool *pool;
	int r = 0;

	for (int t = 0; t < GRAPH_TYPES; t++)
		threads += limits[t];
	pool = pool_new(MIN(threads, (unsigned)g->n + 1));
	free(g->ready);
	g->ready = xcalloc(g->n + 1, sizeof(*g->ready));
	g->n_ready = 0;
	pthread_mutex_lock(&g->lock);
	for (;;) {
		if (!g->failed) {
			queue_ready(g);
			start_ready(g, limits, pool);
		}
		if (g->n_active == 0)
			break;
		pthread_cond_wait(&g->moved, &g->lock);
	}
	pthread_mutex_unlock(&g->lock);
	pool_free(pool);
	if (g->failed) {
		r = g->failure.code;
		err_move(err, &g->failure);
	} else if (any_pending(g)) {
		r = stalled(g, err);
	}
	return r;
}
