/* Which changes take data away: the core of --protect-stateful. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "deploy/guard.h"
#include "spec/stateful.h"
#include "util/share.h"

static cJSON *parse(const char *text)
{
	CLEANUP(free_p) char *json = str_replace(text, "'", "\"");
	cJSON *j = NULL;

	assert_int_equal(json_parse(sv_from(json), "test", &j, NULL), 0);
	return j;
}

/* The findings as "id event fate: reason" lines. */
static void assert_findings(const struct guard *g, const char *want)
{
	CLEANUP(json_free_p) cJSON *list = cJSON_CreateArray();
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	guard_report(g, list, NULL);
	JSON_EACH(o, list)
		strbuf_addf(&b, "%s.%s %s %s%s: %s\n", json_str(o, "stack"),
		    json_str(o, "logicalId"), json_str(o, "event"),
		    json_str(o, "fate"),
		    json_bool(o, "allowed", false) ? " allowed" : "",
		    json_str(o, "reason"));
	assert_string_equal(b.buf, want);
}

static void check(const char *old, const char *new_, const char *change_set,
    const char *want)
{
	CLEANUP(json_free_p) cJSON *o = old ? parse(old) : NULL;
	CLEANUP(json_free_p) cJSON *n = new_ ? parse(new_) : NULL;
	CLEANUP(json_free_p) cJSON *c = change_set ? parse(change_set) : NULL;
	CLEANUP(guard_release) struct guard g = { 0 };
	struct guard_stack s = { .name = "S", .old = o, .new_ = n,
		.change_set = c };

	if (c)
		assert_int_equal(guard_suspects(c), *want != 0);
	guard_judge(&s, &g);
	assert_findings(&g, want);
}

/* ---- the table ----------------------------------------------------------- */

static void test_types(void **state)
{
	struct stateful_type t;

	(void)state;
	assert_true(stateful_find("AWS::RDS::DBInstance", &t));
	assert_true(sv_eq(t.kind, "database"));
	assert_true(sv_eq(t.holds, "tables and their rows"));
	assert_true(t.snapshot);
	assert_true(sv_eq(t.unless, "DBClusterIdentifier"));
	assert_true(stateful_find("AWS::S3::Bucket", &t));
	assert_false(t.snapshot);
	assert_int_equal(t.unless.n, 0);
	assert_false(stateful_find("AWS::S3::BucketPolicy", &t));
	assert_false(stateful_find("AWS::Lambda::Function", &t));
	assert_false(stateful_find("", &t));
	assert_false(stateful_find("#", &t));
}

/* Sorted, found and whole; that the types exist is seen to by make gen. */
static void test_every_type(void **state)
{
	struct sv table, line, name, last = { "", 0 };
	size_t n = 0;

	(void)state;
	assert_int_equal(share_get("data/stateful.tsv", &table, NULL), 0);
	while (sv_next(&table, '\n', &line)) {
		CLEANUP(free_p) char *key = NULL;
		struct stateful_type t;
		int order;

		if (line.p[0] == '#')
			continue;
		assert_true(sv_next(&line, '\t', &name));
		key = sv_dup(name);
		order = memcmp(last.p, name.p, MIN(last.n, name.n));
		assert_true(order < 0 || (order == 0 && last.n < name.n));
		assert_true(stateful_find(key, &t));
		assert_true(t.kind.n > 0 && t.holds.n > 0);
		last = name;
		n++;
	}
	assert_true(n > 100);
}

/* ---- change sets --------------------------------------------------------- */

#define CHANGE(id, type, rest)						\
	"{'Type':'Resource','ResourceChange':{'LogicalResourceId':'" id	\
	"','ResourceType':'" type "'," rest "}}"
#define CHANGES(...) "{'Changes':[" __VA_ARGS__ "]}"

