#include "diff/textdiff.h"

/* Lines as numbers: equal lines (newline included) have equal numbers. */
struct side {
	struct sv *line;
	size_t *number;
	ptrdiff_t n;
};

/* A run of one operation; runs are shared between paths, newest first. */
struct run {
	char op; /* ' ', '+', '-' */
	size_t count, refs;
	struct run *prev;
};

/* The furthest that some path got on one diagonal. */
struct path {
	ptrdiff_t old_pos;
	struct run *last;
	bool set;
};

struct search {
	struct side old, new_;
	struct path *path;   /* by diagonal + middle */
	ptrdiff_t middle;
	ptrdiff_t reach;     /* the furthest diagonal that was used */
	struct run *spare;   /* freed runs, linked by prev */
};

/* The different lines of both sides; a table with open addressing, since the
 * lines are there already and nothing of them needs a copy. */
struct numbers {
	struct numbered {
		struct sv line;
		uint64_t hash;
	} *v;		 /* by number - 1 */
	size_t n;
	uint32_t *slot; /* numbers; 0: free */
	size_t mask;
};

static size_t count_lines(struct sv text)
{
	const char *p = text.p, *end = text.p + text.n;
	size_t n = 1;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
		p++;
		n++;
	}
	return n;
}

/* Eight bytes at a step. */
static uint64_t hash_of(struct sv line)
{
	uint64_t h = line.n, word;

	for (; line.n >= sizeof(word); line.n -= sizeof(word)) {
		memcpy(&word, line.p, sizeof(word));
		h = (h ^ word) * 0x9e3779b97f4a7c15;
		h ^= h >> 29;
		line.p += sizeof(word);
	}
	word = 0;
	memcpy(&word, line.p, line.n);
	h = (h ^ word) * 0x9e3779b97f4a7c15;
	return h ^ h >> 32;
}

static size_t number_of(struct numbers *t, struct sv line)
{
	uint64_t hash = hash_of(line);
	size_t i = hash & t->mask;

	for (; t->slot[i]; i = (i + 1) & t->mask) {
		const struct numbered *known = &t->v[t->slot[i] - 1];

		if (known->hash == hash && known->line.n == line.n &&
		    memcmp(known->line.p, line.p, line.n) == 0)
			return t->slot[i];
	}
	t->v[t->n++] = (struct numbered){ line, hash };
	t->slot[i] = (uint32_t)t->n;
	return t->n;
}

static void side_read(struct side *s, size_t lines, struct sv text,
    struct numbers *numbers)
{
	s->line = xreallocarray(NULL, lines, sizeof(*s->line));
	s->number = xreallocarray(NULL, lines, sizeof(*s->number));
	while (text.n) {
		const char *nl = memchr(text.p, '\n', text.n);
		size_t whole = nl ? (size_t)(nl - text.p) + 1 : text.n;

		s->line[s->n] = (struct sv){ text.p, whole - (nl ? 1 : 0) };
		s->number[s->n++] =
		    number_of(numbers, (struct sv){ text.p, whole });
		text.p += whole;
		text.n -= whole;
	}
}

static void sides_read(struct search *s, struct sv old, struct sv new_)
{
	size_t n_old = count_lines(old), n_new = count_lines(new_), size = 16;
	struct numbers numbers = { 0 };

	while (size < 2 * (n_old + n_new))
		size *= 2;
	numbers.v = xreallocarray(NULL, n_old + n_new, sizeof(*numbers.v));
	numbers.slot = xcalloc(size, sizeof(*numbers.slot));
	numbers.mask = size - 1;
	side_read(&s->old, n_old, old, &numbers);
	side_read(&s->new_, n_new, new_, &numbers);
	free(numbers.v);
	free(numbers.slot);
}

static void side_release(struct side *s)
{
	free(s->line);
	free(s->number);
}

static void run_unref(struct search *s, struct run *r)
{
	while (r && --r->refs == 0) {
		struct run *prev = r->prev;

		r->prev = s->spare;
		s->spare = r;
		r = prev;
	}
}

/* Takes over the reference to prev. */
static struct run *run_new(struct search *s, char op, size_t count,
    struct run *prev)
{
	struct run *r = s->spare;

