/*
 * The container is written here and not by minizip, which cannot leave the
 * UTF-8 flag alone on names and offers no "version made by" of its own; all
 * that is left then are three fixed headers.
 */
#include "util/zip.h"

#include <fcntl.h>
#include <libdeflate.h>
#include <pthread.h>
#include <sys/stat.h>

#include "util/file.h"
#include "util/pool.h"
#include "util/strbuf.h"
#include "util/timeutil.h"
#include "util/utf8.h"
#include "util/zip_blocks.h"
#include "util/zip_walk.h"

#define LEVEL 6
#define THREADS_MAX 5
/* Read and compressed ahead of the writer at most: bytes and files. */
#define AHEAD_BYTES ((uint64_t)48 << 20)
#define AHEAD_FILES 1024
/* Larger files are read and compressed in blocks. */
#define WHOLE_MAX ((uint64_t)32 << 20)

#define U32_MAX UINT64_C(0xffffffff)
#define U16_MAX 0xffffu

struct entry {
	const char *name;
	/* after it is written */
	uint64_t size, packed, offset;
	uint32_t crc;
	mode_t mode;
	/* while it is worked on */
	struct zip *zip;
	uint64_t planned; /* size the walk saw */
	unsigned char *data;
	struct err err;
	bool failed, done;
};

struct zip {
	const char *dir, *target;
	struct entry *v;
	size_t n;
	/* output */
	int fd;
	uint64_t off;
	struct strbuf buf;
	/* workers */
	struct pool *pool;
	pthread_mutex_t lock;
	pthread_cond_t ready;
	struct libdeflate_compressor *idle[THREADS_MAX];
	size_t n_idle;
	struct entry *awaited; /* by the writer; others need not wake it */
	bool stop;
	uint64_t bytes_in;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* ---- compressing one file (on a worker) ---------------------------------- */

static int read_error(struct entry *e, struct err *err)
{
	return err_set(err, E_IO, "cannot read '%s/%s': %m", e->zip->dir,
	    e->name);
}

static int open_entry(struct entry *e, int *ret_fd, struct err *err)
{
	CLEANUP(free_p) char *path = path_join(e->zip->dir, e->name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		(void)read_error(e, err);
		close_fd(&fd);
		return E_IO;
	}
	e->mode = st.st_mode;
	e->size = (uint64_t)st.st_size;
	*ret_fd = fd;
	return 0;
}

static int changed(const struct entry *e, struct err *err)
{
	return err_set(err, E_IO, "'%s/%s' changed while it was read",
	    e->zip->dir, e->name);
}

static struct libdeflate_compressor *compressor_get(struct zip *z)
{
	struct libdeflate_compressor *c = NULL;

	pthread_mutex_lock(&z->lock);
	if (z->n_idle)
		c = z->idle[--z->n_idle];
	pthread_mutex_unlock(&z->lock);
	return c ? c : libdeflate_alloc_compressor(LEVEL);
}

static void compressor_put(struct zip *z, struct libdeflate_compressor *c)
{
	pthread_mutex_lock(&z->lock);
	if (z->n_idle < ARRAY_SIZE(z->idle)) {
		z->idle[z->n_idle++] = c;
		c = NULL;
	}
	pthread_mutex_unlock(&z->lock);
	libdeflate_free_compressor(c);
}

static int deflate_data(struct entry *e, const unsigned char *in,
    struct err *err)
{
	struct libdeflate_compressor *c;
	size_t cap;

