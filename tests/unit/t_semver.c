#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/semver.h"
#include "util/strbuf.h"

struct row {
	const char *range, *yes, *no; /* versions, ' ' between */
};

/* Answers of the semver package of npm with includePrerelease. */
static const struct row rows[] = {
	{ "", "0.0.0 1.2.3 1.0.0-a", "" },
	{ "*", "0.0.0-0 1.2.3", "1 1.2 nonsense 01.0.0" },
	{ "1.2.3", "1.2.3 v1.2.3 =1.2.3 1.2.3+b", "1.2.4 1.2.3-a" },
	{ "=1.2", "1.2.0 1.2.9 1.2.0-a", "1.3.0-a 1.1.9" },
	{ "1.x", "1.0.0-0 1.9.9", "2.0.0-0 0.9.9" },
	{ "<1.2.3", "1.2.2 1.2.3-a", "1.2.3" },
	{ "<=1.2", "1.2.9 0.0.0", "1.3.0-0" },
	{ "<1.2", "1.1.9", "1.2.0-0 1.2.0" },
	{ ">1.2", "1.3.0-0 2.0.0", "1.2.9" },
	{ ">=1.2", "1.2.0-0", "1.1.9" },
	{ "> 1", "2.0.0-0", "1.9.9" },
	{ "<*", "", "0.0.0 1.0.0" },
	{ "^1.2.3", "1.2.3 1.9.0 1.3.0-a", "1.2.3-a 2.0.0-0 2.0.0" },
	{ "^0.2.3", "0.2.3 0.2.3-a 0.2.9", "0.3.0" },
	{ "^0.0.3", "0.0.3 0.0.3-a", "0.0.4-0 0.0.4" },
	{ "^0", "0.9.9", "1.0.0-0" },
	{ "^0.0", "0.0.9", "0.1.0" },
	{ "^1.2.3-b", "1.2.3-b 1.2.3-c 1.2.3", "1.2.3-a" },
	{ "~1.2.3", "1.2.3 1.2.9", "1.3.0-0 1.2.2" },
	{ "~1", "1.9.9", "2.0.0-0" },
	{ "~> 1.2", "1.2.9", "1.3.0" },
	{ "1.2 - 2.3", "1.2.0-0 2.3.9", "2.4.0-0 1.1.0" },
	{ "1.0.0 - 2.0.0", "1.0.0-a 2.0.0", "2.0.1-0" },
	{ ">=1.0.0 <2.0.0 || ^3", "1.5.0 3.1.0", "2.5.0 4.0.0" },
	{ "1.0.0-rc.9", "1.0.0-rc.9", "1.0.0-rc.10" },
	{ ">1.0.0-rc.9", "1.0.0-rc.10 1.0.0-rc.a 1.0.0", "1.0.0-rc.8" },
	{ "nonsense", "", "1.0.0" },
	{ "1.0.0 || nonsense", "", "1.0.0" },
	{ "1.2.3.4", "", "1.2.3" },
	{ "01.2.3", "", "1.2.3" },
	{ ">=99999999999999999999.0.0", "", "1.0.0" },
};

static void check(const struct row *r, const char *versions, bool want)
{
	CLEANUP(free_p) char *copy = xstrdup(versions);
	char *save = NULL;

	for (char *v = strtok_r(copy, " ", &save); v;
	    v = strtok_r(NULL, " ", &save))
		if (semver_in_range(v, r->range) != want)
			fail_msg("'%s' in '%s': expected %s", v, r->range,
			    want ? "yes" : "no");
}

static void ranges(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		check(&rows[i], rows[i].yes, true);
		check(&rows[i], rows[i].no, false);
	}
}

static void long_texts(void **state)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	(void)state;
	strbuf_addn(&b, '1', 5000);
	assert_false(semver_in_range(b.buf, "*"));
	assert_false(semver_in_range("1.0.0", b.buf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges),
		cmocka_unit_test(long_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
