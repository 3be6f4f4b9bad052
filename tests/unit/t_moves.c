#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "diff/moves.h"

/* ' stands for " in what follows. */
static cJSON *parse(const char *text)
{
	CLEANUP(free_p) char *json = str_replace(text, "'", "\"");
	cJSON *j = NULL;

	assert_int_equal(json_parse(sv_from(json), "test", &j, NULL), 0);
	return j;
}

struct side {
	cJSON *json; /* {stack name: template} */
	struct moves_stack v[8];
	size_t n;
};

static struct side side_of(const char *text)
{
	struct side s = { .json = parse(text) };

	JSON_EACH(t, s.json)
		s.v[s.n++] = (struct moves_stack){ t->string, t };
	return s;
}

static void add_places(struct strbuf *out, const struct place *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		strbuf_addf(out, "%s%s.%s", i ? "," : "", v[i].stack,
		    v[i].id);
}

/* "S.A>S.B S.C,S.D?S.E" : moves, then choices that nobody can make */
static char *text_of(const struct moves *m)
{
	struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; i < m->n; i++)
		strbuf_addf(&b, "%s%s.%s>%s.%s", b.len ? " " : "",
		    m->v[i].from.stack, m->v[i].from.id, m->v[i].to.stack,
		    m->v[i].to.id);
	for (size_t i = 0; i < m->n_ambiguous; i++) {
		const struct move_choice *c = &m->ambiguous[i];

		strbuf_adds(&b, b.len ? " " : "");
		add_places(&b, c->from, c->n_from);
		strbuf_addc(&b, '?');
		add_places(&b, c->to, c->n_to);
	}
	return strbuf_detach(&b);
}

static void check_with(const char *before, const char *after,
    const struct move *overrides, size_t n, const char *want)
{
	struct side a = side_of(before), b = side_of(after);
	CLEANUP(moves_release) struct moves m = { 0 };
	struct moves_input in = { .before = a.v, .n_before = a.n,
		.after = b.v, .n_after = b.n,
		.overrides = overrides, .n_overrides = n };
	CLEANUP(free_p) char *text = NULL;

	moves_find(&in, &m);
	text = text_of(&m);
	assert_string_equal(text, want);
	for (size_t i = 0; i < m.n; i++) {
		const struct move *v = &m.v[i];

		assert_ptr_equal(moves_from(&m, v->from.stack, v->from.id),
		    v);
		assert_ptr_equal(moves_to(&m, v->to.stack, v->to.id), v);
	}
	json_free(a.json);
	json_free(b.json);
}

static void check(const char *before, const char *after, const char *want)
{
	check_with(before, after, NULL, 0, want);
}

#define STACK(name, body) "'" name "':{'Resources':{" body "}}"
#define S(body) "{" STACK("S", body) "}"
#define RES(id, type, props) "'" id "':{'Type':'" type "'," \
	"'Properties':{" props "}}"
#define QUEUE(id) RES(id, "AWS::SQS::Queue", "")
#define TOPIC(id, props) RES(id, "AWS::SNS::Topic", props)

static void test_renamed(void **state)
{
	(void)state;
	check("{}", "{}", "");
	check(S(QUEUE("A")), S(QUEUE("A")), "");
	check(S(QUEUE("A")), S(QUEUE("B")), "S.A>S.B");
	/* another type, another value, nothing on the other side */
	check(S(QUEUE("A")), S(TOPIC("B", "")), "");
	check(S(TOPIC("A", "'N':1")), S(TOPIC("B", "'N':2")), "");
	check(S(TOPIC("A", "'N':1")), S(TOPIC("B", "'N':'1'")), "");
	check(S(QUEUE("A")), "{}", "");
	check("{}", S(QUEUE("A")), "");
	/* the order of members does not count */
	check(S(TOPIC("A", "'N':1,'M':[2]")), S(TOPIC("B", "'M':[2],'N':1")),
	    "S.A>S.B");
}

static void test_paths_and_order_do_not_count(void **state)
{
	(void)state;
	check(S("'A':{'Type':'T','Metadata':{'aws:cdk:path':'S/A','x':1}}"),
	    S("'B':{'Type':'T','Metadata':{'x':1,'aws:cdk:path':'S/B'}}"),
	    "S.A>S.B");
	check(S("'A':{'Type':'T','Metadata':{'x':1}}"),
	    S("'B':{'Type':'T','Metadata':{'x':2}}"), "");
	/* somewhere else it is a value like any other */
	check(S(TOPIC("A", "'Metadata':{'aws:cdk:path':'a'}")),
	    S(TOPIC("B", "'Metadata':{'aws:cdk:path':'b'}")), "");
	check(S("'A':{'Type':'T','DependsOn':'Q'}," QUEUE("Q")),
	    S("'B':{'Type':'T','DependsOn':['P']}," QUEUE("P")),
	    "S.Q>S.P S.A>S.B");
}

