#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdatomic.h>

#include "util/pool.h"
#include "util/timeutil.h"

static atomic_int sum, active, peak;

struct item {
	int n;
};

static void add(void *arg)
{
	struct item *it = arg;
	int now = atomic_fetch_add(&active, 1) + 1, seen = atomic_load(&peak);

	while (now > seen && !atomic_compare_exchange_weak(&peak, &seen, now))
		;
	wait_ms(5);
	atomic_fetch_add(&sum, it->n);
	atomic_fetch_sub(&active, 1);
}

static void test_all_run(void **state)
{
	CLEANUP(pool_free_p) struct pool *p = pool_new(4);
	struct item items[40];
	int want = 0;

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 40; i++) {
			items[i].n = i;
			want += i;
			pool_submit(p, add, &items[i]);
		}
		pool_wait(p);
		assert_int_equal(atomic_load(&sum), want);
	}
	assert_in_range(atomic_load(&peak), 2, 4);
}

static void note(void *arg)
{
	static int next;
	struct item *it = arg;

	it->n = next++;
}

static void test_order(void **state)
{
	struct pool *p = pool_new(1);
	struct item items[10];

	(void)state;
	for (int i = 0; i < 10; i++)
		pool_submit(p, note, &items[i]);
	pool_free(p);
	for (int i = 0; i < 10; i++)
		assert_int_equal(items[i].n, i);
	pool_free(NULL);
	pool_free(pool_new(0));
}

#define WIDE 120
static atomic_int working, most, under_way, all_there;

static void work(void)
{
	int now = atomic_fetch_add(&working, 1) + 1, seen = atomic_load(&most);

	while (now > seen && !atomic_compare_exchange_weak(&most, &seen, now))
		;
	for (volatile int i = 0; i < 20000; i++)
		;
	atomic_fetch_sub(&working, 1);
}

/* Waits for what only comes when all the others have begun. */
static void rest(void *arg)
{
	struct item *it = arg;

	work();
	if (atomic_fetch_add(&under_way, 1) + 1 == WIDE)
		atomic_store(&all_there, 1);
	while (!atomic_load(&all_there))
		(void)wait_ms(it->n);
}

/* A wide pool has some at work and any number that sleep. */
static void test_sleepers_let_others_begin(void **state)
{
	struct pool *p = pool_new(WIDE);
	struct item items[WIDE];

	(void)state;
	for (int i = 0; i < WIDE; i++) {
		items[i].n = 40;
		pool_submit(p, rest, &items[i]);
	}
	pool_free(p);
	assert_int_equal(atomic_load(&under_way), WIDE);
	assert_in_range(atomic_load(&most), 1, 40);
	/* on a thread that is no pool's nothing happens */
	pool_rest();
	pool_wake();
}

static atomic_int begun;

static void block(void *arg)
{
	(void)arg;
	atomic_fetch_add(&begun, 1);
	/* without a word to the pool: it lets more begin all the same */
	while (atomic_load(&begun) < 36)
		(void)poll(NULL, 0, 5);
}

static void test_nothing_is_held_up(void **state)
{
	struct pool *p = pool_new(WIDE);

	(void)state;
	for (int i = 0; i < 36; i++)
		pool_submit(p, block, NULL);
	pool_free(p);
	assert_int_equal(atomic_load(&begun), 36);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sleepers_let_others_begin),
		cmocka_unit_test(test_nothing_is_held_up),
		cmocka_unit_test(test_all_run),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
