/*
 * What a zip archive holds, by its central directory: a digest over names,
 * sizes, checksums and modes in their order. Archives of the same files agree
 * whichever program compressed them. Bounded; reads through a function, so
 * that the archive may be far away.
 */
#ifndef CCDK_UTIL_ZIP_LIST_H
#define CCDK_UTIL_ZIP_LIST_H

#include "util/digest.h"

struct zip_source {
	/* exactly n bytes at off, appended to ret */
	int (*read)(void *arg, int64_t off, size_t n, struct strbuf *ret,
	    struct err *err);
	void *arg;
	int64_t size;
};

/* E_INVALID when it is no archive, E_TOOBIG for zip64 and large directories. */
MUST_USE int zip_list_digest(const struct zip_source *src,
    unsigned char ret[SHA256_LEN], struct err *err);

#endif
