#include "model/asset_manifest.h"

#include <dirent.h>

#include "util/file.h"

#define ALONE "assets.json"
#define SUFFIX ".assets.json"

static bool is_manifest_name(const char *name)
{
	return streq(name, ALONE) ||
	    (str_ends(name, SUFFIX) && strlen(name) > strlen(SUFFIX));
}

/* The asset manifests of a folder, by name. */
static void manifests_in(const char *dir, struct strvec *ret)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		CLEANUP(free_p) char *path = path_join(dir, e->d_name);

		if (is_manifest_name(e->d_name) && file_is_regular(path))
			strvec_add(ret, e->d_name);
	}
	if (d)
		closedir(d);
	strvec_sort(ret);
}

bool bare_assets_at(const char *path)
{
	CLEANUP(strvec_release) struct strvec found = { 0 };
	CLEANUP(free_p) char *around = NULL;

	if (file_is_regular(path))
		return is_manifest_name(path_basename(path));
	if (!file_is_dir(path))
		return false;
	around = path_join(path, "manifest.json");
	if (file_exists(around))
		return false;
	manifests_in(path, &found);
	return found.n > 0;
}

/* "Api.assets.json" belongs to "Api"; "assets.json" to "assets". */
static char *owner_name(const char *file)
{
	size_t n = strlen(file);

	return xstrndup(file, n - (streq(file, ALONE) ? strlen(".json") :
	    strlen(SUFFIX)));
}

/* One stack without resources, in whatever environment the credentials are
 * for, and its assets. */
static void add_owner(cJSON *artifacts, const char *file)
{
	CLEANUP(free_p) char *name = owner_name(file);
	CLEANUP(free_p) char *id = xasprintf("%s.assets", name);
	cJSON *assets = cJSON_CreateObject(), *stack = cJSON_CreateObject();
	cJSON *props = cJSON_CreateObject(), *deps = cJSON_CreateArray();

	json_put_str(props, "file", file);
	json_put_str(assets, "type", "cdk:asset-manifest");
	json_add_take(assets, "properties", props);
	json_add_take(artifacts, id, assets);
	props = cJSON_CreateObject();
	json_put_str(props, "templateFile", file);
	json_push_take(deps, cJSON_CreateString(id));
	json_put_str(stack, "type", "aws:cloudformation:stack");
	json_put_str(stack, "environment",
	    "aws://unknown-account/unknown-region");
	json_add_take(stack, "properties", props);
	json_add_take(stack, "dependencies", deps);
	json_add_take(artifacts, name, stack);
}

int bare_assets_load(const char *path, struct assembly **ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *doc = cJSON_CreateObject();
	CLEANUP(strvec_release) struct strvec found = { 0 };
	CLEANUP(free_p) char *dir = NULL, *text = NULL;
	cJSON *artifacts = cJSON_CreateObject();

	if (file_is_dir(path)) {
		dir = xstrdup(path);
		manifests_in(path, &found);
	} else {
		dir = path_dirname(path);
		strvec_add(&found, path_basename(path));
	}
	for (size_t i = 0; i < found.n; i++)
		add_owner(artifacts, found.v[i]);
	json_put_str(doc, "version", ASSEMBLY_SCHEMA_VERSION);
	json_add_take(doc, "artifacts", artifacts);
	text = json_text(doc, 0);
	return assembly_parse(sv_from(text), dir, ret, err);
}
