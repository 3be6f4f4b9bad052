/* Exports that go while others import them: the core. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "deploy/exports.h"

static cJSON *parse(const char *text)
{
	CLEANUP(free_p) char *json = str_replace(text, "'", "\"");
	cJSON *j = NULL;

	assert_int_equal(json_parse(sv_from(json), "test", &j, NULL), 0);
	return j;
}

static void check_text(const char *value, const char *want)
{
	CLEANUP(json_free_p) cJSON *v = parse(value);
	CLEANUP(json_free_p) cJSON *t = parse("{'Parameters':{"
	    "'Stage':{'Type':'String','Default':'dev'},"
	    "'Given':{'Type':'String','Default':'no'},"
	    "'None':{'Type':'String'},"
	    "'Ssm':{'Type':'AWS::SSM::Parameter::Value<String>',"
	    "'Default':'/a'}}}");
	CLEANUP(json_free_p) cJSON *p = parse("{'Given':'yes'}");
	struct exports_scope s = { .stack_name = "S1", .account = "1",
		.region = "eu-west-1", .template_ = t, .parameters = p };
	CLEANUP(free_p) char *got = exports_text(v, &s);

	if (want)
		assert_string_equal(got, want);
	else
		assert_null(got);
}

static void test_names(void **state)
{
	(void)state;
	check_text("'S1:X'", "S1:X");
	check_text("{'Fn::Sub':'${AWS::StackName}-${Stage}-x'}", "S1-dev-x");
	check_text("{'Fn::Sub':'${!AWS}${Given}$'}", "${AWS}yes$");
	check_text("{'Fn::Sub':['${V}-${AWS::Region}',"
	    "{'V':{'Ref':'AWS::AccountId'}}]}", "1-eu-west-1");
	check_text("{'Fn::Join':[':',[{'Ref':'AWS::StackName'},'X']]}",
	    "S1:X");
	check_text("{'Fn::Join':['',[]]}", "");
	check_text("{'Ref':'Given'}", "yes");
	/* what takes more to know */
	check_text("{'Ref':'None'}", NULL);
	check_text("{'Ref':'Ssm'}", NULL);
	check_text("{'Ref':'Bucket'}", NULL);
	check_text("{'Fn::Sub':'${Bucket.Arn}'}", NULL);
	check_text("{'Fn::Join':[':',[{'Fn::GetAtt':['B','Arn']}]]}", NULL);
	check_text("{'Fn::Join':':'}", NULL);
	check_text("{'Fn::Sub':[]}", NULL);
	check_text("{'Fn::Sub':'${open'}", "${open");
	check_text("{'Fn::If':['C','a','b']}", NULL);
	check_text("{}", NULL);
	check_text("7", NULL);
}

/* "name output " of each */
static void check_removed(const char *template_, const char *want)
{
	CLEANUP(json_free_p) cJSON *t = parse(template_);
	CLEANUP(json_free_p) cJSON *outputs = parse("["
	    "{'OutputKey':'A','OutputValue':'1','ExportName':'S1:A'},"
	    "{'OutputKey':'Plain','OutputValue':'2'},"
	    "{'OutputKey':'B','OutputValue':'3','ExportName':'S1:B'}]");
	struct exports_scope s = { .stack_name = "S1", .template_ = t };
	CLEANUP(exports_gone_release) struct exports_gone g = { 0 };
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	exports_removed(outputs, &s, &g);
	for (size_t i = 0; i < g.n; i++)
		strbuf_addf(&b, "%s %s ", g.v[i].name, g.v[i].output);
	assert_string_equal(b.buf, want);
}

static void test_removed(void **state)
{
	(void)state;
	check_removed("{}", "S1:A A S1:B B ");
	check_removed("{'Outputs':{'A':{'Export':{'Name':'S1:A'}}}}",
	    "S1:B B ");
	/* under another key, and made of parts */
	check_removed("{'Outputs':{'X':{'Export':{'Name':'S1:A'}},'Y':{"
	    "'Export':{'Name':{'Fn::Sub':'${AWS::StackName}:B'}}}}}", "");
	/* the output stays, its export does not */
	check_removed("{'Outputs':{'A':{'Value':'1'},"
	    "'B':{'Export':{'Name':'Other'}}}}", "S1:A A S1:B B ");
	/* a name we cannot tell is the deployed one of that key ... */
	check_removed("{'Outputs':{'A':{'Export':{'Name':{'Ref':'R'}}}}}",
	    "S1:B B ");
	/* ... or might be any */
	check_removed("{'Outputs':{'N':{'Export':{'Name':{'Ref':'R'}}}}}", "");
}

static void test_nothing_exported(void **state)
{
	CLEANUP(json_free_p) cJSON *t = parse("{}");
	struct exports_scope s = { .template_ = t };
	struct exports_gone g = { 0 };

	(void)state;
	exports_removed(NULL, &s, &g);
	assert_int_equal(g.n, 0);
	exports_gone_release(&g);
}

static void test_imports(void **state)
{
	CLEANUP(json_free_p) cJSON *t = parse("{'Resources':{'F':{'Properties'"
	    ":{'Env':[{'V':{'Fn::ImportValue':'S1:A'}},"
	    "{'Fn::ImportValue':{'Fn::Sub':'${AWS::Region}-x'}}]}}},"
	    "'Outputs':{'O':{'Value':{'Fn::ImportValue':{'Ref':'R'}}}}}");
	struct exports_scope s = { .template_ = t, .region = "eu-west-1" };
	char *where = NULL;

	(void)state;
	assert_true(exports_imports(&s, "S1:A", &where));
	assert_string_equal(where, "Resources.F.Properties.Env.V");
	free(where);
	where = NULL;
	assert_true(exports_imports(&s, "eu-west-1-x", &where));
	free(where);
	where = NULL;
	assert_false(exports_imports(&s, "S1:B", &where));
	assert_null(where);
}

