#include "model/asset_manifest.h"

#include "model/internal.h"
#include "util/file.h"

#define ASSETS_MAX ((size_t)256 << 20)

static const struct {
	enum asset_kind kind;
	const char *key, *word;
} asset_kinds[] = {
	{ ASSET_FILE, "files", "file" },
	{ ASSET_IMAGE, "dockerImages", "image" },
};

void asset_manifest_free(struct asset_manifest *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++) {
		free(m->v[i].display_name);
		free(m->v[i].display_with_dest);
	}
	free(m->v);
	json_free(m->json);
	free(m->dir);
	free(m->path);
	free(m);
}

static int bad(const struct asset_manifest *m, const char *word,
    const char *id, const char *what, struct err *err)
{
	return err_set(err, E_INVALID,
	    "Cannot read asset manifest '%s': %s asset '%s' %s", m->path, word,
	    id, what);
}

static void entry_add(struct asset_manifest *m, enum asset_kind kind,
    const cJSON *asset, const cJSON *dest)
{
	const char *shown = json_str(asset, "displayName");
	struct asset_entry *e;

	m->v = xreallocarray(m->v, m->n + 1, sizeof(*m->v));
	e = &m->v[m->n++];
	*e = (struct asset_entry){ .kind = kind, .id = asset->string,
		.dest_id = dest->string, .source = json_get(asset, "source"),
		.dest = dest, .manifest = m };
	e->display_name = xstrdup(shown ? shown : asset->string);
	e->display_with_dest = shown ?
	    xasprintf("%s (%s)", shown, dest->string) :
	    xasprintf("%s:%s", asset->string, dest->string);
}

static int assets_read(struct asset_manifest *m, size_t k, struct err *err)
{
	const cJSON *list = json_get(m->json, asset_kinds[k].key);
	const char *word = asset_kinds[k].word;

	if (list && !cJSON_IsObject(list))
		return err_set(err, E_INVALID, "Cannot read asset manifest "
		    "'%s': '%s' is not an object", m->path,
		    asset_kinds[k].key);
	JSON_EACH(asset, list) {
		const cJSON *dests = json_get(asset, "destinations");

		if (!cJSON_IsObject(json_get(asset, "source")))
			return bad(m, word, asset->string, "has no source",
			    err);
		if (!cJSON_IsObject(dests))
			return bad(m, word, asset->string,
			    "has no destinations", err);
		JSON_EACH(dest, dests) {
			if (!cJSON_IsObject(dest))
				return bad(m, word, asset->string, "has a "
				    "destination that is not an object", err);
			entry_add(m, asset_kinds[k].kind, asset, dest);
		}
	}
	return 0;
}

static int manifest_check(struct asset_manifest *m, struct err *err)
{
	const char *version = json_str(m->json, "version");
	int r = 0;

	if (!cJSON_IsObject(m->json))
		return err_set(err, E_INVALID, "Cannot read asset manifest "
		    "'%s': not a JSON object", m->path);
	if (assembly_version_major(version ? version : "") < 0)
		return err_set(err, E_INVALID, "Cannot read asset manifest "
		    "'%s': Invalid semver string: \"%s\"", m->path,
		    version ? version : "undefined");
	for (size_t k = 0; k < ARRAY_SIZE(asset_kinds) && r == 0; k++)
		r = assets_read(m, k, err);
	return r;
}

int asset_manifest_parse(struct sv text, const char *path,
    struct asset_manifest **ret, struct err *err)
{
	CLEANUP(asset_manifest_free_p) struct asset_manifest *m =
	    xcalloc(1, sizeof(*m));
	int r;

	m->path = xstrdup(path);
	m->dir = path_dirname(path);
	r = json_parse(text, path, &m->json, err);
	if (r < 0)
		err_wrap(err, "Cannot read asset manifest '%s'", path);
	else
		r = manifest_check(m, err);
	if (r == 0)
		*ret = TAKE(m);
	return r;
}

int asset_manifest_load(const char *path, struct asset_manifest **ret,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = file_read(path, ASSETS_MAX, &text, err);

	if (r == E_NOTFOUND)
		r = enoent(err, path);
	if (r < 0) {
		err_wrap(err, "Cannot read asset manifest '%s'", path);
		return r;
	}
	return asset_manifest_parse(strbuf_sv(&text), path, ret, err);
}

int asset_manifest_of(const struct artifact *a, struct asset_manifest **ret,
    struct err *err)
{
	const char *file = json_str(a->props, "file");
	CLEANUP(free_p) char *path = NULL;
	int r;

	if (!file)
		return err_set(err, E_INVALID, "Invalid AssetManifestArtifact. "
		    "Missing \"file\" property");
	r = artifact_file(a, file, &path, err);
	return r < 0 ? r : asset_manifest_load(path, ret, err);
}
