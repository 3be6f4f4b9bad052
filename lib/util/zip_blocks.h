/*
 * One deflate stream of a file that is too large for memory, by several
 * threads: blocks of a fixed size, each with the window of the one before, so
 * that the bytes are the same however many threads there are.
 */
#ifndef CCDK_UTIL_ZIP_BLOCKS_H
#define CCDK_UTIL_ZIP_BLOCKS_H

#include "util/err.h"
#include "util/pool.h"

struct zip_blocks {
	struct pool *pool;
	int fd;		  /* read from where it is to its end */
	const char *name; /* of the file, for messages */
	int level;
	/* Gets the stream piece by piece, in order, on the caller's thread. */
	int (*put)(void *arg, const void *p, size_t n, struct err *err);
	void *arg;
};

/* *ret_size: bytes read, whose CRC-32 is *ret_crc. */
MUST_USE int zip_blocks_deflate(const struct zip_blocks *o, uint64_t *ret_size,
    uint32_t *ret_crc, struct err *err);

#endif
