/*
 * Takes out of an output folder what none of its manifests refers to any more:
 * assets, zips of assets, templates and asset manifests of earlier runs, nested
 * assemblies. Only names that the framework and this program give
 * (prune_is_ours) are touched; links are removed, never followed; nothing
 * outside of the folder is.
 */
#ifndef CCDK_ASSET_PRUNE_H
#define CCDK_ASSET_PRUNE_H

#include "model/assembly.h"

struct prune_item {
	char *path; /* relative to the folder */
	int64_t size;
};

struct prune {
	struct prune_item *v;
	size_t n;
	int64_t bytes;
};

/* What would go. E_CONFIG when the folder is more than an output folder. */
MUST_USE int prune_find(const struct assembly *a, struct prune *ret,
    struct err *err);
/* Removes it; stops at the first thing that cannot be removed. */
MUST_USE int prune_remove(const struct assembly *a, const struct prune *p,
    struct err *err);
void prune_release(struct prune *p);

/* May a thing of this name in an output folder be removed? */
bool prune_is_ours(const char *name);

#endif
