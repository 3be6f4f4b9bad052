/*
 * Instance metadata: both protocols, the region, and how long it takes when
 * there is nobody.
 */
#include "credsenv.h"

static struct {
	int token_status;
	const char *creds, *roles, *document;
} reply;

#define GOOD								\
	"{\"Code\":\"Success\",\"AccessKeyId\":\"ASIAEC2\","		\
	"\"SecretAccessKey\":\"secretEXAMPLE\",\"Token\":\"t\","	\
	"\"Expiration\":\"2099-01-01T00:00:00Z\"}"

static void answer(struct stub *s, const char *text, struct strbuf *out)
{
	(void)s;
	if (str_starts(text, "PUT /latest/api/token "))
		stub_reply(out, reply.token_status, "", "imdsEXAMPLE");
	else if (str_starts(text,
	    "GET /latest/meta-data/iam/security-credentials/my-role "))
		stub_reply(out, 200, "", reply.creds);
	else if (str_starts(text,
	    "GET /latest/meta-data/iam/security-credentials/ "))
		stub_reply(out, reply.roles ? 200 : 404, "",
		    reply.roles ? reply.roles : "");
	else if (str_starts(text,
	    "GET /latest/dynamic/instance-identity/document "))
		stub_reply(out, 200, "", reply.document);
	else
		stub_reply(out, 400, "", "");
}

static void start(void)
{
	CLEANUP(free_p) char *url = server_url("/");

	credsenv_reset();
	reply.token_status = 200;
	reply.creds = GOOD;
	reply.roles = "my-role\n";
	reply.document = "{\"region\":\"eu-north-1\"}";
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", url, 1);
	setenv("AWS_EC2_METADATA_DISABLED", "false", 1);
	unsetenv("AWS_EC2_METADATA_V1_DISABLED");
}

static void t_v2(void **state)
{
	(void)state;
	start();
	check_key(NULL, "ASIAEC2");
	assert_string_equal(got.source, "instance metadata");
	assert_int_equal(got.expires, 4070908800);
	assert_int_equal(stub_count(&server), 3);
	assert_non_null(strstr(request(0),
	    "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n"));
	assert_non_null(strstr(request(1),
	    "x-aws-ec2-metadata-token: imdsEXAMPLE\r\n"));
	assert_non_null(strstr(request(2),
	    "x-aws-ec2-metadata-token: imdsEXAMPLE\r\n"));
}

static void t_v1(void **state)
{
	static const int refusals[] = { 403, 404, 405 };

	(void)state;
	start();
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		credsenv_reset();
		reply.token_status = refusals[i];
		check_key(NULL, "ASIAEC2");
		assert_null(strstr(request(1), "metadata-token"));
	}
	setenv("AWS_EC2_METADATA_V1_DISABLED", "true", 1);
	assert_int_equal(lookup(NULL), E_AUTH);
	unsetenv("AWS_EC2_METADATA_V1_DISABLED");
	config_file("[default]\nec2_metadata_v1_disabled = true\n");
	assert_int_equal(lookup(NULL), E_AUTH);
	start();
	reply.token_status = 400;
	assert_int_equal(lookup(NULL), E_AUTH);
	assert_int_equal(stub_count(&server), 1);
}

static void t_nothing_there(void **state)
{
	(void)state;
	start();
	reply.roles = NULL;
	check_error(NULL, "no credentials are configured");
	reply.roles = "\n";
	check_error(NULL, "no credentials are configured");
	reply.roles = "my-role";
	reply.creds = "{\"Code\":\"AssumeRoleUnauthorizedAccess\"}";
	check_error(NULL, "instance metadata: the reply is not of the "
	    "required format");
	start();
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	check_error(NULL, "no credentials are configured");
	assert_int_equal(stub_count(&server), 0);
}

/* What the machine's service did not renew works a little longer. */
static void t_expired(void **state)
{
	(void)state;
	start();
	reply.creds = "{\"AccessKeyId\":\"ASIAEC2\",\"SecretAccessKey\":"
	    "\"secretEXAMPLE\",\"Token\":\"t\",\"Expiration\":"
	    "\"2020-01-01T00:00:00Z\"}";
	check_key(NULL, "ASIAEC2");
	assert_in_range(got.expires, now_utc() + 290, now_utc() + 610);
	assert_int_equal(notes.warnings.n, 1);
}

/* credential_source asks by name: the switch has no say. */
static void t_as_source(void **state)
{
	(void)state;
	start();
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	config_file("[profile p]\nrole_arn = arn:aws:iam::1:role/r\n"
	    "credential_source = Ec2InstanceMetadata\n");
	assert_int_equal(lookup("p"), E_AUTH);
	assert_non_null(strstr(request(3), "Credential=ASIAEC2/"));
}

/* A server that takes connections and never says a word. */
static void t_silence(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(a);
	CLEANUP(free_p) char *url = NULL;
	int64_t before;

	(void)state;
	start();
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	url = xasprintf("http://127.0.0.1:%d", ntohs(a.sin_port));
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", url, 1);
	before = mono_ms();
	assert_int_equal(lookup(NULL), E_AUTH);
	/* the new and the old protocol, a second together where this is no
	 * EC2, else a second each */
	assert_in_range(mono_ms() - before, 800, creds_on_ec2() ? 3500 : 1500);
	setenv("AWS_EC2_METADATA_V1_DISABLED", "true", 1);
	before = mono_ms();
	assert_int_equal(lookup(NULL), E_AUTH);
	assert_in_range(mono_ms() - before, 400, 1900);
	close(fd);
	/* and nobody at all */
	before = mono_ms();
	assert_int_equal(lookup(NULL), E_AUTH);
	assert_in_range(mono_ms() - before, 0, 900);
}

static void t_region(void **state)
{
	struct http_opts o = { 0 };
	CLEANUP(http_free_p) struct http *h = http_new(&o);
	struct aws_config config = { 0 };
	char *region = NULL;

	(void)state;
	start();
	assert_int_equal(creds_imds_region(h, &config, &region, &why), 0);
	assert_string_equal(region, "eu-north-1");
	free(region);
	reply.document = "{\"region\":\"a.b/\"}";
	assert_int_equal(creds_imds_region(h, &config, &region, &why),
	    E_NOTFOUND);
	reply.document = "<html>";
	assert_int_equal(creds_imds_region(h, &config, &region, &why),
	    E_NOTFOUND);
}

static void t_modes(void **state)
{
	(void)state;
	start();
	unsetenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv5", 1);
	check_error(NULL, "Unsupported endpoint mode: IPv5. Select from "
	    "IPv4,IPv6");
	unsetenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "nowhere", 1);
	check_error(NULL, "AWS_EC2_METADATA_SERVICE_ENDPOINT: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_v2),
		cmocka_unit_test(t_v1),
		cmocka_unit_test(t_nothing_there),
		cmocka_unit_test(t_expired),
		cmocka_unit_test(t_as_source),
		cmocka_unit_test(t_silence),
		cmocka_unit_test(t_region),
		cmocka_unit_test(t_modes),
	};
	int rc;

	credsenv_start(answer);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	credsenv_stop();
	return rc;
}
