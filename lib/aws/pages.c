#include "aws/call.h"

static int visit(const struct aws_op *op, const cJSON *out,
    int (*each)(void *u, const cJSON *item), void *u)
{
	int last = 0;

	JSON_EACH(item, json_at(out, op->items)) {
		int rc = each(u, item);

		if (rc == AWS_LAST_PAGE)
			last = rc;
		else if (rc)
			return rc;
	}
	return last;
}

int aws_pages(struct aws *a, enum aws_op_id id, const cJSON *in,
    int (*each)(void *u, const cJSON *item), void *u, struct err *err)
{
	const struct aws_op *op = &aws_ops[id];
	CLEANUP(json_free_p) cJSON *page_in = in ? json_dup(in) :
	    cJSON_CreateObject();
	CLEANUP(free_p) char *last = NULL;

	for (;;) {
		CLEANUP(json_free_p) cJSON *out = NULL;
		const char *token;
		int rc = aws_call(a, id, page_in, &out, err);

		if (rc < 0)
			return rc;
		rc = visit(op, out, each, u);
		if (rc)
			return rc < 0 ? rc : 0;
		token = op->token_out ? json_str(out, op->token_out) : NULL;
		if (!token || !*token)
			return 0;
		/* or we would ask for ever */
		if (last && streq(last, token))
			return err_set(err, E_INVALID, "%s keeps answering "
			    "with the same page", op->name);
		free(last);
		last = xstrdup(token);
		json_put_str(page_in, op->token_in, token);
	}
}
