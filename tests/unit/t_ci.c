/* Escaping for logs of build systems, and a summary that stays small. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "deploy/ci.h"
#include "util/file.h"

static void test_escaping(void **state)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf property = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf cell = STRBUF_INIT;
	static const char text[] = "50%\r\n::x, y";

	(void)state;
	ci_github_escape(&data, text, false);
	assert_string_equal(data.buf, "50%25%0D%0A::x, y");
	ci_github_escape(&property, text, true);
	assert_string_equal(property.buf, "50%25%0D%0A%3A%3Ax%2C y");
	ci_markdown_escape(&cell, "a|b\n<i> `c`");
	assert_string_equal(cell.buf,
	    "a&#124;b<br>&#60;i&#62; &#96;c&#96;");
}

static void test_which_format(void **state)
{
	(void)state;
	unsetenv("GITHUB_ACTIONS");
	unsetenv("GITLAB_CI");
	assert_int_equal(ci_format_of(NULL), CI_NONE);
	assert_int_equal(ci_format_of("auto"), CI_NONE);
	assert_int_equal(ci_format_of("github"), CI_GITHUB);
	setenv("GITLAB_CI", "true", 1);
	assert_int_equal(ci_format_of("auto"), CI_GITLAB);
	assert_int_equal(ci_format_of("none"), CI_NONE);
}

static void put_failure(struct feed *f, int i, const char *reason)
{
	cJSON *o = cJSON_CreateObject(), *cause = cJSON_CreateObject();
	CLEANUP(free_p) char *name = xasprintf("Stack%d", i);

	json_put_str(o, "stack", name);
	json_put_str(cause, "logicalId", "B");
	json_put_str(cause, "type", "AWS::S3::Bucket");
	json_put_str(cause, "reason", reason);
	json_add_take(o, "cause", cause);
	feed_put(f, "stack.failed", o);
}

static void test_large_summary(void **state)
{
	CLEANUP(strbuf_release) struct strbuf reason = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_p) char *dir = NULL, *path = NULL;
	struct feed feed;
	struct ci *ci;

	(void)state;
	assert_int_equal(dir_temp("ccdk-ci", &dir, NULL), 0);
	path = path_join(dir, "summary");
	setenv("GITHUB_STEP_SUMMARY", path, 1);
	for (int i = 0; i < 5000; i++)
		strbuf_adds(&reason, "|ü");
	feed_init(&feed, NULL);
	ci = ci_new(CI_GITHUB, &feed, NULL);
	for (int i = 0; i < 3000; i++)
		put_failure(&feed, i, reason.buf);
	feed_put(&feed, "run.finished", NULL);
	assert_int_equal(file_read(path, 0, &text, NULL), 0);
	assert_true(text.len > 900000 && text.len < 1u << 20);
	assert_non_null(strstr(text.buf, " more stacks are not shown."));
	ci_free(ci);
	feed_release(&feed);
	assert_int_equal(dir_remove(dir, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escaping),
		cmocka_unit_test(test_which_format),
		cmocka_unit_test(test_large_summary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
