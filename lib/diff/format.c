/*
 * The text of a difference, section by section.
 */
#include "diff/printer.h"

#define CONTEXT_LINES 3

static const struct {
	const char *title, *word;
} sections[SECTIONS] = {
	[SEC_PARAMETERS] = { "Parameters", "Parameter" },
	[SEC_METADATA] = { "Metadata", "Metadata" },
	[SEC_MAPPINGS] = { "Mappings", "Mapping" },
	[SEC_CONDITIONS] = { "Conditions", "Condition" },
	[SEC_OUTPUTS] = { "Outputs", "Output" },
	[SEC_UNKNOWN] = { "Other Changes", "Unknown" },
};

static void print_simple(struct printer *p, const char *word,
    const struct change *c)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

	add_tag(p, &line, c->old, c->new_);
	strbuf_addc(&line, ' ');
	add_styled(p, &line, STYLE_CYAN, word);
	strbuf_addc(&line, ' ');
	add_id(p, &line, c->id);
	strbuf_adds(&line, ": ");
	if (c->old)
		add_value(p, &line, STYLE_RED, c->old);
	if (c->old && c->new_)
		strbuf_adds(&line, " to ");
	if (c->new_)
		add_value(p, &line, STYLE_GREEN, c->new_);
	print_line(p, &line);
}

static void print_section(struct printer *p, const struct diff *d,
    enum section s)
{
	const struct changes *c = &d->section[s];

	if (!changes_count(c))
		return;
	print_header(p, sections[s].title);
	for (int kind = CHANGE_REMOVED; kind <= CHANGE_UPDATED; kind++)
		for (size_t i = 0; i < c->n; i++)
			if (c->v[i].different &&
			    (int)change_kind(c->v[i].old, c->v[i].new_) ==
				kind)
				print_simple(p, sections[s].word, &c->v[i]);
	strbuf_addc(p->out, '\n');
}

static void print_singles(struct printer *p, const struct diff *d)
{
	bool any = false;

	for (size_t i = 0; i < SINGLES; i++)
		any = any || d->single[i].different;
	if (!any)
		return;
	print_header(p, "Template");
	for (size_t i = 0; i < SINGLES; i++)
		if (d->single[i].different)
			print_simple(p, d->single[i].id, &d->single[i]);
	strbuf_addc(p->out, '\n');
}

/* Two styles around a word, the outer one first. */
static void add_word(struct printer *p, struct strbuf *out, enum style s,
    bool bold, const char *word)
{
	CLEANUP(free_p) char *text = styled(p->color, s, word);

	if (bold) {
		char *inner = styled(p->color, STYLE_BOLD, text);

		free(text);
		text = inner;
	}
	strbuf_addc(out, ' ');
	add_styled(p, out, STYLE_ITALIC, text);
}

static void add_impact(struct printer *p, struct strbuf *out,
    enum diff_impact impact)
{
	switch (impact) {
	case IMPACT_WILL_IMPORT:
		add_word(p, out, STYLE_BLUE, false, "import");
		break;
	case IMPACT_MAY_REPLACE:
		add_word(p, out, STYLE_YELLOW, false, "may be replaced");
		break;
	case IMPACT_WILL_REPLACE:
		add_word(p, out, STYLE_RED, true, "replace");
		break;
	case IMPACT_WILL_DESTROY:
		add_word(p, out, STYLE_RED, true, "destroy");
		break;
	case IMPACT_WILL_ORPHAN:
		add_word(p, out, STYLE_YELLOW, false, "orphan");
		break;
	case IMPACT_NO_CHANGE:
	case IMPACT_WILL_UPDATE:
	case IMPACT_WILL_CREATE:
		break;
	}
}

static void add_move(struct printer *p, struct strbuf *out,
    const struct resource_change *r)
{
	CLEANUP(free_p) char *bold = styled(p->color, STYLE_BOLD, "move");
	CLEANUP(free_p) char *word = styled(p->color, STYLE_ITALIC, bold);
	CLEANUP(free_p) char *text = NULL;
	const struct place *at;

	if (!r->move)
		return;
	at = r->old ? &r->move->to : &r->move->from;
	text = xasprintf("(OR %s %s %s.%s via refactoring)", word,
	    r->old ? "to" : "from", at->stack, at->id);
	strbuf_addc(out, ' ');
	add_styled(p, out, STYLE_YELLOW, text);
}

