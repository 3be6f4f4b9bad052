#include "util/err.h"

#include "util/json.h"

void err_release(struct err *e)
{
	if (!e)
		return;
	if (e->cause) {
		err_release(e->cause);
		free(e->cause);
	}
	free(e->aws_code);
	free(e->request_id);
	free(e->name);
	free(e->msg);
	free(e->note);
	cJSON_Delete(e->facts);
	*e = (struct err){ 0 };
}

void err_set_(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;
	char *msg;

	if (!e)
		return;
	/* formatted before the release: arguments may point into the old one */
	va_start(ap, fmt);
	msg = xvasprintf(fmt, ap);
	va_end(ap);
	err_release(e);
	e->code = code;
	e->msg = msg;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
	CLEANUP(free_p) char *prefix = NULL;
	va_list ap;
	char *msg;

	if (!e)
		return E_FAIL;
	va_start(ap, fmt);
	prefix = xvasprintf(fmt, ap);
	va_end(ap);
	msg = xasprintf("%s: %s", prefix, err_text(e));
	free(e->msg);
	e->msg = msg;
	return e->code ? e->code : E_FAIL;
}

int err_over(struct err *e, const char *name, const char *fmt, ...)
{
	struct err *cause;
	va_list ap;
	char *msg;
	int code;

	if (!e)
		return E_FAIL;
	va_start(ap, fmt);
	msg = xvasprintf(fmt, ap);
	va_end(ap);
	code = e->code ? e->code : E_FAIL;
	cause = xcalloc(1, sizeof(*cause));
	err_move(cause, e);
	e->code = code;
	e->msg = msg;
	e->name = xstrdup0(name);
	e->cause = cause;
	return code;
}

void err_set_name(struct err *e, const char *name)
{
	if (!e)
		return;
	free(e->name);
	e->name = xstrdup0(name);
}

void err_move(struct err *dst, struct err *src)
{
	if (!dst) {
		err_release(src);
		return;
	}
	err_release(dst);
	*dst = *src;
	*src = (struct err){ 0 };
}

void err_copy(struct err *dst, const struct err *src)
{
	struct err copy = {
		.code = src->code,
		.http_status = src->http_status,
		.aws_code = xstrdup0(src->aws_code),
		.request_id = xstrdup0(src->request_id),
		.name = xstrdup0(src->name),
		.msg = xstrdup0(src->msg),
		.note = xstrdup0(src->note),
		.facts = src->facts ? json_dup(src->facts) : NULL,
	};

	if (src->cause) {
		copy.cause = xcalloc(1, sizeof(*copy.cause));
		err_copy(copy.cause, src->cause);
	}
	err_release(dst);
	*dst = copy;
}

void err_add_note(struct err *e, const char *note, cJSON *facts)
{
	if (!e) {
		cJSON_Delete(facts);
		return;
	}
	free(e->note);
	e->note = xstrdup0(note);
	cJSON_Delete(e->facts);
	e->facts = facts;
}

const cJSON *err_facts(const struct err *e)
{
	for (; e; e = e->cause)
		if (e->facts)
			return e->facts;
	return NULL;
}

bool err_is_aws(const struct err *e, const char *aws_code)
{
	return e && e->aws_code && streq(e->aws_code, aws_code);
}

const char *err_class(const struct err *e)
{
	if (e->name)
		return e->name;
	return e->aws_code ? e->aws_code : "Error";
}

const char *err_text(const struct err *e)
{
	return e && e->msg ? e->msg : "unknown error";
}
