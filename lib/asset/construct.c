#include "asset/internal.h"
#include "util/file.h"

#define TEMPLATE_MAX ((size_t)64 << 20)
#define NAMED_MAX 5

/* What the framework calls the asset in the metadata of its users. */
static const char *source_name(const struct asset_entry *e)
{
	const char *path = json_str(e->source,
	    e->kind == ASSET_FILE ? "path" : "directory");

	return path && *path ? path_basename(path) : NULL;
}

static bool uses(const cJSON *resource, const char *name)
{
	const cJSON *path = json_get(json_get(resource, "Metadata"),
	    "aws:asset:path");

	return cJSON_IsString(path) &&
	    streq(path_basename(path->valuestring), name);
}

static char *place_of(const struct stack *s, const cJSON *resource)
{
	const cJSON *path = json_get(json_get(resource, "Metadata"),
	    "aws:cdk:path");

	return cJSON_IsString(path) ? xstrdup(path->valuestring) :
	    xasprintf("%s/%s", s->name, resource->string);
}

/* The stack's own copy of the template is not for threads. */
char *asset_users(const struct stack *s, const struct asset_entry *e)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(json_free_p) cJSON *doc = NULL;
	const char *name = source_name(e);
	size_t n = 0;

	if (!name || !s->template_path ||
	    file_read(s->template_path, TEMPLATE_MAX, &text, NULL) < 0 ||
	    json_parse(strbuf_sv(&text), s->template_path, &doc, NULL) < 0)
		return NULL;
	JSON_EACH(resource, json_get(doc, "Resources")) {
		CLEANUP(free_p) char *place = NULL;

		if (!uses(resource, name) || n++ >= NAMED_MAX)
			continue;
		place = place_of(s, resource);
		strbuf_addf(&out, "%s%s", out.len ? ", " : "", place);
	}
	if (n > NAMED_MAX)
		strbuf_addf(&out, " and %zu more", n - NAMED_MAX);
	return n ? strbuf_detach(&out) : NULL;
}
