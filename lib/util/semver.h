/*
 * Semantic versions (semver.org 2.0.0) and the ranges npm writes them in:
 * "^1.2", "~1.2.3", "1.x", ">=1 <3 || 5", "1.0 - 2". Prereleases count as
 * members of a range. Pure; texts that are too long or malformed are in no
 * range.
 */
#ifndef CCDK_UTIL_SEMVER_H
#define CCDK_UTIL_SEMVER_H

#include "util/base.h"

bool semver_in_range(const char *version, const char *range);

#endif
