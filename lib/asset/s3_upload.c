#include "asset/s3_upload.h"

#include "util/crc32.h"
#include "util/digest.h"
#include "util/pool.h"
#include "util/timeutil.h"
#include "util/trace.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#define SINGLE_MAX ((off_t)5 << 20)
#define PARTS_AT_ONCE 4
#define PARTS_MAX 10000

struct upload {
	const struct s3_object *o;
	off_t size, part_size;
	char *id;
	bool resumed; /* begun by an earlier run */
	struct part *parts;
	size_t n;
	atomic_bool failed;
	atomic_bool sign; /* the bytes too: a policy asks for it */
	atomic_size_t kept; /* parts that were there */
	struct stat was; /* the file when it began */
	struct meter *meter;
};

struct part {
	struct upload *up;
	size_t number; /* from 1 */
	char *etag, *crc32; /* as S3 has them; before: of an earlier run */
	struct err err;
	int rc;
};

static cJSON *object_input(const struct s3_object *o)
{
	cJSON *in = cJSON_CreateObject();

	json_put_str(in, "Bucket", o->bucket);
	json_put_str(in, "Key", o->key);
	return in;
}

static void put_encryption(cJSON *in, const struct s3_object *o)
{
	if (o->algorithm)
		json_put_str(in, "ServerSideEncryption", o->algorithm);
	if (o->algorithm && o->key_id)
		json_put_str(in, "SSEKMSKeyId", o->key_id);
}

static struct aws_body bytes_of(const struct s3_object *o, off_t off,
    off_t len)
{
	struct aws_body b = { .from_fd = o->from_fd };

	if (o->from_fd) {
		b.fd = o->fd;
		b.off = off;
		b.len = len;
	} else {
		b.data = (struct sv){ o->data.p + off, (size_t)len };
		if (!b.data.p)
			b.data.p = "";
	}
	return b;
}

static int read_changed(const struct s3_object *o, struct err *err)
{
	return err_set(err, E_IO, "the file for 's3://%s/%s' was changed while "
	    "it was read; publish again once it is complete", o->bucket,
	    o->key);
}

/* One reading, so that what is signed is what is sent. */
static int read_all(const struct s3_object *o, off_t size, char **ret,
    struct err *err)
{
	CLEANUP(free_p) char *buf = xmalloc((size_t)size + 1);
	off_t got = 0;
	ssize_t n;

	while ((n = pread(o->fd, buf + got, (size_t)(size + 1 - got),
	    got)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, E_IO, "cannot read: %m");
		if ((got += n) > size)
			break;
	}
	if (got != size)
		return read_changed(o, err);
	*ret = TAKE(buf);
	return 0;
}

static int put_single(const struct s3_object *o, off_t size, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = object_input(o);
	CLEANUP(strbuf_release) struct strbuf b64 = STRBUF_INIT;
	CLEANUP(free_p) char *buf = NULL;
	struct aws_body body = { .data = o->data };
	unsigned char md[SHA256_LEN];
	char hex[SHA256_HEX];
	int rc = o->from_fd ? read_all(o, size, &buf, err) : 0;

	if (rc < 0)
		return rc;
	if (buf)
		body.data = (struct sv){ buf, (size_t)size };
	else if (!body.data.p)
		body.data.p = "";
	sha256(body.data, md);
	hex_encode(md, sizeof(md), hex);
	b64_encode(&b64, md, sizeof(md));
	body.sha256_hex = hex;
	body.content_type = o->content_type;
	json_put_str(in, "ChecksumAlgorithm", "SHA256");
	json_put_str(in, "ChecksumSHA256", b64.buf);
	put_encryption(in, o);
	return aws_call_body(o->aws, OP_S3_PUT_OBJECT, in, &body, NULL, err);
}

/* ---- parts --------------------------------------------------------------- */

static int begin(struct upload *up, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = object_input(up->o), *out = NULL;
	int rc;

	json_put_str(in, "ContentType", up->o->content_type);
	json_put_str(in, "ChecksumAlgorithm", "CRC32");
	put_encryption(in, up->o);
	rc = aws_call(up->o->aws, OP_S3_CREATE_MULTIPART_UPLOAD, in, &out, err);
	if (rc < 0)
		return rc;
	up->id = xstrdup0(json_str(out, "UploadId"));
	if (!up->id)
		return err_set(err, E_INVALID, "S3 gave no id for the upload "
		    "of 's3://%s/%s'", up->o->bucket, up->o->key);
	return 0;
}

