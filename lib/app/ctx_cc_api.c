#include "app/ctx.h"

int ctx_member(const cJSON *o, const char *path, const cJSON **ret,
    struct err *err)
{
	struct sv rest = sv_from(path), part;

	while (sv_next(&rest, '.', &part)) {
		CLEANUP(free_p) char *name = sv_dup(part);

		if (cJSON_IsNull(o))
			return err_set(err, E_INVALID, "Cannot read "
			    "properties of null (reading '%s')", name);
		o = cJSON_IsArray(o) ? json_at(o, name) : json_get(o, name);
		if (!o)
			return err_set(err, E_INVALID, "Cannot read field %s. "
			    "%s is not found.", path, name);
	}
	*ret = o;
	return 0;
}

/* Texts, numbers and booleans; a list or an object equals nothing. */
static bool equal(const cJSON *a, const cJSON *b)
{
	return !cJSON_IsArray(a) && !cJSON_IsObject(a) && json_same(a, b);
}

static int matches(const cJSON *properties, const cJSON *wanted, bool *ret,
    struct err *err)
{
	*ret = true;
	JSON_EACH(w, wanted) {
		const cJSON *have;
		int rc = ctx_member(properties, w->string, &have, err);

		if (rc < 0)
			return rc;
		*ret = equal(have, w);
		if (!*ret)
			break;
	}
	return 0;
}

/* {id, properties}: a resource as the questions see it. */
static int add_resource(cJSON *list, const cJSON *description,
    struct err *err)
{
	const char *id = json_str(description, "Identifier");
	const char *text = json_str(description, "Properties");
	cJSON *properties = NULL, *r;
	int rc = json_parse(sv_from(text ? text : "{}"), "Properties",
	    &properties, err);

	if (rc < 0)
		return rc;
	r = cJSON_CreateObject();
	json_put_str(r, "id", id ? id : "*MISSING*");
	json_add_take(r, "properties", properties);
	json_push_take(list, r);
	return 0;
}

/* "headline\nwhat happened" */
static int wrapped(struct err *err, const struct err *why,
    const char *headline)
{
	return err_set(err, E_FAIL, "%s\n%s", headline, err_text(why));
}

/* ---- one by its identifier ----------------------------------------------- */

static int get(struct aws *cc, const char *type, const char *id, cJSON *ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	const cJSON *found;
	int rc;

	json_put_str(in, "TypeName", type);
	json_put_str(in, "Identifier", id);
	rc = aws_call(cc, OP_CC_GET_RESOURCE, in, &out, err);
	if (rc < 0)
		return rc;
	found = json_get(out, "ResourceDescription");
	if (!found)
		return err_set(err, E_CONFIG, "Unexpected CloudControl API "
		    "behavior: returned empty response");
	return add_resource(ret, found, err);
}

static int get_one(struct aws *cc, const char *type, const char *id,
    cJSON *ret, struct err *err)
{
	CLEANUP(err_release) struct err why = { 0 };
	CLEANUP(free_p) char *headline = NULL;
	int rc = get(cc, type, id, ret, &why);

	if (rc == 0)
		return 0;
	if (err_is_aws(&why, "ResourceNotFoundException"))
		return err_set(err, E_NOTFOUND, "No resource of type %s with "
		    "identifier: %s", type, id);
	if (rc == E_CONFIG) {
		err_move(err, &why);
		return rc;
	}
	headline = xasprintf("Encountered CC API error while getting %s "
	    "resource %s", type, id);
	return wrapped(err, &why, headline);
}

/* ---- all that match ------------------------------------------------------ */

struct listing {
	const char *type;
	const cJSON *wanted;
	char *wanted_text;
	bool at_most_one, at_least_one;
};

static const char *expected_text(const struct listing *l)
{
	return l->at_most_one && l->at_least_one ? "exactly one" :
	    l->at_most_one			 ? "at most one" :
						   "at least one";
}

static int add_page(const struct listing *l, const cJSON *page, cJSON *ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *all = cJSON_CreateArray();

	JSON_EACH(d, json_get(page, "ResourceDescriptions")) {
		int rc = add_resource(all, d, err);

		if (rc < 0)
			return rc;
	}
	JSON_EACH(r, all) {
		bool hit;
		int rc = matches(json_get(r, "properties"), l->wanted, &hit,
		    err);

		if (rc < 0)
			return rc;
		if (hit)
			json_push_take(ret, json_dup(r));
	}
	return 0;
}

/* E_CONFIG: a count that does not fit, said in full. */
static int too_many(const struct listing *l, int n, bool more,
    struct err *err)
{
	if (!l->at_most_one || n <= 1)
		return 0;
	return err_set(err, E_CONFIG, "Found %s%d resources matching %s; "
	    "expected %s. Please narrow the search criteria",
	    more ? "at least " : "", n, l->wanted_text, expected_text(l));
}

static int list_pages(struct aws *cc, const struct listing *l, cJSON *in,
    cJSON *ret, struct err *err)
{
	CLEANUP(free_p) char *last = NULL;

	for (;;) {
		CLEANUP(json_free_p) cJSON *out = NULL;
		const char *token;
		int rc = aws_call(cc, OP_CC_LIST_RESOURCES, in, &out, err);

		if (rc == 0)
			rc = add_page(l, out, ret, err);
		token = json_str(out, "NextToken");
		if (rc == 0)
			rc = too_many(l, cJSON_GetArraySize(ret),
			    token && *token, err);
		if (rc < 0 || !token || !*token)
			return rc;
		/* or we would ask for ever */
		if (last && streq(last, token))
			return err_set(err, E_INVALID, "ListResources keeps "
			    "answering with the same page");
		free(last);
		last = xstrdup(token);
		json_put_str(in, "NextToken", token);
	}
}

