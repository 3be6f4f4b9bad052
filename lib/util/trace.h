/*
 * CCDK_TRACE=http,creds,graph (or all): one line per event on stderr with a
 * timestamp and thread id. Off costs one branch. Secrets never go in: struct
 * creds has no formatter, header dumps drop Authorization and tokens.
 */
#ifndef CCDK_UTIL_TRACE_H
#define CCDK_UTIL_TRACE_H

#include "util/base.h"

enum trace_area {
	TRACE_HTTP,
	TRACE_AWS,
	TRACE_CREDS,
	TRACE_GRAPH,
	TRACE_ASSET,
	TRACE_APP,
	TRACE_COUNT
};

extern bool trace_on[TRACE_COUNT];
void trace_init(void); /* reads CCDK_TRACE */
void trace_put(enum trace_area area, const char *fmt, ...) PRINTF(2, 3);

#define TRACE(area, ...)						\
	do {								\
		if (trace_on[area])					\
			trace_put(area, __VA_ARGS__);			\
	} while (0)

#endif
