/* Status table, parameters, skip rule: what a deployment decides by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cfn/status.h"
#include "deploy/changeset.h"
#include "deploy/params.h"
#include "deploy/run.h"
#include "deploy/skip.h"

static cJSON *parse(const char *text)
{
	cJSON *j = NULL;

	assert_int_equal(json_parse(sv_from(text), "test", &j, NULL), 0);
	return j;
}

static void test_status(void **state)
{
	(void)state;
	assert_int_equal(status_flags("CREATE_COMPLETE"), STATUS_DEPLOYED);
	assert_int_equal(status_flags("IMPORT_COMPLETE"), STATUS_DEPLOYED);
	assert_int_equal(status_flags("UPDATE_FAILED"),
	    STATUS_FAILED | STATUS_PAUSED);
	assert_int_equal(status_flags("ROLLBACK_COMPLETE"),
	    STATUS_ROLLBACK | STATUS_RECREATE);
	assert_int_equal(status_flags("UPDATE_ROLLBACK_COMPLETE"),
	    STATUS_ROLLBACK);
	assert_int_equal(status_flags("REVIEW_IN_PROGRESS"), STATUS_REVIEW);
	assert_int_equal(status_flags("DELETE_COMPLETE"), STATUS_GONE);
	assert_int_equal(status_flags(NULL), STATUS_GONE);
}

static void test_unknown_status(void **state)
{
	(void)state;
	assert_int_equal(status_flags("NEW_THING_IN_PROGRESS"), STATUS_BUSY);
	assert_int_equal(status_flags("NEW_ROLLBACK_FAILED"),
	    STATUS_FAILED | STATUS_ROLLBACK);
	assert_int_equal(status_flags("NEW_THING"), 0);
}

/* Compares the list that is sent and the verdict. */
static void check_params(const char *template_, const char *given,
    const char *deployed, bool previous, const char *want, bool changed)
{
	CLEANUP(json_free_p) cJSON *t = parse(template_);
	CLEANUP(json_free_p) cJSON *g = parse(given);
	CLEANUP(json_free_p) cJSON *d = parse(deployed);
	CLEANUP(params_release) struct params p = { 0 };
	CLEANUP(free_p) char *text = NULL;

	assert_int_equal(params_build(t, g, d, previous, &p, NULL), 0);
	text = json_text(p.list, 0);
	assert_string_equal(text, want);
	assert_int_equal(p.changed, changed);
}

#define A_B "{\"Parameters\":{\"A\":{\"Type\":\"String\"},"		\
	"\"B\":{\"Type\":\"String\",\"Default\":\"d\"}}}"
#define DEPLOYED "[{\"ParameterKey\":\"A\",\"ParameterValue\":\"1\"},"	\
	"{\"ParameterKey\":\"B\",\"ParameterValue\":\"2\"}]"

static void test_params_given_wins(void **state)
{
	(void)state;
	check_params(A_B, "{\"A\":\"9\"}", DEPLOYED, true,
	    "[{\"ParameterKey\":\"A\",\"ParameterValue\":\"9\"},"
	    "{\"ParameterKey\":\"B\",\"UsePreviousValue\":true}]", true);
	check_params(A_B, "{\"A\":\"1\"}", DEPLOYED, true,
	    "[{\"ParameterKey\":\"A\",\"ParameterValue\":\"1\"},"
	    "{\"ParameterKey\":\"B\",\"UsePreviousValue\":true}]", false);
	check_params(A_B, "{\"A\":\"\"}", "[]", true,
	    "[{\"ParameterKey\":\"A\",\"ParameterValue\":\"\"}]", true);
}

static void test_params_without_previous(void **state)
{
	(void)state;
	check_params(A_B, "{\"A\":\"1\"}", DEPLOYED, false,
	    "[{\"ParameterKey\":\"A\",\"ParameterValue\":\"1\"}]", true);
}

