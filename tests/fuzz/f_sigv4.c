/*
 * The canonical request of anything: method, path, query and header lines
 * from the input, split at newlines.
 */
#include "aws/sigv4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct sv rest = { (const char *)data, n }, line;
	struct strvec lines = { 0 }, headers = { 0 };
	struct strbuf can = STRBUF_INIT, names = STRBUF_INIT;
	struct err err = { 0 };
	struct sigv4_opts o = { .region = "r", .service = "s" };
	struct sigv4_request r = { .method = "GET", .headers = &headers,
		.payload_sha256 = "x" };

	if (n > 4096)
		return 0;
	while (sv_next(&rest, '\n', &line))
		strvec_add_take(&lines, sv_dup(line));
	o.double_encode = n & 1;
	o.normalize = n & 2;
	r.path = lines.n > 0 ? lines.v[0] : NULL;
	r.query = lines.n > 1 ? lines.v[1] : NULL;
	for (size_t i = 2; i < lines.n; i++)
		strvec_add(&headers, lines.v[i]);
	if (sigv4_canonical_request(&r, &o, &can, &names, &err) == 0 &&
	    !str_ends(can.buf, "\nx"))
		abort();
	strbuf_release(&can);
	strbuf_release(&names);
	strvec_release(&lines);
	strvec_release(&headers);
	err_release(&err);
	return 0;
}
