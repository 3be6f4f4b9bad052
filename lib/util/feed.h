/*
 * What happens in a run as data (`--json`): one JSON object per line on
 * stdout, in the order in which things happened. Every line has
 *
 *	schemaVersion	1
 *	time		"2026-01-31T12:00:00.000Z"
 *	event		what happened: "stack.started", "asset.published" ...
 *
 * and what belongs to the event. New events and members may come with any
 * release; a change of meaning raises the version. Thread-safe.
 */
#ifndef CCDK_UTIL_FEED_H
#define CCDK_UTIL_FEED_H

#include "util/json.h"
#include "util/msg.h"

#define FEED_SCHEMA 1

struct feed {
	struct sink *sink; /* borrowed */
};

/* fields (may be NULL) is taken; a NULL feed only frees it. */
void feed_put(const struct feed *f, const char *event, cJSON *fields);

#endif
