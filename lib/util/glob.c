#include "util/glob.h"

#include "util/glob_ast.h"

#define TEXT_MAX 65536 /* as picomatch's limit for patterns */
#define WORK_MAX ((size_t)1 << 24)

/*
 * Matching works on sets of positions: each node turns the set of places
 * where it may start into the set of places where it may end. No backtracking,
 * so time is polynomial, and `work` bounds it on top.
 */
struct match {
	const struct glob_ast *a;
	const uint32_t *t;
	size_t n;
	size_t work;
	bool too_long;
};

static bool *set_new(const struct match *m)
{
	return xcalloc(m->n + 1, sizeof(bool));
}

static bool set_any(const struct match *m, const bool *s)
{
	return memchr(s, true, m->n + 1) != NULL;
}

static bool spend(struct match *m)
{
	m->work += m->n + 1;
	if (m->work > WORK_MAX)
		m->too_long = true;
	return !m->too_long;
}

/* "." or ".." as a whole segment, from i on */
static bool dots_at(const struct match *m, size_t i)
{
	size_t k = 0;

	while (k < 2 && i + k < m->n && m->t[i + k] == '.')
		k++;
	return k && (i + k == m->n || m->t[i + k] == '/');
}

static bool hidden_at(const struct match *m, size_t i)
{
	if (m->a->dot)
		return dots_at(m, i);
	return i < m->n && m->t[i] == '.';
}

static bool holds(const struct match *m, const struct glob_node *d, size_t i)
{
	size_t k;

	switch (d->kind) {
	case GLOB_BEGIN:
		return i == 0;
	case GLOB_END:
		return i == m->n;
	case GLOB_NOT_END:
		return i < m->n;
	case GLOB_NO_DOT:
		return !hidden_at(m, i);
	case GLOB_NO_DOT_SLASH:
		k = i < m->n && m->t[i] == '.' ? i + 1 : i;
		return i < m->n && m->t[i] != '/' && k < m->n &&
		    m->t[k] != '/';
	default:
		return false;
	}
}

static bool in_class(const struct match *m, const struct glob_node *d,
    uint32_t c)
{
	for (uint32_t i = 0; i < d->n_ranges; i++) {
		const struct glob_range *r = &m->a->ranges[d->range + i];

		if (c >= r->lo && c <= r->hi)
			return !d->negated;
	}
	return d->negated;
}

static bool takes(const struct match *m, const struct glob_node *d, uint32_t c)
{
	switch (d->kind) {
	case GLOB_CHAR:
		return c == d->c;
	case GLOB_QMARK:
	case GLOB_STAR:
		return c != '/';
	case GLOB_QMARK_NODOT:
		return c != '/' && c != '.';
	case GLOB_CLASS:
		return in_class(m, d, c);
	default:
		return false;
	}
}

/* May a globstar run over the character at i? */
static bool globstar_takes(const struct match *m, size_t i)
{
	if (i == 0 && hidden_at(m, 0))
		return false;
	return m->t[i] != '/' || !hidden_at(m, i + 1);
}

static void eval_seq(struct match *m, uint32_t first, const bool *in,
    bool *out);

static void eval_alts(struct match *m, uint32_t alt, const bool *in, bool *out)
{
	CLEANUP(free_p) bool *one = set_new(m);

	for (; alt && spend(m); alt = m->a->nodes[alt].sibling) {
		memset(one, 0, m->n + 1);
		eval_seq(m, m->a->nodes[alt].child, in, one);
		for (size_t i = 0; i <= m->n; i++)
			out[i] |= one[i];
	}
}

static void eval_negate(struct match *m, const struct glob_node *d,
    const bool *in, bool *out)
{
	CLEANUP(free_p) bool *one = set_new(m);
	CLEANUP(free_p) bool *ends = set_new(m);

	for (size_t i = 0; i <= m->n && spend(m); i++) {
		if (!in[i])
			continue;
		memset(one, 0, m->n + 1);
		memset(ends, 0, m->n + 1);
		one[i] = true;
		eval_alts(m, d->child, one, ends);
		out[i] = d->anchored ? !ends[m->n] : !set_any(m, ends);
	}
}

