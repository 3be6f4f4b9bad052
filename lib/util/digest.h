/*
 * Digests and encodings on OpenSSL's EVP. Hex is lower case.
 */
#ifndef CCDK_UTIL_DIGEST_H
#define CCDK_UTIL_DIGEST_H

#include "util/err.h"
#include "util/strbuf.h"

#define SHA256_LEN 32
#define SHA256_HEX (2 * SHA256_LEN + 1)

void sha256(struct sv data, unsigned char ret[SHA256_LEN]);
void sha256_hex(struct sv data, char ret[SHA256_HEX]);
void sha1_hex(struct sv data, char ret[41]);
void hmac_sha256(struct sv key, struct sv data, unsigned char ret[SHA256_LEN]);
/* Of len bytes of an open file from offset off; len < 0: to its end. */
MUST_USE int sha256_fd(int fd, off_t off, off_t len,
    unsigned char ret[SHA256_LEN], struct err *err);
/* Of len bytes from off, 16 bytes: what S3 calls ETag of a plain upload. */
MUST_USE int md5_fd(int fd, off_t off, off_t len, unsigned char ret[16],
    struct err *err);
MUST_USE int md5_data(struct sv data, unsigned char ret[16], struct err *err);
void hex_encode(const void *p, size_t n, char *ret /* 2n + 1 */);

/* Incremental, for data that never is in memory as a whole. */
struct sha256_ctx;
struct sha256_ctx *sha256_begin(void);
void sha256_update(struct sha256_ctx *c, const void *p, size_t n);
/* Ends and frees c. */
void sha256_end(struct sha256_ctx *c, unsigned char ret[SHA256_LEN]);

void b64_encode(struct strbuf *out, const void *p, size_t n);
/* With '-' and '_', and nothing at the end (RFC 4648 5, RFC 7515). */
void b64url_encode(struct strbuf *out, const void *p, size_t n);
MUST_USE int b64_decode(struct strbuf *out, struct sv text);

/* From the system; CCDK_SEED (any text, for tests) makes them repeatable. */
void rand_bytes(void *p, size_t n);
/* "6f1c3c1e-....": version 4 */
void uuid4(char ret[37]);

#endif
