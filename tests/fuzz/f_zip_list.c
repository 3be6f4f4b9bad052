#include "util/zip_list.h"

struct memory {
	const uint8_t *p;
	size_t n;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_memory(void *arg, int64_t off, size_t n, struct strbuf *ret,
    struct err *err)
{
	const struct memory *m = arg;

	/* asked for what there is, and nothing else */
	if (off < 0 || (uint64_t)off > m->n || n > m->n - (size_t)off)
		abort();
	(void)err;
	strbuf_add(ret, m->p + off, n);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(err_release) struct err err = { 0 };
	struct memory m = { data, size };
	const struct zip_source src = { .read = read_memory, .arg = &m,
		.size = (int64_t)size };
	unsigned char md[SHA256_LEN];

	(void)!zip_list_digest(&src, md, &err);
	return 0;
}