/* UsePreviousValue of a parameter file */
static void test_params_kept(void **state)
{
	(void)state;
	check_params(A_B, "{\"A\":true,\"B\":true}", DEPLOYED, false,
	    "[{\"ParameterKey\":\"A\",\"UsePreviousValue\":true},"
	    "{\"ParameterKey\":\"B\",\"UsePreviousValue\":true}]", false);
	check_params(A_B, "{\"A\":\"1\",\"B\":true,\"Z\":true}", "[]", false,
	    "[{\"ParameterKey\":\"A\",\"ParameterValue\":\"1\"}]", true);
}

static void test_params_undeclared(void **state)
{
	(void)state;
	check_params("{}", "{\"Z\":\"1\",\"E\":\"\"}", "[]", true,
	    "[{\"ParameterKey\":\"Z\",\"ParameterValue\":\"1\"}]", true);
	check_params("{}", "{}", DEPLOYED, true, "[]", true);
}

static void test_params_resolved_value(void **state)
{
	(void)state;
	check_params("{\"Parameters\":{\"A\":{\"Type\":\"String\"}}}",
	    "{\"A\":\"31\"}", "[{\"ParameterKey\":\"A\",\"ParameterValue\":"
	    "\"/name\",\"ResolvedValue\":\"31\"}]", true,
	    "[{\"ParameterKey\":\"A\",\"ParameterValue\":\"31\"}]", false);
}

static void test_params_ssm(void **state)
{
	const char *before = "[{\"ParameterKey\":\"V\",\"ParameterValue\":"
	    "\"x\"}]";
	const char *sent = "[{\"ParameterKey\":\"V\",\"UsePreviousValue\":"
	    "true}]";

	(void)state;
	check_params("{\"Parameters\":{\"V\":{\"Type\":"
	    "\"AWS::SSM::Parameter::Value<String>\",\"Default\":\"x\"}}}",
	    "{}", before, true, sent, true);
	check_params("{\"Parameters\":{\"V\":{\"Type\":"
	    "\"AWS::SSM::Parameter::Value<String>\",\"Default\":\"x\","
	    "\"Description\":\"Version [cdk:skip]\"}}}",
	    "{}", before, true, sent, false);
}

static void test_params_missing(void **state)
{
	CLEANUP(json_free_p) cJSON *t = parse("{\"Parameters\":{"
	    "\"A\":{},\"B\":{\"Default\":\"\"},\"C\":{}}}");
	struct params p = { 0 };
	CLEANUP(err_release) struct err e = { 0 };

	(void)state;
	assert_int_equal(params_build(t, NULL, NULL, true, &p, &e), E_CONFIG);
	assert_string_equal(err_text(&e), "The following CloudFormation "
	    "Parameters are missing a value: A, C");
	assert_null(p.list);
}

static void check_tags(const char *deployed, const char *wanted, bool same)
{
	CLEANUP(json_free_p) cJSON *d = parse(deployed);
	CLEANUP(json_free_p) cJSON *w = parse(wanted);

	assert_int_equal(skip_same_tags(d, w), same);
}

static void test_skip_tags(void **state)
{
	(void)state;
	check_tags("[{\"Key\":\"a\",\"Value\":\"1\"},{\"Key\":\"b\","
	    "\"Value\":\"\"}]", "{\"b\":\"\",\"a\":\"1\"}", true);
	check_tags("[{\"Key\":\"a\",\"Value\":\"1\"}]", "{\"a\":\"2\"}",
	    false);
	check_tags("[{\"Key\":\"a\",\"Value\":\"1\"}]",
	    "{\"a\":\"1\",\"b\":\"2\"}", false);
	check_tags("[{\"Key\":\"A\",\"Value\":\"1\"}]", "{\"a\":\"1\"}",
	    false);
	assert_true(skip_same_tags(NULL, NULL));
}

static void test_skip_sets(void **state)
{
	CLEANUP(json_free_p) cJSON *a = parse("[\"x\",\"y\",\"x\"]");
	CLEANUP(json_free_p) cJSON *b = parse("[\"y\",\"x\"]");
	CLEANUP(json_free_p) cJSON *c = parse("[\"y\"]");

	(void)state;
	assert_true(skip_same_set(a, b));
	assert_false(skip_same_set(a, c));
	assert_false(skip_same_set(a, NULL));
	assert_true(skip_same_set(NULL, NULL));
}

