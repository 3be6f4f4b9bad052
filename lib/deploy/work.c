#include "deploy/run_one.h"

#include "asset/meter.h"
#include "asset/publish.h"
#include "cfn/estimate.h"
#include "deploy/graph.h"
#include "deploy/stop.h"
#include "deploy/summary.h"
#include "term/live.h"
#include "util/digest.h"
#include "util/pool.h"
#include "util/timeutil.h"

#define CHECKS_AT_ONCE 8

/* A node's errand. */
struct errand {
	struct run *run;
	struct stack *stack;
	struct publisher *publisher;
	const struct asset_entry *entry;
	size_t node;
	bool done_before; /* published already */
};

/* What the assets of a stack may wait for. */
struct waits {
	struct errand *const *stacks; /* those that the stack depends on */
	size_t n;
	const struct artifact *assets; /* the manifest they stand in */
};

struct plan {
	struct run *run;
	struct graph *graph;
	struct errand **v;
	size_t n;
	struct publisher **publishers;
	size_t n_publishers;
	struct strmap known;	 /* node id -> struct errand * */
	struct strmap stacks;	 /* stack id -> struct errand * */
};

static void plan_release(struct plan *p)
{
	graph_free(p->graph);
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i]);
	free(p->v);
	for (size_t i = 0; i < p->n_publishers; i++)
		publisher_free(p->publishers[i]);
	free(p->publishers);
	strmap_release(&p->known);
	strmap_release(&p->stacks);
}

static int check_stopping(const struct errand *e, struct err *err)
{
	return atomic_load(&e->run->stopping)
	    ? err_set(err, E_CANCELLED, "canceled") : 0;
}

static int work_stack(void *arg, struct err *err)
{
	struct errand *e = arg;
	int r;

	if (check_stopping(e, err) < 0)
		return E_CANCELLED;
	if (e->run->assets_only)
		return 0;
	if (e->run->each)
		return e->run->each(e->run->each_arg, e->stack, err);
	r = run_stack(e->run, e->stack, err);
	if (r < 0 && r != E_CANCELLED && e->run->o->keep_going)
		msg_error(e->run->app->sink, "❌  %s failed; what does not "
		    "depend on it goes on (--keep-going)",
		    e->stack->display_name);
	return r;
}

static int work_build(void *arg, struct err *err)
{
	struct errand *e = arg;

	if (check_stopping(e, err) < 0)
		return E_CANCELLED;
	return publish_build(e->publisher, e->entry, err);
}

static int work_publish(void *arg, struct err *err)
{
	struct errand *e = arg;

	if (check_stopping(e, err) < 0)
		return E_CANCELLED;
	return publish_entry(e->publisher, e->entry, e->run->o->force, err);
}

static struct errand *add(struct plan *p, enum graph_type type,
    const char *id, const struct errand *what)
{
	static graph_work *const work[GRAPH_TYPES] = {
		[GRAPH_BUILD] = work_build,
		[GRAPH_STACK] = work_stack,
		[GRAPH_PUBLISH] = work_publish,
	};
	struct errand *e = xcalloc(1, sizeof(*e));

	*e = *what;
	e->run = p->run;
	e->node = graph_add(p->graph, type, id, work[type], e);
	p->v = xreallocarray(p->v, p->n + 1, sizeof(*p->v));
	p->v[p->n++] = e;
	strmap_set(&p->known, id, e);
	return e;
}

/* "build-<id>-<ten digits of a hash over what>" */
static char *node_id(const char *prefix, const char *id, const cJSON *a,
    const cJSON *b)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	char hex[SHA256_HEX];
	const cJSON *v[] = { a, b };

	strbuf_addf(&text, "%s-%s-", prefix, id);
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		CLEANUP(strbuf_release) struct strbuf h = STRBUF_INIT;

		if (!v[i])
			continue;
		strbuf_adds(&h, id);
		json_write(&h, v[i], 0);
		sha256_hex(strbuf_sv(&h), hex);
		strbuf_add(&text, hex, 10);
	}
	return strbuf_detach(&text);
}

static struct errand *stack_errand(const struct plan *p,
    const struct stack *s)
{
	return strmap_get(&p->stacks, s->hierarchical_id);
}

/* The selected stacks that s depends on. */
static size_t selected_deps(const struct plan *p, const struct stack *s,
    struct errand ***ret)
{
	size_t n = s->artifact->deps.n, kept = 0;
	CLEANUP(free_p) struct stack **deps = xcalloc(n + 1, sizeof(*deps));

	n = stack_deps(s, deps, n);
	*ret = xcalloc(n + 1, sizeof(**ret));
	for (size_t i = 0; i < n; i++) {
		struct errand *e = stack_errand(p, deps[i]);

		if (e)
			(*ret)[kept++] = e;
	}
	return kept;
}

static void label_asset(struct plan *p, const struct errand *e,
    const char *name)
{
	CLEANUP(free_p) char *text = xasprintf("asset %s", name);

	graph_label(p->graph, e->node, text);
}

