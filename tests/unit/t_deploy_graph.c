/* The work graph: order, limits, failures, cycles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>

#include "deploy/graph.h"
#include "util/strbuf.h"
#include "util/timeutil.h"

struct log {
	pthread_mutex_t lock;
	struct strvec done;
	int running, most;
};

struct task {
	struct log *log;
	const char *name;
	bool fails;
	int ms;
};

static int work(void *arg, struct err *err)
{
	struct task *t = arg;

	pthread_mutex_lock(&t->log->lock);
	t->log->running++;
	t->log->most = MAX(t->log->most, t->log->running);
	pthread_mutex_unlock(&t->log->lock);
	if (t->ms)
		(void)wait_ms(t->ms);
	pthread_mutex_lock(&t->log->lock);
	t->log->running--;
	strvec_add(&t->log->done, t->name);
	pthread_mutex_unlock(&t->log->lock);
	return t->fails ? err_set(err, E_FAIL, "%s failed", t->name) : 0;
}

static void expect(const struct log *l, const char *names)
{
	CLEANUP(free_p) char *got = strvec_join(&l->done, " ");

	assert_string_equal(got, names);
}

#define LOG { .lock = PTHREAD_MUTEX_INITIALIZER }
static const unsigned ones[GRAPH_TYPES] = { 1, 1, 1 };

static void test_order_and_priority(void **state)
{
	CLEANUP(graph_free_p) struct graph *g = graph_new();
	struct log l = LOG;
	struct task t[] = { { &l, "A", 0, 0 }, { &l, "B", 0, 0 },
		{ &l, "publish", 0, 0 }, { &l, "build", 0, 0 } };
	size_t a = graph_add(g, GRAPH_STACK, "A", work, &t[0]);
	size_t b = graph_add(g, GRAPH_STACK, "B", work, &t[1]);
	size_t p = graph_add(g, GRAPH_PUBLISH, "p", work, &t[2]);
	size_t u = graph_add(g, GRAPH_BUILD, "u", work, &t[3]);

	(void)state;
	graph_depend(g, a, b);
	graph_depend(g, b, p);
	graph_depend(g, b, p);
	graph_depend(g, p, u);
	assert_int_equal(graph_run(g, ones, NULL), 0);
	expect(&l, "build publish B A");
	strvec_release(&l.done);
}

static void test_failure_skips_the_rest(void **state)
{
	CLEANUP(graph_free_p) struct graph *g = graph_new();
	CLEANUP(err_release) struct err e = { 0 };
	struct log l = LOG;
	struct task t[] = { { &l, "A", true, 0 }, { &l, "B", 0, 0 },
		{ &l, "C", 0, 0 } };
	size_t a = graph_add(g, GRAPH_STACK, "A", work, &t[0]);
	size_t b = graph_add(g, GRAPH_STACK, "B", work, &t[1]);

	(void)state;
	(void)graph_add(g, GRAPH_STACK, "C", work, &t[2]);
	graph_depend(g, b, a);
	assert_int_equal(graph_run(g, ones, &e), E_FAIL);
	assert_string_equal(err_text(&e), "A failed");
	expect(&l, "A");
	strvec_release(&l.done);
}

static void test_limits(void **state)
{
	CLEANUP(graph_free_p) struct graph *g = graph_new();
	const unsigned limits[GRAPH_TYPES] = { [GRAPH_STACK] = 3 };
	struct log l = LOG;
	struct task t[8];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		t[i] = (struct task){ &l, "x", false, 20 };
		(void)graph_add(g, GRAPH_STACK, "x", work, &t[i]);
	}
	assert_int_equal(graph_run(g, limits, NULL), 0);
	assert_int_equal(l.done.n, ARRAY_SIZE(t));
	assert_true(l.most <= 3);
	strvec_release(&l.done);
}

static void test_cycle(void **state)
{
	CLEANUP(graph_free_p) struct graph *g = graph_new();
	CLEANUP(err_release) struct err e = { 0 };
	struct log l = LOG;
	struct task t[] = { { &l, "free", 0, 0 }, { &l, "a", 0, 0 },
		{ &l, "b", 0, 0 } };
	size_t a, b;

	(void)state;
	(void)graph_add(g, GRAPH_STACK, "free", work, &t[0]);
	a = graph_add(g, GRAPH_STACK, "a", work, &t[1]);
	b = graph_add(g, GRAPH_STACK, "b", work, &t[2]);
	graph_depend(g, a, b);
	graph_depend(g, b, a);
	assert_int_equal(graph_run(g, ones, &e), E_INVALID);
	assert_string_equal(err_text(&e), "Unable to make progress anymore, "
	    "dependency cycle between remaining artifacts: a -> b -> a (run "
	    "with -vv for full graph)");
	expect(&l, "free");
	strvec_release(&l.done);
}

static void test_loose_edges_close_no_cycle(void **state)
{
	CLEANUP(graph_free_p) struct graph *g = graph_new();
	struct log l = LOG;
	struct task t[] = { { &l, "A", 0, 0 }, { &l, "p", 0, 0 } };
	size_t a = graph_add(g, GRAPH_STACK, "A", work, &t[0]);
	size_t p = graph_add(g, GRAPH_PUBLISH, "p", work, &t[1]);

	(void)state;
	graph_depend(g, a, p);
	graph_depend_loosely(g, p, a);
	assert_int_equal(graph_run(g, ones, NULL), 0);
	expect(&l, "p A");
	strvec_release(&l.done);
}

static void test_dropped_nodes(void **state)
{
	CLEANUP(graph_free_p) struct graph *g = graph_new();
	struct log l = LOG;
	struct task t[] = { { &l, "A", 0, 0 }, { &l, "p", 0, 0 },
		{ &l, "b", 0, 0 } };
	size_t a = graph_add(g, GRAPH_STACK, "A", work, &t[0]);
	size_t p = graph_add(g, GRAPH_PUBLISH, "p", work, &t[1]);
	size_t b = graph_add(g, GRAPH_BUILD, "b", work, &t[2]);

	(void)state;
	graph_depend(g, a, p);
	graph_depend(g, p, b);
	assert_true(graph_is_needed(g, b));
	graph_drop(g, p);
	assert_false(graph_is_needed(g, b));
	graph_drop(g, b);
	assert_int_equal(graph_run(g, ones, NULL), 0);
	expect(&l, "A");
	strvec_release(&l.done);
}

static size_t count(const struct graph *g, enum graph_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < graph_size(g); i++)
		n += graph_state_of(g, i) == state;
	return n;
}

static void test_keep_going(void **state)
{
	CLEANUP(graph_free_p) struct graph *g = graph_new();
	CLEANUP(err_release) struct err e = { 0 };
	struct log l = LOG;
	struct task t[] = { { &l, "A", true, 0 }, { &l, "B", 0, 0 },
		{ &l, "C", 0, 0 }, { &l, "D", true, 0 }, { &l, "E", 0, 0 },
		{ &l, "F", 0, 0 } };
	size_t v[ARRAY_SIZE(t)];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		v[i] = graph_add(g, GRAPH_STACK, t[i].name, work, &t[i]);
	graph_depend(g, v[1], v[0]); /* A fails, so B and C are left out */
	graph_depend(g, v[2], v[1]);
	graph_depend(g, v[2], v[3]);
	graph_depend(g, v[5], v[4]);
	graph_keep_going(g);
	assert_int_equal(graph_run(g, ones, &e), E_FAIL);
	assert_string_equal(err_text(&e), "D failed");
	expect(&l, "A D E F");
	assert_int_equal(graph_failures(g), 2);
	assert_string_equal(err_text(graph_error_of(g, v[0])), "A failed");
	assert_string_equal(err_text(graph_error_of(g, v[3])), "D failed");
	assert_null(graph_error_of(g, v[1]));
	assert_int_equal(count(g, GRAPH_SKIPPED), 2);
	assert_int_equal(graph_because(g, v[1]), v[0]);
	assert_int_equal(graph_because(g, v[2]), v[0]);
	assert_int_equal(graph_state_of(g, v[5]), GRAPH_DONE);
	strvec_release(&l.done);
}