	e->crc = libdeflate_crc32(0, in, e->size);
	if (!e->size) {
		/* zlib's empty stream; libdeflate's is longer */
		e->data = xmalloc(2);
		memcpy(e->data, "\x03", 2);
		e->packed = 2;
		return 0;
	}
	c = compressor_get(e->zip);
	if (!c)
		return err_set(err, E_FAIL, "cannot compress: out of memory");
	cap = libdeflate_deflate_compress_bound(c, e->size);
	e->data = xmalloc(cap);
	e->packed = libdeflate_deflate_compress(c, in, e->size, e->data, cap);
	compressor_put(e->zip, c);
	if (!e->packed)
		return err_set(err, E_FAIL, "cannot compress '%s'", e->name);
	/* what waits for the writer keeps no room it does not need */
	e->data = xrealloc(e->data, e->packed);
	return 0;
}

static int pack(struct entry *e, struct err *err)
{
	CLEANUP(close_fd) int fd = -1;
	CLEANUP(free_p) unsigned char *in = NULL;
	ssize_t n;
	int rc;

	if ((rc = open_entry(e, &fd, err)) < 0)
		return rc;
	if (e->size > 2 * WHOLE_MAX)
		return changed(e, err);
	in = xmalloc(e->size + 1);
	n = fd_read_full(fd, in, e->size + 1);
	if (n < 0)
		return read_error(e, err);
	/* sizes of some file systems are only a guess: what came counts */
	if ((uint64_t)n > e->size)
		return changed(e, err);
	e->size = (uint64_t)n;
	return deflate_data(e, in, err);
}

static void pack_job(void *arg)
{
	struct entry *e = arg;
	struct zip *z = e->zip;
	bool stop;

	pthread_mutex_lock(&z->lock);
	stop = z->stop;
	pthread_mutex_unlock(&z->lock);
	if (!stop)
		e->failed = pack(e, &e->err) < 0;
	pthread_mutex_lock(&z->lock);
	e->done = true;
	if (z->awaited == e)
		pthread_cond_signal(&z->ready);
	pthread_mutex_unlock(&z->lock);
}

/* ---- writing ------------------------------------------------------------- */

static int write_error(struct zip *z, struct err *err)
{
	return err_set(err, E_IO, "cannot write '%s': %m", z->target);
}

static int flush(struct zip *z, struct err *err)
{
	if (fd_write_all(z->fd, z->buf.buf, z->buf.len) < 0)
		return write_error(z, err);
	strbuf_reset(&z->buf);
	return 0;
}

static int put(struct zip *z, const void *p, size_t n, struct err *err)
{
	strbuf_add(&z->buf, p, n);
	z->off += n;
	return z->buf.len < (1u << 20) ? 0 : flush(z, err);
}

/* Little endian. */
static void le(struct strbuf *b, uint64_t v, unsigned bytes)
{
	for (; bytes; bytes--, v >>= 8)
		strbuf_addc(b, (char)(v & 0xff));
}

static bool is_big(const struct entry *e)
{
	/* the bound of deflate on data that does not shrink */
	return e->size + e->size / 1000 + 64 >= U32_MAX;
}

/* What local and central header have in common. */
static void common_fields(struct strbuf *b, const struct entry *e,
    bool zip64_sizes, unsigned version, unsigned extra)
{
	le(b, version, 2);
	le(b, 0x0800, 2); /* names are UTF-8 */
	le(b, 8, 2);	  /* deflate */
	le(b, 0, 2);
	le(b, 0x0021, 2); /* 1980-01-01 00:00:00 */
	le(b, e->crc, 4);
	le(b, zip64_sizes ? U32_MAX : e->packed, 4);
	le(b, zip64_sizes ? U32_MAX : e->size, 4);
	le(b, strlen(e->name), 2);
	le(b, extra, 2);
}

static void local_header(struct strbuf *b, const struct entry *e)
{
	bool big = is_big(e);

	strbuf_add(b, "PK\3\4", 4);
	common_fields(b, e, big, big ? 45 : 20, big ? 20 : 0);
	strbuf_adds(b, e->name);
	if (big) {
		le(b, 1, 2);
		le(b, 16, 2);
		le(b, e->size, 8);
		le(b, e->packed, 8);
	}
}

static void central_header(struct strbuf *b, const struct entry *e)
{
	bool sizes = is_big(e), far = e->offset >= U32_MAX;
	unsigned extra = sizes || far ? 4 + (sizes ? 16 : 0) + (far ? 8 : 0) :
					0;

	strbuf_add(b, "PK\1\2", 4);
	le(b, 0x033f, 2); /* Unix, 6.3 */
	common_fields(b, e, sizes, extra ? 45 : 20, extra);
	le(b, 0, 2); /* comment */
	le(b, 0, 2); /* disk */
	le(b, 0, 2); /* internal attributes */
	le(b, (uint64_t)e->mode << 16, 4);
	le(b, far ? U32_MAX : e->offset, 4);
	strbuf_adds(b, e->name);
	if (!extra)
		return;
	le(b, 1, 2);
	le(b, extra - 4, 2);
	if (sizes) {
		le(b, e->size, 8);
		le(b, e->packed, 8);
	}
	if (far)
		le(b, e->offset, 8);
}

static void end_records(struct strbuf *b, size_t n, uint64_t start,
    uint64_t size)
{
	bool big = n >= U16_MAX || start >= U32_MAX || size >= U32_MAX;

	if (big) {
		strbuf_add(b, "PK\6\6", 4);
		le(b, 44, 8);
		le(b, 0x033f, 2);
		le(b, 45, 2);
		le(b, 0, 4);
		le(b, 0, 4);
		le(b, n, 8);
		le(b, n, 8);
		le(b, size, 8);
		le(b, start, 8);
		strbuf_add(b, "PK\6\7", 4);
		le(b, 0, 4);
		le(b, start + size, 8);
		le(b, 1, 4);
	}
	strbuf_add(b, "PK\5\6", 4);
	le(b, 0, 4);
	le(b, MIN(n, (size_t)U16_MAX), 2);
	le(b, MIN(n, (size_t)U16_MAX), 2);
	le(b, MIN(size, U32_MAX), 4);
	le(b, MIN(start, U32_MAX), 4);
	le(b, 0, 2);
}

static int write_whole(struct zip *z, struct entry *e, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf h = STRBUF_INIT;
	int rc;

	e->offset = z->off;
	local_header(&h, e);
	if ((rc = put(z, h.buf, h.len, err)) < 0)
		return rc;
	return put(z, e->data, e->packed, err);
}

/* ---- files too large to be in memory ------------------------------------- */

static int put_piece(void *arg, const void *p, size_t n, struct err *err)
{
	return put(arg, p, n, err);
}

static int stream_data(struct zip *z, struct entry *e, int fd, struct err *err)
{
	CLEANUP(free_p) char *name = path_join(z->dir, e->name);
	struct zip_blocks o = { .pool = z->pool, .fd = fd, .name = name,
		.level = LEVEL, .put = put_piece, .arg = z };
	uint64_t got, start = z->off;
	int rc = zip_blocks_deflate(&o, &got, &e->crc, err);

	if (rc < 0)
		return rc;
	e->packed = z->off - start;
	/* the header has promised 32 or 64 bits by the size */
	return got == e->size ? 0 : changed(e, err);
}

/* The header is written twice: sizes and checksum are known at the end. */
static int write_streamed(struct zip *z, struct entry *e, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf h = STRBUF_INIT;
	CLEANUP(close_fd) int fd = -1;
	int rc;

	if ((rc = open_entry(e, &fd, err)) < 0)
		return rc;
	e->offset = z->off;
	local_header(&h, e);
	if ((rc = put(z, h.buf, h.len, err)) < 0 ||
	    (rc = stream_data(z, e, fd, err)) < 0 || (rc = flush(z, err)) < 0)
		return rc;
	strbuf_reset(&h);
	local_header(&h, e);
	if (pwrite(z->fd, h.buf, h.len, (off_t)e->offset) != (ssize_t)h.len)
		return write_error(z, err);
	return 0;
}

/* ---- all of it ----------------------------------------------------------- */

static int await(struct zip *z, struct entry *e, struct err *err)
{
	pthread_mutex_lock(&z->lock);
	z->awaited = e;
	while (!e->done)
		pthread_cond_wait(&z->ready, &z->lock);
	z->awaited = NULL;
	pthread_mutex_unlock(&z->lock);
	if (!e->failed)
		return 0;
	err_move(err, &e->err);
	return E_IO;
}

static bool is_streamed(const struct entry *e)
{
	return e->planned > WHOLE_MAX;
}

static int write_entries(struct zip *z, struct err *err)
{
	uint64_t ahead = 0;
	size_t next = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < z->n; i++) {
		struct entry *e = &z->v[i];

		while (next < z->n && next < i + AHEAD_FILES &&
		    (next == i || ahead < AHEAD_BYTES)) {
			struct entry *f = &z->v[next++];

			if (is_streamed(f))
				continue;
			ahead += f->planned;
			pool_submit(z->pool, pack_job, f);
		}
		if (is_streamed(e)) {
			rc = write_streamed(z, e, err);
		} else {
			ahead -= e->planned;
			if ((rc = await(z, e, err)) == 0)
				rc = write_whole(z, e, err);
			free(TAKE(e->data));
		}
		z->bytes_in += e->size;
		if (rc == 0 && cancel_requested())
			rc = err_set(err, E_CANCELLED, "interrupted");
	}
	pthread_mutex_lock(&z->lock);
	z->stop = true;
	pthread_mutex_unlock(&z->lock);
	return rc;
}

