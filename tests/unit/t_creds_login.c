/*
 * Sessions of "aws login": the cached token, its renewal with a proof of
 * possession (checked as the service would), and refusals.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "credsenv.h"

#define SESSION "arn:aws:sts::111111111111:assumed-role/r/me"

static int status = 200;
static const char *body;

static void answer(struct stub *s, const char *text, struct strbuf *out)
{
	(void)s;
	(void)text;
	stub_reply(out, status, "", body);
}

#define RENEWED								\
	"{\"accessToken\":{\"accessKeyId\":\"ASIANEW\","		\
	"\"secretAccessKey\":\"secretEXAMPLE\",\"sessionToken\":"	\
	"\"newEXAMPLE\"},\"refreshToken\":\"r2EXAMPLE\","		\
	"\"expiresIn\":900,\"tokenType\":\"urn:aws:params:oauth:token-type" \
	":access_token_sigv4\"}"

static EVP_PKEY *key;

/* As a JSON string's inside; yours */
static char *key_pem(void)
{
	BIO *bio = BIO_new(BIO_s_mem());
	CLEANUP(free_p) char *text = NULL;
	char *data;
	long n;

	assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, key, NULL,
	    NULL, 0, NULL, NULL), 1);
	n = BIO_get_mem_data(bio, &data);
	text = xstrndup(data, (size_t)n);
	BIO_free(bio);
	assert_non_null(strstr(text, "BEGIN EC PRIVATE KEY"));
	return str_replace(text, "\n", "\\n");
}

static char *token_name(void)
{
	char hex[SHA256_HEX];

	sha256_hex(sv_from(SESSION), hex);
	return xasprintf("login/%s.json", hex);
}

static char *token(int64_t life)
{
	CLEANUP(free_p) char *until = when(life);
	CLEANUP(free_p) char *pem = key_pem();
	CLEANUP(free_p) char *name = token_name();
	CLEANUP(free_p) char *text = xasprintf("{\"accessToken\":{"
	    "\"accessKeyId\":\"ASIAOLD\",\"secretAccessKey\":"
	    "\"secretEXAMPLE\",\"sessionToken\":\"oldEXAMPLE\","
	    "\"accountId\":\"111111111111\",\"expiresAt\":\"%s\"},"
	    "\"clientId\":\"arn:aws:signin:::devtools/same-device\","
	    "\"refreshToken\":\"rEXAMPLE\",\"dpopKey\":\"%s\"}", until, pem);

	return put_file(name, text);
}

static void start(void)
{
	CLEANUP(free_p) char *dir = path_join(home, "login");

	credsenv_reset();
	status = 200;
	body = RENEWED;
	setenv("AWS_LOGIN_CACHE_DIRECTORY", dir, 1);
	if (dir_remove(dir, NULL) < 0)
		abort();
	config_file("[profile p]\nlogin_session = " SESSION "\n"
	    "region = eu-west-1\n");
}

static void t_cached(void **state)
{
	CLEANUP(free_p) char *file = NULL;

	(void)state;
	start();
	file = token(3600);
	check_key("p", "ASIAOLD");
	assert_string_equal(got.session_token, "oldEXAMPLE");
	assert_in_range(got.expires, now_utc() + 3590, now_utc() + 3610);
	assert_string_equal(got.source, "login of profile 'p'");
	assert_int_equal(stub_count(&server), 0);
}

/* ---- the proof ----------------------------------------------------------- */

static void unurl(struct sv part, struct strbuf *out)
{
	CLEANUP(free_p) char *text = sv_dup(part);

	for (char *p = text; *p; p++)
		*p = *p == '-' ? '+' : *p == '_' ? '/' : *p;
	assert_null(strchr(text, '='));
	assert_int_equal(b64_decode(out, sv_from(text)), 0);
}

static cJSON *json_part(struct sv part)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	cJSON *doc = NULL;

	unurl(part, &text);
	assert_int_equal(json_parse(strbuf_sv(&text), "part", &doc, NULL), 0);
	return doc;
}

