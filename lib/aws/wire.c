#include "aws/wire.h"

#include <strings.h>

#include "util/digest.h"
#include "util/xml.h"

/* ---- hints --------------------------------------------------------------- */

static struct sv sv_after(struct sv v, const char *at)
{
	return (struct sv){ at, v.n - (size_t)(at - v.p) };
}

static struct hint read_hint(struct sv w)
{
	const char *eq = memchr(w.p, '=', w.n);
	const char *gt = memchr(w.p, '>', w.n);
	struct hint h = { .member = w, .kind = ' ' };

	if (w.n > 2 && memcmp(w.p + w.n - 2, "[]", 2) == 0) {
		h.kind = '[';
		h.member.n -= 2;
	} else if (w.n > 1 && w.p[w.n - 1] == '?') {
		h.kind = '?';
		h.member.n--;
	} else if (w.n > 1 && w.p[w.n - 1] == '!') {
		h.kind = '!';
		h.member.n--;
	} else if (eq && sv_starts(w, "body=")) {
		h.kind = 'b';
		h.arg = h.root = sv_after(w, eq + 1);
		if (gt) {
			h.arg.n = (size_t)(gt - h.arg.p);
			h.root = sv_after(w, gt + 1);
		}
	} else if (eq && sv_after(w, eq).n > 3 && eq[2] == ':') {
		h.member.n = (size_t)(eq - w.p);
		h.kind = eq[1];
		h.arg = sv_after(w, eq + 3);
	} else if (gt) {
		h.member.n = (size_t)(gt - w.p);
		h.kind = '>';
		h.arg = sv_after(w, gt + 1);
	}
	return h;
}

bool hint_next(struct sv *rest, struct hint *ret)
{
	struct sv word;

	while (sv_next(rest, ' ', &word)) {
		if (!word.n)
			continue;
		*ret = read_hint(word);
		return true;
	}
	return false;
}

bool hint_find(const struct aws_op *op, char kind, const char *member,
    struct hint *ret)
{
	struct sv rest = sv_from(op->hints ? op->hints : "");
	struct hint h;

	while (hint_next(&rest, &h)) {
		if (h.kind != kind || (member && !sv_eq(h.member, member)))
			continue;
		*ret = h;
		return true;
	}
	return false;
}

const char *hint_wire_name(const struct aws_op *op, const char *member,
    struct strbuf *buf)
{
	struct hint h;

	if (!hint_find(op, '>', member, &h))
		return member;
	strbuf_reset(buf);
	strbuf_addsv(buf, h.arg);
	return buf->buf;
}

/* ---- requests ------------------------------------------------------------ */

void wire_request_release(struct wire_request *r)
{
	strbuf_release(&r->path);
	strbuf_release(&r->query);
	strbuf_release(&r->body);
	strvec_release(&r->headers);
	free(r->bucket);
	*r = (struct wire_request)WIRE_REQUEST_INIT;
}

bool wire_scalar(const cJSON *v, struct strbuf *out)
{
	if (cJSON_IsString(v))
		strbuf_adds(out, v->valuestring);
	else if (cJSON_IsBool(v))
		strbuf_adds(out, cJSON_IsTrue(v) ? "true" : "false");
	else if (cJSON_IsNumber(v))
		json_write_number(out, v->valuedouble);
	else
		return false;
	return true;
}

int wire_build(const struct aws_op *op, const cJSON *in,
    struct wire_request *ret, struct err *err)
{
	switch (op->protocol) {
	case AWS_QUERY:
	case AWS_EC2:
		return wire_query_build(op, in, ret, err);
	case AWS_JSON10:
	case AWS_JSON11:
		return wire_json_build(op, in, ret, err);
	case AWS_REST_JSON:
	case AWS_REST_XML:
		return wire_rest_build(op, in, ret, err);
	}
	return err_set(err, E_FAIL, "operation '%s' has no protocol",
	    op->name);
}

/* ---- replies ------------------------------------------------------------- */