static void test_between_stacks(void **state)
{
	(void)state;
	check("{" STACK("S", QUEUE("A")) "," STACK("T", "") "}",
	    "{" STACK("S", "") "," STACK("T", QUEUE("A")) "}", "S.A>T.A");
	check("{" STACK("S", QUEUE("A")) "," STACK("T", TOPIC("A", "")) "}",
	    "{" STACK("S", TOPIC("A", "")) "," STACK("T", QUEUE("A")) "}",
	    "S.A>T.A T.A>S.A");
	/* a stack that only one side has */
	check("{" STACK("Old", QUEUE("A")) "}", "{" STACK("New", QUEUE("A"))
	    "}", "Old.A>New.A");
	/* the same resource in two stacks: what stays is no choice */
	check("{" STACK("S", QUEUE("A")) "," STACK("T", QUEUE("A")) "}",
	    "{" STACK("S", QUEUE("A")) "," STACK("T", QUEUE("B")) "}",
	    "T.A>T.B");
	check("{" STACK("S", QUEUE("A")) "," STACK("T", QUEUE("A")) "}",
	    "{" STACK("S", QUEUE("B")) "," STACK("T", QUEUE("B")) "}",
	    "S.A,T.A?S.B,T.B");
}

static void test_references(void **state)
{
	(void)state;
	/* what a renamed one is called does not count, what it is does */
	check(S(QUEUE("Q") "," TOPIC("A", "'R':{'Ref':'Q'}")),
	    S(QUEUE("P") "," TOPIC("B", "'R':{'Ref':'P'}")),
	    "S.Q>S.P S.A>S.B");
	check(S(QUEUE("Q") "," TOPIC("A", "'R':{'Fn::GetAtt':'Q.Arn'}")),
	    S(QUEUE("P") "," TOPIC("B", "'R':{'Fn::GetAtt':['P','Arn']}")),
	    "S.Q>S.P S.A>S.B");
	check(S(QUEUE("Q") "," TOPIC("A", "'R':{'Ref':'Q'}")),
	    S(QUEUE("P") "," TOPIC("B", "'R':{'Ref':'Other'}")),
	    "S.Q>S.P");
	/* a change of what is referred to is one of what refers to it */
	check(S(TOPIC("Q", "'N':1") "," TOPIC("A", "'R':{'Ref':'Q'}")),
	    S(TOPIC("Q", "'N':2") "," TOPIC("B", "'R':{'Ref':'Q'}")), "");
	/* names within a text are text */
	check(S(QUEUE("Q") "," TOPIC("A", "'R':{'Fn::Sub':'${Q}'}")),
	    S(QUEUE("P") "," TOPIC("B", "'R':{'Fn::Sub':'${P}'}")),
	    "S.Q>S.P");
	/* parameters are no resources */
	check(S(TOPIC("A", "'R':{'Ref':'P1'}")),
	    S(TOPIC("B", "'R':{'Ref':'P2'}")), "S.A>S.B");
}

#define EXPORT(name, value) "'Outputs':{'O':{'Value':" value \
	",'Export':{'Name':'" name "'}}}"

static void test_references_between_stacks(void **state)
{
	(void)state;
	/* a reference that becomes an import stays a reference */
	check("{" STACK("S", QUEUE("Q") "," TOPIC("A", "'R':{'Ref':'Q'}")) "}",
	    "{'S':{'Resources':{" QUEUE("Q") "}," EXPORT("e", "{'Ref':'Q'}")
	    "}," STACK("T", TOPIC("A", "'R':{'Fn::ImportValue':'e'}")) "}",
	    "S.A>T.A");
	check("{" STACK("S", QUEUE("Q") "," TOPIC("A",
		"'R':{'Fn::GetAtt':['Q','Arn']}")) "}",
	    "{'S':{'Resources':{" QUEUE("P") "},"
	    EXPORT("e", "{'Fn::GetAtt':'P.Arn'}") "},"
	    STACK("T", TOPIC("A", "'R':{'Fn::ImportValue':'e'}")) "}",
	    "S.Q>S.P S.A>T.A");
	/* a value that is exported is a value */
	check("{" STACK("S", TOPIC("A", "'R':'text'")) "}",
	    "{'S':{" EXPORT("e", "'text'") "},"
	    STACK("T", TOPIC("A", "'R':{'Fn::ImportValue':'e'}")) "}",
	    "S.A>T.A");
	/* of nobody here: its name counts */
	check(S(TOPIC("A", "'R':{'Fn::ImportValue':'x'}")),
	    S(TOPIC("B", "'R':{'Fn::ImportValue':'y'}")), "");
	check(S(TOPIC("A", "'R':{'Fn::ImportValue':'x'}")),
	    S(TOPIC("B", "'R':{'Fn::ImportValue':'x'}")), "S.A>S.B");
}

