/*
 * References as people read them: ${Id}, ${Id.Attr}, joined text. Any other
 * function becomes its compact JSON.
 */
#include "diff/tree.h"

static cJSON *intrinsic(const cJSON *j)
{
	cJSON *c = cJSON_IsObject(j) ? j->child : NULL;

	if (!c || c->next)
		return NULL;
	return streq(c->string, "Ref") || str_starts(c->string, "Fn::") ? c
									: NULL;
}

static bool is_no_value(const cJSON *j)
{
	const cJSON *fn = intrinsic(j);

	return fn && streq(fn->string, "Ref") && cJSON_IsString(fn) &&
	    streq(fn->valuestring, "AWS::NoValue");
}

static cJSON *string_of(struct strbuf *b)
{
	return cJSON_CreateString(b->buf);
}

/* {fn: rendered args} as text */
static cJSON *as_json(const char *fn, const cJSON *args)
{
	CLEANUP(json_free_p) cJSON *o = cJSON_CreateObject();
	CLEANUP(free_p) char *text = NULL;
	cJSON *value = intrinsic_render(args);

	if (value)
		json_add_take(o, fn, value);
	text = json_text(o, 0);
	return cJSON_CreateString(text);
}

static void add_element(struct strbuf *b, const cJSON *j)
{
	if (j && !cJSON_IsNull(j))
		js_string(b, j);
}

static cJSON *render_join(const cJSON *args)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	const cJSON *sep = cJSON_IsArray(args) ? args->child : NULL;
	const cJSON *list = sep ? sep->next : NULL;
	bool first = true;

	if (!cJSON_IsArray(list)) {
		CLEANUP(json_free_p) cJSON *two = cJSON_CreateArray();

		json_push_take(two, sep ? json_dup(sep) : cJSON_CreateNull());
		json_push_take(two, list ? json_dup(list)
					 : cJSON_CreateNull());
		return as_json("Fn::Join", two);
	}
	JSON_EACH(c, list) {
		CLEANUP(json_free_p) cJSON *v = NULL;

		if (is_no_value(c))
			continue;
		v = intrinsic_render(c);
		if (!first)
			js_string(&b, sep);
		first = false;
		add_element(&b, v);
	}
	return string_of(&b);
}

/* Only the first two parts are shown; what is not there reads "undefined". */
static cJSON *render_get_att(const cJSON *args)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	const cJSON *part = cJSON_IsArray(args) ? args->child : NULL;

	strbuf_adds(&b, "${");
	for (int i = 0; i < 2; i++) {
		if (part)
			js_string(&b, part);
		else
			strbuf_adds(&b, "undefined");
		if (i == 0)
			strbuf_addc(&b, '.');
		part = part ? part->next : NULL;
	}
	strbuf_addc(&b, '}');
	return string_of(&b);
}

static cJSON *render_ref(const cJSON *args)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	strbuf_adds(&b, "${");
	js_string(&b, args);
	strbuf_addc(&b, '}');
	return string_of(&b);
}

static cJSON *render_inside(const cJSON *j)
{
	cJSON *copy =
	    cJSON_IsArray(j) ? cJSON_CreateArray() : cJSON_CreateObject();

	JSON_EACH(c, j) {
		cJSON *v = is_no_value(c) ? NULL : intrinsic_render(c);

		if (!v)
			continue;
		if (cJSON_IsArray(j)) {
			json_push_take(copy, v);
		} else {
			/* adding by name would look the name up each time */
			v->string = c->string;
			v->type |= cJSON_StringIsConst;
			cJSON_AddItemToArray(copy, v);
		}
	}
	return copy;
}

static cJSON *render_plain(const cJSON *j)
{
	if (cJSON_IsArray(j) || cJSON_IsObject(j))
		return render_inside(j);
	if (cJSON_IsString(j))
		return cJSON_CreateStringReference(j->valuestring);
	if (cJSON_IsNumber(j))
		return cJSON_CreateNumber(j->valuedouble);
	return cJSON_IsBool(j) ? cJSON_CreateBool(cJSON_IsTrue(j))
			       : cJSON_CreateNull();
}

cJSON *intrinsic_render(const cJSON *j)
{
	const cJSON *fn;

	if (!j || is_no_value(j))
		return NULL;
	fn = intrinsic(j);
	if (!fn)
		return render_plain(j);
	if (streq(fn->string, "Ref"))
		return render_ref(fn);
	if (streq(fn->string, "Fn::GetAtt"))
		return render_get_att(fn);
	if (streq(fn->string, "Fn::Join"))
		return render_join(fn);
	return as_json(fn->string, fn);
}
