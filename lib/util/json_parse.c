/*
 * cJSON reads the text, but only after check() went over it: cJSON takes more
 * than JSON ("01", control characters, anything after the value), cuts strings
 * at \u0000, cannot read half a surrogate pair or a number of 64 characters,
 * and says nothing about where it failed. check() reports the errors and
 * rewrites those few things in a copy.
 */
#include "util/json.h"

#include "util/utf8.h"

#define DEPTH_MAX 1000
/* cJSON's buffer for one number */
#define CJSON_NUMBER_MAX 60

struct check {
	const char *start, *p, *end;
	const char *what;
	/* the text up to `copied` with its rewrites; empty while there are none */
	struct strbuf out;
	const char *copied;
	bool rewritten;
	struct err *err;
};

static PRINTF(4, 5) int fail_at(struct check *c, const char *at, int code,
    const char *fmt, ...)
{
	size_t line = 1, column = 1;
	CLEANUP(free_p) char *text = NULL;
	va_list ap;

	for (const char *p = c->start; p < at; p++) {
		if (*p == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)*p & 0xc0) != 0x80) {
			column++;
		}
	}
	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	return err_set(c->err, code, "%s:%zu:%zu: %s", c->what, line, column,
	    text);
}

/* "unexpected 'x', a value was expected" */
static int fail_expected(struct check *c, const char *expected)
{
	unsigned char b;

	if (c->p >= c->end)
		return fail_at(c, c->p, E_INVALID,
		    "the text ends where %s was expected", expected);
	b = (unsigned char)*c->p;
	if (b > ' ' && b < 0x7f)
		return fail_at(c, c->p, E_INVALID,
		    "unexpected '%c' where %s was expected", b, expected);
	return fail_at(c, c->p, E_INVALID,
	    "unexpected byte 0x%02x where %s was expected", b, expected);
}

static void rewrite(struct check *c, const char *from, const char *to,
    const char *text, size_t n)
{
	strbuf_add(&c->out, c->copied, (size_t)(from - c->copied));
	strbuf_add(&c->out, text, n);
	c->copied = to;
	c->rewritten = true;
}

static void skip_blanks(struct check *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\n' ||
				    *c->p == '\r' || *c->p == '\t'))
		c->p++;
}

static bool is_digit(const struct check *c)
{
	return c->p < c->end && *c->p >= '0' && *c->p <= '9';
}

static int need_digits(struct check *c)
{
	if (!is_digit(c))
		return fail_expected(c, "a digit");
	while (is_digit(c))
		c->p++;
	return 0;
}

static void shorten_number(struct check *c, const char *from)
{
	CLEANUP(free_p) char *text = xstrndup(from, (size_t)(c->p - from));
	char shorter[40];
	int n = snprintf(shorter, sizeof(shorter), "%.17e", strtod(text, NULL));

	/* infinity has no JSON form, but too large an exponent means it */
	if (strchr(shorter, 'n'))
		n = snprintf(shorter, sizeof(shorter), "%s1e999",
		    *from == '-' ? "-" : "");
	rewrite(c, from, c->p, shorter, (size_t)n);
}

static int check_number(struct check *c)
{
	const char *from = c->p;

	if (*c->p == '-')
		c->p++;
	if (c->p < c->end && *c->p == '0') {
		c->p++;
		if (is_digit(c))
			return fail_at(c, from, E_INVALID,
			    "a number must not start with 0");
	} else if (need_digits(c) < 0) {
		return E_INVALID;
	}
	if (c->p < c->end && *c->p == '.') {
		c->p++;
		if (need_digits(c) < 0)
			return E_INVALID;
	}
	if (c->p < c->end && (*c->p == 'e' || *c->p == 'E')) {
		c->p++;
		if (c->p < c->end && (*c->p == '+' || *c->p == '-'))
			c->p++;
		if (need_digits(c) < 0)
			return E_INVALID;
	}
	if (c->p - from > CJSON_NUMBER_MAX)
		shorten_number(c, from);
	return 0;
}

/* At "\uXXXX"? Its value, or -1. */
static long escape_unit(const struct check *c, const char *p)
{
	long v = 0;

	if (c->end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		char h = p[i];

		v *= 16;
		if (h >= '0' && h <= '9')
			v += h - '0';
		else if (h >= 'a' && h <= 'f')
			v += h - 'a' + 10;
		else if (h >= 'A' && h <= 'F')
			v += h - 'A' + 10;
		else
			return -1;
	}
	return v;
}

static int check_unicode_escape(struct check *c)
{
	long unit = escape_unit(c, c->p), low;
	char bytes[4];

	if (unit < 0)
		return fail_at(c, c->p, E_INVALID,
		    "\\u needs four hexadecimal digits");
	if (unit >= 0xd800 && unit <= 0xdbff) {
		low = escape_unit(c, c->p + 6);
		if (low >= 0xdc00 && low <= 0xdfff) {
			c->p += 12;
			return 0;
		}
	}
	if (unit == 0 || (unit >= 0xd800 && unit <= 0xdfff))
		rewrite(c, c->p, c->p + 6, bytes,
		    utf8_put(bytes, (uint32_t)unit));
	c->p += 6;
	return 0;
}