	if (r)
		s->spare = r->prev;
	else
		r = xmalloc(sizeof(*r));
	*r = (struct run){ op, count, 1, prev };
	return r;
}

/* `from` plus one line of op; `from` keeps its own reference. */
static struct path extend(struct search *s, const struct path *from, char op)
{
	struct path p = { .old_pos = from->old_pos + (op == '-'), .set = true };
	struct run *last = from->last, *prev = last;
	size_t count = 1;

	if (last && last->op == op) {
		count = last->count + 1;
		prev = last->prev;
	}
	if (prev)
		prev->refs++;
	p.last = run_new(s, op, count, prev);
	return p;
}

/* Follows equal lines; the new position. */
static ptrdiff_t follow(struct search *s, struct path *p, ptrdiff_t diagonal)
{
	ptrdiff_t o = p->old_pos, n = o - diagonal;
	size_t common = 0;

	while (n + 1 < s->new_.n && o + 1 < s->old.n &&
	    s->old.number[o + 1] == s->new_.number[n + 1]) {
		o++;
		n++;
		common++;
	}
	if (common)
		p->last = run_new(s, ' ', common, p->last);
	p->old_pos = o;
	return n;
}

static struct path *at(struct search *s, ptrdiff_t diagonal)
{
	return &s->path[s->middle + diagonal];
}

static void clear(struct search *s, struct path *p)
{
	run_unref(s, p->last);
	*p = (struct path){ 0 };
}

/* The better step onto a diagonal; false when there is none. */
static bool step(struct search *s, ptrdiff_t k, struct path *ret)
{
	struct path *del = at(s, k - 1), *add = at(s, k + 1);
	ptrdiff_t add_new = add->old_pos - k;
	bool can_add = add->set && add_new >= 0 && add_new < s->new_.n;
	bool can_del = del->set && del->old_pos + 1 < s->old.n;

	if (!can_add && !can_del) {
		clear(s, del);
		return false;
	}
	if (!can_del || (can_add && del->old_pos < add->old_pos))
		*ret = extend(s, add, '+');
	else
		*ret = extend(s, del, '-');
	clear(s, del);
	return true;
}

/* The shortest edit script, newest run first; *ret is the caller's. */
static struct run *search(struct search *s)
{
	ptrdiff_t lo = PTRDIFF_MIN, hi = PTRDIFF_MAX;
	ptrdiff_t max = s->old.n + s->new_.n;
	struct path start = { .old_pos = -1, .set = true };

	if (follow(s, &start, 0) + 1 >= s->new_.n &&
	    start.old_pos + 1 >= s->old.n)
		return start.last;
	*at(s, 0) = start;
	for (ptrdiff_t d = 1; d <= max; d++) {
		s->reach = d;
		for (ptrdiff_t k = MAX(lo, -d); k <= MIN(hi, d); k += 2) {
			struct path p;
			ptrdiff_t n;
			bool old_end;

			if (!step(s, k, &p)) {
				clear(s, at(s, k));
				continue;
			}
			n = follow(s, &p, k);
			old_end = p.old_pos + 1 >= s->old.n;
			if (old_end && n + 1 >= s->new_.n)
				return p.last;
			clear(s, at(s, k));
			*at(s, k) = p;
			if (old_end)
				hi = MIN(hi, k - 1);
			if (n + 1 >= s->new_.n)
				lo = MAX(lo, k + 1);
		}
	}
	return NULL;
}

/* ---- hunks ------------------------------------------------------------- */

struct out_line {
	char kind;
	struct sv text;
};

struct hunk {
	size_t old_start, new_start; /* 1-based; 0: no hunk open */
	struct out_line *v;
	size_t n, cap;
	size_t n_old, n_new;
};

struct printer {
	unsigned context;
	struct hunk hunk;
	void (*each)(void *u, const struct text_line *l);
	void *u;
};

static void hunk_add(struct hunk *h, char kind, struct sv text)
{
	if (h->n == h->cap) {
		h->cap = h->cap ? 2 * h->cap : 16;
		h->v = xreallocarray(h->v, h->cap, sizeof(*h->v));
	}
	h->v[h->n++] = (struct out_line){ kind, text };
	h->n_old += kind != '+';
	h->n_new += kind != '-';
}