static void test_change_set(void **state)
{
	(void)state;
	check(NULL, NULL, CHANGES(
	    CHANGE("T", "AWS::DynamoDB::Table", "'Action':'Modify',"
		"'Replacement':'True','PolicyAction':'ReplaceAndDelete',"
		"'Details':[{'Target':{'Attribute':'Properties',"
		"'Name':'TableName','RequiresRecreation':'Always'}},"
		"{'Target':{'Attribute':'Properties','Name':'BillingMode',"
		"'RequiresRecreation':'Never'}},"
		"{'CausingEntity':'K.Arn','Target':{'Attribute':'Properties',"
		"'Name':'SSE','RequiresRecreation':'Conditionally'}}]")
	    "," CHANGE("B", "AWS::S3::Bucket", "'Action':'Remove',"
		"'PolicyAction':'Delete'")
	    "," CHANGE("K", "AWS::KMS::Key", "'Action':'Remove',"
		"'PolicyAction':'Retain'")
	    "," CHANGE("D", "AWS::RDS::DBInstance", "'Action':'Remove',"
		"'PolicyAction':'Snapshot'")
	    "," CHANGE("Q", "AWS::SQS::Queue", "'Action':'Modify',"
		"'Replacement':'Conditional'")
	    "," CHANGE("N", "AWS::S3::Bucket", "'Action':'Add'")
	    "," CHANGE("I", "AWS::S3::Bucket", "'Action':'Import'")
	    "," CHANGE("U", "AWS::S3::Bucket", "'Action':'Modify',"
		"'Replacement':'False'")
	    "," CHANGE("F", "AWS::Lambda::Function", "'Action':'Remove'")
	    "," CHANGE("X", "AWS::Kinesis::Stream", "'Action':'Dynamic'")),
	    "S.T replace lost: TableName, SSE (follows K.Arn) cannot change "
	    "in place\n"
	    "S.B delete lost: the new template does not have it\n"
	    "S.K delete kept: the new template does not have it\n"
	    "S.D delete snapshot: the new template does not have it\n"
	    "S.Q may-replace lost: the change set says so\n"
	    "S.X may-replace lost: the change set says so\n");
}

static void test_change_set_without_loss(void **state)
{
	(void)state;
	check(NULL, NULL, "{}", "");
	check(NULL, NULL, "{'Changes':[{},{'ResourceChange':{}},7]}", "");
	check(NULL, NULL, CHANGES(CHANGE("F", "AWS::Lambda::Function",
	    "'Action':'Remove','PolicyAction':'Delete'")), "");
	check(NULL, NULL, CHANGES(CHANGE("B", "AWS::S3::Bucket",
	    "'Action':'Modify','Replacement':'False'")), "");
}

/* Where the change set does not say what the policies are. */
static void test_policies_of_templates(void **state)
{
	(void)state;
	check("{'Resources':{'A':{'DeletionPolicy':'Retain'},"
	    "'B':{'DeletionPolicy':'RetainExceptOnCreate'},"
	    "'C':{'DeletionPolicy':'Snapshot'},"
	    "'D':{},'E':{'DeletionPolicy':{'Ref':'P'}},"
	    "'R':{'UpdateReplacePolicy':'Retain'}}}",
	    "{'Resources':{'R':{'DeletionPolicy':'Retain'}}}", CHANGES(
	    CHANGE("A", "AWS::S3::Bucket", "'Action':'Remove'") ","
	    CHANGE("B", "AWS::S3::Bucket", "'Action':'Remove'") ","
	    CHANGE("C", "AWS::S3::Bucket", "'Action':'Remove'") ","
	    CHANGE("D", "AWS::RDS::DBCluster", "'Action':'Remove'") ","
	    CHANGE("E", "AWS::RDS::DBCluster", "'Action':'Remove'") ","
	    CHANGE("R", "AWS::S3::Bucket", "'Action':'Modify',"
		"'Replacement':'True'")),
	    "S.A delete kept: the new template does not have it\n"
	    "S.B delete kept: the new template does not have it\n"
	    "S.C delete lost: the new template does not have it\n"
	    "S.D delete snapshot: the new template does not have it\n"
	    "S.E delete lost: the new template does not have it\n"
	    "S.R replace lost: the change set says so\n");
}

