#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/ini.h"

static void check_key(const char *text, const char *prefix, const char *name,
    const char *key, const char *value)
{
	struct ini ini;
	const char *got;

	ini_parse(sv_from(text), &ini);
	got = ini_get(ini_section(&ini, prefix, name), key);
	if (!streq0(got, value))
		fail_msg("%s of %s: %s, not %s", key, name, got ? got : "none",
		    value ? value : "none");
	ini_release(&ini);
}

static void settings(void **state)
{
	(void)state;
	check_key("[a]\nk=v", NULL, "a", "k", "v");
	check_key("[a]\r\n k \t=  v w \r\n", NULL, "a", "k", "v w");
	check_key("\xef\xbb\xbf[a]\nk=v\n", NULL, "a", "k", "v");
	check_key("[a]\nk=v=w\n", NULL, "a", "k", "v=w");
	check_key("[a]\nk=\"v\"\n", NULL, "a", "k", "\"v\"");
	check_key("[a]\nK=v\n", NULL, "a", "k", NULL);
	check_key("[a]\nk=1\nk=2\n", NULL, "a", "k", "2");
	check_key("[a]\nk=1\n[b]\nk=2\n[a]\nj=3\n", NULL, "a", "k", "1");
	check_key("[a]\nk=1\n[b]\nk=2\n[a]\nj=3\n", NULL, "a", "j", "3");
	check_key("k=0\n[a]\n=v\nnothing\n", NULL, "a", "k", NULL);
}

static void comments(void **state)
{
	(void)state;
	check_key("[a]\nk=b#c\n", NULL, "a", "k", "b#c");
	check_key("[a]\nk=b;c\n", NULL, "a", "k", "b;c");
	check_key("[a]\nk=b #c\n", NULL, "a", "k", "b");
	check_key("[a]\nk=b\t;c\n", NULL, "a", "k", "b");
	check_key("[a]\n#k=b\n", NULL, "a", "k", NULL);
	check_key("[a]\n  ; k=b\n", NULL, "a", "k", NULL);
	check_key("[a] # c\nk=b\n", NULL, "a", "k", "b");
	check_key("[a]#c\nk=b\n", NULL, "a", "k", NULL);
}

static void sections(void **state)
{
	(void)state;
	check_key("[profile x]\nk=v\n", "profile", "x", "k", "v");
	check_key("[profile x]\nk=v\n", NULL, "x", "k", NULL);
	check_key("[profile \"x\"]\nk=v\n", "profile", "x", "k", "v");
	check_key("[profile 'a@b.c:d/e%f+g']\nk=v\n", "profile",
	    "a@b.c:d/e%f+g", "k", "v");
	check_key("[sso-session s]\nk=v\n", "sso-session", "s", "k", "v");
	check_key("[services s]\nk=v\n", "services", "s", "k", "v");
	/* the content of an unknown prefix belongs to nothing */
	check_key("[a]\nj=1\n[other x]\nk=v\n", NULL, "a", "k", NULL);
	check_key("[other x]\nk=v\n", NULL, "other x", "k", NULL);
	/* no prefix form at all: the whole text is the name */
	check_key("[profile  x]\nk=v\n", NULL, "profile  x", "k", "v");
	check_key("[profile x y]\nk=v\n", NULL, "profile x y", "k", "v");
	check_key("[profile \"x']\nk=v\n", NULL, "profile \"x'", "k", "v");
	check_key("[ a ]\nk=v\n", NULL, " a ", "k", "v");
	check_key("[profile.x]\nk=v\n", "profile", "x", "k", "v");
	check_key("[a.b]\nk=v\n", NULL, "a.b", "k", "v");
	check_key("[]\nk=v\n", NULL, "", "k", NULL);
	check_key("[a\nk=v\n", NULL, "a", "k", NULL);
}

static void nested(void **state)
{
	static const char text[] = "[a]\n"
				   "s3 =\n"
				   "  max = 3\n"
				   "\tstyle = path # c\n"
				   "region = r\n"
				   "dynamodb =\n"
				   "region2 = r2\n"
				   "  late = 1\n";

	(void)state;
	check_key(text, NULL, "a", "s3.max", "3");
	check_key(text, NULL, "a", "s3.style", "path");
	check_key(text, NULL, "a", "region", "r");
	check_key(text, NULL, "a", "s3.region", NULL);
	check_key(text, NULL, "a", "region2", "r2");
	check_key(text, NULL, "a", "late", "1");
	check_key("[a]\nx =\n[b]\n k = v\n", NULL, "b", "k", "v");
	/* a section is there from its first key on */
	check_key("[a]\n[b]\nk=v\n", NULL, "a", "k", NULL);
}

static void long_lines(void **state)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;

	(void)state;
	strbuf_addn(&value, 'x', 20000);
	strbuf_addf(&b, "[a]\nk = %s\nj=1", value.buf);
	check_key(b.buf, NULL, "a", "k", value.buf);
	check_key(b.buf, NULL, "a", "j", "1");
}

static void many_sections(void **state)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	struct ini ini;

	(void)state;
	for (int i = 0; i < 50000; i++)
		strbuf_addf(&b, "[profile p%d]\nk = %d\n", i % 40000, i);
	ini_parse(strbuf_sv(&b), &ini);
	assert_int_equal(ini.n, 40000);
	assert_string_equal(ini_get(ini_section(&ini, "profile", "p5"), "k"),
	    "40005");
	ini_release(&ini);
	ini_parse((struct sv){ 0 }, &ini);
	assert_int_equal(ini.n, 0);
	assert_null(ini_get(ini_section(&ini, NULL, "a"), "k"));
	ini_release(&ini);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings),
		cmocka_unit_test(comments),
		cmocka_unit_test(sections),
		cmocka_unit_test(nested),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(many_sections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
