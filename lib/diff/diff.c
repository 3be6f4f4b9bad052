/*
 * From two templates to the tree of what changed.
 */
#include "diff/diff.h"

#include "diff/tree.h"

static const char *const single_keys[SINGLES] = {
	[SINGLE_VERSION] = "AWSTemplateFormatVersion",
	[SINGLE_TRANSFORM] = "Transform",
	[SINGLE_DESCRIPTION] = "Description",
};

static const struct {
	const char *key;
	enum section section;
} maps[] = {
	{ "Parameters", SEC_PARAMETERS },
	{ "Metadata", SEC_METADATA },
	{ "Mappings", SEC_MAPPINGS },
	{ "Conditions", SEC_CONDITIONS },
	{ "Outputs", SEC_OUTPUTS },
};

cJSON *diff_own(struct diff *d, cJSON *j)
{
	if (!j)
		return NULL;
	if (d->n_owned == d->cap_owned) {
		d->cap_owned = d->cap_owned ? 2 * d->cap_owned : 8;
		d->owned = xreallocarray(d->owned, d->cap_owned,
		    sizeof(cJSON *));
	}
	return d->owned[d->n_owned++] = j;
}

/* A single value as text; anything but a string as compact JSON. */
static const cJSON *as_text(struct diff *d, const cJSON *j)
{
	CLEANUP(free_p) char *text = NULL;

	if (!j || cJSON_IsNull(j))
		return NULL;
	if (cJSON_IsString(j))
		return j;
	text = json_text(j, 0);
	return diff_own(d, cJSON_CreateString(text));
}

static void compare_resources(struct diff *d, const cJSON *old,
    const cJSON *new_)
{
	struct changes pairs = { 0 };

	changes_of_maps(&pairs, old, new_);
	for (size_t i = 0; i < pairs.n; i++) {
		const struct change *c = &pairs.v[i];

		resource_diff(resources_push(&d->resources), c->id, c->old,
		    c->new_);
	}
	changes_release(&pairs);
}

static bool compare_known(struct diff *d, const struct change *top)
{
	for (size_t i = 0; i < SINGLES; i++) {
		if (streq(top->id, single_keys[i])) {
			struct change *c = &d->single[i];

			c->id = top->id;
			c->old = as_text(d, top->old);
			c->new_ = as_text(d, top->new_);
			c->different = !diff_equal(c->old, c->new_);
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		if (streq(top->id, maps[i].key)) {
			changes_of_maps(&d->section[maps[i].section],
			    top->old, top->new_);
			return true;
		}
	}
	if (streq(top->id, "Resources")) {
		compare_resources(d, top->old, top->new_);
		return true;
	}
	return false;
}

static int by_id(const void *a, const void *b)
{
	return js_compare(((const struct change *)a)->id,
	    ((const struct change *)b)->id);
}

static void compare(struct diff *d)
{
	struct changes top = { 0 };

	changes_of_objects(&top, d->old, d->new_);
	if (top.n)
		qsort(top.v, top.n, sizeof(*top.v), by_id);
	for (size_t i = 0; i < top.n; i++) {
		/* equal resources stay known: a change set may name them */
		if (!top.v[i].different && !streq(top.v[i].id, "Resources"))
			continue;
		if (!compare_known(d, &top.v[i]))
			*changes_push(&d->section[SEC_UNKNOWN]) = top.v[i];
	}
	changes_release(&top);
}

/* Most templates are as they should be, and large: no copy of those. */
static const cJSON *normal(struct diff *d, const cJSON *template)
{
	cJSON *copy;

	if (template && diff_is_normal(template) && diff_is_sound(template))
		return template;
	copy = template ? json_dup(template) : cJSON_CreateObject();
	diff_repair(copy);
	diff_normalize(copy);
	return diff_own(d, copy);
}

struct diff *diff_templates(const cJSON *old, const cJSON *new_,
    const cJSON *change_set, bool is_import)
{
	struct diff *d = xcalloc(1, sizeof(*d));

	d->old = normal(d, old);
	d->new_ = normal(d, new_);
	compare(d);
	diff_find_iam(d);
	diff_find_security_groups(d);
	diff_compare_tables(d);
	diff_propagate(d);
	if (change_set)
		diff_merge_change_set(d, change_set);
	else if (is_import)
		for (size_t i = 0; i < d->resources.n; i++)
			if (resource_is_different(&d->resources.v[i]))
				d->resources.v[i].is_import = true;
	d->was_empty = diff_is_empty(d);
	return d;
}

static void rows_release(struct rows *r)
{
	for (size_t i = 0; i < r->n; i++) {
		for (size_t k = 0; k < ROW_CELLS; k++)
			free(r->v[i].cell[k]);
		free(r->v[i].key);
	}
	free(r->v);
}

void diff_free(struct diff *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < SECTIONS; i++)
		changes_release(&d->section[i]);
	for (size_t i = 0; i < d->resources.n; i++)
		resource_release(&d->resources.v[i]);
	free(d->resources.v);
	for (size_t i = 0; i < TABLES; i++) {
		rows_release(&d->tables[i].old);
		rows_release(&d->tables[i].new_);
		free(d->tables[i].added);
		free(d->tables[i].removed);
	}
	for (size_t i = 0; i < d->n_owned; i++)
		json_free(d->owned[i]);
	free(d->owned);
	strvec_release(&d->names);
	free(d);
}

size_t diff_count(const struct diff *d)
{
	size_t n = 0;

	for (size_t i = 0; i < SINGLES; i++)
		n += d->single[i].different;
	for (size_t i = 0; i < SECTIONS; i++)
		n += changes_count(&d->section[i]);
	for (size_t i = 0; i < d->resources.n; i++)
		n += resource_is_different(&d->resources.v[i]);
	return n;
}

void diff_annotate(struct diff *d, const char *stack, const struct moves *m)
{
	for (size_t i = 0; i < d->resources.n; i++) {
		struct resource_change *r = &d->resources.v[i];

		if (!r->old)
			r->move = moves_to(m, stack, r->id);
		else if (!r->new_)
			r->move = moves_from(m, stack, r->id);
	}
}

bool diff_is_empty(const struct diff *d)
{
	return diff_count(d) == 0;
}

size_t diff_destructive(const struct diff *d, struct diff_destructive *ret,
    size_t max)
{
	size_t n = 0;

	for (int kind = CHANGE_REMOVED; kind <= CHANGE_UPDATED; kind++) {
		for (size_t i = 0; i < d->resources.n; i++) {
			const struct resource_change *r = &d->resources.v[i];
			enum diff_impact impact = resource_impact(r);
			const char *type =
			    r->old_type ? r->old_type : r->new_type;

			if ((int)change_kind(r->old, r->new_) != kind ||
			    !resource_is_different(r) ||
			    impact < IMPACT_WILL_ORPHAN ||
			    streq0(type, "AWS::CDK::Metadata"))
				continue;
			if (n < max)
				ret[n] = (struct diff_destructive){ r->id,
					type, impact, r->move };
			n++;
		}
	}
	return n;
}

void diff_replacing(const struct diff *d, const char *logical_id,
    struct strvec *ret)
{
	for (size_t i = 0; i < d->resources.n; i++) {
		const struct resource_change *r = &d->resources.v[i];
		enum diff_impact impact = resource_impact(r);

		if (!streq(r->id, logical_id))
			continue;
		for (size_t k = 0; k < r->props.n; k++)
			if (r->props.v[k].different &&
			    r->props.v[k].impact == impact)
				strvec_add(ret, r->props.v[k].id);
	}
}
