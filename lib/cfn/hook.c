#include "cfn/hook.h"

#include "util/utf8.h"

#define MESSAGE_MAX 400 /* UTF-16 units, as the reference counts */

bool hook_failed(const char *status)
{
	return streq0(status, "HOOK_COMPLETE_FAILED") ||
	    streq0(status, "HOOK_FAILED");
}

/* White space becomes one blank, none at the ends; what is long is cut. */
static void add_message(struct strbuf *out, const char *text)
{
	const char *p = text, *end = text + strlen(text);
	size_t units = 0;
	bool gap = false;

	while (p < end) {
		size_t n = utf8_space(p, (size_t)(end - p)), unit;

		if (n) {
			gap = units > 0;
			p += n;
			continue;
		}
		unit = utf8_get(p, (size_t)(end - p), &n) > 0xffff ? 2 : 1;
		if (units + gap + unit > MESSAGE_MAX) {
			if (gap && units < MESSAGE_MAX)
				strbuf_addc(out, ' ');
			strbuf_adds(out, "[...truncated]");
			return;
		}
		if (gap)
			strbuf_addc(out, ' ');
		strbuf_addsv(out, (struct sv){ p, n });
		units += gap + unit;
		gap = false;
		p += n;
	}
}

static void add_rule(struct strbuf *b, const cJSON *annotation)
{
	const char *name = json_str(annotation, "AnnotationName");
	const char *message = json_str(annotation, "StatusMessage");
	const char *remedy = json_str(annotation, "RemediationMessage");

	if (name)
		strbuf_addf(b, "\n[%s]", name);
	if (message) {
		strbuf_adds(b, "\n• ");
		add_message(b, message);
	}
	if (remedy) {
		strbuf_adds(b, "\nRemediation: ");
		add_message(b, remedy);
	}
	strbuf_addc(b, '\n');
}

char *hook_details(const cJSON *result)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	const char *reason = json_str(result, "HookStatusReason");

	JSON_EACH(a, json_get(result, "Annotations")) {
		if (!streq0(json_str(a, "Status"), "FAILED"))
			continue;
		if (!b.len)
			strbuf_adds(&b, "NonCompliant Rules:\n");
		add_rule(&b, a);
	}
	if (b.len) {
		strbuf_rtrim(&b);
		return strbuf_detach(&b);
	}
	if (!reason || !*reason || !hook_failed(json_str(result, "Status")))
		return NULL;
	add_message(&b, reason);
	return strbuf_detach(&b);
}

char *hook_fetch(struct aws *aws, struct sink *sink, const char *id)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	CLEANUP(err_release) struct err e = { 0 };

	json_put_str(in, "HookResultId", id);
	if (aws_call(aws, OP_CFN_GET_HOOK_RESULT, in, &out, &e) == 0)
		return hook_details(out);
	msg_warn(sink, "Could not fetch extra detail for Hook invocation %s "
	    "(%s). Run again with -v to see the full error.", id,
	    err_text(&e));
	return NULL;
}
