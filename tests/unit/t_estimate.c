/* What is left of an operation, from what the same things took before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cfn/estimate.h"

#define ARN "arn:aws:cloudformation:r:1:stack/S/1"
#define BUCKET "AWS::S3::Bucket"

struct row {
	int second;
	const char *id, *type, *status;
};

static void with_event(const struct row *r,
    void (*use)(struct estimate *x, const struct event *e, int64_t now),
    struct estimate *x)
{
	CLEANUP(event_list_release) struct event_list l = { 0 };
	CLEANUP(json_free_p) cJSON *e = cJSON_CreateObject();
	CLEANUP(free_p) char *at = xasprintf("2024-01-02T21:%02d:%02dZ",
	    r->second / 60, r->second % 60);

	json_put_str(e, "StackId", ARN);
	json_put_str(e, "StackName", "S");
	json_put_str(e, "LogicalResourceId", r->id);
	json_put_str(e, "PhysicalResourceId",
	    streq(r->id, "S") ? ARN : "physical");
	json_put_str(e, "ResourceType", r->type);
	json_put_str(e, "ResourceStatus", r->status);
	json_put_str(e, "Timestamp", at);
	assert_true(event_list_add(&l, e, true));
	use(x, l.v, (int64_t)r->second * 1000);
}

static void past(struct estimate *x, const struct event *e, int64_t now)
{
	(void)now;
	estimate_past(x, e);
}

static void add_past(struct estimate *x, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		with_event(&rows[i], past, x);
}

static void see(struct estimate *x, int second, const char *id,
    const char *status)
{
	struct row r = { second, id, streq(id, "S") ?
	    "AWS::CloudFormation::Stack" : BUCKET, status };

	with_event(&r, estimate_see, x);
}

static void plan(struct estimate *x, const char *changes,
    const char *resources)
{
	CLEANUP(json_free_p) cJSON *list = cJSON_CreateArray();
	CLEANUP(json_free_p) cJSON *template_ = cJSON_CreateObject();
	struct sv rest = sv_from(changes), word;
	cJSON *r;

	while (sv_next(&rest, ' ', &word)) {
		CLEANUP(free_p) char *text = sv_dup(word);
		cJSON *c = cJSON_CreateObject(), *rc = cJSON_CreateObject();

		json_put_str(rc, "Action", *text == '+' ? "Add" :
		    *text == '-' ? "Remove" : "Modify");
		json_put_str(rc, "LogicalResourceId", text + 1);
		json_put_str(rc, "ResourceType", BUCKET);
		json_add_take(c, "ResourceChange", rc);
		json_push_take(list, c);
	}
	assert_int_equal(json_parse(sv_from(resources), "r", &r, NULL), 0);
	json_add_take(template_, "Resources", r);
	estimate_plan(x, list, template_);
}

/* Newest first: an update of 100 s in which A took 60 and B 20, and before it
 * one that took much longer and does not count; C took 30 to be made. */
