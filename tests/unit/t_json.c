#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/file.h"
#include "util/json.h"

static cJSON *parsed(const char *text)
{
	struct err err = { 0 };
	cJSON *j = NULL;

	if (json_parse(sv_from(text), "in", &j, &err) < 0)
		fail_msg("%s: %s", text, err_text(&err));
	return j;
}

static void check_text(const char *in, int indent, const char *expected)
{
	CLEANUP(json_free_p) cJSON *j = parsed(in);
	CLEANUP(free_p) char *text = json_text(j, indent);

	assert_string_equal(text, expected);
}

static void compact(void **state)
{
	/* text, what JSON.stringify(JSON.parse(text)) says */
	static const char *const rows[][2] = {
		{ " { } ", "{}" },
		{ "[ ]", "[]" },
		{ "\t[1,\r\n2]", "[1,2]" },
		{ "\xef\xbb\xbf[true,false,null]", "[true,false,null]" },
		{ "{\"b\":1,\"a\":2,\"b\":3}", "{\"b\":3,\"a\":2}" },
		{ "{\"b\":{\"x\":1},\"b\":{\"y\":2}}", "{\"b\":{\"y\":2}}" },
		{ "{\"z\":1,\"10\":2,\"9\":3,\"01\":4,\"0\":5}",
		    "{\"0\":5,\"9\":3,\"10\":2,\"z\":1,\"01\":4}" },
		{ "{\"4294967295\":1,\"4294967294\":2,\"-1\":3}",
		    "{\"4294967294\":2,\"4294967295\":1,\"-1\":3}" },
		{ "{\"\":1,\"Key\":2,\"key\":3}",
		    "{\"\":1,\"Key\":2,\"key\":3}" },
		{ "\"\\u0000a\\u001f\\u007f\"", "\"\\u0000a\\u001f\x7f\"" },
		{ "\"\\/\\b\\f\\n\\r\\t\\\"\\\\\"",
		    "\"/\\b\\f\\n\\r\\t\\\"\\\\\"" },
		{ "\"\\ud83d\\ude00 \\u00e9\"",
		    "\"\xf0\x9f\x98\x80 \xc3\xa9\"" },
		{ "\"\\ud800\"", "\"\\ud800\"" },
		{ "\"\\uDE00\\uD83D\"", "\"\\ude00\\ud83d\"" },
		{ "\"\\ud800\\ud83d\\ude00\"",
		    "\"\\ud800\xf0\x9f\x98\x80\"" },
		{ "\"\xff\"", "\"\xef\xbf\xbd\"" },
		{ "\"\xe2\x82z\"", "\"\xef\xbf\xbdz\"" },
		{ "\"\xed\xa0\x80\"",
		    "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\"\xe2\x80\xa8\"", "\"\xe2\x80\xa8\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_text(rows[i][0], 0, rows[i][1]);
}

static void numbers(void **state)
{
	static const char *const rows[][2] = {
		{ "0", "0" },
		{ "-0", "0" },
		{ "1.0", "1" },
		{ "-1.50", "-1.5" },
		{ "9007199254740992", "9007199254740992" },
		{ "9007199254740993", "9007199254740992" },
		{ "18446744073709551616", "18446744073709552000" },
		{ "100000000000000000000", "100000000000000000000" },
		{ "1e21", "1e+21" },
		{ "123456789012345680000", "123456789012345680000" },
		{ "0.000001", "0.000001" },
		{ "0.0000001", "1e-7" },
		{ "1.5e-9", "1.5e-9" },
		{ "0.1", "0.1" },
		{ "0.30000000000000004", "0.30000000000000004" },
		{ "5e-324", "5e-324" },
		{ "1.7976931348623157e308", "1.7976931348623157e+308" },
		{ "2.2250738585072014e-308", "2.2250738585072014e-308" },
		/* the shortest form is not the nearest of its length */
		{ "7.120236347223045e-307", "7.120236347223045e-307" },
		{ "1e999", "null" },
		{ "1E-999", "0" },
		{ "0.10000000000000000555111512312578270211815834045410156"
		  "2500000000000000000001",
		    "0.1" },
		{ "1000000000000000000000000000000000000000000000000000000"
		  "0000000000000000000000000",
		    "1e+79" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_text(rows[i][0], 0, rows[i][1]);
}

/* Random doubles, powers of two and their neighbours, as JavaScript has them. */
static void random_numbers(void **state)
{
	CLEANUP(strbuf_release) struct strbuf file = STRBUF_INIT;
	CLEANUP(err_release) struct err err = { 0 };
	struct sv rest, line, in;
	int rows = 0;

	(void)state;
	if (file_read("tests/vectors/json/numbers.txt", 0, &file, &err) < 0)
		fail_msg("%s", err_text(&err));
	rest = strbuf_sv(&file);
	while (sv_next(&rest, '\n', &line)) {
		CLEANUP(free_p) char *number = NULL, *expected = NULL;

		(void)sv_next(&line, ' ', &in);
		number = sv_dup(in);
		expected = sv_dup(line);
		check_text(number, 0, expected);
		rows++;
	}
	assert_int_equal(rows, 1500);
}

static void indented(void **state)
{
	(void)state;
	check_text("{\"a\":[1,{\"b\":[]}],\"c\":{},\"d\":\"x\"}", 2,
	    "{\n"
	    "  \"a\": [\n"
	    "    1,\n"
	    "    {\n"
	    "      \"b\": []\n"
	    "    }\n"
	    "  ],\n"
	    "  \"c\": {},\n"
	    "  \"d\": \"x\"\n"
	    "}");
}

static void refused(void **state)
{
	static const char *const rows[][2] = {
		{ "", "in:1:1: the text ends where a value was expected" },
		{ " \n ", "in:2:2: the text ends where a value was expected" },
		{ "{\"a\":1,}",
		    "in:1:8: unexpected '}' where a key in double quotes was "
		    "expected" },
		{ "[1,]", "in:1:4: unexpected ']' where a value was expected" },
		{ "[1 2]",
		    "in:1:4: unexpected '2' where ',' or ']' was expected" },
		{ "{\"a\" 1}",
		    "in:1:6: unexpected '1' where ':' was expected" },
		{ "{\"\xc3\xa9\": 1\n, b}",
		    "in:2:3: unexpected 'b' where a key in double quotes was "
		    "expected" },
		{ "{} x",
		    "in:1:4: unexpected 'x' where the end of the text was "
		    "expected" },
		{ "[1,2",
		    "in:1:5: the text ends where ',' or ']' was expected" },
		{ "\"abc", "in:1:1: this string has no end" },
		{ "\"a\\", "in:1:4: the text ends where the rest of a string "
			   "was expected" },
		{ "\"\\x\"",
		    "in:1:2: bad escape in a string: a backslash may only "
		    "stand before one of \" \\ / b f n r t u" },
		{ "\"\\u12\"",
		    "in:1:2: \\u needs four hexadecimal digits" },
		{ "\"a\nb\"",
		    "in:1:3: control character 0x0a in a string: write it as "
		    "an escape" },
		{ "01", "in:1:1: a number must not start with 0" },
		{ "1.", "in:1:3: the text ends where a digit was expected" },
		{ "1.e5", "in:1:3: unexpected 'e' where a digit was expected" },
		{ "-", "in:1:2: the text ends where a digit was expected" },
		{ "+1", "in:1:1: unexpected '+' where a value was expected" },
		{ ".5", "in:1:1: unexpected '.' where a value was expected" },
		{ "1e", "in:1:3: the text ends where a digit was expected" },
		{ "0x1",
		    "in:1:2: unexpected 'x' where the end of the text was "
		    "expected" },
		{ "NaN", "in:1:1: unexpected 'N' where a value was expected" },
		{ "nul", "in:1:1: unexpected 'n' where a value was expected" },
		{ "'a'", "in:1:1: unexpected ''' where a value was expected" },
		{ "// c\n1",
		    "in:1:1: unexpected '/' where a value was expected" },
		{ "\xc2\xa0" "1",
		    "in:1:1: unexpected byte 0xc2 where a value was "
		    "expected" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(err_release) struct err err = { 0 };
		cJSON *j = NULL;

		assert_int_equal(
		    json_parse(sv_from(rows[i][0]), "in", &j, &err), E_INVALID);
		assert_null(j);
		assert_string_equal(err_text(&err), rows[i][1]);
	}
}

static void nul_byte(void **state)
{
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(json_free_p) cJSON *j = NULL;

	(void)state;
	assert_int_equal(json_parse(SV("[1]\0"), "in", &j, &err), E_INVALID);
	assert_string_equal(err_text(&err),
	    "in:1:4: unexpected byte 0x00 where the end of the text was "
	    "expected");
	assert_int_equal(json_parse(SV("\"a\0b\""), "in", &j, &err), E_INVALID);
	assert_int_equal(json_parse((struct sv){ 0 }, "in", &j, &err),
	    E_INVALID);
}

static void depth(void **state)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(json_free_p) cJSON *j = NULL, *copy = NULL;
	CLEANUP(err_release) struct err err = { 0 };

	(void)state;
	strbuf_addn(&b, '[', 1000);
	strbuf_addn(&b, ']', 1000);
	assert_int_equal(json_parse(strbuf_sv(&b), "in", &j, &err), 0);
	copy = json_dup(j);
	assert_true(json_same(j, copy));
	strbuf_reset(&b);
	strbuf_addn(&b, '[', 10000);
	assert_int_equal(json_parse(strbuf_sv(&b), "in", &j, &err), E_TOOBIG);
	assert_string_equal(err_text(&err),
	    "in:1:1001: nested deeper than 1000 levels");
}

/* Quadratic building would take minutes here. */
static void many_members(void **state)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(json_free_p) cJSON *j = NULL;
	int n = 0;

	(void)state;
	for (int i = 0; i < 200000; i++)
		strbuf_addf(&b, "%c\"k%d\":%d", i ? ',' : '{', i % 150000, i);
	strbuf_addc(&b, '}');
	j = parsed(b.buf);
	JSON_EACH(c, j)
		n++;
	assert_int_equal(n, 150000);
	assert_string_equal(j->child->string, "k0");
	assert_int_equal((int)j->child->valuedouble, 150000);
	assert_string_equal(j->child->prev->string, "k149999");
}

static void looking_up(void **state)
{
	CLEANUP(json_free_p) cJSON *j = parsed(
	    "{\"Outputs\":[{\"Value\":\"v\"}],\"t\":true,\"n\":3,\"s\":\"4.5\","
	    "\"h\":\"0x10\",\"i\":\"inf\",\"e\":\"\",\"1\":{\"x\":\"y\"}}");
	double v = 7;

	(void)state;
	assert_string_equal(json_str(j, "Outputs.0.Value"), "v");
	assert_string_equal(json_str(j, "1.x"), "y");
	assert_null(json_str(j, "Outputs.1.Value"));
	assert_null(json_str(j, "outputs.0.Value"));
	assert_null(json_str(j, "Outputs.x"));
	assert_null(json_str(j, "n"));
	assert_null(json_at(j, ""));
	assert_null(json_at(NULL, "a"));
	assert_null(json_get(NULL, "a"));
	assert_null(json_get(json_get(j, "Outputs"), "Value"));
	assert_true(json_bool(j, "t", false));
	assert_true(json_bool(j, "missing", true));
	assert_false(json_bool(j, "n", false));
	assert_true(json_num(j, "n", &v) && v == 3);
	assert_true(json_num(j, "s", &v) && v == 4.5);
	v = 7;
	assert_false(json_num(j, "h", &v));
	assert_false(json_num(j, "i", &v));
	assert_false(json_num(j, "e", &v));
	assert_false(json_num(j, "t", &v));
	assert_true(v == 7);
}

static void editing(void **state)
{
	CLEANUP(json_free_p) cJSON *j = parsed("{\"a\":1,\"b\":2,\"c\":3}");
	CLEANUP(json_free_p) cJSON *before = json_dup(j);
	CLEANUP(free_p) char *text = NULL;
	cJSON *list = cJSON_CreateArray();

	(void)state;
	json_put_str(j, "b", "two");
	json_put_bool(j, "c", true);
	json_put_num(j, "d", 0.5);
	json_put_str(j, "none", NULL);
	json_add_take(j, "e", NULL);
	json_add_take(j, "7", cJSON_CreateNull());
	json_add_take(j, "3", cJSON_CreateNull());
	json_add_take(j, "7", cJSON_CreateTrue());
	json_del(j, "a");
	json_del(j, "missing");
	json_push_take(list, cJSON_CreateNumber(1));
	json_push_take(list, cJSON_CreateNumber(2));
	json_push_take(list, NULL);
	json_append_take(j, "l", list);
	/* no object: freed, not leaked */
	json_add_take(list, "x", cJSON_CreateTrue());
	json_push_take(j, cJSON_CreateTrue());
	json_add_take(NULL, "x", cJSON_CreateTrue());
	text = json_text(j, 0);
	assert_string_equal(text,
	    "{\"3\":null,\"7\":true,\"b\":\"two\",\"c\":true,\"d\":0.5,"
	    "\"l\":[1,2]}");
	free(text);
	text = json_text(before, 0);
	assert_string_equal(text, "{\"a\":1,\"b\":2,\"c\":3}");
}

static void same(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "{\"a\":[1,\"x\",null]}", "{\"a\":[1,\"x\",null]}", true },
		{ "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", false },
		{ "[1,2]", "[1]", false },
		{ "[]", "{}", false },
		{ "1", "\"1\"", false },
		{ "true", "false", false },
		{ "9007199254740992", "9007199254740994", false },
		{ "[[]]", "[[[]]]", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(json_free_p) cJSON *a = parsed(rows[i].a);
		CLEANUP(json_free_p) cJSON *b = parsed(rows[i].b);

		assert_int_equal(json_same(a, b), rows[i].same);
		assert_int_equal(json_same(b, a), rows[i].same);
	}
	assert_true(json_same(NULL, NULL));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(compact),
		cmocka_unit_test(numbers),
		cmocka_unit_test(random_numbers),
		cmocka_unit_test(indented),
		cmocka_unit_test(refused),
		cmocka_unit_test(nul_byte),
		cmocka_unit_test(depth),
		cmocka_unit_test(many_members),
		cmocka_unit_test(looking_up),
		cmocka_unit_test(editing),
		cmocka_unit_test(same),
	};

	mem_init_json();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