/* ---- going on with an earlier one ---------------------------------------- */

/* Parts with our checksums fit only into an upload that was begun for them;
 * servers other than S3 do not always tell. */
static bool takes_ours(const cJSON *upload)
{
	const char *sum = json_str(upload, "ChecksumAlgorithm");
	const char *type = json_str(upload, "ChecksumType");

	return (!sum || streq(sum, "CRC32")) &&
	    (!type || streq(type, "COMPOSITE"));
}

/* The newest upload of this key that was begun and not ended; yours or NULL.
 * Who may not ask begins anew. */
static char *earlier_upload(const struct s3_object *o)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	CLEANUP(err_release) struct err err = { 0 };
	const char *id = NULL, *newest = "";

	json_put_str(in, "Bucket", o->bucket);
	json_put_str(in, "Prefix", o->key);
	if (aws_call(o->aws, OP_S3_LIST_MULTIPART_UPLOADS, in, &out,
		&err) < 0) {
		TRACE(TRACE_ASSET, "ListMultipartUploads: %s", err_text(&err));
		return NULL;
	}
	JSON_EACH(u, json_get(out, "Upload")) {
		const char *begun = json_str(u, "Initiated");

		if (!streq0(json_str(u, "Key"), o->key) ||
		    !json_str(u, "UploadId") || !takes_ours(u) ||
		    strcmp(begun ? begun : "", newest) < 0)
			continue;
		newest = begun ? begun : "";
		id = json_str(u, "UploadId");
	}
	return xstrdup0(id);
}

/* Only what has our cut and a checksum can be compared. */
static void take_part(struct upload *up, const cJSON *j)
{
	const char *etag = json_str(j, "ETag");
	const char *sum = json_str(j, "ChecksumCRC32");
	double number, size;
	off_t off;

	if (!etag || !sum || !json_num(j, "PartNumber", &number) ||
	    !json_num(j, "Size", &size) || !(number >= 1) ||
	    number > (double)up->n)
		return;
	off = (off_t)(number - 1) * up->part_size;
	if ((off_t)size != MIN(up->part_size, up->size - off))
		return;
	free(up->parts[(size_t)number - 1].etag);
	free(up->parts[(size_t)number - 1].crc32);
	up->parts[(size_t)number - 1].etag = xstrdup(etag);
	up->parts[(size_t)number - 1].crc32 = xstrdup(sum);
}

static int list_parts(struct upload *up, struct err *err)
{
	CLEANUP(free_p) char *after = NULL;

	for (size_t pages = 0; pages <= up->n; pages++) {
		CLEANUP(json_free_p) cJSON *in = object_input(up->o);
		CLEANUP(json_free_p) cJSON *out = NULL;
		const char *last = NULL;
		int rc;

		json_put_str(in, "UploadId", up->id);
		if (after)
			json_put_str(in, "PartNumberMarker", after);
		rc = aws_call(up->o->aws, OP_S3_LIST_PARTS, in, &out, err);
		if (rc < 0)
			return rc;
		JSON_EACH(part, json_get(out, "Part")) {
			take_part(up, part);
			last = json_str(part, "PartNumber");
		}
		if (!last || !json_bool(out, "IsTruncated", false))
			break;
		free(after);
		after = xstrdup(last);
	}
	return 0;
}

static bool resume(struct upload *up)
{
	CLEANUP(err_release) struct err err = { 0 };

	up->id = earlier_upload(up->o);
	if (!up->id)
		return false;
	if (list_parts(up, &err) < 0) {
		TRACE(TRACE_ASSET, "ListParts: %s", err_text(&err));
		free(TAKE(up->id));
		return false;
	}
	up->resumed = true;
	return true;
}

/* ---- the parts ----------------------------------------------------------- */

/* Parts are checked and not signed: hashing takes longer than sending to a
 * server nearby. Policies that ask for signed bytes get them. */
static int call_part(struct upload *up, const cJSON *in,
    struct aws_body *body, cJSON **ret, struct err *err)
{
	CLEANUP(err_release) struct err why = { 0 };
	int rc;

