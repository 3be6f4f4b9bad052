/*
 * Sessions: base credentials, the default account and its cache, roles,
 * their renewal, and the messages of each failure.
 */
#include "aws/internal.h"

#include <setjmp.h>

#include <cmocka.h>

#include "awsenv.h"
#include "util/pool.h"
#include "util/timeutil.h"

/* What the stub's STS is to do. */
static struct {
	const char *identity_error, *assume_error;
	int role_life_s;
} sts;

static struct stub server;
static struct notes notes;
static char *home;

static void fail_with(struct strbuf *out, const char *code)
{
	CLEANUP(free_p) char *body = xasprintf("<ErrorResponse><Error><Code>%s"
	    "</Code><Message>sts says no</Message></Error></ErrorResponse>",
	    code);

	stub_reply(out, 403, "", body);
}

static void assume_role(struct strbuf *out)
{
	CLEANUP(free_p) char *body = NULL;
	char until[21];

	if (sts.assume_error) {
		fail_with(out, sts.assume_error);
		return;
	}
	time_iso(now_utc() + sts.role_life_s, until);
	body = xasprintf("<AssumeRoleResponse><AssumeRoleResult><Credentials>"
	    "<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s"
	    "</SecretAccessKey><SessionToken>role-token</SessionToken>"
	    "<Expiration>%s</Expiration></Credentials></AssumeRoleResult>"
	    "</AssumeRoleResponse>", until);
	stub_reply(out, 200, "", body);
}

static void answer(struct stub *s, const char *request, struct strbuf *out)
{
	(void)s;
	if (strstr(request, "Action=AssumeRole"))
		assume_role(out);
	else if (strstr(request, "Action=GetCallerIdentity")) {
		if (sts.identity_error)
			fail_with(out, sts.identity_error);
		else
			stub_reply(out, 200, "", IDENTITY("111111111111"));
	} else {
		stub_reply(out, 200, "", "<ListStacksResponse/>");
	}
}

static size_t count(const char *text)
{
	size_t n = 0;

	for (size_t i = 0; i < server.requests.n; i++)
		n += strstr(server.requests.v[i], text) != NULL;
	return n;
}

static bool has_line(const struct strvec *l, const char *start)
{
	for (size_t i = 0; i < l->n; i++) {
		if (str_starts(l->v[i], start))
			return true;
	}
	return false;
}

static struct aws_session *session(const char *profile)
{
	struct aws_session_opts o = { .version = "1", .profile = profile,
		.region = "eu-west-1", .sink = &notes.sink };

	return aws_session_new(&o);
}

/* ---- account ------------------------------------------------------------- */

static void t_account(void **state)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = session(NULL);
	CLEANUP(aws_session_free_p) struct aws_session *again = session(NULL);
	CLEANUP(free_p) char *cache = path_join(home,
	    "cache/accounts_partitions.json");
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(err_release) struct err err = { 0 };
	const char *account, *partition;

	(void)state;
	assert_int_equal(aws_session_account(s, &account, &partition, &err),
	    0);
	assert_string_equal(account, "111111111111");
	assert_string_equal(partition, "aws");
	assert_int_equal(file_read(cache, 0, &text, NULL), 0);
	assert_string_equal(text.buf, "{\n  \"AKIDONE\": {\n"
	    "    \"accountId\": \"111111111111\",\n"
	    "    \"partition\": \"aws\"\n  }\n}");
	assert_int_equal(aws_session_account(again, &account, NULL, &err), 0);
	assert_int_equal(count("Action=GetCallerIdentity"), 1);
	assert_true(has_line(&notes.debug,
	    "Retrieved account ID 111111111111 from disk cache"));
}

static void t_account_expired(void **state)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = session(NULL);
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(free_p) char *account = NULL, *region = NULL;

	(void)state;
	sts.identity_error = "ExpiredToken";
	assert_int_equal(aws_session_account(s, NULL, NULL, &err),
	    E_NOTFOUND);
	assert_int_equal(aws_session_account(s, NULL, NULL, &err),
	    E_NOTFOUND);
	assert_int_equal(count("Action=GetCallerIdentity"), 1);
	assert_int_equal(notes.warnings.n, 1);
	assert_string_equal(notes.warnings.v[0], "There are expired AWS "
	    "credentials in your environment. The CDK app will synth without "
	    "current account information.");
	assert_string_equal(aws_session_partition(s), "aws");
	assert_int_equal(aws_session_resolve(s, "unknown-account",
	    "unknown-region", &account, &region, &err), E_AUTH);
	assert_string_equal(err_text(&err), "Unable to resolve AWS account to "
	    "use. It must be either configured when you define your CDK "
	    "Stack, or through the environment");
}

