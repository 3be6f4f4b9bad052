#include "deploy/investigate.h"

#include "aws/call.h"
#include "net/url.h"

#define LOG_LINES 50

void inquiry_begin(struct inquiry *q)
{
	strbuf_addc(&q->out, '\n');
}

void inquiry_line(struct inquiry *q, const char *fmt, ...)
{
	CLEANUP(free_p) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	strbuf_addf(&q->out, "\n   %s", text);
}

void inquiry_link(struct inquiry *q, const char *label, const char *url)
{
	inquiry_line(q, "%s: %s", label, url);
}

void inquiry_log(struct inquiry *q, struct strvec *lines)
{
	size_t from = lines->n > LOG_LINES ? lines->n - LOG_LINES : 0;

	if (from)
		inquiry_line(q, "... (%zu earlier lines omitted)", from);
	for (size_t i = from; i < lines->n; i++)
		inquiry_line(q, "%s", lines->v[i]);
	strvec_release(lines);
}

cJSON *inquiry_call(struct inquiry *q, enum aws_op_id op, cJSON *in)
{
	CLEANUP(json_free_p) cJSON *mine = in;
	CLEANUP(err_release) struct err e = { 0 };
	cJSON *out = NULL;

	if (aws_call(q->aws, op, mine, &out, &e) == 0)
		return out;
	msg_debug(q->sink, "Looking into %s: %s failed: %s", q->e->logical_id,
	    aws_ops[op].name, err_text(&e));
	return NULL;
}

/* Encoded twice, with '$' for '%'. */
char *inquiry_log_page(const struct inquiry *q, const char *group)
{
	CLEANUP(strbuf_release) struct strbuf once = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf twice = STRBUF_INIT;
	const char *region = aws_region(q->aws);

	url_encode(&once, sv_from(group), "!'()*");
	url_encode(&twice, strbuf_sv(&once), "!'()*");
	for (size_t i = 0; i < twice.len; i++)
		if (twice.buf[i] == '%')
			twice.buf[i] = '$';
	return xasprintf("https://%s.console.aws.amazon.com/cloudwatch/home?"
	    "region=%s#logsV2:log-groups/log-group/%s", region, region,
	    twice.buf);
}

static void (*way_of(const char *type))(struct inquiry *q)
{
	if (streq(type, "AWS::ECS::Service"))
		return investigate_ecs_service;
	if (streq(type, "AWS::CloudFormation::CustomResource") ||
	    str_starts(type, "Custom::"))
		return investigate_custom_resource;
	return NULL;
}

char *investigate(struct app *app, const struct deploy_request *r,
    const struct event *e)
{
	void (*way)(struct inquiry *q) = way_of(e->type);
	CLEANUP(stack_access_release) struct stack_access access = { 0 };
	CLEANUP(err_release) struct err err = { 0 };
	struct inquiry q = { .sink = app->sink, .r = r, .e = e,
		.out = STRBUF_INIT };

	if (!way || !r->stack || !str_ends(e->status, "_FAILED"))
		return NULL;
	if (access_for_lookup(app, r->stack, &access, &err) < 0) {
		msg_debug(app->sink, "Looking into %s: %s", e->logical_id,
		    err_text(&err));
		return NULL;
	}
	q.aws = access.aws;
	way(&q);
	return q.out.len ? strbuf_detach(&q.out) : NULL;
}
