/*
 * Ids in the reasons that services give, lines of creation traces and of the
 * logs of functions.
 */
#include "cfn/cause.h"
#include "deploy/investigate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(free_p) char *text = xstrndup((const char *)data, n);
	CLEANUP(cause_ids_release) struct cause_ids ids = { 0 };
	CLEANUP(source_release) struct source s = { 0 };

	cause_read_ids(text, &ids);
	if (ids.request_id && (!*ids.request_id ||
		strpbrk(ids.request_id, ",;) \n")))
		abort();
	free(investigate_log_line(text));
	source_of_trace(text, &s);
	if (s.file && (!*s.file || s.line < 0 || s.column < 0 ||
		strchr(s.file, '\n')))
		abort();
	return 0;
}
