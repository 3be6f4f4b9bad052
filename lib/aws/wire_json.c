/*
 * AWS JSON 1.0 and 1.1: everything in one JSON document, the operation in a
 * header.
 */
#include "aws/wire.h"

int wire_json_build(const struct aws_op *op, const cJSON *in,
    struct wire_request *ret, struct err *err)
{
	(void)err;
	ret->method = "POST";
	strbuf_adds(&ret->path, "/");
	strvec_addf(&ret->headers, "Content-Type: application/x-amz-json-%s",
	    op->protocol == AWS_JSON10 ? "1.0" : "1.1");
	strvec_addf(&ret->headers, "X-Amz-Target: %s.%s", op->version,
	    op->name);
	if (in)
		json_write(&ret->body, in, 0);
	else
		strbuf_adds(&ret->body, "{}");
	return 0;
}
