/*
 * Doing something again whenever a file of the project changes: one run at a
 * time, and one more after it for whatever happened meanwhile. Messages are
 * the reference's. Serves every command that watches.
 */
#ifndef CCDK_WATCH_WATCH_H
#define CCDK_WATCH_WATCH_H

#include "util/msg.h"
#include "watch/filter.h"

struct watch_opts {
	const char *root; /* of the project */
	const struct watch_filter *filter;
	const char *command;  /* "cdk synth" */
	const char *activity; /* "synthesis" */
	struct sink *sink;
	/* One run, on a thread of its own; tells of its failures itself. */
	void (*run)(void *arg);
	void *arg;
};

/*
 * Runs once, then after each change, until the process is ended by a signal
 * or cancel_request() (0 then). Errors are those of watching only.
 */
MUST_USE int watch_run(const struct watch_opts *o, struct err *err);

#endif
