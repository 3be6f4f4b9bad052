/*
 * What a template grants: policy statements, managed policies and Identity
 * Center objects of the changed resources, on both sides. The service
 * database says where they are found.
 */
#include "diff/statement.h"
#include "diff/sso.h"

static void resource_policy(struct rows *ret, const cJSON *policy,
    const char *id, const char *type)
{
	CLEANUP(json_free_p) cJSON *list = NULL;
	CLEANUP(free_p) char *resource = xasprintf("${%s.Arn}", id);
	CLEANUP(free_p) char *principal = xasprintf("AWS:${%s}", id);
	struct statement_defaults d = { .resource = resource };

	if (!policy)
		return;
	if (streq(type, "AWS::SSO::PermissionSet"))
		d.principal = principal;
	list = intrinsic_render(json_get(policy, "Statement"));
	statements_add(ret, list, &d);
}

static void identity_policies(struct rows *ret, const cJSON *policies,
    const char *id)
{
	CLEANUP(free_p) char *principal = xasprintf("AWS:${%s}", id);
	struct statement_defaults d = { .principal = principal };

	if (!cJSON_IsArray(policies))
		return;
	JSON_EACH(c, policies) {
		const cJSON *st =
		    json_get(json_get(c, "PolicyDocument"), "Statement");
		CLEANUP(json_free_p) cJSON *list = intrinsic_render(st ? st
								       : c);

		statements_add(ret, list, &d);
	}
}

static void add_managed(struct rows *ret, const char *id, const cJSON *arn)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	struct row *r = rows_push(ret);

	js_string(&b, arn);
	r->cell[0] = xasprintf("${%s}", id);
	r->cell[1] = strbuf_detach(&b);
	key_add(&key, r->cell[0]);
	key_add(&key, r->cell[1]);
	key_add_identity(&key, arn);
	r->key = strbuf_detach(&key);
}

static void managed_policies(struct rows *ret, const cJSON *arns,
    const char *id)
{
	CLEANUP(json_free_p) cJSON *v = intrinsic_render(arns);

	if (cJSON_IsString(v))
		add_managed(ret, id, v);
	else if (cJSON_IsArray(v))
		JSON_EACH(c, v)
			add_managed(ret, id, c);
}

static void principal_statements(struct rows *ret, const cJSON *props,
    const cJSON *principal)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	struct statement_defaults d;

	strbuf_adds(&b, "AWS:");
	js_string(&b, principal);
	d = (struct statement_defaults){ .principal = b.buf };
	statements_add(ret, json_get(json_get(props, "PolicyDocument"),
			   "Statement"),
	    &d);
}

static void identity_policy_resource(struct rows *ret, const cJSON *raw)
{
	static const char *const who[] = { "Groups", "Users", "Roles" };
	CLEANUP(json_free_p) cJSON *props = intrinsic_render(raw);

	for (size_t i = 0; i < ARRAY_SIZE(who); i++) {
		const cJSON *list = json_get(props, who[i]);

		if (cJSON_IsArray(list)) {
			JSON_EACH(c, list)
				principal_statements(ret, props, c);
		} else if (list && !cJSON_IsNull(list)) {
			principal_statements(ret, props, list);
		}
	}
}

static void statements_of_target(struct rows *ret, const cJSON *policy,
    const cJSON *target)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	struct statement_defaults d;

	if (target)
		js_string(&b, target);
	else
		strbuf_adds(&b, "???");
	d = (struct statement_defaults){ .resource = b.buf };
	statements_add(ret, json_get(policy, "Statement"), &d);
}

static void resource_policy_resource(struct rows *ret, const cJSON *raw)
{
	CLEANUP(json_free_p) cJSON *props = intrinsic_render(raw);
	const cJSON *policy = NULL, *target = NULL;
	size_t n = 0;

	JSON_EACH(c, props) {
		if (strstr(c->string, "Policy")) {
			policy = policy ? policy : c;
		} else if (!str_ends(c->string, "Name")) {
			target = c;
			n++;
		}
	}
	if (n != 1)
		target = NULL;
	if (!cJSON_IsArray(target)) {
		statements_of_target(ret, policy, target);
		return;
	}
	JSON_EACH(c, target)
		statements_of_target(ret, policy, c);
}

static bool is_account(const char *s)
{
	return strlen(s) == 12 && strspn(s, "0123456789") == 12;
}

static cJSON *permission_principal(const cJSON *principal)
{
	const char *p =
	    cJSON_IsString(principal) ? principal->valuestring : "";
	cJSON *o;

	if (streq(p, "*"))
		return cJSON_CreateString("*");
	o = cJSON_CreateObject();
	if (is_account(p)) {
		CLEANUP(free_p) char *arn =
		    xasprintf("arn:aws:iam::%s:root", p);

		json_put_str(o, "AWS", arn);
	} else {
		json_add_take(o, "Service", json_dup(principal));
	}
	return o;
}

