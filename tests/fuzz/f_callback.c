/*
 * What a browser, or anybody on this machine, sends to the address a login
 * comes back to.
 */
#include "net/callback.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct sv head = { (const char *)data, n }, path, query;
	const char *end = head.p + n;

	if (callback_parse(head, &path, &query)) {
		CLEANUP(free_p) char *text = sv_dup(query);
		CLEANUP(free_p) char *code = callback_value(text, "code");

		if (path.p < head.p || path.p + path.n > end || !path.n ||
		    *path.p != '/' || memchr(path.p, '?', path.n) ||
		    (query.n && (query.p < head.p || query.p + query.n > end)))
			abort();
		if (code && strlen(code) > n)
			abort();
	}
	return 0;
}
