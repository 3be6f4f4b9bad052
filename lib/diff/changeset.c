/*
 * A change set knows what CloudFormation will really do: its word on
 * replacement counts more than the database's, what it does not list and only
 * is known at deploy time is no change, and what only it lists is added.
 */
#include "diff/changeset.h"

#include "diff/tree.h"

#define SAR_HOST "awsserverlessrepo-changesets"

enum mode { MODE_UNLISTED, MODE_ALWAYS, MODE_NEVER, MODE_CONDITIONALLY,
	    MODE_OTHER };

static enum mode mode_of(const cJSON *detail)
{
	const char *recreate = json_str(detail, "Target.RequiresRecreation");
	const char *evaluation = json_str(detail, "Evaluation");

	if (!recreate || streq(recreate, "Conditionally"))
		return MODE_CONDITIONALLY;
	if (streq(recreate, "Always"))
		return evaluation && streq(evaluation, "Dynamic")
		    ? MODE_CONDITIONALLY
		    : MODE_ALWAYS;
	return streq(recreate, "Never") ? MODE_NEVER : MODE_OTHER;
}

/* The name of the property a detail is about, or NULL. */
static const char *property_of(const cJSON *detail)
{
	const cJSON *target = json_get(detail, "Target");
	const char *attribute = json_str(target, "Attribute");
	const char *name = json_str(target, "Name");

	return attribute && streq(attribute, "Properties") && name && *name
	    ? name
	    : NULL;
}

/* The last detail about a property wins. */
static enum mode listed_mode(const cJSON *rc, const char *property)
{
	enum mode m = MODE_UNLISTED;

	JSON_EACH(detail, json_get(rc, "Details")) {
		const char *name = property_of(detail);

		if (name && streq(name, property))
			m = mode_of(detail);
	}
	return m;
}

static bool known_at_deploy_time(const cJSON *j)
{
	if (cJSON_IsString(j))
		return strstr(j->valuestring, "{{resolve:") != NULL;
	JSON_EACH(c, j) {
		if (c->string && (streq(c->string, "Ref") ||
				     str_starts(c->string, "Fn::")))
			return true;
		if (known_at_deploy_time(c))
			return true;
	}
	return false;
}

static bool is_serverless(const char *type)
{
	return type && strstr(type, "AWS::Serverless");
}

static bool usable(const struct resource_change *r)
{
	return !resource_type_changed(r) && !is_serverless(r->old_type) &&
	    !is_serverless(r->new_type);
}

static bool hides(const cJSON *rc, const struct change *p)
{
	return listed_mode(rc, p->id) == MODE_UNLISTED &&
	    (known_at_deploy_time(p->old) || known_at_deploy_time(p->new_));
}

static void set_impact(struct change *p, enum mode m)
{
	if (m == MODE_ALWAYS)
		p->impact = IMPACT_WILL_REPLACE;
	else if (m == MODE_NEVER)
		p->impact = IMPACT_WILL_UPDATE;
	else if (m == MODE_CONDITIONALLY)
		p->impact = IMPACT_MAY_REPLACE;
}

static void override(struct resource_change *r, const cJSON *rc)
{
	if (!usable(r))
		return;
	for (size_t i = 0; i < r->props.n; i++) {
		struct change *p = &r->props.v[i];

		if (!p->different)
			continue;
		if (hides(rc, p)) {
			p->different = false;
			p->impact = IMPACT_NO_CHANGE;
		} else {
			set_impact(p, listed_mode(rc, p->id));
		}
	}
	for (size_t i = 0; i < r->other.n; i++)
		if (streq(r->other.v[i].id, "Metadata"))
			r->other.v[i].different = false;
}

/* Text that may be JSON. */
static cJSON *parsed(struct diff *d, const cJSON *j)
{
	cJSON *v = NULL;

	if (!cJSON_IsString(j))
		return j ? diff_own(d, json_dup(j)) : NULL;
	if (json_parse(sv_from(j->valuestring), "value", &v, NULL) < 0)
		v = cJSON_CreateString(j->valuestring);
	return diff_own(d, v);
}

static cJSON *parsed_context(struct diff *d, const cJSON *rc, const char *key)
{
	cJSON *v = parsed(d, json_get(rc, key));

	return cJSON_IsObject(v) ? v : NULL;
}

