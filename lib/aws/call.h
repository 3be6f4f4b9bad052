/*
 * The one call path: build (wire_*) -> endpoint -> sign -> send with retries
 * -> decode -> error. Input and output are cJSON for every protocol; member
 * names are the API's own. XML lists come back as JSON arrays.
 *
 *	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
 *	json_put_str(in, "StackName", name);
 *	if (aws_call(a, OP_CFN_DESCRIBE_STACKS, in, &out, err) < 0) ...
 *	const char *st = json_str(out, "Stacks.0.StackStatus");
 *
 * Errors: code E_AWS with aws_code, http_status, request_id; msg is AWS's own
 * message. Throttling, 5xx, lost connections and clock skew are retried inside
 * (full jitter, bounded). A new API is a row in ops.def.
 */
#ifndef CCDK_AWS_CALL_H
#define CCDK_AWS_CALL_H

#include "aws/ops.h"
#include "aws/session.h"

/* A request body that is not JSON: memory or a file range. */
struct aws_body {
	struct sv data;
	bool from_fd;
	int fd;
	off_t off, len;
	const char *content_type;
	const char *sha256_hex; /* NULL: computed */
	/* carries a checksum in a header: the bytes themselves are signed only
	 * where somebody could change them on the way (http_is_private) */
	bool checked;
};

/* Did a call fail for a while only: throttled, 5xx, no reply? (After its own
 * attempts; asking again later makes sense.) */
bool aws_may_pass(const struct err *e);

MUST_USE int aws_call(struct aws *a, enum aws_op_id op, const cJSON *in,
    cJSON **ret_out, struct err *err);
/* For S3 uploads. */
MUST_USE int aws_call_body(struct aws *a, enum aws_op_id op, const cJSON *in,
    const struct aws_body *body, cJSON **ret_out, struct err *err);
/* Every item of every page; each() returns 0 to go on, 1 to stop,
 * AWS_LAST_PAGE to go on in this page but not to ask for a further one. */
#define AWS_LAST_PAGE 2
MUST_USE int aws_pages(struct aws *a, enum aws_op_id op, const cJSON *in,
    int (*each)(void *u, const cJSON *item), void *u, struct err *err);

#endif