static bool is_xml_protocol(const struct aws_op *op)
{
	return op->protocol == AWS_QUERY || op->protocol == AWS_EC2 ||
	    op->protocol == AWS_REST_XML;
}

/* Members that come in headers. */
static void add_headers(const struct aws_op *op, const struct http_res *res,
    cJSON *out)
{
	struct sv rest = sv_from(op->hints ? op->hints : "");
	struct hint h;

	while (hint_next(&rest, &h)) {
		CLEANUP(free_p) char *name = NULL;
		CLEANUP(free_p) char *member = NULL;
		const char *value;

		if (h.kind != 'r')
			continue;
		name = sv_dup(h.arg);
		value = http_res_header(res, name);
		member = sv_dup(h.member);
		if (value)
			json_put_str(out, member, value);
	}
}

/* A reply that is nobody's markup. */
static cJSON *raw_body(const struct hint *h, const struct http_res *res)
{
	CLEANUP(strbuf_release) struct strbuf b64 = STRBUF_INIT;
	CLEANUP(free_p) char *member = sv_dup(h->member);
	cJSON *out = cJSON_CreateObject();

	b64_encode(&b64, res->body.buf, res->body.len);
	json_put_str(out, member, b64.buf);
	return out;
}

static int read_body(const struct aws_op *op, const struct http_res *res,
    cJSON **ret, struct err *err)
{
	struct sv body = sv_trim(strbuf_sv(&res->body));
	struct hint raw;

	if (hint_find(op, '!', NULL, &raw)) {
		*ret = raw_body(&raw, res);
		return 0;
	}

	if (!body.n) {
		*ret = cJSON_CreateObject();
		return 0;
	}
	if (is_xml_protocol(op))
		return wire_xml_read(op, body, ret, err);
	return json_parse(body, op->name, ret, err);
}

/* S3 answers long operations with 200 before it knows how they end. */
static bool is_error_in_200(const struct aws_op *op,
    const struct http_res *res)
{
	CLEANUP(free_p) char *code = NULL, *msg = NULL, *id = NULL;

	struct hint raw;

	return (op->flags & OP_S3) && op->protocol == AWS_REST_XML &&
	    res->body.len && !hint_find(op, '!', NULL, &raw) && strstr(res->body.buf, "<Error>") &&
	    wire_xml_error(strbuf_sv(&res->body), &code, &msg, &id);
}

/* No AWS service answers our requests with a page. */
static bool is_page(const struct http_res *res)
{
	struct sv body = sv_trim(strbuf_sv(&res->body));

	/* the text ends with a NUL */
	return body.n && (strncasecmp(body.p, "<html", 5) == 0 ||
	    strncasecmp(body.p, "<!doctype html", 14) == 0);
}

int wire_reply(const struct aws_op *op, const struct http_res *res,
    cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *out = NULL;

	if (is_error_in_200(op, res))
		return wire_error(op, res, err);
	if (is_page(res))
		return err_set(err, E_INVALID, "%s was answered with a web "
		    "page, not by AWS: a proxy or the sign-in page of this "
		    "network stands in between", op->name);
	/* cut off on its way: there may be a whole one next time */
	if (read_body(op, res, &out, err) < 0)
		return err_set(err, E_NET, "the reply to %s cannot be read: "
		    "%s", op->name, err_text(err));
	if (!cJSON_IsObject(out))
		return err_set(err, E_INVALID, "the reply to %s is not an "
		    "object", op->name);
	add_headers(op, res, out);
	*ret = TAKE(out);
	return 0;
}

/* ---- errors -------------------------------------------------------------- */

