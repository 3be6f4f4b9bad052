/*
 * How far long uploads are: name, bytes, rate and time left, a line each in
 * the live part of a terminal (term/live.h), and "asset.progress" in the feed.
 * On a terminal nothing is shown until meter_enable(); thread-safe.
 *
 *	struct meter *m = meter_begin(&of, size);
 *	meter_add(m, sent);	as often as there is something new
 *	meter_end(m);
 */
#ifndef CCDK_ASSET_METER_H
#define CCDK_ASSET_METER_H

#include "util/feed.h"

struct meter;

/* Whose bytes; all borrowed until meter_end(). */
struct meter_of {
	const char *name; /* for the eye, may be NULL */
	/* of the event; a NULL feed wants none, the others may be NULL */
	struct feed *feed;
	const char *stack, *asset, *destination;
};

/* sink: a terminal's (term/term.h). */
void meter_enable(struct sink *sink);
/* NULL when nobody looks or total is small; the others do nothing with
 * NULL. */
struct meter *meter_begin(const struct meter_of *of, int64_t total);
void meter_add(struct meter *m, int64_t bytes);
void meter_end(struct meter *m);

/* One line, at most columns - 1 wide (0: any). Pure; yours. */
char *meter_line(const char *name, int64_t done, int64_t total,
    int64_t elapsed_ms, unsigned columns);

#endif