static int check_escape(struct check *c)
{
	if (c->end - c->p < 2) {
		c->p = c->end;
		return fail_expected(c, "the rest of a string");
	}
	if (c->p[1] == 'u')
		return check_unicode_escape(c);
	if (c->p[1] == '\0' || !strchr("\"\\/bfnrt", c->p[1]))
		return fail_at(c, c->p, E_INVALID,
		    "bad escape in a string: a backslash may only stand before "
		    "one of \" \\ / b f n r t u");
	c->p += 2;
	return 0;
}

static int check_string(struct check *c)
{
	const char *from = c->p++;
	size_t n;

	while (c->p < c->end) {
		unsigned char b = (unsigned char)*c->p;

		if (b == '"') {
			c->p++;
			return 0;
		}
		if (b == '\\') {
			if (check_escape(c) < 0)
				return E_INVALID;
		} else if (b < ' ') {
			return fail_at(c, c->p, E_INVALID,
			    "control character 0x%02x in a string: write it "
			    "as an escape",
			    b);
		} else if (b < 0x80) {
			c->p++;
		} else if (utf8_get(c->p, (size_t)(c->end - c->p), &n) < 0) {
			rewrite(c, c->p, c->p + n, "\xef\xbf\xbd", 3);
			c->p += n;
		} else {
			c->p += n;
		}
	}
	return fail_at(c, from, E_INVALID, "this string has no end");
}

static int check_word(struct check *c, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) != 0)
		return fail_expected(c, "a value");
	c->p += n;
	return 0;
}

static int check_scalar(struct check *c)
{
	if (c->p >= c->end)
		return fail_expected(c, "a value");
	switch (*c->p) {
	case '"':
		return check_string(c);
	case 't':
		return check_word(c, "true");
	case 'f':
		return check_word(c, "false");
	case 'n':
		return check_word(c, "null");
	default:
		if (*c->p == '-' || is_digit(c))
			return check_number(c);
		return fail_expected(c, "a value");
	}
}

static int check_key(struct check *c, const char *expected)
{
	if (c->p >= c->end || *c->p != '"')
		return fail_expected(c, expected);
	if (check_string(c) < 0)
		return E_INVALID;
	skip_blanks(c);
	if (c->p >= c->end || *c->p != ':')
		return fail_expected(c, "':'");
	c->p++;
	skip_blanks(c);
	return 0;
}

/* Over closing brackets and commas; 1 when another value follows. */
static int check_after_value(struct check *c, const char *stack, size_t *depth)
{
	while (*depth) {
		char closing = stack[*depth - 1];

		skip_blanks(c);
		if (c->p < c->end && *c->p == closing) {
			c->p++;
			(*depth)--;
			continue;
		}
		if (c->p >= c->end || *c->p != ',')
			return fail_expected(c,
			    closing == '}' ? "',' or '}'" : "',' or ']'");
		c->p++;
		skip_blanks(c);
		if (closing == '}' && check_key(c, "a key in double quotes") < 0)
			return E_INVALID;
		return 1;
	}
	return 0;
}

/* Opens a list or an object; 1 when a value follows, 0 when it is empty. */
static int check_open(struct check *c, char *stack, size_t *depth)
{
	char closing = *c->p == '{' ? '}' : ']';

	if (*depth == DEPTH_MAX)
		return fail_at(c, c->p, E_TOOBIG,
		    "nested deeper than %d levels", DEPTH_MAX);
	c->p++;
	skip_blanks(c);
	if (c->p < c->end && *c->p == closing) {
		c->p++;
		return 0;
	}
	stack[(*depth)++] = closing;
	if (closing == '}' &&
	    check_key(c, "a key in double quotes or '}'") < 0)
		return E_INVALID;
	return 1;
}

static int check(struct check *c)
{
	char stack[DEPTH_MAX];
	size_t depth = 0;
	int r;

	do {
		skip_blanks(c);
		if (c->p < c->end && (*c->p == '{' || *c->p == '[')) {
			r = check_open(c, stack, &depth);
			if (r < 0)
				return r;
			if (r > 0)
				continue;
		} else if (check_scalar(c) < 0) {
			return E_INVALID;
		}
		r = check_after_value(c, stack, &depth);
		if (r < 0)
			return r;
	} while (depth);
	skip_blanks(c);
	if (c->p < c->end)
		return fail_expected(c, "the end of the text");
	return 0;
}

int json_parse(struct sv text, const char *what, cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *j = NULL;
	struct check c = { .what = what, .out = STRBUF_INIT, .err = err };
	int r;

	if (!text.p)
		text = SV("");
	if (sv_starts(text, "\xef\xbb\xbf"))
		text = (struct sv){ text.p + 3, text.n - 3 };
	c.start = c.p = c.copied = text.p;
	c.end = text.p + text.n;
	r = check(&c);
	if (r == 0 && c.rewritten) {
		rewrite(&c, c.end, c.end, "", 0);
		text = strbuf_sv(&c.out);
	}
	if (r == 0)
		j = cJSON_ParseWithLength(text.p, text.n);
	strbuf_release(&c.out);
	if (r < 0)
		return r;
	if (!j)
		return err_set(err, E_INVALID, "%s: cannot be read as JSON",
		    what);
	json_tidy(j);
	*ret = TAKE(j);
	return 0;
}