/* Replies without a body (HEAD) or from something between us and AWS. */
static const char *code_of_status(int status)
{
	static const struct {
		int status;
		const char *code;
	} codes[] = {
		{ 301, "PermanentRedirect" }, { 307, "TemporaryRedirect" },
		{ 400, "BadRequest" }, { 403, "Forbidden" },
		{ 404, "NotFound" }, { 408, "RequestTimeout" },
		{ 412, "PreconditionFailed" }, { 413, "RequestEntityTooLarge" },
		{ 429, "TooManyRequestsException" },
		{ 500, "InternalError" }, { 502, "BadGateway" },
		{ 503, "ServiceUnavailable" }, { 504, "GatewayTimeout" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		if (codes[i].status == status)
			return codes[i].code;
	}
	return "UnknownError";
}

/* "com.amazon#Code:http://..." is Code */
static char *bare_code(const char *s)
{
	const char *hash = strchr(s, '#');

	s = hash ? hash + 1 : s;
	return xstrndup(s, strcspn(s, ":,"));
}

static bool json_error(const struct http_res *res, char **code, char **msg)
{
	const char *type = http_res_header(res, "x-amzn-errortype");
	const char *text;
	CLEANUP(json_free_p) cJSON *doc = NULL;

	if (res->body.len && json_parse(strbuf_sv(&res->body), "reply", &doc,
	    NULL) < 0)
		doc = NULL;
	if (!type)
		type = json_str(doc, "__type");
	if (!type)
		type = json_str(doc, "code");
	text = json_str(doc, "message");
	if (!text)
		text = json_str(doc, "Message");
	if (!text)
		text = json_str(doc, "errorMessage");
	if (!type)
		return false;
	*code = bare_code(type);
	*msg = xstrdup0(text);
	return true;
}

static char *request_id(const struct http_res *res)
{
	static const char *const names[] = { "x-amzn-requestid",
		"x-amz-request-id", "x-amz-id-2" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *v = http_res_header(res, names[i]);

		if (v)
			return xstrdup(v);
	}
	return NULL;
}

static char *message_without_body(const struct aws_op *op,
    const struct http_res *res)
{
	const char *type = http_res_header(res, "content-type");

	if (!res->body.len)
		return xasprintf("%s was answered with HTTP status %d",
		    op->name, res->status);
	if (is_page(res))
		return xasprintf("%s was answered with HTTP status %d and a "
		    "web page: a proxy may stand between here and AWS",
		    op->name, res->status);
	return xasprintf("%s was answered with HTTP status %d and no AWS "
	    "error (%s)", op->name, res->status,
	    type ? type : "no content type");
}

/* Begins like what AWS answers, but lacks its end. */
static bool is_cut(const struct aws_op *op, const struct http_res *res)
{
	struct sv body = sv_trim(strbuf_sv(&res->body));
	CLEANUP(json_free_p) cJSON *doc = NULL;

	if (!body.n || is_page(res) ||
	    body.p[0] != (is_xml_protocol(op) ? '<' : '{'))
		return false;
	return (is_xml_protocol(op) ? xml_parse(body, &doc, NULL)
				    : json_parse(body, "reply", &doc, NULL)) < 0;
}

int wire_error(const struct aws_op *op, const struct http_res *res,
    struct err *err)
{
	CLEANUP(free_p) char *code = NULL, *msg = NULL, *id = NULL;
	const char *region = http_res_header(res, "x-amz-bucket-region");
	bool found;

	found = is_xml_protocol(op) ?
	    wire_xml_error(strbuf_sv(&res->body), &code, &msg, &id) :
	    json_error(res, &code, &msg);
	if (!found && is_cut(op, res))
		return err_set(err, E_NET, "the reply to %s (HTTP status %d) "
		    "cannot be read: its end is missing", op->name,
		    res->status);
	if (!found)
		code = xstrdup(code_of_status(res->status));
	if (!msg)
		msg = found ? xstrdup(code) : message_without_body(op, res);
	/* the bucket lives elsewhere: say where */
	if (region && (res->status / 100 == 3 || res->status == 400))
		(void)err_set(err, E_AWS, "%s (the bucket is in region '%s')",
		    msg, region);
	else
		(void)err_set(err, E_AWS, "%s", msg);
	if (!err)
		return E_AWS;
	err->http_status = res->status;
	err->aws_code = TAKE(code);
	err->request_id = id ? TAKE(id) : request_id(res);
	return E_AWS;
}