static void t_resolve(void **state)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = session(NULL);
	CLEANUP(free_p) char *account = NULL, *region = NULL, *text = NULL;

	(void)state;
	text = aws_session_fill(s, "x-${AWS::AccountId}-${AWS::Region}", "1",
	    "r");
	assert_string_equal(text, "x-1-r");
	assert_int_equal(server.requests.n, 0);
	free(text);
	text = aws_session_fill(s, "${AWS::Partition}:${AWS::Partition}", "1",
	    "r");
	assert_string_equal(text, "aws:aws");
	assert_int_equal(aws_session_resolve(s, "unknown-account",
	    "unknown-region", &account, &region, NULL), 0);
	assert_string_equal(account, "111111111111");
	assert_string_equal(region, "eu-west-1");
}

/* ---- clients ------------------------------------------------------------- */

static void check_client_error(const char *account,
    const struct aws_role *role, const char *text)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = session(NULL);
	CLEANUP(err_release) struct err err = { 0 };
	struct aws *a = NULL;

	assert_int_equal(aws_client_get(s, account, "eu-west-1", AWS_READ,
	    role, &a, NULL, &err), E_AUTH);
	assert_string_equal(err_text(&err), text);
	assert_null(a);
}

static void t_client_errors(void **state)
{
	const struct aws_role role = { .arn = "arn:aws:iam::2:role/r" };

	(void)state;
	check_client_error("222222222222", NULL, "Need to perform AWS calls "
	    "for account 222222222222, but the current credentials are for "
	    "111111111111");
	sts.assume_error = "AccessDenied";
	check_client_error("222222222222", &role, "Could not assume role in "
	    "target account using current credentials (which are for account "
	    "111111111111) sts says no . Please make sure that this role "
	    "exists in the account. If it doesn't exist, (re)-bootstrap the "
	    "environment with the right '--trust', using the latest version "
	    "of the CDK CLI.");
	sts.assume_error = "ExpiredToken";
	check_client_error("111111111111", &role,
	    "Assuming role failed: ExpiredToken");
	unsetenv("AWS_ACCESS_KEY_ID");
	check_client_error("222222222222", NULL, "Need to perform AWS calls "
	    "for account 222222222222, but no credentials have been "
	    "configured");
	check_client_error("222222222222", &role, "Need to perform AWS calls "
	    "for account 222222222222, but no credentials have been "
	    "configured");
}

static void t_fallback(void **state)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = session(NULL);
	const struct aws_role role = { .arn = "arn:aws:iam::1:role/r" };
	CLEANUP(err_release) struct err err = { 0 };
	struct aws *a, *b;
	bool fell_back = false;

	(void)state;
	sts.assume_error = "AccessDenied";
	assert_int_equal(aws_client_get(s, "111111111111", "eu-west-1",
	    AWS_READ, &role, &a, &fell_back, &err), 0);
	assert_true(fell_back);
	assert_int_equal(aws_client_get(s, "111111111111", "eu-west-1",
	    AWS_READ, &role, &b, NULL, &err), 0);
	assert_ptr_equal(a, b);
	assert_int_equal(notes.warnings.n, 1);
	assert_string_equal(notes.warnings.v[0], "current credentials could "
	    "not be used to assume 'arn:aws:iam::1:role/r', but are for the "
	    "right account. Proceeding anyway.");
	assert_int_equal(aws_call(a, OP_CFN_LIST_STACKS, NULL, NULL, &err),
	    0);
	assert_int_equal(count("Credential=AKIDONE/"), server.requests.n);
}