static void test_first_failure_leaves_the_rest_out(void **state)
{
	CLEANUP(graph_free_p) struct graph *g = graph_new();
	struct log l = LOG;
	struct task t[] = { { &l, "A", true, 0 }, { &l, "B", 0, 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		(void)graph_add(g, GRAPH_STACK, t[i].name, work, &t[i]);
	assert_int_equal(graph_run(g, ones, NULL), E_FAIL);
	assert_int_equal(graph_state_of(g, 1), GRAPH_SKIPPED);
	assert_int_equal(graph_because(g, 1), 1);
	strvec_release(&l.done);
}

static int stop(void *arg, struct err *err)
{
	(void)err;
	atomic_store((atomic_bool *)arg, true);
	return 0;
}

static void test_stopping(void **state)
{
	CLEANUP(graph_free_p) struct graph *g = graph_new();
	CLEANUP(err_release) struct err e = { 0 };
	struct log l = LOG;
	struct task t = { &l, "B", 0, 0 };
	atomic_bool stopping = false;

	(void)state;
	(void)graph_add(g, GRAPH_STACK, "A", stop, &stopping);
	(void)graph_add(g, GRAPH_STACK, "B", work, &t);
	graph_watch(g, &stopping);
	assert_int_equal(graph_run(g, ones, &e), E_CANCELLED);
	assert_int_equal(graph_state_of(g, 0), GRAPH_DONE);
	assert_int_equal(graph_state_of(g, 1), GRAPH_SKIPPED);
	assert_int_equal(l.done.n, 0);
}

static void test_forgiving(void **state)
{
	CLEANUP(graph_free_p) struct graph *g = graph_new();
	struct log l = LOG;
	struct task t[] = { { &l, "build", true, 0 }, { &l, "publish", 0, 0 },
		{ &l, "other", 0, 0 }, { &l, "S", 0, 0 } };
	size_t b = graph_add(g, GRAPH_BUILD, "b", work, &t[0]);
	size_t p = graph_add(g, GRAPH_PUBLISH, "p", work, &t[1]);
	size_t o = graph_add(g, GRAPH_PUBLISH, "o", work, &t[2]);
	size_t s = graph_add(g, GRAPH_STACK, "S", work, &t[3]);

	(void)state;
	graph_depend(g, p, b);
	graph_depend(g, s, p);
	graph_depend(g, s, o);
	graph_depend(g, s, p);
	graph_forgive(g, s);
	graph_keep_going(g);
	assert_int_equal(graph_run(g, ones, NULL), E_FAIL);
	assert_int_equal(l.done.n, 3);
	assert_string_equal(l.done.v[2], "S");
	assert_int_equal(graph_state_of(g, p), GRAPH_SKIPPED);
	assert_int_equal(graph_because(g, p), b);
	strvec_release(&l.done);
}

/* Stacks in a row with two assets each, one of them shared by all. */
static void test_large(void **state)
{
	enum { STACKS = 3400, NODES = 3 * STACKS + 2 };
	CLEANUP(graph_free_p) struct graph *g = graph_new();
	const unsigned limits[GRAPH_TYPES] = { 2, 2, 2 };
	struct log l = LOG;
	struct task t = { &l, "x", false, 0 };
	size_t shared_build = graph_add(g, GRAPH_BUILD, "sb", work, &t);
	size_t shared = graph_add(g, GRAPH_PUBLISH, "sp", work, &t);
	size_t last = 0;

	(void)state;
	graph_depend(g, shared, shared_build);
	for (size_t i = 0; i < STACKS; i++) {
		size_t s = graph_add(g, GRAPH_STACK, "s", work, &t);
		size_t b = graph_add(g, GRAPH_BUILD, "b", work, &t);
		size_t p = graph_add(g, GRAPH_PUBLISH, "p", work, &t);

		graph_depend(g, p, b);
		graph_depend(g, s, p);
		graph_depend(g, s, shared);
		if (last) {
			graph_depend(g, s, last);
			graph_depend_loosely(g, p, last);
			graph_depend_loosely(g, shared, last); /* a cycle */
		}
		last = s;
	}
	assert_int_equal(graph_size(g), NODES);
	assert_int_equal(graph_run(g, limits, NULL), 0);
	assert_int_equal(l.done.n, NODES);
	assert_int_equal(count(g, GRAPH_DONE), NODES);
	strvec_release(&l.done);
}

static void test_many_failures(void **state)
{
	enum { NODES = 10000 };
	CLEANUP(graph_free_p) struct graph *g = graph_new();
	CLEANUP(free_p) struct task *t = xcalloc(NODES, sizeof(*t));
	const unsigned limits[GRAPH_TYPES] = { [GRAPH_STACK] = 4 };
	struct log l = LOG;

	(void)state;
	for (size_t i = 0; i < NODES; i++) {
		t[i] = (struct task){ &l, "x", i % 2 == 0, 0 };
		(void)graph_add(g, GRAPH_STACK, "s", work, &t[i]);
		if (i % 2)
			graph_depend(g, i, i - 1);
	}
	graph_keep_going(g);
	assert_int_equal(graph_run(g, limits, NULL), E_FAIL);
	assert_int_equal(graph_failures(g), NODES / 2);
	assert_int_equal(count(g, GRAPH_SKIPPED), NODES / 2);
	strvec_release(&l.done);
}

static void test_empty(void **state)
{
	CLEANUP(graph_free_p) struct graph *g = graph_new();

	(void)state;
	assert_int_equal(graph_run(g, ones, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_priority),
		cmocka_unit_test(test_failure_skips_the_rest),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_cycle),
		cmocka_unit_test(test_loose_edges_close_no_cycle),
		cmocka_unit_test(test_dropped_nodes),
		cmocka_unit_test(test_keep_going),
		cmocka_unit_test(test_first_failure_leaves_the_rest_out),
		cmocka_unit_test(test_stopping),
		cmocka_unit_test(test_forgiving),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_many_failures),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
