/*
 * Which files a zip of a folder has, in which order: breadth-first, the
 * entries of each folder in byte order, links followed, everything but
 * regular files left out (also links that lead nowhere).
 */
#ifndef CCDK_UTIL_ZIP_WALK_H
#define CCDK_UTIL_ZIP_WALK_H

#include "util/err.h"
#include "util/strbuf.h"

/* Names relative to dir, '/' between; appended to ret, which is zero-filled. */
MUST_USE int zipwalk(const char *dir, struct strvec *ret, struct err *err);

#endif