/* Instances of a cluster hold nothing of their own. */
static void test_instances(void **state)
{
	static const char removed[] = CHANGES(CHANGE("D",
	    "AWS::RDS::DBInstance", "'Action':'Remove',"
	    "'BeforeContext':'{\\'Properties\\':"
	    "{\\'DBClusterIdentifier\\':\\'c\\'}}'"));
	CLEANUP(json_free_p) cJSON *cs = parse(removed);
	CLEANUP(guard_release) struct guard g = { 0 };
	struct guard_stack s = { .name = "S", .change_set = cs };

	(void)state;
	guard_judge(&s, &g);
	assert_int_equal(g.n, 0);
	check("{'Resources':{'D':{'Type':'AWS::RDS::DBInstance','Properties':"
	    "{'DBClusterIdentifier':'c'}}}}", "{'Resources':{}}", NULL, "");
	check("{'Resources':{'D':{'Type':'AWS::RDS::DBInstance','Properties':"
	    "{}}}}", "{'Resources':{}}", NULL,
	    "S.D delete snapshot: the new template does not have it\n");
}

static void test_conditional_removal(void **state)
{
	(void)state;
	check(NULL, "{'Resources':{'B':{'Condition':'IsProd'}}}",
	    CHANGES(CHANGE("B", "AWS::S3::Bucket", "'Action':'Remove',"
		"'PolicyAction':'Delete'")),
	    "S.B delete lost: its condition IsProd does not hold any more\n");
}

/* ---- templates ----------------------------------------------------------- */

#define TABLE(name, more)						\
	"{'Type':'AWS::DynamoDB::Table','Properties':{'TableName':'" name \
	"','SSESpecification':{}}" more "}"

static void test_templates(void **state)
{
	(void)state;
	check("{'Resources':{'T':" TABLE("a", "") ",'G':" TABLE("g", "")
	    ",'K':" TABLE("k", ",'DeletionPolicy':'Retain'")
	    ",'Y':" TABLE("y", "") "}}",
	    "{'Resources':{'T':" TABLE("b", "")
	    ",'Y':{'Type':'AWS::SQS::Queue'},'New':" TABLE("n", "") "}}",
	    NULL,
	    "S.G delete lost: the new template does not have it\n"
	    "S.K delete kept: the new template does not have it\n"
	    "S.T replace lost: TableName cannot change in place\n"
	    "S.Y replace lost: its type changes to AWS::SQS::Queue\n");
	check("{'Resources':{'T':" TABLE("a", "") "}}", "{'Resources':{'T':"
	    TABLE("b", ",'UpdateReplacePolicy':'Retain'") "}}", NULL,
	    "S.T replace kept: TableName cannot change in place\n");
	check("{}", "{'Resources':{'T':" TABLE("a", "") "}}", NULL, "");
}

static void test_template_conditions(void **state)
{
	(void)state;
	check("{'Conditions':{'C':{'Fn::Equals':['a','a']}},'Resources':{'T':"
	    TABLE("a", ",'Condition':'C'") ",'U':" TABLE("u", "") "}}",
	    "{'Conditions':{'C':{'Fn::Equals':['a','b']}},'Resources':{'T':"
	    TABLE("a", ",'Condition':'C'") ",'U':"
	    TABLE("u", ",'Condition':'D'") "}}", NULL,
	    "S.T may-delete lost: its condition C changes\n"
	    "S.U may-delete lost: its condition D changes\n");
}