static const struct row history[] = {
	{ 900, "S", "AWS::CloudFormation::Stack", "UPDATE_COMPLETE" },
	{ 890, "S", "AWS::CloudFormation::Stack",
	    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" },
	{ 885, "A", BUCKET, "UPDATE_COMPLETE" },
	{ 850, "B", BUCKET, "UPDATE_COMPLETE" },
	{ 830, "B", BUCKET, "UPDATE_IN_PROGRESS" },
	{ 826, "A", BUCKET, "UPDATE_IN_PROGRESS" },
	{ 825, "A", BUCKET, "UPDATE_IN_PROGRESS" },
	{ 800, "S", "AWS::CloudFormation::Stack", "UPDATE_IN_PROGRESS" },
	{ 600, "A", BUCKET, "UPDATE_COMPLETE" },
	{ 300, "A", BUCKET, "UPDATE_IN_PROGRESS" },
	{ 200, "S", "AWS::CloudFormation::Stack", "UPDATE_IN_PROGRESS" },
	{ 130, "C", "AWS::SQS::Queue", "CREATE_COMPLETE" },
	{ 100, "C", "AWS::SQS::Queue", "CREATE_IN_PROGRESS" },
	{ 50, "D", BUCKET, "DELETE_FAILED" },
	{ 40, "D", BUCKET, "DELETE_IN_PROGRESS" },
};

static struct estimate *with_history(void)
{
	struct estimate *x = estimate_new();

	add_past(x, history, ARRAY_SIZE(history));
	return x;
}

static void test_no_history(void **state)
{
	struct estimate *x = estimate_new();

	(void)state;
	plan(x, "*A", "{}");
	assert_int_equal(estimate_left(x, 0), -1);
	see(x, 0, "S", "UPDATE_IN_PROGRESS");
	see(x, 1, "A", "UPDATE_IN_PROGRESS");
	assert_int_equal(estimate_left(x, 5000), -1);
	estimate_free(x);
}

static void test_longest_way(void **state)
{
	struct estimate *x = with_history();

	(void)state;
	plan(x, "*A *B", "{\"B\": {\"P\": [{\"Fn::Sub\": \"x-${A.Arn}\"}]}}");
	/* B after A, as it refers to it */
	assert_int_equal(estimate_left(x, 0), 80000);
	see(x, 0, "S", "UPDATE_IN_PROGRESS");
	see(x, 10, "A", "UPDATE_IN_PROGRESS");
	see(x, 11, "A", "UPDATE_IN_PROGRESS");
	assert_int_equal(estimate_left(x, 30000), 60000);
	see(x, 40, "A", "UPDATE_COMPLETE");
	assert_int_equal(estimate_left(x, 40000), 20000);
	see(x, 40, "B", "UPDATE_IN_PROGRESS");
	/* longer than before */
	assert_int_equal(estimate_left(x, 90000), 0);
	/* cleaning up, which takes as long as it takes */
	see(x, 95, "B", "UPDATE_COMPLETE");
	assert_int_equal(estimate_left(x, 95000), -1);
	estimate_free(x);
}

static void test_side_by_side(void **state)
{
	struct estimate *x = with_history();

	(void)state;
	plan(x, "*A *B", "{}");
	assert_int_equal(estimate_left(x, 0), 60000);
	estimate_free(x);
}

/* A bucket that was never updated takes what buckets took; what goes, goes
 * last, and how long that takes nobody knows. */
static void test_types_and_cleanup(void **state)
{
	struct estimate *x = with_history();

	(void)state;
	plan(x, "*New *A -D", "{\"New\": {\"DependsOn\": [\"A\"]}}");
	/* (60 + 20) / 2 */
	assert_int_equal(estimate_left(x, 0), 60000 + 40000);
	estimate_free(x);
}

static void test_too_little_known(void **state)
{
	struct estimate *x = with_history();

	(void)state;
	plan(x, "+X +Y *A", "{}");
	assert_int_equal(estimate_left(x, 0), -1);
	see(x, 1, "X", "CREATE_COMPLETE");
	see(x, 1, "Y", "CREATE_COMPLETE");
	assert_int_equal(estimate_left(x, 1000), 60000);
	estimate_free(x);
}

static void test_without_a_plan(void **state)
{
	struct estimate *x = with_history();

	(void)state;
	assert_int_equal(estimate_left(x, 0), -1);
	see(x, 10, "S", "UPDATE_IN_PROGRESS");
	assert_int_equal(estimate_left(x, 30000), 80000);
	see(x, 95, "A", "UPDATE_IN_PROGRESS");
	assert_int_equal(estimate_left(x, 100000), 55000);
	estimate_free(x);
}

static void test_a_rollback_is_not_foreseen(void **state)
{
	struct estimate *x = with_history();

	(void)state;
	plan(x, "*A", "{}");
	see(x, 0, "S", "UPDATE_IN_PROGRESS");
	see(x, 0, "S", "UPDATE_ROLLBACK_IN_PROGRESS");
	assert_int_equal(estimate_left(x, 1000), -1);
	estimate_free(x);
}

static void test_circle(void **state)
{
	struct estimate *x = with_history();

	(void)state;
	plan(x, "*A *B", "{\"A\": {\"Ref\": \"B\"}, \"B\": {\"Ref\": \"A\"}}");
	assert_true(estimate_left(x, 0) >= 60000);
	estimate_free(x);
}

static void test_clock(void **state)
{
	char text[24];

	(void)state;
	estimate_clock(-5, text);
	assert_string_equal(text, "0:00");
	estimate_clock(65999, text);
	assert_string_equal(text, "1:05");
	estimate_clock(3723000, text);
	assert_string_equal(text, "1:02:03");
	estimate_clock(INT64_MAX, text);
	assert_true(strlen(text) < 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_history),
		cmocka_unit_test(test_longest_way),
		cmocka_unit_test(test_side_by_side),
		cmocka_unit_test(test_types_and_cleanup),
		cmocka_unit_test(test_too_little_known),
		cmocka_unit_test(test_without_a_plan),
		cmocka_unit_test(test_a_rollback_is_not_foreseen),
		cmocka_unit_test(test_circle),
		cmocka_unit_test(test_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
