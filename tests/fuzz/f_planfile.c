#include "plan/planfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As it stands, and as if it bore the right digest. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sv text = { .p = (const char *)data, .n = size };
	CLEANUP(planfile_free_p) struct planfile *file = NULL, *sealed = NULL;
	CLEANUP(err_release) struct err err = { 0 };
	cJSON *json = NULL;

	(void)!planfile_parse(text, "plan.json", &file, &err);
	if (json_parse(text, "plan.json", &json, NULL) < 0)
		return 0;
	(void)!planfile_adopt(json, "plan.json", &sealed, &err);
	return 0;
}
