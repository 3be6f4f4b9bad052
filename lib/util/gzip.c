#include "util/gzip.h"

#include <zlib.h>

#include "util/file.h"

#define CHUNK ((size_t)128 << 10)
#define GZIP_WINDOW (15 + 16) /* a gzip header instead of zlib's */

struct pump {
	z_stream z;
	int out_fd;
	struct sha256_ctx *plain, *packed;
	int64_t packed_size;
	unsigned char in[CHUNK], out[CHUNK];
};

static int drain(struct pump *p, int flush, struct err *err)
{
	do {
		size_t n;

		p->z.next_out = p->out;
		p->z.avail_out = sizeof(p->out);
		if (deflate(&p->z, flush) == Z_STREAM_ERROR)
			return err_set(err, E_FAIL, "cannot compress");
		n = sizeof(p->out) - p->z.avail_out;
		sha256_update(p->packed, p->out, n);
		p->packed_size += (int64_t)n;
		if (fd_write_all(p->out_fd, p->out, n) < 0)
			return err_set(err, E_IO, "cannot write a compressed "
			    "copy: %m");
	} while (p->z.avail_out == 0);
	return 0;
}

static int run(struct pump *p, int fd, off_t off, int64_t len,
    struct err *err)
{
	while (len > 0) {
		size_t n = 0;
		int rc = file_read_at(fd, p->in,
		    (size_t)MIN(len, (int64_t)CHUNK), off, &n, err);

		if (rc < 0)
			return rc;
		sha256_update(p->plain, p->in, n);
		p->z.next_in = p->in;
		p->z.avail_in = (uInt)n;
		rc = drain(p, Z_NO_FLUSH, err);
		if (rc < 0)
			return rc;
		off += (off_t)n;
		len -= (int64_t)n;
	}
	p->z.next_in = p->in;
	p->z.avail_in = 0;
	return drain(p, Z_FINISH, err);
}

int gzip_range(int in_fd, off_t off, int64_t len, int out_fd,
    struct gzip_sums *ret, struct err *err)
{
	CLEANUP(free_p) struct pump *p = xcalloc(1, sizeof(*p));
	int rc;

	p->out_fd = out_fd;
	if (deflateInit2(&p->z, 6, Z_DEFLATED, GZIP_WINDOW, 8,
		Z_DEFAULT_STRATEGY) != Z_OK)
		return err_set(err, E_FAIL, "cannot start to compress");
	p->plain = sha256_begin();
	p->packed = sha256_begin();
	rc = run(p, in_fd, off, len, err);
	deflateEnd(&p->z);
	sha256_end(p->plain, ret->plain);
	sha256_end(p->packed, ret->packed);
	ret->packed_size = p->packed_size;
	return rc;
}
