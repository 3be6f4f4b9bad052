/*
 * The turns of many threads: in order, one after the other at the pace that a
 * throttling server leaves, and none waited for while there is no throttling.
 * Run it under -fsanitize=thread too.
 */
#include "aws/throttle.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>

#include <cmocka.h>

#include "util/pool.h"
#include "util/timeutil.h"

#define THREADS 16
#define EACH 8

static struct throttle *first(struct throttles *all, const char *mode)
{
	struct aws_config none = { 0 };

	if (mode)
		setenv("AWS_RETRY_MODE", mode, 1);
	else
		unsetenv("AWS_RETRY_MODE");
	(void)throttles_attempts(all, &none, NULL);
	return throttle_get(all, "1", "r", "s", "Op");
}

static void t_keys(void **state)
{
	struct throttles *all = throttles_new();
	struct throttle *t = first(all, NULL);

	(void)state;
	assert_ptr_equal(throttle_get(all, "1", "r", "s", "Op"), t);
	assert_ptr_not_equal(throttle_get(all, "2", "r", "s", "Op"), t);
	assert_ptr_not_equal(throttle_get(all, "1", "q", "s", "Op"), t);
	assert_ptr_not_equal(throttle_get(all, "1", "r", "t", "Op"), t);
	assert_ptr_not_equal(throttle_get(all, "1", "r", "s", "No"), t);
	assert_ptr_not_equal(throttle_get(all, "1", "r", "s", NULL), t);
	throttles_free(all);
	throttles_free(NULL);
}

static void t_modes(void **state)
{
	static const struct {
		const char *mode;
		bool paced, limited;
	} modes[] = { { NULL, true, false }, { "legacy", false, false },
		{ "Standard", false, true }, { "adaptive", true, true } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct throttles *all = throttles_new();
		struct throttle *t = first(all, modes[i].mode);
		int64_t start = mono_ms(), entered = throttle_enter(t);
		int cost, retries = 0;

		throttle_leave(t, entered, THROTTLE_THROTTLED);
		/* the second one waits for about a second */
		(void)throttle_enter(t);
		assert_int_equal(mono_ms() - start > 500, modes[i].paced);
		while (retries < 200 && throttle_retry(t, false, &cost))
			retries++;
		assert_int_equal(retries, modes[i].limited ? 100 : 200);
		throttle_good(t, cost);
		assert_true(throttle_retry(t, false, &cost));
		throttles_free(all);
	}
	unsetenv("AWS_RETRY_MODE");
}

/* ---- threads ------------------------------------------------------------- */

struct crowd {
	struct throttle *t;
	pthread_mutex_t lock;
	double tokens;
	int64_t filled;
	atomic_int good, throttled;
};

/* 400 a second, 20 at once */
static bool let_through(struct crowd *c)
{
	int64_t now = mono_ms();
	bool ok;

	pthread_mutex_lock(&c->lock);
	c->tokens += (double)(now - c->filled) * 0.4;
	c->tokens = c->tokens > 20 ? 20 : c->tokens;
	c->filled = now;
	ok = c->tokens >= 1;
	c->tokens -= ok;
	pthread_mutex_unlock(&c->lock);
	return ok;
}

static void member(void *arg)
{
	struct crowd *c = arg;

	for (int done = 0; done < EACH;) {
		int64_t entered = throttle_enter(c->t);
		bool ok = let_through(c);

		throttle_leave(c->t, entered, ok ? THROTTLE_GOOD :
		    THROTTLE_THROTTLED);
		if (ok)
			c->good++;
		else
			c->throttled++;
		done += ok;
	}
}

static void t_crowd(void **state)
{
	struct throttles *all = throttles_new();
	struct crowd c = { .t = first(all, NULL), .tokens = 20,
		.filled = mono_ms(), .lock = PTHREAD_MUTEX_INITIALIZER };
	struct pool *p = pool_new(THREADS);

	(void)state;
	for (int i = 0; i < THREADS; i++)
		pool_submit(p, member, &c);
	pool_wait(p);
	pool_free(p);
	assert_int_equal(c.good, THREADS * EACH);
	/* each of them once more would be one in two */
	assert_true(c.throttled < THREADS * EACH / 2);
	throttles_free(all);
}

static void free_member(void *arg)
{
	struct crowd *c = arg;

	for (int i = 0; i < 2000; i++)
		throttle_leave(c->t, throttle_enter(c->t), THROTTLE_GOOD);
}

/* Without throttling nobody waits, whatever the rate. */
static void t_free(void **state)
{
	struct throttles *all = throttles_new();
	struct crowd c = { .t = first(all, NULL) };
	struct pool *p = pool_new(THREADS);
	int64_t start = mono_ms();

	(void)state;
	for (int i = 0; i < THREADS; i++)
		pool_submit(p, free_member, &c);
	pool_wait(p);
	pool_free(p);
	assert_true(mono_ms() - start < 20000);
	throttles_free(all);
}

/* ---- order and cancelling ------------------------------------------------ */

struct line {
	struct throttle *t;
	atomic_int next, waiting;
	int order[4];
};

static void stand_in_line(void *arg)
{
	struct line *l = arg;
	int me = l->waiting++;

	(void)throttle_enter(l->t);
	l->order[l->next++] = me;
}

static void t_order(void **state)
{
	struct throttles *all = throttles_new();
	struct line l = { .t = first(all, NULL) };
	struct pool *p = pool_new(4);

	(void)state;
	for (int i = 0; i < 20; i++)
		(void)throttle_enter(l.t);
	throttle_leave(l.t, mono_ms(), THROTTLE_THROTTLED);
	for (int i = 0; i < 4; i++) {
		pool_submit(p, stand_in_line, &l);
		/* not the test, but that they come one by one */
		while (l.waiting <= i)
			(void)wait_real_ms(1);
		(void)wait_real_ms(5);
	}
	pool_wait(p);
	pool_free(p);
	for (int i = 0; i < 4; i++)
		assert_int_equal(l.order[i], i);
	throttles_free(all);
}

/* Last of all: it cannot be undone. What cleans up is not held back. */
static void t_cancelled(void **state)
{
	struct throttles *all = throttles_new();
	struct throttle *t = first(all, NULL);
	int64_t start = mono_ms();

	(void)state;
	cancel_request();
	for (int i = 0; i < 100; i++)
		throttle_leave(t, throttle_enter(t), THROTTLE_THROTTLED);
	assert_true(mono_ms() - start < 5000);
	throttles_free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_keys),
		cmocka_unit_test(t_modes),
		cmocka_unit_test(t_free),
		cmocka_unit_test(t_crowd),
		cmocka_unit_test(t_order),
		cmocka_unit_test(t_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