static void test_twins(void **state)
{
	(void)state;
	check(S(QUEUE("A") "," QUEUE("B")), S(QUEUE("C") "," QUEUE("D")),
	    "S.A,S.B?S.C,S.D");
	check(S(QUEUE("A") "," QUEUE("B")), S(QUEUE("A") "," QUEUE("D")),
	    "S.B>S.D");
	check(S(QUEUE("A")), S(QUEUE("C") "," QUEUE("D")), "S.A?S.C,S.D");
	/* a twin that is added to one that stays is no move */
	check(S(QUEUE("A")), S(QUEUE("A") "," QUEUE("B")), "");
	/* told apart by what refers to them */
	check(S(QUEUE("A") "," QUEUE("B") ","
		TOPIC("X", "'N':1,'R':{'Ref':'A'}") ","
		TOPIC("Y", "'N':2,'R':{'Ref':'B'}")),
	    S(QUEUE("D") "," QUEUE("C") ","
		TOPIC("X", "'N':1,'R':{'Ref':'C'}") ","
		TOPIC("Y", "'N':2,'R':{'Ref':'D'}")),
	    "S.A>S.C S.B>S.D");
	/* and by what nothing refers to; the graph is asked from its ends */
	check(S(QUEUE("A") "," QUEUE("B") "," TOPIC("X", "'R':{'Ref':'A'}")),
	    S(QUEUE("D") "," QUEUE("C") "," TOPIC("X", "'R':{'Ref':'C'}")),
	    "S.B>S.D S.A>S.C");
	/* one of them changed what it refers to: one each is left */
	check(S(QUEUE("A") "," QUEUE("B") ","
		TOPIC("X", "'N':1,'R':{'Ref':'A'}") ","
		TOPIC("Y", "'N':2,'R':{'Ref':'B'}")),
	    S(QUEUE("D") "," QUEUE("C") ","
		TOPIC("X", "'N':1,'R':{'Ref':'C'}") ","
		TOPIC("Y", "'N':3,'R':{'Ref':'D'}")),
	    "S.A>S.C S.B>S.D");
}

static void test_overrides(void **state)
{
	const struct move one = { { "S", "A" }, { "S", "D" } };
	const struct move odd[] = {
		{ { "S", "A" }, { "S", "Nothing" } },
		{ { "Nothing", "A" }, { "S", "C" } },
		{ { "S", "B" }, { "S", "C" } },
		{ { "S", "B" }, { "S", "D" } },
	};

	(void)state;
	check_with(S(QUEUE("A") "," QUEUE("B")), S(QUEUE("C") "," QUEUE("D")),
	    &one, 1, "S.A>S.D S.B>S.C");
	check_with(S(QUEUE("A") "," QUEUE("B")), S(QUEUE("C") "," QUEUE("D")),
	    odd, ARRAY_SIZE(odd), "S.B>S.C S.A>S.D");
	/* nothing to decide */
	check_with(S(QUEUE("A")), S(QUEUE("C")), &one, 1, "S.A>S.C");
	/* before what the graph says */
	check_with(S(QUEUE("A") "," QUEUE("B") ","
		TOPIC("X", "'R':{'Ref':'A'}")),
	    S(QUEUE("D") "," QUEUE("C") "," TOPIC("X", "'R':{'Ref':'C'}")),
	    &one, 1, "S.A>S.D S.B>S.C");
}

static void test_circles(void **state)
{
	(void)state;
	/* no order, no digest, neither for what leads into it */
	check(S(TOPIC("A", "'R':{'Ref':'B'}") ","
		TOPIC("B", "'R':{'Ref':'A'}") ","
		TOPIC("C", "'R':{'Ref':'A'}") "," QUEUE("Q")),
	    S(TOPIC("A2", "'R':{'Ref':'B2'}") ","
		TOPIC("B2", "'R':{'Ref':'A2'}") ","
		TOPIC("C2", "'R':{'Ref':'A2'}") "," QUEUE("P")),
	    "S.Q>S.P");
	/* itself is no circle */
	check(S(TOPIC("A", "'R':{'Ref':'A'}")),
	    S(TOPIC("B", "'R':{'Ref':'B'}")), "S.A>S.B");
}

