/*
 * credential_process: what it prints, how it ends, what is said about it.
 */
#include "credsenv.h"

#include "aws/creds_json.h"

static void answer(struct stub *s, const char *text, struct strbuf *out)
{
	(void)s;
	(void)text;
	stub_reply(out, 500, "", "");
}

static void process(const char *line)
{
	CLEANUP(free_p) char *text = xasprintf("[profile p]\n"
	    "credential_process = %s\n", line);

	credsenv_reset();
	config_file(text);
}

/* A profile whose process prints this. */
static void prints(const char *json)
{
	CLEANUP(free_p) char *path = put_file("out.json", json);
	CLEANUP(free_p) char *line = xasprintf("cat %s", path);

	process(line);
}

static void t_good(void **state)
{
	CLEANUP(free_p) char *until = when(3600);
	CLEANUP(free_p) char *json = xasprintf("\n {\"Version\": 1, "
	    "\"AccessKeyId\": \"AKIDPROC\", \"SecretAccessKey\": "
	    "\"secretEXAMPLE\", \"SessionToken\": \"tokenEXAMPLE\", "
	    "\"Expiration\": \"%s\"}\n", until);

	(void)state;
	prints(json);
	check_key("p", "AKIDPROC");
	assert_string_equal(got.session_token, "tokenEXAMPLE");
	assert_in_range(got.expires, now_utc() + 3590, now_utc() + 3610);
	assert_string_equal(got.source, "process of profile 'p'");
	prints("{\"Version\":1,\"AccessKeyId\":\"AKIDPROC\","
	    "\"SecretAccessKey\":\"secretEXAMPLE\"}");
	check_key("p", "AKIDPROC");
	assert_null(got.session_token);
	assert_int_equal(got.expires, 0);
}

static void t_shell(void **state)
{
	CLEANUP(free_p) char *path = put_file("a b.json", "{\"Version\":1,"
	    "\"AccessKeyId\":\"AKIDSHELL\",\"SecretAccessKey\":"
	    "\"secretEXAMPLE\"}");
	CLEANUP(free_p) char *line = xasprintf("F='%s'; cat \"$F\" | cat",
	    path);

	(void)state;
	process(line);
	check_key("p", "AKIDSHELL");
}

/* What it has to say is not for its reader, and no failure. */
static void t_noise(void **state)
{
	(void)state;
	process("echo secretEXAMPLE >&2; printf '{\"Version\":1,"
	    "\"AccessKeyId\":\"AKIDNOISE\",\"SecretAccessKey\":"
	    "\"secretEXAMPLE\"}'");
	check_key("p", "AKIDNOISE");
	assert_int_equal(notes.warnings.n, 0);
}

/* Out of our group it could not ask for a code at the terminal. */
static void t_group(void **state)
{
	CLEANUP(free_p) char *group = xasprintf("%d", (int)getpgrp());

	(void)state;
	process("read a b c d e rest </proc/self/stat; printf '{\"Version\":1,"
	    "\"AccessKeyId\":\"%s\",\"SecretAccessKey\":"
	    "\"secretEXAMPLE\"}' $e");
	check_key("p", group);
}

static void t_bad(void **state)
{
	static const struct {
		const char *json, *text;
	} rows[] = {
		{ "not json secretEXAMPLE", "returned invalid JSON." },
		{ "", "returned invalid JSON." },
		{ "[1]", "returned invalid JSON." },
		{ "{\"Version\":1} {}", "returned invalid JSON." },
		{ "{\"AccessKeyId\":\"A\"}", "did not return Version 1." },
		{ "{\"Version\":\"1\"}", "did not return Version 1." },
		{ "{\"Version\":2}", "did not return Version 1." },
		{ "{\"Version\":1,\"AccessKeyId\":\"A\"}",
		    "returned invalid credentials." },
		{ "{\"Version\":1,\"AccessKeyId\":5,\"SecretAccessKey\":"
		    "\"secretEXAMPLE\"}", "returned invalid credentials." },
		{ "{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":"
		    "\"secretEXAMPLE\",\"Expiration\":\"soon\"}",
		    "returned invalid credentials." },
		{ "{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":"
		    "\"secretEXAMPLE\",\"Expiration\":"
		    "\"2020-01-01T00:00:00Z\"}",
		    "returned expired credentials." },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_p) char *text = xasprintf("Profile p "
		    "credential_process %s", rows[i].text);

		prints(rows[i].json);
		check_error("p", text);
	}
}

static void t_ends_badly(void **state)
{
	(void)state;
	process("echo secretEXAMPLE; echo secretEXAMPLE >&2; exit 3");
	check_error("p", "Profile p credential_process ended with status 3");
	process("kill -9 $$");
	check_error("p", "Profile p credential_process was ended by SIGKILL");
	process("head -c 3000000 /dev/zero");
	check_error("p", "printed more than 1048576 bytes");
}

/* With AWS_PROFILE the next provider has its turn, and the reason stays. */
static void t_chain_goes_on(void **state)
{
	CLEANUP(free_p) char *url = server_url("/none");

	(void)state;
	process("echo nonsense");
	setenv("AWS_PROFILE", "p", 1);
	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
	check_error(NULL, "returned invalid JSON.");
	assert_int_equal(stub_count(&server), 4);
	unsetenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	unsetenv("AWS_PROFILE");
}

static void t_as_source(void **state)
{
	CLEANUP(free_p) char *path = put_file("out.json", "{\"Version\":1,"
	    "\"AccessKeyId\":\"AKIDPROC\",\"SecretAccessKey\":"
	    "\"secretEXAMPLE\"}");
	CLEANUP(free_p) char *text = xasprintf("[profile p]\n"
	    "role_arn = arn:aws:iam::1:role/r\nsource_profile = q\n"
	    "[profile q]\ncredential_process = cat %s\n", path);

	(void)state;
	credsenv_reset();
	config_file(text);
	assert_int_equal(lookup("p"), E_AUTH);
	assert_true(stub_count(&server) > 0);
	assert_non_null(strstr(request(0), "Credential=AKIDPROC/"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_good),
		cmocka_unit_test(t_shell),
		cmocka_unit_test(t_noise),
		cmocka_unit_test(t_group),
		cmocka_unit_test(t_bad),
		cmocka_unit_test(t_ends_badly),
		cmocka_unit_test(t_chain_goes_on),
		cmocka_unit_test(t_as_source),
	};
	int rc;

	credsenv_start(answer);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	credsenv_stop();
	return rc;
}