/* One time the node, whatever its quantifier. */
static void eval_once(struct match *m, const struct glob_node *d,
    const bool *in, bool *out)
{
	switch (d->kind) {
	case GLOB_GROUP:
		eval_alts(m, d->child, in, out);
		return;
	case GLOB_NEGATE:
		eval_negate(m, d, in, out);
		return;
	case GLOB_STAR:
	case GLOB_GLOBSTAR:
		for (size_t i = 0; i <= m->n; i++)
			out[i] = in[i] ||
			    (i && out[i - 1] &&
				(d->kind == GLOB_STAR ?
					takes(m, d, m->t[i - 1]) :
					globstar_takes(m, i - 1)));
		return;
	case GLOB_CHAR:
	case GLOB_QMARK:
	case GLOB_QMARK_NODOT:
	case GLOB_CLASS:
		for (size_t i = 0; i < m->n; i++)
			out[i + 1] = in[i] && takes(m, d, m->t[i]);
		return;
	default:
		for (size_t i = 0; i <= m->n; i++)
			out[i] = in[i] && holds(m, d, i);
	}
}

static void eval_node(struct match *m, const struct glob_node *d,
    const bool *in, bool *out)
{
	CLEANUP(free_p) bool *fresh = NULL, *next = NULL;
	bool more = d->repeat;

	eval_once(m, d, in, out);
	if (more) {
		fresh = set_new(m);
		next = set_new(m);
		memcpy(fresh, out, m->n + 1);
	}
	/* from the places reached last on, until no new one is reached */
	while (more && spend(m)) {
		memset(next, 0, m->n + 1);
		eval_once(m, d, fresh, next);
		more = false;
		for (size_t i = 0; i <= m->n; i++) {
			fresh[i] = next[i] && !out[i];
			out[i] |= next[i];
			more |= fresh[i];
		}
	}
	for (size_t i = 0; d->optional && i <= m->n; i++)
		out[i] |= in[i];
}

static void eval_seq(struct match *m, uint32_t first, const bool *in,
    bool *out)
{
	CLEANUP(free_p) bool *now = set_new(m);
	CLEANUP(free_p) bool *next = set_new(m);

	memcpy(now, in, m->n + 1);
	for (uint32_t i = first; i && spend(m); i = m->a->nodes[i].next) {
		bool *swap = now;

		if (!set_any(m, now))
			break;
		memset(next, 0, m->n + 1);
		eval_node(m, &m->a->nodes[i], now, next);
		now = next;
		next = swap;
	}
	memcpy(out, now, m->n + 1);
}

/* Code points; a byte that is no UTF-8 stands for itself, out of range. */
static uint32_t *decode(const char *s, size_t *ret_n)
{
	size_t len = strlen(s), n = 0;
	const unsigned char *p = (const unsigned char *)s;
	uint32_t *r;

	*ret_n = 0;
	if (!len || len > TEXT_MAX)
		return NULL;
	r = xmalloc(len * sizeof(*r));
	while (*p) {
		unsigned k = *p < 0xc2 ? 0 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 :
		    *p < 0xf5 ? 3 : 0;
		uint32_t c = k ? *p & (0x3fu >> k) : *p;
		unsigned i;

		for (i = 1; i <= k && (p[i] & 0xc0) == 0x80; i++)
			c = c << 6 | (p[i] & 0x3f);
		if (i <= k || (!k && c >= 0x80)) {
			c = 0x110000u + *p;
			k = 0;
		}
		r[n++] = c;
		p += k + 1;
	}
	*ret_n = n;
	return r;
}

bool glob_match_with(const char *pattern, const char *text, unsigned flags)
{
	CLEANUP(globast_release) struct glob_ast a = { 0 };
	CLEANUP(free_p) uint32_t *p = NULL, *t = NULL;
	CLEANUP(free_p) bool *in = NULL, *out = NULL;
	struct match m = { .a = &a };
	size_t n;

	if (!*pattern || !*text)
		return false;
	if (streq(pattern, text))
		return true;
	p = decode(pattern, &n);
	t = decode(text, &m.n);
	if (!p || !t)
		return false;
	m.t = t;
	globast_parse(&a, p, n, flags & GLOB_DOT);
	if (a.failed)
		return false;
	in = set_new(&m);
	out = set_new(&m);
	in[0] = true;
	eval_alts(&m, a.root, in, out);
	return out[m.n] && !m.too_long;
}

bool glob_match(const char *pattern, const char *text)
{
	return glob_match_with(pattern, text, 0);
}
