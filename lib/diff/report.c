#include "diff/report.h"

#include "diff/tree.h"

const char *diff_impact_word(enum diff_impact impact)
{
	static const char *const words[] = {
		[IMPACT_NO_CHANGE] = "none",
		[IMPACT_WILL_IMPORT] = "import",
		[IMPACT_WILL_UPDATE] = "update",
		[IMPACT_WILL_CREATE] = "create",
		[IMPACT_WILL_ORPHAN] = "orphan",
		[IMPACT_MAY_REPLACE] = "may-replace",
		[IMPACT_WILL_REPLACE] = "replace",
		[IMPACT_WILL_DESTROY] = "destroy",
	};

	return words[impact];
}

/* ---- references -------------------------------------------------------- */

/* The resource that propagation marked in a value, "X" of "X (replaced)";
 * yours, NULL for none. */
static char *marked(const cJSON *j)
{
	const cJSON *c = cJSON_IsObject(j) ? j->child : NULL;
	const cJSON *s = c && cJSON_IsArray(c) ? c->child : c;

	if (c && !c->next && cJSON_IsString(s) &&
	    str_ends(s->valuestring, "(replaced)")) {
		size_t n = strlen(s->valuestring) - strlen("(replaced)");

		while (n && s->valuestring[n - 1] == ' ')
			n--;
		return xstrndup(s->valuestring, n);
	}
	JSON_EACH(x, j) {
		char *found = marked(x);

		if (found)
			return found;
	}
	return NULL;
}

/* "${Id}" or "${Id.Attr}" somewhere in text */
static bool substitutes(const char *text, const char *id)
{
	size_t n = strlen(id);

	for (const char *p = text; (p = strstr(p, "${")); p += 2)
		if (strncmp(p + 2, id, n) == 0 &&
		    (p[2 + n] == '}' || p[2 + n] == '.'))
			return true;
	return false;
}

static bool refers_to(const cJSON *j, const char *id)
{
	const char *key = j->string ? j->string : "";
	const cJSON *first = cJSON_IsArray(j) ? j->child : j;

	if (streq(key, "Ref") && cJSON_IsString(j))
		return streq(j->valuestring, id);
	if (streq(key, "Fn::GetAtt") && cJSON_IsString(first) &&
	    streq(first->valuestring, id))
		return true;
	if (streq(key, "Fn::Sub") && cJSON_IsString(first) &&
	    substitutes(first->valuestring, id))
		return true;
	JSON_EACH(c, j)
		if (refers_to(c, id))
			return true;
	return false;
}

/* ---- reasons ----------------------------------------------------------- */

static bool replaces(enum diff_impact i)
{
	return i == IMPACT_MAY_REPLACE || i == IMPACT_WILL_REPLACE;
}

static char *property_reason(const struct change *c)
{
	CLEANUP(free_p) char *cause =
	    replaces(c->impact) ? marked(c->new_) : NULL;

	if (cause)
		return xasprintf("%s refers to %s, which is replaced", c->id,
		    cause);
	if (c->impact == IMPACT_WILL_REPLACE)
		return xasprintf("%s cannot change in place", c->id);
	if (c->impact == IMPACT_MAY_REPLACE)
		return xasprintf("%s may not be able to change in place",
		    c->id);
	return xasprintf("%s %s", c->id, !c->old ? "is added"
		: !c->new_ ? "is removed" : "changes in place");
}

