/*
 * The REST protocols: members go into path, query, headers by template and
 * hints; what is left is the body. S3's bucket is kept apart from the path,
 * because its place (path or host name) is the endpoint's matter.
 */
#include "aws/wire.h"

#include "net/url.h"

struct rest {
	const struct aws_op *op;
	const cJSON *in;
	struct strvec used; /* members that have their place */
};

static int path_label(struct rest *r, struct sv label, struct strbuf *value,
    struct err *err)
{
	CLEANUP(free_p) char *name = sv_dup(label);
	const cJSON *v = json_get(r->in, name);

	if (!v || !wire_scalar(v, value) || !value->len)
		return err_set(err, E_INVALID, "%s needs a '%s'",
		    r->op->name, name);
	strvec_add(&r->used, name);
	return 0;
}

static int put_label(struct rest *r, struct sv label,
    struct wire_request *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;
	bool greedy = label.n && label.p[label.n - 1] == '+';

	if (greedy)
		label.n--;
	if (path_label(r, label, &value, err) < 0)
		return E_INVALID;
	if ((r->op->flags & OP_S3) && sv_eq(label, "Bucket") && !ret->bucket) {
		ret->bucket = strbuf_detach(&value);
		/* its slash goes with it */
		strbuf_setlen(&ret->path, 0);
		return 0;
	}
	url_encode(&ret->path, strbuf_sv(&value), greedy ? "/" : NULL);
	return 0;
}

/* "PUT /{Bucket}/{Key+}?x-id=PutObject" */
static int put_template(struct rest *r, struct wire_request *ret,
    struct err *err)
{
	const char *p = strchr(r->op->http, ' ') + 1;
	const char *end = p + strcspn(p, "?");

	while (p < end) {
		const char *open = memchr(p, '{', (size_t)(end - p));
		const char *close;

		if (!open) {
			strbuf_add(&ret->path, p, (size_t)(end - p));
			break;
		}
		strbuf_add(&ret->path, p, (size_t)(open - p));
		close = strchr(open, '}');
		if (put_label(r, (struct sv){ open + 1,
		    (size_t)(close - open - 1) }, ret, err) < 0)
			return E_INVALID;
		p = close + 1;
	}
	if (!ret->path.len || ret->path.buf[0] != '/')
		strbuf_insert(&ret->path, 0, "/", 1);
	if (*end == '?')
		strbuf_adds(&ret->query, end + 1);
	return 0;
}

static void add_query(struct wire_request *ret, struct sv name,
    struct sv value)
{
	if (ret->query.len)
		strbuf_addc(&ret->query, '&');
	url_encode(&ret->query, name, NULL);
	strbuf_addc(&ret->query, '=');
	url_encode(&ret->query, value, NULL);
}

static int put_one(const struct rest *r, const struct hint *h,
    const cJSON *v, struct wire_request *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (!wire_scalar(v, &text))
		return err_set(err, E_INVALID, "%s: '%.*s' must be a text or "
		    "number", r->op->name, SV_FMT(h->member));
	if (h->kind == 'q') {
		add_query(ret, h->arg, strbuf_sv(&text));
		return 0;
	}
	if (strpbrk(text.buf, "\r\n"))
		return err_set(err, E_INVALID, "%s: '%.*s' has a line break",
		    r->op->name, SV_FMT(h->member));
	strvec_addf(&ret->headers, "%.*s: %s", SV_FMT(h->arg), text.buf);
	return 0;
}

static int put_hinted(struct rest *r, struct wire_request *ret,
    struct err *err)
{
	struct sv rest = sv_from(r->op->hints ? r->op->hints : "");
	struct hint h;

	while (hint_next(&rest, &h)) {
		CLEANUP(free_p) char *name = NULL;
		const cJSON *v;

		if (h.kind != 'q' && h.kind != 'h')
			continue;
		name = sv_dup(h.member);
		v = json_get(r->in, name);
		if (!v || cJSON_IsNull(v))
			continue;
		strvec_add(&r->used, name);
		if (!cJSON_IsArray(v)) {
			if (put_one(r, &h, v, ret, err) < 0)
				return E_INVALID;
			continue;
		}
		JSON_EACH(item, v) {
			if (put_one(r, &h, item, ret, err) < 0)
				return E_INVALID;
		}
	}
	return 0;
}

static int put_json_body(const struct rest *r, struct wire_request *ret)
{
	CLEANUP(json_free_p) cJSON *left = cJSON_CreateObject();

	JSON_EACH(m, r->in) {
		if (!strvec_has(&r->used, m->string))
			json_add_take(left, m->string, json_dup(m));
	}
	if (!left->child && !streq(ret->method, "POST") &&
	    !streq(ret->method, "PUT"))
		return 0;
	strvec_add(&ret->headers, "Content-Type: application/json");
	json_write(&ret->body, left, 0);
	return 0;
}

static int put_xml_body(struct rest *r, struct wire_request *ret,
    struct err *err)
{
	CLEANUP(free_p) char *name = NULL;
	const cJSON *v;
	struct hint h;

	if (!hint_find(r->op, 'b', NULL, &h))
		return 0;
	name = sv_dup(h.arg);
	v = json_get(r->in, name);
	if (!v)
		return 0;
	strvec_add(&r->used, name);
	strvec_add(&ret->headers, "Content-Type: application/xml");
	strbuf_addf(&ret->body, "<%.*s", SV_FMT(h.root));
	if (r->op->flags & OP_S3)
		strbuf_adds(&ret->body,
		    " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"");
	strbuf_addc(&ret->body, '>');
	if (wire_xml_write(r->op, v, &ret->body, err) < 0)
		return E_INVALID;
	strbuf_addf(&ret->body, "</%.*s>", SV_FMT(h.root));
	return 0;
}

static const char *method_of(const char *http)
{
	static const char *const all[] = { "GET", "PUT", "POST", "DELETE",
		"HEAD", "PATCH" };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		size_t n = strlen(all[i]);

		if (strncmp(http, all[i], n) == 0 && http[n] == ' ')
			return all[i];
	}
	return NULL;
}

static int no_member_lost(const struct rest *r, struct err *err)
{
	JSON_EACH(m, r->in) {
		if (!strvec_has(&r->used, m->string))
			return err_set(err, E_INVALID,
			    "%s does not know how to send '%s'",
			    r->op->name, m->string);
	}
	return 0;
}

static int build(struct rest *r, struct wire_request *ret, struct err *err)
{
	ret->method = method_of(r->op->http);
	if (!ret->method)
		return err_set(err, E_FAIL, "bad row for %s", r->op->name);
	if (put_template(r, ret, err) < 0 || put_hinted(r, ret, err) < 0)
		return E_INVALID;
	if (r->op->protocol == AWS_REST_JSON)
		return put_json_body(r, ret);
	if (put_xml_body(r, ret, err) < 0)
		return E_INVALID;
	return no_member_lost(r, err);
}

int wire_rest_build(const struct aws_op *op, const cJSON *in,
    struct wire_request *ret, struct err *err)
{
	struct rest r = { .op = op, .in = in };
	int rc = build(&r, ret, err);

	strvec_release(&r.used);
	return rc;
}
