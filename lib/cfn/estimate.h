/*
 * How long a stack operation will still take, judged by how long the same
 * resources took before: the events of earlier operations, which the first
 * page of DescribeStackEvents brings along. What is still to come is the
 * longest way through the planned changes, each after those it refers to.
 * Pure; times are milliseconds of any one clock.
 */
#ifndef CCDK_CFN_ESTIMATE_H
#define CCDK_CFN_ESTIMATE_H

#include "cfn/events.h"

struct estimate *estimate_new(void);
void estimate_free(struct estimate *x);

/* An event of an earlier operation on the stack itself; newest first. */
void estimate_past(struct estimate *x, const struct event *e);
/* The change set's Changes and the template they come from; either NULL. */
void estimate_plan(struct estimate *x, const cJSON *changes,
    const cJSON *template_);
/* An event of this operation, seen at that time. */
void estimate_see(struct estimate *x, const struct event *e, int64_t now_ms);
/* -1: there is too little to judge by, or nothing that the past knows of is
 * left; 0: what is under way takes longer than it did. */
int64_t estimate_left(const struct estimate *x, int64_t now_ms);

/* "1:05", "1:02:03" */
void estimate_clock(int64_t ms, char ret[24]);

#endif