static void t_role(void **state)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = session(NULL);
	CLEANUP(json_free_p) cJSON *options = NULL;
	struct aws_role role = { .arn = "arn:aws:iam::2:role/r",
		.external_id = "e/1" };
	CLEANUP(err_release) struct err err = { 0 };
	struct aws *a, *b;
	bool fell_back = true;

	(void)state;
	setenv("CDK_ROLE_SESSION_NAME", "me", 1);
	assert_int_equal(json_parse(SV("{\"DurationSeconds\":900,\"Tags\":"
	    "[{\"Key\":\"k\",\"Value\":\"v\"}]}"), "o", &options, NULL), 0);
	role.options = options;
	assert_int_equal(aws_client_get(s, "222222222222", "us-west-2",
	    AWS_WRITE, &role, &a, &fell_back, &err), 0);
	assert_false(fell_back);
	assert_true(str_ends(server.requests.v[server.requests.n - 1],
	    "Action=AssumeRole&Version=2011-06-15"
	    "&RoleArn=arn%3Aaws%3Aiam%3A%3A2%3Arole%2Fr&ExternalId=e%2F1"
	    "&RoleSessionName=me&DurationSeconds=900"
	    "&Tags.member.1.Key=k&Tags.member.1.Value=v"
	    "&TransitiveTagKeys.member.1=k"));
	assert_int_equal(count("/us-west-2/sts/"), 1);
	assert_int_equal(aws_call(a, OP_CFN_LIST_STACKS, NULL, NULL, &err),
	    0);
	assert_int_equal(count("Credential=ASIAROLE/"), 1);
	assert_int_equal(count("X-Amz-Security-Token: role-token"), 1);
	/* other mode, external id, options: other clients */
	role.options = NULL;
	assert_int_equal(aws_client_get(s, "222222222222", "us-west-2",
	    AWS_WRITE, &role, &b, NULL, &err), 0);
	assert_ptr_not_equal(a, b);
	assert_int_equal(count("Action=AssumeRole"), 2);
}

static void t_renewal(void **state)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = session(NULL);
	const struct aws_role role = { .arn = "arn:aws:iam::2:role/r" };
	CLEANUP(err_release) struct err err = { 0 };
	struct aws *a;

	(void)state;
	sts.role_life_s = 0; /* over from the start */
	assert_int_equal(aws_client_get(s, "222222222222", "us-west-2",
	    AWS_WRITE, &role, &a, NULL, &err), 0);
	sts.role_life_s = 3600;
	for (int i = 0; i < 3; i++)
		assert_int_equal(aws_call(a, OP_CFN_LIST_STACKS, NULL, NULL,
		    &err), 0);
	assert_int_equal(count("Action=AssumeRole"), 2);
}

struct worker {
	struct aws_session *s;
	int rc;
};

static void work(void *arg)
{
	struct worker *w = arg;
	const struct aws_role role = { .arn = "arn:aws:iam::2:role/r" };
	struct aws *a;

	w->rc = aws_client_get(w->s, "222222222222", "us-west-2", AWS_WRITE,
	    &role, &a, NULL, NULL);
	if (w->rc == 0)
		w->rc = aws_call(a, OP_CFN_LIST_STACKS, NULL, NULL, NULL);
}

static void t_threads(void **state)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = session(NULL);
	struct worker w[8];
	struct pool *p = pool_new(8);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(w); i++) {
		w[i] = (struct worker){ s, -1 };
		pool_submit(p, work, &w[i]);
	}
	pool_wait(p);
	pool_free(p);
	for (size_t i = 0; i < ARRAY_SIZE(w); i++)
		assert_int_equal(w[i].rc, 0);
	assert_int_equal(count("Action=AssumeRole"), 1);
	assert_int_equal(count("Action=GetCallerIdentity"), 1);
}

/* ---- expiry -------------------------------------------------------------- */

#define MANY 200

struct caller {
	struct aws *a;
	struct base *base;
	int rc;
};

static void call(void *arg)
{
	struct caller *c = arg;
	CLEANUP(creds_release) struct creds got = { 0 };

	c->rc = c->a ? aws_call(c->a, OP_CFN_LIST_STACKS, NULL, NULL, NULL) :
	    base_creds(c->base, &got, NULL);
}