/* What makes the impact of a resource what it is. */
static char *resource_reason(const struct resource_change *r)
{
	enum diff_impact impact = resource_impact(r);
	CLEANUP(strvec_release) struct strvec l = { 0 };

	if (r->is_import)
		return xstrdup("it exists already and is adopted");
	if (!r->old)
		return xstrdup("the template gains it");
	if (!r->new_)
		return xstrdup(impact == IMPACT_WILL_ORPHAN
			? "the template loses it; its DeletionPolicy keeps it"
			: "the template loses it");
	if (!streq0(r->old_type, r->new_type))
		return xasprintf("its type changes from %s to %s",
		    r->old_type ? r->old_type : "none",
		    r->new_type ? r->new_type : "none");
	for (size_t i = 0; i < r->props.n && replaces(impact); i++)
		if (r->props.v[i].different && r->props.v[i].impact == impact)
			strvec_add_take(&l, property_reason(&r->props.v[i]));
	return l.n ? strvec_join(&l, "; ")
		   : xstrdup("it changes in place");
}

/* ---- the report -------------------------------------------------------- */

struct reporter {
	cJSON *changes;
	bool hide_hashes;
};

static void add_segment(struct strbuf *path, const char *name)
{
	strbuf_addc(path, '/');
	for (; *name; name++) {
		if (*name == '~')
			strbuf_adds(path, "~0");
		else if (*name == '/')
			strbuf_adds(path, "~1");
		else
			strbuf_addc(path, *name);
	}
}

static cJSON *add_change(struct reporter *p, const char *path,
    const cJSON *old, const cJSON *new_, enum diff_impact impact,
    const char *reason)
{
	cJSON *o = cJSON_CreateObject();

	json_put_str(o, "path", path);
	json_put_str(o, "kind", !old ? "added" : !new_ ? "removed" : "updated");
	json_put_str(o, "impact", diff_impact_word(impact));
	json_put_str(o, "reason", reason);
	if (old)
		json_append_take(o, "old", json_dup(old));
	if (new_)
		json_append_take(o, "new", json_dup(new_));
	json_push_take(p->changes, o);
	return o;
}

/* Down to what really differs: lists are not taken apart. */
static void add_values(struct reporter *p, struct strbuf *path,
    const cJSON *old, const cJSON *new_, enum diff_impact impact,
    const char *reason)
{
	struct changes c = { 0 };

	if (!cJSON_IsObject(old) || !cJSON_IsObject(new_)) {
		(void)add_change(p, path->buf, old, new_, impact, reason);
		return;
	}
	changes_of_objects(&c, old, new_);
	for (size_t i = 0; i < c.n; i++) {
		size_t len = path->len;

		if (!c.v[i].different)
			continue;
		add_segment(path, c.v[i].id);
		add_values(p, path, c.v[i].old, c.v[i].new_, impact, reason);
		strbuf_setlen(path, len);
	}
	changes_release(&c);
}

static void add_members(struct reporter *p, struct strbuf *path,
    const struct resource_change *r, const struct changes *l, bool props)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct change *c = &l->v[i];
		CLEANUP(free_p) char *reason = NULL;
		CLEANUP(free_p) char *cause = NULL;
		const cJSON *new_ = c->new_;
		size_t len = path->len;

		if (!c->different)
			continue;
		reason = property_reason(c);
		cause = props && replaces(c->impact) ? marked(c->new_) : NULL;
		/* the real value, not what propagation made of it */
		if (cause)
			new_ = json_get(json_get(r->new_, "Properties"),
			    c->id);
		if (props)
			add_segment(path, "Properties");
		add_segment(path, c->id);
		if (cause)
			(void)add_change(p, path->buf, c->old, new_,
			    c->impact, reason);
		else
			add_values(p, path, c->old, new_,
			    props ? c->impact : IMPACT_WILL_UPDATE, reason);
		strbuf_setlen(path, len);
	}
}

static void add_move(cJSON *o, const struct resource_change *r)
{
	const struct place *at;
	cJSON *place;

	if (!r->move)
		return;
	at = r->old ? &r->move->to : &r->move->from;
	place = cJSON_CreateObject();
	json_put_str(place, "stack", at->stack);
	json_put_str(place, "logicalId", at->id);
	json_append_take(o, r->old ? "couldMoveTo" : "couldMoveFrom", place);
}

