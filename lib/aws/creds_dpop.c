/*
 * RFC 9449: a JWT that proves the possession of a P-256 key, made for one
 * request.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "aws/internal.h"
#include "util/digest.h"
#include "util/timeutil.h"

#define COORD 32 /* bytes of a P-256 coordinate */
#define KEY_MAX ((size_t)16 << 10)

DEFINE_CLEANUP(EVP_PKEY, EVP_PKEY_free)
DEFINE_CLEANUP(EVP_MD_CTX, EVP_MD_CTX_free)
DEFINE_CLEANUP(ECDSA_SIG, ECDSA_SIG_free)

static void add_json(struct strbuf *out, const cJSON *j)
{
	CLEANUP(free_p) char *text = json_text(j, 0);

	b64url_encode(out, text, strlen(text));
}

/* A key with a passphrase is none we can use; never ask for one. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static EVP_PKEY *read_key(const char *pem)
{
	EVP_PKEY *key = NULL;
	char group[32] = "";
	BIO *bio;

	if (!pem || strlen(pem) > KEY_MAX)
		return NULL;
	bio = BIO_new_mem_buf(pem, -1);
	if (bio)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	if (key && (!EVP_PKEY_get_group_name(key, group, sizeof(group), NULL)
	    || !streq(group, "prime256v1"))) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

static bool add_coord(cJSON *jwk, const char *name, EVP_PKEY *key,
    const char *param)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	unsigned char raw[COORD];
	BIGNUM *v = NULL;
	bool good;

	good = EVP_PKEY_get_bn_param(key, param, &v) &&
	    BN_bn2binpad(v, raw, COORD) == COORD;
	BN_free(v);
	if (!good)
		return false;
	b64url_encode(&text, raw, sizeof(raw));
	json_put_str(jwk, name, text.buf);
	return true;
}

static bool add_header(struct strbuf *out, EVP_PKEY *key)
{
	CLEANUP(json_free_p) cJSON *header = cJSON_CreateObject();
	cJSON *jwk = cJSON_CreateObject();

	json_put_str(header, "alg", "ES256");
	json_put_str(header, "typ", "dpop+jwt");
	json_put_str(jwk, "kty", "EC");
	json_put_str(jwk, "crv", "P-256");
	json_add_take(header, "jwk", jwk);
	if (!add_coord(jwk, "x", key, OSSL_PKEY_PARAM_EC_PUB_X) ||
	    !add_coord(jwk, "y", key, OSSL_PKEY_PARAM_EC_PUB_Y))
		return false;
	add_json(out, header);
	return true;
}

static void add_payload(struct strbuf *out, const char *method,
    const char *url)
{
	CLEANUP(json_free_p) cJSON *payload = cJSON_CreateObject();
	char id[37];

	uuid4(id);
	json_put_str(payload, "jti", id);
	json_put_str(payload, "htm", method);
	json_put_str(payload, "htu", url);
	json_put_num(payload, "iat", (double)now_utc());
	add_json(out, payload);
}

/* The signature as r and s side by side instead of in DER */
static bool add_signature(struct strbuf *out, EVP_PKEY *key)
{
	CLEANUP(EVP_MD_CTX_free_p) EVP_MD_CTX *md = EVP_MD_CTX_new();
	CLEANUP(ECDSA_SIG_free_p) ECDSA_SIG *sig = NULL;
	unsigned char der[128], raw[2 * COORD];
	const unsigned char *at = der;
	size_t n = sizeof(der);

	if (!md || EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key) <= 0
	    || EVP_DigestSign(md, der, &n, (const unsigned char *)out->buf,
	    out->len) <= 0)
		return false;
	sig = d2i_ECDSA_SIG(NULL, &at, (long)n);
	if (!sig || BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, COORD) < 0 ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + COORD, COORD) < 0)
		return false;
	strbuf_addc(out, '.');
	b64url_encode(out, raw, sizeof(raw));
	return true;
}

int creds_dpop(const char *key, const char *method, const char *url,
    char **ret, struct err *err)
{
	CLEANUP(EVP_PKEY_free_p) EVP_PKEY *pkey = read_key(key);
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	if (pkey && add_header(&out, pkey)) {
		strbuf_addc(&out, '.');
		add_payload(&out, method, url);
		if (add_signature(&out, pkey)) {
			*ret = strbuf_detach(&out);
			return 0;
		}
	}
	return err_set(err, E_AUTH, "Failed to generate Dpop proof: the key "
	    "of the login token cannot be used. Please re-authenticate using "
	    "aws login");
}
