/* When to look at a stack again: never more often than the reference would,
 * soon where an end is near. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cfn/cadence.h"
#include "cfn/fleet.h"
#include "util/timeutil.h"

/* What the reference has sent once it sees the end: it looks at the state at
 * 0, 5, 10 s and at the events at 2, 4, 6 s, each time at those of all. */
static size_t reference(int64_t end, size_t width)
{
	int64_t seen = (end + 4999) / 5000 * 5000;

	return (size_t)(1 + seen / 5000) +
	    width * (size_t)(MAX(seen - 1, (int64_t)0) / 2000) + width;
}

/* Of a whole deployment, before the wait. */
#define SAVED_BEFORE 3

struct run {
	size_t requests;
	int64_t late;
};

/* One operation that ends at `end`; its resource is complete `gap` before.
 * Each request takes `latency`. */
static struct run play(int64_t end, int64_t gap, size_t width, int64_t latency)
{
	struct cadence c;
	struct run ret = { 0 };
	int64_t now = 1000, start = now;
	bool complete = false;

	cadence_init(&c, now);
	for (;;) {
		enum look what;
		int64_t at = cadence_next(&c, now, &what);
		size_t cost = what == LOOK_EVENTS ? c.width : 1;

		assert_true(at >= now);
		now = at;
		cadence_begin(&c, now);
		ret.requests += cost;
		now += latency;
		if (what == LOOK_STATE && at - start >= end)
			break;
		if (what == LOOK_EVENTS) {
			bool was = complete;

			complete = at - start >= end - gap;
			if (!c.seen || complete != was)
				c.moved_ms = now;
			c.seen = true;
			c.width = width;
			c.busy = complete ? 0 : 1;
			c.over = at - start >= end;
		}
		cadence_end(&c, what, cost, now);
		assert_true(ret.requests < 100000);
	}
	ret.late = now - start - end;
	return ret;
}

static void test_budget(void **state)
{
	(void)state;
	for (int64_t end = 0; end < 90000; end += 130) {
		struct run r = play(end, 1000, 1, 0);

		/* one more where it hurried just before the reference looks */
		assert_true(r.requests <= reference(end, 1) + SAVED_BEFORE + 1);
	}
}

static void test_budget_on_the_whole(void **state)
{
	size_t ours = 0, theirs = 0;

	(void)state;
	for (int64_t end = 0; end < 90000; end += 130) {
		ours += play(end, 700, 1, 0).requests;
		theirs += reference(end, 1) + SAVED_BEFORE;
	}
	assert_true(ours < theirs);
}

static void test_nested(void **state)
{
	size_t ours = 0, theirs = 0;
	int64_t late = 0, n = 0;

	(void)state;
	for (int64_t end = 3000; end < 60000; end += 170) {
		struct run r = play(end, 1000, 4, 0);

		ours += r.requests;
		theirs += reference(end, 4);
		late += r.late;
		n++;
	}
	assert_true(ours <= theirs);
	assert_true(late / n < 1250);
}

/* Within a second on average, whatever comes before the end. */
static void test_end_is_noticed_soon(void **state)
{
	static const int64_t gaps[] = { 0, 300, 1000, 4000 };

	(void)state;
	for (size_t g = 0; g < ARRAY_SIZE(gaps); g++) {
		int64_t sum = 0, n = 0;

		for (int64_t end = 3000; end < 60000; end += 37) {
			sum += play(end, gaps[g], 1, 60).late;
			n++;
		}
		assert_true(sum / n < 1000);
	}
}

static void test_long_silence_costs_less(void **state)
{
	struct run r = play(3600000, 1000, 1, 0);

	(void)state;
	assert_true(r.requests < reference(3600000, 1) * 6 / 10);
}

/* The state is read again after failures, less and less often. */
static void test_failures(void **state)
{
	struct cadence c;
	int64_t now = 0, last = 0, step = 0;
	enum look what;

	(void)state;
	cadence_init(&c, now);
	c.deaf = true;
	for (unsigned i = 1; i < 12; i++) {
		now = cadence_next(&c, now, &what);
		assert_int_equal(what, LOOK_STATE);
		assert_true(i < 3 || now - last >= step);
		step = now - last;
		last = now;
		cadence_begin(&c, now);
		c.failures = i;
		cadence_end(&c, LOOK_STATE, 1, now);
		c.events_due = INT64_MAX / 2;
	}
	assert_int_equal(step, 60000);
}

/* The events say that it is over, the state is behind: 1, 2, 4, 5 s. */
static void test_late_state(void **state)
{
	static const int64_t steps[] = { 0, 1000, 2000, 4000, 5000 };
	struct cadence c;
	int64_t now = 0, last;
	enum look what;

	(void)state;
	cadence_init(&c, now);
	cadence_begin(&c, now);
	cadence_end(&c, LOOK_STATE, 1, now);
	now = cadence_next(&c, now, &what);
	assert_int_equal(what, LOOK_EVENTS);
	cadence_begin(&c, now);
	c.seen = c.over = true;
	cadence_end(&c, LOOK_EVENTS, 1, now);
	last = now;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		do {
			now = cadence_next(&c, now, &what);
			cadence_begin(&c, now);
			cadence_end(&c, what, 1, now);
		} while (what != LOOK_STATE);
		/* exact while the budget lasts */
		assert_true(now - last >= steps[i]);
		assert_true(now - last <= steps[i] + 5000);
		last = now;
	}
}

static void test_settled(void **state)
{
	struct settling s = { 0 };

	(void)state;
	assert_true(settled(&s, STATUS_DEPLOYED));
	assert_true(settled(&s, STATUS_GONE));
	for (int i = 0; i < 3; i++)
		assert_false(settled(&s, STATUS_REVIEW));
	assert_true(settled(&s, STATUS_REVIEW));
	/* it was seen at work: a review is an old answer */
	assert_false(settled(&s, STATUS_BUSY));
	for (int i = 0; i < 9; i++)
		assert_false(settled(&s, STATUS_REVIEW));
	assert_true(settled(&s, STATUS_FAILED | STATUS_ROLLBACK));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_budget_on_the_whole),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_end_is_noticed_soon),
		cmocka_unit_test(test_long_silence_costs_less),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_late_state),
		cmocka_unit_test(test_settled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
