#include "diff/sso.h"

#include "diff/statement.h"

/* A value as text; `none` when it is not there. */
static void add_value(struct strbuf *b, const cJSON *j, const char *none)
{
	if (j)
		js_string(b, j);
	else
		strbuf_adds(b, none);
}

static char *cell(const cJSON *props, const char *key)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	const cJSON *j = json_get(props, key);

	if (!cJSON_IsNull(j))
		add_value(&b, j, "");
	return strbuf_detach(&b);
}

static void add_reference(struct strbuf *b, const cJSON *ref)
{
	strbuf_adds(b, "Name: ");
	add_value(b, json_get(ref, "Name"), "");
	strbuf_adds(b, ", Path: ");
	add_value(b, json_get(ref, "Path"), "");
}

static char *boundary_cell(const cJSON *props)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	const cJSON *boundary = json_get(props, "PermissionsBoundary");
	const cJSON *arn = json_get(boundary, "ManagedPolicyArn");
	const cJSON *ref = json_get(boundary, "CustomerManagedPolicyReference");

	if (arn) {
		strbuf_adds(&b, "ManagedPolicyArn: ");
		js_string(&b, arn);
	} else if (ref) {
		strbuf_adds(&b, "CustomerManagedPolicyReference: {\n  ");
		add_reference(&b, ref);
		strbuf_adds(&b, "\n}");
	}
	return strbuf_detach(&b);
}

static char *references_cell(const cJSON *props)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	const cJSON *list = json_get(props, "CustomerManagedPolicyReferences");

	if (!cJSON_IsArray(list))
		return xstrdup("");
	JSON_EACH(c, list) {
		if (c != list->child)
			strbuf_addc(&b, '\n');
		add_reference(&b, c);
	}
	return strbuf_detach(&b);
}

static void add_sources(struct strbuf *b, const cJSON *source)
{
	if (!cJSON_IsArray(source)) {
		add_value(b, source, "undefined");
		return;
	}
	JSON_EACH(c, source) {
		if (c != source->child)
			strbuf_adds(b, ", ");
		if (!cJSON_IsNull(c))
			js_string(b, c);
	}
}

static char *attributes_cell(const cJSON *props)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	const cJSON *list = json_get(props, "AccessControlAttributes");

	if (!cJSON_IsArray(list))
		return xstrdup("");
	JSON_EACH(c, list) {
		if (c != list->child)
			strbuf_addc(&b, '\n');
		strbuf_adds(&b, "Key: ");
		add_value(&b, json_get(c, "Key"), "undefined");
		strbuf_adds(&b, ", Values: [");
		add_sources(&b, json_get(json_get(c, "Value"), "Source"));
		strbuf_addc(&b, ']');
	}
	return strbuf_detach(&b);
}

static struct row *start_row(struct diff *d, enum table_kind table, bool old,
    const cJSON *props, const char *id)
{
	struct table_change *t = &d->tables[table];
	struct row *r = rows_push(old ? &t->old : &t->new_);

	r->cell[0] = xasprintf("${%s}", id);
	r->cell[1] = cell(props, "InstanceArn");
	return r;
}

/* By values, not cells: ["x"] and "x" print alike but are not equal. */
static void finish_row(struct row *r, const cJSON *props,
    const char *const *names, size_t n)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;

	key_add(&key, r->cell[0]);
	for (size_t i = 0; i < n; i++)
		key_add_value(&key, json_get(props, names[i]));
	r->key = strbuf_detach(&key);
}

static const char *const permission_set_names[] = { "InstanceArn", "Name",
	"CustomerManagedPolicyReferences", "PermissionsBoundary" };
static const char *const assignment_names[] = { "InstanceArn",
	"PermissionSetArn", "PrincipalId", "PrincipalType", "TargetId",
	"TargetType" };
static const char *const aca_names[] = { "InstanceArn",
	"AccessControlAttributes" };

void sso_resource(struct diff *d, bool old, enum cfn_scrutiny kind,
    const cJSON *raw, const char *id)
{
	CLEANUP(json_free_p) cJSON *props = NULL;
	struct row *r;

	if (kind != CFN_SSO_PERMISSION_SET && kind != CFN_SSO_ASSIGNMENT &&
	    kind != CFN_SSO_INSTANCE_ACA_CONFIG)
		return;
	props = intrinsic_render(raw);
	if (kind == CFN_SSO_PERMISSION_SET) {
		r = start_row(d, TABLE_SSO_PERMISSION_SETS, old, props, id);
		r->cell[2] = cell(props, "Name");
		r->cell[3] = boundary_cell(props);
		r->cell[4] = references_cell(props);
		finish_row(r, props, permission_set_names,
		    ARRAY_SIZE(permission_set_names));
	} else if (kind == CFN_SSO_ASSIGNMENT) {
		r = start_row(d, TABLE_SSO_ASSIGNMENTS, old, props, id);
		for (size_t i = 1; i < ARRAY_SIZE(assignment_names); i++)
			r->cell[1 + i] = cell(props, assignment_names[i]);
		finish_row(r, props, assignment_names,
		    ARRAY_SIZE(assignment_names));
	} else {
		r = start_row(d, TABLE_SSO_ACA, old, props, id);
		r->cell[2] = attributes_cell(props);
		finish_row(r, props, aca_names, ARRAY_SIZE(aca_names));
	}
}
