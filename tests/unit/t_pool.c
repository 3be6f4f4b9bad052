#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_run),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
