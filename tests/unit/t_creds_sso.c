/*
 * IAM Identity Center against recorded shapes: both forms of profile, renewal
 * of the token, and what is said when somebody has to log in again.
 */
#include "credsenv.h"

#define SESSION								\
	"[profile p]\nsso_session = work\nsso_account_id = 111111111111\n" \
	"sso_role_name = Deploy/er\n[sso-session work]\n"		\
	"sso_start_url = https://x.example/start\nsso_region = eu-west-1\n"
#define LEGACY								\
	"[profile old]\nsso_start_url = https://x.example/start\n"	\
	"sso_account_id = 111111111111\nsso_role_name = r\n"		\
	"sso_region = eu-west-1\n"

static struct {
	int portal_status, token_status;
	const char *portal, *token;
} reply;

#define ROLE								\
	"{\"roleCredentials\":{\"accessKeyId\":\"ASIASSO\","		\
	"\"secretAccessKey\":\"secretEXAMPLE\",\"sessionToken\":"	\
	"\"roleEXAMPLE\",\"expiration\":4070908800000}}"

static void answer(struct stub *s, const char *text, struct strbuf *out)
{
	(void)s;
	if (str_starts(text, "POST /token"))
		stub_reply(out, reply.token_status, "", reply.token);
	else
		stub_reply(out, reply.portal_status, "", reply.portal);
}

static char *token_name(const char *of)
{
	char hex[41];

	sha1_hex(sv_from(of), hex);
	return xasprintf(".aws/sso/cache/%s.json", hex);
}

/* The token of a session or start URL, ending in so many seconds. */
static void token(const char *of, int64_t life)
{
	CLEANUP(free_p) char *until = when(life);
	CLEANUP(free_p) char *name = token_name(of);
	CLEANUP(free_p) char *text = xasprintf("{\"startUrl\":\"u\","
	    "\"accessToken\":\"tokenEXAMPLE\",\"expiresAt\":\"%s\","
	    "\"clientId\":\"c\",\"clientSecret\":\"csEXAMPLE\","
	    "\"refreshToken\":\"rEXAMPLE\"}", until);

	free(put_file(name, text));
}

/* As older versions of the AWS CLI write it. */
static void old_form(const char *of)
{
	CLEANUP(free_p) char *name = token_name(of);

	free(put_file(name, "{\"accessToken\":\"tokenEXAMPLE\","
	    "\"expiresAt\":\"2099-10-02T17:34:21UTC\"}"));
}

static void start(const char *config)
{
	credsenv_reset();
	reply.portal_status = reply.token_status = 200;
	reply.portal = ROLE;
	reply.token = "{\"accessToken\":\"newEXAMPLE\",\"expiresIn\":28800,"
	    "\"refreshToken\":\"r2EXAMPLE\"}";
	config_file(config);
}

static void t_session(void **state)
{
	(void)state;
	start(SESSION);
	token("work", 3600);
	check_key("p", "ASIASSO");
	assert_string_equal(got.session_token, "roleEXAMPLE");
	assert_int_equal(got.expires, 4070908800);
	assert_string_equal(got.source, "SSO of profile 'p'");
	assert_int_equal(stub_count(&server), 1);
	assert_true(str_starts(request(0), "GET /federation/credentials?"
	    "account_id=111111111111&role_name=Deploy%2Fer HTTP/1.1"));
	assert_non_null(strstr(request(0),
	    "x-amz-sso_bearer_token: tokenEXAMPLE\r\n"));
	assert_null(strcasestr(request(0), "authorization:"));
}

static void t_legacy(void **state)
{
	(void)state;
	start(LEGACY);
	token("https://x.example/start", 60);
	check_key("old", "ASIASSO");
	/* such a token is never renewed */
	assert_int_equal(stub_count(&server), 1);
	old_form("https://x.example/start");
	check_key("old", "ASIASSO");
	token("https://x.example/start", -1);
	check_error("old", "The SSO session associated with this profile has "
	    "expired. To refresh this SSO session run aws sso login with the "
	    "corresponding profile.");
	start(LEGACY);
	check_error("old", "The SSO session associated with this profile is "
	    "invalid. To refresh this SSO session run aws sso login with the "
	    "corresponding profile.");
}

static void t_renewal(void **state)
{
	CLEANUP(free_p) char *name = token_name("work");
	CLEANUP(free_p) char *path = path_join(home, name);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	(void)state;
	start(SESSION);
	token("work", 200);
	check_key("p", "ASIASSO");
	assert_int_equal(stub_count(&server), 2);
	assert_true(str_starts(request(0), "POST /token HTTP/1.1"));
	assert_non_null(strstr(request(0), "\r\n\r\n{\"clientId\":\"c\","
	    "\"clientSecret\":\"csEXAMPLE\",\"grantType\":\"refresh_token\","
	    "\"refreshToken\":\"rEXAMPLE\"}"));
	assert_non_null(strstr(request(1),
	    "x-amz-sso_bearer_token: newEXAMPLE\r\n"));
	assert_int_equal(file_read(path, 0, &text, NULL), 0);
	assert_true(str_starts(text.buf, "{\n  \"startUrl\": \"u\",\n"
	    "  \"accessToken\": \"newEXAMPLE\",\n  \"expiresAt\": \"2"));
	assert_non_null(strstr(text.buf, "\"refreshToken\": \"r2EXAMPLE\""));
	/* the file serves the next run */
	check_key("p", "ASIASSO");
	assert_int_equal(stub_count(&server), 3);
}

