#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/xml.h"

static void check_xml(const char *xml, const char *json)
{
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(json_free_p) cJSON *j = NULL;
	CLEANUP(free_p) char *text = NULL;

	if (xml_parse(sv_from(xml), &j, &err) < 0)
		fail_msg("%s: %s", xml, err_text(&err));
	text = json_text(j, 0);
	assert_string_equal(text, json);
}

static void trees(void **state)
{
	static const char *const rows[][2] = {
		{ "<a/>", "{\"a\":\"\"}" },
		{ "<a></a>", "{\"a\":\"\"}" },
		{ "<a>\n  </a>", "{\"a\":\"\"}" },
		{ "<a>  </a>", "{\"a\":\"  \"}" },
		{ "<a>x\n</a>", "{\"a\":\"x\\n\"}" },
		{ "<?xml version=\"1.0\"?>\n<a x=\"1\"><b>t</b></a>",
		    "{\"a\":{\"b\":\"t\"}}" },
		{ "<a><b>1</b><b>2</b><c/><b>3</b></a>",
		    "{\"a\":{\"b\":[\"1\",\"2\",\"3\"],\"c\":\"\"}}" },
		{ "<a>\n <m><n>1</n></m>\n <m><n>2</n></m>\n</a>",
		    "{\"a\":{\"m\":[{\"n\":\"1\"},{\"n\":\"2\"}]}}" },
		{ "<a>&lt;&amp;&gt;&quot;&apos;&#233;&#x1F600;</a>",
		    "{\"a\":\"<&>\\\"'\xc3\xa9\xf0\x9f\x98\x80\"}" },
		{ "<a><![CDATA[<x>&]]> y</a>", "{\"a\":\"<x>& y\"}" },
		{ "<a>x<!-- no -->y<?pi?></a>", "{\"a\":\"xy\"}" },
		{ "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe9</a>",
		    "{\"a\":\"\xc3\xa9\"}" },
		{ "<a>x\r\ny</a>", "{\"a\":\"x\\ny\"}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_xml(rows[i][0], rows[i][1]);
}

static void refused(void **state)
{
	static const char *const rows[][2] = {
		{ "", "bad XML at 1:1: no element found" },
		{ "<a><b></a>", "bad XML at 1:9: mismatched tag" },
		{ "<a/><b/>", "bad XML at 1:5: junk after document element" },
		{ "<a>\n&nope;</a>", "bad XML at 2:1: undefined entity" },
		{ "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
		    "bad XML at 1:13: document type declarations are "
		    "refused" },
		{ "<a>\xff</a>",
		    "bad XML at 1:4: not well-formed (invalid token)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(err_release) struct err err = { 0 };
		cJSON *j = NULL;

		assert_int_equal(xml_parse(sv_from(rows[i][0]), &j, &err),
		    E_INVALID);
		assert_null(j);
		assert_string_equal(err_text(&err), rows[i][1]);
	}
}

static void depth(void **state)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(err_release) struct err err = { 0 };
	cJSON *j = NULL;

	(void)state;
	for (int i = 0; i < 201; i++)
		strbuf_adds(&b, "<a>");
	assert_int_equal(xml_parse(strbuf_sv(&b), &j, &err), E_TOOBIG);
	assert_string_equal(err_text(&err),
	    "bad XML at 1:601: nested deeper than 200 levels");
	strbuf_setlen(&b, 600);
	for (int i = 0; i < 200; i++)
		strbuf_adds(&b, "</a>");
	assert_int_equal(xml_parse(strbuf_sv(&b), &j, &err), 0);
	json_free(j);
}

/* Wide in both ways: names that repeat, names that do not. */
static void wide(void **state)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(json_free_p) cJSON *j = NULL;
	CLEANUP(err_release) struct err err = { 0 };

	(void)state;
	strbuf_adds(&b, "<a>");
	for (int i = 0; i < 100000; i++)
		strbuf_addf(&b, "<n%d>%d</n%d><m>x</m>", i % 50000, i,
		    i % 50000);
	strbuf_adds(&b, "</a>");
	assert_int_equal(xml_parse(strbuf_sv(&b), &j, &err), 0);
	assert_string_equal(json_str(j, "a.n7.0"), "7");
	assert_string_equal(json_str(j, "a.n7.1"), "50007");
	assert_int_equal(cJSON_GetArraySize(json_at(j, "a.m")), 100000);
	assert_int_equal(cJSON_GetArraySize(json_at(j, "a")), 50001);
}

static void escaping(void **state)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	(void)state;
	xml_escape(&b, "a<b>&\"c'\r\n\xc3\xa9");
	assert_string_equal(b.buf,
	    "a&lt;b&gt;&amp;&quot;c'&#x0D;\n\xc3\xa9");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees),
		cmocka_unit_test(refused),
		cmocka_unit_test(depth),
		cmocka_unit_test(wide),
		cmocka_unit_test(escaping),
	};

	mem_init_json();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
