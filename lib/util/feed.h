/*
 * What happens in a run as data (`--json`): one JSON object per line on
 * stdout, in the order in which things happened. Every line has
 *
 *	schemaVersion	1
 *	time		"2026-01-31T12:00:00.000Z"
 *	event		what happened: "stack.started", "asset.succeeded" ...
 *
 * and what belongs to the event; ccdk-deploy(1) lists them. New events and
 * members may come with any release; a change of meaning raises the version.
 * Thread-safe.
 */
#ifndef CCDK_UTIL_FEED_H
#define CCDK_UTIL_FEED_H

#include "util/json.h"
#include "util/msg.h"
#include "util/strmap.h"

#define FEED_SCHEMA 1

struct feed {
	struct sink *sink; /* gets the lines; borrowed, NULL: nobody does */
	/* Is told of every event, one at a time; NULL: nobody is. Must not
	 * put events itself. */
	void (*watch)(void *arg, const char *event, const cJSON *fields);
	void *watch_arg;
	pthread_mutex_t lock; /* the rest, and the order of the lines */
	struct strmap tally;  /* event -> how many (intptr_t) */
};

void feed_init(struct feed *f, struct sink *sink);
void feed_release(struct feed *f);
/* fields (may be NULL) is taken; a NULL feed only frees it. */
void feed_put(struct feed *f, const char *event, cJSON *fields);
/* {"stack.succeeded": 2, ...} so far; yours */
cJSON *feed_counts(struct feed *f);

#endif