struct sides {
	cJSON *old, *new_;
};

static struct sides property_values(struct diff *d, const cJSON *rc,
    const char *name)
{
	struct sides s = { 0 };

	JSON_EACH(detail, json_get(rc, "Details")) {
		const char *of = property_of(detail);
		const cJSON *target = json_get(detail, "Target"), *v;

		if (!of || !streq(of, name))
			continue;
		if ((v = json_get(target, "BeforeValue")))
			s.old = parsed(d, v);
		if ((v = json_get(target, "AfterValue")))
			s.new_ = parsed(d, v);
	}
	if (!s.old)
		s.old = json_get(json_get(parsed_context(d, rc,
					      "BeforeContext"),
				     "Properties"),
		    name);
	if (!s.new_)
		s.new_ = json_get(json_get(parsed_context(d, rc,
					       "AfterContext"),
				      "Properties"),
		    name);
	if (!s.old)
		s.old = diff_own(d, cJSON_CreateObject());
	if (!s.new_)
		s.new_ = diff_own(d, cJSON_CreateObject());
	return s;
}

/* Properties only the change set says will change. values: where these are
 * taken from, which for a resource listed twice is the first entry. */
static void add_properties(struct diff *d, struct resource_change *r,
    const cJSON *rc, const cJSON *values)
{
	if (!usable(r))
		return;
	JSON_EACH(detail, json_get(rc, "Details")) {
		const char *name = property_of(detail);
		struct change *p = name ? changes_find(&r->props, name) : NULL;
		struct change c = { .different = true };
		struct sides s;

		if (!name || (p && p->different) ||
		    listed_mode(rc, name) == MODE_OTHER)
			continue;
		s = property_values(d, values, name);
		strvec_add(&d->names, name);
		c.id = d->names.v[d->names.n - 1];
		c.old = s.old;
		c.new_ = s.new_;
		set_impact(&c, listed_mode(rc, name));
		if (!p)
			p = changes_push(&r->props);
		*p = c;
	}
}

/* ---- resources the templates show no change of -------------------------- */

/* origin + folder of an URL on the serverless repository's host */
static void cut_sar_url(cJSON *resource)
{
	cJSON *props = json_get(resource, "Properties");
	const char *url = json_str(props, "TemplateURL");
	const char *host = url ? strstr(url, "://") : NULL, *path, *end;
	CLEANUP(free_p) char *cut = NULL;

	if (!host || !str_starts(host + 3, SAR_HOST))
		return;
	path = strchr(host + 3, '/');
	end = path ? path + strcspn(path, "?#") : NULL;
	if (path)
		while (end > path && end[-1] != '/')
			end--;
	cut = path ? xstrndup(url, (size_t)(end - url))
		   : xasprintf("%s/", url);
	json_put_str(props, "TemplateURL", cut);
}

/* The context is the resource without its type. */
static cJSON *resource_from_context(struct diff *d, const cJSON *rc,
    const char *key, const char *type)
{
	cJSON *v = parsed_context(d, rc, key);

	if (v && !json_get(v, "Type"))
		json_put_str(v, "Type", type);
	return v;
}

static bool resources_from_details(struct diff *d, const cJSON *rc,
    const char *type, struct sides *ret)
{
	cJSON *old = cJSON_CreateObject(), *new_ = cJSON_CreateObject();
	bool any = false;

	JSON_EACH(detail, json_get(rc, "Details")) {
		const char *name = property_of(detail);
		const cJSON *target = json_get(detail, "Target"), *v;

		if (!name)
			continue;
		if ((v = json_get(target, "BeforeValue")))
			json_add_take(old, name, json_dup(parsed(d, v)));
		any = any || v;
		if ((v = json_get(target, "AfterValue")))
			json_add_take(new_, name, json_dup(parsed(d, v)));
		any = any || v;
	}
	ret->old = diff_own(d, cJSON_CreateObject());
	ret->new_ = diff_own(d, cJSON_CreateObject());
	json_put_str(ret->old, "Type", type);
	json_add_take(ret->old, "Properties", old);
	json_put_str(ret->new_, "Type", type);
	json_add_take(ret->new_, "Properties", new_);
	return any;
}