static int write_central(struct zip *z, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf h = STRBUF_INIT;
	uint64_t start = z->off;
	int rc;

	for (size_t i = 0; i < z->n; i++) {
		strbuf_reset(&h);
		central_header(&h, &z->v[i]);
		if ((rc = put(z, h.buf, h.len, err)) < 0)
			return rc;
	}
	strbuf_reset(&h);
	end_records(&h, z->n, start, z->off - start);
	if ((rc = put(z, h.buf, h.len, err)) < 0)
		return rc;
	return flush(z, err);
}

static int plan(struct zip *z, const struct zip_files *files, struct err *err)
{
	z->v = xcalloc(files->n, sizeof(*z->v));
	z->n = files->n;
	for (size_t i = 0; i < z->n; i++) {
		struct entry *e = &z->v[i];

		e->name = files->v[i].name;
		e->planned = files->v[i].size;
		e->zip = z;
		if (strlen(e->name) > U16_MAX || !utf8_valid(sv_from(e->name)))
			return err_set(err, E_INVALID, "the name of '%s/%s' "
			    "cannot be stored in a zip file (it must be UTF-8 "
			    "of at most 65535 bytes)", z->dir, e->name);
	}
	return 0;
}

/* At most: they start when there is work for them. */
static unsigned thread_count(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	/* one more, as reading may wait for a disk */
	return (unsigned)MAX(MIN(cpus + 1, (long)THREADS_MAX), 1L);
}

