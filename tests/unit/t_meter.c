#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "asset/inventory.h"
#include "asset/meter.h"
#include "asset/registry.h"

static void line_is(const char *want, const char *name, int64_t done,
    int64_t total, int64_t ms, unsigned columns)
{
	CLEANUP(free_p) char *got = meter_line(name, done, total, ms, columns);

	assert_string_equal(got, want);
}

static void lines(void **state)
{
	(void)state;
	line_is("Code  0 B of 50.0 MB", "Code", 0, 50000000, 0, 80);
	line_is("Code  25.0 MB of 50.0 MB, 10.0 MB/s, 0:02 left", "Code",
	    25000000, 50000000, 2500, 80);
	line_is("Code  1.0 GB of 5.0 GB, 1.0 MB/s, 66:40 left", "Code",
	    1000000000, 5000000000, 1000000, 0);
	line_is("A long na  25.0 MB of 50.0 MB, 10.0 MB/s, 0:02 left",
	    "A long name that is cut", 25000000, 50000000, 2500, 52);
	line_is("A l  0 B of 50.0 MB", "A long name", 0, 50000000, 0, 5);
}

static void bytes(void **state)
{
	static const struct {
		int64_t n;
		const char *text;
	} cases[] = {
		{ 0, "0 B" }, { 999, "999 B" }, { 1000, "1.0 kB" },
		{ 999949, "999.9 kB" }, { 999950, "1.0 MB" },
		{ 1234567890, "1.2 GB" }, { INT64_MAX, "9223372.0 TB" },
	};
	char got[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bytes_text(cases[i].n, got);
		assert_string_equal(got, cases[i].text);
	}
}

static void challenges(void **state)
{
	struct registry_challenge c = { 0 };

	(void)state;
	assert_true(registry_challenge_parse("bearer  realm=\"https://a/t\" , "
	    "service=\"a, \\\"b\\\"\",scope=x", &c));
	assert_string_equal(c.realm, "https://a/t");
	assert_string_equal(c.service, "a, \"b\"");
	assert_string_equal(c.scope, "x");
	registry_challenge_release(&c);
	assert_false(registry_challenge_parse("Basic realm=\"x\"", &c));
	assert_false(registry_challenge_parse("Bearer service=\"x\"", &c));
	assert_false(registry_challenge_parse("Bearer realm", &c));
	assert_false(registry_challenge_parse("Bearer", &c));
	assert_null(c.realm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(bytes),
		cmocka_unit_test(challenges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