/* Stacks that an asset manifest itself names. */
static void wait_for_own(struct plan *p, const struct errand *build,
    const struct artifact *assets)
{
	for (size_t i = 0; i < assets->deps.n; i++) {
		const struct artifact *dep = strmap_get(
		    &assets->assembly->by_id, assets->deps.v[i]);
		const struct errand *e = dep && dep->stack
		    ? stack_errand(p, dep->stack) : NULL;

		if (e)
			graph_depend(p->graph, build->node, e->node);
	}
}

/* Of several stacks with the same asset the first one says what its building
 * waits for. */
static struct errand *add_build(struct plan *p, const struct errand *what,
    const struct waits *w)
{
	const struct asset_entry *a = what->entry;
	CLEANUP(free_p) char *id = node_id("build", a->id, a->source, NULL);
	struct errand *e = strmap_get(&p->known, id);

	if (e)
		return e;
	e = add(p, GRAPH_BUILD, id, what);
	label_asset(p, e, a->display_name);
	wait_for_own(p, e, w->assets);
	for (size_t i = 0; i < w->n && !p->run->o->asset_prebuild; i++)
		graph_depend(p->graph, e->node, w->stacks[i]->node);
	return e;
}

static void add_entry(struct plan *p, const struct errand *what,
    const struct waits *w)
{
	const struct asset_entry *a = what->entry;
	CLEANUP(free_p) char *id = node_id("publish", a->id, a->source,
	    a->dest);
	struct errand *publish = strmap_get(&p->known, id);
	struct errand *build = add_build(p, what, w);
	struct errand *stack = stack_errand(p, what->stack);

	if (!publish) {
		publish = add(p, GRAPH_PUBLISH, id, what);
		label_asset(p, publish, a->display_with_dest);
	}
	graph_depend(p->graph, publish->node, build->node);
	graph_depend(p->graph, stack->node, publish->node);
	for (size_t i = 0; i < w->n; i++)
		graph_depend_loosely(p->graph, publish->node,
		    w->stacks[i]->node);
}

static int add_assets(struct plan *p, struct stack *s, struct waits *w,
    struct err *err)
{
	struct artifact *assets[16];
	size_t n = stack_asset_artifacts(s, assets, ARRAY_SIZE(assets));

	for (size_t i = 0; i < n; i++) {
		const struct asset_manifest *m;
		struct publisher *pub;
		int r = publisher_new(p->run->app, s, assets[i], &pub, err);

		if (r < 0)
			return r;
		p->publishers = xreallocarray(p->publishers,
		    p->n_publishers + 1, sizeof(*p->publishers));
		p->publishers[p->n_publishers++] = pub;
		m = publisher_manifest(pub);
		for (size_t k = 0; k < m->n; k++) {
			struct errand what = { .stack = s, .publisher = pub,
				.entry = &m->v[k] };

			w->assets = assets[i];
			add_entry(p, &what, w);
		}
	}
	return 0;
}

