#include "model/asset_manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(asset_manifest_free_p) struct asset_manifest *m = NULL;
	CLEANUP(err_release) struct err err = { 0 };
	struct sv text = { (const char *)data, size };

	(void)!asset_manifest_parse(text, "dir/x.assets.json", &m, &err);
	return 0;
}