static void add_resource(struct reporter *p, const struct resource_change *r,
    const struct strmap *paths)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	CLEANUP(free_p) char *reason = resource_reason(r);
	const char *type = r->new_ ? r->new_type : r->old_type;
	const char *construct = paths ? strmap_get(paths, r->id) : NULL;
	bool code = p->hide_hashes && resource_is_only_hashes(r);
	bool whole = !r->old || !r->new_ || !streq0(r->old_type, r->new_type);
	cJSON *o;

	strbuf_adds(&path, "/Resources");
	add_segment(&path, r->id);
	o = add_change(p, path.buf, whole ? r->old : NULL,
	    whole ? r->new_ : NULL, resource_impact(r),
	    code ? "code changed" : reason);
	json_put_str(o, "kind", !r->old ? "added"
		: !r->new_ ? "removed" : "updated");
	json_put_str(o, "logicalId", r->id);
	json_put_str(o, "type", type);
	json_put_str(o, "constructPath", construct);
	add_move(o, r);
	if (whole || code)
		return;
	add_members(p, &path, r, &r->props, true);
	add_members(p, &path, r, &r->other, false);
}

static void add_section(struct reporter *p, const char *name,
    const struct change *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
		const struct change *c = &v[i];

		if (!c->different)
			continue;
		if (*name)
			add_segment(&path, name);
		add_segment(&path, c->id);
		(void)add_change(p, path.buf, c->old, c->new_,
		    IMPACT_NO_CHANGE, "no resource by itself");
	}
}

static const char *permission_word(enum permission_change p)
{
	return p == PERM_BROADENING ? "broadening"
	    : p == PERM_NON_BROADENING ? "non-broadening" : "none";
}

void diff_report(const struct diff *d, const struct diff_format_opts *o,
    const char *parent, cJSON *list)
{
	static const char *const names[SECTIONS] = {
		[SEC_PARAMETERS] = "Parameters", [SEC_METADATA] = "Metadata",
		[SEC_MAPPINGS] = "Mappings", [SEC_CONDITIONS] = "Conditions",
		[SEC_OUTPUTS] = "Outputs", [SEC_UNKNOWN] = "",
	};
	struct reporter p = { .changes = cJSON_CreateArray(),
		.hide_hashes = o->ignore_asset_hashes };
	cJSON *s = cJSON_CreateObject();

	json_put_str(s, "name", o->stack_name);
	json_put_str(s, "environment", o->environment);
	json_put_str(s, "nestedIn", parent);
	json_put_bool(s, "differs", !diff_is_empty(d));
	json_put_str(s, "permissions", permission_word(diff_permissions(d)));
	add_section(&p, "", d->single, SINGLES);
	for (size_t i = 0; i < SECTIONS; i++)
		add_section(&p, names[i], d->section[i].v,
		    d->section[i].n);
	for (size_t i = 0; i < d->resources.n; i++)
		if (resource_is_different(&d->resources.v[i]))
			add_resource(&p, &d->resources.v[i], o->paths);
	json_append_take(s, "changes", p.changes);
	json_push_take(list, s);
}

/* ---- in words ---------------------------------------------------------- */

static const struct resource_change *find_resource(const struct diff *d,
    const char *id)
{
	for (size_t i = 0; i < d->resources.n; i++)
		if (streq(d->resources.v[i].id, id))
			return &d->resources.v[i];
	return NULL;
}

static const char *dragged_fate(const struct diff *d, const char *id)
{
	const struct resource_change *r = find_resource(d, id);
	enum diff_impact impact = r ? resource_impact(r) : IMPACT_NO_CHANGE;

	if (impact == IMPACT_WILL_REPLACE)
		return "is replaced too";
	if (impact == IMPACT_MAY_REPLACE)
		return "may be replaced too";
	if (impact == IMPACT_WILL_CREATE)
		return "is created with the new one";
	return "is updated to refer to the new one";
}

