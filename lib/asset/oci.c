#include "asset/oci.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "asset/tar_index.h"
#include "util/digest.h"
#include "util/file.h"
#include "util/gzip.h"
#include "util/strmap.h"

#define DEPTH_MAX 4
#define MANIFESTS_MAX 1000

/* Where the files of an image are. */
struct store {
	const char *path;
	int fd; /* of an archive, else -1 */
	struct tar_index tar;
};

struct file {
	char *path;
	off_t off;
	int64_t size;
};

static void file_release(struct file *f)
{
	free(f->path);
}

static void store_release(struct store *s)
{
	if (s->fd >= 0)
		close(s->fd);
	tar_index_release(&s->tar);
}

static ssize_t read_fd(void *arg, void *p, size_t n, off_t off)
{
	const struct store *s = arg;
	size_t done = 0;

	while (done < n) {
		ssize_t got = pread(s->fd, (char *)p + done, n - done,
		    off + (off_t)done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

static int open_archive(struct store *s, struct err *err)
{
	struct tar_source src = { .read = read_fd, .arg = s };
	unsigned char head[2] = { 0 };
	struct stat st;
	int rc;

	s->fd = open(s->path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0 || fstat(s->fd, &st) < 0)
		return err_set(err, E_IO, "cannot open: %m");
	if (read_fd(s, head, 2, 0) == 2 && head[0] == 0x1f && head[1] == 0x8b)
		return err_set(err, E_INVALID, "it is compressed; unpack it "
		    "with gunzip first");
	src.size = st.st_size;
	rc = tar_index_read(&src, &s->tar, err);
	return rc;
}

/* 0, or E_NOTFOUND without an error set. */
static int store_find(const struct store *s, const char *name,
    struct file *ret)
{
	CLEANUP(free_p) char *path = NULL;
	const struct tar_member *m;
	struct stat st;

	if (s->fd >= 0) {
		m = tar_index_find(&s->tar, name);
		if (!m)
			return E_NOTFOUND;
		*ret = (struct file){ xstrdup(s->path), m->off, m->size };
		return 0;
	}
	path = path_join(s->path, name);
	if (path_escapes(name) || stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return E_NOTFOUND;
	*ret = (struct file){ TAKE(path), 0, st.st_size };
	return 0;
}

static int read_range(const struct file *f, struct strbuf *ret,
    struct err *err)
{
	CLEANUP(free_p) char *buf = xmalloc((size_t)f->size + 1);
	struct store s = { .fd = open(f->path, O_RDONLY | O_CLOEXEC) };
	ssize_t n;

	if (s.fd < 0)
		return err_set(err, E_IO, "cannot open '%s': %m", f->path);
	n = read_fd(&s, buf, (size_t)f->size, f->off);
	close(s.fd);
	if (n != f->size)
		return err_set(err, E_IO, "cannot read '%s': it is shorter "
		    "than it was", f->path);
	strbuf_reset(ret);
	strbuf_add(ret, buf, (size_t)n);
	return 0;
}

static int store_read(const struct store *s, const char *name,
    struct strbuf *ret, struct err *err)
{
	CLEANUP(file_release) struct file f = { 0 };

	if (store_find(s, name, &f) < 0)
		return err_set(err, E_NOTFOUND, "it has no '%s'", name);
	if (f.size > (int64_t)OCI_TEXT_MAX)
		return err_set(err, E_TOOBIG, "'%s' is larger than %zu bytes",
		    name, OCI_TEXT_MAX);
	return read_range(&f, ret, err);
}

/* "sha256:..." -> "blobs/sha256/..." */
static char *blob_name(const char *digest)
{
	return xasprintf("blobs/sha256/%s", digest + strlen("sha256:"));
}

static char *digest_text(const unsigned char md[SHA256_LEN])
{
	char hex[SHA256_HEX];

	hex_encode(md, SHA256_LEN, hex);
	return xasprintf("sha256:%s", hex);
}

/* ---- building the image -------------------------------------------------- */

static void add_manifest(struct oci_image *im, const char *media_type,
    struct strbuf *text_take)
{
	struct oci_manifest *m;
	unsigned char md[SHA256_LEN];

	im->manifests = xreallocarray(im->manifests, im->n_manifests + 1,
	    sizeof(*im->manifests));
	m = &im->manifests[im->n_manifests++];
	sha256(strbuf_sv(text_take), md);
	*m = (struct oci_manifest){ .digest = digest_text(md),
		.media_type = xstrdup(media_type), .text = *text_take };
	*text_take = (struct strbuf)STRBUF_INIT;
	strmap_set(&im->known, m->digest, NULL);
}

static void add_blob(struct oci_image *im, const char *digest,
    struct file *take)
{
	if (!strmap_add(&im->known, digest, NULL))
		return;
	im->blobs = xreallocarray(im->blobs, im->n_blobs + 1,
	    sizeof(*im->blobs));
	im->blobs[im->n_blobs++] = (struct oci_blob){
		.digest = xstrdup(digest), .path = TAKE(take->path),
		.off = take->off, .size = take->size };
}

static int wrong_size(const struct oci_desc *d, int64_t size,
    struct err *err)
{
	return err_set(err, E_INVALID, "%s has %lld bytes, %lld are told of",
	    d->digest, (long long)size, (long long)d->size);
}

static int add_described(struct oci_image *im, const struct store *s,
    const struct oci_desc *d, struct err *err)
{
	CLEANUP(file_release) struct file f = { 0 };
	CLEANUP(free_p) char *name = blob_name(d->digest);

	if (store_find(s, name, &f) < 0) {
		if (d->foreign)
			return 0;
		return err_set(err, E_NOTFOUND, "it has no '%s'", name);
	}
	if (f.size != d->size)
		return wrong_size(d, f.size, err);
	add_blob(im, d->digest, &f);
	return 0;
}

static int read_manifest(const struct store *s, const struct oci_desc *d,
    struct strbuf *ret, struct err *err)
{
	CLEANUP(free_p) char *name = blob_name(d->digest), *real = NULL;
	unsigned char md[SHA256_LEN];
	int rc = store_read(s, name, ret, err);

	if (rc < 0)
		return rc;
	if ((int64_t)ret->len != d->size)
		return wrong_size(d, (int64_t)ret->len, err);
	sha256(strbuf_sv(ret), md);
	real = digest_text(md);
	if (!streq(real, d->digest))
		return err_set(err, E_INVALID, "the content of '%s' has the "
		    "digest %s", name, real);
	return 0;
}

static int add_image(struct oci_image *im, const struct store *s,
    const struct oci_desc *d, struct strbuf *text, struct err *err)
{
	CLEANUP(oci_descs_release) struct oci_descs parts = { 0 };
	int rc = oci_parse_manifest(strbuf_sv(text), &parts, err);

	for (size_t i = 0; i < parts.n && rc == 0; i++)
		rc = add_described(im, s, &parts.v[i], err);
	if (rc == 0)
		add_manifest(im, d->media_type, text);
	return rc;
}

static bool has_blob(const struct store *s, const struct oci_desc *d)
{
	CLEANUP(free_p) char *name = blob_name(d->digest);
	struct file f = { 0 };
	bool has = store_find(s, name, &f) == 0;

	file_release(&f);
	return has;
}

static int add_any(struct oci_image *im, const struct store *s,
    const struct oci_desc *d, int depth, struct err *err);

/*
 * All that an index names, then the index. An archive may hold one platform of
 * several, as the engine that saved it had only that: then it is the image.
 */
static int add_index(struct oci_image *im, const struct store *s,
    const char *media_type, struct strbuf *text, int depth, struct err *err)
{
	CLEANUP(oci_descs_release) struct oci_descs l = { 0 };
	const struct oci_desc *only = NULL;
	size_t here = 0, images = 0;
	int rc = oci_parse_index(strbuf_sv(text), &l, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < l.n; i++) {
		if (!has_blob(s, &l.v[i]))
			continue;
		here++;
		if (l.v[i].has_platform) {
			images++;
			only = &l.v[i];
		}
	}
	if (here < l.n && images == 1)
		return add_any(im, s, only, depth + 1, err);
	for (size_t i = 0; i < l.n && rc == 0; i++)
		rc = add_any(im, s, &l.v[i], depth + 1, err);
	if (rc == 0)
		add_manifest(im, media_type, text);
	return rc;
}

static int add_any(struct oci_image *im, const struct store *s,
    const struct oci_desc *d, int depth, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int rc;

	if (depth > DEPTH_MAX || im->n_manifests >= MANIFESTS_MAX)
		return err_set(err, E_TOOBIG, "its indexes are nested too deep "
		    "or name too much");
	if (strmap_has(&im->known, d->digest) && depth > 0)
		return 0;
	if ((rc = read_manifest(s, d, &text, err)) < 0)
		return rc;
	if (oci_is_index_type(d->media_type))
		return add_index(im, s, d->media_type, &text, depth, err);
	if (oci_is_manifest_type(d->media_type))
		return add_image(im, s, d, &text, err);
	return err_set(err, E_INVALID, "%s is of the type '%s', which is no "
	    "image", d->digest, d->media_type);
}

/* One entry of index.json is the image. Several that are one image for
 * several platforms make index.json the image. */
static int open_layout(struct oci_image *im, const struct store *s,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(oci_descs_release) struct oci_descs l = { 0 };
	size_t platforms = 0;
	int rc;

	if ((rc = store_read(s, "oci-layout", &text, err)) < 0 ||
	    (rc = oci_parse_layout(strbuf_sv(&text), err)) < 0 ||
	    (rc = store_read(s, "index.json", &text, err)) < 0 ||
	    (rc = oci_parse_index(strbuf_sv(&text), &l, err)) < 0)
		return rc;
	if (l.n == 1)
		return add_any(im, s, &l.v[0], 0, err);
	for (size_t i = 0; i < l.n; i++)
		platforms += l.v[i].has_platform;
	if (platforms < l.n)
		return err_set(err, E_INVALID, "it holds %zu images; keep a "
		    "single one, or one per platform with the platform in "
		    "index.json", l.n);
	return add_index(im, s, OCI_INDEX, &text, 0, err);
}

/* ---- docker save --------------------------------------------------------- */

static cJSON *described(const char *media_type, const char *digest,
    int64_t size)
{
	cJSON *o = cJSON_CreateObject();

	json_put_str(o, "mediaType", media_type);
	json_put_num(o, "size", (double)size);
	json_put_str(o, "digest", digest);
	return o;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* f becomes a compressed copy of itself. */
static int pack_layer(struct oci_image *im, struct file *f, size_t n,
    const char *diff_id, char **ret_digest, struct err *err)
{
	CLEANUP(free_p) char *name = xasprintf("layer-%zu", n);
	CLEANUP(free_p) char *path = NULL, *plain = NULL;
	CLEANUP(close_fd) int in = -1, out = -1;
	struct gzip_sums sums;
	int rc;

	if (!im->temp && (rc = dir_temp("ccdkImage", &im->temp, err)) < 0)
		return rc;
	path = path_join(im->temp, name);
	in = open(f->path, O_RDONLY | O_CLOEXEC);
	out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (in < 0 || out < 0)
		return err_set(err, E_IO, "cannot open '%s': %m",
		    in < 0 ? f->path : path);
	rc = gzip_range(in, f->off, f->size, out, &sums, err);
	if (rc < 0)
		return rc;
	plain = digest_text(sums.plain);
	if (diff_id && !streq(plain, diff_id))
		return err_set(err, E_INVALID, "layer %zu has the digest %s, "
		    "not %s", n, plain, diff_id);
	*ret_digest = digest_text(sums.packed);
	free(f->path);
	*f = (struct file){ TAKE(path), 0, sums.packed_size };
	return 0;
}

static int file_digest(const struct file *f, char **ret, bool *ret_gzip,
    struct err *err)
{
	CLEANUP(close_fd) int fd = open(f->path, O_RDONLY | O_CLOEXEC);
	unsigned char md[SHA256_LEN], head[2] = { 0 };
	int rc;

	if (fd < 0)
		return err_set(err, E_IO, "cannot open '%s': %m", f->path);
	*ret_gzip = f->size > 18 && pread(fd, head, 2, f->off) == 2 &&
	    head[0] == 0x1f && head[1] == 0x8b;
	if (!ret)
		return 0;
	rc = sha256_fd(fd, f->off, f->size, md, err);
	if (rc == 0)
		*ret = digest_text(md);
	return rc;
}

static int add_layer(struct oci_image *im, const struct store *s,
    const char *name, const char *diff_id, size_t n, cJSON *layers,
    struct err *err)
{
	CLEANUP(file_release) struct file f = { 0 };
	CLEANUP(free_p) char *digest = NULL;
	bool packed;
	int rc;

	if (store_find(s, name, &f) < 0)
		return err_set(err, E_NOTFOUND, "it has no '%s'", name);
	if ((rc = file_digest(&f, NULL, &packed, err)) < 0)
		return rc;
	rc = packed ? file_digest(&f, &digest, &packed, err) :
	    pack_layer(im, &f, n, diff_id, &digest, err);
	if (rc < 0)
		return rc;
	json_push_take(layers, described(
	    "application/vnd.docker.image.rootfs.diff.tar.gzip", digest,
	    f.size));
	add_blob(im, digest, &f);
	return 0;
}

static int add_config(struct oci_image *im, const struct store *s,
    const char *name, cJSON **ret, struct strvec *ret_diffs, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(file_release) struct file f = { 0 };
	CLEANUP(free_p) char *digest = NULL;
	unsigned char md[SHA256_LEN];
	int rc = store_read(s, name, &text, err);

	if (rc < 0 || (rc = oci_parse_diff_ids(strbuf_sv(&text), ret_diffs,
	    err)) < 0)
		return rc;
	sha256(strbuf_sv(&text), md);
	digest = digest_text(md);
	(void)store_find(s, name, &f);
	*ret = described("application/vnd.docker.container.image.v1+json",
	    digest, f.size);
	add_blob(im, digest, &f);
	return 0;
}

/* The archive has no manifest in a registry's sense: it is made here. */
static int open_saved(struct oci_image *im, const struct store *s,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(docker_archive_release) struct docker_archive a = { 0 };
	CLEANUP(strvec_release) struct strvec diffs = { 0 };
	CLEANUP(json_free_p) cJSON *doc = cJSON_CreateObject();
	cJSON *layers = cJSON_CreateArray(), *config = NULL;
	int rc;

	json_put_num(doc, "schemaVersion", 2);
	json_put_str(doc, "mediaType", DOCKER_MANIFEST);
	if ((rc = store_read(s, "manifest.json", &text, err)) == 0 &&
	    (rc = oci_parse_archive(strbuf_sv(&text), &a, err)) == 0)
		rc = add_config(im, s, a.config, &config, &diffs, err);
	json_add_take(doc, "config", config);
	json_add_take(doc, "layers", layers);
	if (rc == 0 && diffs.n != a.layers.n)
		rc = err_set(err, E_INVALID, "it has %zu layers, its "
		    "configuration tells of %zu", a.layers.n, diffs.n);
	for (size_t i = 0; i < a.layers.n && rc == 0; i++)
		rc = add_layer(im, s, a.layers.v[i], diffs.v[i], i, layers,
		    err);
	if (rc < 0)
		return rc;
	strbuf_reset(&text);
	json_write(&text, doc, 0);
	add_manifest(im, DOCKER_MANIFEST, &text);
	return 0;
}

/* ---- opening ------------------------------------------------------------- */

bool oci_is_layout(const char *path)
{
	CLEANUP(free_p) char *mark = path_join(path, "oci-layout");

	return file_is_regular(path) || file_is_regular(mark);
}

static int open_store(struct oci_image *im, struct store *s, struct err *err)
{
	CLEANUP(file_release) struct file f = { 0 };
	int rc = file_is_dir(s->path) ? 0 : open_archive(s, err);

	if (rc < 0)
		return rc;
	if (s->fd < 0 || store_find(s, "oci-layout", &f) == 0)
		return open_layout(im, s, err);
	if (store_find(s, "manifest.json", &f) == 0)
		return open_saved(im, s, err);
	return err_set(err, E_INVALID, "it is neither an OCI layout nor an "
	    "archive of 'docker save'");
}

int oci_open(const char *path, struct oci_image *ret, struct err *err)
{
	CLEANUP(oci_image_release) struct oci_image im = { 0 };
	CLEANUP(store_release) struct store s = { .path = path, .fd = -1 };
	int rc = open_store(&im, &s, err);

	if (rc < 0)
		return err_wrap(err, "cannot use image '%s'", path);
	im.path = xstrdup(path);
	*ret = im;
	im = (struct oci_image){ 0 };
	return 0;
}

void oci_image_release(struct oci_image *im)
{
	if (im->temp)
		(void)!dir_remove(im->temp, NULL);
	for (size_t i = 0; i < im->n_manifests; i++) {
		free(im->manifests[i].digest);
		free(im->manifests[i].media_type);
		strbuf_release(&im->manifests[i].text);
	}
	for (size_t i = 0; i < im->n_blobs; i++) {
		free(im->blobs[i].digest);
		free(im->blobs[i].path);
	}
	free(im->manifests);
	free(im->blobs);
	free(im->path);
	free(im->temp);
	strmap_release(&im->known);
	*im = (struct oci_image){ 0 };
}

const char *oci_image_digest(const struct oci_image *im)
{
	return im->manifests[im->n_manifests - 1].digest;
}

int oci_blob_verify(const struct oci_blob *b, int fd, struct err *err)
{
	CLEANUP(free_p) char *real = NULL;
	unsigned char md[SHA256_LEN];
	int rc = sha256_fd(fd, b->off, b->size, md, err);

	if (rc < 0)
		return rc;
	real = digest_text(md);
	if (!streq(real, b->digest))
		return err_set(err, E_INVALID, "'%s': the content of %s has "
		    "the digest %s", b->path, b->digest, real);
	return 0;
}