static size_t common_indent(const struct hunk *h)
{
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < h->n; i++) {
		struct sv t = h->v[i].text;
		size_t n = 0;

		while (n < t.n && t.p[n] == ' ')
			n++;
		if (n < t.n)
			least = MIN(least, n);
	}
	return least;
}

static void hunk_close(struct printer *p)
{
	struct hunk *h = &p->hunk;
	size_t indent = common_indent(h);
	struct text_line l = { .kind = '@' };

	(void)snprintf(l.header, sizeof(l.header), "@@ -%zu,%zu +%zu,%zu @@",
	    h->old_start, h->n_old, h->new_start, h->n_new);
	l.text = sv_from(l.header);
	p->each(p->u, &l);
	for (size_t i = 0; i < h->n; i++) {
		struct sv t = h->v[i].text;
		size_t cut = MIN(indent, t.n);
		struct text_line line = { .kind = h->v[i].kind,
			.text = { t.p + cut, t.n - cut } };

		p->each(p->u, &line);
	}
	h->n = h->n_old = h->n_new = h->old_start = h->new_start = 0;
}

/* A run of equal lines, `o` being the index of its first old line. */
static void common_run(struct printer *p, const struct side *old, size_t o,
    size_t count, bool is_last)
{
	size_t keep = MIN(count, p->context);

	if (!p->hunk.old_start)
		return;
	if (!is_last && count <= 2 * (size_t)p->context)
		keep = count;
	for (size_t i = 0; i < keep; i++)
		hunk_add(&p->hunk, ' ', old->line[o + i]);
	if (is_last || count > 2 * (size_t)p->context)
		hunk_close(p);
}

static void open_hunk(struct printer *p, const struct side *old, size_t o,
    size_t n, size_t before)
{
	size_t keep = MIN(before, p->context);

	if (p->hunk.old_start)
		return;
	p->hunk.old_start = o + 1 - keep;
	p->hunk.new_start = n + 1 - keep;
	for (size_t i = 0; i < keep; i++)
		hunk_add(&p->hunk, ' ', old->line[o - keep + i]);
}

static void print_runs(struct printer *p, const struct search *s,
    struct run *const *v, size_t count)
{
	size_t o = 0, n = 0;

	for (size_t i = 0; i < count; i++) {
		const struct run *r = v[i];
		size_t before = i && v[i - 1]->op == ' ' ? v[i - 1]->count : 0;

		if (r->op == ' ') {
			common_run(p, &s->old, o, r->count, i + 1 == count);
			o += r->count;
			n += r->count;
			continue;
		}
		open_hunk(p, &s->old, o, n, before);
		for (size_t k = 0; k < r->count; k++) {
			if (r->op == '-')
				hunk_add(&p->hunk, '-', s->old.line[o++]);
			else
				hunk_add(&p->hunk, '+', s->new_.line[n++]);
		}
	}
	if (p->hunk.old_start)
		hunk_close(p);
	free(p->hunk.v);
}

static void print_script(struct printer *p, const struct search *s,
    struct run *last)
{
	size_t count = 0, i;
	struct run **v;

	for (struct run *r = last; r; r = r->prev)
		count++;
	v = xcalloc(count ? count : 1, sizeof(struct run *));
	i = count;
	for (struct run *r = last; r; r = r->prev)
		v[--i] = r;
	print_runs(p, s, v, count);
	free(v);
}

void text_diff(struct sv old, struct sv new_, unsigned context,
    void (*each)(void *u, const struct text_line *l), void *u)
{
	struct search s = { 0 };
	struct printer p = { .context = context, .each = each, .u = u };
	struct run *last;
	size_t diagonals;

	sides_read(&s, old, new_);
	s.middle = s.old.n + s.new_.n + 2;
	diagonals = 2 * (size_t)s.middle + 1;
	s.path = xcalloc(diagonals, sizeof(*s.path));
	last = search(&s);
	print_script(&p, &s, last);
	run_unref(&s, last);
	for (ptrdiff_t k = -s.reach - 1; k <= s.reach + 1; k++)
		clear(&s, at(&s, k));
	while (s.spare) {
		struct run *prev = s.spare->prev;

		free(s.spare);
		s.spare = prev;
	}
	free(s.path);
	side_release(&s.old);
	side_release(&s.new_);
}
