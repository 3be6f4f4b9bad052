#include "util/glob_ast.h"

#define DEPTH_MAX 64

/* What kind of thing stands before the cursor decides what '*', '?' mean. */
enum token {
	T_BEGIN,
	T_TEXT,
	T_SLASH,
	T_DOT, /* a dot that starts a segment */
	T_STAR,
	T_GLOBSTAR,
	T_QMARK,
	T_OPEN,	 /* ( */
	T_CLOSE, /* ) */
	T_BRACE, /* { or } */
	T_COMMA,
	T_BRACKET,
};

/* A group that is being filled. */
struct group {
	struct group *up;
	uint32_t first_alt, alt; /* first and current alternative */
	uint32_t last, before_last; /* of the current sequence */
	char close; /* ')' or '}', 0 at the top */
	bool negate;
};

struct parser {
	struct glob_ast *a;
	const uint32_t *p;
	size_t n, i;
	struct group *g;
	enum token prev, prev2;
	unsigned depth, parens, negates;
};

void globast_release(struct glob_ast *a)
{
	free(a->nodes);
	free(a->ranges);
	*a = (struct glob_ast){ 0 };
}

/* ---- nodes --------------------------------------------------------------- */

static uint32_t node_new(struct glob_ast *a, enum glob_kind kind)
{
	if (a->n + 2 > a->cap) {
		a->cap = MAX(a->cap * 2, (size_t)64);
		a->nodes = xreallocarray(a->nodes, a->cap, sizeof(*a->nodes));
	}
	if (!a->n)
		a->nodes[a->n++] = (struct glob_node){ 0 };
	a->nodes[a->n] = (struct glob_node){ .kind = (unsigned char)kind };
	return (uint32_t)a->n++;
}

static void group_begin(struct parser *s, struct group *g)
{
	g->alt = g->first_alt = node_new(s->a, GLOB_ALT);
	g->up = s->g;
	s->g = g;
}

static void group_alt(struct parser *s)
{
	struct group *g = s->g;
	uint32_t alt = node_new(s->a, GLOB_ALT);

	s->a->nodes[g->alt].sibling = alt;
	g->alt = alt;
	g->last = g->before_last = 0;
}

static void append(struct parser *s, uint32_t node)
{
	struct group *g = s->g;

	if (g->last)
		s->a->nodes[g->last].next = node;
	else
		s->a->nodes[g->alt].child = node;
	g->before_last = g->last;
	g->last = node;
}

static uint32_t put(struct parser *s, enum glob_kind kind)
{
	uint32_t node = node_new(s->a, kind);

	append(s, node);
	return node;
}

static void put_char(struct parser *s, uint32_t c)
{
	uint32_t node = put(s, GLOB_CHAR);

	s->a->nodes[node].c = c;
}

/* Takes the node back that append() put last. */
static void unput(struct parser *s)
{
	struct group *g = s->g;

	if (g->before_last)
		s->a->nodes[g->before_last].next = 0;
	else
		s->a->nodes[g->alt].child = 0;
	g->last = g->before_last;
	g->before_last = 0;
}

/* Ends the innermost group and puts it, as one node, where it began. */
static uint32_t group_end(struct parser *s, enum glob_kind kind)
{
	struct group *g = s->g;
	uint32_t node = node_new(s->a, kind);

	s->a->nodes[node].child = g->first_alt;
	s->g = g->up;
	append(s, node);
	return node;
}

static void add_range(struct glob_ast *a, uint32_t node, uint32_t lo,
    uint32_t hi)
{
	if (a->n_ranges == a->cap_ranges) {
		a->cap_ranges = MAX(a->cap_ranges * 2, (size_t)32);
		a->ranges = xreallocarray(a->ranges, a->cap_ranges,
		    sizeof(*a->ranges));
	}
	a->ranges[a->n_ranges++] = (struct glob_range){ lo, hi };
	a->nodes[node].n_ranges++;
}

/* ---- looking around ------------------------------------------------------ */

