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
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
