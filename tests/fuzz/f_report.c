#include "app/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The list of plugin reports, as validation-report.json has it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(json_free_p) cJSON *reports = NULL;
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(free_p) char *text = NULL;

	if (json_parse((struct sv){ (const char *)data, size }, "in",
		&reports, &err) < 0)
		return 0;
	(void)report_failed(reports);
	(void)report_warns(reports);
	text = report_text(reports, "/app", true);
	return 0;
}
