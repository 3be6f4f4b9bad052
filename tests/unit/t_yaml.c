#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/file.h"
#include "util/yaml.h"

/*
 * The strings and their forms below are what the reference CLI prints for a
 * template {"L": [...]}.
 */
static const char *const plain[] = {
	"a", "a b", "arn:aws:iam::1:role/x", "${AWS::Region}", "-a", "-1a",
	"--", "+", "?x", ":x", "..", "---", "--- a", "...", "a:b", "a#b",
	"it's", "x\"", "a\\b", "a,b", "a\tb", "=", "<<", "nULL", "yEs",
	"tRUE", "oN", "0b12", "0b", "_1", "09a", "0o10", "0x", "0X1f", "1a",
	"1,000", "1.5e", "0.1.2", "1e", "e", "+", ".iNf", "NaN", "nan",
	"-.nan", "Infinity", "1:60", "1:599", "a:30", "1:30.a",
	"2012-10-17T", "2012-10-17T01:02:03+0530", "2012-10-17T01:02",
	"2012-10-170", "12-10-17", "2012-10-17 x", "2012-10-17T01:02:03.",
	"2012-10-17T01:02:03+39", "2012-10-17T01:02:03ZZ", "\xc2\xa0",
	"\xef\xbb\xbf" "a", "a\xe2\x80\xa8" "b", "\xf0\x9f\x98\x80",
	"it's \"both\"",
};

static const char *const double_quoted[] = {
	"", "-", "?", "- x", "? x", "a: b", "a:", "a ", "a #b", "#a", " a",
	",a", "[a", "]a", "{a", "}a", "&a", "*a", "!a", "|a", ">a", "'a",
	"%a", "@a", "`a", "~", "null", "Null", "NULL", "y", "Y", "yes", "n",
	"N", "no", "NO", "true", "True", "TRUE", "on", "On", "ON", "off",
	"OFF", "0b01_", "017", "08", "0888", "1_", "1__0", "0x1F_", "-0x1",
	"+12", "-12", "12345678901234567890123", "1.", "1.5", ".5", "+.5",
	"1.e5", "1e3", "12e03", "08.5", ".", "e5", "E5", ".e1", "-.", "1e+5",
	"1e-5", "1_0.5_", ".inf", ".Inf", ".INF", "-.inf", "+.INF", ".nan",
	".NaN", ".NAN", "1:30", "-1:30", "12:30:45", "12:30:45.5",
	"190:20:30.15", "1:5:9", "1:30:", "2012-10-17", "2012-1-1",
	"2012-10-17T1:02:03", "2012-10-17t01:02:03Z",
	"2012-10-17 01:02:03.5 +1:30", "2012-10-17  01:02:03 -05",
	"2012-10-17T01:02:03 Z", "\xc2\x85", "\x7f", "\xc2\x9f",
};

