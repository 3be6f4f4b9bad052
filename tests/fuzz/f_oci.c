#include "asset/oci_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(oci_descs_release) struct oci_descs index = { 0 };
	CLEANUP(oci_descs_release) struct oci_descs manifest = { 0 };
	CLEANUP(docker_archive_release) struct docker_archive a = { 0 };
	CLEANUP(strvec_release) struct strvec ids = { 0 };
	CLEANUP(err_release) struct err err = { 0 };
	struct sv text = { (const char *)data, size };

	(void)!oci_parse_layout(text, &err);
	(void)!oci_parse_index(text, &index, &err);
	(void)!oci_parse_manifest(text, &manifest, &err);
	(void)!oci_parse_archive(text, &a, &err);
	(void)!oci_parse_diff_ids(text, &ids, &err);
	/* a digest becomes a file name */
	for (size_t i = 0; i < manifest.n; i++)
		if (!oci_is_digest(manifest.v[i].digest) ||
		    strchr(manifest.v[i].digest, '/'))
			abort();
	return 0;
}
