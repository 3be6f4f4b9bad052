#include "util/glob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* First line: the pattern; the rest: the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(free_p) char *s = xstrndup((const char *)data, size);
	char *nl = strchr(s, '\n');

	if (!nl)
		return 0;
	*nl = '\0';
	(void)glob_match_with(s, nl + 1, 0);
	(void)glob_match_with(s, nl + 1, GLOB_DOT);
	return 0;
}
