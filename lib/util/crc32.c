#include "util/crc32.h"

#include <libdeflate.h>

#include "util/file.h"

/* What stays in a processor's own cache between reading and counting. */
#define BLOCK ((size_t)256 << 10)

uint32_t crc32_data(struct sv data)
{
	return libdeflate_crc32(0, data.p ? data.p : "", data.n);
}

int crc32_fd(int fd, off_t off, off_t len, uint32_t *ret, struct err *err)
{
	CLEANUP(free_p) char *buf = xmalloc(BLOCK);
	uint32_t crc = 0;

	while (len > 0) {
		size_t n = 0;
		int rc = file_read_at(fd, buf, (size_t)MIN(len, (off_t)BLOCK),
		    off, &n, err);

		if (rc < 0)
			return rc;
		crc = libdeflate_crc32(crc, buf, n);
		off += (off_t)n;
		len -= (off_t)n;
	}
	*ret = crc;
	return 0;
}

void crc32_bytes(uint32_t crc, unsigned char ret[4])
{
	for (int i = 0; i < 4; i++)
		ret[i] = (unsigned char)(crc >> (24 - 8 * i));
}