	body->checked = !atomic_load(&up->sign);
	rc = aws_call_body(up->o->aws, OP_S3_UPLOAD_PART, in, body, ret, &why);
	if (rc < 0 && body->checked && err_is_aws(&why, "AccessDenied")) {
		atomic_store(&up->sign, true);
		body->checked = false;
		return aws_call_body(up->o->aws, OP_S3_UPLOAD_PART, in, body,
		    ret, err);
	}
	err_move(err, &why);
	return rc;
}

static int sum_part(const struct upload *up, const struct aws_body *body,
    struct strbuf *ret_b64, struct err *err)
{
	unsigned char bytes[4];
	uint32_t crc = 0;
	int rc = 0;

	if (body->from_fd)
		rc = crc32_fd(up->o->fd, body->off, body->len, &crc, err);
	else
		crc = crc32_data(body->data);
	crc32_bytes(crc, bytes);
	b64_encode(ret_b64, bytes, sizeof(bytes));
	return rc;
}

static int send_part(struct part *pt, struct err *err)
{
	struct upload *up = pt->up;
	CLEANUP(json_free_p) cJSON *in = object_input(up->o), *out = NULL;
	CLEANUP(strbuf_release) struct strbuf sum = STRBUF_INIT;
	off_t off = (off_t)(pt->number - 1) * up->part_size;
	struct aws_body body = bytes_of(up->o, off,
	    MIN(up->part_size, up->size - off));
	int rc = sum_part(up, &body, &sum, err);

	if (rc < 0)
		return rc;
	if (pt->etag && streq0(pt->crc32, sum.buf)) {
		atomic_fetch_add(&up->kept, 1);
		return 0;
	}
	free(TAKE(pt->etag));
	free(TAKE(pt->crc32));
	json_put_str(in, "UploadId", up->id);
	json_put_num(in, "PartNumber", (double)pt->number);
	json_put_str(in, "ChecksumAlgorithm", "CRC32");
	json_put_str(in, "ChecksumCRC32", sum.buf);
	if ((rc = call_part(up, in, &body, &out, err)) < 0)
		return rc;
	pt->etag = xstrdup0(json_str(out, "ETag"));
	pt->crc32 = xstrdup0(json_str(out, "ChecksumCRC32"));
	if (!pt->etag)
		return err_set(err, E_INVALID, "S3 gave no ETag for part %zu "
		    "of 's3://%s/%s'", pt->number, up->o->bucket, up->o->key);
	return 0;
}

/* Lost connections and 5xx are tried again inside the call. */
static void part_job(void *arg)
{
	struct part *pt = arg;

	if (atomic_load(&pt->up->failed) || cancel_requested())
		pt->rc = err_set(&pt->err, E_CANCELLED, "interrupted");
	else
		pt->rc = send_part(pt, &pt->err);
	if (pt->rc == 0)
		meter_add(pt->up->meter, (int64_t)pt->up->part_size);
	if (pt->rc < 0)
		atomic_store(&pt->up->failed, true);
}

static int send_parts(struct upload *up, struct err *err)
{
	struct pool *pool = pool_new(PARTS_AT_ONCE);
	struct part *first = NULL;

	for (size_t i = 0; i < up->n; i++) {
		up->parts[i].up = up;
		up->parts[i].number = i + 1;
		pool_submit(pool, part_job, &up->parts[i]);
	}
	pool_free(pool);
	/* the real reason rather than one of those that stopped for it */
	for (size_t i = 0; i < up->n; i++)
		if (up->parts[i].rc < 0 &&
		    (!first || first->rc == E_CANCELLED))
			first = &up->parts[i];
	if (!first)
		return 0;
	err_move(err, &first->err);
	return first->rc;
}

static cJSON *part_list(const struct upload *up)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < up->n; i++) {
		const struct part *pt = &up->parts[i];
		cJSON *item = cJSON_CreateObject();

		json_put_str(item, "ETag", pt->etag);
		if (pt->crc32)
			json_put_str(item, "ChecksumCRC32", pt->crc32);
		json_put_num(item, "PartNumber", (double)pt->number);
		json_push_take(list, item);
	}
	return list;
}

static int complete(struct upload *up, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = object_input(up->o);
	cJSON *body = cJSON_CreateObject();

	json_put_str(in, "UploadId", up->id);
	json_add_take(body, "Parts", part_list(up));
	json_add_take(in, "MultipartUpload", body);
	return aws_call(up->o->aws, OP_S3_COMPLETE_MULTIPART_UPLOAD, in, NULL,
	    err);
}

