#include "aws/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses the operation, the rest is the body of its reply. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_res res = { .status = 200, .body = STRBUF_INIT };
	CLEANUP(json_free_p) cJSON *out = NULL;
	CLEANUP(err_release) struct err err = { 0 };

	if (!size)
		return 0;
	strbuf_add(&res.body, data + 1, size - 1);
	(void)!wire_reply(&aws_ops[data[0] % OP_COUNT], &res, &out, &err);
	strbuf_release(&res.body);
	return 0;
}
