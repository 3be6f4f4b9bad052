#include "util/semver.h"

#include "util/strbuf.h"

#define TEXT_MAX 256u
#define RANGE_MAX 4096u
/* JavaScript's largest exact integer */
#define NUMBER_MAX UINT64_C(9007199254740991)

#define ANY UINT64_MAX

/* A version, or part of one: what is left open is ANY. */
struct version {
	uint64_t n[3];
	struct sv pre; /* without its '-'; n 0: a release */
};

/* The lowest version of all with these numbers. */
static const struct sv lowest = { "0", 1 };

/* ---- reading ------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_digit(c) || c == '-' || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z');
}

static void skip_blanks(struct sv *t)
{
	while (t->n && (*t->p == ' ' || *t->p == '\t' || *t->p == '\n' ||
	    *t->p == '\r')) {
		t->p++;
		t->n--;
	}
}

static void advance(struct sv *t, size_t n)
{
	t->p += n;
	t->n -= n;
}

static bool read_number(struct sv *t, uint64_t *ret)
{
	size_t n = 0;
	uint64_t v = 0;

	while (n < t->n && is_digit(t->p[n])) {
		v = v * 10 + (uint64_t)(t->p[n] - '0');
		if (v > NUMBER_MAX)
			return false;
		n++;
	}
	if (!n || (n > 1 && *t->p == '0'))
		return false;
	advance(t, n);
	*ret = v;
	return true;
}

/* Identifiers with dots between; numbers have no leading zeros. */
static bool read_words(struct sv *t, bool numbers_strict, struct sv *ret)
{
	size_t n = 0, start = 0;
	bool digits = true;

	for (;; n++) {
		bool end = n == t->n || !is_word(t->p[n]);

		if (!end) {
			digits = digits && is_digit(t->p[n]);
			continue;
		}
		if (n == start || (numbers_strict && digits && n - start > 1 &&
		    t->p[start] == '0'))
			return false;
		if (n == t->n || t->p[n] != '.')
			break;
		start = n + 1;
		digits = true;
	}
	*ret = (struct sv){ t->p, n };
	advance(t, n);
	return true;
}

static bool read_tail(struct sv *t, struct version *ret)
{
	struct sv build;

	if (t->n && *t->p == '-') {
		advance(t, 1);
		if (!read_words(t, true, &ret->pre))
			return false;
	}
	if (t->n && *t->p == '+') {
		advance(t, 1);
		return read_words(t, false, &build);
	}
	return true;
}

/* "1.2.3-rc.1+build", or with holes allowed "1", "1.x", "*". */
static bool read_version(struct sv *t, bool holes, struct version *ret)
{
	*ret = (struct version){ .n = { ANY, ANY, ANY } };
	while (t->n && (*t->p == 'v' || (holes && *t->p == '=')))
		advance(t, 1);
	for (size_t i = 0; i < 3; i++) {
		if (i) {
			if (!t->n || *t->p != '.')
				return holes;
			advance(t, 1);
		}
		if (holes && t->n && strchr("xX*", *t->p))
			advance(t, 1);
		else if (!read_number(t, &ret->n[i]))
			return false;
	}
	return read_tail(t, ret);
}

/* ---- comparing ----------------------------------------------------------- */

static bool all_digits(struct sv v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!is_digit(v.p[i]))
			return false;
	return v.n > 0;
}

static int compare_bytes(struct sv a, struct sv b)
{
	int c = memcmp(a.p, b.p, MIN(a.n, b.n));

	if (c)
		return c < 0 ? -1 : 1;
	return a.n == b.n ? 0 : a.n < b.n ? -1 : 1;
}

static int compare_words(struct sv a, struct sv b)
{
	bool x = all_digits(a), y = all_digits(b);

	if (x != y)
		return x ? -1 : 1;
	if (x && a.n != b.n)
		return a.n < b.n ? -1 : 1;
	return compare_bytes(a, b);
}

static int compare_pre(struct sv a, struct sv b)
{
	struct sv x, y;

	if (!a.n || !b.n)
		return a.n == b.n ? 0 : a.n ? -1 : 1;
	for (;;) {
		bool more = sv_next(&a, '.', &x), other = sv_next(&b, '.', &y);
		int c;

		if (!more || !other)
			return more == other ? 0 : more ? 1 : -1;
		c = compare_words(x, y);
		if (c)
			return c;
	}
}

static int compare(const struct version *a, const struct version *b)
{
	for (size_t i = 0; i < 3; i++)
		if (a->n[i] != b->n[i])
			return a->n[i] < b->n[i] ? -1 : 1;
	return compare_pre(a->pre, b->pre);
}

/* ---- ranges -------------------------------------------------------------- */

/* From `low` on and below `high` (or up to it); open ends have no version. */
struct span {
	struct version low, high;
	bool has_low, low_too, has_high, high_too;
};

static bool in_span(const struct span *s, const struct version *v)
{
	int c;

	if (s->has_low) {
		c = compare(v, &s->low);
		if (c < 0 || (c == 0 && !s->low_too))
			return false;
	}
	if (!s->has_high)
		return true;
	c = compare(v, &s->high);
	return c < 0 || (c == 0 && s->high_too);
}

/* How many numbers there are before the first hole. */
static size_t given(const struct version *v)
{
	size_t n = 0;

	while (n < 3 && v->n[n] != ANY)
		n++;
	return n;
}

/* Holes become 0 and the version the lowest of its numbers. */
static struct version filled(struct version v)
{
	size_t n = given(&v);