static void all_at_once(struct aws *a, struct base *base)
{
	static struct caller c[MANY];
	struct pool *p = pool_new(MANY);

	for (size_t i = 0; i < MANY; i++) {
		c[i] = (struct caller){ a, base, -1 };
		pool_submit(p, call, &c[i]);
	}
	pool_wait(p);
	pool_free(p);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(c[i].rc, 0);
}

/* Two hundred threads that share an expiring role make one STS call. */
static void t_many_threads(void **state)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = session(NULL);
	const struct aws_role role = { .arn = "arn:aws:iam::2:role/r" };
	struct aws *a;

	(void)state;
	sts.role_life_s = 0;
	assert_int_equal(aws_client_get(s, "222222222222", "us-west-2",
	    AWS_WRITE, &role, &a, NULL, NULL), 0);
	sts.role_life_s = 3600;
	all_at_once(a, NULL);
	assert_int_equal(count("Action=AssumeRole"), 2);
}

/* The same for the role of a profile. */
static void t_many_threads_base(void **state)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = session("role");
	CLEANUP(creds_release) struct creds c = { 0 };

	(void)state;
	assert_int_equal(base_creds(&s->base, &c, NULL), 0);
	s->base.creds.fetched -= 7200;
	s->base.creds.expires -= 7200;
	all_at_once(NULL, &s->base);
	assert_int_equal(count("Action=AssumeRole"), 2);
}

static struct aws *role_client(struct aws_session *s)
{
	const struct aws_role role = { .arn = "arn:aws:iam::2:role/r" };
	struct aws *a;

	assert_int_equal(aws_client_get(s, "222222222222", "us-west-2",
	    AWS_WRITE, &role, &a, NULL, NULL), 0);
	return a;
}

/* A minute before the end new ones are wanted, but old ones still work. */
static void t_renewal_fails(void **state)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = session(NULL);
	CLEANUP(err_release) struct err err = { 0 };
	struct aws *a = role_client(s);

	(void)state;
	sts.assume_error = "AccessDenied";
	a->creds.fetched -= 3600;
	a->creds.expires = now_utc() + 30;
	assert_int_equal(aws_call(a, OP_CFN_LIST_STACKS, NULL, NULL, &err),
	    0);
	assert_int_equal(count("Action=AssumeRole"), 2);
	a->creds.expires = now_utc() - 1;
	assert_int_equal(aws_call(a, OP_CFN_LIST_STACKS, NULL, NULL, &err),
	    E_AWS);
	assert_string_equal(err_text(&err), "the credentials of the role "
	    "'arn:aws:iam::2:role/r' have expired and cannot be renewed: "
	    "sts says no");
}

/* Within the margin all their life: not asked for with each call. */
static void t_short_life(void **state)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = session(NULL);
	struct aws *a;

	(void)state;
	sts.role_life_s = 40;
	a = role_client(s);
	for (int i = 0; i < 5; i++)
		assert_int_equal(aws_call(a, OP_CFN_LIST_STACKS, NULL, NULL,
		    NULL), 0);
	assert_int_equal(count("Action=AssumeRole"), 1);
}

static void t_stale(void **state)
{
	struct creds c = { .fetched = 1000, .expires = 4600 };

	(void)state;
	assert_false(creds_stale(&c, 4539));
	assert_true(creds_stale(&c, 4540));
	assert_false(creds_expired(&c, 4599));
	assert_true(creds_expired(&c, 4600));
	c.expires = 1040; /* a quarter of forty seconds */
	assert_false(creds_stale(&c, 1029));
	assert_true(creds_stale(&c, 1030));
	c.expires = 0;
	assert_false(creds_stale(&c, INT64_MAX));
	assert_false(creds_expired(&c, INT64_MAX));
}

/* AWS's clock is the one that counts: ours is off by a day. */
static void t_clock(void **state)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = session(NULL);
	struct aws *a;

	(void)state;
	atomic_store(&s->skew_s, 86400);
	sts.role_life_s = 86400 + 3600;
	a = role_client(s);
	assert_int_equal(aws_call(a, OP_CFN_LIST_STACKS, NULL, NULL, NULL),
	    0);
	assert_int_equal(count("Action=AssumeRole"), 1);
	a->creds.fetched -= 3600;
	a->creds.expires -= 3570;
	assert_int_equal(aws_call(a, OP_CFN_LIST_STACKS, NULL, NULL, NULL),
	    0);
	assert_int_equal(count("Action=AssumeRole"), 2);
}

