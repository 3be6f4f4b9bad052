/* Parameter files: their forms, their errors, what wins over what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "deploy/params.h"
#include "deploy/params_file.h"

static void reads(const char *text, const char *want)
{
	CLEANUP(json_free_p) cJSON *j = NULL;
	CLEANUP(strvec_release) struct strvec unread = { 0 };
	CLEANUP(err_release) struct err e = { 0 };
	CLEANUP(free_p) char *got = NULL;

	if (params_file_parse(sv_from(text), "f", &j, &unread, &e) < 0)
		fail_msg("%s: %s", text, err_text(&e));
	got = json_text(j, 0);
	assert_string_equal(got, want);
}

static void refuses(const char *text, const char *want)
{
	cJSON *j = NULL;
	CLEANUP(strvec_release) struct strvec unread = { 0 };
	CLEANUP(err_release) struct err e = { 0 };

	assert_true(params_file_parse(sv_from(text), "f", &j, &unread, &e) <
	    0);
	assert_null(j);
	assert_string_equal(err_text(&e), want);
}

static void test_simple(void **state)
{
	(void)state;
	reads("{\"A\":\"1\",\"B\":\"\"}", "{\"*\":{\"A\":\"1\",\"B\":\"\"}}");
	reads("{\"S\":{\"A\":\"1\"},\"*\":{\"B\":\"2\"},\"C\":\"3\"}",
	    "{\"S\":{\"A\":\"1\"},\"*\":{\"B\":\"2\",\"C\":\"3\"}}");
	reads("A: x\nS:\n  B: y\n", "{\"*\":{\"A\":\"x\"},\"S\":{\"B\":\"y\"}}");
	reads("{}", "{}");
	reads("", "{}");
	reads("# nothing\n", "{}");
}

static void test_values_stay_as_they_are_written(void **state)
{
	const char *want = "{\"*\":{\"A\":\"1.10\",\"B\":\"012345678901\","
	    "\"C\":\"true\",\"D\":\"1e3\",\"E\":\"yes\",\"F\":\"a,1\"}}";

	(void)state;
	reads("A: 1.10\nB: 012345678901\nC: true\nD: 1e3\nE: yes\n"
	    "F: [a, 1]\n", want);
	reads("{\"A\":1.10,\"B\":\"012345678901\",\"C\":true,\"D\":1e3,"
	    "\"E\":\"yes\",\"F\":[\"a\",1]}", want);
	reads("{\n\t\"A\": 1.10\n}", "{\"*\":{\"A\":\"1.10\"}}");
	reads("{\"A\":\"\\ud83d\\ude00\\/\"}", "{\"*\":{\"A\":\"\xf0\x9f\x98\x80/\"}}");
	reads("A: null-ish\nB: \"null\"\n",
	    "{\"*\":{\"A\":\"null-ish\",\"B\":\"null\"}}");
}

static void test_entries(void **state)
{
	(void)state;
	reads("[{\"ParameterKey\":\"A\",\"ParameterValue\":\"1\"},"
	    "{\"ParameterKey\":\"B\",\"UsePreviousValue\":true},"
	    "{\"ParameterKey\":\"C\",\"ParameterValue\":2,"
	    "\"UsePreviousValue\":false}]",
	    "{\"*\":{\"A\":\"1\",\"B\":true,\"C\":\"2\"}}");
	reads("- ParameterKey: A\n  ParameterValue: 1\n",
	    "{\"*\":{\"A\":\"1\"}}");
	reads("S:\n- ParameterKey: A\n  ParameterValue: 1\n",
	    "{\"S\":{\"A\":\"1\"}}");
	reads("[]", "{\"*\":{}}");
}

static void test_codepipeline(void **state)
{
	CLEANUP(json_free_p) cJSON *j = NULL;
	CLEANUP(strvec_release) struct strvec unread = { 0 };

	(void)state;
	assert_int_equal(params_file_parse(sv_from("{\"Parameters\":{\"A\":1},"
	    "\"Tags\":{\"x\":\"y\"}}"), "f", &j, &unread, NULL), 0);
	assert_int_equal(unread.n, 1);
	assert_string_equal(unread.v[0], "Tags");
	assert_string_equal(json_str(j, "*.A"), "1");
	/* a stack of that name beside another one */
	reads("{\"Parameters\":{\"A\":1},\"S\":{\"A\":2}}",
	    "{\"Parameters\":{\"A\":\"1\"},\"S\":{\"A\":\"2\"}}");
}

static void test_errors(void **state)
{
	(void)state;
	refuses("{\"A\": \n", "f:2:1: did not find expected node content "
	    "(while parsing a flow node from line 2)");
	refuses("A: b: c\n", "f:1:5: mapping values are not allowed in this "
	    "context");
	refuses("A:\n", "f: 'A' has no value; an empty one is \"\"");
	refuses("S: {A: {B: c}}", "f: 'A' of 'S' has an object as its value");
	refuses("A: [[1]]", "f: 'A' has a list as its value that holds more "
	    "than plain values");
	refuses("A: [\"a,b\"]", "f: 'A' has a comma within a value of its "
	    "list, which CloudFormation would take for two values");
	refuses("S: {A: !Ref B}", "f: 'A' of 'S' has an object as its value");
	refuses("[{\"ParameterValue\":1}]", "f: entry 1 has no ParameterKey");
	refuses("[1]", "f: entry 1 has no ParameterKey");
	refuses("[{\"ParameterKey\":\"A\"}]",
	    "f: entry 1 ('A') has no ParameterValue");
	refuses("[{\"ParameterKey\":\"A\",\"ParameterValue\":1,"
	    "\"UsePreviousValue\":true}]", "f: entry 1 ('A') has both a "
	    "ParameterValue and UsePreviousValue");
	refuses("text", "f: not parameters, which are an object {\"Key\": "
	    "\"value\"} or a list of {\"ParameterKey\", \"ParameterValue\"}");
}

static void test_too_many(void **state)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	(void)state;
	strbuf_adds(&b, "S:\n");
	for (int i = 0; i <= 2000; i++)
		strbuf_addf(&b, "  K%d: v\n", i);
	refuses(b.buf, "f: more than 2000 entries in one place");
}

static void test_layers(void **state)
{
	CLEANUP(json_free_p) cJSON *all = NULL, *layer = NULL;
	CLEANUP(free_p) char *got = NULL;

	(void)state;
	assert_int_equal(json_parse(SV("{\"S\":{\"A\":\"1\",\"B\":\"1\"},"
	    "\"*\":{\"C\":\"1\"}}"), "a", &all, NULL), 0);
	assert_int_equal(json_parse(SV("{\"*\":{\"A\":\"2\"},"
	    "\"T\":{\"A\":\"3\"}}"), "l", &layer, NULL), 0);
	params_merge(all, layer);
	got = json_text(all, 0);
	assert_string_equal(got, "{\"S\":{\"B\":\"1\"},\"*\":{\"C\":\"1\","
	    "\"A\":\"2\"},\"T\":{\"A\":\"3\"}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_simple),
		cmocka_unit_test(test_values_stay_as_they_are_written),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_codepipeline),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_layers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