static void explain_dragged(const struct diff *d, const char *id,
    struct strbuf *out)
{
	JSON_EACH(c, json_get(d->new_, "Resources")) {
		const char *type = json_str(c, "Type");

		if (!streq(c->string, id) && refers_to(c, id))
			strbuf_addf(out, "    - %s (%s) %s\n", c->string,
			    type ? type : "no type",
			    dragged_fate(d, c->string));
	}
	JSON_EACH(o, json_get(d->new_, "Outputs"))
		if (refers_to(o, id))
			strbuf_addf(out, "    - output %s gets another "
			    "value\n", o->string);
}

static void explain_move(const struct resource_change *r,
    const struct diff_format_opts *o, struct strbuf *out)
{
	const struct place *at = r->old ? &r->move->to : &r->move->from;
	const char *type = r->old ? r->old_type : r->new_type;
	const char *path = o->paths ? strmap_get(o->paths, r->id) : NULL;
	const cJSON *old = json_get(json_get(r->old, "Metadata"),
	    "aws:cdk:path");

	if (!path && cJSON_IsString(old))
		path = old->valuestring;
	strbuf_addf(out, "  %s (%s%s%s) is the same resource as %s.%s, which "
	    "is %s.\n", r->id, type ? type : "no type", path ? ", " : "",
	    path ? path : "", at->stack, at->id, r->old ? "new" : "removed");
	if (!r->old)
		strbuf_adds(out, "    A deployment makes another one; a "
		    "refactoring would keep the one there is.\n");
	else
		strbuf_addf(out, "    A deployment makes another one and %s; "
		    "a refactoring would keep it.\n",
		    resource_impact(r) == IMPACT_WILL_ORPHAN
			? "leaves this one behind (DeletionPolicy)"
			: "deletes this one with what it holds");
}

/* A move within the stack is told once, with what is removed. */
static bool is_told(const struct diff *d, const struct resource_change *r)
{
	for (size_t i = 0; !r->old && i < d->resources.n; i++)
		if (d->resources.v[i].old &&
		    d->resources.v[i].move == r->move)
			return true;
	return false;
}

static void explain_moves(const struct diff *d,
    const struct diff_format_opts *o, struct strbuf *out)
{
	bool any = false;

	for (size_t i = 0; i < d->resources.n; i++) {
		const struct resource_change *r = &d->resources.v[i];

		if (!r->move || !resource_is_different(r) || is_told(d, r))
			continue;
		if (!any)
			strbuf_adds(out, "Moves explained\n");
		any = true;
		explain_move(r, o, out);
	}
	if (any)
		strbuf_addc(out, '\n');
}

void diff_explain(const struct diff *d, const struct diff_format_opts *o,
    struct strbuf *out)
{
	bool any = false;

	for (size_t i = 0; i < d->resources.n; i++) {
		const struct resource_change *r = &d->resources.v[i];
		enum diff_impact impact = resource_impact(r);
		CLEANUP(free_p) char *why = NULL;
		const char *path, *policy, *type;

		if (!replaces(impact) || !resource_is_different(r))
			continue;
		if (!any)
			strbuf_adds(out, "Replacements explained\n");
		any = true;
		why = resource_reason(r);
		type = r->new_type;
		path = o->paths ? strmap_get(o->paths, r->id) : NULL;
		policy = json_str(r->old, "UpdateReplacePolicy");
		strbuf_addf(out, "  %s (%s%s%s) %s: %s.\n", r->id,
		    type ? type : "no type", path ? ", " : "",
		    path ? path : "",
		    impact == IMPACT_WILL_REPLACE ? "is replaced"
						  : "may be replaced", why);
		strbuf_addf(out, "    A new one is made, then the old one is "
		    "%s.\n", policy && str_starts(policy, "Retain")
			? "left behind (UpdateReplacePolicy)"
			: "deleted with what it holds");
		explain_dragged(d, r->id, out);
	}
	if (any)
		strbuf_addc(out, '\n');
	explain_moves(d, o, out);
}
