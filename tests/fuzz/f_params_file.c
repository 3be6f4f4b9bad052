/* Whatever a parameter file says: texts per stack, or an error that names it. */
#include "deploy/params.h"
#include "deploy/params_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(json_free_p) cJSON *j = NULL, *all = cJSON_CreateObject();
	CLEANUP(strvec_release) struct strvec unread = { 0 };
	CLEANUP(err_release) struct err err = { 0 };
	struct sv in = { (const char *)data, size };

	if (params_file_parse(in, "in", &j, &unread, &err) < 0) {
		if (j || !str_starts(err_text(&err), "in:"))
			abort();
		return 0;
	}
	JSON_EACH(of, j)
		JSON_EACH(p, of)
			if (!*p->string ||
			    (!cJSON_IsString(p) && !cJSON_IsTrue(p)))
				abort();
	params_merge(all, j);
	params_merge(all, j);
	if (cJSON_GetArraySize(all) != cJSON_GetArraySize(j))
		abort();
	return 0;
}
