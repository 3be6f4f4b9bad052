#include <fcntl.h>
#include <sys/stat.h>

#include "asset/content_type.h"
#include "asset/internal.h"
#include "asset/s3_upload.h"
#include "util/file.h"
#include "util/zip.h"
#include "util/zip_list.h"

/* What a zip file without entries has: counts as not there. */
#define EMPTY_ZIP_SIZE 22

enum ownership {
	OWNER_UNKNOWN,
	OWNER_OK,
	OWNER_NO_BUCKET,
	OWNER_NO_ACCESS,
	OWNER_SOMEONE_ELSE
};

/* Where one file asset goes. */
struct place {
	struct target t;
	const char *bucket, *key; /* borrowed from t */
};

static void place_release(struct place *pl)
{
	target_release(&pl->t);
}

static int place_open(struct publisher *p, const struct asset_entry *e,
    struct place *ret, struct err *err)
{
	int rc = target_open(p, e, &ret->t, err);

	if (rc == 0)
		rc = target_str(&ret->t, e, "bucketName", &ret->bucket, err);
	if (rc == 0)
		rc = target_str(&ret->t, e, "objectKey", &ret->key, err);
	return rc;
}

/* ---- is it there? -------------------------------------------------------- */

static int object_exists(const struct place *pl, bool any_size, bool *ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	double size;
	int rc;

	json_put_str(in, "Bucket", pl->bucket);
	json_put_str(in, "Prefix", pl->key);
	json_put_num(in, "MaxKeys", 1);
	rc = aws_call(pl->t.aws, OP_S3_LIST_OBJECTS_V2, in, &out, err);
	if (rc < 0)
		return rc;
	*ret = false;
	JSON_EACH(o, json_get(out, "Contents"))
		if (streq0(json_str(o, "Key"), pl->key))
			*ret |= any_size || !json_num(o, "Size", &size) ||
			    size > EMPTY_ZIP_SIZE;
	return 0;
}

static int check(struct publisher *p, const struct place *pl, bool *ret,
    struct err *err)
{
	int rc = object_exists(pl, p->any_size, ret, err);

	if (rc == 0 && *ret)
		publisher_say(p, MSG_DEBUG, "found", "Found s3://%s/%s",
		    pl->bucket, pl->key);
	return rc;
}

int file_asset_exists(struct publisher *p, const struct asset_entry *e,
    bool *ret, struct err *err)
{
	CLEANUP(place_release) struct place pl = { 0 };
	int rc;

	if ((rc = place_open(p, e, &pl, err)) < 0)
		return rc;
	publisher_say(p, MSG_DEBUG, "check", "Check s3://%s/%s", pl.bucket,
	    pl.key);
	return check(p, &pl, ret, err);
}

/* ---- whose bucket is it? ------------------------------------------------- */

static int ask_location(const struct place *pl, const char *owner,
    enum ownership *ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	CLEANUP(err_release) struct err why = { 0 };
	int rc;

	json_put_str(in, "Bucket", pl->bucket);
	if (owner)
		json_put_str(in, "ExpectedBucketOwner", owner);
	rc = aws_call(pl->t.aws, OP_S3_GET_BUCKET_LOCATION, in, NULL, &why);
	if (rc == 0) {
		*ret = OWNER_OK;
	} else if (err_is_aws(&why, "NoSuchBucket")) {
		*ret = OWNER_NO_BUCKET;
	} else if (err_is_aws(&why, "AccessDenied") ||
	    err_is_aws(&why, "AllAccessDisabled")) {
		*ret = OWNER_NO_ACCESS;
	} else {
		err_move(err, &why);
		return rc;
	}
	return 0;
}

/* owner NULL: anybody's bucket will do */
static int find_owner(struct publisher *p, const struct place *pl,
    const char *owner, enum ownership *ret, struct err *err)
{
	CLEANUP(free_p) char *key = xasprintf("%s:%s", pl->bucket,
	    owner ? owner : "");
	enum ownership mine = OWNER_OK;
	int rc = 0;

	/* under the lock: others wait for the answer instead of asking too */
	pthread_mutex_lock(&p->lock);
	*ret = (enum ownership)(intptr_t)strmap_get(&p->owners, key);
	if (*ret == OWNER_UNKNOWN) {
		rc = ask_location(pl, NULL, ret, err);
		if (rc == 0 && owner && *ret == OWNER_OK)
			rc = ask_location(pl, owner, &mine, err);
		if (mine == OWNER_NO_ACCESS)
			*ret = OWNER_SOMEONE_ELSE;
		if (rc == 0)
			strmap_set(&p->owners, key, (void *)(intptr_t)*ret);
	}
	pthread_mutex_unlock(&p->lock);
	return rc;
}

