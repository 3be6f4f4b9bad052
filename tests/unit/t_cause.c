/* The first true cause of a failure, and what a reason and a trace say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cfn/cause.h"
#include "cfn/console.h"

#define ARN(name) "arn:aws:cloudformation:eu-west-1:1:stack/" name "/1"
#define STACK "AWS::CloudFormation::Stack"

struct row {
	int second;
	const char *stack, *id, *type, *status, *reason;
	const char *physical; /* NULL: some */
};

static void fill(struct event_list *l, struct lineage *tree,
    const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &rows[i];
		CLEANUP(json_free_p) cJSON *e = cJSON_CreateObject();
		CLEANUP(free_p) char *at = xasprintf(
		    "2024-01-02T21:00:%02dZ", r->second);
		bool root = streq(r->stack, ARN("S"));

		json_put_str(e, "StackId", r->stack);
		json_put_str(e, "StackName", "name");
		json_put_str(e, "LogicalResourceId", r->id);
		json_put_str(e, "PhysicalResourceId",
		    r->physical ? r->physical : "p");
		json_put_str(e, "ResourceType", r->type);
		json_put_str(e, "ResourceStatus", r->status);
		json_put_str(e, "ResourceStatusReason", r->reason);
		json_put_str(e, "Timestamp", at);
		assert_true(event_list_add(l, e, root));
		lineage_note(tree, &l->v[l->n - 1]);
	}
}

/* The cause stands deep down and is told last; its parents fail because of
 * it, its siblings are cancelled, and the way back fails too. */
static const struct row deep[] = {
	{ 9, ARN("S"), "Inner", STACK, "CREATE_FAILED",
	    "Embedded stack was not successfully created", ARN("I") },
	{ 9, ARN("S"), "Q", "AWS::SQS::Queue", "CREATE_FAILED",
	    "Resource creation cancelled", NULL },
	{ 9, ARN("S"), "Q", "AWS::SQS::Queue", "CREATE_FAILED",
	    "Resource creation cancelled", NULL },
	{ 6, ARN("I"), "Deep", STACK, "CREATE_FAILED",
	    "Embedded stack was not successfully created", ARN("D") },
	{ 10, ARN("S"), "S", STACK, "ROLLBACK_IN_PROGRESS", NULL, ARN("S") },
	{ 12, ARN("S"), "B", "AWS::S3::Bucket", "DELETE_FAILED", "not empty", NULL },
	{ 8, ARN("S"), "Late", "AWS::SNS::Topic", "CREATE_FAILED", "too", NULL },
	{ 3, ARN("D"), "T", "AWS::SNS::Topic", "CREATE_FAILED",
	    "bad name (Service: Sns, Status Code: 400, Request ID: 12-ab, "
	    "SDK Attempt Count: 1)", NULL },
};

static void test_deep_cause(void **state)
{
	CLEANUP(event_list_release) struct event_list l = { 0 };
	CLEANUP(lineage_release) struct lineage tree = { 0 };
	CLEANUP(json_free_p) cJSON *facts = NULL;
	CLEANUP(free_p) char *note = NULL;
	struct cause c;
	struct cause_context x = { .stack_name = "S", .stack_arn = ARN("S"),
		.tree = &tree, .location = "S/Deep/T",
		.undo_location = "S/B/Resource" };

	(void)state;
	fill(&l, &tree, deep, ARRAY_SIZE(deep));
	cause_find(&l, &c);
	assert_string_equal(c.event->logical_id, "T");
	assert_string_equal(c.undo->logical_id, "B");
	assert_int_equal(c.cancelled, 1);
	assert_int_equal(c.others, 1);
	note = cause_note(&c, &x);
	assert_string_equal(note,
	    "\nFirst cause: S/Deep/T (AWS::SNS::Topic T)\n"
	    "  Reason:     bad name (Service: Sns, Status Code: 400, "
	    "Request ID: 12-ab, SDK Attempt Count: 1)\n"
	    "  Nested in:  S > Inner > Deep\n"
	    "  Request:    12-ab\n"
	    "  Cancelled:  1 other resource was cancelled because of this\n"
	    "  Rollback:   S/B/Resource (AWS::S3::Bucket B) failed too: "
	    "not empty\n"
	    "  Console:    https://eu-west-1.console.aws.amazon.com/"
	    "cloudformation/home?region=eu-west-1#/stacks/events?stackId="
	    "arn%3Aaws%3Acloudformation%3Aeu-west-1%3A1%3Astack%2FS%2F1");
	facts = cause_facts(&c, &x);
	assert_string_equal(json_str(facts, "cause.nestedPath.1"), "Deep");
	assert_string_equal(json_str(facts, "cause.requestId"), "12-ab");
	assert_string_equal(json_str(facts, "cause.service"), "Sns");
	assert_string_equal(json_str(facts, "rollbackFailure.reason"),
	    "not empty");
}

