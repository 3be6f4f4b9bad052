/*
 * Gzip of a file range, streamed: memory stays small whatever the size. No
 * name and no time goes into the header, so equal input gives equal output.
 */
#ifndef CCDK_UTIL_GZIP_H
#define CCDK_UTIL_GZIP_H

#include "util/digest.h"

struct gzip_sums {
	unsigned char plain[SHA256_LEN], packed[SHA256_LEN];
	int64_t packed_size;
};

/* From in_fd's bytes off to off + len into out_fd at its position. */
MUST_USE int gzip_range(int in_fd, off_t off, int64_t len, int out_fd,
    struct gzip_sums *ret, struct err *err);

#endif