/* With the public key of the proof's own header. */
static EVP_PKEY *public_key(const cJSON *header)
{
	CLEANUP(strbuf_release) struct strbuf point = STRBUF_INIT;
	char group[] = "prime256v1";
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *found = NULL;
	OSSL_PARAM params[3];

	strbuf_addc(&point, 4);
	unurl(sv_from(json_str(header, "jwk.x")), &point);
	unurl(sv_from(json_str(header, "jwk.y")), &point);
	assert_int_equal(point.len, 65);
	params[0] = OSSL_PARAM_construct_utf8_string(
	    OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	params[1] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, point.buf, point.len);
	params[2] = OSSL_PARAM_construct_end();
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &found, EVP_PKEY_PUBLIC_KEY,
	    params), 1);
	EVP_PKEY_CTX_free(ctx);
	assert_int_equal(EVP_PKEY_eq(found, key), 1);
	return found;
}

static void check_signature(const cJSON *header, struct sv text,
    struct sv part)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	EVP_PKEY *pkey = public_key(header);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	ECDSA_SIG *sig = ECDSA_SIG_new();
	unsigned char *der = NULL;
	int n;

	unurl(part, &raw);
	assert_int_equal(raw.len, 64);
	ECDSA_SIG_set0(sig, BN_bin2bn((unsigned char *)raw.buf, 32, NULL),
	    BN_bin2bn((unsigned char *)raw.buf + 32, 32, NULL));
	n = i2d_ECDSA_SIG(sig, &der);
	assert_true(n > 0);
	assert_int_equal(EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL,
	    pkey), 1);
	assert_int_equal(EVP_DigestVerify(md, der, (size_t)n,
	    (const unsigned char *)text.p, text.n), 1);
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(pkey);
}

static void check_proof(const char *proof, const char *url)
{
	struct sv rest = sv_from(proof), header, payload;
	CLEANUP(json_free_p) cJSON *h = NULL;
	CLEANUP(json_free_p) cJSON *p = NULL;
	double iat = 0;

	assert_true(sv_next(&rest, '.', &header));
	assert_true(sv_next(&rest, '.', &payload));
	h = json_part(header);
	p = json_part(payload);
	assert_string_equal(json_str(h, "alg"), "ES256");
	assert_string_equal(json_str(h, "typ"), "dpop+jwt");
	assert_string_equal(json_str(h, "jwk.kty"), "EC");
	assert_string_equal(json_str(h, "jwk.crv"), "P-256");
	assert_string_equal(json_str(p, "htm"), "POST");
	assert_string_equal(json_str(p, "htu"), url);
	assert_int_equal(strlen(json_str(p, "jti")), 36);
	assert_true(json_num(p, "iat", &iat));
	assert_in_range((int64_t)iat, now_utc() - 10, now_utc() + 10);
	check_signature(h, (struct sv){ header.p, header.n + 1 + payload.n },
	    rest);
}

static void t_proof(void **state)
{
	CLEANUP(free_p) char *escaped = key_pem();
	CLEANUP(free_p) char *pem = str_replace(escaped, "\\n", "\n");

	(void)state;
	/* short coordinates and numbers must be padded: try some */
	for (int i = 0; i < 64; i++) {
		CLEANUP(free_p) char *proof = NULL;

		assert_int_equal(creds_dpop(pem, "POST", "https://x/v1/token",
		    &proof, NULL), 0);
		check_proof(proof, "https://x/v1/token");
	}
}

static void t_bad_keys(void **state)
{
	EVP_PKEY *other = EVP_EC_gen("P-384");
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *proof = NULL;
	CLEANUP(free_p) char *pem = NULL;
	long n;

	(void)state;
	PEM_write_bio_PrivateKey(bio, other, NULL, NULL, 0, NULL, NULL);
	n = BIO_get_mem_data(bio, &data);
	pem = xstrndup(data, (size_t)n);
	assert_int_equal(creds_dpop(pem, "POST", "u", &proof, NULL), E_AUTH);
	assert_int_equal(creds_dpop("", "POST", "u", &proof, NULL), E_AUTH);
	assert_int_equal(creds_dpop(NULL, "POST", "u", &proof, NULL), E_AUTH);
	assert_int_equal(creds_dpop("-----BEGIN EC PRIVATE KEY-----\nAAAA\n"
	    "-----END EC PRIVATE KEY-----\n", "POST", "u", &proof, NULL),
	    E_AUTH);
	assert_null(proof);
	BIO_free(bio);
	EVP_PKEY_free(other);
}

/* ---- renewal ------------------------------------------------------------- */