static void zip_release(struct zip *z)
{
	for (size_t i = 0; i < z->n; i++) {
		free(z->v[i].data);
		err_release(&z->v[i].err);
	}
	while (z->n_idle)
		libdeflate_free_compressor(z->idle[--z->n_idle]);
	free(z->v);
	strbuf_release(&z->buf);
	pthread_mutex_destroy(&z->lock);
	pthread_cond_destroy(&z->ready);
}

int zip_folder(const char *dir, const char *target,
    struct zip_stats *ret_stats, struct err *err)
{
	CLEANUP(zip_files_release) struct zip_files files = { 0 };
	CLEANUP(zip_release) struct zip z = { .dir = dir, .target = target,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.ready = PTHREAD_COND_INITIALIZER, .buf = STRBUF_INIT };
	CLEANUP(tmpfile_free_p) struct tmpfile_ctx *t = NULL;
	/* released first: waits for workers, which use z */
	CLEANUP(pool_free_p) struct pool *pool = NULL;
	int rc;

	if ((rc = zipwalk(dir, &files, err)) < 0 ||
	    (rc = plan(&z, &files, err)) < 0 ||
	    (rc = tmpfile_open(target, 0666, &t, err)) < 0)
		return rc;
	z.fd = tmpfile_fd(t);
	pool = z.pool = pool_new(thread_count());
	if ((rc = write_entries(&z, err)) < 0 ||
	    (rc = write_central(&z, err)) < 0 ||
	    (rc = tmpfile_commit(t, err)) < 0)
		return rc;
	if (ret_stats)
		*ret_stats = (struct zip_stats){ .files = z.n,
			.bytes_in = z.bytes_in, .bytes_out = z.off };
	return 0;
}