static void add_resource(struct diff *d, const cJSON *rc, const char *id)
{
	const char *type = json_str(rc, "ResourceType");
	struct resource_change r, *at = NULL;
	struct sides s;

	if (is_serverless(type))
		return;
	type = type ? type : "UNKNOWN_RESOURCE_TYPE";
	s.old = resource_from_context(d, rc, "BeforeContext", type);
	s.new_ = resource_from_context(d, rc, "AfterContext", type);
	if ((!s.old || !s.new_) && !resources_from_details(d, rc, type, &s))
		return;
	if (streq(type, "AWS::CloudFormation::Stack")) {
		cut_sar_url(s.old);
		cut_sar_url(s.new_);
	}
	strvec_add(&d->names, id);
	resource_diff(&r, d->names.v[d->names.n - 1], s.old, s.new_);
	override(&r, rc);
	if (!resource_is_different(&r)) {
		resource_release(&r);
		return;
	}
	for (size_t i = 0; i < d->resources.n; i++)
		if (streq(d->resources.v[i].id, id))
			at = &d->resources.v[i];
	if (at)
		resource_release(at);
	else
		at = resources_push(&d->resources);
	*at = r;
}

/* ------------------------------------------------------------------------ */

static const cJSON *resource_change_of(const cJSON *change,
    const char **ret_id)
{
	const cJSON *rc = json_get(change, "ResourceChange");

	*ret_id = json_str(rc, "LogicalResourceId");
	return *ret_id ? rc : NULL;
}

/* By logical id: the last entry, and the first one (may be NULL). */
static void index_changes(const cJSON *changes, struct strmap *ret,
    struct strmap *ret_first)
{
	JSON_EACH(c, changes) {
		const char *id;
		const cJSON *rc = resource_change_of(c, &id);

		if (!rc)
			continue;
		strmap_set(ret, id, (void *)(uintptr_t)rc);
		if (ret_first)
			(void)strmap_add(ret_first, id, (void *)(uintptr_t)rc);
	}
}

void diff_merge_change_set(struct diff *d, const cJSON *change_set)
{
	const cJSON *changes = json_get(change_set, "Changes");
	struct strmap listed = { 0 }, changed = { 0 }, imported = { 0 };
	struct strmap first = { 0 };

	index_changes(changes, &listed, &first);
	for (size_t i = 0; i < d->resources.n; i++) {
		struct resource_change *r = &d->resources.v[i];
		const cJSON *rc = strmap_get(&listed, r->id);

		if (!resource_is_different(r))
			continue;
		strmap_set(&changed, r->id, NULL);
		override(r, rc);
		if (rc)
			add_properties(d, r, rc, strmap_get(&first, r->id));
	}
	JSON_EACH(c, changes) {
		const char *id, *action;
		const cJSON *rc = resource_change_of(c, &id);

		action = rc ? json_str(rc, "Action") : NULL;
		if (!action)
			continue;
		if (streq(action, "Import"))
			strmap_set(&imported, id, NULL);
		if (streq(action, "Modify") && !strmap_has(&changed, id))
			add_resource(d, rc, id);
	}
	for (size_t i = 0; i < d->resources.n; i++)
		if (strmap_has(&imported, d->resources.v[i].id) &&
		    resource_is_different(&d->resources.v[i]))
			d->resources.v[i].is_import = true;
	strmap_release(&listed);
	strmap_release(&first);
	strmap_release(&changed);
	strmap_release(&imported);
}

bool diff_has_hidden_properties(const cJSON *old, const cJSON *new_,
    const cJSON *change_set)
{
	CLEANUP(diff_free_p) struct diff *d =
	    diff_templates(old, new_, NULL, false);
	struct strmap listed = { 0 };
	bool any = false;

	index_changes(json_get(change_set, "Changes"), &listed, NULL);
	for (size_t i = 0; i < d->resources.n && !any; i++) {
		const struct resource_change *r = &d->resources.v[i];
		const cJSON *rc = strmap_get(&listed, r->id);

		for (size_t k = 0; usable(r) && k < r->props.n; k++)
			any = any || (r->props.v[k].different &&
					 hides(rc, &r->props.v[k]));
	}
	strmap_release(&listed);
	return any;
}
