/*
 * Construct paths: which construct of the app a logical id came from.
 */
#include "diff/tree.h"

char *diff_path_text(const char *path)
{
	struct strvec parts = { 0 };
	struct sv rest, one;
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	size_t from = 0, to;

	if (*path == '/')
		path++;
	rest = sv_from(path);
	while (sv_next(&rest, '/', &one))
		strvec_add_take(&parts, sv_dup(one));
	if (*path && path[strlen(path) - 1] == '/')
		strvec_add(&parts, "");
	to = parts.n;
	if (to > 1)
		from = 1; /* the stack's name */
	if (to - from > 1 &&
	    (streq(parts.v[to - 1], "Resource") ||
		streq(parts.v[to - 1], "Default")))
		to--;
	for (size_t i = from; i < to; i++)
		strbuf_addf(&b, "%s%s", i > from ? "/" : "", parts.v[i]);
	strvec_release(&parts);
	return strbuf_detach(&b);
}

static void add_template_paths(const cJSON *template, struct strmap *ret)
{
	const cJSON *resources = json_get(template, "Resources");

	if (!cJSON_IsObject(resources))
		return;
	JSON_EACH(c, resources) {
		const cJSON *path =
		    json_get(json_get(c, "Metadata"), "aws:cdk:path");

		if (cJSON_IsString(path) && *path->valuestring)
			strmap_set(ret, c->string,
			    xstrdup(path->valuestring));
	}
}

static void collect_ids(const cJSON *template, struct strmap *ret)
{
	static const char *const sections[] = { "Resources", "Parameters",
		"Conditions", "Outputs", "Rules", "Mappings" };

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		const cJSON *s = json_get(template, sections[i]);

		if (!cJSON_IsObject(s))
			continue;
		JSON_EACH(c, s)
			strmap_set(ret, c->string, NULL);
	}
}

static void add_manifest_paths(const cJSON *metadata,
    const struct strmap *known, struct strmap *ret)
{
	JSON_EACH(entries, metadata) {
		JSON_EACH(e, entries) {
			const char *type = json_str(e, "type");
			const char *id = json_str(e, "data");

			if (!type || !id || !streq(type, "aws:cdk:logicalId"))
				continue;
			if (strmap_has(known, id) && !strmap_has(ret, id))
				strmap_set(ret, id, xstrdup(entries->string));
		}
	}
}

int diff_paths_of(const struct stack *s, const cJSON *template,
    struct strmap *ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *metadata = NULL;
	struct strmap known = { 0 };
	int r = artifact_metadata(s->artifact, &metadata, err);

	if (r < 0)
		return r;
	*ret = (struct strmap){ .free_value = free };
	add_template_paths(template, ret);
	collect_ids(template, &known);
	add_manifest_paths(metadata, &known, ret);
	strmap_release(&known);
	return 0;
}
