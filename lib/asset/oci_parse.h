/*
 * The JSON documents of container images: OCI image indexes and manifests,
 * Docker's manifest lists and schema 2 manifests, and manifest.json of a
 * `docker save` archive. Pure; counts and lengths are bounded, digests are
 * checked for form before they become file names. Sources: the OCI image
 * specification 1.1, Docker's image specification 1.2.
 */
#ifndef CCDK_ASSET_OCI_PARSE_H
#define CCDK_ASSET_OCI_PARSE_H

#include "util/err.h"
#include "util/json.h"

#define OCI_INDEX "application/vnd.oci.image.index.v1+json"
#define OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define DOCKER_LIST "application/vnd.docker.distribution.manifest.list.v2+json"
#define DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"

/* Documents larger than this are refused, here and by registries. */
#define OCI_TEXT_MAX ((size_t)4 << 20)

struct oci_desc {
	char *media_type;
	char *digest; /* "sha256:" and 64 hex digits */
	int64_t size;
	bool has_platform; /* and which one is not "unknown" */
	bool foreign;	   /* a layer that is fetched elsewhere */
};

struct oci_descs {
	struct oci_desc *v;
	size_t n;
};

void oci_descs_release(struct oci_descs *l);

bool oci_is_digest(const char *text);
bool oci_is_index_type(const char *media_type);
bool oci_is_manifest_type(const char *media_type);

/* {"imageLayoutVersion": "1.0.0"} */
MUST_USE int oci_parse_layout(struct sv text, struct err *err);
/* The manifests an index or list names. */
MUST_USE int oci_parse_index(struct sv text, struct oci_descs *ret,
    struct err *err);
/* What an image manifest names: its configuration, then its layers. */
MUST_USE int oci_parse_manifest(struct sv text, struct oci_descs *ret,
    struct err *err);

/* manifest.json of an archive with one image; names within the archive. */
struct docker_archive {
	char *config;
	struct strvec layers;
};
MUST_USE int oci_parse_archive(struct sv text, struct docker_archive *ret,
    struct err *err);
void docker_archive_release(struct docker_archive *a);
/* rootfs.diff_ids of an image configuration. */
MUST_USE int oci_parse_diff_ids(struct sv text, struct strvec *ret,
    struct err *err);

#endif