/* ---- profiles ------------------------------------------------------------ */

static const char profiles[] =
    "[profile role]\nrole_arn = arn:aws:iam::1:role/p\n"
    "source_profile = keys\nexternal_id = x\nrole_session_name = n\n"
    "region = ap-south-1\n"
    "[profile self]\nrole_arn = arn:aws:iam::1:role/p\n"
    "source_profile = self\n"
    "[profile loop1]\nrole_arn = r\nsource_profile = loop2\n"
    "[profile loop2]\nrole_arn = r\nsource_profile = loop1\n"
    "[profile odd]\nrole_arn = r\ncredential_source = Moon\n"
    "[profile sso]\nsso_start_url = https://x\n"
    "[profile process]\ncredential_process = false\n"
    "[profile web]\nrole_arn = r\nweb_identity_token_file = f\n"
    "[profile mfa]\nrole_arn = r\nsource_profile = keys\n"
    "mfa_serial = arn:mfa\n";
static const char credentials[] =
    "[keys]\naws_access_key_id = AKIDKEYS\n"
    "aws_secret_access_key = k\naws_session_token = profile-token\n"
    "[self]\naws_access_key_id = AKIDSELF\naws_secret_access_key = k\n";

static void check_profile(const char *profile, const char *signed_by)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = session(profile);
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(free_p) char *text = xasprintf("Credential=%s/", signed_by);

	if (aws_session_account(s, NULL, NULL, &err) < 0)
		fail_msg("%s", err_text(&err));
	assert_non_null(strstr(server.requests.v[server.requests.n - 1],
	    text));
}

static void t_profiles(void **state)
{
	(void)state;
	/* a named profile beats the environment's keys */
	check_profile("keys", "AKIDKEYS");
	assert_int_equal(count("X-Amz-Security-Token: profile-token"), 1);
	check_profile("role", "ASIAROLE");
	assert_int_equal(count("&RoleSessionName=n&ExternalId=x"
	    "&DurationSeconds=3600"), 1);
	assert_int_equal(count("/ap-south-1/sts/"), 1);
}

static void t_profile_self(void **state)
{
	(void)state;
	check_profile("self", "ASIAROLE");
	assert_int_equal(count("Credential=AKIDSELF/"), 1);
}

static void check_profile_error(const char *profile, const char *text)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = session(profile);
	CLEANUP(err_release) struct err err = { 0 };

	assert_int_equal(aws_session_account(s, NULL, NULL, &err),
	    E_NOTFOUND);
	assert_string_equal(err_text(&err), text);
}

static void t_profile_errors(void **state)
{
	(void)state;
	check_profile_error("nobody", "Could not resolve credentials using "
	    "profile: [nobody] in configuration/credentials file(s).");
	check_profile_error("loop1", "Detected a cycle attempting to resolve "
	    "credentials for profile loop1. Profiles visited: loop1, loop2");
	check_profile_error("odd", "Unsupported credential source in profile "
	    "odd. Got Moon, expected EcsContainer or Ec2InstanceMetadata or "
	    "Environment.");
	check_profile_error("mfa", "Error fetching MFA token: User input is "
	    "needed, but terminal (TTY) is not attached so we are unable to "
	    "get a confirmation from the user");
	check_profile_error("sso", "Profile is configured with invalid SSO "
	    "credentials. Required parameters \"sso_account_id\", "
	    "\"sso_region\", \"sso_role_name\", \"sso_start_url\". Got "
	    "sso_start_url");
	check_profile_error("process", "Profile process credential_process "
	    "ended with status 1; run its command to see why");
	check_profile_error("web", "the web identity token cannot be read "
	    "from 'f'");
	assert_int_equal(server.requests.n, 0);
}