static int someone_elses(const struct place *pl, struct err *err)
{
	return err_set(err, E_AUTH,
	    "\u2757\u2757 UNEXPECTED BUCKET OWNER DETECTED \u2757\u2757\n\n"
	    "The S3 bucket %s was originally created in account %s as\n"
	    "part of the CloudFormation stack CDKToolkit, but now resides in "
	    "a different AWS\naccount. Nothing is uploaded, so that no asset "
	    "of yours ends up there.\n\n"
	    "If that is intended and the other account is yours, remove the "
	    "resource\nStagingBucket from the template of the stack CDKToolkit "
	    "and try again.\n\n"
	    "If it is not, check your account for other resources that are "
	    "not as you left\nthem [1], and ask AWS Support [2] for help.\n\n"
	    "[1] https://repost.aws/knowledge-center/potential-account-"
	    "compromise\n[2] https://aws.amazon.com/support",
	    pl->bucket, pl->t.account);
}

static int check_owner(struct publisher *p, const struct place *pl,
    struct err *err)
{
	enum ownership o = OWNER_UNKNOWN;
	int rc = find_owner(p, pl, publisher_cross_account(p) ? NULL :
	    pl->t.account, &o, err);

	if (rc < 0)
		return rc;
	switch (o) {
	case OWNER_NO_BUCKET:
		return err_set(err, E_CONFIG, "No bucket named '%s'. Is "
		    "account %s bootstrapped?", pl->bucket, pl->t.account);
	case OWNER_NO_ACCESS:
		return err_set(err, E_AUTH, "Bucket named '%s' exists, but we "
		    "dont have access to it.", pl->bucket);
	case OWNER_SOMEONE_ELSE:
		return someone_elses(pl, err);
	default:
		return 0;
	}
}

/* ---- how is it encrypted? ------------------------------------------------ */

static struct encryption *ask_encryption(struct publisher *p,
    const struct place *pl)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	CLEANUP(err_release) struct err why = { 0 };
	struct encryption *enc = xcalloc(1, sizeof(*enc));
	const cJSON *by_default;
	const char *algorithm;

	json_put_str(in, "Bucket", pl->bucket);
	if (aws_call(pl->t.aws, OP_S3_GET_BUCKET_ENCRYPTION, in, &out,
		&why) < 0) {
		if (err_is_aws(&why, "NoSuchBucket"))
			publisher_say(p, MSG_DEBUG, "debug",
			    "No bucket named '%s'. Is account %s "
			    "bootstrapped?", pl->bucket, pl->t.account);
		else if (err_is_aws(&why, "AccessDenied") ||
		    err_is_aws(&why, "AllAccessDisabled"))
			publisher_say(p, MSG_DEBUG, "debug", "Could not read "
			    "encryption settings of bucket '%s': uploading "
			    "with default settings (\"cdk bootstrap\" to "
			    "version 9 if your organization's policies prevent "
			    "a successful upload or to get rid of this "
			    "message).", pl->bucket);
		return enc;
	}
	by_default = json_at(out, "Rule.0.ApplyServerSideEncryptionByDefault");
	algorithm = json_str(by_default, "SSEAlgorithm");
	if (streq0(algorithm, "AES256") || streq0(algorithm, "aws:kms"))
		enc->algorithm = xstrdup(algorithm);
	if (streq0(algorithm, "aws:kms"))
		enc->key_id = xstrdup0(json_str(by_default, "KMSMasterKeyID"));
	return enc;
}

static const struct encryption *find_encryption(struct publisher *p,
    const struct place *pl)
{
	struct encryption *enc;

	pthread_mutex_lock(&p->lock);
	enc = strmap_get(&p->encryptions, pl->bucket);
	if (!enc) {
		enc = ask_encryption(p, pl);
		strmap_set(&p->encryptions, pl->bucket, enc);
	}
	pthread_mutex_unlock(&p->lock);
	return enc;
}

/* ---- packaging ----------------------------------------------------------- */

void package_release(struct package *pk)
{
	free(pk->path);
	free(pk->type);
	*pk = (struct package){ 0 };
}

static int no_source(const struct asset_entry *e, const char *path,
    const char *why, struct err *err)
{
	return err_set(err, E_NOTFOUND, "source of asset '%s' (%s) %s: '%s'",
	    e->display_name, e->id, why, path);
}

