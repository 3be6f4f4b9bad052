#include "cfn/operation.h"

#include "util/timeutil.h"

#define EVENTS_MAX 20000

void operation_release(struct operation *o)
{
	free(o->token);
	free(o->first);
	free(o->status);
	free(o->reason);
	free(o->arn);
	*o = (struct operation){ 0 };
}

static bool is_of_stack(const cJSON *e)
{
	const char *id = json_str(e, "StackId");

	return id && streq0(id, json_str(e, "PhysicalResourceId"));
}

/* "X_COMPLETE_CLEANUP_IN_PROGRESS" does not end in what it begins with. */
static bool is_end(const char *status)
{
	return str_ends(status, "_COMPLETE") || str_ends(status, "_FAILED");
}

/* The newest event of the operation says where it stands. */
static void begin(struct operation *op, const cJSON *e, const char *status)
{
	const char *reason = json_str(e, "ResourceStatusReason");

	op->status = xstrdup(status);
	op->reason = reason && *reason ? xstrdup(reason) : NULL;
	op->token = xstrdup0(json_str(e, "ClientRequestToken"));
	op->arn = xstrdup(json_str(e, "StackId"));
	op->ended = is_end(status) || streq(status, "REVIEW_IN_PROGRESS");
}

static void extend(struct operation *op, const char *status, int64_t at)
{
	free(op->first);
	op->first = xstrdup(status);
	op->since_ms = at;
}

/*
 * Is this older event of the stack one of an operation before? Two operations
 * differ by their token; without tokens, by an end between them.
 */
static bool is_before(const struct operation *op, const cJSON *e,
    const char *status)
{
	const char *token = json_str(e, "ClientRequestToken");

	if (op->token || token)
		return !streq0(op->token, token);
	return is_end(status) || streq(status, "REVIEW_IN_PROGRESS");
}

int operation_scan(struct operation_scan *s, const cJSON *event)
{
	const char *status = json_str(event, "ResourceStatus");
	const char *time = json_str(event, "Timestamp");
	struct operation *op = s->op;
	int64_t at;

	if (!time || !time_parse_iso(time, &at) || at < s->not_before_ms ||
	    ++s->seen > EVENTS_MAX)
		return 1;
	if (!status || !is_of_stack(event))
		return 0;
	if (op->status) {
		if (is_before(op, event, status))
			return 1;
	} else if (s->token &&
	    !streq0(s->token, json_str(event, "ClientRequestToken"))) {
		op->is_last = false;
		return 0;
	} else {
		begin(op, event, status);
	}
	extend(op, status, at);
	return 0;
}

static int each(void *u, const cJSON *event)
{
	return operation_scan(u, event);
}

int operation_find(struct aws *aws, const char *stack, const char *token,
    int64_t not_before_ms, struct operation *ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	CLEANUP(operation_release) struct operation op = { .is_last = true };
	CLEANUP(err_release) struct err e = { 0 };
	struct operation_scan s = { token, not_before_ms, &op, 0 };
	int r;

	json_put_str(in, "StackName", stack);
	r = aws_pages(aws, OP_CFN_DESCRIBE_STACK_EVENTS, in, each, &s, &e);
	if (r < 0 && !(err_is_aws(&e, "ValidationError") &&
			 strstr(err_text(&e), "does not exist"))) {
		err_move(err, &e);
		return r;
	}
	if (!op.status)
		return err_set(err, E_NOTFOUND, "stack '%s' has no events of "
		    "such an operation", stack);
	*ret = op;
	op = (struct operation){ 0 };
	return 0;
}

const char *operation_origin(const struct operation *o)
{
	const char *t = o->token ? o->token : "";

	if (str_starts(t, "Console-"))
		return "the AWS console";
	if ((str_starts(t, "exec") && strlen(t) == 40) ||
	    ((str_starts(t, "create") || str_starts(t, "update")) &&
		strlen(t) == 42))
		return "a CDK CLI";
	return "somebody else";
}
