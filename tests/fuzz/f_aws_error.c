/*
 * Replies and errors of every protocol. First byte: the operation; second:
 * the status; the rest is the body.
 */
#include "aws/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(const struct aws_op *op, struct http_res *res)
{
	struct err err = { 0 };
	cJSON *out = NULL;

	if (wire_reply(op, res, &out, &err) == 0) {
		if (!cJSON_IsObject(out))
			abort();
	} else if (out || !err.code || !err.msg) {
		abort();
	}
	json_free(out);
	err_release(&err);
	if (wire_error(op, res, &err) != E_AWS || !err.aws_code || !err.msg)
		abort();
	err_release(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const int statuses[] = { 200, 301, 400, 403, 404, 429, 500, 503 };
	struct http_res res = { .body = STRBUF_INIT };

	if (n < 2)
		return 0;
	res.status = statuses[data[1] % ARRAY_SIZE(statuses)];
	res.headers.free_value = free;
	if (data[1] & 0x80)
		strmap_set(&res.headers, "x-amz-bucket-region",
		    xstrdup("eu-west-1"));
	strbuf_add(&res.body, data + 2, n - 2);
	check(&aws_ops[data[0] % OP_COUNT], &res);
	http_res_release(&res);
	return 0;
}
