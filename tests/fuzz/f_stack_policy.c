/* A stack policy is one, or an error names the file. */
#include "deploy/stack_policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(json_free_p) cJSON *j = NULL;
	CLEANUP(err_release) struct err err = { 0 };
	struct sv in = { (const char *)data, size };

	if (stack_policy_check(in, "in", &err) < 0) {
		if (!str_starts(err_text(&err), "in:"))
			abort();
		return 0;
	}
	if (size > STACK_POLICY_MAX || json_parse(in, "in", &j, NULL) < 0 ||
	    !json_get(j, "Statement"))
		abort();
	return 0;
}
