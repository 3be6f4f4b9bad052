/*
 * XML bodies. The query protocol wraps replies in <XResponse><XResult> and
 * lists in <member>; REST-XML does neither; EC2 has <item> and lower-case
 * first letters. All of them come out as the API's own member names.
 */
#include "aws/wire.h"

#include "util/xml.h"

/* ---- reading ------------------------------------------------------------- */

struct fold {
	const struct aws_op *op;
	const char *item; /* list element: "member", "item" or NULL */
};

static cJSON *fold_value(const struct fold *f, const cJSON *v);

static cJSON *fold_list(const struct fold *f, const cJSON *v)
{
	cJSON *list = cJSON_CreateArray();

	if (cJSON_IsArray(v)) {
		JSON_EACH(item, v)
			json_push_take(list, fold_value(f, item));
	} else if (!cJSON_IsString(v) || *v->valuestring) {
		json_push_take(list, fold_value(f, v));
	}
	return list;
}

/* <X><member/><member/></X>: the only child is "member" */
static const cJSON *wrapped_items(const struct fold *f, const cJSON *v)
{
	if (!f->item || !cJSON_IsObject(v) || !v->child || v->child->next ||
	    !streq(v->child->string, f->item))
		return NULL;
	return v->child;
}

/* The API's name of an element, from "Vpcs>vpcSet" or by itself. */
static char *member_name(const struct fold *f, const char *wire)
{
	struct sv rest = sv_from(f->op->hints ? f->op->hints : "");
	struct hint h;
	char *name;

	while (hint_next(&rest, &h)) {
		if (h.kind == '>' && sv_eq(h.arg, wire))
			return sv_dup(h.member);
	}
	name = xstrdup(wire);
	if (f->op->protocol == AWS_EC2 && *name >= 'a' && *name <= 'z')
		*name = (char)(*name - 'a' + 'A');
	return name;
}

static cJSON *fold_member(const struct fold *f, const char *name,
    const cJSON *v)
{
	const cJSON *items = wrapped_items(f, v);
	struct hint h;

	if (items)
		return fold_list(f, items);
	if (hint_find(f->op, '[', name, &h))
		return fold_list(f, v);
	if (cJSON_IsString(v) && hint_find(f->op, '?', name, &h))
		return cJSON_CreateBool(streq(v->valuestring, "true"));
	return fold_value(f, v);
}

static cJSON *fold_value(const struct fold *f, const cJSON *v)
{
	cJSON *out;

	if (cJSON_IsArray(v))
		return fold_list(f, v);
	if (!cJSON_IsObject(v))
		return json_dup(v);
	out = cJSON_CreateObject();
	JSON_EACH(m, v) {
		CLEANUP(free_p) char *name = member_name(f, m->string);

		json_add_take(out, name, fold_member(f, name, m));
	}
	return out;
}

/* What is inside <XResponse><XResult>, or inside the root. */
static const cJSON *payload(const struct aws_op *op, const cJSON *root)
{
	CLEANUP(free_p) char *result = xasprintf("%sResult", op->name);
	const cJSON *inner = json_get(root, result);

	return op->protocol == AWS_QUERY && inner ? inner : root;
}

int wire_xml_read(const struct aws_op *op, struct sv body, cJSON **ret,
    struct err *err)
{
	struct fold f = { .op = op };
	CLEANUP(json_free_p) cJSON *doc = NULL;
	const cJSON *root;

	if (xml_parse(body, &doc, err) < 0)
		return E_INVALID;
	root = doc->child;
	if (!root)
		return err_set(err, E_INVALID, "no XML element");
	if (op->protocol == AWS_QUERY)
		f.item = "member";
	else if (op->protocol == AWS_EC2)
		f.item = "item";
	/* <LocationConstraint>eu-west-1</LocationConstraint> */
	if (!cJSON_IsObject(root)) {
		*ret = cJSON_CreateObject();
		if (!streq(root->valuestring ? root->valuestring : "", ""))
			json_put_str(*ret, root->string, root->valuestring);
		return 0;
	}
	root = payload(op, root);
	*ret = cJSON_IsObject(root) ? fold_value(&f, root) :
	    cJSON_CreateObject();
	return 0;
}

/* ---- errors -------------------------------------------------------------- */

static const char *first_str(const cJSON *o, const char *a, const char *b)
{
	const char *s = json_str(o, a);

	return s ? s : json_str(o, b);
}

bool wire_xml_error(struct sv body, char **code, char **msg, char **id)
{
	CLEANUP(json_free_p) cJSON *doc = NULL;
	const cJSON *root, *e;
	const char *rid;

	if (!body.n || xml_parse(body, &doc, NULL) < 0 || !doc->child)
		return false;
	root = doc->child;
	if (streq(root->string, "ErrorResponse"))
		e = json_get(root, "Error");
	else if (streq(root->string, "Response"))
		e = json_at(root, "Errors.Error");
	else
		e = streq(root->string, "Error") ? root : NULL;
	if (cJSON_IsArray(e))
		e = e->child;
	if (!json_str(e, "Code"))
		return false;
	*code = xstrdup(json_str(e, "Code"));
	*msg = xstrdup0(first_str(e, "Message", "message"));
	rid = first_str(root, "RequestId", "RequestID");
	*id = xstrdup0(rid ? rid : json_str(e, "RequestId"));
	return true;
}

/* ---- writing ------------------------------------------------------------- */

static int write_element(const struct aws_op *op, const char *name,
    const cJSON *v, struct strbuf *out, struct err *err)
{
	strbuf_addf(out, "<%s>", name);
	if (wire_xml_write(op, v, out, err) < 0)
		return E_INVALID;
	strbuf_addf(out, "</%s>", name);
	return 0;
}

int wire_xml_write(const struct aws_op *op, const cJSON *v,
    struct strbuf *out, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (wire_scalar(v, &text)) {
		xml_escape(out, text.buf);
		return 0;
	}
	if (!cJSON_IsObject(v))
		return err_set(err, E_INVALID, "%s: this input has no XML "
		    "form", op->name);
	JSON_EACH(m, v) {
		CLEANUP(strbuf_release) struct strbuf buf = STRBUF_INIT;
		const char *name = hint_wire_name(op, m->string, &buf);

		if (!cJSON_IsArray(m)) {
			if (write_element(op, name, m, out, err) < 0)
				return E_INVALID;
			continue;
		}
		JSON_EACH(item, m) {
			if (write_element(op, name, item, out, err) < 0)
				return E_INVALID;
		}
	}
	return 0;
}