static uint32_t peek(const struct parser *s, size_t ahead)
{
	return s->i + ahead < s->n ? s->p[s->i + ahead] : 0;
}

static void note(struct parser *s, enum token t)
{
	/* neighbouring texts count as one */
	if (t == T_TEXT && s->prev == T_TEXT)
		return;
	s->prev2 = s->prev;
	s->prev = t;
}

static bool in_braces(const struct parser *s)
{
	return s->g->close == '}';
}

static bool starts_segment(const struct parser *s)
{
	return s->prev == T_BEGIN || s->prev == T_SLASH;
}

/* An escape, a quote or a group is skipped; the index of `close`, or 0. */
static size_t find_close(const struct parser *s, size_t from, uint32_t open,
    uint32_t close)
{
	size_t depth = 1;

	for (size_t i = from; i < s->n; i++) {
		if (s->p[i] == '\\')
			i++;
		else if (s->p[i] == open)
			depth++;
		else if (s->p[i] == close && !--depth)
			return i;
	}
	return 0;
}

/* ---- brackets ------------------------------------------------------------ */

static const struct {
	const char *name, *ranges;
} posix_classes[] = {
	{ "alnum", "azAZ09" },
	{ "alpha", "azAZ" },
	{ "ascii", "\x01\x7f" },
	{ "blank", "  \t\t" },
	{ "cntrl", "\x01\x1f\x7f\x7f" },
	{ "digit", "09" },
	{ "graph", "\x21\x7e" },
	{ "lower", "az" },
	{ "print", "\x20\x7e" },
	{ "punct", "!/:@[`{~" },
	{ "space", "  \t\r" },
	{ "upper", "AZ" },
	{ "word", "AZaz09__" },
	{ "xdigit", "AFaf09" },
};

/* "[:name:]" at i; returns its length, 0 when it is none. */
static size_t posix_class(struct parser *s, size_t i, uint32_t node)
{
	for (size_t k = 0; k < ARRAY_SIZE(posix_classes); k++) {
		const char *name = posix_classes[k].name;
		const char *r = posix_classes[k].ranges;
		size_t len = strlen(name), j = 0;

		if (i + len + 4 > s->n || s->p[i + 1] != ':' ||
		    s->p[i + 2 + len] != ':' || s->p[i + 3 + len] != ']')
			continue;
		while (j < len && s->p[i + 2 + j] == (uint32_t)name[j])
			j++;
		if (j < len)
			continue;
		for (; *r; r += 2)
			add_range(s->a, node, (uint32_t)r[0], (uint32_t)r[1]);
		return len + 4;
	}
	return 0;
}

/* The end of the class that begins at '[': the index of its ']', or 0. */
static size_t class_end(const struct parser *s)
{
	size_t i = s->i + 1;

	if (i < s->n && s->p[i] == '^')
		i++;
	if (i < s->n && s->p[i] == ']')
		i++;
	for (; i < s->n && s->p[i] != ']'; i++) {
		if (s->p[i] == '\\') {
			i++;
		} else if (s->p[i] == '[' && i + 1 < s->n &&
		    s->p[i + 1] == ':') {
			for (size_t k = i + 2; k + 1 < s->n; k++)
				if (s->p[k] == ':' && s->p[k + 1] == ']') {
					i = k + 1;
					break;
				}
		}
	}
	return i < s->n ? i : 0;
}

static bool has_regex_chars(const uint32_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < 0x80 && strchr("-*+?.^${}(|)[]", (int)p[i]))
			return true;
	return false;
}

static void class_body(struct parser *s, uint32_t node, size_t i, size_t end)
{
	bool slash = false, posix = false;

	while (i < end) {
		size_t n = s->p[i] == '[' ? posix_class(s, i, node) : 0;
		uint32_t lo, hi;

		posix |= n > 0;
		i += n;
		if (n)
			continue;
		if (s->p[i] == '\\' && i + 1 < end)
			i++;
		lo = hi = s->p[i++];
		if (i + 1 < end && s->p[i] == '-') {
			i += s->p[i + 1] == '\\' && i + 2 < end ? 2 : 1;
			hi = s->p[i++];
		}
		slash |= lo == '/' || hi == '/';
		if (lo > hi)
			s->a->failed = true; /* no regular expression */
		else
			add_range(s->a, node, lo, hi);
	}
	if (s->a->nodes[node].negated && !slash && !posix)
		add_range(s->a, node, '/', '/');
}

