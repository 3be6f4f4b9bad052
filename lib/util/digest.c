#include "util/digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>
#include <sys/random.h>

/* Fetching an algorithm walks OpenSSL's providers: once is enough. */
static struct {
	pthread_once_t once;
	EVP_MD *sha256, *sha1, *md5; /* md5: NULL where it is forbidden */
	EVP_MAC_CTX *hmac; /* with its digest set; copied for each use */
} alg = { .once = PTHREAD_ONCE_INIT };

struct sha256_ctx {
	EVP_MD_CTX *md;
};

static void fetch(void)
{
	static char name[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name,
		    0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	alg.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	alg.sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	alg.md5 = EVP_MD_fetch(NULL, "MD5", NULL);
	alg.hmac = mac ? EVP_MAC_CTX_new(mac) : NULL;
	EVP_MAC_free(mac);
	/* an OpenSSL without these cannot sign anything: nothing to go on with */
	if (!alg.sha256 || !alg.sha1 || !alg.hmac ||
	    !EVP_MAC_CTX_set_params(alg.hmac, params))
		abort();
}

static void need(int ok)
{
	if (!ok)
		abort();
}

static void digest(EVP_MD *const *md, struct sv data, unsigned char *ret)
{
	pthread_once(&alg.once, fetch);
	need(EVP_Digest(data.p ? data.p : "", data.n, ret, NULL, *md, NULL));
}

void sha256(struct sv data, unsigned char ret[SHA256_LEN])
{
	digest(&alg.sha256, data, ret);
}

void sha256_hex(struct sv data, char ret[SHA256_HEX])
{
	unsigned char md[SHA256_LEN];

	sha256(data, md);
	hex_encode(md, sizeof(md), ret);
}

void sha1_hex(struct sv data, char ret[41])
{
	unsigned char md[20];

	digest(&alg.sha1, data, md);
	hex_encode(md, sizeof(md), ret);
}

void hmac_sha256(struct sv key, struct sv data, unsigned char ret[SHA256_LEN])
{
	EVP_MAC_CTX *c;
	size_t n = 0;

	pthread_once(&alg.once, fetch);
	c = EVP_MAC_CTX_dup(alg.hmac);
	need(c != NULL);
	/* a NULL key would mean "the one from before" */
	need(EVP_MAC_init(c, (const unsigned char *)(key.p ? key.p : ""),
	    key.n, NULL));
	need(EVP_MAC_update(c, (const unsigned char *)data.p, data.n));
	need(EVP_MAC_final(c, ret, &n, SHA256_LEN) && n == SHA256_LEN);
	EVP_MAC_CTX_free(c);
}

struct sha256_ctx *sha256_begin(void)
{
	struct sha256_ctx *c = xcalloc(1, sizeof(*c));

	pthread_once(&alg.once, fetch);
	c->md = EVP_MD_CTX_new();
	need(c->md && EVP_DigestInit_ex2(c->md, alg.sha256, NULL));
	return c;
}

void sha256_update(struct sha256_ctx *c, const void *p, size_t n)
{
	need(EVP_DigestUpdate(c->md, p, n));
}

void sha256_end(struct sha256_ctx *c, unsigned char ret[SHA256_LEN])
{
	need(EVP_DigestFinal_ex(c->md, ret, NULL));
	EVP_MD_CTX_free(c->md);
	free(c);
}

/* *md is looked at once the algorithms are there. */
static int digest_fd(EVP_MD *const *md, int fd, off_t off, off_t len,
    unsigned char *ret, struct err *err)
{
	size_t cap = (size_t)256 << 10;
	CLEANUP(free_p) char *buf = xmalloc(cap);
	unsigned char out[EVP_MAX_MD_SIZE];
	unsigned int out_n = 0;
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	ssize_t n = 1;

	need(c && EVP_DigestInit_ex2(c, *md, NULL));
	while (len && n > 0) {
		size_t want = len < 0 ? cap : (size_t)MIN(len, (off_t)cap);

		n = pread(fd, buf, want, off);
		if (n < 0 && errno == EINTR) {
			n = 1;
			continue;
		}
		if (n <= 0)
			break;
		need(EVP_DigestUpdate(c, buf, (size_t)n));
		off += n;
		len -= len < 0 ? 0 : n;
	}
	if (n < 0)
		(void)err_set(err, E_IO, "cannot read: %m");
	need(EVP_DigestFinal_ex(c, out, &out_n));
	EVP_MD_CTX_free(c);
	if (n < 0)
		return E_IO;
	if (len > 0)
		return err_set(err, E_IO,
		    "file became shorter while it was read");
	memcpy(ret, out, out_n);
	return 0;
}

int sha256_fd(int fd, off_t off, off_t len, unsigned char ret[SHA256_LEN],
    struct err *err)
{
	pthread_once(&alg.once, fetch);
	return digest_fd(&alg.sha256, fd, off, len, ret, err);
}

static int need_md5(struct err *err)
{
	pthread_once(&alg.once, fetch);
	return alg.md5 ? 0 :
	    err_set(err, E_NOTFOUND, "this OpenSSL has no MD5");
}

int md5_data(struct sv data, unsigned char ret[16], struct err *err)
{
	int rc = need_md5(err);

	if (rc == 0)
		digest(&alg.md5, data, ret);
	return rc;
}

int md5_fd(int fd, off_t off, off_t len, unsigned char ret[16],
    struct err *err)
{
	int rc = need_md5(err);

	if (rc < 0)
		return rc;
	return digest_fd(&alg.md5, fd, off, len, ret, err);
}

void hex_encode(const void *p, size_t n, char *ret)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *s = p;

	for (size_t i = 0; i < n; i++) {
		ret[2 * i] = digits[s[i] >> 4];
		ret[2 * i + 1] = digits[s[i] & 15];
	}
	ret[2 * n] = '\0';
}

