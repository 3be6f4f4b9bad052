/*
 * The query protocol: a form with dotted names. EC2 has the same form with
 * flat lists and capital letters.
 */
#include "aws/wire.h"

#include "net/url.h"

#define DEPTH_MAX 50

struct query {
	const struct aws_op *op;
	struct strbuf *form;
	unsigned depth;
};

static void add_pair(struct query *q, const char *name, struct sv value)
{
	strbuf_addc(q->form, '&');
	url_encode(q->form, sv_from(name), NULL);
	strbuf_addc(q->form, '=');
	url_encode(q->form, value, NULL);
}

static int flatten(struct query *q, const char *name, const cJSON *v,
    struct err *err);

static int flatten_list(struct query *q, const char *name, const cJSON *v,
    struct err *err)
{
	const char *mid = q->op->protocol == AWS_EC2 ? "" : ".member";
	unsigned i = 0;

	/* what the reference sends for "empty", as opposed to "not given" */
	if (!v->child && q->op->protocol != AWS_EC2)
		add_pair(q, name, SV(""));
	JSON_EACH(item, v) {
		CLEANUP(free_p) char *sub = xasprintf("%s%s.%u", name, mid,
		    ++i);

		if (flatten(q, sub, item, err) < 0)
			return E_INVALID;
	}
	return 0;
}

static int flatten_members(struct query *q, const char *prefix,
    const cJSON *v, struct err *err)
{
	JSON_EACH(m, v) {
		CLEANUP(strbuf_release) struct strbuf buf = STRBUF_INIT;
		const char *wire = hint_wire_name(q->op, m->string, &buf);
		CLEANUP(free_p) char *sub = xasprintf("%s%s%s", prefix,
		    *prefix ? "." : "", wire);

		if (flatten(q, sub, m, err) < 0)
			return E_INVALID;
	}
	return 0;
}

static int flatten(struct query *q, const char *name, const cJSON *v,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int rc = 0;

	/* unsigned requests carry a token instead */
	text.secret = q->op->flags & OP_UNSIGNED;
	if (cJSON_IsNull(v))
		return 0;
	if (wire_scalar(v, &text)) {
		add_pair(q, name, strbuf_sv(&text));
		return 0;
	}
	if (++q->depth > DEPTH_MAX)
		return err_set(err, E_INVALID, "%s: input '%s' is nested too "
		    "deep", q->op->name, name);
	if (cJSON_IsArray(v))
		rc = flatten_list(q, name, v, err);
	else
		rc = flatten_members(q, name, v, err);
	q->depth--;
	return rc;
}

int wire_query_build(const struct aws_op *op, const cJSON *in,
    struct wire_request *ret, struct err *err)
{
	struct query q = { .op = op, .form = &ret->body };

	ret->method = "POST";
	strbuf_adds(&ret->path, "/");
	strvec_add(&ret->headers,
	    "Content-Type: application/x-www-form-urlencoded");
	strbuf_addf(&ret->body, "Action=%s&Version=%s", op->name, op->version);
	return flatten_members(&q, "", in, err);
}
