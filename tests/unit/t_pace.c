/*
 * The pace of requests under a clock that the test turns: when it is off, what
 * a throttling answer does, how it recovers, and a whole fleet against a
 * server that lets through so many a second.
 */
#include "net/pace.h"

#include <setjmp.h>

#include <cmocka.h>

#include "net/retry.h"

/* n requests within a second, all good */
static int64_t send_many(struct pace *p, int64_t now, int n)
{
	for (int i = 0; i < n; i++) {
		assert_int_equal(pace_wait_ms(p, 0, now), 0);
		pace_sent(p, now);
		pace_succeeded(p, now);
	}
	return now;
}

static void t_off(void **state)
{
	struct pace p = { 0 };
	int64_t now = 1000;

	(void)state;
	for (int s = 0; s < 100; s++, now += 1000)
		send_many(&p, now, 1000);
	assert_false(p.on);
	assert_int_equal(pace_wait_ms(&p, 500, now), 0);
}

static void t_cut(void **state)
{
	struct pace p = { 0 };
	int64_t now = send_many(&p, 5000, 100);

	(void)state;
	pace_throttled(&p, now, now + 10);
	assert_true(p.on);
	assert_true(p.rate > 65 && p.rate < 71);
	/* the rest of the same flight */
	for (int i = 0; i < 50; i++)
		pace_throttled(&p, now, now + 10 + i);
	assert_true(p.rate > 65);
	/* one that was sent after the cut */
	pace_throttled(&p, now + 20, now + 40);
	assert_true(p.rate > 40 && p.rate < 50);
	/* what waits in line waits longer */
	assert_in_range(pace_wait_ms(&p, 0, now + 40), 15, 30);
	assert_in_range(pace_wait_ms(&p, 9, now + 40), 200, 250);
}

static void t_least(void **state)
{
	struct pace p = { 0 };
	int64_t now = 1000;

	(void)state;
	for (int i = 0; i < 20; i++, now += 100) {
		pace_sent(&p, now);
		pace_throttled(&p, now, now + 50);
	}
	/* a turn comes every second at the latest */
	assert_in_range(pace_wait_ms(&p, 0, now), 1, 1000);
	assert_int_equal(pace_wait_ms(&p, 0, now + 1000), 0);
}

/* As fast as the pace allows, one a millisecond, for so long; when it ends. */
static int64_t run_for(struct pace *p, int64_t now, int64_t ms)
{
	int64_t end = now + ms;

	while (now < end) {
		int64_t wait = pace_wait_ms(p, 0, now);

		if (wait) {
			now += wait;
			continue;
		}
		pace_sent(p, now);
		pace_succeeded(p, now);
		now++;
	}
	return now;
}

static void t_recovery(void **state)
{
	struct pace p = { 0 };
	int64_t now = send_many(&p, 5000, 40);

	(void)state;
	pace_throttled(&p, now, now);
	assert_true(p.rate < 29);
	/* 40 * 0.3 / 0.4, cube root: 3.1 s to get back */
	now = run_for(&p, now, 2500);
	assert_true(p.rate > 30 && p.rate < 41);
	now = run_for(&p, now, 1500);
	assert_true(p.rate > 39 && p.rate < 45);
	now = run_for(&p, now, 6000);
	assert_true(p.rate > 80);
	/* long ago: off again, and it costs nothing */
	now = run_for(&p, now, 125000);
	assert_false(p.on);
}

static void t_idle_does_not_grow(void **state)
{
	struct pace p = { 0 };
	int64_t now = send_many(&p, 5000, 40);
	double rate;

	(void)state;
	pace_throttled(&p, now, now);
	rate = p.rate;
	for (int i = 0; i < 20; i++) {
		now += 3000;
		send_many(&p, now, 1);
	}
	assert_true(p.rate == rate);
	/* a second's worth is saved, no more */
	assert_int_equal(pace_wait_ms(&p, 0, now + 60000), 0);
	assert_true(p.tokens <= rate);
}

/* ---- a fleet ------------------------------------------------------------- */

struct server {
	double tokens, per_s, burst;
	int64_t filled_ms;
};

