/* Shared by activity.c and activity_bar.c only. */
#ifndef CCDK_CFN_ACTIVITY_INTERNAL_H
#define CCDK_CFN_ACTIVITY_INTERNAL_H

#include "cfn/activity.h"
#include "cfn/estimate.h"
#include "cfn/lineage.h"
#include "term/live.h"
#include "term/style.h"

struct activity {
	struct activity_opts o;
	struct progress progress;
	size_t type_width;
	struct event_list failures;
	struct strmap busy; /* "stack's ARN\nlogical id" -> one-entry list */
	struct event_list settled; /* just completed, with a reason */
	struct strmap hooks; /* "id\nhook type" -> char * reason */
	struct lineage tree;
	bool rolled_back, delete_skipped;
	int64_t began_ms, last_row_ms; /* mono_ms() */
	struct estimate *estimate; /* NULL: nobody asks */
	struct live_part part;
	bool is_live; /* the part is shown */
	pthread_mutex_t lock; /* it all, against the one who draws */
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
/* What is left, see estimate_left(). */
int64_t activity_left(const struct activity *a, int64_t now_ms);
/* What stands there while it goes on, and what stays. */
void bar_lines(const struct activity *a, unsigned columns,
    struct strvec *out);
void bar_last_lines(const struct activity *a, unsigned columns,
    struct strvec *out);
void fleet_line(const struct activity *a, unsigned columns,
    struct strvec *out);

#endif
