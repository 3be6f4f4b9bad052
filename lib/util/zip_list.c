#include "util/zip_list.h"

#define END_SIZE 22
#define ENTRY_SIZE 46
#define COMMENT_MAX 65535
#define DIRECTORY_MAX ((size_t)64 << 20)

static uint32_t le(const char *p, unsigned n)
{
	uint32_t v = 0;

	while (n--)
		v = v << 8 | (unsigned char)p[n];
	return v;
}

/* The last record whose comment ends where the archive does. */
static const char *find_end(struct sv tail)
{
	for (size_t i = tail.n < END_SIZE ? 0 : tail.n - END_SIZE + 1; i--;)
		if (memcmp(tail.p + i, "PK\5\6", 4) == 0 &&
		    i + END_SIZE + le(tail.p + i + 20, 2) == tail.n)
			return tail.p + i;
	return NULL;
}

static int digest_entries(struct sv dir, uint32_t count,
    unsigned char ret[SHA256_LEN], struct err *err)
{
	struct sha256_ctx *c = sha256_begin();
	unsigned char md[SHA256_LEN];

	for (; count && dir.n >= ENTRY_SIZE; count--) {
		size_t name = le(dir.p + 28, 2), all = ENTRY_SIZE + name +
		    le(dir.p + 30, 2) + le(dir.p + 32, 2);

		if (memcmp(dir.p, "PK\1\2", 4) != 0 || all > dir.n)
			break;
		sha256_update(c, dir.p + 16, 4);  /* CRC */
		sha256_update(c, dir.p + 24, 6);  /* size, name's length */
		sha256_update(c, dir.p + 38, 4);  /* mode */
		sha256_update(c, dir.p + ENTRY_SIZE, name);
		dir.p += all;
		dir.n -= all;
	}
	sha256_end(c, md);
	if (count || dir.n)
		return err_set(err, E_INVALID, "not a sound zip archive");
	memcpy(ret, md, sizeof(md));
	return 0;
}

int zip_list_digest(const struct zip_source *src,
    unsigned char ret[SHA256_LEN], struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf tail = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf dir = STRBUF_INIT;
	size_t n = (size_t)MIN(src->size, (int64_t)END_SIZE + COMMENT_MAX);
	uint32_t count, size, off;
	const char *end;
	int rc;

	rc = src->read(src->arg, src->size - (int64_t)n, n, &tail, err);
	if (rc < 0)
		return rc;
	end = find_end(strbuf_sv(&tail));
	if (!end)
		return err_set(err, E_INVALID, "not a zip archive");
	count = le(end + 10, 2);
	size = le(end + 12, 4);
	off = le(end + 16, 4);
	if (count == UINT16_MAX || size == UINT32_MAX || off == UINT32_MAX ||
	    size > DIRECTORY_MAX)
		return err_set(err, E_TOOBIG, "too large to be listed");
	if ((int64_t)off + size > src->size)
		return err_set(err, E_INVALID, "not a sound zip archive");
	if (size && (rc = src->read(src->arg, off, size, &dir, err)) < 0)
		return rc;
	return digest_entries(strbuf_sv(&dir), count, ret, err);
}
