#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "diff/changeset.h"
#include "diff/textdiff.h"
#include "diff/tree.h"

static cJSON *parse(const char *text)
{
	cJSON *j = NULL;

	assert_int_equal(json_parse(sv_from(text), "test", &j, NULL), 0);
	return j;
}

static bool equal(const char *a, const char *b)
{
	CLEANUP(json_free_p) cJSON *x = parse(a), *y = parse(b);
	bool r = diff_equal(x, y);

	assert_int_equal(diff_equal(y, x), r);
	assert_true(diff_equal(x, x));
	return r;
}

static char *text_of(const char *old, const char *new_)
{
	CLEANUP(json_free_p) cJSON *a = parse(old), *b = parse(new_);
	struct diff_format_opts o = { .stack_name = "S" };
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	enum permission_change perm;
	size_t count;

	diff_format_stack(a, b, NULL, false, &o, &out, &count, &perm);
	return strbuf_detach(&out);
}

static void check_text(const char *old, const char *new_, const char *want)
{
	CLEANUP(free_p) char *text = text_of(old, new_);

	assert_string_equal(text, want);
}

#define RES(body) "{\"Resources\":{" body "}}"

static const char *const samples[] = {
	"{}",
	RES(""),
	RES("\"A\":{\"Type\":\"AWS::S3::Bucket\",\"DependsOn\":\"B\"}"),
	RES("\"A\":{\"Type\":\"AWS::IAM::Role\",\"Properties\":{\"Policies\":"
	    "[{\"PolicyDocument\":{\"Statement\":{\"Effect\":\"Allow\","
	    "\"Action\":\"*\",\"Resource\":{\"Ref\":\"X\"}}}}]}}"),
	"{\"Parameters\":{\"1\":null,\"0\":[]},\"Rules\":{\"r\":1},"
	"\"Transform\":[\"x\"],\"Outputs\":{\"O\":{\"Value\":\"ä\"}}}",
};

static void test_same_is_empty(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		CLEANUP(json_free_p) cJSON *a = parse(samples[i]);
		CLEANUP(diff_free_p) struct diff *d =
		    diff_templates(a, a, NULL, false);

		assert_true(diff_is_empty(d));
		assert_int_equal(diff_count(d), 0);
		assert_int_equal(diff_permissions(d), PERM_NONE);
	}
}

static void test_inputs_stay_as_they_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		CLEANUP(json_free_p) cJSON *a = parse(samples[i]);
		CLEANUP(json_free_p) cJSON *copy = parse(samples[i]);
		CLEANUP(diff_free_p) struct diff *d =
		    diff_for_display(a, copy, NULL, false, false);

		assert_true(json_same(a, copy));
	}
}

static void test_same_text_each_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(samples); k++) {
			CLEANUP(free_p) char *a =
			    text_of(samples[i], samples[k]);
			CLEANUP(free_p) char *b =
			    text_of(samples[i], samples[k]);

			assert_string_equal(a, b);
		}
	}
}

static void test_equality(void **state)
{
	(void)state;
	assert_true(equal("\"30.0\"", "30"));
	assert_true(equal("\"0x10\"", "16"));
	assert_true(equal("\"1e3\"", "\"1000\""));
	assert_true(equal("\"\"", "0"));
	assert_true(equal("\"\\u00a01\\ufeff\"", "1"));
	assert_true(equal("\"true\"", "true"));
	assert_true(equal("\"1\"", "true"));
	assert_true(equal("\"\"", "null"));
	assert_true(equal("\"5\"", "[\"5\"]"));
	assert_true(equal("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}"));
	assert_true(equal("{\"DependsOn\":[\"A\",\"B\"]}",
	    "{\"DependsOn\":[\"B\",\"A\"]}"));
	assert_false(equal("\"True\"", "true"));
	assert_false(equal("\"1_0\"", "10"));
	assert_false(equal("\"-0x10\"", "-16"));
	assert_false(equal("\"infinity\"", "\"Infinity\""));
	assert_false(equal("1", "true"));
	assert_false(equal("null", "0"));
	assert_false(equal("[]", "{}"));
	assert_false(equal("[1,2]", "[2,1]"));
	assert_false(equal("{\"a\":1}", "{\"a\":1,\"b\":null}"));
}

static void test_order_is_utf16(void **state)
{
	(void)state;
	assert_true(js_compare("a", "b") < 0);
	assert_true(js_compare("a", "a") == 0);
	assert_true(js_compare("a", "ab") < 0);
	/* U+1F600 is two surrogates, below U+FF01 */
	assert_true(js_compare("\xf0\x9f\x98\x80", "\xef\xbc\x81") < 0);
	assert_true(js_compare("\xef\xbc\x81", "\xf0\x9f\x98\x80") > 0);
	assert_true(js_compare("\xed\x9f\xbf", "\xf0\x9f\x98\x80") < 0);
}

static void test_replacement_spreads(void **state)
{
	(void)state;
	check_text(
	    RES("\"A\":{\"Type\":\"AWS::SNS::Topic\",\"Properties\":"
		"{\"TopicName\":\"a\"}},\"B\":{\"Type\":"
		"\"AWS::SNS::Subscription\",\"Properties\":{\"TopicArn\":"
		"{\"Ref\":\"A\"}}}"),
	    RES("\"A\":{\"Type\":\"AWS::SNS::Topic\",\"Properties\":"
		"{\"TopicName\":\"b\"}},\"B\":{\"Type\":"
		"\"AWS::SNS::Subscription\",\"Properties\":{\"TopicArn\":"
		"{\"Ref\":\"A\"}}}"),
	    "Stack S\n"
	    "Resources\n"
	    "[~] AWS::SNS::Topic A replace\n"
	    " └─ [~] TopicName (requires replacement)\n"
	    "     ├─ [-] a\n"
	    "     └─ [+] b\n"
	    "[~] AWS::SNS::Subscription B replace\n"
	    " └─ [~] TopicArn (requires replacement)\n"
	    "     └─ [~] .Ref:\n"
	    "         ├─ [-] A\n"
	    "         └─ [+] A (replaced)\n"
	    "\n");
}