static int package_folder(struct publisher *p, const struct asset_entry *e,
    const char *source, struct package *pk, struct err *err)
{
	CLEANUP(free_p) char *cache = publisher_path(p, ".cache");
	CLEANUP(free_p) char *name = xasprintf("%s.zip", e->id);
	int rc;

	/* the id is outside text and about to be a file name */
	if (path_escapes(name) || strchr(e->id, '/'))
		return err_set(err, E_INVALID, "asset id '%s' in '%s' cannot "
		    "be a file name", e->id, e->manifest->path);
	pk->path = path_join(cache, name);
	pk->type = xstrdup("application/zip");
	pk->zipped = true;
	if ((rc = dir_make(cache, err)) < 0)
		return rc;
	if (file_exists(pk->path)) {
		publisher_say(p, MSG_DEBUG, "cached", "From cache %s",
		    pk->path);
		return 0;
	}
	if (!file_is_dir(source))
		return no_source(e, source, file_exists(source) ?
		    "is not a folder" : "does not exist", err);
	publisher_say(p, MSG_DEBUG, "build", "Zip %s -> %s", source, pk->path);
	return zip_folder(source, pk->path, NULL, err);
}

static int package_program(struct publisher *p, const struct asset_entry *e,
    struct package *pk, struct err *err)
{
	const cJSON *argv = json_get(e->source, "executable");
	CLEANUP(strvec_release) struct strvec words = { 0 };
	CLEANUP(free_p) char *text = NULL;

	JSON_EACH(m, argv)
		strvec_add(&words, cJSON_IsString(m) ? m->valuestring : "");
	text = strvec_join(&words, ",");
	publisher_say(p, MSG_DEBUG, "build",
	    "Building asset source using command: '%s'", text);
	pk->type = xstrdup("application/zip");
	return publisher_program(p, argv, NULL, &pk->path, err);
}

int file_asset_package(struct publisher *p, const struct asset_entry *e,
    struct package *pk, struct err *err)
{
	const char *path = json_str(e->source, "path");
	CLEANUP(free_p) char *full = NULL;
	int rc;

	if (json_get(e->source, "executable"))
		return package_program(p, e, pk, err);
	if (!path || !*path) {
		CLEANUP(free_p) char *text = json_text(e->source, 0);

		return err_set(err, E_INVALID, "'path' is expected in the File "
		    "asset source, got: %s", text);
	}
	rc = publisher_source(p, e, path, &full, err);
	if (rc < 0)
		return rc;
	if (streq0(json_str(e->source, "packaging"), "zip"))
		return package_folder(p, e, full, pk, err);
	if (!file_exists(full))
		return no_source(e, full, "does not exist", err);
	pk->type = content_type(full);
	pk->path = TAKE(full);
	return 0;
}

