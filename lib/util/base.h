/*
 * Ground rules every source file includes first: ownership helpers, compiler
 * attributes and the ban on calls that have bitten C programs before.
 *
 *	CLEANUP(json_free_p) cJSON *doc = NULL;	freed when the scope ends
 *	*ret = TAKE(doc);			hands ownership out instead
 *
 * A type gets its cleanup by DEFINE_CLEANUP(type, free_function), which makes
 * free_function_p; plain structs use their x_release directly.
 */
#ifndef CCDK_UTIL_BASE_H
#define CCDK_UTIL_BASE_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define MUST_USE __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define UNUSED __attribute__((unused))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

#define DEFINE_CLEANUP(T, fn)						\
	static inline UNUSED void fn##_p(T **p)				\
	{								\
		fn(*p);							\
	}

/* Moves a pointer out of a variable, which is left NULL. */
#define TAKE(p)								\
	__extension__({							\
		__typeof__(p) *s_ = &(p), v_ = *s_;			\
		*s_ = NULL;						\
		v_;							\
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* CLEANUP(free_p) char *text = ...; */
static inline UNUSED void free_p(void *p)
{
	free(*(void **)p);
}

static inline UNUSED bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* Equal, where NULL only equals NULL. */
static inline UNUSED bool streq0(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

#include "util/mem.h"

#include "util/banned.h"

#endif