static const char b64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void b64_encode(struct strbuf *out, const void *p, size_t n)
{
	const unsigned char *s = p;

	for (; n; s += MIN(n, (size_t)3), n -= MIN(n, (size_t)3)) {
		uint32_t v = (uint32_t)s[0] << 16;
		char four[4];

		v |= n > 1 ? (uint32_t)s[1] << 8 : 0;
		v |= n > 2 ? s[2] : 0;
		four[0] = b64_digits[v >> 18];
		four[1] = b64_digits[v >> 12 & 63];
		four[2] = n > 1 ? b64_digits[v >> 6 & 63] : '=';
		four[3] = n > 2 ? b64_digits[v & 63] : '=';
		strbuf_add(out, four, 4);
	}
}

void b64url_encode(struct strbuf *out, const void *p, size_t n)
{
	size_t start = out->len;

	b64_encode(out, p, n);
	for (size_t i = start; i < out->len; i++) {
		if (out->buf[i] == '+')
			out->buf[i] = '-';
		else if (out->buf[i] == '/')
			out->buf[i] = '_';
		else if (out->buf[i] == '=')
			strbuf_setlen(out, i);
	}
}

static int b64_value(char c)
{
	const char *at = c ? strchr(b64_digits, c) : NULL;

	return at ? (int)(at - b64_digits) : -1;
}

int b64_decode(struct strbuf *out, struct sv text)
{
	CLEANUP(strbuf_release) struct strbuf got = STRBUF_INIT;
	uint32_t bits = 0;
	size_t digits = 0, pad = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		int v = b64_value(c);

		if (c == '\n' || c == '\r')
			continue;
		if (c == '=') {
			pad++;
			continue;
		}
		if (v < 0 || pad)
			return E_INVALID;
		bits = bits << 6 | (uint32_t)v;
		if (++digits % 4 != 1)
			strbuf_addc(&got,
			    (char)(bits >> (6 - 2 * ((digits + 3) % 4))));
	}
	/* padding may be left out, but what is there must fit */
	if (digits % 4 == 1 || pad > 2 || (pad && (digits + pad) % 4))
		return E_INVALID;
	strbuf_add(out, got.buf, got.len);
	if (got.cap)
		explicit_bzero(got.buf, got.len);
	return 0;
}

/* CCDK_SEED (for tests) makes a run repeatable. */
static bool rand_seeded(unsigned char *p, size_t n)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static uint64_t count;
	const char *seed = getenv("CCDK_SEED");

	if (!seed || !*seed)
		return false;
	while (n) {
		CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
		unsigned char md[SHA256_LEN];
		size_t take = MIN(n, sizeof(md));

		pthread_mutex_lock(&lock);
		strbuf_addf(&b, "%s/%llu", seed, (unsigned long long)count++);
		pthread_mutex_unlock(&lock);
		sha256(strbuf_sv(&b), md);
		memcpy(p, md, take);
		p += take;
		n -= take;
	}
	return true;
}

void rand_bytes(void *p, size_t n)
{
	unsigned char *s = p;

	if (rand_seeded(s, n))
		return;
	while (n) {
		ssize_t got = getrandom(s, n, 0);

		need(got >= 0 || errno == EINTR);
		if (got > 0) {
			s += got;
			n -= (size_t)got;
		}
	}
}

void uuid4(char ret[37])
{
	unsigned char r[16];
	char hex[33];

	rand_bytes(r, sizeof(r));
	r[6] = (unsigned char)((r[6] & 0x0f) | 0x40);
	r[8] = (unsigned char)((r[8] & 0x3f) | 0x80);
	hex_encode(r, sizeof(r), hex);
	snprintf(ret, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
	    hex + 16, hex + 20);
}
