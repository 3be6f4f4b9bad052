/*
 * aws_call() against a scripted server: what is sent, what is tried again and
 * what is not.
 */
#include "aws/call.h"

#include <fcntl.h>
#include <setjmp.h>

#include <cmocka.h>

#include "awsenv.h"
#include "util/digest.h"
#include "util/timeutil.h"

#define MAX_STEPS 10

struct step {
	int status; /* 0: the connection is lost */
	const char *headers, *body;
};

static struct stub server;
static struct notes notes;
static char *home;
static struct step script[MAX_STEPS];
static size_t n_steps, at_step, first_request;

static void answer(struct stub *s, const char *request, struct strbuf *out)
{
	const struct step *st;

	(void)s;
	if (strstr(request, "Action=GetCallerIdentity") && !n_steps) {
		stub_reply(out, 200, "", IDENTITY("123456789012"));
		return;
	}
	/* the last step repeats */
	st = &script[MIN(at_step, n_steps - 1)];
	at_step++;
	if (st->status)
		stub_reply(out, st->status, st->headers ? st->headers : "",
		    st->body ? st->body : "");
}

static void play(const struct step *steps, size_t n)
{
	pthread_mutex_lock(&server.lock);
	for (size_t i = 0; i < n; i++)
		script[i] = steps[i];
	n_steps = n;
	at_step = 0;
	pthread_mutex_unlock(&server.lock);
}

/* A client whose start-up calls are over; then the script begins. */
static struct aws *client(struct aws_session *s)
{
	CLEANUP(err_release) struct err err = { 0 };
	struct aws *a;

	play(NULL, 0);
	if (aws_client_get(s, "123456789012", "eu-west-1", AWS_READ, NULL, &a,
	    NULL, &err) < 0)
		fail_msg("%s", err_text(&err));
	first_request = stub_count(&server);
	return a;
}

static struct aws_session *session(void)
{
	struct aws_session_opts o = { .version = "1.2.3",
		.sink = &notes.sink };

	return aws_session_new(&o);
}

#define PLAY(...)							\
	do {								\
		const struct step steps_[] = { __VA_ARGS__ };		\
		play(steps_, ARRAY_SIZE(steps_));			\
	} while (0)

static const char *request(size_t i)
{
	assert_true(first_request + i < stub_count(&server));
	return server.requests.v[first_request + i];
}

static size_t n_requests(void)
{
	return stub_count(&server) - first_request;
}

/* One call of op; its result, error in err. */
static int call(struct aws *a, enum aws_op_id op, const char *in,
    cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *j = NULL;

	assert_int_equal(json_parse(sv_from(in), "input", &j, NULL), 0);
	first_request = stub_count(&server);
	return aws_call(a, op, j, ret, err);
}

#define EMPTY_STACKS							\
	"<DescribeStacksResponse><DescribeStacksResult><Stacks/>"	\
	"</DescribeStacksResult></DescribeStacksResponse>"
#define ERROR(code)							\
	"<ErrorResponse><Error><Code>" code "</Code><Message>why"	\
	"</Message></Error></ErrorResponse>"

