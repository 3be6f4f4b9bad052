/* What json_parse takes, json_write writes so that it reads back the same. */
#include "util/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(json_free_p) cJSON *j = NULL, *again = NULL, *copy = NULL;
	CLEANUP(free_p) char *text = NULL, *text_again = NULL;
	CLEANUP(err_release) struct err err = { 0 };
	struct sv in = { (const char *)data, size };

	if (json_parse(in, "in", &j, &err) < 0) {
		if (!err.msg || !str_starts(err.msg, "in:"))
			abort();
		return 0;
	}
	copy = json_dup(j);
	text = json_text(j, size % 2 ? 2 : 0);
	if (json_parse(sv_from(text), "out", &again, NULL) < 0)
		abort();
	text_again = json_text(again, size % 2 ? 2 : 0);
	if (!streq(text, text_again) || !json_same(copy, j))
		abort();
	return 0;
}