static void parse_bracket(struct parser *s)
{
	size_t end = class_end(s), from = s->i + 1;
	struct group g = { 0 };
	uint32_t node;
	bool literal;

	if (!end) {
		put_char(s, s->p[s->i++]);
		note(s, T_BRACKET);
		return;
	}
	/* a class without special characters also matches as it is written */
	literal = !has_regex_chars(s->p + from, end - from);
	if (literal) {
		group_begin(s, &g);
		for (size_t i = s->i; i <= end; i++)
			put_char(s, s->p[i]);
		group_alt(s);
	}
	node = put(s, GLOB_CLASS);
	s->a->nodes[node].range = (uint32_t)s->a->n_ranges;
	s->a->nodes[node].negated = s->p[from] == '^';
	class_body(s, node, from + s->a->nodes[node].negated, end);
	if (literal)
		group_end(s, GLOB_GROUP);
	s->i = end + 1;
	note(s, T_BRACKET);
}

/* ---- stars --------------------------------------------------------------- */

static void put_guard(struct parser *s, bool more_stars)
{
	if (s->prev == T_DOT)
		put(s, GLOB_NO_DOT_SLASH);
	else if (starts_segment(s))
		put(s, GLOB_NO_DOT);
	else
		return;
	if (!more_stars)
		put(s, GLOB_NOT_END);
}

/* Only closing parentheses of open groups follow (or nothing)? */
static bool at_end(const struct parser *s)
{
	if (s->i == s->n)
		return true;
	if (s->n - s->i != s->parens || !s->parens || s->negates)
		return false;
	for (size_t i = s->i; i < s->n; i++)
		if (s->p[i] != ')')
			return false;
	return true;
}

/* A final slash and two stars, with the slash already put. */
static void put_tail(struct parser *s)
{
	struct group g = { 0 };

	unput(s);
	group_begin(s, &g);
	put_char(s, '/');
	put(s, GLOB_NO_DOT);
	put(s, GLOB_GLOBSTAR);
	group_alt(s);
	put(s, GLOB_END);
	group_end(s, GLOB_GROUP);
	note(s, T_GLOBSTAR);
}

/* Between two slashes, both of which belong to the group. */
static void put_middle(struct parser *s)
{
	struct group g = { 0 };

	unput(s);
	group_begin(s, &g);
	put_char(s, '/');
	put(s, GLOB_NO_DOT);
	put(s, GLOB_GLOBSTAR);
	put_char(s, '/');
	group_alt(s);
	put_char(s, '/');
	if (s->i + 1 < s->n) {
		group_alt(s);
		put(s, GLOB_END);
	}
	group_end(s, GLOB_GROUP);
	s->i++;
	note(s, T_GLOBSTAR);
	note(s, T_SLASH);
}

/* At the very start, the slash after it belongs to the group. */
static void put_head(struct parser *s)
{
	struct group g = { 0 };

	group_begin(s, &g);
	put(s, GLOB_BEGIN);
	group_alt(s);
	put_char(s, '/');
	group_alt(s);
	put(s, GLOB_GLOBSTAR);
	put_char(s, '/');
	group_end(s, GLOB_GROUP);
	s->i++;
	note(s, T_GLOBSTAR);
	note(s, T_SLASH);
}

/* What follows a '**' that may stay one. */
static bool keeps_globstar(const struct parser *s)
{
	uint32_t c = peek(s, 0);

	if (s->i == s->n || (c < 0x80 && strchr("/(){", (int)c)))
		return true;
	if (c == '@' && peek(s, 1) == '(')
		return true;
	return in_braces(s) && (c == ',' || c == '}');
}

