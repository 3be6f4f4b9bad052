/*
 * The tree beneath an updated resource: what changed in which property.
 */
#include "diff/printer.h"
#include "diff/textdiff.h"

static bool is_container(const cJSON *j)
{
	return cJSON_IsObject(j) || cJSON_IsArray(j) || cJSON_IsNull(j);
}

struct hunk_lines {
	struct printer *p;
	const char *prefix;
	bool any;
};

static void print_hunk_line(void *u, const struct text_line *l)
{
	struct hunk_lines *h = u;
	struct printer *p = h->p;
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf change = STRBUF_INIT;
	CLEANUP(free_p) char *text = sv_dup(l->text);
	enum style s = l->kind == '+' ? STYLE_GREEN : STYLE_RED;

	strbuf_addf(&line, "%s   %s ", h->prefix, h->any ? "  " : "└─");
	h->any = true;
	if (l->kind == '@') {
		add_styled(p, &line, STYLE_MAGENTA, text);
	} else if (l->kind == ' ') {
		add_styled(p, &line, STYLE_GRAY, "[ ]");
		strbuf_addf(&line, " %s", text);
	} else {
		add_styled(p, &change, s, l->kind == '+' ? "[+]" : "[-]");
		strbuf_addc(&change, ' ');
		add_styled(p, &change, s, text);
		add_styled(p, &line, STYLE_BOLD, change.buf);
	}
	print_line(p, &line);
}

static void print_text_diff(struct printer *p, const cJSON *old,
    const cJSON *new_, const char *prefix)
{
	CLEANUP(free_p) char *a = json_text(old, 2);
	CLEANUP(free_p) char *b = json_text(new_, 2);
	struct hunk_lines h = { .p = p, .prefix = prefix };

	text_diff(sv_from(a), sv_from(b), p->context, print_hunk_line, &h);
}

/* "<prefix>   <branch> [-] old" */
static void print_scalar(struct printer *p, const char *prefix,
    const char *branch, const char *tag, enum style s, const cJSON *value)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "%s   %s ", prefix, branch);
	if (tag) {
		add_styled(p, &line, s, tag);
		strbuf_addc(&line, ' ');
	}
	add_value(p, &line, s, value);
	print_line(p, &line);
}

static void print_plain(struct printer *p, const cJSON *old,
    const cJSON *new_, const char *prefix)
{
	if (!new_) {
		print_scalar(p, prefix, "└─", NULL, STYLE_RED, old);
	} else if (!old) {
		print_scalar(p, prefix, "└─", NULL, STYLE_GREEN, new_);
	} else if (is_container(old) || is_container(new_)) {
		print_text_diff(p, old, new_, prefix);
	} else {
		print_scalar(p, prefix, "├─", "[-]", STYLE_RED, old);
		print_scalar(p, prefix, "└─", "[+]", STYLE_GREEN, new_);
	}
}

/* A list seen as an object: its elements with "0", "1"... for keys. */
static cJSON *as_object(const cJSON *list)
{
	cJSON *o = cJSON_CreateObject();
	size_t i = 0;

	JSON_EACH(c, list) {
		cJSON *copy = json_dup(c);

		copy->string = xasprintf("%zu", i++);
		cJSON_AddItemToArray(o, copy);
	}
	return o;
}

static int by_id(const void *a, const void *b)
{
	return js_compare(((const struct change *)a)->id,
	    ((const struct change *)b)->id);
}

/* Those that differ, sorted by name. */
static size_t sort_different(struct changes *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].different)
			c->v[n++] = c->v[i];
	c->n = n;
	if (n)
		qsort(c->v, n, sizeof(*c->v), by_id);
	return n;
}

static void print_values(struct printer *p, const cJSON *old,
    const cJSON *new_, const char *prefix);

static void print_member(struct printer *p, const struct change *c,
    const char *prefix, bool last)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	CLEANUP(free_p) char *key = xasprintf(".%s", c->id);
	CLEANUP(free_p) char *deeper =
	    xasprintf("%s   %s", prefix, last ? " " : "│");

	strbuf_addf(&line, "%s   %s─ ", prefix, last ? "└" : "├");
	add_tag(p, &line, c->old, c->new_);
	if (c->old && c->new_) {
		strbuf_addc(&line, ' ');
		add_styled(p, &line, STYLE_BLUE, key);
		strbuf_addc(&line, ':');
		print_line(p, &line);
		print_values(p, c->old, c->new_, deeper);
		return;
	}
	strbuf_adds(&line, c->old ? " Removed: " : " Added: ");
	add_styled(p, &line, STYLE_BLUE, key);
	print_line(p, &line);
}

static void print_members(struct printer *p, const cJSON *old,
    const cJSON *new_, const char *prefix)
{
	CLEANUP(json_free_p) cJSON *made = NULL;
	struct changes c = { 0 };
	size_t n;

	if (cJSON_IsArray(new_))
		new_ = made = as_object(new_);
	changes_of_objects(&c, old, new_);
	n = sort_different(&c);
	for (size_t i = 0; i < n; i++)
		print_member(p, &c.v[i], prefix, i + 1 == n);
	changes_release(&c);
}

static void print_values(struct printer *p, const cJSON *old,
    const cJSON *new_, const char *prefix)
{
	if (cJSON_IsBool(old) && cJSON_IsBool(new_))
		return;
	if (cJSON_IsObject(old) &&
	    (cJSON_IsObject(new_) || cJSON_IsArray(new_)))
		print_members(p, old, new_, prefix);
	else
		print_plain(p, old, new_, prefix);
}

static void print_change(struct printer *p, const struct change *c, bool last)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, " %s─ ", last ? "└" : "├");
	add_tag(p, &line, c->old, c->new_);
	strbuf_addf(&line, " %s", c->id);
	if (c->impact == IMPACT_MAY_REPLACE)
		strbuf_adds(&line, " (may cause replacement)");
	else if (c->impact == IMPACT_WILL_REPLACE)
		strbuf_adds(&line, " (requires replacement)");
	print_line(p, &line);
	print_values(p, c->old, c->new_, last ? "  " : " │");
}

void print_resource_tree(struct printer *p, const struct resource_change *r)
{
	const struct changes *lists[] = { &r->props, &r->other };
	size_t total = resource_change_count(r), done = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct changes c = { 0 };
		size_t n;

		for (size_t k = 0; k < lists[i]->n; k++)
			*changes_push(&c) = lists[i]->v[k];
		n = sort_different(&c);
		for (size_t k = 0; k < n; k++)
			print_change(p, &c.v[k], ++done == total);
		changes_release(&c);
	}
}

void diff_format_value(const char *name, const cJSON *old, const cJSON *new_,
    const struct diff_format_opts *o, struct strbuf *ret)
{
	struct printer p = { .out = ret, .color = o->color,
		.context = o->context_lines ? o->context_lines : 3,
		.columns = o->columns };
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

	add_tag(&p, &line, old, new_);
	strbuf_addf(&line, " %s", name);
	print_line(&p, &line);
	if (cJSON_IsObject(old) && cJSON_IsObject(new_))
		print_members(&p, old, new_, "");
	else
		print_plain(&p, old, new_, "");
}