/* string, its form as an item of a list below a key */
static const char *const written[][2] = {
	{ "-\tx", "\"-\\tx\"" },
	{ "a:\tb", "\"a:\\tb\"" },
	{ "a\t", "\"a\\t\"" },
	{ "a\t#b", "\"a\\t#b\"" },
	{ "\ta", "\"\\ta\"" },
	{ "\"a", "'\"a'" },
	{ "\x0d", "\"\\r\"" },
	{ "a\x0d\nb", "\"a\\r\\nb\"" },
	{ "\xc0\x80\x07\x0b\x1b\x01\x1f", "\"\\0\\a\\v\\e\\x01\\x1f\"" },
	{ "\xed\xa0\x80", "\"\\ud800\"" },
	{ "\x01\"", "\"\\x01\\\"\"" },
	{ "\x08\x0c\t\x01", "\"\\b\\f\\t\\x01\"" },
	{ "a\nb", "|-\n    a\n    b" },
	{ "a\n", "|\n    a" },
	{ "a\n\n", "|+\n    a\n" },
	{ " a\nb", "|2-\n     a\n    b" },
	{ "\nx", "|-\n    \n    x" },
	{ "x\n  ", "\"x\\n  \"" },
	{ "\n", "|+\n    " },
	{ "\n\n", "|+\n    \n" },
	{ " \n", "|+\n     " },
	{ "\t\n", "|+\n    \t" },
	{ "x\n\ny\n", "|\n    x\n\n    y" },
	{ "  \n x\n", "|2\n      \n     x" },
	{ "\n x", "|2-\n    \n     x" },
	{ "\n\n  x\ny", "|2-\n    \n\n      x\n    y" },
	{ "a\n\n\nb", "|-\n    a\n\n\n    b" },
	{ "a \nb", "|-\n    a \n    b" },
	{ "a\n b\n  c", "|-\n    a\n     b\n      c" },
	{ "a: b\n# c", "|-\n    a: b\n    # c" },
	{ "x\n ", "\"x\\n \"" },
	{ "x\n\t\n", "|+\n    x\n    \t" },
	{ "x \n", "|\n    x " },
	{ "x\t\n", "|\n    x\t" },
	{ "x\n \n", "|+\n    x\n     " },
	{ "\tx\ny", "|-\n    \tx\n    y" },
	{ "a\n\n ", "\"a\\n\\n \"" },
	{ "a'\"\n ", "\"a'\\\"\\n \"" },
	{ "\x01 a long text with\n"
	    "newlines in it that breaks\n"
	    "\n"
	    "\n"
	    "here\n",
	    "\"\\x01 a long text with\n"
	    "\n"
	    "    newlines in it that breaks\n"
	    "\n"
	    "\n"
	    "\n"
	    "    here\\n"
	    "\"" },
	{ " \x01 a long text with trailing \n"
	    " blanks before \n"
	    "and after newlines",
	    "\" \\x01 a long text with trailing\\ \n"
	    "\n"
	    "    \\ blanks before\\ \n"
	    "\n"
	    "    and after newlines\"" },
	{ "\x01 short \n x", "\"\\x01 short\\ \\n x\"" },
	{ "\x01\n234567890123456789012345678901234567",
	    "\"\\x01\n\n    234567890123456789012345678901234567\"" },
	{ "\x01\n23456789012345678901234567890123",
	    "\"\\x01\n\n    23456789012345678901234567890123\"" },
	{ "\x01\n2345678901234567890123456789012",
	    "\"\\x01\n\n    2345678901234567890123456789012\"" },
	{ "ends in blanks and is long enough to break\nx\n  ",
	    "\"ends in blanks and is long enough to break\n"
	    "\n"
	    "    x\n"
	    "\n"
	    "    \\  \"" },
};

static char *item_form(const char *s)
{
	CLEANUP(json_free_p) cJSON *j = cJSON_CreateObject();
	cJSON *list = cJSON_CreateArray();

	json_push_take(list, cJSON_CreateString(s));
	json_add_take(j, "L", list);
	return yaml_text(j);
}

/* Written so by the reference, nothing but blank lines do not read back. */
static bool is_blank(const char *s)
{
	return strchr(s, ' ') && strchr(s, '\n') && !s[strspn(s, " \t\n")];
}

/* Also reads it back, unless YAML 1.2 sees another value in it. */
static void check_string(const char *s, const char *form, bool reads_back)
{
	CLEANUP(free_p) char *text = item_form(s);
	CLEANUP(free_p) char *expected = xasprintf("L:\n  - %s\n", form);
	CLEANUP(json_free_p) cJSON *j = NULL;
	CLEANUP(err_release) struct err err = { 0 };

	assert_string_equal(text, expected);
	if (yaml_parse(sv_from(text), "in", &j, &err) < 0)
		fail_msg("%s%s", text, err_text(&err));
	if (reads_back)
		assert_string_equal(json_str(j, "L.0"), s);
}

static void strings(void **state)
{
	CLEANUP(strbuf_release) struct strbuf wide = STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		check_string(plain[i], plain[i], !streq(plain[i], "0o10"));
	for (size_t i = 0; i < ARRAY_SIZE(double_quoted); i++) {
		CLEANUP(free_p) char *form =
		    xasprintf("\"%s\"", double_quoted[i]);

		check_string(double_quoted[i], form, true);
	}
	for (size_t i = 0; i < ARRAY_SIZE(written); i++)
		check_string(written[i][0], written[i][1],
		    !is_blank(written[i][0]));
	for (int i = 0; i < 300; i++)
		strbuf_adds(&wide, "word ");
	strbuf_addc(&wide, 'x');
	check_string(wide.buf, wide.buf, true);
}

static void check_write(const char *json, const char *yaml)
{
	CLEANUP(json_free_p) cJSON *j = NULL;
	CLEANUP(free_p) char *text = NULL;
	CLEANUP(err_release) struct err err = { 0 };

	if (json_parse(sv_from(json), "in", &j, &err) < 0)
		fail_msg("%s: %s", json, err_text(&err));
	text = yaml_text(j);
	assert_string_equal(text, yaml);
}

