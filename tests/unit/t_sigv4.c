/*
 * The signing stages against botocore's results (tests/vectors/sigv4) and,
 * when they are at hand, against the published suite.
 */
#include "aws/sigv4.h"

#include <dirent.h>
#include <setjmp.h>

#include <cmocka.h>

#include "util/digest.h"
#include "util/file.h"
#include "util/json.h"
#include "util/timeutil.h"

static void check_stages(const char *name, const struct sigv4_request *r,
    const struct sigv4_opts *o, const struct creds *c, const char *canonical,
    const char *to_sign, const char *signature)
{
	CLEANUP(strbuf_release) struct strbuf can = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf sts = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf auth = STRBUF_INIT;
	CLEANUP(err_release) struct err err = { 0 };
	char sig[65];

	print_message("case %s\n", name);
	assert_int_equal(sigv4_canonical_request(r, o, &can, &names, &err), 0);
	assert_string_equal(can.buf, canonical);
	sigv4_string_to_sign(can.buf, o, &sts);
	assert_string_equal(sts.buf, to_sign);
	sigv4_signature(c, sts.buf, o, sig);
	assert_string_equal(sig, signature);
	assert_int_equal(sigv4_authorization(r, o, c, &auth, &err), 0);
	assert_true(str_starts(auth.buf,
	    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
	assert_non_null(strstr(auth.buf, names.buf));
	assert_true(str_ends(auth.buf, signature));
}

static void read_json(const char *path, cJSON **ret)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(err_release) struct err err = { 0 };

	if (file_read(path, 0, &text, &err) < 0)
		fail_msg("%s", err_text(&err));
	if (json_parse(strbuf_sv(&text), path, ret, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static void t_own(void **state)
{
	CLEANUP(json_free_p) cJSON *doc = NULL;
	struct creds c = { 0 };
	double when;

	(void)state;
	read_json("tests/vectors/sigv4/cases.json", &doc);
	creds_copy(&c, &(struct creds){
	    .access_key_id = cJSON_GetStringValue(json_get(doc,
		"accessKeyId")),
	    .secret_access_key = cJSON_GetStringValue(json_get(doc,
		"secretAccessKey")) });
	assert_true(json_num(doc, "time", &when));
	assert_true(cJSON_GetArraySize(json_get(doc, "cases")) > 10);
	JSON_EACH(k, json_get(doc, "cases")) {
		bool s3 = json_is_true(json_get(k, "s3"));
		CLEANUP(strvec_release) struct strvec headers = { 0 };
		struct sigv4_opts o = {
			.region = json_str(k, "region"),
			.service = json_str(k, "service"),
			.utc = (int64_t)when,
			.double_encode = !s3,
			.normalize = !s3,
		};
		struct sigv4_request r = {
			.method = json_str(k, "method"),
			.path = json_str(k, "path"),
			.query = json_str(k, "query"),
			.headers = &headers,
			.payload_sha256 = json_str(k, "payloadSha256"),
		};

		JSON_EACH(h, json_get(k, "headers"))
			strvec_add(&headers, cJSON_GetStringValue(h));
		check_stages(json_str(k, "name"), &r, &o, &c,
		    json_str(k, "canonical"), json_str(k, "stringToSign"),
		    json_str(k, "signature"));
	}
	creds_release(&c);
}

/* ---- the published suite ------------------------------------------------- */

static char *slurp(const char *dir, const char *name)
{
	CLEANUP(free_p) char *path = path_join(dir, name);
	struct strbuf text = STRBUF_INIT;
	CLEANUP(err_release) struct err err = { 0 };

	if (file_read(path, 0, &text, &err) < 0)
		fail_msg("%s", err_text(&err));
	return strbuf_detach(&text);
}

struct suite_request {
	char *method, *path, *query;
	struct strvec headers;
	struct sv body;
};

/* Request line as "GET /raw path?query HTTP/1.1"; folded header lines. */
static void parse_request(char *text, struct suite_request *r)
{
	char *end = strchr(text, '\n'), *sp = strchr(text, ' ');
	char *tail = NULL, *q;

	r->body = SV("");
	if (end)
		*end++ = '\0';
	r->method = xstrndup(text, (size_t)(sp - text));
	tail = strrchr(sp + 1, ' ');
	assert_non_null(tail);
	*tail = '\0';
	q = strchr(sp + 1, '?');
	if (q)
		*q++ = '\0';
	r->path = xstrdup(sp + 1);
	r->query = xstrdup(q ? q : "");
	while (end && *end && *end != '\n') {
		char *next = strchr(end, '\n');

		if (next)
			*next++ = '\0';
		if (*end == ' ' || *end == '\t') {
			char **last = &r->headers.v[r->headers.n - 1];
			char *joined = xasprintf("%s\n%s", *last, end);

			free(*last);
			*last = joined;
		} else {
			strvec_add(&r->headers, end);
		}
		end = next;
	}
	if (end && *end == '\n')
		r->body = sv_from(end + 1);
}

static void suite_case(const char *dir, const char *name)
{
	CLEANUP(free_p) char *at = path_join(dir, name);
	CLEANUP(free_p) char *ctx_file = path_join(at, "context.json");
	CLEANUP(free_p) char *text = slurp(at, "request.txt");
	CLEANUP(free_p) char *can = slurp(at, "header-canonical-request.txt");
	CLEANUP(free_p) char *sts = slurp(at, "header-string-to-sign.txt");
	CLEANUP(free_p) char *sig = slurp(at, "header-signature.txt");
	CLEANUP(json_free_p) cJSON *ctx = NULL;
	struct suite_request q = { 0 };
	char hash[SHA256_HEX], stamp[17];
	const char *token;
	int64_t ms = 0;
	bool normal, body;

	read_json(ctx_file, &ctx);
	parse_request(text, &q);
	normal = json_bool(ctx, "normalize", true);
	body = json_bool(ctx, "sign_body", false);
	assert_true(time_parse_iso(json_str(ctx, "timestamp"), &ms));
	time_amz(ms / 1000, stamp);
	strvec_addf(&q.headers, "X-Amz-Date:%s", stamp);
	sha256_hex(q.body, hash);
	if (body)
		strvec_addf(&q.headers, "x-amz-content-sha256:%s", hash);
	token = json_str(ctx, "credentials.token");
	if (token)
		strvec_addf(&q.headers, "X-Amz-Security-Token:%s", token);

	struct sigv4_request r = { q.method, q.path, q.query, &q.headers,
		hash };
	struct sigv4_opts o = {
		.region = json_str(ctx, "region"),
		.service = json_str(ctx, "service"),
		.utc = ms / 1000,
		.double_encode = true,
		.normalize = normal,
		.omit_token_from_signature =
		    json_bool(ctx, "omit_session_token", false),
	};
	struct creds c = { 0 };

	creds_copy(&c, &(struct creds){
	    .access_key_id = cJSON_GetStringValue(json_at(ctx,
		"credentials.access_key_id")),
	    .secret_access_key = cJSON_GetStringValue(json_at(ctx,
		"credentials.secret_access_key")) });
	check_stages(name, &r, &o, &c, can, sts, sig);
	creds_release(&c);
	strvec_release(&q.headers);
	free(q.method);
	free(q.path);
	free(q.query);
}

static void t_published(void **state)
{
	const char *dir = getenv("CCDK_SIGV4_VECTORS");
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	(void)state;
	if (!dir || !*dir)
		dir = "../shared/vectors/sigv4";
	d = opendir(dir);
	if (!d) {
		print_message("no published suite here\n");
		skip();
	}
	while ((e = readdir(d))) {
		CLEANUP(free_p) char *at = path_join(dir, e->d_name);

		if (e->d_name[0] == '.' || !file_is_dir(at))
			continue;
		suite_case(dir, e->d_name);
		n++;
	}
	closedir(d);
	assert_true(n > 0);
}

static void t_bad_header(void **state)
{
	CLEANUP(strvec_release) struct strvec headers = { 0 };
	CLEANUP(strbuf_release) struct strbuf can = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;
	CLEANUP(err_release) struct err err = { 0 };
	struct sigv4_request r = { "GET", "/", NULL, &headers, "x" };
	struct sigv4_opts o = { .region = "r", .service = "s" };

	(void)state;
	strvec_add(&headers, "no colon");
	assert_int_equal(sigv4_canonical_request(&r, &o, &can, &names, &err),
	    E_INVALID);
	assert_int_equal(can.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_own),
		cmocka_unit_test(t_published),
		cmocka_unit_test(t_bad_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