static void test_skip_rollback(void **state)
{
	CLEANUP(json_free_p) cJSON *a = parse("{\"RollbackTriggers\":["
	    "{\"Arn\":\"x\",\"Type\":\"t\"}],\"MonitoringTimeInMinutes\":"
	    "\"5\"}");
	CLEANUP(json_free_p) cJSON *b = parse("{\"MonitoringTimeInMinutes\":5,"
	    "\"RollbackTriggers\":[{\"Type\":\"t\",\"Arn\":\"x\"}]}");
	CLEANUP(json_free_p) cJSON *none = parse("{\"RollbackTriggers\":[]}");

	(void)state;
	assert_true(skip_same_rollback(a, b));
	assert_false(skip_same_rollback(a, none));
	assert_true(skip_same_rollback(NULL, none));
}

static void test_topics(void **state)
{
	(void)state;
	assert_true(run_valid_topic("arn:aws:sns:eu-west-1:123456789012:a-b_"));
	assert_true(run_valid_topic("arn:aws-us-gov:sns:r:1:t"));
	assert_false(run_valid_topic("arn:aws-:sns:r:1:t"));
	assert_false(run_valid_topic("arn:aws:sns:r:1:x.fifo"));
	assert_false(run_valid_topic("arn:aws:sns:r:1:t:more"));
	assert_false(run_valid_topic("arn:aws:sqs:r:1:t"));
	assert_false(run_valid_topic("arn:aws:sns:r:1:"));
	assert_false(run_valid_topic(""));
}

static void test_alarms(void **state)
{
	struct strvec v = { 0 };
	struct run_opts o = { .alarms = &v, .monitoring_minutes = -1 };
	CLEANUP(json_free_p) cJSON *c = NULL;
	CLEANUP(err_release) struct err e = { 0 };

	(void)state;
	strvec_add(&v, "NONE");
	assert_int_equal(run_rollback_configuration(&o, &c, &e), 0);
	assert_null(json_get(c, "RollbackTriggers")->child);
	cJSON_Delete(TAKE(c));
	strvec_add(&v, "arn:aws:cloudwatch:r:1:alarm:x");
	assert_int_equal(run_rollback_configuration(&o, &c, &e), E_CONFIG);
	strvec_release(&v);
	for (int i = 0; i < 6; i++)
		strvec_add(&v, "ARN:AWS:cloudwatch:r:1:alarm:any thing");
	assert_int_equal(run_rollback_configuration(&o, &c, &e), E_CONFIG);
	assert_string_equal(err_text(&e), "a maximum of 5 rollback triggers "
	    "can be specified, got 6");
	strvec_release(&v);
	strvec_add(&v, "none");
	o.monitoring_minutes = 2.5;
	assert_int_equal(run_rollback_configuration(&o, &c, &e), E_CONFIG);
	assert_string_equal(err_text(&e), "monitoring time must be a whole "
	    "number between 0 and 180 minutes, got 2.5");
	o.monitoring_minutes = 181;
	assert_int_equal(run_rollback_configuration(&o, &c, &e), E_CONFIG);
	strvec_release(&v);
}

static void test_seconds(void **state)
{
	char s[32];

	(void)state;
	run_seconds(5051, s);
	assert_string_equal(s, "5.05");
	run_seconds(6000, s);
	assert_string_equal(s, "6");
	run_seconds(4, s);
	assert_string_equal(s, "0");
	run_seconds(1800, s);
	assert_string_equal(s, "1.8");
}