/* "**" at a place where it counts; the cursor is behind it. */
static void parse_globstar(struct parser *s, size_t extra)
{
	bool after_star = s->prev2 == T_STAR || s->prev2 == T_GLOBSTAR;

	while (!extra && peek(s, 0) == '/' && peek(s, 1) == '*' &&
	    peek(s, 2) == '*' && (s->i + 3 >= s->n || peek(s, 3) == '/'))
		s->i += 3;
	if (s->prev == T_BEGIN && s->i == s->n && !extra) {
		put(s, GLOB_GLOBSTAR);
		note(s, T_GLOBSTAR);
	} else if (s->prev == T_SLASH && s->prev2 != T_BEGIN && !after_star &&
	    !extra && at_end(s)) {
		put_tail(s);
	} else if (s->prev == T_SLASH && s->prev2 != T_BEGIN && !extra &&
	    peek(s, 0) == '/') {
		put_middle(s);
	} else if (s->prev == T_BEGIN && !extra && peek(s, 0) == '/') {
		put_head(s);
	} else {
		bool keep = !extra && keeps_globstar(s);

		put_guard(s, true);
		put(s, keep ? GLOB_GLOBSTAR : GLOB_STAR);
		note(s, keep ? T_GLOBSTAR : T_STAR);
	}
}

static bool opens_group(const struct parser *s, size_t ahead)
{
	return peek(s, ahead) == '(' && s->i + ahead + 1 < s->n &&
	    peek(s, ahead + 1) != '?';
}

/* A run of stars. The last one may belong to a group; not when two before it
 * make a globstar, which swallows whatever stars follow. */
static void parse_stars(struct parser *s)
{
	bool eligible = starts_segment(s) || s->prev == T_OPEN ||
	    s->prev == T_CLOSE ||
	    (in_braces(s) && (s->prev == T_COMMA || s->prev == T_BRACE));
	size_t k = 1;

	while (peek(s, k) == '*' &&
	    ((eligible && k >= 2) || !opens_group(s, k + 1)))
		k++;
	s->i += k;
	if (k >= 2 && eligible) {
		parse_globstar(s, k - 2);
		return;
	}
	put_guard(s, k > 1 || peek(s, 0) == '*');
	put(s, GLOB_STAR);
	note(s, T_STAR);
}

/* ---- groups -------------------------------------------------------------- */

static void parse_seq(struct parser *s);

static void parse_until(struct parser *s, struct group *g, size_t end)
{
	size_t n = s->n;

	if (s->depth >= DEPTH_MAX) {
		s->a->failed = true;
		s->i = s->n;
	}
	s->depth++;
	group_begin(s, g);
	while (s->i < end && !s->a->failed)
		parse_seq(s);
	s->n = n;
	s->depth--;
}

/* ".word" and nothing else: what a negated "*" in front must not swallow */
static bool is_suffix(const struct parser *s, size_t i)
{
	if (i + 1 >= s->n || s->p[i] != '.')
		return false;
	for (i++; i < s->n; i++)
		if (s->p[i] == '\\' || s->p[i] == '/' || s->p[i] == '.')
			return false;
	return true;
}

static bool contains(const struct parser *s, size_t from, size_t to, uint32_t c)
{
	while (from < to)
		if (s->p[from++] == c)
			return true;
	return false;
}

/* Appends to every alternative what follows the group. */
static void extend_alts(struct parser *s, uint32_t neg, size_t from)
{
	struct parser t = *s;
	struct group g = { 0 };
	uint32_t inner, seq;

	/* (inner)rest, as one alternative */
	t.i = from;
	t.g = NULL;
	t.depth++;
	t.prev = t.prev2 = T_BEGIN;
	group_begin(&t, &g);
	inner = node_new(s->a, GLOB_GROUP);
	s->a->nodes[inner].child = s->a->nodes[neg].child;
	append(&t, inner);
	while (t.i < t.n && !s->a->failed)
		parse_seq(&t);
	seq = g.first_alt;
	s->a->nodes[neg].child = seq;
}