static void t_environment(void **state)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = NULL;

	(void)state;
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	setenv("AMAZON_ACCESS_KEY_ID", "AKIDAMAZON", 1);
	setenv("AMAZON_SECRET_ACCESS_KEY", "a", 1);
	setenv("AMAZON_SESSION_TOKEN", "amazon-token", 1);
	/* keys of the environment beat the profile named there */
	setenv("AWS_PROFILE", "keys", 1);
	s = session(NULL);
	assert_string_equal(getenv("AWS_ACCESS_KEY_ID"), "AKIDAMAZON");
	assert_int_equal(aws_session_account(s, NULL, NULL, NULL), 0);
	assert_int_equal(count("Credential=AKIDAMAZON/"), 1);
	assert_int_equal(count("X-Amz-Security-Token: amazon-token"), 1);
}

static void check_agent(const char *name, const char *value, bool ci)
{
	static const char *const names[] = { "CI", "TF_BUILD",
		"TEAMCITY_VERSION", "GITHUB_ACTION", "CODEBUILD_BUILD_ID",
		"CIRCLECI", "EXECUTOR_NUMBER" };
	CLEANUP(aws_session_free_p) struct aws_session *s = NULL;
	CLEANUP(free_p) char *cache = path_join(home, "cache");
	const char *request;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unsetenv(names[i]);
	setenv(name, value, 1);
	s = session(NULL);
	assert_int_equal(dir_remove(cache, NULL), 0);
	assert_int_equal(aws_session_account(s, NULL, NULL, NULL), 0);
	unsetenv(name);
	request = server.requests.v[server.requests.n - 1];
	assert_non_null(strstr(request, "User-Agent: ccdk/1 aws-cdk/2."));
	assert_int_equal(strstr(request, " aws-cdk/ci#true\r\n") != NULL, ci);
}

static void t_agent(void **state)
{
	(void)state;
	check_agent("NOTHING", "1", false);
	check_agent("CI", "true", true);
	check_agent("CI", "", true);
	check_agent("CI", "false", false);
	check_agent("CI", "0", false);
	check_agent("CIRCLECI", "", false);
	check_agent("CIRCLECI", "x", true);
	check_agent("EXECUTOR_NUMBER", "0", true);
}

static int reset(void **state)
{
	static const char *const names[] = { "AWS_PROFILE",
		"AWS_SESSION_TOKEN", "AMAZON_ACCESS_KEY_ID",
		"AMAZON_SECRET_ACCESS_KEY", "AMAZON_SESSION_TOKEN",
		"CDK_ROLE_SESSION_NAME" };
	CLEANUP(free_p) char *cache = path_join(home, "cache");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unsetenv(names[i]);
	sts.identity_error = sts.assume_error = NULL;
	sts.role_life_s = 3600;
	strvec_release(&server.requests);
	notes_release(&notes);
	awsenv_keys("AKIDONE");
	return dir_remove(cache, NULL);
}

static int start(void **state)
{
	(void)state;
	home = awsenv_scrub();
	notes_init(&notes);
	server.answer = answer;
	if (stub_start(&server))
		return -1;
	awsenv_endpoint(&server);
	awsenv_file(home, "config", profiles);
	awsenv_file(home, "credentials", credentials);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	stub_stop(&server);
	notes_release(&notes);
	(void)!dir_remove(home, NULL);
	free(home);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(t_account, reset),
		cmocka_unit_test_setup(t_account_expired, reset),
		cmocka_unit_test_setup(t_resolve, reset),
		cmocka_unit_test_setup(t_client_errors, reset),
		cmocka_unit_test_setup(t_fallback, reset),
		cmocka_unit_test_setup(t_role, reset),
		cmocka_unit_test_setup(t_renewal, reset),
		cmocka_unit_test_setup(t_threads, reset),
		cmocka_unit_test_setup(t_many_threads, reset),
		cmocka_unit_test_setup(t_many_threads_base, reset),
		cmocka_unit_test_setup(t_renewal_fails, reset),
		cmocka_unit_test_setup(t_short_life, reset),
		cmocka_unit_test_setup(t_stale, reset),
		cmocka_unit_test_setup(t_clock, reset),
		cmocka_unit_test_setup(t_profiles, reset),
		cmocka_unit_test_setup(t_profile_self, reset),
		cmocka_unit_test_setup(t_profile_errors, reset),
		cmocka_unit_test_setup(t_environment, reset),
		cmocka_unit_test_setup(t_agent, reset),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
