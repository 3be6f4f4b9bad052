#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/glob.h"

struct row {
	const char *pattern, *yes, *no; /* texts, ' ' between */
};

/* Answers of picomatch 4 with default options. */
static const struct row rows[] = {
	{ "*", "a a/ a.b /", "a/b .a" },
	{ "**", "a a/b a/ a/b/c", ".a a/.b" },
	{ "**/*", "a a/b /a", ".a a/.b" },
	{ "*.js", "a.js a.js/", ".js x/a.js a.ts" },
	{ "**/*.js", "a.js x/y/a.js", "x/.a.js .js" },
	{ "a*", "a ab a.b", "a/ ba a/b" },
	{ "*a", "a ba", ".a b/a ba/" },
	{ "a**", "a ab", "a/b" },
	{ "?", "a", "aa . /" },
	{ "Prod/*", "Prod/Api Prod/Api/", "Prod Prod/ Prod/Api/x Prod2/Api" },
	{ "Prod/**", "Prod Prod/ Prod/Api Prod/Api/x", "Prod2 Prod/.x" },
	{ "a/**/b", "a/b a/x/b a/x/y/b", "ab a/.x/b" },
	{ "**/a", "a /a b/a c/b/a", ".x/a ba" },
	{ "{a,b}*", "a bx", "cx" },
	{ "a{b,c}d", "abd acd", "ad abcd" },
	{ "{a..c}", "a b c", "d ab" },
	{ "{1..3}x", "1x 3x", "4x" },
	{ "{a}", "{a}", "a" },
	{ "[ab]", "a b [ab]", "c ab" },
	{ "[^ab]", "c", "a /" },
	{ "[!ab]", "a !", "c" },
	{ "[[:digit:]]*", "1 1a", "a" },
	{ "!(a)", "b ab", "a" },
	{ "a!(b)c", "ac axc", "abc abxc" },
	{ "!(*.d).ts", "a.ts", "b.d.ts" },
	{ "+(a|b)c", "ac abbac", "c dc" },
	{ "?(a)b", "b ab", "aab" },
	{ "@(a|b)c", "ac bc", "abc c" },
	{ "\\*", "*", "a" },
	{ "\"*\"", "*", "a" },
	{ "my.stack*", "my.stack1", "myxstack1" },
	{ "é?", "éa éé", "é" },
	{ "[a", "[a", "a" },
	{ "**{a,b}", "a x/b", "c .x/a" },
	{ "!(a)?b", "b xb", "ab xc" },
	{ "+(a)?b", "ab aab", "b" },
};

static void check(const struct row *r, const char *texts, bool want)
{
	CLEANUP(free_p) char *copy = xstrdup(texts);
	char *save = NULL;

	for (char *t = strtok_r(copy, " ", &save); t;
	    t = strtok_r(NULL, " ", &save))
		if (glob_match(r->pattern, t) != want)
			fail_msg("'%s' and '%s'", r->pattern, t);
}

static void test_like_picomatch(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		check(&rows[i], rows[i].yes, true);
		check(&rows[i], rows[i].no, false);
	}
}

static void test_edges(void **state)
{
	(void)state;
	assert_false(glob_match("", ""));
	assert_false(glob_match("*", ""));
	assert_false(glob_match("", "a"));
	assert_true(glob_match(".a", ".a"));
	assert_true(glob_match_with("*", ".a", GLOB_DOT));
	assert_true(glob_match_with("**", "a/.b", GLOB_DOT));
	assert_false(glob_match_with("*", "..", GLOB_DOT));
}

/* Would take a backtracking matcher for ever. */
static void test_time(void **state)
{
	char text[2001];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_false(glob_match("+(+(a)|+(aa))b", text));
	assert_false(glob_match("*a*a*a*a*a*a*a*a*a*b", text));
	assert_true(glob_match("*a*a*a*a*a*a*a*a*a", text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_picomatch),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