static void condition_put(cJSON *statement, const char *op, const char *key,
    const cJSON *value)
{
	cJSON *condition = json_get(statement, "Condition"), *o;

	if (!value)
		return;
	if (!condition) {
		condition = cJSON_CreateObject();
		json_add_take(statement, "Condition", condition);
	}
	o = cJSON_CreateObject();
	json_add_take(o, key, json_dup(value));
	json_add_take(condition, op, o);
}

static void copy_member(cJSON *to, const char *as, const cJSON *from,
    const char *key)
{
	const cJSON *v = json_get(from, key);

	if (v)
		json_add_take(to, as, json_dup(v));
}

static void lambda_permission(struct rows *ret, const cJSON *raw)
{
	CLEANUP(json_free_p) cJSON *props = intrinsic_render(raw);
	CLEANUP(json_free_p) cJSON *s = cJSON_CreateObject();
	struct statement_defaults none = { 0 };
	const cJSON *principal = json_get(props, "Principal");

	json_put_str(s, "Effect", "Allow");
	copy_member(s, "Action", props, "Action");
	copy_member(s, "Resource", props, "FunctionName");
	if (principal)
		json_add_take(s, "Principal", permission_principal(principal));
	condition_put(s, "ArnLike", "AWS:SourceArn",
	    json_get(props, "SourceArn"));
	condition_put(s, "StringEquals", "AWS:SourceAccount",
	    json_get(props, "SourceAccount"));
	/* the reference overwrites the account here, so do we */
	condition_put(s, "StringEquals", "lambda:EventSourceToken",
	    json_get(props, "EventSourceToken"));
	statements_add(ret, s, &none);
}

static struct rows *rows_of(struct diff *d, enum table_kind t, bool old)
{
	return old ? &d->tables[t].old : &d->tables[t].new_;
}

static void read_property(struct diff *d, bool old, enum cfn_scrutiny kind,
    const cJSON *value, const struct resource_change *r)
{
	const char *type = r->new_type ? r->new_type : r->old_type;

	switch (kind) {
	case CFN_INLINE_RESOURCE_POLICY:
		resource_policy(rows_of(d, TABLE_STATEMENTS, old), value,
		    r->id, type);
		break;
	case CFN_INLINE_IDENTITY_POLICIES:
		identity_policies(rows_of(d, TABLE_STATEMENTS, old), value,
		    r->id);
		break;
	case CFN_MANAGED_POLICIES:
		managed_policies(rows_of(d, TABLE_MANAGED, old), value, r->id);
		break;
	default:
		break;
	}
}

static void read_properties(struct diff *d, const struct resource_change *r)
{
	const char *type = r->new_type ? r->new_type : r->old_type;
	struct cfn_type t;
	struct sv rest, name;
	enum cfn_scrutiny kind;

	if (!type || resource_type_changed(r) || !cfn_type_find(type, &t))
		return;
	rest = t.scrutinised;
	while (cfn_next_scrutinised(&rest, &name, &kind)) {
		CLEANUP(free_p) char *key = sv_dup(name);

		read_property(d, true, kind,
		    json_get(json_get(r->old, "Properties"), key), r);
		read_property(d, false, kind,
		    json_get(json_get(r->new_, "Properties"), key), r);
	}
}

static void read_side(struct diff *d, bool old, const char *type,
    const cJSON *props, const char *id)
{
	struct rows *statements = rows_of(d, TABLE_STATEMENTS, old);
	struct cfn_type t;

	if (!type || !props || !cfn_type_find(type, &t))
		return;
	switch (t.scrutiny) {
	case CFN_IDENTITY_POLICY_RESOURCE:
		identity_policy_resource(statements, props);
		break;
	case CFN_RESOURCE_POLICY_RESOURCE:
		resource_policy_resource(statements, props);
		break;
	case CFN_LAMBDA_PERMISSION:
		lambda_permission(statements, props);
		break;
	default:
		sso_resource(d, old, t.scrutiny, props, id);
		break;
	}
}

void diff_find_iam(struct diff *d)
{
	for (size_t i = 0; i < d->resources.n; i++)
		if (resource_is_different(&d->resources.v[i]))
			read_properties(d, &d->resources.v[i]);
	for (size_t i = 0; i < d->resources.n; i++) {
		const struct resource_change *r = &d->resources.v[i];

		if (!resource_is_different(r))
			continue;
		read_side(d, true, r->old_type, json_get(r->old, "Properties"),
		    r->id);
		read_side(d, false, r->new_type,
		    json_get(r->new_, "Properties"), r->id);
	}
}
