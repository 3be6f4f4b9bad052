/*
 * One resource, before and after: its properties with what a change of them
 * does, the other attributes, and the impact as a whole.
 */
#include "diff/tree.h"
#include "spec/cfnspec.h"

struct resource_change *resources_push(struct resource_changes *l)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 16;
		l->v = xreallocarray(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n] = (struct resource_change){ 0 };
	return &l->v[l->n++];
}

void resource_release(struct resource_change *r)
{
	changes_release(&r->props);
	changes_release(&r->other);
}

static enum diff_impact property_impact(const struct cfn_type *t, bool known,
    const char *name)
{
	if (!known)
		return IMPACT_NO_CHANGE;
	switch (cfn_type_replacement(t, name)) {
	case CFN_REPLACE_YES:
		return IMPACT_WILL_REPLACE;
	case CFN_REPLACE_MAYBE:
		return IMPACT_MAY_REPLACE;
	case CFN_REPLACE_NO:
		break;
	}
	return IMPACT_WILL_UPDATE;
}

static void drop_properties(struct changes *other)
{
	size_t n = 0;

	for (size_t i = 0; i < other->n; i++)
		if (!streq(other->v[i].id, "Properties"))
			other->v[n++] = other->v[i];
	other->n = n;
}

/* Loops have no type of their own and no inside that is compared. */
static void loop_diff(struct resource_change *r)
{
	struct change *c;

	r->old_type = r->old ? "Fn::ForEach" : NULL;
	r->new_type = r->new_ ? "Fn::ForEach" : NULL;
	if (diff_equal(r->old, r->new_))
		return;
	c = changes_push(&r->other);
	*c = (struct change){ .id = "Value", .old = r->old, .new_ = r->new_,
		.different = true };
}

/* What is null, or the like, is its own type; of null nothing shows. */
static const char *type_of(const cJSON *resource)
{
	if (cJSON_IsNull(json_get(resource, "Type")))
		return "";
	if (js_is_falsy(resource))
		return cJSON_IsNumber(resource) ? "0"
		    : cJSON_IsFalse(resource) ? "false" : "";
	return json_str(resource, "Type");
}

void resource_diff(struct resource_change *ret, const char *id,
    const cJSON *old, const cJSON *new_)
{
	struct cfn_type t;
	bool known;

	*ret = (struct resource_change){ .id = id, .old = old, .new_ = new_ };
	if (str_starts(id, "Fn::ForEach::")) {
		loop_diff(ret);
		return;
	}
	ret->old_type = type_of(old);
	ret->new_type = type_of(new_);
	if (!ret->old_type || !ret->new_type ||
	    !streq(ret->old_type, ret->new_type))
		return;
	/* the usual case, and the whole work for it */
	if (diff_equal(old, new_))
		return;
	known = cfn_type_find(ret->old_type, &t);
	changes_of_maps(&ret->props, json_get(old, "Properties"),
	    json_get(new_, "Properties"));
	for (size_t i = 0; i < ret->props.n; i++) {
		struct change *p = &ret->props.v[i];

		if (p->different)
			p->impact = property_impact(&t, known, p->id);
	}
	changes_of_objects(&ret->other, old, new_);
	drop_properties(&ret->other);
}

bool resource_type_changed(const struct resource_change *r)
{
	return r->old_type && r->new_type && !streq(r->old_type, r->new_type);
}

size_t resource_change_count(const struct resource_change *r)
{
	return changes_count(&r->props) + changes_count(&r->other);
}

/* Without a type there is nothing to tell, as in the reference. */
bool resource_is_different(const struct resource_change *r)
{
	return resource_change_count(r) > 0 ||
	    !streq0(r->old_type, r->new_type);
}

static enum diff_impact removal_impact(const cJSON *old)
{
	const char *policy = json_str(old, "DeletionPolicy");

	if (policy && (streq(policy, "Retain") ||
			  streq(policy, "RetainExceptOnCreate")))
		return IMPACT_WILL_ORPHAN;
	return IMPACT_WILL_DESTROY;
}

enum diff_impact resource_impact(const struct resource_change *r)
{
	enum diff_impact worst = IMPACT_NO_CHANGE;

	if (r->is_import)
		return IMPACT_WILL_IMPORT;
	if (!streq0(r->old_type, r->new_type)) {
		if (!r->old_type)
			return IMPACT_WILL_CREATE;
		if (!r->new_type)
			return removal_impact(r->old);
		return IMPACT_WILL_REPLACE;
	}
	if (changes_count(&r->other))
		worst = IMPACT_WILL_UPDATE;
	for (size_t i = 0; i < r->props.n; i++)
		worst = MAX(worst, r->props.v[i].impact);
	return worst;
}
