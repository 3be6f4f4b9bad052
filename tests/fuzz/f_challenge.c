#include "asset/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(registry_challenge_release) struct registry_challenge c = { 0 };
	CLEANUP(free_p) char *text = xstrndup((const char *)data, size);

	if (registry_challenge_parse(text, &c) && !c.realm)
		abort();
	return 0;
}