/* Is it worth going on with another time? */
static bool may_go_on(int rc, const struct err *e)
{
	return rc == E_NET || rc == E_CANCELLED || e->http_status / 100 == 5;
}

/* Parts that stay cost money until somebody finds them. */
static void give_up(struct upload *up)
{
	CLEANUP(json_free_p) cJSON *in = object_input(up->o);
	CLEANUP(err_release) struct err err = { 0 };

	json_put_str(in, "UploadId", up->id);
	if (aws_call(up->o->aws, OP_S3_ABORT_MULTIPART_UPLOAD, in, NULL,
		&err) < 0)
		TRACE(TRACE_ASSET, "AbortMultipartUpload: %s", err_text(&err));
}

static void upload_release(struct upload *up)
{
	for (size_t i = 0; i < up->n; i++) {
		free(up->parts[i].etag);
		free(up->parts[i].crc32);
		err_release(&up->parts[i].err);
	}
	free(up->parts);
	free(up->id);
}

off_t s3_part_size(off_t size)
{
	/* S3 takes no more parts: they grow with very large files */
	return size > SINGLE_MAX * PARTS_MAX ?
	    (size + PARTS_MAX - 1) / PARTS_MAX : SINGLE_MAX;
}

static void upload_begin(struct upload *up)
{
	const struct s3_object *o = up->o;

	upload_release(up);
	*up = (struct upload){ .o = o, .size = up->size,
		.part_size = s3_part_size(up->size) };
	up->n = (size_t)((up->size + up->part_size - 1) / up->part_size);
	up->parts = xcalloc(up->n, sizeof(*up->parts));
	if (o->from_fd && fstat(o->fd, &up->was) < 0)
		up->was = (struct stat){ 0 };
}

/* Each part is sound by itself; together they must be of one moment. */
static int check_unchanged(const struct upload *up, struct err *err)
{
	struct stat now;

	if (!up->o->from_fd || (fstat(up->o->fd, &now) == 0 &&
		now.st_size == up->was.st_size &&
		now.st_mtim.tv_sec == up->was.st_mtim.tv_sec &&
		now.st_mtim.tv_nsec == up->was.st_mtim.tv_nsec))
		return 0;
	return read_changed(up->o, err);
}

static int run(struct upload *up, struct err *err)
{
	int rc = up->id ? 0 : begin(up, err);

	if (rc < 0)
		return rc;
	up->meter = meter_begin(&up->o->of, up->size);
	rc = send_parts(up, err);
	meter_end(up->meter);
	up->meter = NULL;
	if (rc == 0)
		rc = check_unchanged(up, err);
	if (rc == 0)
		rc = complete(up, err);
	return rc;
}

/* An upload of somebody else that ends meanwhile, or that was begun for other
 * checksums, is no failure of ours. */
static bool was_not_ours(const struct upload *up, const struct err *e)
{
	return up->resumed && (err_is_aws(e, "NoSuchUpload") ||
	    err_is_aws(e, "InvalidRequest"));
}

static int put_parts(const struct s3_object *o, off_t size, struct err *err)
{
	CLEANUP(upload_release) struct upload up = { .o = o, .size = size };
	CLEANUP(err_release) struct err why = { 0 };
	int rc;

	upload_begin(&up);
	(void)resume(&up);
	rc = run(&up, &why);
	if (rc < 0 && was_not_ours(&up, &why)) {
		upload_begin(&up);
		rc = run(&up, &why);
	}
	TRACE(TRACE_ASSET, "s3://%s/%s: %zu of %zu parts were there",
	    o->bucket, o->key, atomic_load(&up.kept), up.n);
	if (rc == 0)
		return 0;
	if (up.id && !may_go_on(rc, &why))
		give_up(&up);
	err_move(err, &why);
	return rc;
}

int s3_upload(const struct s3_object *o, struct err *err)
{
	off_t size = o->from_fd ? o->size : (off_t)o->data.n;

	TRACE(TRACE_ASSET, "s3://%s/%s: %lld bytes, %s", o->bucket, o->key,
	    (long long)size, o->content_type);
	return size <= SINGLE_MAX ? put_single(o, size, err) :
				    put_parts(o, size, err);
}
