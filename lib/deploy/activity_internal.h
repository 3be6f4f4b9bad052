/* Shared by activity.c and activity_bar.c only. */
#ifndef CCDK_DEPLOY_ACTIVITY_INTERNAL_H
#define CCDK_DEPLOY_ACTIVITY_INTERNAL_H

#include "deploy/activity.h"
#include "deploy/lineage.h"
#include "term/style.h"

struct activity {
	struct activity_opts o;
	struct progress progress;
	size_t type_width;
	struct event_list failures;
	struct strmap busy; /* logical id -> struct event * (one-entry list) */
	struct event_list settled; /* just completed, with a reason */
	struct strmap hooks; /* "id\nhook type" -> char * reason */
	struct lineage tree;
	bool rolled_back, delete_skipped;
	int64_t last_row_ms; /* mono_ms() */
};

#define STATUS_WIDTH 23

/* "B/Resource" for the display: path or logical id; borrowed */
const char *activity_name(const struct activity *a, const struct event *e);
/* Reason with what a failed hook said; yours, NULL when there is none. */
char *activity_reason(const struct activity *a, const struct event *e);
void activity_add_trace(const struct activity *a, const struct event *e,
    struct strbuf *out);
bool activity_is_provisional(const struct activity *a,
    const struct event *e);
void bar_draw(struct activity *a);
void bar_end(struct activity *a);

#endif