static void structures(void **state)
{
	static const char *const rows[][2] = {
		{ "{}", "{}\n" },
		{ "[]", "[]\n" },
		{ "null", "null\n" },
		{ "{\"a\":{},\"b\":[],\"c\":null,\"d\":true,\"e\":false}",
		    "a: {}\nb: []\nc: null\nd: true\ne: false\n" },
		{ "[[[1,2],[3]],[[]],{}]",
		    "- - - 1\n    - 2\n  - - 3\n- - []\n- {}\n" },
		{ "{\"a\":[{\"b\":1,\"c\":[2,{\"d\":3}]},{\"e\":{\"f\":4}}]}",
		    "a:\n  - b: 1\n    c:\n      - 2\n      - d: 3\n"
		    "  - e:\n      f: 4\n" },
		{ "{\"b\":1,\"17\":2,\"0\":3}",
		    "\"0\": 3\n\"17\": 2\nb: 1\n" },
		{ "[1,1.0,-0,0.1,1e20,1e21,1e-7,-1.5,1e999,-1e999]",
		    "- 1\n- 1\n- -0\n- 0.1\n- 100000000000000000000\n"
		    "- 1e+21\n- 1e-7\n- -1.5\n- .inf\n- -.inf\n" },
		{ "{\"b\":[\"a\\nb\",[\"c\\nd\",{\"x\":\"e\\n f\\n\"}]]}",
		    "b:\n  - |-\n    a\n    b\n  - - |-\n      c\n      d\n"
		    "    - x: |\n        e\n         f\n" },
		{ "{\"a\":\"x\\n\\n\",\"b\":\"\\n\"}",
		    "a: |+\n  x\n\nb: |+\n  \n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_write(rows[i][0], rows[i][1]);
}

static void keys(void **state)
{
	static const char *const rows[][2] = {
		{ "{\"\":1,\"~\":2,\"1.5\":3,\"a: b\":4,\"- a\":5,\"y\":6}",
		    "\"\": 1\n\"~\": 2\n\"1.5\": 3\n\"a: b\": 4\n"
		    "\"- a\": 5\n\"y\": 6\n" },
		{ "{\"\\\"q\\\"\":1,\"t\\t\":2,\"Fn::Sub\":3}",
		    "'\"q\"': 1\n\"t\\t\": 2\nFn::Sub: 3\n" },
		/* one line, however long */
		{ "{\"k\\nwith a long text that has several \\nnewlines\\n "
		  "in it\":1}",
		    "\"k\\nwith a long text that has several\\ \\nnewlines\\n "
		    "in it\": 1\n" },
		/* at the top these would be document markers */
		{ "{\"---\":1,\"... a\":{\"---\":2},\"--- x\":\"---\"}",
		    "\"---\": 1\n\"... a\":\n  ---: 2\n\"--- x\": ---\n" },
		{ "{\"\\u2028%a\":1,\"x\":{\"\\u2028%a\":1}}",
		    "\"\xe2\x80\xa8%a\": 1\nx:\n  \xe2\x80\xa8%a: 1\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_write(rows[i][0], rows[i][1]);
}

static void long_keys(void **state)
{
	CLEANUP(strbuf_release) struct strbuf k = STRBUF_INIT;
	CLEANUP(json_free_p) cJSON *j = NULL, *back = NULL;
	CLEANUP(free_p) char *json = NULL, *yaml = NULL, *expected = NULL;

	(void)state;
	strbuf_addn(&k, 'k', 1024);
	json = xasprintf("{\"%s\":[1],\"%sk\":{\"a\":1,\"b\":[2]},"
			 "\"x\":[{\"%sk\":3}]}",
	    k.buf, k.buf, k.buf);
	expected = xasprintf("%s:\n  - 1\n"
			     "? %sk\n: a: 1\n  b:\n    - 2\n"
			     "x:\n  - ? %sk\n    : 3\n",
	    k.buf, k.buf, k.buf);
	assert_int_equal(json_parse(sv_from(json), "in", &j, NULL), 0);
	yaml = yaml_text(j);
	assert_string_equal(yaml, expected);
	/* libyaml wants "key:" within 1024 characters, quotes included */
	assert_int_equal(yaml_parse(sv_from(yaml + 1024 + 8), "in", &back,
			     NULL), 0);
}

static void check_read(const char *yaml, const char *json)
{
	CLEANUP(json_free_p) cJSON *j = NULL;
	CLEANUP(free_p) char *text = NULL;
	CLEANUP(err_release) struct err err = { 0 };

	if (yaml_parse(sv_from(yaml), "in", &j, &err) < 0)
		fail_msg("%s: %s", yaml, err_text(&err));
	text = json_text(j, 0);
	assert_string_equal(text, json);
}

static void scalars(void **state)
{
	/* a plain scalar and what the reference makes of it */
	static const char *const rows[][2] = {
		{ "~", "null" }, { "", "null" }, { "null", "null" },
		{ "Null", "null" }, { "NULL", "null" }, { "nULL", "\"nULL\"" },
		{ "true", "true" }, { "True", "true" }, { "FALSE", "false" },
		{ "tRUE", "\"tRUE\"" }, { "yes", "\"yes\"" },
		{ "on", "\"on\"" }, { "0o17", "15" }, { "-0o17", "\"-0o17\"" },
		{ "0x1F", "31" }, { "-0x1F", "\"-0x1F\"" },
		{ "0777", "777" }, { "007", "7" }, { "+12", "12" },
		{ "-0", "0" }, { "1_000", "\"1_000\"" }, { "0b11", "\"0b11\"" },
		{ "1e3", "1000" }, { ".5", "0.5" }, { "1.", "1" },
		{ "1.50", "1.5" }, { ".", "\".\"" }, { "e5", "\"e5\"" },
		{ ".e5", "\".e5\"" }, { "1e", "\"1e\"" },
		{ "12345678901234567890", "12345678901234567000" },
		{ ".inf", "null" }, { "-.nan", "\"-.nan\"" },
		{ "2012-10-17", "\"2012-10-17\"" },
		{ "1:30", "\"1:30\"" }, { "'12'", "\"12\"" },
		{ "\"12\"", "\"12\"" }, { "! 12", "\"12\"" },
		{ "!!str 12", "\"12\"" }, { "!!str", "\"\"" },
		{ "!!int \"12\"", "12" }, { "!!int 3.5", "\"3.5\"" },
		{ "!!int 0x1e", "30" }, { "!!float 3.5", "3.5" },
		{ "!!float 3", "\"3\"" }, { "!!float 0x10", "\"0x10\"" },
		{ "!!bool \"true\"", "true" }, { "!!bool yes", "\"yes\"" },
		{ "!!null", "null" }, { "!!null x", "\"x\"" },
		{ "!Foo 12", "\"12\"" }, { "!!seq [a]", "[\"a\"]" },
		{ "!!str [a]", "[\"a\"]" }, { "!Length [1]", "[1]" },
		{ "<<", "\"<<\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_p) char *yaml = xasprintf("a: %s\n", rows[i][0]);
		CLEANUP(free_p) char *json =
		    xasprintf("{\"a\":%s}", rows[i][1]);

		check_read(yaml, json);
	}
}

static void functions(void **state)
{
	static const char *const names[] = { "Base64", "Cidr", "FindInMap",
		"GetAZs", "ImportValue", "Join", "Sub", "Select", "Split",
		"Transform", "And", "Equals", "If", "Not", "Or", "GetAtt" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(free_p) char *yaml = xasprintf(
		    "- !%s 1\n- !%s [1]\n- !%s {a: 1}\n- !%s\n", names[i],
		    names[i], names[i], names[i]);
		CLEANUP(free_p) char *json = xasprintf(
		    "[{\"Fn::%s\":\"1\"},{\"Fn::%s\":[1]},{\"Fn::%s\":"
		    "{\"a\":1}},{\"Fn::%s\":\"\"}]",
		    names[i], names[i], names[i], names[i]);

		check_read(yaml, json);
	}
	check_read("!Ref A", "{\"Ref\":\"A\"}");
	check_read("!Condition A", "{\"Condition\":\"A\"}");
	check_read("!GetAtt a.b", "{\"Fn::GetAtt\":\"a.b\"}");
	check_read("!Sub |\n x\n", "{\"Fn::Sub\":\"x\\n\"}");
	check_read("!If [C, !Ref \"1\", !Sub [x, {y: !Ref z}]]",
	    "{\"Fn::If\":[\"C\",{\"Ref\":\"1\"},{\"Fn::Sub\":[\"x\","
	    "{\"y\":{\"Ref\":\"z\"}}]}]}");
	check_read("[!ref a, !Fn::Sub b, !Rules c]", "[\"a\",\"b\",\"c\"]");
}

static void documents(void **state)
{
	static const char *const rows[][2] = {
		{ "", "null" },
		{ "# c", "null" },
		{ "---", "null" },
		{ "\xef\xbb\xbf" "a: 1\r\nb: 2\r\n", "{\"a\":1,\"b\":2}" },
		{ "%YAML 1.1\n---\na: yes\n...\n", "{\"a\":\"yes\"}" },
		{ "{\"a\":1,}", "{\"a\":1}" },
		{ "{\"a\":\"\\ud83d\\ude00\"}",
		    "{\"a\":\"\xf0\x9f\x98\x80\"}" },
		{ "a:\tb", "{\"a\":\"b\"}" },
		{ "a: 1\nb: 2\na: 3\n", "{\"a\":3,\"b\":2}" },
		{ "b: 1\n0x10: 2\n2: 3\n1.50: 4\ntrue: 5\n~: 6\n-0: 7\n"
		  ".inf: 8\n.nan: 9\n",
		    "{\"0\":7,\"2\":3,\"16\":2,\"b\":1,\"1.5\":4,\"true\":5,"
		    "\"\":6,\"Infinity\":8,\"NaN\":9}" },
		{ "? a\n: 1\n? b\n", "{\"a\":1,\"b\":null}" },
		{ "a: &x {k: 1}\nb: *x\n<<: *x\n",
		    "{\"a\":{\"k\":1},\"b\":{\"k\":1},\"<<\":{\"k\":1}}" },
		{ "a: &x !Ref y\nb: [*x, *x]\n",
		    "{\"a\":{\"Ref\":\"y\"},\"b\":[{\"Ref\":\"y\"},"
		    "{\"Ref\":\"y\"}]}" },
		{ "&a a: *a", "{\"a\":\"a\"}" },
		{ "a: &n 12\n*n : b\n", "{\"12\":\"b\",\"a\":12}" },
		{ "a: &x 1\nb: &x 2\nc: *x\n", "{\"a\":1,\"b\":2,\"c\":2}" },
		{ "a: |\n  b\n   c\n\nd: >-\n  e\n  f\n\n  g\n",
		    "{\"a\":\"b\\n c\\n\",\"d\":\"e f\\ng\"}" },
		/* YAML 1.1 would see line breaks in the first two */
		{ "a: x\xc2\x85y\xe2\x80\xa8z\n",
		    "{\"a\":\"x\xc2\x85y\xe2\x80\xa8z\"}" },
		{ "a: \"x\x7f\xef\xbb\xbf\"\n",
		    "{\"a\":\"x\x7f\xef\xbb\xbf\"}" },
		{ "a: \"\\0\\x01\\N\\L\"\n",
		    "{\"a\":\"\\u0000\\u0001\xc2\x85\xe2\x80\xa8\"}" },
		/* libyaml alone stumbles over these */
		{ "a: \"\\ud83d\\ude00 \\uDE00\\\\ud800\"\n"
		  "b: \\ud83d\\ude00\n",
		    "{\"a\":\"\xf0\x9f\x98\x80 \\ude00\\\\ud800\","
		    "\"b\":\"\\\\ud83d\\\\ude00\"}" },
		{ "a: |\n  \tb\n  c\nd: |-\n  \t\te\n",
		    "{\"a\":\"\\tb\\nc\\n\",\"d\":\"\\t\\te\"}" },
		{ "a: \xff\n", "{\"a\":\"\xef\xbf\xbd\"}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_read(rows[i][0], rows[i][1]);
}

static void refused(void **state)
{
	static const char *const rows[][2] = {
		{ "a: b: c", "in:1:5: mapping values are not allowed in this "
			     "context" },
		{ "a: 1\n---\nb: 2\n",
		    "in:2:1: a second document starts here; only one can be "
		    "read" },
		{ "a: *u", "in:1:4: unresolved alias 'u': the anchor must be "
			   "set before the alias" },
		{ "a: &x [*x]",
		    "in:1:8: alias 'x' stands inside what it stands for" },
		{ "? [a]\n: 1", "in:1:3: a key must be a plain value, no "
				"list, map or function" },
		{ "!Ref a: 1", "in:1:1: a key must be a plain value, no "
			       "list, map or function" },
		{ "a: !!binary x",
		    "in:1:4: values of type !!binary are not supported" },
		{ "a: \"x", "in:1:6: found unexpected end of stream (while "
			    "scanning a quoted scalar from line 1)" },
		{ "a:\n\tb: 1", "in:2:1: found character that cannot start "
				"any token (while scanning for the next token "
				"from line 2)" },
		{ "a: x\nb\xc3\xa9: c\x01",
		    "in:2:6: control characters are not allowed" },
		{ "a\n- \xf4\x8e\x80\x80",
		    "in:2: private-use character U+10E000 cannot be "
		    "handled" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(err_release) struct err err = { 0 };
		cJSON *j = NULL;

		assert_int_equal(
		    yaml_parse(sv_from(rows[i][0]), "in", &j, &err),
		    E_INVALID);
		assert_null(j);
		assert_string_equal(err_text(&err), rows[i][1]);
	}
}

static void check_too_big(const char *yaml, const char *message)
{
	CLEANUP(err_release) struct err err = { 0 };
	cJSON *j = NULL;

	assert_int_equal(yaml_parse(sv_from(yaml), "in", &j, &err), E_TOOBIG);
	assert_string_equal(err_text(&err), message);
}

static void limits(void **state)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(json_free_p) cJSON *j = NULL;

	(void)state;
	strbuf_adds(&b, "a: ");
	strbuf_addn(&b, '[', 10000);
	check_too_big(b.buf, "in:1:1003: nested deeper than 1000 levels");
	strbuf_setlen(&b, 3 + 999);
	strbuf_addn(&b, ']', 999);
	assert_int_equal(yaml_parse(strbuf_sv(&b), "in", &j, NULL), 0);
	/* through an alias as well */
	strbuf_reset(&b);
	strbuf_adds(&b, "a: &a ");
	strbuf_addn(&b, '[', 600);
	strbuf_addn(&b, ']', 600);
	strbuf_adds(&b, "\nb: ");
	strbuf_addn(&b, '[', 600);
	strbuf_adds(&b, "*a");
	strbuf_addn(&b, ']', 600);
	check_too_big(b.buf, "in:2:604: nested deeper than 1000 levels");
	/* ten times ten times ... */
	strbuf_reset(&b);
	strbuf_adds(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 12; i++) {
		strbuf_addf(&b, "a%d: &a%d [", i, i);
		for (int k = 0; k < 10; k++)
			strbuf_addf(&b, "%s*a%d", k ? "," : "", i - 1);
		strbuf_adds(&b, "]\n");
	}
	check_too_big(b.buf,
	    "in:6:42: the aliases stand for more than 64 MiB of data");
}

static void read_file(const char *name, struct strbuf *ret)
{
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(free_p) char *path = path_join("tests/vectors/yaml", name);

	if (file_read(path, 0, ret, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static void template_as_printed(void **state)
{
	CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf yaml = STRBUF_INIT;
	CLEANUP(json_free_p) cJSON *j = NULL;
	CLEANUP(free_p) char *text = NULL;

	(void)state;
	read_file("random.json", &json);
	read_file("random.yaml", &yaml);
	assert_int_equal(json_parse(strbuf_sv(&json), "in", &j, NULL), 0);
	text = yaml_text(j);
	assert_string_equal(text, yaml.buf);
}

static void check_vector(const char *yaml_name, const char *json_name)
{
	CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf yaml = STRBUF_INIT;
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(json_free_p) cJSON *j = NULL;
	CLEANUP(free_p) char *text = NULL;

	read_file(yaml_name, &yaml);
	read_file(json_name, &json);
	if (yaml_parse(strbuf_sv(&yaml), yaml_name, &j, &err) < 0)
		fail_msg("%s", err_text(&err));
	strbuf_rtrim(&json);
	text = json_text(j, 2);
	assert_string_equal(text, json.buf);
}

static void texts_as_read(void **state)
{
	(void)state;
	check_vector("core.yaml", "core.json");
	check_vector("styles.yaml", "styles.json");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings),
		cmocka_unit_test(structures),
		cmocka_unit_test(keys),
		cmocka_unit_test(long_keys),
		cmocka_unit_test(scalars),
		cmocka_unit_test(functions),
		cmocka_unit_test(documents),
		cmocka_unit_test(refused),
		cmocka_unit_test(limits),
		cmocka_unit_test(template_as_printed),
		cmocka_unit_test(texts_as_read),
	};

	mem_init_json();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
