/*
 * Which nested stack hangs where, learnt from events as they come. Pure.
 */
#ifndef CCDK_CFN_LINEAGE_H
#define CCDK_CFN_LINEAGE_H

#include "cfn/events.h"

struct lineage {
	struct strmap kin; /* nested stack's ARN -> struct kin * */
};

/* Takes note when the event is about a nested stack. */
void lineage_note(struct lineage *l, const struct event *e);
/* Appends the logical ids that lead from the root to the stack of that ARN,
 * outermost first; none for the root and for a stack that is not known. */
void lineage_path(const struct lineage *l, const char *stack_arn,
    struct strvec *ret);
void lineage_release(struct lineage *l);

/* The ARN of the stack that the event belongs to, never NULL. */
const char *event_stack(const struct event *e);

#endif
