#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "asset/content_type.h"
#include "asset/internal.h"

static void test_content_types(void **state)
{
	static const char *const rows[][2] = {
		{ "a/b.json", "application/json" },
		{ "B.HTML", "text/html" },
		{ "x.tar.gz", "application/gzip" },
		{ "a.md", "text/markdown" },
		{ "a.ts", "video/mp2t" },
		{ "a.123", "application/vnd.lotus-1-2-3" }, /* the first */
		{ "a.zmm",
		    "application/vnd.handheld-entertainment+xml" }, /* last */
		{ "a.py", "application/octet-stream" },
		{ "a.", "application/octet-stream" },
		{ ".json", "application/octet-stream" },
		{ "dir.json/file", "application/octet-stream" },
		{ "a.jso", "application/octet-stream" },
		{ "a.json5x", "application/octet-stream" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_p) char *type = content_type(rows[i][0]);

		assert_string_equal(type, rows[i][1]);
	}
}

static void check_text(const char *const *argv, const char *want)
{
	CLEANUP(strvec_release) struct strvec v = { 0 };
	CLEANUP(free_p) char *text = NULL;

	for (; *argv; argv++)
		strvec_add(&v, *argv);
	text = command_text(strvec_argv(&v));
	assert_string_equal(text, want);
}

static void test_command_text(void **state)
{
	(void)state;
	check_text((const char *const[]){ "docker", "tag", "a:b", "c/d", NULL },
	    "docker tag a:b c/d");
	check_text((const char *const[]){ "x", "", "a b", "it's", NULL },
	    "x '' 'a b' 'it'\"'\"'s'");
	check_text((const char *const[]){ "docker", "build", "--build-arg",
		       "TOKEN=secret", "--secret", "id=a,src=b",
		       "--build-arg", "secret", "--tag", "t", NULL },
	    "docker build --build-arg 'TOKEN=<redacted>' --secret "
	    "'id=<redacted>' --build-arg '<redacted>' --tag t");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_content_types),
		cmocka_unit_test(test_command_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