	for (size_t i = n; i < 3; i++)
		v.n[i] = 0;
	if (n < 3)
		v.pre = lowest;
	return v;
}

/* The first version after all that share the numbers up to `at`. */
static struct version after(struct version v, size_t at)
{
	v.n[at]++;
	for (size_t i = at + 1; i < 3; i++)
		v.n[i] = 0;
	v.pre = lowest;
	return v;
}

static struct span from_until(struct version low, struct version high)
{
	return (struct span){ .low = low, .high = high, .has_low = true,
		.low_too = true, .has_high = true };
}

static struct span caret(const struct version *v)
{
	struct version low = filled(*v);
	size_t n = given(v), at = 0;

	if (!n)
		return (struct span){ 0 };
	/* the first number that is not 0 must stay, else the last one given */
	while (at + 1 < n && v->n[at] == 0)
		at++;
	/* below 1.0.0 a full version takes its own prereleases too */
	if (n == 3 && !low.pre.n && v->n[0] == 0)
		low.pre = lowest;
	return from_until(low, after(low, at));
}

static struct span tilde(const struct version *v)
{
	size_t n = given(v);

	return n ? from_until(filled(*v), after(filled(*v), n == 1 ? 0 : 1)) :
	    (struct span){ 0 };
}

/* Nothing at all is below the lowest version. */
static struct span nothing(void)
{
	return (struct span){ .high = { .pre = lowest }, .has_high = true };
}

/* op: "", "=", "<", "<=", ">", ">=" */
static struct span comparator(const char *op, const struct version *v)
{
	size_t n = given(v);
	struct version low = filled(*v);
	bool too = op[0] && op[1] == '=';
	struct span s = { 0 };

	if (!n)
		return (*op == '<' || *op == '>') && !too ? nothing() : s;
	if (*op == '>') {
		s.has_low = true;
		s.low_too = too || n < 3;
		s.low = !too && n < 3 ? after(low, n - 1) : low;
	} else if (*op == '<') {
		s.has_high = true;
		s.high_too = too && n == 3;
		s.high = too && n < 3 ? after(low, n - 1) : low;
	} else if (n < 3) {
		s = from_until(low, after(low, n - 1));
	} else {
		s = (struct span){ .low = low, .high = low, .has_low = true,
			.low_too = true, .has_high = true, .high_too = true };
	}
	return s;
}

static struct span hyphen(const struct version *from,
    const struct version *to)
{
	struct span s = { 0 };
	size_t n = given(to);

	if (given(from)) {
		s.has_low = s.low_too = true;
		s.low = filled(*from);
		if (!s.low.pre.n)
			s.low.pre = lowest;
	}
	if (!n)
		return s;
	s.has_high = true;
	s.high_too = n == 3 && to->pre.n;
	s.high = s.high_too ? *to : after(filled(*to), n - 1);
	return s;
}

/* "<=", ">" and the like, "^", "~" or nothing. */
static void read_operator(struct sv *t, char ret[3])
{
	size_t n = 0;

	if (t->n && strchr("<>=^~", *t->p))
		ret[n++] = *t->p;
	if (n && t->n > 1 && (((ret[0] == '<' || ret[0] == '>') &&
	    t->p[1] == '=') || (ret[0] == '~' && t->p[1] == '>')))
		ret[n++] = t->p[1];
	ret[n] = '\0';
	advance(t, n);
	if (n)
		skip_blanks(t);
}

static bool at_end_of_word(const struct sv *t)
{
	return !t->n || strchr(" \t\r\n", *t->p);
}

static bool read_span(struct sv *t, struct span *ret)
{
	struct version v, to;
	struct sv rest;
	char op[3] = "";

	read_operator(t, op);
	if (!read_version(t, true, &v) || !at_end_of_word(t))
		return false;
	rest = *t;
	skip_blanks(&rest);
	if (!*op && rest.n > 1 && *rest.p == '-') {
		advance(&rest, 1);
		skip_blanks(&rest);
		if (!read_version(&rest, true, &to) || !at_end_of_word(&rest))
			return false;
		*t = rest;
		*ret = hyphen(&v, &to);
		return true;
	}
	*ret = *op == '^' ? caret(&v) : *op == '~' ? tilde(&v) :
	    comparator(op, &v);
	return true;
}

/* All spans of one alternative; *ok turns false for malformed text. */
static bool in_all(const struct version *v, struct sv text, bool *ok)
{
	bool in = true;

	for (skip_blanks(&text); text.n; skip_blanks(&text)) {
		struct span s;

		if (!read_span(&text, &s)) {
			*ok = false;
			return false;
		}
		in = in && in_span(&s, v);
	}
	return in;
}

bool semver_in_range(const char *version, const char *range)
{
	struct sv text = sv_trim(sv_from(version)), rest = sv_from(range);
	struct version v;
	bool in = false, ok = true;

	if (text.n > TEXT_MAX || rest.n > RANGE_MAX)
		return false;
	if (text.n && *text.p == '=')
		advance(&text, 1);
	if (!read_version(&text, false, &v) || text.n)
		return false;
	while (ok) {
		const char *bar = strstr(rest.p, "||");
		struct sv part = { rest.p, bar ? (size_t)(bar - rest.p) :
			strlen(rest.p) };

		in |= in_all(&v, part, &ok);
		if (!bar)
			break;
		rest.p = bar + 2;
	}
	return in && ok;
}