static void test_change_set_verdicts(void **state)
{
	CLEANUP(json_free_p) cJSON *empty = parse("{\"Status\":\"FAILED\","
	    "\"StatusReason\":\"No updates are to be performed.\"}");
	CLEANUP(json_free_p) cJSON *bad = parse("{\"Status\":\"FAILED\","
	    "\"StatusReason\":\"x\"}");
	CLEANUP(json_free_p) cJSON *swap = parse("{\"Changes\":[{"
	    "\"ResourceChange\":{\"PolicyAction\":\"ReplaceAndRetain\"}}]}");

	(void)state;
	assert_true(changeset_is_empty(empty));
	assert_false(changeset_is_empty(bad));
	assert_true(changeset_failed(bad));
	assert_true(changeset_replaces(swap));
	assert_false(changeset_replaces(bad));
	assert_int_equal(changeset_size(swap), 1);
}

static void test_change_set_merge(void **state)
{
	CLEANUP(json_free_p) cJSON *cs = parse("{\"Changes\":[{"
	    "\"ResourceChange\":{\"LogicalResourceId\":\"A\",\"Action\":"
	    "\"Modify\",\"Details\":[{\"Target\":{\"Attribute\":\"Tags\"}}]"
	    "}}]}");
	CLEANUP(json_free_p) cJSON *full = parse("{\"Changes\":[{"
	    "\"ResourceChange\":{\"LogicalResourceId\":\"A\",\"Action\":"
	    "\"Modify\",\"Details\":[{\"Target\":{\"Attribute\":\"Tags\"}},"
	    "{\"Target\":{\"Attribute\":\"Properties\",\"Name\":\"N\"}}]}},"
	    "{\"ResourceChange\":{\"LogicalResourceId\":\"B\",\"Action\":"
	    "\"Add\"}}]}");

	(void)state;
	changeset_merge(cs, full);
	assert_int_equal(changeset_size(cs), 2);
	assert_int_equal(cJSON_GetArraySize(json_at(cs,
	    "Changes.0.ResourceChange.Details")), 2);
	changeset_merge(cs, full);
	assert_int_equal(changeset_size(cs), 2);
}

/* The id counts, whatever is done to the resource; of repeated details all
 * are taken over, the last one being what counts; no text is not "". */
static void test_change_set_merge_repeated(void **state)
{
	CLEANUP(json_free_p) cJSON *cs = parse("{\"StatusReason\":\"warning\","
	    "\"Changes\":[{\"ResourceChange\":{\"LogicalResourceId\":\"A\","
	    "\"Action\":\"Modify\",\"Details\":[{\"CausingEntity\":\"\"}]"
	    "}}]}");
	CLEANUP(json_free_p) cJSON *full = parse("{\"StatusReason\":\"\","
	    "\"Changes\":[{\"Type\":\"Hook\"},{\"ResourceChange\":{"
	    "\"LogicalResourceId\":\"A\",\"Action\":\"Add\",\"Details\":["
	    "{\"Target\":{\"Name\":\"N\",\"RequiresRecreation\":\"Never\"}},"
	    "{\"Target\":{\"Name\":\"N\",\"RequiresRecreation\":\"Always\"}"
	    "},{}]}}]}");

	(void)state;
	changeset_merge(cs, full);
	assert_int_equal(changeset_size(cs), 1);
	assert_int_equal(cJSON_GetArraySize(json_at(cs,
	    "Changes.0.ResourceChange.Details")), 4);
	assert_string_equal(json_str(cs,
	    "Changes.0.ResourceChange.Details.2.Target.RequiresRecreation"),
	    "Always");
	assert_string_equal(json_str(cs, "StatusReason"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_unknown_status),
		cmocka_unit_test(test_params_given_wins),
		cmocka_unit_test(test_params_without_previous),
		cmocka_unit_test(test_params_kept),
		cmocka_unit_test(test_params_undeclared),
		cmocka_unit_test(test_params_resolved_value),
		cmocka_unit_test(test_params_ssm),
		cmocka_unit_test(test_params_missing),
		cmocka_unit_test(test_skip_tags),
		cmocka_unit_test(test_skip_sets),
		cmocka_unit_test(test_skip_rollback),
		cmocka_unit_test(test_topics),
		cmocka_unit_test(test_alarms),
		cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_change_set_verdicts),
		cmocka_unit_test(test_change_set_merge),
		cmocka_unit_test(test_change_set_merge_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