static void t_renewal(void **state)
{
	CLEANUP(free_p) char *file = NULL, *url = server_url("/v1/token");
	CLEANUP(free_p) char *proof = NULL;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *at;

	(void)state;
	start();
	file = token(200);
	check_key("p", "ASIANEW");
	assert_string_equal(got.session_token, "newEXAMPLE");
	assert_in_range(got.expires, now_utc() + 890, now_utc() + 910);
	assert_true(str_starts(request(0), "POST /v1/token HTTP/1.1"));
	assert_non_null(strstr(request(0), "\r\n\r\n{\"clientId\":"
	    "\"arn:aws:signin:::devtools/same-device\",\"grantType\":"
	    "\"refresh_token\",\"refreshToken\":\"rEXAMPLE\"}"));
	at = strstr(request(0), "DPoP: ");
	assert_non_null(at);
	proof = xstrndup(at + 6, strcspn(at + 6, "\r"));
	check_proof(proof, url);
	assert_int_equal(file_read(file, 0, &text, NULL), 0);
	assert_non_null(strstr(text.buf, "\"refreshToken\": \"r2EXAMPLE\""));
	assert_non_null(strstr(text.buf, "\"accountId\": \"111111111111\""));
	assert_non_null(strstr(text.buf, "\"dpopKey\": \"-----BEGIN EC"));
	/* the file serves the next run */
	check_key("p", "ASIANEW");
	assert_int_equal(stub_count(&server), 1);
}

static void t_refusals(void **state)
{
	static const struct {
		int status;
		const char *body, *text;
	} rows[] = {
		{ 403, "{\"error\":\"TOKEN_EXPIRED\"}",
		    "Your session has expired. Please reauthenticate." },
		{ 403, "{\"error\":\"USER_CREDENTIALS_CHANGED\"}",
		    "because of a change in your password." },
		{ 403, "{\"error\":\"INSUFFICIENT_PERMISSIONS\"}",
		    "'CreateOAuth2Token' action." },
		{ 403, "{\"error\":\"X\",\"message\":\"because\"}",
		    "Failed to refresh token: status 403: because. Please "
		    "re-authenticate using aws login" },
		{ 500, "", "Please re-authenticate using aws login" },
		{ 200, "{}", "Token refresh response missing required fields" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_p) char *file = NULL;

		start();
		file = token(-5);
		status = rows[i].status;
		body = rows[i].body;
		check_error("p", rows[i].text);
		assert_int_equal(stub_count(&server), 1);
	}
}

/* While it lasts, a service that cannot answer is no error. */
static void t_goes_on(void **state)
{
	CLEANUP(free_p) char *file = NULL;

	(void)state;
	start();
	file = token(200);
	status = 500;
	check_key("p", "ASIAOLD");
	assert_int_equal(notes.warnings.n, 1);
	assert_non_null(strstr(notes.warnings.v[0],
	    "Using existing token until expiry."));
}

static void t_bad_files(void **state)
{
	CLEANUP(free_p) char *name = token_name();

	(void)state;
	start();
	check_error("p", ".json: no such file. Please re-authenticate using "
	    "aws login");
	free(put_file(name, "EXAMPLE"));
	check_error("p", "it is no JSON object");
	free(put_file(name, "{\"clientId\":\"c\"}"));
	check_error("p", "Token validation failed, missing fields: "
	    "accessToken, refreshToken, dpopKey, accountId");
	free(put_file(name, "{\"clientId\":\"c\",\"refreshToken\":\"r\","
	    "\"dpopKey\":\"k\",\"accessToken\":{\"accountId\":\"1\"}}"));
	check_error("p", "the login token has no usable credentials");
	free(put_file(name, "{\"clientId\":\"c\",\"refreshToken\":\"r\","
	    "\"dpopKey\":\"keyEXAMPLE\",\"accessToken\":{\"accountId\":\"1\","
	    "\"accessKeyId\":\"A\",\"secretAccessKey\":\"s\","
	    "\"sessionToken\":\"t\",\"expiresAt\":\"2020-01-01T00:00:00Z\"}}"));
	check_error("p", "Failed to generate Dpop proof");
	assert_int_equal(stub_count(&server), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_cached),
		cmocka_unit_test(t_proof),
		cmocka_unit_test(t_bad_keys),
		cmocka_unit_test(t_renewal),
		cmocka_unit_test(t_refusals),
		cmocka_unit_test(t_goes_on),
		cmocka_unit_test(t_bad_files),
	};
	int rc;

	credsenv_start(answer);
	key = EVP_EC_gen("P-256");
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	EVP_PKEY_free(key);
	credsenv_stop();
	return rc;
}