static void finish_negate(struct parser *s, uint32_t node, size_t from,
    size_t end)
{
	bool across = end - from > 1 && contains(s, from, end, '/');
	struct group g = { 0 };
	bool last = true;

	for (size_t i = end + 1; i < s->n; i++)
		last &= s->p[i] == ')';
	s->a->nodes[node].anchored = across || last;
	if (contains(s, from, end, '*') && is_suffix(s, end + 1) &&
	    s->depth < DEPTH_MAX) {
		s->a->nodes[node].anchored = false;
		extend_alts(s, node, end + 1);
	}
	/* with its tail one thing, which a '?' behind makes optional */
	unput(s);
	group_begin(s, &g);
	append(s, node);
	put(s, across ? GLOB_GLOBSTAR : GLOB_STAR);
	group_end(s, GLOB_GROUP);
}

/* "(" at the cursor; kind is the character before it, or 0. */
static void parse_paren(struct parser *s, uint32_t kind)
{
	size_t from = s->i + 1, end = find_close(s, from, '(', ')');
	struct group g = { .close = ')', .negate = kind == '!' };
	uint32_t node;

	s->i = from;
	s->parens++;
	s->negates += g.negate;
	note(s, T_OPEN);
	parse_until(s, &g, end);
	s->parens--;
	s->negates -= g.negate;
	s->i = end + 1;
	node = group_end(s, g.negate ? GLOB_NEGATE : GLOB_GROUP);
	s->a->nodes[node].optional = kind == '?' || kind == '*';
	s->a->nodes[node].repeat = kind == '+' || kind == '*';
	if (g.negate)
		finish_negate(s, node, from, end);
	note(s, T_CLOSE);
}

/* "a..c" is one character between the two: what the reference makes of it. */
static void parse_range(struct parser *s, size_t end)
{
	uint32_t node = put(s, GLOB_CLASS), first, last;
	size_t i = s->i + 1, dots = i;

	while (!(s->p[dots] == '.' && s->p[dots + 1] == '.'))
		dots++;
	s->a->nodes[node].range = (uint32_t)s->a->n_ranges;
	first = s->p[i];
	last = s->p[dots + 2];
	/* both ends may be longer: [10-20] is 1, 0-2 and 0 */
	if (dots - i == 1 && end - dots == 3 && first > last) {
		uint32_t swap = first;

		first = last;
		last = swap;
	}
	for (; i + 1 < dots; i++)
		add_range(s->a, node, s->p[i], s->p[i]);
	first = dots - (s->i + 1) == 1 ? first : s->p[dots - 1];
	if (first > last)
		s->a->failed = true;
	else
		add_range(s->a, node, first, last);
	for (i = dots + 3; i < end; i++)
		add_range(s->a, node, s->p[i], s->p[i]);
	s->i = end + 1;
	note(s, T_BRACE);
}

/* A comma or two dots at the level of these braces? */
static bool braces_split(const struct parser *s, size_t end, uint32_t *ret)
{
	size_t depth = 0;

	*ret = 0;
	for (size_t i = s->i + 1; i < end; i++) {
		uint32_t c = s->p[i];

		if (c == '\\')
			i++;
		else if (c == '{' || c == '(')
			depth++;
		else if (c == '}' || c == ')')
			depth--;
		else if (!depth && c == ',')
			*ret = c;
		else if (!depth && c == '.' && i + 2 < end && i > s->i + 1 &&
		    s->p[i + 1] == '.' && !*ret)
			*ret = '.';
	}
	return *ret != 0;
}

static void parse_braces(struct parser *s)
{
	size_t end = find_close(s, s->i + 1, '{', '}');
	struct group g = { .close = '}' };
	uint32_t split;

	if (!end || !braces_split(s, end, &split)) {
		put_char(s, s->p[s->i++]);
		note(s, T_TEXT);
		return;
	}
	if (split == '.') {
		parse_range(s, end);
		return;
	}
	s->i++;
	note(s, T_BRACE);
	parse_until(s, &g, end);
	s->i = end + 1;
	group_end(s, GLOB_GROUP);
	note(s, T_BRACE);
}