static void t_request(void **state)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = session();
	CLEANUP(json_free_p) cJSON *out = NULL;
	CLEANUP(err_release) struct err err = { 0 };
	struct aws *a = client(s);

	(void)state;
	PLAY({ 200, NULL, EMPTY_STACKS });
	assert_int_equal(call(a, OP_CFN_DESCRIBE_STACKS, "{}", &out, &err),
	    0);
	assert_true(cJSON_IsArray(json_get(out, "Stacks")));
	assert_true(str_starts(request(0), "POST / HTTP/1.1\r\n"));
	assert_non_null(strstr(request(0), "\r\nAuthorization: "
	    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
	assert_non_null(strstr(request(0), "/eu-west-1/cloudformation/"
	    "aws4_request, SignedHeaders=content-type;host;"
	    "x-amz-content-sha256;x-amz-date, Signature="));
	assert_non_null(strstr(request(0),
	    "\r\nUser-Agent: ccdk/1.2.3 aws-cdk/"));
	assert_null(strcasestr(request(0), "security-token"));
	assert_null(strstr(request(0), "secretEXAMPLE"));
	assert_string_equal(aws_region(a), "eu-west-1");
	assert_string_equal(aws_account(a), "123456789012");
	assert_string_equal(aws_partition(a), "aws");
}

static void t_retries(void **state)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = session();
	CLEANUP(json_free_p) cJSON *out = NULL;
	CLEANUP(err_release) struct err err = { 0 };
	struct aws *a = client(s);

	(void)state;
	PLAY({ 503, "Content-Type: text/html\r\nRetry-After: 1\r\n",
	    "<html>" }, { 0, NULL, NULL }, { 400, NULL, ERROR("Throttling") },
	    { 200, NULL, EMPTY_STACKS });
	assert_int_equal(call(a, OP_CFN_DESCRIBE_STACKS, "{}", &out, &err),
	    0);
	assert_int_equal(n_requests(), 4);

	PLAY({ 500, NULL, ERROR("InternalFailure") });
	assert_int_equal(call(a, OP_CFN_DESCRIBE_STACKS, "{}", NULL, &err),
	    E_AWS);
	assert_int_equal(n_requests(), 7);
	assert_true(err_is_aws(&err, "InternalFailure"));
	assert_int_equal(err.http_status, 500);

	PLAY({ 0, NULL, NULL });
	assert_int_equal(call(a, OP_STS_GET_CALLER_IDENTITY, "{}", NULL,
	    &err), E_NET);
	assert_int_equal(n_requests(), 3);
	assert_true(str_starts(err_text(&err), "no reply from '127.0.0.1:"));
}

static void t_not_retried(void **state)
{
	static const struct step finals[] = {
		{ 400, NULL, ERROR("ValidationError") },
		{ 403, NULL, ERROR("ExpiredToken") },
		{ 404, NULL, "" },
		{ 301, NULL, "" },
	};
	CLEANUP(aws_session_free_p) struct aws_session *s = session();
	struct aws *a = client(s);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(finals); i++) {
		CLEANUP(err_release) struct err err = { 0 };
		cJSON *out = NULL;

		play(&finals[i], 1);
		assert_true(call(a, OP_CFN_DESCRIBE_STACKS, "{}", &out,
		    &err) < 0);
		assert_null(out);
		assert_int_equal(n_requests(), 1);
	}
}

static void http_date(int64_t utc, char *out, size_t n)
{
	time_t t = (time_t)utc;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, n, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
}

static void t_clock(void **state)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = session();
	CLEANUP(err_release) struct err err = { 0 };
	struct aws *a = client(s);
	char date[64], stamp[17];
	int64_t then = now_utc() + 7200;

	(void)state;
	http_date(then, date, sizeof(date));
	PLAY({ 403, date, ERROR("SignatureDoesNotMatch") },
	    { 200, NULL, EMPTY_STACKS });
	assert_int_equal(call(a, OP_CFN_DESCRIBE_STACKS, "{}", NULL, &err),
	    0);
	assert_int_equal(n_requests(), 2);
	time_amz(then, stamp);
	/* day and hour; minutes may pass */
	stamp[11] = '\0';
	assert_null(strstr(request(0), stamp));
	assert_non_null(strstr(request(1), stamp));

	/* the right clock and still refused: no second try */
	PLAY({ 403, date, ERROR("SignatureDoesNotMatch") });
	assert_int_equal(call(a, OP_CFN_DESCRIBE_STACKS, "{}", NULL, &err),
	    E_AWS);
	assert_int_equal(n_requests(), 1);
}