static void test_deletion(void **state)
{
	CLEANUP(json_free_p) cJSON *t = parse("{'Resources':{'A':"
	    TABLE("a", "") ",'B':" TABLE("b", ",'DeletionPolicy':'Retain'")
	    ",'C':" TABLE("c", "") ",'F':{'Type':'AWS::Lambda::Function'}}}");
	CLEANUP(strmap_release) struct strmap there = { 0 };
	CLEANUP(guard_release) struct guard g = { 0 };
	struct guard_stack s = { .name = "S", .old = t, .existing = &there };
	char a[] = "table-a", b[] = "table-b";

	(void)state;
	strmap_set(&there, "A", a);
	strmap_set(&there, "B", b);
	guard_judge_deletion(&s, "gone", &g);
	assert_findings(&g, "S.A delete lost: gone\nS.B delete kept: gone\n");
	assert_string_equal(g.v[0].physical_id, "table-a");
	assert_int_equal(guard_losses(&g), 1);
}

/* ---- what may pass ------------------------------------------------------- */

static size_t losses_allowing(const char *id, bool *used)
{
	CLEANUP(json_free_p) cJSON *old = parse("{'Resources':{'T1':"
	    TABLE("a", ",'Metadata':{'aws:cdk:path':'App/Users/Resource'}")
	    ",'T12':" TABLE("b", "") "}}");
	CLEANUP(json_free_p) cJSON *new_ = parse("{'Resources':{}}");
	CLEANUP(guard_release) struct guard g = { 0 };
	CLEANUP(strvec_release) struct strvec ids = { 0 };
	struct guard_stack s = { .name = "S", .old = old, .new_ = new_ };

	strvec_add(&ids, id);
	guard_judge(&s, &g);
	assert_int_equal(guard_losses(&g), 2);
	*used = false;
	guard_allow(&g, &ids, used);
	return guard_losses(&g);
}

static void test_allow(void **state)
{
	static const char *const good[] = { "T1", "T12", "S.T1", "S.T12",
		"App/Users", "/App/Users/Resource", "App/Users/Resource" };
	static const char *const bad[] = { "", "T", "T2", "s.T1", "S.", "S",
		"X.T1", "App", "App/User", "/", "App/Users/Res" };
	bool used;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(losses_allowing(good[i], &used), 1);
		assert_true(used);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(losses_allowing(bad[i], &used), 2);
		assert_false(used);
	}
}

static void test_refusal(void **state)
{
	CLEANUP(json_free_p) cJSON *old = parse("{'Resources':{'T':"
	    TABLE("a", ",'Metadata':{'aws:cdk:path':'S/Users/Resource'}")
	    ",'Q':{'Type':'AWS::SQS::Queue'}}}");
	CLEANUP(json_free_p) cJSON *new_ = parse("{'Resources':{'T':"
	    TABLE("b", "") "}}");
	CLEANUP(guard_release) struct guard g = { 0 };
	CLEANUP(err_release) struct err err = { 0 };
	struct guard_stack s = { .name = "S", .old = old, .new_ = new_ };

	(void)state;
	guard_judge(&s, &g);
	assert_int_equal(guard_refuse(&g, "S", true, &err), E_FAIL);
	assert_string_equal(err_text(&err),
	    "S: nothing was changed, because data would be lost and stateful "
	    "resources are protected (--protect-stateful)\n"
	    "S.Q  (AWS::SQS::Queue Q)\n"
	    "  will be deleted: the new template does not have it\n"
	    "  a queue: messages would be lost\n"
	    "S/Users/Resource  (AWS::DynamoDB::Table T)\n"
	    "  will be replaced: TableName cannot change in place\n"
	    "  a database: the old one's tables and their rows would be lost\n"
	    "Give them a removal policy that retains (and deploy that first), "
	    "undo the change, or save the data and let them go: "
	    "--allow-data-loss S.Q --allow-data-loss S.T");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_every_type),
		cmocka_unit_test(test_change_set),
		cmocka_unit_test(test_change_set_without_loss),
		cmocka_unit_test(test_policies_of_templates),
		cmocka_unit_test(test_instances),
		cmocka_unit_test(test_conditional_removal),
		cmocka_unit_test(test_templates),
		cmocka_unit_test(test_template_conditions),
		cmocka_unit_test(test_deletion),
		cmocka_unit_test(test_allow),
		cmocka_unit_test(test_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
