/*
 * Fn::ForEach loops among the resources: shown as what they expand to.
 */
#include "diff/printer.h"

#define PREFIX "Fn::ForEach::"
#define COLLECTION_SHOWN 3
#define COLLECTION_MAX 5

bool is_foreach(const char *id)
{
	return str_starts(id, PREFIX);
}

static void add_plain(struct strbuf *out, const cJSON *j)
{
	CLEANUP(free_p) char *text = NULL;

	if (cJSON_IsString(j)) {
		strbuf_adds(out, j->valuestring);
		return;
	}
	text = json_text(j, 0);
	strbuf_adds(out, text);
}

static void print_collection(struct printer *p, const cJSON *list)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	int n = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0, i = 0;

	strbuf_adds(&line, "    Collection: ");
	if (n <= COLLECTION_MAX) {
		json_write(&line, list, 0);
		print_line(p, &line);
		return;
	}
	strbuf_addc(&line, '[');
	JSON_EACH(c, list) {
		if (i++ == COLLECTION_SHOWN)
			break;
		if (!cJSON_IsNull(c))
			js_string(&line, c);
		strbuf_adds(&line, ", ");
	}
	strbuf_addf(&line, "... +%d more]", n - COLLECTION_SHOWN);
	print_line(p, &line);
}

/* The first member of the loop's body; *ret_key its name. */
static const cJSON *body_of(const cJSON *value, const char **ret_key)
{
	const cJSON *body = cJSON_IsArray(value) && value->child
	    ? value->child->next
	    : NULL;
	const cJSON *first = body ? body->child : NULL;

	if (!first || (!cJSON_IsObject(body) && !cJSON_IsArray(body)))
		return NULL;
	*ret_key = first->string ? first->string : "0";
	return first;
}

static void print_property(struct printer *p, const struct change *c)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

	strbuf_adds(&line, "        ");
	add_tag(p, &line, c->old, c->new_);
	strbuf_addf(&line, " %s: ", c->id);
	if (c->old)
		add_plain(&line, c->old);
	if (c->old && c->new_)
		strbuf_adds(&line, " → ");
	if (c->new_)
		add_plain(&line, c->new_);
	print_line(p, &line);
}

static void print_properties(struct printer *p, const cJSON *old,
    const cJSON *new_)
{
	struct changes c = { 0 };

	changes_of_objects(&c, old, new_);
	for (size_t i = 0; i < c.n; i++)
		if (c.v[i].different)
			print_property(p, &c.v[i]);
	changes_release(&c);
}

static void print_all(struct printer *p, const cJSON *props)
{
	if (!cJSON_IsObject(props))
		return;
	JSON_EACH(c, props) {
		CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

		strbuf_addf(&line, "        %s: ", c->string);
		add_plain(&line, c);
		print_line(p, &line);
	}
}

static void print_body(struct printer *p, const struct resource_change *r,
    const cJSON *shown, const char *key)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	const char *type = json_str(shown, "Type"), *ignored;
	const cJSON *props = json_get(shown, "Properties");

	strbuf_addf(&line, "    └── %s ", key);
	add_styled(p, &line, STYLE_CYAN, type ? type : "Unknown");
	print_line(p, &line);
	if (r->old && r->new_)
		print_properties(p,
		    json_get(body_of(r->old, &ignored), "Properties"), props);
	else
		print_all(p, props);
}

static void print_loop(struct printer *p, const struct resource_change *r,
    const cJSON *value)
{
	const char *name = r->id + strlen(PREFIX), *key;
	const cJSON *shown = body_of(value, &key);
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

	strbuf_adds(&line, "    Loop variable: ");
	add_styled(p, &line, STYLE_BLUE, name);
	print_line(p, &line);
	print_collection(p, value->child);
	print_body(p, r, shown, key);
}

void print_foreach(struct printer *p, const struct resource_change *r)
{
	const cJSON *value = r->new_ ? r->new_ : r->old;
	const cJSON *list = cJSON_IsArray(value) ? value->child : NULL;
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	const char *key;

	add_tag(p, &line, r->old, r->new_);
	strbuf_addc(&line, ' ');
	add_styled(p, &line, STYLE_CYAN, r->id);
	if (!list || !list->next) {
		strbuf_adds(&line, " (unrecognized ForEach structure)");
		print_line(p, &line);
		return;
	}
	if (!body_of(value, &key)) {
		strbuf_adds(&line, " (empty ForEach template)");
		print_line(p, &line);
		return;
	}
	if (cJSON_IsArray(list))
		strbuf_addf(&line, " (expands to %d resources at deploy time)",
		    cJSON_GetArraySize(list));
	else
		strbuf_adds(&line,
		    " (expands to dynamic count at deploy time)");
	print_line(p, &line);
	print_loop(p, r, value);
}