static void check_keep(const char *old, const char *new_, const char *output,
    const char *want, const char *kept)
{
	CLEANUP(json_free_p) cJSON *o = parse(old);
	CLEANUP(json_free_p) cJSON *n = parse(new_);
	CLEANUP(json_free_p) cJSON *w = parse(want);
	CLEANUP(strvec_release) struct strvec ids = { 0 };
	CLEANUP(free_p) char *key = xstrdup(output);
	struct export_gone gone = { .output = key };
	struct exports_gone g = { .v = &gone, .n = 1 };
	CLEANUP(json_free_p) cJSON *got = exports_keep(o, n, &g, &ids);
	CLEANUP(free_p) char *text = json_text(got, 0);
	CLEANUP(free_p) char *expected = json_text(w, 0);
	CLEANUP(free_p) char *list = strvec_join(&ids, " ");

	assert_string_equal(text, expected);
	assert_string_equal(list, kept);
}

static void test_keep(void **state)
{
	(void)state;
	/* the output alone, where the resource is still there */
	check_keep("{'Resources':{'B':{'Type':'T','P':1}},'Outputs':{'A':{"
	    "'Value':{'Ref':'B'},'Export':{'Name':'x'}}}}",
	    "{'Resources':{'B':{'Type':'T','P':2}}}", "A",
	    "{'Resources':{'B':{'Type':'T','P':2}},'Outputs':{'A':{"
	    "'Value':{'Ref':'B'},'Export':{'Name':'x'}}}}", "");
	/* an output that is renamed is the old one for now */
	check_keep("{'Resources':{'B':{'P':1}},'Outputs':{'A':{'Value':'1',"
	    "'Export':{'Name':'x'}}}}", "{'Resources':{'B':{'P':2}},"
	    "'Outputs':{'A':{'Value':'1','Export':{'Name':'y'}},'C':{}}}", "A",
	    "{'Resources':{'B':{'P':2}},'Outputs':{'C':{},'A':{'Value':'1',"
	    "'Export':{'Name':'x'}}}}", "");
	/* as deployed when nothing else changed, whatever the order */
	check_keep("{'Outputs':{'A':{'Value':'1'},'B':{'Value':'2'}},"
	    "'Resources':{'R':{'Type':'T'}}}",
	    "{'Resources':{'R':{'Type':'T'}},'Outputs':{'B':{'Value':'2'}}}",
	    "A", "{'Outputs':{'A':{'Value':'1'},'B':{'Value':'2'}},"
	    "'Resources':{'R':{'Type':'T'}}}", "");
}

/* Everything that is needed, each once, and nothing else. */
static void test_keep_closure(void **state)
{
	(void)state;
	check_keep(
	    "{'Parameters':{'P':{'Type':'String'},'Q':{'Type':'String'}},"
	    "'Mappings':{'M':{'k':{'v':1}}},"
	    "'Conditions':{'C':{'Fn::And':[{'Condition':'D'}]},"
	    "'D':{'Fn::Equals':[{'Ref':'P'},'']},'E':{}},"
	    "'Resources':{"
	    "'B':{'Type':'T','Condition':'C','DependsOn':['K'],'Properties':{"
	    "'Name':{'Fn::Sub':'${AWS::Region}-${L.Arn}'},"
	    "'X':{'Fn::If':['C',{'Fn::GetAtt':['G','Arn']},{'Ref':'B'}]},"
	    "'Y':{'Fn::FindInMap':['M','k','v']}}},"
	    "'K':{'Type':'K','DependsOn':'L'},'L':{'Type':'L'},"
	    "'G':{'Type':'G'},'Unrelated':{'Type':'U'}},"
	    "'Outputs':{'A':{'Value':{'Fn::GetAtt':'B.Arn'},"
	    "'Export':{'Name':'x'}},'Z':{'Value':'z'}}}",
	    "{'Resources':{'G':{'Type':'G','New':true}}}", "A",
	    "{'Resources':{'G':{'Type':'G','New':true},"
	    "'B':{'Type':'T','Condition':'C','DependsOn':['K'],'Properties':{"
	    "'Name':{'Fn::Sub':'${AWS::Region}-${L.Arn}'},"
	    "'X':{'Fn::If':['C',{'Fn::GetAtt':['G','Arn']},{'Ref':'B'}]},"
	    "'Y':{'Fn::FindInMap':['M','k','v']}}},"
	    "'K':{'Type':'K','DependsOn':'L'},'L':{'Type':'L'}},"
	    "'Outputs':{'A':{'Value':{'Fn::GetAtt':'B.Arn'},"
	    "'Export':{'Name':'x'}}},"
	    "'Conditions':{'C':{'Fn::And':[{'Condition':'D'}]},"
	    "'D':{'Fn::Equals':[{'Ref':'P'},'']}},"
	    "'Mappings':{'M':{'k':{'v':1}}},"
	    "'Parameters':{'P':{'Type':'String'}}}", "B K L");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_removed),
		cmocka_unit_test(test_nothing_exported),
		cmocka_unit_test(test_imports),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_keep_closure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
