#include "asset/tar_index.h"

struct memory {
	const uint8_t *p;
	size_t n;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ssize_t read_memory(void *arg, void *p, size_t n, off_t off)
{
	const struct memory *m = arg;

	if ((size_t)off >= m->n)
		return 0;
	n = MIN(n, m->n - (size_t)off);
	memcpy(p, m->p + off, n);
	return (ssize_t)n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(tar_index_release) struct tar_index t = { 0 };
	CLEANUP(err_release) struct err err = { 0 };
	struct memory m = { data, size };
	const struct tar_source src = { .read = read_memory, .arg = &m,
		.size = (off_t)size };

	(void)!tar_index_read(&src, &t, &err);
	/* members lie within the archive */
	STRMAP_EACH(&t.members, e) {
		const struct tar_member *f = tar_index_find(&t, e->key);

		if (f && (f->off < 0 || f->size < 0 ||
			f->off > (off_t)size))
			abort();
	}
	return 0;
}
