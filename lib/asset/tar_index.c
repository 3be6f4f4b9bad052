#include "asset/tar_index.h"

#include "util/file.h"
#include "util/strbuf.h"

#define BLOCK 512
#define MEMBERS_MAX 200000
#define HEADER_TEXT_MAX ((int64_t)1 << 20)
#define NAME_MAX_LEN 4096
#define LINKS_MAX 8

/* Offsets and lengths in a header block. */
enum { NAME = 0, NAME_LEN = 100, SIZE = 124, SIZE_LEN = 12, SUM = 148,
	SUM_LEN = 8, TYPE = 156, LINK = 157, MAGIC = 257, PREFIX = 345,
	PREFIX_LEN = 155 };

struct reader {
	const struct tar_source *src;
	off_t at;
	/* what extended headers say about the next member */
	char *name, *link;
	int64_t size; /* -1: nothing */
};

static void reader_forget(struct reader *r)
{
	free(TAKE(r->name));
	free(TAKE(r->link));
	r->size = -1;
}

static int bad(const struct reader *r, const char *what, struct err *err)
{
	return err_set(err, E_INVALID, "not a usable tar archive: %s at byte "
	    "%lld", what, (long long)r->at);
}

static int read_at(const struct reader *r, void *p, size_t n,
    struct err *err)
{
	ssize_t got = r->src->read(r->src->arg, p, n, r->at);

	if (got < 0)
		return err_set(err, E_IO, "cannot read: %m");
	return (size_t)got == n ? 0 : bad(r, "it ends early", err);
}

/* Octal text, or GNU's big-endian number behind a set high bit. */
static bool number(const unsigned char *p, size_t n, int64_t *ret)
{
	int64_t v = 0;
	size_t i = 0;

	if (p[0] == 0x80) {
		for (i = 1; i < n; i++) {
			if (v > INT64_MAX >> 9)
				return false;
			v = v << 8 | p[i];
		}
		*ret = v;
		return true;
	}
	while (i < n && p[i] == ' ')
		i++;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		v = v << 3 | (p[i] - '0'); /* 12 digits at the most */
	*ret = v;
	return i == n || p[i] == ' ' || !p[i];
}

static bool sum_is_right(const unsigned char *h)
{
	int64_t want, sum = 0;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= SUM && i < SUM + SUM_LEN ? ' ' : h[i];
	return number(h + SUM, SUM_LEN, &want) && want == sum;
}

static char *text_at(const unsigned char *p, size_t max)
{
	return xstrndup((const char *)p, strnlen((const char *)p, max));
}

static char *member_name(struct reader *r, const unsigned char *h)
{
	CLEANUP(free_p) char *name = text_at(h + NAME, NAME_LEN);
	CLEANUP(free_p) char *prefix = NULL;

	if (r->name)
		return TAKE(r->name);
	/* GNU keeps other things where ustar has the prefix */
	if (memcmp(h + MAGIC, "ustar\0", 6) == 0)
		prefix = text_at(h + PREFIX, PREFIX_LEN);
	return prefix && *prefix ? xasprintf("%s/%s", prefix, name) :
				   TAKE(name);
}

/* "LEN key=value\n" ... */
static void read_pax(struct reader *r, struct sv text)
{
	while (text.n) {
		size_t digits = 0, len = 0;
		const char *eq;
		struct sv key, value;

		while (digits < text.n && digits < 7 &&
		    text.p[digits] >= '0' && text.p[digits] <= '9')
			len = len * 10 + (size_t)(text.p[digits++] - '0');
		if (len < digits + 3 || len > text.n ||
		    text.p[digits] != ' ')
			return;
		key = (struct sv){ text.p + digits + 1, len - digits - 2 };
		text = (struct sv){ text.p + len, text.n - len };
		eq = memchr(key.p, '=', key.n);
		if (!eq)
			continue;
		value = (struct sv){ eq + 1,
			key.n - (size_t)(eq + 1 - key.p) };
		key.n = (size_t)(eq - key.p);
		if (sv_eq(key, "path")) {
			free(r->name);
			r->name = sv_dup(value);
		} else if (sv_eq(key, "linkpath")) {
			free(r->link);
			r->link = sv_dup(value);
		} else if (sv_eq(key, "size")) {
			CLEANUP(free_p) char *number = sv_dup(value);

			if (!str_to_int64(number, &r->size) || r->size < 0)
				r->size = -1;
		}
	}
}

