/*
 * Which proxy: the environment read as Node's agent reads it, and addresses
 * whose password must not come out.
 */
#include "net/proxy.h"

#include <setjmp.h>

#include <cmocka.h>

static const char *const *vars; /* name, value, ..., NULL */

static char *env(const char *name)
{
	for (const char *const *v = vars; *v; v += 2) {
		if (streq(v[0], name))
			return (char *)(uintptr_t)v[1];
	}
	return NULL;
}

static char *find(const char *url)
{
	struct url u;
	char *found;

	assert_int_equal(url_parse(url, &u, NULL), 0);
	found = proxy_from_env(&u, env);
	url_release(&u);
	return found;
}

#define ENV(...) (const char *const[]){ __VA_ARGS__, NULL }
#define AWS "https://sts.eu-west-1.amazonaws.com/"

static void t_env(void **state)
{
	static const struct {
		const char *vars[9], *url, *want;
	} cases[] = {
		{ { NULL }, AWS, NULL },
		{ { "HTTPS_PROXY", "http://p:1" }, AWS, "http://p:1" },
		{ { "https_proxy", "http://p:1", "HTTPS_PROXY",
		    "http://q:1" }, AWS, "http://p:1" },
		{ { "https_proxy", "", "HTTPS_PROXY", "http://q:1" }, AWS,
		    "http://q:1" },
		{ { "HTTPS_PROXY", "p:3128" }, AWS, "http://p:3128" },
		{ { "HTTPS_PROXY", "u:w@p:3128" }, AWS,
		    "http://u:w@p:3128" },
		{ { "HTTP_PROXY", "http://p:1" }, AWS, NULL },
		{ { "HTTP_PROXY", "http://p:1" }, "http://h/",
		    "http://p:1" },
		{ { "HTTPS_PROXY", "http://p:1" }, "http://h/", NULL },
		{ { "ALL_PROXY", "socks5://p:1" }, AWS, "socks5://p:1" },
		{ { "all_proxy", "http://a:1", "https_proxy", "http://b:1" },
		    AWS, "http://b:1" },
		{ { "npm_config_https_proxy", "http://n:1", "https_proxy",
		    "http://b:1" }, AWS, "http://n:1" },
		{ { "npm_config_proxy", "http://n:1", "ALL_PROXY",
		    "http://b:1" }, AWS, "http://n:1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(free_p) char *got = NULL;

		vars = cases[i].vars;
		got = find(cases[i].url);
		if (!streq0(got, cases[i].want))
			fail_msg("case %zu: %s", i, got ? got : "none");
	}
}

static void t_no_proxy(void **state)
{
	static const struct {
		const char *list, *url;
		bool proxied;
	} cases[] = {
		{ "*", AWS, false },
		{ "sts.eu-west-1.amazonaws.com", AWS, false },
		{ "STS.eu-west-1.AMAZONAWS.com", AWS, false },
		{ "amazonaws.com", AWS, true },
		{ ".amazonaws.com", AWS, false },
		{ "*.amazonaws.com", AWS, false },
		{ "*amazonaws.com", AWS, false },
		{ "example.com, .amazonaws.com", AWS, false },
		{ "example.com .amazonaws.com", AWS, false },
		{ ".amazonaws.com:443", AWS, false },
		{ ".amazonaws.com:80", AWS, true },
		{ ".amazonaws.com:80", "http://s3.amazonaws.com/", false },
		{ "localhost:4566", "http://localhost:4566/", false },
		{ "localhost:4566", "http://localhost:4567/", true },
		{ "127.0.0.1", "http://127.0.0.1:9/", false },
		{ "[::1]", "http://[::1]:9/", false },
		{ "[::1]:9", "http://[::1]:9/", false },
		{ "::1", "http://[::1]:9/", true },
		{ "*,x", "http://a/", false },
		{ ",, ,", AWS, true },
		{ "", AWS, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(free_p) char *got = NULL;

		vars = ENV("all_proxy", "http://p:1", "NO_PROXY",
		    cases[i].list);
		got = find(cases[i].url);
		if (!got == cases[i].proxied)
			fail_msg("%s for %s: %s", cases[i].list,
			    cases[i].url, got ? got : "none");
	}
	vars = ENV("all_proxy", "http://p:1", "no_proxy", ".a", "NO_PROXY",
	    "*", "npm_config_no_proxy", ".b");
	assert_null(find("http://x.b/"));
	vars = ENV("all_proxy", "http://p:1", "no_proxy", ".a", "NO_PROXY",
	    "*");
	assert_null(find("http://x.a/"));
}

static void check_good(const char *address, const char *curl,
    const char *shown)
{
	CLEANUP(free_p) char *c = NULL, *s = NULL;
	CLEANUP(err_release) struct err err = { 0 };

	if (proxy_parse(address, &c, &s, &err) < 0)
		fail_msg("%s", err_text(&err));
	assert_string_equal(c, curl);
	assert_string_equal(s, shown);
	assert_int_equal(proxy_parse(address, NULL, NULL, NULL), 0);
}

static void check_bad(const char *address, const char *text)
{
	CLEANUP(err_release) struct err err = { 0 };
	char *c, *s;

	assert_int_equal(proxy_parse(address, &c, &s, &err), E_CONFIG);
	assert_string_equal(err_text(&err), text);
}

#define KNOWN "http, https, socks, socks4, socks4a, socks5, socks5h."

static void t_addresses(void **state)
{
	(void)state;
	check_good("http://p", "http://p:80", "http://p");
	check_good(" https://p/ ", "https://p:443", "https://p");
	check_good("http://p:3128/x?y", "http://p:3128", "http://p:3128");
	check_good("http:p:", "http://p:80", "http://p");
	check_good("HTTP://u:s3c%40@p:1", "http://u:s3c%40@p:1",
	    "http://p:1");
	check_good("http://[::1]:8080", "http://[::1]:8080",
	    "http://[::1]:8080");
	check_good("socks://u:w@p:1", "socks5h://u:w@p:1", "socks://p:1");
	check_good("socks5h://p", "socks5h://p", "socks5h://p");

	check_bad("foo", "Invalid proxy address 'foo': it must be a URL that "
	    "includes a protocol, e.g. 'http://foo'.");
	check_bad("10.0.0.1:3128", "Invalid proxy address '10.0.0.1:3128': "
	    "it must be a URL that includes a protocol, e.g. "
	    "'http://10.0.0.1:3128'.");
	check_bad("ftp://x", "Unsupported protocol 'ftp' in proxy address "
	    "'ftp://x'. Supported protocols are: " KNOWN);
	/* the password is not told, wherever an '@' ends it */
	check_bad("http://u:sec@ret@h:99999", "Invalid proxy address "
	    "'http://***@h:99999': it must be a URL that includes a "
	    "protocol, e.g. 'http://http://***@h:99999'.");
	check_bad("http://u:se/cr@et@h:1", "Invalid proxy address "
	    "'http://***@h:1': it must be a URL that includes a "
	    "protocol, e.g. 'http://http://***@h:1'.");
	check_bad("user:secret@h:3", "Unsupported protocol 'user' in proxy "
	    "address '***@h:3'. Supported protocols are: " KNOWN);
	check_bad("user:secret@http://h", "Unsupported protocol 'user' in "
	    "proxy address '***@http://h'. Supported protocols are: " KNOWN);
	check_bad("pac+http://u:w@h/p.pac", "The proxy address "
	    "'pac+http://***@h/p.pac' names a proxy configuration script, "
	    "which ccdk does not run. Give the address of the proxy "
	    "itself.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_env),
		cmocka_unit_test(t_no_proxy),
		cmocka_unit_test(t_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