static void test_bootstrap_rule_is_hidden(void **state)
{
	(void)state;
	check_text("{}", "{\"Rules\":{\"CheckBootstrapVersion\":{\"a\":1}}}",
	    "Stack S\nThere were no differences (CDK metadata changes were "
	    "hidden, run cdk diff --strict to show)\n");
}

static void test_destructive(void **state)
{
	CLEANUP(json_free_p) cJSON *a = parse(RES(
	    "\"K\":{\"Type\":\"T::A\",\"DeletionPolicy\":\"Retain\"},"
	    "\"D\":{\"Type\":\"T::B\"},\"M\":{\"Type\":\"AWS::CDK::Metadata\"}"));
	CLEANUP(json_free_p) cJSON *b = parse(RES("\"N\":{\"Type\":\"T::C\"}"));
	CLEANUP(diff_free_p) struct diff *d = diff_templates(a, b, NULL, false);
	struct diff_destructive v[4];

	(void)state;
	assert_int_equal(diff_destructive(d, v, 4), 2);
	assert_string_equal(v[0].logical_id, "K");
	assert_int_equal(v[0].impact, IMPACT_WILL_ORPHAN);
	assert_string_equal(v[1].logical_id, "D");
	assert_int_equal(v[1].impact, IMPACT_WILL_DESTROY);
	assert_int_equal(diff_destructive(d, v, 1), 2);
}

static void test_hidden_by_change_set(void **state)
{
	CLEANUP(json_free_p) cJSON *a = parse(RES(
	    "\"P\":{\"Type\":\"T::P\",\"Properties\":{\"V\":{\"Ref\":\"A\"}}}"));
	CLEANUP(json_free_p) cJSON *b = parse(RES(
	    "\"P\":{\"Type\":\"T::P\",\"Properties\":{\"V\":{\"Ref\":\"B\"}}}"));
	CLEANUP(json_free_p) cJSON *none = parse("{\"Changes\":[]}");
	CLEANUP(json_free_p) cJSON *listed = parse(
	    "{\"Changes\":[{\"ResourceChange\":{\"LogicalResourceId\":\"P\","
	    "\"Action\":\"Modify\",\"Details\":[{\"Target\":{\"Attribute\":"
	    "\"Properties\",\"Name\":\"V\",\"RequiresRecreation\":\"Always\"},"
	    "\"Evaluation\":\"Static\"}]}}]}");
	CLEANUP(diff_free_p) struct diff *d = diff_templates(a, b, none, false);
	CLEANUP(diff_free_p) struct diff *e =
	    diff_templates(a, b, listed, false);

	(void)state;
	assert_true(diff_is_empty(d));
	assert_int_equal(diff_count(e), 1);
	assert_true(diff_has_hidden_properties(a, b, none));
	assert_false(diff_has_hidden_properties(a, b, listed));
}

static void test_paths(void **state)
{
	static const char *const v[][2] = {
		{ "S/Bucket/Resource", "Bucket" },
		{ "/S/Bucket/Resource", "Bucket" },
		{ "S/A/B/Default", "A/B" },
		{ "S", "S" },
		{ "S/Resource", "Resource" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		CLEANUP(free_p) char *text = diff_path_text(v[i][0]);

		assert_string_equal(text, v[i][1]);
	}
}

static void add_line(void *u, const struct text_line *l)
{
	if (l->kind == '@')
		strbuf_addf(u, "%.*s\n", SV_FMT(l->text));
	else
		strbuf_addf(u, "%c%.*s\n", l->kind, SV_FMT(l->text));
}

static void check_hunks(const char *a, const char *b, unsigned context,
    const char *want)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	text_diff(sv_from(a), sv_from(b), context, add_line, &out);
	assert_string_equal(out.buf, want);
}

static void test_hunks(void **state)
{
	(void)state;
	check_hunks("a\nb", "a\nb", 3, "");
	check_hunks("", "x", 3, "@@ -1,0 +1,1 @@\n+x\n");
	check_hunks("1\n2\n3\n4\n5\n6", "1\n2\n3\n4\n5\nX", 1,
	    "@@ -5,2 +5,2 @@\n 5\n-6\n+X\n");
	/* two changes with one line between share a hunk */
	check_hunks("a\nb\nc\nz", "x\nb\ny\nz", 1,
	    "@@ -1,4 +1,4 @@\n-a\n+x\n b\n-c\n+y\n z\n");
	/* further apart they do not */
	check_hunks("a\n1\n2\n3\nb\nz", "x\n1\n2\n3\ny\nz", 1,
	    "@@ -1,2 +1,2 @@\n-a\n+x\n 1\n"
	    "@@ -4,3 +4,3 @@\n 3\n-b\n+y\n z\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_is_empty),
		cmocka_unit_test(test_inputs_stay_as_they_are),
		cmocka_unit_test(test_same_text_each_time),
		cmocka_unit_test(test_equality),
		cmocka_unit_test(test_order_is_utf16),
		cmocka_unit_test(test_replacement_spreads),
		cmocka_unit_test(test_bootstrap_rule_is_hidden),
		cmocka_unit_test(test_destructive),
		cmocka_unit_test(test_hidden_by_change_set),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_hunks),
	};

	mem_init_json();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
