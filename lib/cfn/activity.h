/*
 * The progress display of one stack operation: a row per event, a bar redrawn
 * in place, a line beside those of other stacks, or failures only. Text goes
 * to the sink.
 */
#ifndef CCDK_CFN_ACTIVITY_H
#define CCDK_CFN_ACTIVITY_H

#include "cfn/events.h"
#include "util/feed.h"

/* done/total of an operation; pure. */
struct progress {
	int done;
	int total; /* 0: unknown */
	struct strmap counted; /* logical ids that were counted */
};
void progress_count(struct progress *p, const struct event *e);
/* " 3/12", "  3" without a total; yours */
char *progress_text(const struct progress *p);
void progress_release(struct progress *p);

enum activity_mode {
	ACTIVITY_EVENTS,
	ACTIVITY_BAR,	/* a block that moves, for one stack */
	ACTIVITY_FLEET, /* a line that moves, beside those of other stacks */
	ACTIVITY_ERRORS
};

/* All borrowed for the activity's life. */
struct activity_opts {
	struct sink *sink;
	enum activity_mode mode;
	int expected;	/* resources that will report, -1: unknown */
	bool is_update; /* DELETE_FAILED is provisional */
	const cJSON *template_;	     /* for the column width, or NULL */
	const cJSON *changes;	     /* those of the change set, or NULL */
	const struct strmap *paths;  /* logical id -> construct path, or NULL */
	const struct strmap *traces; /* logical id -> lines, or NULL */
	struct feed *feed;	     /* events as data, or NULL */
	const char *stack;	     /* name of the root stack, for it */
};

struct activity;
struct activity *activity_new(const struct activity_opts *o);
void activity_free(struct activity *a);
DEFINE_CLEANUP(struct activity, activity_free)
/* Events of earlier operations, newest first: are they of any use? */
bool activity_wants_past(const struct activity *a);
void activity_past(struct activity *a, const struct event *e);
void activity_add(struct activity *a, const struct event *e);
/* Says what is left to say at the end. */
void activity_stop(struct activity *a);

/* "9:48:54 PM" where the environment's language writes it so, else
 * "21:48:54"; local time */
void activity_time(int64_t time_ms, char ret[16]);
enum activity_mode activity_mode_of(const char *name);

#endif