/* A member that is about the next one. */
static int read_extra(struct reader *r, char type, int64_t size,
    struct err *err)
{
	CLEANUP(free_p) char *text = NULL;
	int rc;

	if (size > HEADER_TEXT_MAX)
		return bad(r, "an oversized extended header", err);
	text = xcalloc((size_t)size + 1, 1);
	if ((rc = read_at(r, text, (size_t)size, err)) < 0)
		return rc;
	if (type == 'x') {
		read_pax(r, (struct sv){ text, (size_t)size });
	} else if (type == 'L') {
		free(r->name);
		r->name = TAKE(text);
	} else if (type == 'K') {
		free(r->link);
		r->link = TAKE(text);
	}
	return 0;
}

static void free_member(void *p)
{
	struct tar_member *m = p;

	free(m->link);
	free(m);
}

static int add(struct tar_index *t, struct reader *r, const unsigned char *h,
    int64_t size, struct err *err)
{
	CLEANUP(free_p) char *name = member_name(r, h);
	CLEANUP(free_p) char *key = NULL;
	struct tar_member *m;
	char type = (char)h[TYPE];

	if (strlen(name) > NAME_MAX_LEN)
		return bad(r, "an overlong name", err);
	if (t->members.n >= MEMBERS_MAX)
		return err_set(err, E_TOOBIG, "the archive has more than %d "
		    "members", MEMBERS_MAX);
	if (type && !strchr("0712", type))
		return 0; /* folders, devices */
	key = path_normal(name);
	m = xcalloc(1, sizeof(*m));
	m->off = r->at;
	m->size = size;
	if (type == '1' || type == '2') {
		char *link = r->link ? TAKE(r->link) :
				       text_at(h + LINK, NAME_LEN);
		CLEANUP(free_p) char *dir = path_dirname(key);
		CLEANUP(free_p) char *joined = type == '1' ? xstrdup(link) :
		    path_join(dir, link);

		m->link = path_normal(joined);
		m->size = 0;
		free(link);
	}
	strmap_set(&t->members, key, m);
	return 0;
}

static int step(struct tar_index *t, struct reader *r,
    const unsigned char *h, struct err *err)
{
	char type = (char)h[TYPE];
	int64_t size;
	int rc;

	if (!sum_is_right(h))
		return bad(r, "a bad checksum", err);
	if (!number(h + SIZE, SIZE_LEN, &size))
		return bad(r, "a bad size", err);
	r->at += BLOCK;
	if (type == 'x' || type == 'L' || type == 'K' || type == 'g') {
		rc = read_extra(r, type, size, err);
	} else {
		size = r->size >= 0 ? r->size : size;
		rc = add(t, r, h, size, err);
		reader_forget(r);
		if (type == '1' || type == '2' || type == '5')
			size = 0; /* whatever it says, nothing follows */
	}
	if (rc < 0)
		return rc;
	if (size > r->src->size - r->at)
		return bad(r, "it ends early", err);
	r->at += (size + BLOCK - 1) / BLOCK * BLOCK;
	return 0;
}

int tar_index_read(const struct tar_source *src, struct tar_index *ret,
    struct err *err)
{
	struct reader r = { .src = src, .size = -1 };
	unsigned char h[BLOCK];
	int rc = 0;

	ret->members.free_value = free_member;
	while (rc == 0 && r.at + BLOCK <= src->size) {
		rc = read_at(&r, h, BLOCK, err);
		if (rc == 0 && !h[0])
			break; /* the end, or nothing that has a name */
		if (rc == 0)
			rc = step(ret, &r, h, err);
	}
	reader_forget(&r);
	if (rc == 0 && !ret->members.n)
		rc = bad(&r, "no members", err);
	return rc;
}

void tar_index_release(struct tar_index *t)
{
	strmap_release(&t->members);
}

const struct tar_member *tar_index_find(const struct tar_index *t,
    const char *name)
{
	const struct tar_member *m = NULL;

	for (int i = 0; i < LINKS_MAX; i++) {
		m = strmap_get(&t->members, name);
		if (!m || !m->link)
			return m;
		name = m->link;
	}
	return NULL;
}