static void print_resource(struct printer *p, const struct resource_change *r)
{
	const char *type = r->new_ ? r->new_type : r->old_type;
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	bool code = p->hide_hashes && resource_is_only_hashes(r);

	if (is_foreach(r->id)) {
		print_foreach(p, r);
		return;
	}
	if (r->is_import)
		add_styled(p, &line, STYLE_BLUE, "[←]");
	else
		add_tag(p, &line, r->old, r->new_);
	strbuf_addc(&line, ' ');
	if (type && *type) {
		add_styled(p, &line, STYLE_CYAN, type);
		strbuf_addc(&line, ' ');
	}
	add_id(p, &line, r->id);
	add_impact(p, &line, resource_impact(r));
	add_move(p, &line, r);
	if (code)
		strbuf_adds(&line, " code changed");
	print_line(p, &line);
	if (r->old && r->new_ && !code)
		print_resource_tree(p, r);
}

static void print_resources(struct printer *p, const struct diff *d)
{
	const struct resource_changes *l = &d->resources;
	bool any = false;

	for (int kind = CHANGE_REMOVED; kind <= CHANGE_UPDATED; kind++) {
		for (size_t i = 0; i < l->n; i++) {
			const struct resource_change *r = &l->v[i];

			if ((int)change_kind(r->old, r->new_) != kind ||
			    !resource_is_different(r))
				continue;
			if (!any)
				print_header(p, "Resources");
			any = true;
			print_resource(p, r);
		}
	}
	if (any)
		strbuf_addc(p->out, '\n');
}

static void print_differences(struct printer *p, const struct diff *d)
{
	print_singles(p, d);
	(void)print_security(p, d);
	print_section(p, d, SEC_PARAMETERS);
	print_section(p, d, SEC_METADATA);
	print_section(p, d, SEC_MAPPINGS);
	print_section(p, d, SEC_CONDITIONS);
	print_resources(p, d);
	print_section(p, d, SEC_OUTPUTS);
	print_section(p, d, SEC_UNKNOWN);
}

/* ---- paths ------------------------------------------------------------- */

static void add_path(struct printer *p, const char *id, const cJSON *resource)
{
	const cJSON *path =
	    json_get(json_get(resource, "Metadata"), "aws:cdk:path");

	if (cJSON_IsString(path) && *path->valuestring)
		strmap_set(&p->paths, id, path->valuestring);
}

static void add_known_paths(struct printer *p, const struct strmap *known)
{
	if (!known)
		return;
	STRMAP_EACH(known, e)
		strmap_set(&p->paths, e->key, e->value);
}

static void add_template_paths(struct printer *p, const cJSON *template)
{
	const cJSON *resources = json_get(template, "Resources");

	if (cJSON_IsObject(resources))
		JSON_EACH(c, resources)
			add_path(p, c->string, c);
}

/* Old template, new template, assembly: the later wins. Resources that are
 * hidden from the text can be named in it all the same. */
static void set_paths(struct printer *p, const struct diff *d,
    const struct strmap *known)
{
	add_template_paths(p, d->old);
	add_template_paths(p, d->new_);
	for (size_t i = 0; i < d->resources.n; i++) {
		const struct resource_change *r = &d->resources.v[i];

		add_path(p, r->id, r->old);
		add_path(p, r->id, r->new_);
	}
	add_known_paths(p, known);
}

static void set_new_paths(struct printer *p, const struct diff *d,
    const struct strmap *known)
{
	for (size_t i = 0; i < d->resources.n; i++)
		add_path(p, d->resources.v[i].id, d->resources.v[i].new_);
	add_known_paths(p, known);
}

/* ---- whole texts ------------------------------------------------------- */

static struct printer printer_for(const struct diff_format_opts *o,
    struct strbuf *out)
{
	return (struct printer){ .out = out,
		.color = o->color,
		.columns = o->columns,
		.hide_hashes = o->ignore_asset_hashes,
		.context = o->context_lines ? o->context_lines
					    : CONTEXT_LINES };
}

static void write_stack_line(struct printer *p,
    const struct diff_format_opts *o)
{
	if (!o->stack_name)
		return;
	strbuf_adds(p->out, "Stack ");
	add_styled(p, p->out, STYLE_BOLD, o->stack_name);
	if (o->environment) {
		CLEANUP(free_p) char *env =
		    xasprintf(" (%s)", o->environment);

		add_styled(p, p->out, STYLE_GRAY, env);
	}
	strbuf_addc(p->out, '\n');
}

