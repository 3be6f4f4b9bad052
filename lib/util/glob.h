/*
 * Glob matching as picomatch does it: '*' and '?' stop at '/', '**' does not,
 * {a,b}, [ab], [!ab], !(x), ?(x), +(x), *(x), @(x); case-sensitive; a leading
 * dot of a path segment needs an explicit dot. A leading '!' is the caller's
 * business. Pure, bounded in time.
 */
#ifndef CCDK_UTIL_GLOB_H
#define CCDK_UTIL_GLOB_H

#include "util/base.h"

bool glob_match(const char *pattern, const char *text);

#endif
