/*
 * Following an operation that somebody else has started on a stack.
 */
#ifndef CCDK_DEPLOY_ATTACH_H
#define CCDK_DEPLOY_ATTACH_H

#include "app/access.h"
#include "cfn/cfnstack.h"

/*
 * `attach`: shows what happens to the stack (a name or ARN) until its
 * operation is over; an error when it did not end well. A stack on which
 * nothing is under way is no error. s: the same one in the app, or NULL.
 */
MUST_USE int attach_stack(struct app *app, const char *name,
    const struct stack *s, struct err *err);

struct attach_request {
	const char *stack_name;
	const char *shown; /* in messages */
	struct aws *aws;
	const struct strmap *paths;
	const char *progress; /* NULL: what suits the terminal */
};
/* --wait: until nothing is under way on the stack, which *now was read of;
 * *now is read again then. */
MUST_USE int attach_wait(struct app *app, const struct attach_request *r,
    struct cfnstack *now, struct err *err);

#endif
