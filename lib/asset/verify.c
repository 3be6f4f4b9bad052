#include "asset/verify.h"

#include <sys/stat.h>

#include "asset/internal.h"
#include "asset/s3_upload.h"
#include "util/crc32.h"
#include "util/digest.h"

void verified_release(struct verified *v)
{
	free(v->where);
	free(v->detail);
	*v = (struct verified){ 0 };
}

const char *verify_word(enum verify_state state)
{
	static const char *const words[] = { [VERIFY_OK] = "ok",
		[VERIFY_MISSING] = "missing", [VERIFY_DIFFERS] = "differs",
		[VERIFY_FAILED] = "failed" };

	return words[state];
}

/* "...-17": digest of the digests of 17 parts; 0: of the whole. */
static size_t parts_of(const char *digest)
{
	const char *dash = strrchr(digest, '-');
	int64_t n;

	return dash && str_to_int64(dash + 1, &n) && n > 0 && n <= 10000 ?
	    (size_t)n : 0;
}

typedef int digest_range(int fd, off_t off, off_t len, unsigned char *ret,
    struct err *err);

/* S3's digest over parts as we would have sent them; *ret_n is how many. */
static int over_parts(digest_range *each, size_t each_len, int fd,
    off_t size, struct strbuf *ret, size_t *ret_n, struct err *err)
{
	off_t part = s3_part_size(size);

	*ret_n = 0;
	for (off_t off = 0; off < size; off += part, ++*ret_n) {
		unsigned char md[SHA256_LEN];
		int rc = each(fd, off, MIN(part, size - off), md, err);

		if (rc < 0)
			return rc;
		strbuf_add(ret, md, each_len);
	}
	return 0;
}

/* 1 the same, 0 another, E_NOTFOUND: cannot be told from this. */
static int same_sha256(int fd, off_t size, const char *theirs,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf all = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf b64 = STRBUF_INIT;
	unsigned char md[SHA256_LEN];
	size_t n = parts_of(theirs), ours = 0;
	int rc;

	if (!n) {
		rc = sha256_fd(fd, 0, size, md, err);
	} else {
		rc = over_parts(sha256_fd, SHA256_LEN, fd, size, &all, &ours,
		    err);
		if (rc == 0 && ours != n)
			return E_NOTFOUND;
		sha256(strbuf_sv(&all), md);
	}
	if (rc < 0)
		return rc;
	b64_encode(&b64, md, sizeof(md));
	if (n)
		strbuf_addf(&b64, "-%zu", n);
	return streq(b64.buf, theirs);
}

static int crc32_range(int fd, off_t off, off_t len, unsigned char *ret,
    struct err *err)
{
	uint32_t crc = 0;
	int rc = crc32_fd(fd, off, len, &crc, err);

	crc32_bytes(crc, ret);
	return rc;
}

/* As same_sha256; only of uploads in parts, which is how we send them. */
static int same_crc32(int fd, off_t size, const char *theirs,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf all = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf b64 = STRBUF_INIT;
	unsigned char bytes[4];
	size_t n = parts_of(theirs), ours = 0;
	int rc;

	if (!n)
		return E_NOTFOUND;
	rc = over_parts(crc32_range, sizeof(bytes), fd, size, &all, &ours,
	    err);
	if (rc < 0)
		return rc;
	if (ours != n)
		return E_NOTFOUND;
	crc32_bytes(crc32_data(strbuf_sv(&all)), bytes);
	b64_encode(&b64, bytes, sizeof(bytes));
	strbuf_addf(&b64, "-%zu", n);
	return streq(b64.buf, theirs);
}

/* An MD5, or one of the MD5s of the parts: another one says nothing unless it
 * is known that the parts were cut as here. */
static int same_etag(int fd, off_t size, const char *theirs, bool cut_known,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf all = STRBUF_INIT;
	CLEANUP(free_p) char *text = sv_dup(sv_trim(sv_from(theirs)));
	unsigned char md[16];
	char hex[2 * sizeof(md) + 1];
	size_t len = strlen(text), n, ours = 0;
	int rc;

	if (len < 34 || text[0] != '"' || text[len - 1] != '"')
		return E_NOTFOUND;
	text[len - 1] = '\0';
	n = parts_of(text);
	if (n)
		rc = over_parts(md5_fd, sizeof(md), fd, size, &all, &ours,
		    err);
	else
		rc = len == 34 ? md5_fd(fd, 0, size, md, err) : E_NOTFOUND;
	if (rc < 0)
		return rc;
	if (ours != n)
		return E_NOTFOUND;
	if (n && (rc = md5_data(strbuf_sv(&all), md, err)) < 0)
		return rc;
	hex_encode(md, sizeof(md), hex);
	if (strncmp(text + 1, hex, 32) == 0)
		return 1;
	return n && !cut_known ? E_NOTFOUND : 0;
}

/* What the sums in a reply to HeadObject say; *ret_how names the one that said
 * it. A CRC of 32 bits that is right is not enough where there is an MD5; under
 * other keys than S3's own there is none. */
static int same_sums(int fd, off_t size, const cJSON *head,
    const char **ret_how, struct err *err)
{
	const char *sha = json_str(head, "ChecksumSHA256");
	const char *crc = json_str(head, "ChecksumCRC32");
	const char *etag = json_str(head, "ETag");
	const char *sse = json_str(head, "ServerSideEncryption");
	int rc = E_NOTFOUND, more;

	if (sha && (rc = same_sha256(fd, size, sha, err)) != E_NOTFOUND) {
		*ret_how = "sha256";
		return rc;
	}
	if (crc && (rc = same_crc32(fd, size, crc, err)) >= 0)
		*ret_how = "crc32";
	if (rc == 0 || (rc < 0 && rc != E_NOTFOUND) || !etag ||
	    (sse && !streq(sse, "AES256")))
		return rc;
	more = same_etag(fd, size, etag, rc == 1, err);
	if (more == E_NOTFOUND)
		return rc;
	*ret_how = "etag";
	return more;
}

static void differs(struct verified *v, bool zipped, const char *fmt, ...)
    PRINTF(3, 4);
static void differs(struct verified *v, bool zipped, const char *fmt, ...)
{
	CLEANUP(free_p) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	v->state = VERIFY_DIFFERS;
	v->detail = xasprintf("%s%s", text, zipped ? " (other files in it)" : "");
}

int verify_object(int fd, const cJSON *head, bool zipped,
    struct verified *ret, struct err *err)
{
	struct stat st;
	double size;
	int rc;

	if (fstat(fd, &st) < 0)
		return err_set(err, E_IO, "cannot read its file: %m");
	ret->how = "size";
	if (json_num(head, "ContentLength", &size) &&
	    (off_t)size != st.st_size) {
		differs(ret, zipped, "%.0f bytes there, %lld here", size,
		    (long long)st.st_size);
		return 0;
	}
	rc = same_sums(fd, st.st_size, head, &ret->how, err);
	if (rc < 0 && rc != E_NOTFOUND)
		return rc;
	if (rc == 0)
		differs(ret, zipped, "same size, other content by its %s",
		    ret->how);
	return 0;
}

void publish_verify(struct publisher *p, const struct asset_entry *e,
    struct verified *ret)
{
	CLEANUP(err_release) struct err err = { 0 };
	int rc;

	*ret = (struct verified){ .how = "existence" };
	rc = e->kind == ASSET_FILE ? file_asset_verify(p, e, ret, &err) :
				     image_asset_verify(p, e, ret, &err);
	if (rc == 0)
		return;
	ret->state = VERIFY_FAILED;
	free(ret->detail);
	ret->detail = xstrdup(err_text(&err));
}
