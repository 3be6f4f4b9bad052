#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "util/deadline.h"
#include "util/timeutil.h"

static void test_write(void **state)
{
	char amz[17], iso[21], hms[9];

	(void)state;
	assert_int_equal(now_utc(), 1440938160);
	assert_int_equal(now_utc_ms(), 1440938160000);
	time_amz(now_utc(), amz);
	assert_string_equal(amz, "20150830T123600Z");
	time_iso(now_utc(), iso);
	assert_string_equal(iso, "2015-08-30T12:36:00Z");
	time_local_hms(now_utc(), hms);
	assert_string_equal(hms, "12:36:00");
}

static void test_parse_iso(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {
		{ "2015-08-30T12:36:00Z", 1440938160000 },
		{ "2015-08-30T12:36:00.25Z", 1440938160250 },
		{ "2015-08-30T12:36:00.1239+00:00", 1440938160123 },
		{ "2015-08-30T14:36:00+02:00", 1440938160000 },
		{ "2015-08-30T09:06:00-0330", 1440938160000 },
		{ "20150830T123600Z", 1440938160000 },
		{ "2015-08-30", 1440892800000 },
		{ "1969-12-31T23:59:59Z", -1000 },
		{ "2000-02-29T00:00:00Z", 951782400000 },
	};
	static const char *const bad[] = { "", "2015", "2015-13-01",
		"2015-02-29", "2015-08-30T", "2015-08-30T12:36:00Zx",
		"2015-08-30T25:00:00Z", "hello", "2015-08-30T12:36:00+0" };
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(time_parse_iso(good[i].text, &ms));
		assert_int_equal(ms, good[i].ms);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(time_parse_iso(bad[i], &ms));
}

static void test_parse_http(void **state)
{
	int64_t t;

	(void)state;
	assert_true(time_parse_http("Sun, 06 Nov 1994 08:49:37 GMT", &t));
	assert_int_equal(t, 784111777);
	assert_false(time_parse_http("Sun, 06 Nov 1994 08:49:37", &t));
	assert_false(time_parse_http("Sun, 06 Foo 1994 08:49:37 GMT", &t));
	assert_false(time_parse_http("", &t));
}

static void *sleeper(void *arg)
{
	*(bool *)arg = wait_ms(60000);
	return NULL;
}

/* Last: a request to stop cannot be taken back. */
static void test_wait(void **state)
{
	int64_t t0 = mono_ms();
	bool whole[3] = { true, true, true };
	pthread_t t[3];

	(void)state;
	/* CCDK_POLL_SCALE=10 */
	assert_true(wait_ms(200));
	assert_in_range(mono_ms() - t0, 20, 150);
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, sleeper, &whole[i]);
	assert_true(wait_ms(200));
	assert_false(cancel_requested());
	cancel_request();
	for (int i = 0; i < 3; i++) {
		pthread_join(t[i], NULL);
		assert_false(whole[i]);
	}
	assert_true(cancel_requested());
	assert_false(wait_ms(60000));
	assert_true(mono_ms() - t0 < 5000);
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = { { "90s", 90000 }, { "45m", 2700000 },
		{ "2h", 7200000 }, { "1h30m", 5400000 }, { "1h1s", 3601000 },
		{ "1.5h", 5400000 }, { "10", 10000 }, { "0.5", 500 },
		{ "720h", 2592000000 } };
	static const char *const bad[] = { "", "s", "0", "0s", "1d", "1 m",
		"m1", "1m1h", "1m1m", "1m5", "-1", "+1", "1e3", "721h", ".",
		"1..5", "999999999999999999h", "1hx" };
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(duration_parse(good[i].text, &ms));
		assert_int_equal(ms, good[i].ms);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(duration_parse(bad[i], &ms));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_parse_iso),
		cmocka_unit_test(test_parse_http),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_wait),
	};

	setenv("CCDK_NOW", "1440938160", 1);
	setenv("CCDK_POLL_SCALE", "10", 1);
	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