/* The stack is stuck then, and it is said how it gets on. */
static void test_rollback_that_fails(void **state)
{
	static const struct row rows[] = {
		{ 2, ARN("S"), "B", "AWS::S3::Bucket", "UPDATE_FAILED", "no",
		    NULL },
		{ 3, ARN("S"), "S", STACK, "UPDATE_ROLLBACK_IN_PROGRESS", NULL,
		    ARN("S") },
		{ 4, ARN("S"), "B", "AWS::S3::Bucket", "UPDATE_FAILED",
		    "no again", NULL },
	};
	CLEANUP(event_list_release) struct event_list l = { 0 };
	CLEANUP(lineage_release) struct lineage tree = { 0 };
	CLEANUP(free_p) char *note = NULL;
	struct cause c;
	struct cause_context x = { .stack_name = "S", .stack_arn = ARN("S"),
		.tree = &tree, .location = "S/B", .undo_location = "S/B" };

	(void)state;
	fill(&l, &tree, rows, ARRAY_SIZE(rows));
	cause_find(&l, &c);
	note = cause_note(&c, &x);
	assert_non_null(strstr(note, " failed too: no again\n"
	    "  Next:       'ccdk rollback' goes on once that is put right; "
	    "--orphan leaves the resource as it is\n"));
}

/* A nested stack that fails by itself is a cause like any resource. */
static void test_stack_as_cause(void **state)
{
	static const struct row rows[] = {
		{ 2, ARN("S"), "Inner", STACK, "CREATE_FAILED",
		    "Template validation error", ARN("I") },
		{ 3, ARN("S"), "S", STACK, "CREATE_FAILED", NULL, ARN("S") },
	};
	CLEANUP(event_list_release) struct event_list l = { 0 };
	CLEANUP(lineage_release) struct lineage tree = { 0 };
	struct cause c;

	(void)state;
	cause_find(&l, &c);
	assert_null(c.event);
	fill(&l, &tree, rows, ARRAY_SIZE(rows));
	cause_find(&l, &c);
	assert_string_equal(c.event->logical_id, "Inner");
	assert_null(c.undo);
	assert_int_equal(c.others, 0);
}

static void test_only_the_rollback_failed(void **state)
{
	static const struct row rows[] = {
		{ 2, ARN("S"), "S", STACK, "UPDATE_ROLLBACK_IN_PROGRESS",
		    "alarm", ARN("S") },
		{ 3, ARN("S"), "B", "T", "UPDATE_FAILED", "no", NULL },
	};
	CLEANUP(event_list_release) struct event_list l = { 0 };
	CLEANUP(lineage_release) struct lineage tree = { 0 };
	struct cause c;

	(void)state;
	fill(&l, &tree, rows, ARRAY_SIZE(rows));
	cause_find(&l, &c);
	assert_string_equal(c.event->logical_id, "B");
	assert_null(c.undo);
}

static void test_ids(void **state)
{
	static const struct {
		const char *reason, *id, *code;
	} cases[] = {
		{ "x (Service: AmazonS3; Status Code: 409; Error Code: "
		  "BucketAlreadyExists; Request ID: ABC; S3 Extended Request "
		  "ID: d=; Proxy: null)", "ABC", "BucketAlreadyExists" },
		{ "x (RequestToken: 1-2, HandlerErrorCode: AlreadyExists)",
		    "1-2", "AlreadyExists" },
		{ "Received response status [FAILED] from custom resource. "
		  "Message returned: no (RequestId: 9-f)", "9-f", NULL },
		{ "Request ID: ", NULL, NULL },
		{ "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(cause_ids_release) struct cause_ids ids;

		cause_read_ids(cases[i].reason, &ids);
		assert_int_equal(!!ids.request_id, !!cases[i].id);
		assert_int_equal(!!ids.code, !!cases[i].code);
		if (cases[i].id)
			assert_string_equal(ids.request_id, cases[i].id);
		if (cases[i].code)
			assert_string_equal(ids.code, cases[i].code);
	}
}

static void test_sources(void **state)
{
	static const struct {
		const char *trace, *file;
		int line, column;
	} cases[] = {
		{ "new Bucket (/a/node_modules/aws-cdk-lib/s3.js:1:9)\n"
		  "new My (/a/lib/my stack.ts:12:5)\nx (/a/bin/app.ts:3:1)",
		    "/a/lib/my stack.ts", 12, 5 },
		{ "at node:internal/main:1:2\nat file:///a/x.js:4:6",
		    "/a/x.js", 4, 6 },
		{ "/a/app.py:7", "/a/app.py", 7, 0 },
		{ "no place\n(:1:2)\n()\n)\n\n12:3", "12", 3, 0 },
		{ "(/a/node_modules/x.js:1:1)", NULL, 0, 0 },
		{ "", NULL, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(source_release) struct source s;

		source_of_trace(cases[i].trace, &s);
		assert_int_equal(!!s.file, !!cases[i].file);
		if (!s.file)
			continue;
		assert_string_equal(s.file, cases[i].file);
		assert_int_equal(s.line, cases[i].line);
		assert_int_equal(s.column, cases[i].column);
	}
}

static void test_console(void **state)
{
	static const struct {
		const char *arn, *start;
	} cases[] = {
		{ "arn:aws-cn:cloudformation:cn-north-1:1:stack/S/1",
		    "https://cn-north-1.console.amazonaws.cn/cloudformation/" },
		{ "arn:aws-us-gov:cloudformation:us-gov-west-1:1:stack/S/1",
		    "https://us-gov-west-1.console.amazonaws-us-gov.com/" },
		{ "arn:aws-iso:cloudformation:us-iso-east-1:1:stack/S/1",
		    NULL },
		{ "S", NULL },
		{ NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(free_p) char *url = console_stack_events(cases[i].arn);

		assert_int_equal(!!url, !!cases[i].start);
		if (url)
			assert_true(str_starts(url, cases[i].start));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deep_cause),
		cmocka_unit_test(test_rollback_that_fails),
		cmocka_unit_test(test_stack_as_cause),
		cmocka_unit_test(test_only_the_rollback_failed),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_console),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