static void t_s3(void **state)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = session();
	CLEANUP(json_free_p) cJSON *out = NULL;
	CLEANUP(json_free_p) cJSON *in = NULL;
	CLEANUP(err_release) struct err err = { 0 };
	struct aws *a = client(s);
	CLEANUP(free_p) char *file = path_join(home, "body");
	struct aws_body body = { .from_fd = true, .off = 2, .len = 3,
		.content_type = "text/x" };
	char hash[SHA256_HEX];

	(void)state;
	assert_int_equal(file_write(file, SV("0123456789"), 0600, NULL), 0);
	body.fd = open(file, O_RDONLY | O_CLOEXEC);
	assert_true(body.fd >= 0);
	assert_int_equal(json_parse(SV("{\"Bucket\":\"bkt\",\"Key\":"
	    "\"a b/c\"}"), "in", &in, NULL), 0);
	PLAY({ 200, "ETag: \"e\"\r\n", "" });
	first_request = stub_count(&server);
	assert_int_equal(aws_call_body(a, OP_S3_PUT_OBJECT, in, &body, &out,
	    &err), 0);
	assert_true(str_starts(request(0),
	    "PUT /bkt/a%20b/c?x-id=PutObject HTTP/1.1\r\n"));
	assert_non_null(strstr(request(0), "\r\nContent-Type: text/x\r\n"));
	sha256_hex(SV("234"), hash);
	assert_non_null(strstr(request(0), hash));
	assert_true(str_ends(request(0), "\r\n\r\n234"));
	assert_string_equal(json_str(out, "ETag"), "\"e\"");
	close(body.fd);

	/* a late error in a 200 is tried again */
	PLAY({ 200, NULL, "<Error><Code>InternalError</Code></Error>" },
	    { 200, NULL, "<CompleteMultipartUploadResult><ETag>1</ETag>"
	    "</CompleteMultipartUploadResult>" });
	assert_int_equal(call(a, OP_S3_COMPLETE_MULTIPART_UPLOAD,
	    "{\"Bucket\":\"bkt\",\"Key\":\"k\",\"UploadId\":\"u\","
	    "\"MultipartUpload\":{\"Parts\":[]}}", NULL, &err), 0);
	assert_int_equal(n_requests(), 2);
}

/* ---- pages --------------------------------------------------------------- */

#define PAGE(name, token)						\
	"<R><ListStacksResult><StackSummaries><member><StackName>"	\
	name "</StackName></member></StackSummaries>" token		\
	"</ListStacksResult></R>"

static int collect(void *u, const cJSON *item)
{
	struct strvec *l = u;

	strvec_add(l, json_str(item, "StackName"));
	return streq(json_str(item, "StackName"), "stop");
}

static void t_pages(void **state)
{
	CLEANUP(aws_session_free_p) struct aws_session *s = session();
	CLEANUP(strvec_release) struct strvec got = { 0 };
	CLEANUP(err_release) struct err err = { 0 };
	struct aws *a = client(s);

	(void)state;
	PLAY({ 200, NULL, PAGE("a", "<NextToken>t/1</NextToken>") },
	    { 200, NULL, PAGE("b", "") });
	first_request = stub_count(&server);
	assert_int_equal(aws_pages(a, OP_CFN_LIST_STACKS, NULL, collect,
	    &got, &err), 0);
	assert_int_equal(got.n, 2);
	assert_string_equal(got.v[1], "b");
	assert_true(str_ends(request(1), "&NextToken=t%2F1"));

	PLAY({ 200, NULL, PAGE("stop", "<NextToken>t</NextToken>") });
	first_request = stub_count(&server);
	assert_int_equal(aws_pages(a, OP_CFN_LIST_STACKS, NULL, collect,
	    &got, &err), 0);
	assert_int_equal(n_requests(), 1);

	PLAY({ 200, NULL, PAGE("c", "<NextToken>t</NextToken>") });
	assert_int_equal(aws_pages(a, OP_CFN_LIST_STACKS, NULL, collect,
	    &got, &err), E_INVALID);
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
	awsenv_keys("AKIDEXAMPLE");
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
		cmocka_unit_test(t_request),
		cmocka_unit_test(t_retries),
		cmocka_unit_test(t_not_retried),
		cmocka_unit_test(t_clock),
		cmocka_unit_test(t_s3),
		cmocka_unit_test(t_pages),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
