/*
 * Container credentials: which addresses are accepted, the token, repeats.
 */
#include "credsenv.h"

#define GOOD								\
	"{\"AccessKeyId\":\"ASIATASK\",\"SecretAccessKey\":"		\
	"\"secretEXAMPLE\",\"Token\":\"t\",\"Expiration\":"		\
	"\"2099-01-01T00:00:00Z\",\"RoleArn\":\"r\"}"

static int failures; /* before the good reply */
static int status = 200;
static const char *body = GOOD;

static void answer(struct stub *s, const char *text, struct strbuf *out)
{
	(void)s;
	(void)text;
	if (failures-- > 0)
		stub_reply(out, 500, "", "");
	else
		stub_reply(out, status, "", body);
}

static void start(const char *uri)
{
	credsenv_reset();
	failures = 0;
	status = 200;
	body = GOOD;
	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri, 1);
	unsetenv("AWS_CONTAINER_AUTHORIZATION_TOKEN");
	unsetenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
}

static void t_full(void **state)
{
	CLEANUP(free_p) char *url = server_url("/creds?x=1");
	CLEANUP(free_p) char *file = NULL;

	(void)state;
	start(url);
	check_key(NULL, "ASIATASK");
	assert_string_equal(got.source, "container");
	assert_string_equal(got.session_token, "t");
	assert_true(str_starts(request(0), "GET /creds?x=1 HTTP/1.1"));
	assert_null(strcasestr(request(0), "authorization"));
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "envEXAMPLE", 1);
	check_key(NULL, "ASIATASK");
	assert_non_null(strstr(request(1), "Authorization: envEXAMPLE\r\n"));
	file = put_file("token", "fileEXAMPLE\n");
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file, 1);
	check_key(NULL, "ASIATASK");
	assert_non_null(strstr(request(2), "Authorization: fileEXAMPLE\r\n"));
}

/* A proxy for everything else has no business with it. */
static void t_no_proxy(void **state)
{
	CLEANUP(free_p) char *url = server_url("/c");

	(void)state;
	start(url);
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	check_key(NULL, "ASIATASK");
	unsetenv("http_proxy");
}

static void t_repeats(void **state)
{
	CLEANUP(free_p) char *url = server_url("/c");

	(void)state;
	start(url);
	failures = 3;
	check_key(NULL, "ASIATASK");
	assert_int_equal(stub_count(&server), 4);
	start(url);
	failures = 4;
	check_error(NULL, "container credentials: server responded with "
	    "status: 500");
	start(url);
	status = 404;
	check_error(NULL, "status: 404");
	assert_int_equal(stub_count(&server), 1);
}

static void t_bad_replies(void **state)
{
	CLEANUP(free_p) char *url = server_url("/c");
	static const char *const bodies[] = { "", "x", "{}",
		"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":"
		"\"secretEXAMPLE\",\"Token\":\"t\"}",
		"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":"
		"\"secretEXAMPLE\",\"Token\":\"t\",\"Expiration\":\"x\"}" };

	(void)state;
	start(url);
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		body = bodies[i];
		check_error(NULL, "container credentials: the reply is ");
	}
}

static void t_addresses(void **state)
{
	static const char *const bad[] = { "http://10.0.0.1/c",
		"http://127.0.0.1.example.com/c", "http://127.1/c",
		"http://127.0.0.256/c", "http://127.0.0.1@10.0.0.1/c",
		"http://169.254.170.3/c", "http://[fd00:ec2::24]/c",
		"http://localhost.example/c", "ftp://127.0.0.1/", "/c",
		"http://10.0.0.1#@127.0.0.1/", "http://10.0.0.1?@127.0.0.1/" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		start(bad[i]);
		assert_int_equal(lookup(NULL), E_AUTH);
		if (!strstr(err_text(&why), "URL"))
			fail_msg("%s: %s", bad[i], err_text(&why));
	}
	start("x");
	unsetenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@127.0.0.1/c", 1);
	assert_int_equal(lookup(NULL), E_AUTH);
	unsetenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
}

static void t_bad_token(void **state)
{
	CLEANUP(free_p) char *url = server_url("/c");
	CLEANUP(free_p) char *file = put_file("token", "a\r\nX: EXAMPLE");

	(void)state;
	start(url);
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\r\nX: EXAMPLE", 1);
	check_error(NULL, "contains control characters");
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file, 1);
	check_error(NULL, "contains control characters");
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nonexistent", 1);
	check_error(NULL, "cannot be read from '/nonexistent'");
	assert_int_equal(stub_count(&server), 0);
}

static void t_as_source(void **state)
{
	CLEANUP(free_p) char *url = server_url("/c");

	(void)state;
	start(url);
	config_file("[profile p]\nrole_arn = arn:aws:iam::1:role/r\n"
	    "credential_source = EcsContainer\n");
	assert_int_equal(lookup("p"), E_AUTH);
	assert_non_null(strstr(request(1), "Credential=ASIATASK/"));
	unsetenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	check_error("p", "no container credentials");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_full),
		cmocka_unit_test(t_no_proxy),
		cmocka_unit_test(t_repeats),
		cmocka_unit_test(t_bad_replies),
		cmocka_unit_test(t_addresses),
		cmocka_unit_test(t_bad_token),
		cmocka_unit_test(t_as_source),
	};
	int rc;

	credsenv_start(answer);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	credsenv_stop();
	return rc;
}
