/*
 * What assets there are: those of some stacks, each once, with what they weigh
 * here and where they go. Reads manifests and folders; asks nobody.
 */
#ifndef CCDK_ASSET_INVENTORY_H
#define CCDK_ASSET_INVENTORY_H

#include "model/asset_manifest.h"
#include "model/select.h"

struct inventory_item {
	const struct asset_entry *first; /* kind, id, names, source */
	struct strvec stacks;		 /* display names of its users */
	char *path;   /* of the source, NULL: a program makes it */
	int64_t size; /* in bytes, as it lies here; -1: unknown */
	const struct asset_entry **dests; /* one per destination */
	size_t n_dests;
};

struct inventory {
	struct inventory_item *v;
	size_t n;
	struct strmap known; /* id and source -> index + 1 */
	struct asset_manifest **manifests;
	size_t n_manifests;
};

MUST_USE int inventory_read(const struct stack_list *stacks,
    struct inventory *ret, struct err *err);
void inventory_release(struct inventory *inv);
/* {"schemaVersion": 1, "assets": [...]}; yours */
cJSON *inventory_json(const struct inventory *inv);
/* For people, a line per asset and one per destination; yours */
char *inventory_text(const struct inventory *inv);

/* "bucket/key" or "repository:tag" as the manifest has it; yours */
char *asset_place(const struct asset_entry *e);
/* Bytes of the regular files in a tree, or of one file; links are not
 * followed. -1 when there is nothing there. */
int64_t tree_size(const char *path);
/* "12.3 MB" */
void bytes_text(int64_t bytes, char ret[32]);

#endif