/* ---- the rest ------------------------------------------------------------ */

static void parse_text(struct parser *s)
{
	put_char(s, s->p[s->i++]);
	note(s, T_TEXT);
}

static void parse_escape(struct parser *s)
{
	uint32_t next = peek(s, 1);

	/* before these three the backslash is not there */
	if (next == '/' || next == '.' || next == ';') {
		s->i++;
		return;
	}
	if (s->i + 1 < s->n)
		s->i++;
	parse_text(s);
}

static void parse_quoted(struct parser *s)
{
	for (s->i++; s->i < s->n && s->p[s->i] != '"';)
		parse_text(s);
	s->i++;
}

static void parse_dot(struct parser *s)
{
	bool special = s->g->close || starts_segment(s);

	put_char(s, s->p[s->i++]);
	note(s, special ? T_DOT : T_TEXT);
}

static void parse_qmark(struct parser *s)
{
	struct glob_node *last = &s->a->nodes[s->g->last];

	s->i++;
	if (s->prev == T_CLOSE && s->g->last) {
		/* behind another quantifier it only means "as few as can" */
		last->optional |= !last->repeat;
		note(s, T_TEXT);
	} else if (s->prev == T_OPEN) {
		put_char(s, '?');
		note(s, T_TEXT);
	} else {
		put(s, starts_segment(s) && !s->a->dot ? GLOB_QMARK_NODOT :
							 GLOB_QMARK);
		note(s, T_QMARK);
	}
}

static void parse_plus(struct parser *s)
{
	bool after = s->prev == T_BRACKET || s->prev == T_CLOSE ||
	    s->prev == T_BRACE || (s->parens && s->prev != T_OPEN);

	if (!after || !s->g->last) {
		parse_text(s);
		return;
	}
	s->a->nodes[s->g->last].repeat = true;
	s->i++;
	note(s, T_TEXT);
}

static bool is_extglob(const struct parser *s)
{
	uint32_t c = s->p[s->i];

	return c < 0x80 && c && strchr("?*+@!", (int)c) && peek(s, 1) == '(' &&
	    peek(s, 2) != '?' && find_close(s, s->i + 2, '(', ')');
}

static void parse_extglob(struct parser *s)
{
	uint32_t kind = s->p[s->i++];

	/* a pattern that begins with one does not match the empty text */
	if (s->prev == T_BEGIN && kind != '@')
		put(s, GLOB_NOT_END);
	parse_paren(s, kind);
}

static void parse_seq(struct parser *s)
{
	uint32_t c = s->p[s->i];

	if (is_extglob(s)) {
		parse_extglob(s);
		return;
	}
	switch (c) {
	case '\\':
		parse_escape(s);
		break;
	case '"':
		parse_quoted(s);
		break;
	case '(':
		if (find_close(s, s->i + 1, '(', ')'))
			parse_paren(s, 0);
		else
			parse_text(s);
		break;
	case '[':
		parse_bracket(s);
		break;
	case '{':
		parse_braces(s);
		break;
	case '|':
		group_alt(s);
		s->i++;
		note(s, T_TEXT);
		break;
	case ',':
		if (!in_braces(s)) {
			parse_text(s);
			break;
		}
		group_alt(s);
		s->i++;
		note(s, T_COMMA);
		break;
	case '/':
		put_char(s, c);
		s->i++;
		note(s, T_SLASH);
		break;
	case '.':
		parse_dot(s);
		break;
	case '?':
		parse_qmark(s);
		break;
	case '+':
		parse_plus(s);
		break;
	case '*':
		parse_stars(s);
		break;
	default:
		parse_text(s);
	}
}

/* ---- whole patterns ------------------------------------------------------ */

static void put_optional_slash(struct parser *s)
{
	put_char(s, '/');
	s->a->nodes[s->g->last].optional = true;
}

/*
 * Frequent patterns have forms of their own, which differ in details (they
 * all take a trailing slash). n: no hidden segment, o: not at the end,
 * s: star, g: globstar; [..] is optional.
 */
