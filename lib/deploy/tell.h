/*
 * What happens to stacks, as events of the feed (util/feed.h): their names and
 * members, in one place. ccdk-deploy(1) has the table. Without a feed nothing
 * is done.
 */
#ifndef CCDK_DEPLOY_TELL_H
#define CCDK_DEPLOY_TELL_H

#include "cfn/activity.h"
#include "cfn/lineage.h"
#include "deploy/deploy.h"

/* {"stack": name}; yours */
cJSON *tell_stack(const char *name);

/* run.started: which stacks, in which order, where. */
void tell_run(struct app *app, const struct stack_list *stacks,
    unsigned concurrency);
/* stack.started */
void tell_started(struct app *app, const struct stack *s);
/* approval.asked, .given, .declined, or .failed when nobody could be asked;
 * why may be NULL */
void tell_approval(struct app *app, const char *stack, const char *event,
    const char *why);
/* The same of several together. */
void tell_approvals(struct app *app, const struct strvec *stacks,
    const char *event, const char *why);
/* changeset.created; cs is DescribeChangeSet's answer */
void tell_change_set(struct app *app, const char *stack, const cJSON *cs);
/* stack.succeeded */
void tell_succeeded(struct app *app, const char *stack,
    const struct deploy_result *r, int64_t took_ms);
/* stack.destroyed */
void tell_destroyed(struct app *app, const char *stack, int64_t took_ms);
/* stack.rolledBack (done false: there was nothing to do),
 * stack.rollbackFailed */
void tell_rolled_back(struct app *app, const char *stack, bool done,
    int64_t took_ms);
void tell_rollback_failed(struct app *app, const char *stack,
    const struct err *err, int64_t took_ms);
/* stack.settled, of an operation that was only watched */
void tell_settled(struct app *app, const char *stack, const char *status);
/* stack.failed, with the facts of the error */
void tell_failed(struct app *app, const char *stack, const struct err *err,
    int64_t took_ms);
/* run.finished, with the facts of a failure; err may be NULL */
void tell_finished(struct app *app, int status, const struct err *err);

#endif
