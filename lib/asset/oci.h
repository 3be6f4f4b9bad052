/*
 * A container image as it lies in a file: an OCI image layout (folder or tar
 * archive) or an archive of `docker save`, opened for pushing.
 *
 *	CLEANUP(oci_image_release) struct oci_image im = { 0 };
 *	if (oci_open(path, &im, err) < 0) ...
 *	registry_push(&target, &im, "tag", err);
 *
 * Manifests are read and their digests verified when it is opened; blobs are
 * file ranges, verified as they are pushed (oci_blob_verify). The layers of an
 * older docker archive are compressed into a temporary folder, deterministic,
 * so that their digests are the same every time.
 */
#ifndef CCDK_ASSET_OCI_H
#define CCDK_ASSET_OCI_H

#include "asset/oci_parse.h"
#include "util/strmap.h"

struct oci_blob {
	char *digest, *path;
	off_t off;
	int64_t size;
};

struct oci_manifest {
	char *digest, *media_type;
	struct strbuf text;
};

struct oci_image {
	char *path, *temp; /* temp: a folder of our own, NULL: none */
	/* what an index names comes before it; the last one is the image */
	struct oci_manifest *manifests;
	size_t n_manifests;
	struct oci_blob *blobs; /* each once */
	size_t n_blobs;
	struct strmap known; /* digests of both */
};

/* Could the path be one? A folder with "oci-layout", or any regular file. */
bool oci_is_layout(const char *path);
MUST_USE int oci_open(const char *path, struct oci_image *ret,
    struct err *err);
void oci_image_release(struct oci_image *im);
/* Of what a tag is to name. Borrowed. */
const char *oci_image_digest(const struct oci_image *im);
/* fd is the blob's file, open. E_INVALID when its bytes are others. */
MUST_USE int oci_blob_verify(const struct oci_blob *b, int fd,
    struct err *err);

#endif