static int build(struct plan *p, struct err *err)
{
	const struct stack_list *l = p->run->stacks;

	for (size_t i = 0; i < l->n; i++) {
		struct errand what = { .stack = l->v[i] }, *e;

		e = add(p, GRAPH_STACK, l->v[i]->hierarchical_id, &what);
		graph_label(p->graph, e->node, l->v[i]->display_name);
		if (p->run->assets_only)
			graph_forgive(p->graph, e->node);
		strmap_set(&p->stacks, l->v[i]->hierarchical_id, e);
	}
	for (size_t i = 0; i < l->n; i++) {
		CLEANUP(free_p) struct errand **deps = NULL;
		size_t n = selected_deps(p, l->v[i], &deps);
		struct waits w = { .stacks = deps, .n = n };
		int r;

		for (size_t k = 0; k < n; k++)
			graph_depend(p->graph,
			    stack_errand(p, l->v[i])->node, deps[k]->node);
		r = add_assets(p, l->v[i], &w, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Publications: all of them, or those that are not there yet. */
static size_t count(const struct plan *p, bool all)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += graph_type_of(p->graph, p->v[i]->node) ==
		    GRAPH_PUBLISH && (all || !p->v[i]->done_before);
	return n;
}

static void check_done(void *arg)
{
	struct errand *e = arg;

	e->done_before = publish_is_done(e->publisher, e->entry);
}

static bool is_a(const struct plan *p, const struct errand *e,
    enum graph_type type)
{
	return graph_type_of(p->graph, e->node) == type;
}

/* Leaves out what is published, and then the builds nobody waits for. */
static void drop_published(struct plan *p)
{
	struct pool *pool = pool_new(CHECKS_AT_ONCE);
	struct sink *sink = p->run->app->sink;

	msg_debug(sink, "Checking for previously published assets");
	for (size_t i = 0; i < p->n; i++)
		if (is_a(p, p->v[i], GRAPH_PUBLISH))
			pool_submit(pool, check_done, p->v[i]);
	pool_free(pool);
	for (size_t i = 0; i < p->n; i++) {
		if (!p->v[i]->done_before)
			continue;
		graph_drop(p->graph, p->v[i]->node);
		publish_event(p->v[i]->publisher, p->v[i]->entry, "publish",
		    "asset.present", NULL);
	}
	for (size_t i = 0; i < p->n; i++)
		if (is_a(p, p->v[i], GRAPH_BUILD) &&
		    !graph_is_needed(p->graph, p->v[i]->node))
			graph_drop(p->graph, p->v[i]->node);
	msg_debug(sink, "%zu total assets, %zu still need to be published",
	    count(p, true), count(p, false));
}

/* What is still to be done. */
static int make(struct plan *p, struct err *err)
{
	int r = build(p, err);

	if (r == 0 && !p->run->o->force)
		drop_published(p);
	return r;
}

/* Going on has several errors to tell; one alone is told as ever. */
static int tell(struct plan *p, int r, struct err *err)
{
	bool assets = p->run->assets_only;
	struct summary s = { .graph = p->graph,
		.of = assets ? GRAPH_PUBLISH : GRAPH_STACK,
		.done = assets ? "published" : "deployed" };

	if (r == 0 || !p->run->o->keep_going ||
	    (assets && graph_failures(p->graph) < 2))
		return r;
	for (size_t i = 0; i < p->n && !assets; i++)
		if (is_a(p, p->v[i], GRAPH_STACK))
			summary_skipped(p->run->app->feed, p->graph,
			    p->v[i]->node, p->v[i]->stack->name);
	summary_tell(p->run->app->sink, &s);
	if (cancel_requested())
		return r;
	return err_set(err, E_SILENT, "not all succeeded");
}

/* Above the lines of the stacks that are at work. */
static void draw_total(void *arg, unsigned columns, struct strvec *out)
{
	struct run *run = arg;
	CLEANUP(free_p) char *line = NULL;
	char elapsed[24];

	(void)columns;
	estimate_clock(mono_ms() - run->began_ms, elapsed);
	pthread_mutex_lock(&run->lock);
	line = run->failed
	    ? xasprintf("%u of %zu stacks done, %u failed, %s elapsed",
		run->ended - run->failed, run->stacks->n, run->failed,
		elapsed)
	    : xasprintf("%u of %zu stacks done, %s elapsed", run->ended,
		run->stacks->n, elapsed);
	pthread_mutex_unlock(&run->lock);
	strvec_add(out, line);
}

static int execute(struct plan *p, struct err *err)
{
	const struct run_opts *o = p->run->o;
	bool fleet = streq0(o->progress, "fleet");
	struct live_part total = { .draw = draw_total, .arg = p->run };
	unsigned limits[GRAPH_TYPES] = {
		[GRAPH_BUILD] = o->build_limit,
		[GRAPH_STACK] = o->concurrency,
		[GRAPH_PUBLISH] = o->publish_limit,
	};
	int r;

	(void)app_aws(p->run->app); /* made before the threads share it */
	graph_watch(p->graph, &p->run->stopping);
	if (o->keep_going)
		graph_keep_going(p->graph);
	if (fleet || streq0(o->progress, "bar"))
		meter_enable(p->run->app->sink);
	if (fleet)
		live_add(p->run->app->sink, &total);
	r = graph_run(p->graph, limits, err);
	if (fleet)
		live_remove(&total, NULL);
	return tell(p, r, err);
}

/* What was interrupted has been told; it is no failure. */
static int execute_or_stop(struct plan *p, struct err *err)
{
	struct run *run = p->run;
	struct stopper *s = stopper_begin(run->app, run->journal,
	    &run->stopping, run->o->on_interrupt);
	int r = execute(p, err);

	if (r == 0)
		r = run_second_passes(run, err);
	stopper_end(s);
	return stop_explains(r) ? err_set(err, E_SILENT, "interrupted") : r;
}

int run_all(struct run *run, struct err *err)
{
	CLEANUP(plan_release) struct plan p = { .run = run,
		.graph = graph_new() };
	int r = run->each ? 0 : run_approve_together(run, err);

	if (r == 0)
		r = make(&p, err);
	/* other work has its own answer to Ctrl-C, and guards its own data */
	if (run->each)
		return r < 0 ? r : execute(&p, err);
	if (r == 0)
		r = execute_or_stop(&p, err);
	run_exports_finish(run);
	run_guard_finish(run);
	return r;
}

int run_assets(struct run *run, size_t *ret, struct err *err)
{
	CLEANUP(plan_release) struct plan p = { .run = run,
		.graph = graph_new() };
	int r;

	run->assets_only = true;
	r = make(&p, err);
	if (r < 0)
		return r;
	*ret = count(&p, false);
	if (!*ret)
		return 0;
	msg_info(run->app->sink, "Publishing assets");
	return execute(&p, err);
}
