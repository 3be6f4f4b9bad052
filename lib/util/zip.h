/*
 * Folder to zip, byte-identical from run to run and machine to machine:
 * regular files only (links followed), breadth-first in byte order, time
 * 1980-01-01, full st_mode, UTF-8 names, deflate level 6, no extra fields,
 * zip64 only where needed. Files are compressed on several threads and
 * appended in order. Written beside the target and renamed.
 */
#ifndef CCDK_UTIL_ZIP_H
#define CCDK_UTIL_ZIP_H

#include "util/err.h"

struct zip_stats {
	size_t files;
	uint64_t bytes_in, bytes_out;
};

MUST_USE int zip_folder(const char *dir, const char *target,
    struct zip_stats *ret_stats /* may be NULL */, struct err *err);

#endif
