/*
 * Where the members of a tar archive lie, found by its headers alone (POSIX
 * ustar and pax, GNU long names): contents are neither read nor copied.
 * Pure: reads through a function, bounded in members and in name length.
 */
#ifndef CCDK_ASSET_TAR_INDEX_H
#define CCDK_ASSET_TAR_INDEX_H

#include "util/err.h"
#include "util/strmap.h"

struct tar_source {
	/* n bytes at off into p; how many there were, -1 with errno */
	ssize_t (*read)(void *arg, void *p, size_t n, off_t off);
	void *arg;
	off_t size;
};

struct tar_member {
	off_t off;
	int64_t size;
	char *link; /* a link's target, else NULL */
};

/* name, without a leading "./" -> struct tar_member *; the last of two
 * members of one name counts. Zero-filled is empty. */
struct tar_index {
	struct strmap members;
};

/* E_INVALID when it is not an archive of regular shape, E_TOOBIG. */
MUST_USE int tar_index_read(const struct tar_source *src,
    struct tar_index *ret, struct err *err);
void tar_index_release(struct tar_index *t);
/* Through links; NULL when there is no such file. */
const struct tar_member *tar_index_find(const struct tar_index *t,
    const char *name);

#endif
