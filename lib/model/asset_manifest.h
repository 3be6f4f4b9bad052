/*
 * Asset manifests: what to publish, from where, to which destinations.
 * Entries are (asset, destination) pairs: files first, then images.
 */
#ifndef CCDK_MODEL_ASSET_MANIFEST_H
#define CCDK_MODEL_ASSET_MANIFEST_H

#include "model/assembly.h"

enum asset_kind { ASSET_FILE, ASSET_IMAGE };

struct asset_entry {
	enum asset_kind kind;
	const char *id, *dest_id;
	char *display_name;	 /* displayName or id */
	char *display_with_dest; /* "name (dest)" or "id:dest" */
	const cJSON *source;	 /* manifest's object */
	const cJSON *dest;	 /* with placeholders still in */
	const struct asset_manifest *manifest;
};

struct asset_manifest {
	char *dir;  /* folder of the file; sources are relative to it */
	char *path;
	cJSON *json;
	struct asset_entry *v;
	size_t n;
};

MUST_USE int asset_manifest_load(const char *path, struct asset_manifest **ret,
    struct err *err);
/* Pure: the manifest's text; path names it and gives the folder. */
MUST_USE int asset_manifest_parse(struct sv text, const char *path,
    struct asset_manifest **ret, struct err *err);
/* The file of an ARTIFACT_ASSETS artifact. */
MUST_USE int asset_manifest_of(const struct artifact *a,
    struct asset_manifest **ret, struct err *err);
void asset_manifest_free(struct asset_manifest *m);
DEFINE_CLEANUP(struct asset_manifest, asset_manifest_free)

/*
 * Asset manifests without a cloud assembly around them ("assets.json" or
 * "NAME.assets.json"), as tools other than the framework write them. Is the
 * path one, or a folder with some and no manifest.json?
 */
bool bare_assets_at(const char *path);
/* As an assembly: per manifest a stack NAME without resources whose
 * environment is that of the credentials. */
MUST_USE int bare_assets_load(const char *path, struct assembly **ret,
    struct err *err);

#endif