static void test_odd_templates(void **state)
{
	(void)state;
	check("{'S':null,'T':[],'U':{'Resources':[]},'V':{'Outputs':[null]}}",
	    "{'S':{'Resources':{'A':null,'B':[],'C':'x','D':{}}}}", "");
	check(S("'A':'x'"), S("'B':'x'"), "S.A>S.B");
	check(S("'A':{'Type':'AWS::CDK::Metadata'}"),
	    S("'B':{'Type':'AWS::CDK::Metadata'}"), "");
	check(S(TOPIC("A", "'R':{'Ref':['Q']},'X':{'Fn::GetAtt':{}},"
		"'Y':{'Fn::GetAtt':[]},'Z':{'Fn::ImportValue':{}}")),
	    S(TOPIC("B", "'R':{'Ref':null},'X':{'Fn::GetAtt':1},"
		"'Y':{'Fn::GetAtt':'.'},'Z':{'Fn::ImportValue':{}}")),
	    "S.A>S.B");
	check("{'S':{" EXPORT("e", "{'Fn::Join':[]}") ",'Resources':{"
	    TOPIC("A", "'R':{'Fn::ImportValue':'e'}") "}}}",
	    "{'S':{" EXPORT("e", "{'Fn::Join':[1]}") ",'Resources':{"
	    TOPIC("B", "'R':{'Fn::ImportValue':'e'}") "}}}", "S.A>S.B");
}

static void test_unmatched(void **state)
{
	struct side a = side_of(S(QUEUE("A") "," TOPIC("T", "'N':1")));
	struct side b = side_of(S(QUEUE("B") "," TOPIC("T", "'N':2") ","
	    QUEUE("C")));
	struct moves_input in = { a.v, b.v, a.n, b.n, NULL, 0 };
	CLEANUP(moves_release) struct moves m = { 0 };
	CLEANUP(moves_release) struct moves same = { 0 };
	CLEANUP(strbuf_release) struct strbuf t = STRBUF_INIT;

	(void)state;
	moves_find(&in, &m);
	assert_false(m.isomorphic);
	add_places(&t, m.only_before, m.n_only_before);
	strbuf_addc(&t, ' ');
	add_places(&t, m.only_after, m.n_only_after);
	assert_string_equal(t.buf, "S.T S.T");
	in.after = in.before;
	in.n_after = in.n_before;
	moves_find(&in, &same);
	assert_true(same.isomorphic);
	assert_int_equal(same.n + same.n_ambiguous + same.n_only_before +
	    same.n_only_after, 0);
	assert_null(moves_from(&same, "S", "A"));
	assert_null(moves_from(NULL, "S", "A"));
	assert_null(moves_to(NULL, "S", "A"));
	json_free(a.json);
	json_free(b.json);
}

/* A thousand equal ones: told apart in no time, or not at all. */
static void test_many(void **state)
{
	CLEANUP(strbuf_release) struct strbuf before = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf after = STRBUF_INIT;
	struct side a, b;
	CLEANUP(moves_release) struct moves m = { 0 };
	struct moves_input in;
	enum { N = 1000 };

	(void)state;
	strbuf_adds(&before, "{'S':{'Resources':{'End':null");
	strbuf_adds(&after, "{'S':{'Resources':{'End':null");
	for (int i = 0; i < N; i++) {
		strbuf_addf(&before, "," QUEUE("A%d") ","
		    TOPIC("T%d", "'N':%d,'R':{'Ref':'A%d'}"), i, i, i, i);
		strbuf_addf(&after, "," QUEUE("B%d") ","
		    TOPIC("T%d", "'N':%d,'R':{'Ref':'B%d'}"), i, N - i,
		    N - i, i);
	}
	strbuf_adds(&before, "}}}");
	strbuf_adds(&after, "}}}");
	a = side_of(before.buf);
	b = side_of(after.buf);
	in = (struct moves_input){ a.v, b.v, a.n, b.n, NULL, 0 };
	moves_find(&in, &m);
	/* A0's and B0's topics have no twin: those two are left over */
	assert_int_equal(m.n, N);
	assert_int_equal(m.n_ambiguous, 0);
	assert_string_equal(moves_from(&m, "S", "A1")->to.id, "B999");
	assert_string_equal(moves_from(&m, "S", "A0")->to.id, "B0");
	json_free(a.json);
	json_free(b.json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_renamed),
		cmocka_unit_test(test_paths_and_order_do_not_count),
		cmocka_unit_test(test_between_stacks),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_references_between_stacks),
		cmocka_unit_test(test_twins),
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_circles),
		cmocka_unit_test(test_odd_templates),
		cmocka_unit_test(test_unmatched),
		cmocka_unit_test(test_many),
	};

	mem_init_json();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