static void write_nothing(struct printer *p, const struct diff *d)
{
	add_styled(p, p->out, STYLE_GREEN, "There were no differences");
	if (d->hid_everything)
		add_styled(p, p->out, STYLE_GRAY,
		    " (CDK metadata changes were hidden, run cdk diff "
		    "--strict to show)");
	strbuf_addc(p->out, '\n');
}

void diff_format(const struct diff *d, bool is_import,
    const struct diff_format_opts *o, struct strbuf *ret)
{
	struct printer p = printer_for(o, ret);

	set_paths(&p, d, o->paths);
	if (!o->quiet || !d->was_empty)
		write_stack_line(&p, o);
	if (is_import && !o->quiet)
		strbuf_adds(ret, "Parameters and rules created during "
				 "migration do not affect resource "
				 "configuration.\n");
	if (!diff_is_empty(d))
		print_differences(&p, d);
	else if (!o->quiet)
		write_nothing(&p, d);
	if (d->omitted) {
		CLEANUP(free_p) char *text = xasprintf(
		    "Omitted %zu changes because they are likely mangled "
		    "non-ASCII characters. Use --strict to print them.\n",
		    d->omitted);

		add_styled(&p, ret, STYLE_YELLOW, text);
	}
	strmap_release(&p.paths);
}

void diff_format_stack(const cJSON *old, const cJSON *new_,
    const cJSON *change_set, bool is_import, const struct diff_format_opts *o,
    struct strbuf *ret, size_t *ret_count, enum permission_change *ret_perm)
{
	CLEANUP(diff_free_p) struct diff *d =
	    diff_for_display(old, new_, change_set, is_import, o->strict);

	diff_format(d, is_import, o, ret);
	if (ret_count)
		*ret_count = !diff_is_empty(d);
	if (ret_perm)
		*ret_perm = diff_permissions(d);
}

void diff_format_permissions(const struct diff *d,
    const struct diff_format_opts *o, struct strbuf *ret)
{
	struct printer p = printer_for(o, ret);

	set_new_paths(&p, d, o->paths);
	if (!o->quiet || diff_permissions(d) != PERM_NONE)
		write_stack_line(&p, o);
	if (!print_security(&p, d) && !o->quiet)
		add_styled(&p, ret, STYLE_GREEN,
		    "There were no security-related changes (limitations: "
		    "https://github.com/aws/aws-cdk/issues/1299)\n");
	strmap_release(&p.paths);
}

void diff_format_security(const cJSON *old, const cJSON *new_,
    const cJSON *change_set, const struct diff_format_opts *o,
    struct strbuf *ret, enum permission_change *ret_perm)
{
	CLEANUP(diff_free_p) struct diff *d =
	    diff_templates(old, new_, change_set, false);

	diff_format_permissions(d, o, ret);
	if (ret_perm)
		*ret_perm = diff_permissions(d);
}

static const char *fate(enum diff_impact impact)
{
	switch (impact) {
	case IMPACT_WILL_REPLACE:
		return "will be replaced";
	case IMPACT_MAY_REPLACE:
		return "may be replaced";
	case IMPACT_WILL_ORPHAN:
		return "will be orphaned";
	default:
		return "will be destroyed";
	}
}

void diff_format_destructive(const struct diff *d, const char *stack_name,
    const struct strmap *paths, struct strvec *ret)
{
	CLEANUP(strbuf_release) struct strbuf unused = STRBUF_INIT;
	struct printer p = { .out = &unused };
	size_t n = diff_destructive(d, NULL, 0);
	struct diff_destructive *v = xcalloc(n ? n : 1, sizeof(*v));

	set_paths(&p, d, paths);
	(void)diff_destructive(d, v, n);
	for (size_t i = 0; i < n; i++) {
		CLEANUP(strbuf_release) struct strbuf id = STRBUF_INIT;
		CLEANUP(free_p) char *move = NULL;

		add_id(&p, &id, v[i].logical_id);
		if (v[i].move)
			move = xasprintf(" (moved to %s.%s, run 'cdk refactor' "
			    "to keep it)", v[i].move->to.stack,
			    v[i].move->to.id);
		strvec_addf(ret, "%s: %s %s %s%s", stack_name, v[i].type,
		    id.buf, fate(v[i].impact), move ? move : "");
	}
	free(v);
	strmap_release(&p.paths);
}
