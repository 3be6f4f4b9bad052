#include "model/assembly.h"

#include "model/internal.h"
#include "util/file.h"

#define METADATA_MAX ((size_t)512 << 20)

/* Entries of one construct path are appended to what is there already. */
static void entries_add(cJSON *out, struct strmap *by_path, const cJSON *list)
{
	cJSON *at = strmap_get(by_path, list->string);

	if (!at) {
		at = json_dup(list);
		cJSON_AddItemToObject(out, list->string, at);
		strmap_set(by_path, list->string, at);
		return;
	}
	JSON_EACH(entry, list)
		json_push_take(at, json_dup(entry));
}

static int file_load(const struct artifact *a, const char *name, cJSON **ret,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_p) char *path = NULL;
	int r = artifact_file(a, name, &path, err);

	if (r < 0)
		return r;
	r = file_read(path, METADATA_MAX, &text, err);
	if (r == E_NOTFOUND)
		return enoent(err, path);
	if (r < 0)
		return r;
	r = json_parse(strbuf_sv(&text), path, ret, err);
	if (r == 0 && !cJSON_IsObject(*ret))
		return err_set(err, E_INVALID,
		    "%s: construct metadata is not a JSON object", path);
	return r;
}

/* The first libraries wrote the tags of a stack with capital letters. */
static void small_letters(cJSON *tag, const char *from, const char *to)
{
	cJSON *v = json_dup(json_get(tag, from));

	if (!v)
		return;
	json_del(tag, from);
	json_add_take(tag, to, v);
}

static void tags_tidy(cJSON *all)
{
	JSON_EACH(list, all)
		JSON_EACH(entry, list) {
			const char *type = json_str(entry, "type");

			if (!type || !streq(type, "aws:cdk:stack-tags"))
				continue;
			JSON_EACH(tag, json_get(entry, "data")) {
				small_letters(tag, "Key", "key");
				small_letters(tag, "Value", "value");
			}
		}
}

int artifact_metadata(const struct artifact *a, cJSON **ret, struct err *err)
{
	const char *name = json_str(a->json, "additionalMetadataFile");
	const cJSON *inlined = json_get(a->json, "metadata");
	CLEANUP(json_free_p) cJSON *file = NULL;
	CLEANUP(json_free_p) cJSON *out = cJSON_CreateObject();
	struct strmap by_path = { 0 };

	if (name) {
		int r = file_load(a, name, &file, err);

		if (r < 0)
			return r;
	}
	JSON_EACH(list, file)
		entries_add(out, &by_path, list);
	if (cJSON_IsObject(inlined))
		JSON_EACH(list, inlined)
			entries_add(out, &by_path, list);
	strmap_release(&by_path);
	if (a->type == ARTIFACT_STACK)
		tags_tidy(out);
	*ret = TAKE(out);
	return 0;
}

/* "/Stack/Queue/Resource" is "Queue". */
static char *shown_path(const char *path, const char *stack_name)
{
	size_t n = strlen(path), k = strlen(stack_name);

	if (str_ends(path, "/Resource"))
		n -= strlen("/Resource");
	if (n && *path == '/')
		path++, n--;
	if (n > k && path[k] == '/' && !strncmp(path, stack_name, k))
		path += k + 1, n -= k + 1;
	return xstrndup(path, n);
}

int stack_construct_paths(const struct stack *s, struct strmap *ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *all = NULL;
	int r = artifact_metadata(s->artifact, &all, err);

	if (r < 0)
		return r;
	*ret = (struct strmap){ .free_value = free };
	JSON_EACH(list, all)
		JSON_EACH(entry, list) {
			const char *type = json_str(entry, "type");
			const char *id = json_str(entry, "data");
			char *path;

			if (!type || !id || !streq(type, "aws:cdk:logicalId"))
				continue;
			path = shown_path(list->string, s->name);
			if (!strmap_add(ret, id, path))
				free(path);
		}
	return 0;
}
