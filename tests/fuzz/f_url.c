/*
 * URLs of endpoints and proxies, and percent-encoding there and back.
 */
#include "net/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(free_p) char *text = xstrndup((const char *)data, n);
	CLEANUP(strbuf_release) struct strbuf enc = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf dec = STRBUF_INIT;
	struct sv in = { (const char *)data, n };
	struct url u;

	if (url_parse(text, &u, NULL) == 0) {
		CLEANUP(free_p) char *where = url_authority(&u);

		if (!*where || strpbrk(where, "\r\n/?# "))
			abort();
		url_release(&u);
	}
	url_encode(&enc, in, NULL);
	url_decode(&dec, strbuf_sv(&enc));
	if (dec.len != n || (n && memcmp(dec.buf, data, n)))
		abort();
	return 0;
}
