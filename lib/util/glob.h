/*
 * Glob matching as picomatch 4 does it with its default options: '*' and '?'
 * stop at '/', '**' as a whole segment does not, {a,b}, {a..c} (one character),
 * [ab], [^ab] ([!ab] contains '!'), [[:alpha:]], !(x), ?(x), +(x), *(x), @(x),
 * "quoted" and \escaped; case-sensitive; a wildcard at the start of a path
 * segment does not match a dot; a pattern that ends in a wildcard of its last
 * segment also takes a trailing '/'. A leading '!' is the caller's business.
 *
 * Pure; time and memory are bounded, a match that would take longer is none.
 * Not taken over: raw regular expressions inside patterns, and that repeated
 * groups picomatch holds for dangerous match only themselves.
 */
#ifndef CCDK_UTIL_GLOB_H
#define CCDK_UTIL_GLOB_H

#include "util/base.h"

enum glob_flags {
	GLOB_DOT = 1u << 0, /* wildcards match a leading dot */
};

bool glob_match(const char *pattern, const char *text);
bool glob_match_with(const char *pattern, const char *text, unsigned flags);

#endif
