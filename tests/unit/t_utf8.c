/* Letters in capitals as JavaScript has them (checked with Node.js 20). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/utf8.h"

static void test_upper(void **state)
{
	static const struct {
		const char *text, *upper;
	} cases[] = {
		{ "", "" },
		{ "tcp-6_x", "TCP-6_X" },
		{ "udpgr\xc3\xb6\xc3\x9f" "e", "UDPGR\xc3\x96SSE" },
		{ "\xc3\xbf", "\xc5\xb8" },			/* ÿ Ÿ */
		{ "\xc2\xb5", "\xce\x9c" },			/* µ */
		{ "\xef\xac\x83", "FFI" },			/* one letter */
		{ "\xe1\xbe\xb3", "\xce\x91\xce\x99" },		/* ᾳ */
		{ "\xf0\x90\x90\xa8", "\xf0\x90\x90\x80" },	/* Deseret */
		{ "\xe6\x97\xa5\xf0\x9f\x8e\x89", "\xe6\x97\xa5\xf0\x9f\x8e\x89" },
		{ "a\xff" "b\xc0\x80" "c", "A\xff" "B\xc0\x80" "C" },
		{ "a\xed\xa0\x80", "A\xed\xa0\x80" },	/* half a pair */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

		utf8_upper(&b, sv_from(cases[i].text));
		assert_string_equal(b.buf, cases[i].upper);
	}
}

static void test_plain(void **state)
{
	static const struct {
		const char *text, *plain;
		size_t n;
	} cases[] = {
		{ "", "", 0 },
		{ "a\xc3\xa9\xf0\x9f\x8e\x89", "a\xc3\xa9\xf0\x9f\x8e\x89", 7 },
		{ "a\xc0\x80" "b\xc0", "a\0b\xc0", 4 },
		{ "\xed\xa0\x80\xed\x9f\xbf", "\xef\xbf\xbd\xed\x9f\xbf", 6 },
		{ "\xff\xed\xbf", "\xff\xed\xbf", 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

		strbuf_adds(&b, cases[i].text);
		utf8_plain(&b);
		assert_int_equal(b.len, cases[i].n);
		assert_memory_equal(b.buf, cases[i].plain, cases[i].n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_upper),
		cmocka_unit_test(test_plain) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