static const struct {
	const char *pattern, *form;
} shortcuts[] = {
	{ "*", "nos" },
	{ ".*", ".os" },
	{ "*.*", "ns.os" },
	{ "*/*", "ns/ons" },
	{ "**", "ng" },
	{ "**/*", "[ng/]nos" },
	{ "**/*.*", "[ng/]ns.os" },
	{ "**/.*", "[ng/].os" },
};

static void put_form(struct parser *s, const char *form)
{
	struct group g = { 0 };
	uint32_t node;

	for (; *form; form++) {
		switch (*form) {
		case 'n':
			put(s, GLOB_NO_DOT);
			break;
		case 'o':
			put(s, GLOB_NOT_END);
			break;
		case 's':
			put(s, GLOB_STAR);
			break;
		case 'g':
			put(s, GLOB_GLOBSTAR);
			break;
		case '[':
			group_begin(s, &g);
			break;
		case ']':
			node = group_end(s, GLOB_GROUP);
			s->a->nodes[node].optional = true;
			break;
		default:
			put_char(s, (unsigned char)*form);
		}
	}
}

static bool is_word(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

static bool same(const uint32_t *p, size_t n, const char *s)
{
	size_t i = 0;

	while (i < n && s[i] && p[i] == (unsigned char)s[i])
		i++;
	return i == n && !s[i];
}

/* One of the shortcuts, with any number of ".word" behind it. */
static bool parse_shortcut(struct parser *s)
{
	size_t n = s->n, k;

	for (;;) {
		for (k = 0; k < ARRAY_SIZE(shortcuts); k++)
			if (same(s->p, n, shortcuts[k].pattern))
				break;
		if (k < ARRAY_SIZE(shortcuts))
			break;
		for (k = n; k && is_word(s->p[k - 1]); k--)
			;
		if (k == n || k < 2 || s->p[k - 1] != '.')
			return false;
		n = k - 1;
	}
	put_form(s, shortcuts[k].form);
	while (n < s->n)
		put_char(s, s->p[n++]);
	put_optional_slash(s);
	return true;
}

/* Without groups, brackets and slashes, and not starting with a star. */
static bool parse_simple(struct parser *s)
{
	if (s->p[0] == '*' || s->p[0] == '!')
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (s->p[i] < 0x80 && strchr("/()[]{}\"", (int)s->p[i]))
			return false;
	for (size_t i = 0; i < s->n; i++) {
		if (s->p[i] == '\\' && i + 1 < s->n) {
			put_char(s, s->p[++i]);
		} else if (s->p[i] == '?') {
			put(s, i || s->a->dot ? GLOB_QMARK : GLOB_QMARK_NODOT);
		} else if (s->p[i] == '*') {
			put(s, GLOB_STAR);
			while (i + 1 < s->n && s->p[i + 1] == '*')
				i++;
		} else {
			put_char(s, s->p[i]);
		}
	}
	return true;
}

static void strip_here(struct parser *s)
{
	if (s->n >= 2 && s->p[0] == '.' && s->p[1] == '/') {
		s->p += 2;
		s->n -= 2;
	}
}

void globast_parse(struct glob_ast *a, const uint32_t *p, size_t n, bool dot)
{
	struct parser s = { .a = a, .p = p, .n = n };
	struct group top = { 0 };

	a->dot = dot;
	group_begin(&s, &top);
	a->root = top.first_alt;
	if (same(p, n, "***"))
		s.n = 1;
	else if (same(p, n, "**/**") || same(p, n, "**/**/**"))
		s.n = 2;
	strip_here(&s);
	if (((p[0] == '.' || p[0] == '*') && parse_shortcut(&s)) ||
	    (s.n && parse_simple(&s)))
		return;
	for (n = s.n + 1; s.n < n;) {
		n = s.n;
		strip_here(&s);
	}
	while (s.i < s.n && !a->failed)
		parse_seq(&s);
	if (s.prev == T_STAR || s.prev == T_BRACKET)
		put_optional_slash(&s);
}