static void t_renewal_fails(void **state)
{
	(void)state;
	start(SESSION);
	reply.token_status = 400;
	reply.token = "{\"error\":\"invalid_grant\"}";
	token("work", 200);
	check_key("p", "ASIASSO");
	assert_non_null(strstr(request(1), "tokenEXAMPLE"));
	token("work", -5);
	check_error("p", "Token is expired. To refresh this SSO session run "
	    "'aws sso login' with the corresponding profile.");
	reply.token_status = 200;
	reply.token = "{\"accessToken\":1}";
	check_error("p", "Token is expired.");
}

static void t_bad_settings(void **state)
{
	(void)state;
	start("[profile p]\nsso_session = gone\n");
	check_error("p", "Sso session 'gone' could not be found in shared "
	    "credentials file.");
	start("[profile p]\nsso_session = s\n[sso-session s]\n"
	    "sso_start_url = u\n");
	check_error("p", "Sso session 's' is missing required property "
	    "'sso_region'.");
	start("[profile p]\nsso_start_url = u\nsso_region = r\n");
	check_error("p", "Profile is configured with invalid SSO credentials. "
	    "Required parameters \"sso_account_id\", \"sso_region\", "
	    "\"sso_role_name\", \"sso_start_url\". Got sso_start_url, "
	    "sso_region");
	start("[profile p]\nsso_session = s\nsso_account_id = 1\n"
	    "sso_role_name = r\n[sso-session s]\nsso_start_url = u\n"
	    "sso_region = evil.example/\n");
	token("s", 3600);
	unsetenv("AWS_ENDPOINT_URL");
	check_error("p", "'evil.example/' is not a region");
	awsenv_endpoint(&server);
	assert_int_equal(stub_count(&server), 0);
}

static void t_bad_token(void **state)
{
	static const char *const texts[] = { "", "nonsense", "[]",
		"{\"accessToken\":\"tokenEXAMPLE\"}",
		"{\"expiresAt\":\"2099-01-01T00:00:00Z\"}",
		"{\"accessToken\":\"tokenEXAMPLE\",\"expiresAt\":\"never\"}",
		("{\"accessToken\":\"tokenEXAMPLE\\r\\nX: y\",\"expiresAt\":"
		"\"2099-01-01T00:00:00Z\"}") };
	CLEANUP(free_p) char *name = token_name("work");

	(void)state;
	start(SESSION);
	check_error("p", "The SSO session token associated with profile=p was "
	    "not found or is invalid. To refresh this SSO session run 'aws "
	    "sso login' with the corresponding profile.");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		free(put_file(name, texts[i]));
		check_error("p", "");
	}
	assert_int_equal(stub_count(&server), 0);
}

static void t_portal_says_no(void **state)
{
	(void)state;
	start(SESSION);
	token("work", 3600);
	reply.portal_status = 401;
	reply.portal = "{\"message\":\"Session token not\\nfound\"}";
	check_error("p", "UnauthorizedException: Session token not found. To "
	    "refresh this SSO session run aws sso login");
	reply.portal_status = 403;
	reply.portal = "<html>";
	check_error("p", "the SSO access portal answered with status 403: no "
	    "reason given");
	reply.portal_status = 200;
	reply.portal = "{\"roleCredentials\":{\"accessKeyId\":\"A\"}}";
	check_error("p", "SSO returns an invalid temporary credential.");
	reply.portal_status = 503;
	credsenv_reset();
	start(SESSION);
	token("work", 3600);
	reply.portal_status = 503;
	check_error("p", "status 503");
	assert_int_equal(stub_count(&server), 3);
}

/* Said where credentials are missed, once, and not before. */
static void t_explained(void **state)
{
	struct aws_session_opts o = { .profile = "old", .sink = &notes.sink };
	struct aws_session *s;
	struct aws *a;

	(void)state;
	start(LEGACY);
	s = aws_session_new(&o);
	assert_int_equal(aws_session_account(s, NULL, NULL, NULL),
	    E_NOTFOUND);
	assert_int_equal(notes.warnings.n, 0);
	for (int i = 0; i < 2; i++) {
		err_release(&why);
		assert_int_equal(aws_client_get(s, "1", "eu-west-1", AWS_READ,
		    NULL, &a, NULL, &why), E_AUTH);
		assert_string_equal(err_text(&why), "Need to perform AWS "
		    "calls for account 1, but no credentials have been "
		    "configured");
	}
	assert_int_equal(notes.warnings.n, 1);
	assert_non_null(strstr(notes.warnings.v[0], "aws sso login"));
	aws_session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_session),
		cmocka_unit_test(t_legacy),
		cmocka_unit_test(t_renewal),
		cmocka_unit_test(t_renewal_fails),
		cmocka_unit_test(t_bad_settings),
		cmocka_unit_test(t_bad_token),
		cmocka_unit_test(t_portal_says_no),
		cmocka_unit_test(t_explained),
	};
	int rc;

	credsenv_start(answer);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	credsenv_stop();
	return rc;
}