static bool let_through(struct server *s, int64_t now)
{
	s->tokens += (double)(now - s->filled_ms) * s->per_s / 1000;
	if (s->tokens > s->burst)
		s->tokens = s->burst;
	s->filled_ms = now;
	if (s->tokens < 1)
		return false;
	s->tokens -= 1;
	return true;
}

struct member {
	int64_t wakes_ms; /* after the pause before a retry */
	unsigned tries;
	int left; /* calls to make */
};

struct outcome {
	int requests, throttled, failed;
	int64_t took_ms;
};

#define MEMBERS 200
#define ATTEMPTS 7

/* Each member makes its calls one after the other, as a stack's deployment
 * does; CloudFormation's attempts and pauses. A request takes 20 ms. */
static struct outcome simulate(struct server server, int calls, bool paced)
{
	const struct retry_policy policy = { ATTEMPTS, 1000, 15000, false };
	struct member m[MEMBERS] = { { 0 } };
	struct outcome o = { 0 };
	struct pace p = { 0 };
	uint32_t random = 12345;
	int64_t now = 1000;
	int busy = MEMBERS;

	for (int i = 0; i < MEMBERS; i++)
		m[i].left = calls;
	for (; busy && o.took_ms < 3600000; now++, o.took_ms++) {
		for (int i = 0; i < MEMBERS; i++) {
			struct member *w = &m[(i + now) % MEMBERS];

			if (!w->left || w->wakes_ms > now)
				continue;
			if (paced && pace_wait_ms(&p, 0, now) > 0)
				break;
			o.requests++;
			pace_sent(&p, now);
			if (let_through(&server, now)) {
				pace_succeeded(&p, now);
				w->tries = 0;
				busy -= --w->left == 0;
				w->wakes_ms = now + 20;
				continue;
			}
			o.throttled++;
			pace_throttled(&p, now, now + 1);
			random = random * 1664525 + 1013904223;
			if (++w->tries == ATTEMPTS) {
				o.failed++;
				busy--;
				w->left = 0;
				continue;
			}
			w->wakes_ms = now + 20 + retry_pause_ms(&policy,
			    w->tries, random);
		}
	}
	return o;
}

static void t_fleet(void **state)
{
	static const struct server servers[] = { { 10, 10, 10, 0 },
		{ 40, 20, 40, 0 }, { 5, 5, 5, 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(servers); i++) {
		struct outcome with = simulate(servers[i], 5, true);
		struct outcome without = simulate(servers[i], 5, false);

		print_message("%g/s: with %d requests, %d throttled, %lld s; "
		    "without %d, %d throttled, %d failed, %lld s\n",
		    servers[i].per_s, with.requests, with.throttled,
		    (long long)with.took_ms / 1000, without.requests,
		    without.throttled, without.failed,
		    (long long)without.took_ms / 1000);
		assert_int_equal(with.failed, 0);
		assert_true(without.failed > 0);
		assert_true(with.requests < 1000 + 1000 / 5);
		/* and the server is kept busy all the same */
		assert_true((double)with.took_ms / 1000 <
		    1000 / servers[i].per_s * 1.35 + 5);
	}
}

static void t_quota(void **state)
{
	struct retry_quota q = { 0 };
	int taken = 0;

	(void)state;
	while (retry_quota_take(&q, RETRY_COST))
		taken++;
	assert_int_equal(taken, 100);
	retry_quota_return(&q, RETRY_COST);
	assert_false(retry_quota_take(&q, RETRY_COST_TRANSIENT));
	assert_true(retry_quota_take(&q, RETRY_COST));
	for (int i = 0; i < 4; i++)
		retry_quota_return(&q, 0);
	assert_false(retry_quota_take(&q, RETRY_COST));
	retry_quota_return(&q, 0);
	assert_true(retry_quota_take(&q, RETRY_COST));
	for (int i = 0; i < 1000; i++)
		retry_quota_return(&q, RETRY_COST_TRANSIENT);
	assert_int_equal(q.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_off),
		cmocka_unit_test(t_cut),
		cmocka_unit_test(t_least),
		cmocka_unit_test(t_recovery),
		cmocka_unit_test(t_idle_does_not_grow),
		cmocka_unit_test(t_fleet),
		cmocka_unit_test(t_quota),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