static int list_matching(struct aws *cc, const struct listing *l,
    const cJSON *model, cJSON *ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	CLEANUP(err_release) struct err why = { 0 };
	CLEANUP(free_p) char *headline = NULL;
	int rc;

	json_put_str(in, "TypeName", l->type);
	if (ctx_truthy(model)) {
		CLEANUP(free_p) char *text = json_text(model, 0);

		json_put_str(in, "ResourceModel", text);
	}
	json_put_num(in, "MaxResults", 100);
	rc = list_pages(cc, l, in, ret, &why);
	if (rc == E_CONFIG && !why.aws_code) {
		err_move(err, &why);
		return rc;
	}
	if (rc < 0) {
		headline = xasprintf("Encountered CC API error while listing "
		    "%s resources matching %s", l->type, l->wanted_text);
		return wrapped(err, &why, headline);
	}
	if (l->at_least_one && !ret->child)
		return err_set(err, E_NOTFOUND, "Could not find any resources "
		    "matching %s; expected %s.", l->wanted_text,
		    expected_text(l));
	return 0;
}

/* ---- the question -------------------------------------------------------- */

static bool all_objects(const cJSON *list)
{
	if (!cJSON_IsArray(list))
		return false;
	JSON_EACH(item, list)
		if (!cJSON_IsObject(item))
			return false;
	return true;
}

static int protocol_error(struct err *err, const char *what, const cJSON *v,
    const char *end)
{
	CLEANUP(free_p) char *text = json_text(v, 0);

	return err_set(err, E_CONFIG, "Provider protocol error: %s%s%s", what,
	    text, end);
}

static int check_props(const cJSON *props, struct err *err)
{
	const cJSON *dummy = json_get(props, "dummyValue");

	if (ctx_truthy(json_get(props, "exactIdentifier")) &&
	    ctx_truthy(json_get(props, "propertyMatch")))
		return protocol_error(err, "specify either exactIdentifier or "
		    "propertyMatch, but not both (got ", props, ")");
	if (!dummy &&
	    ctx_truthy(json_get(props, "ignoreErrorOnMissingContext")))
		return protocol_error(err, "if ignoreErrorOnMissingContext is "
		    "set, a dummyValue must be supplied (got ", props, ")");
	if (dummy && !all_objects(dummy))
		return protocol_error(err, "dummyValue must be an array of "
		    "objects (got ", dummy, ")");
	return 0;
}

static bool is_one_of(const char *v, const char *a, const char *b)
{
	return v && (streq(v, a) || streq(v, b));
}

static int find(const struct lookup *q, struct aws *cc, cJSON *ret,
    struct err *err)
{
	const cJSON *props = q->props;
	const cJSON *wanted = json_get(props, "propertyMatch");
	const char *count = json_str(props, "expectedMatchCount");
	CLEANUP(free_p) char *type = ctx_text(props, "typeName");
	CLEANUP(free_p) char *id = ctx_text(props, "exactIdentifier");
	CLEANUP(free_p) char *wanted_text = NULL;
	struct listing l = { .type = type, .wanted = wanted };

	if (ctx_truthy(json_get(props, "exactIdentifier")))
		return get_one(cc, type, id, ret, err);
	if (!ctx_truthy(wanted))
		return protocol_error(err, "neither exactIdentifier nor "
		    "propertyMatch is specified in ", props, ".");
	l.wanted_text = wanted_text = json_text(wanted, 0);
	l.at_most_one = is_one_of(count, "at-most-one", "exactly-one");
	l.at_least_one = is_one_of(count, "at-least-one", "exactly-one");
	return list_matching(cc, &l, json_get(props, "resourceModel"), ret,
	    err);
}

static int shape(const cJSON *resources, const cJSON *names, cJSON **ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *list = cJSON_CreateArray();

	JSON_EACH(r, resources) {
		CLEANUP(json_free_p) cJSON *o = cJSON_CreateObject();

		JSON_EACH(name, names) {
			const char *path = name->valuestring;
			const cJSON *v;
			int rc;

			if (!cJSON_IsString(name))
				continue;
			rc = ctx_member(json_get(r, "properties"), path, &v,
			    err);
			if (rc < 0)
				return rc;
			json_add_take(o, path, json_dup(v));
		}
		json_put_str(o, "Identifier", json_str(r, "id"));
		json_push_take(list, TAKE(o));
	}
	*ret = TAKE(list);
	return 0;
}

int ctx_cc_api(const struct lookup *q, cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *found = cJSON_CreateArray();
	struct aws *cc;
	int rc = check_props(q->props, err);

	if (rc == 0)
		rc = lookup_client(q, &cc, err);
	if (rc < 0)
		return rc;
	rc = find(q, cc, found, err);
	if (rc == E_NOTFOUND &&
	    ctx_truthy(json_get(q->props, "ignoreErrorOnMissingContext"))) {
		*ret = json_dup(json_get(q->props, "dummyValue"));
		return 0;
	}
	return rc < 0 ? rc : shape(found,
	    json_get(q->props, "propertiesToReturn"), ret, err);
}
