/*
 * Which files a zip of a folder has, in which order: breadth-first, the
 * entries of each folder in byte order, links followed, everything but
 * regular files left out (also links that lead nowhere).
 */
#ifndef CCDK_UTIL_ZIP_WALK_H
#define CCDK_UTIL_ZIP_WALK_H

#include "util/err.h"
#include "util/strbuf.h"

struct zip_file {
	char *name; /* relative to the folder, '/' between */
	uint64_t size;
};

struct zip_files {
	struct zip_file *v;
	size_t n, cap;
};

/* Appended to ret, which is zero-filled. */
MUST_USE int zipwalk(const char *dir, struct zip_files *ret, struct err *err);
void zip_files_release(struct zip_files *f);

#endif
