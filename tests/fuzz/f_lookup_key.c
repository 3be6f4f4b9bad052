/*
 * Keys of cdk.context.json read back into questions.
 */
#include "app/lookup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(free_p) char *key = xstrndup((const char *)data, n);
	CLEANUP(json_free_p) cJSON *entry = NULL;
	int rc = lookup_parse_key(key, &entry, NULL);

	if (rc == 0 && (!lookup_is_key(key) || !json_str(entry, "provider") ||
	    !streq(json_str(entry, "key"), key) ||
	    !cJSON_IsObject(json_get(entry, "props"))))
		abort();
	return 0;
}
