/*
 * Operations on a stack as its events tell of them: which one was the last,
 * who started it, how it ended.
 */
#ifndef CCDK_CFN_OPERATION_H
#define CCDK_CFN_OPERATION_H

#include "aws/call.h"

struct operation {
	char *token;	  /* ClientRequestToken; NULL: none is told */
	char *first;	  /* "UPDATE_IN_PROGRESS", or what began it */
	char *status;	  /* the newest of the stack itself within it */
	char *reason;	  /* of that, or NULL */
	char *arn;	  /* of the stack */
	int64_t since_ms; /* when it began, by the service's clock */
	bool ended;
	bool is_last; /* no other has begun after it */
};

/*
 * The last operation on a stack (name or ARN); with a token, that one.
 * Events before not_before_ms are not read. E_NOTFOUND: there is none, or no
 * such stack.
 */
MUST_USE int operation_find(struct aws *aws, const char *stack,
    const char *token, int64_t not_before_ms, struct operation *ret,
    struct err *err);
void operation_release(struct operation *o);

/* Who seems to have started it: "the console", "a CDK CLI"; pure. */
const char *operation_origin(const struct operation *o);

/* ---- pure part, for tests ---- */

struct operation_scan {
	const char *token; /* wanted; NULL: the last one */
	int64_t not_before_ms;
	struct operation *op;
	size_t seen; /* events */
};
/* Takes the next event, newest first; 1: no more are needed. */
int operation_scan(struct operation_scan *s, const cJSON *event);

#endif
