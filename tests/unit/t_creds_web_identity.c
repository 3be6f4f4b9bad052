/*
 * Web identity: the unsigned exchange of a token file, from a profile and from
 * the environment.
 */
#include "credsenv.h"

static bool deny;

static void answer(struct stub *s, const char *text, struct strbuf *out)
{
	(void)s;
	(void)text;
	if (deny) {
		stub_reply(out, 403, "", "<ErrorResponse><Error><Code>"
		    "AccessDenied</Code><Message>not this token</Message>"
		    "</Error></ErrorResponse>");
		return;
	}
	stub_reply(out, 200, "", "<AssumeRoleWithWebIdentityResponse>"
	    "<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>"
	    "ASIAWEB</AccessKeyId><SecretAccessKey>secretEXAMPLE"
	    "</SecretAccessKey><SessionToken>t</SessionToken><Expiration>"
	    "2099-01-01T00:00:00Z</Expiration></Credentials>"
	    "</AssumeRoleWithWebIdentityResult>"
	    "</AssumeRoleWithWebIdentityResponse>");
}

static void environment(const char *file)
{
	credsenv_reset();
	deny = false;
	setenv("AWS_WEB_IDENTITY_TOKEN_FILE", file, 1);
	setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/web", 1);
}

static void no_environment(void)
{
	unsetenv("AWS_WEB_IDENTITY_TOKEN_FILE");
	unsetenv("AWS_ROLE_ARN");
	unsetenv("AWS_ROLE_SESSION_NAME");
}

static void t_environment(void **state)
{
	CLEANUP(free_p) char *file = put_file("token", "tok.en-EXAMPLE\n");

	(void)state;
	environment(file);
	check_key(NULL, "ASIAWEB");
	assert_string_equal(got.source, "web identity");
	assert_int_equal(got.expires, 4070908800);
	assert_non_null(strstr(request(0),
	    "Action=AssumeRoleWithWebIdentity&"));
	assert_non_null(strstr(request(0),
	    "&WebIdentityToken=tok.en-EXAMPLE"));
	assert_non_null(strstr(request(0),
	    "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fweb"));
	assert_non_null(strstr(request(0),
	    "&RoleSessionName=aws-sdk-js-session-1"));
	assert_null(strcasestr(request(0), "authorization:"));
	setenv("AWS_ROLE_SESSION_NAME", "me", 1);
	check_key(NULL, "ASIAWEB");
	assert_non_null(strstr(request(1), "&RoleSessionName=me"));
	no_environment();
}

static void t_profile(void **state)
{
	CLEANUP(free_p) char *file = put_file("token", "tokenEXAMPLE");
	CLEANUP(free_p) char *text = xasprintf("[profile p]\n"
	    "web_identity_token_file = %s\nrole_session_name = mine\n"
	    "role_arn = arn:aws:iam::1:role/p\n", file);

	(void)state;
	credsenv_reset();
	config_file(text);
	check_key("p", "ASIAWEB");
	assert_string_equal(got.source, "web identity of profile 'p'");
	assert_non_null(strstr(request(0), "&RoleSessionName=mine"));
}

static void t_errors(void **state)
{
	CLEANUP(free_p) char *file = put_file("token", " \n");

	(void)state;
	environment(file);
	check_error(NULL, "there is no web identity token in '");
	environment("/nonexistent/token");
	check_error(NULL, "the web identity token cannot be read from "
	    "'/nonexistent/token'");
	assert_int_equal(stub_count(&server), 0);
	free(put_file("token", "tokenEXAMPLE"));
	environment(file);
	deny = true;
	check_error(NULL, "assuming 'arn:aws:iam::1:role/web' with a web "
	    "identity: not this token");
	no_environment();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_environment),
		cmocka_unit_test(t_profile),
		cmocka_unit_test(t_errors),
	};
	int rc;

	credsenv_start(answer);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	credsenv_stop();
	return rc;
}