/* ---- publishing ---------------------------------------------------------- */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int upload(struct publisher *p, const struct asset_entry *e,
    const struct place *pl, const struct encryption *enc, struct err *err)
{
	CLEANUP(package_release) struct package pk = { 0 };
	CLEANUP(close_fd) int fd = -1;
	struct s3_object o = { .aws = pl->t.aws, .bucket = pl->bucket,
		.key = pl->key, .algorithm = enc->algorithm,
		.key_id = enc->key_id, .from_fd = true,
		.of = publisher_meter(p, e) };
	struct stat st;
	int rc;

	if ((rc = file_asset_package(p, e, &pk, err)) < 0)
		return rc;
	publisher_say(p, MSG_DEBUG, "upload", "Upload s3://%s/%s", pl->bucket,
	    pl->key);
	fd = open(pk.path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(err, E_IO, "cannot read '%s' of asset '%s': %m",
		    pk.path, e->display_name);
	if (!S_ISREG(st.st_mode))
		return no_source(e, pk.path, "is not a file", err);
	o.content_type = pk.type;
	o.fd = fd;
	o.size = st.st_size;
	return s3_upload(&o, err);
}

int file_asset_publish(struct publisher *p, const struct asset_entry *e,
    bool force, struct err *err)
{
	CLEANUP(place_release) struct place pl = { 0 };
	bool there = false;
	int rc;

	if ((rc = place_open(p, e, &pl, err)) < 0)
		return rc;
	publisher_say(p, MSG_DEBUG, "check", "Check s3://%s/%s", pl.bucket,
	    pl.key);
	if ((rc = check_owner(p, &pl, err)) < 0)
		return rc;
	if (!force && (rc = check(p, &pl, &there, err)) < 0)
		return rc;
	if (there)
		return 0;
	return upload(p, e, &pl, find_encryption(p, &pl), err);
}

/* ---- is it what is here? ------------------------------------------------- */

/* With checksums; without where reading those is not allowed (KMS keys). */
static int ask_head(const struct place *pl, cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	CLEANUP(err_release) struct err why = { 0 };
	int rc;

	json_put_str(in, "Bucket", pl->bucket);
	json_put_str(in, "Key", pl->key);
	json_put_str(in, "ChecksumMode", "ENABLED");
	rc = aws_call(pl->t.aws, OP_S3_HEAD_OBJECT, in, ret, &why);
	if (rc == E_AWS && why.http_status == 403) {
		json_del(in, "ChecksumMode");
		return aws_call(pl->t.aws, OP_S3_HEAD_OBJECT, in, ret, err);
	}
	if (rc < 0)
		err_move(err, &why);
	return rc;
}

/* A part of the object, as zip_list reads it. */
static int read_object(void *arg, int64_t off, size_t n, struct strbuf *ret,
    struct err *err)
{
	const struct place *pl = arg;
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	CLEANUP(free_p) char *range = xasprintf("bytes=%lld-%lld",
	    (long long)off, (long long)off + (long long)n - 1);
	const char *body;
	int rc;

	json_put_str(in, "Bucket", pl->bucket);
	json_put_str(in, "Key", pl->key);
	json_put_str(in, "Range", range);
	rc = aws_call(pl->t.aws, OP_S3_GET_OBJECT, in, &out, err);
	if (rc < 0)
		return rc;
	body = json_str(out, "Body");
	if (b64_decode(ret, sv_from(body ? body : "")) < 0 || ret->len != n)
		return err_set(err, E_INVALID, "S3 gave other bytes than were "
		    "asked for");
	return 0;
}

static int read_local(void *arg, int64_t off, size_t n, struct strbuf *ret,
    struct err *err)
{
	CLEANUP(free_p) char *buf = xmalloc(n + 1);
	ssize_t got = pread(*(const int *)arg, buf, n, off);

	if (got < 0 || (size_t)got != n)
		return err_set(err, E_IO, "cannot read: %m");
	strbuf_add(ret, buf, n);
	return 0;
}

/* Another program's zip of the same files? Unsure is no. */
static bool same_files(struct place *pl, int fd, const cJSON *head)
{
	CLEANUP(err_release) struct err err = { 0 };
	unsigned char here[SHA256_LEN], there[SHA256_LEN];
	struct zip_source src = { .read = read_local, .arg = &fd };
	struct stat st;
	double size;

	if (fstat(fd, &st) < 0 || !json_num(head, "ContentLength", &size))
		return false;
	src.size = st.st_size;
	if (zip_list_digest(&src, here, &err) < 0)
		return false;
	src = (struct zip_source){ .read = read_object, .arg = pl,
		.size = (int64_t)size };
	return zip_list_digest(&src, there, &err) == 0 &&
	    memcmp(here, there, sizeof(here)) == 0;
}

int file_asset_verify(struct publisher *p, const struct asset_entry *e,
    struct verified *ret, struct err *err)
{
	CLEANUP(place_release) struct place pl = { 0 };
	CLEANUP(package_release) struct package pk = { 0 };
	CLEANUP(err_release) struct err why = { 0 };
	CLEANUP(json_free_p) cJSON *head = NULL;
	CLEANUP(close_fd) int fd = -1;
	int rc;

	if ((rc = place_open(p, e, &pl, err)) < 0)
		return rc;
	ret->where = xasprintf("s3://%s/%s", pl.bucket, pl.key);
	rc = ask_head(&pl, &head, &why);
	if (rc == E_AWS && why.http_status == 404) {
		ret->state = VERIFY_MISSING;
		return 0;
	}
	if (rc < 0) {
		err_move(err, &why);
		return err_wrap(err, "%s", ret->where);
	}
	if ((rc = file_asset_package(p, e, &pk, err)) < 0)
		return rc;
	fd = open(pk.path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, E_IO, "cannot read '%s' of asset '%s': %m",
		    pk.path, e->display_name);
	rc = verify_object(fd, head, pk.zipped, ret, err);
	if (rc == 0 && ret->state == VERIFY_DIFFERS && pk.zipped &&
	    same_files(&pl, fd, head)) {
		ret->state = VERIFY_OK;
		ret->how = "files";
		free(TAKE(ret->detail));
	}
	return rc;
}

int publish_bytes(struct aws *aws, const char *bucket, const char *key,
    struct sv data, const char *content_type, struct err *err)
{
	struct s3_object o = { .aws = aws, .bucket = bucket, .key = key,
		.content_type = content_type, .data = data };

	return s3_upload(&o, err);
}
