/*
 * The reader builds cJSON's tree itself: cJSON's own takes more than JSON
 * ("01", control characters, anything after the value), cuts strings at
 * \u0000, cannot read half a surrogate pair or a number of 64 characters, and
 * says nothing about where it failed. (A check in front of it took as long as
 * building the tree does.)
 */
#include "util/json.h"

#include "util/utf8.h"

#define DEPTH_MAX 1000
/* a tree takes about so many bytes for each byte of its text */
#define TREE_FACTOR 6

struct reader {
	const char *start, *p, *end;
	const char *what;
	struct strbuf text; /* of a string with escapes */
	struct err *err;
};

static PRINTF(4, 5) int fail_at(struct reader *c, const char *at, int code,
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
static int fail_expected(struct reader *c, const char *expected)
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

static void skip_blanks(struct reader *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\n' ||
				    *c->p == '\r' || *c->p == '\t'))
		c->p++;
}

static bool is_digit(const struct reader *c)
{
	return c->p < c->end && *c->p >= '0' && *c->p <= '9';
}

static int need_digits(struct reader *c)
{
	if (!is_digit(c))
		return fail_expected(c, "a digit");
	while (is_digit(c))
		c->p++;
	return 0;
}

static int skip_number(struct reader *c)
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
	return 0;
}

static cJSON *read_number(struct reader *c)
{
	const char *from = c->p;
	CLEANUP(free_p) char *text = NULL;

	if (skip_number(c) < 0)
		return NULL;
	/* the text may end right here, which strtod must see */
	text = xstrndup(from, (size_t)(c->p - from));
	return cJSON_CreateNumber(strtod(text, NULL));
}

/* At "\uXXXX"? Its value, or -1. */
static long escape_unit(const struct reader *c, const char *p)
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

static int read_unicode_escape(struct reader *c)
{
	long unit = escape_unit(c, c->p), low;
	char bytes[4];

	if (unit < 0)
		return fail_at(c, c->p, E_INVALID,
		    "\\u needs four hexadecimal digits");
	c->p += 6;
	if (unit >= 0xd800 && unit <= 0xdbff) {
		low = escape_unit(c, c->p);
		if (low >= 0xdc00 && low <= 0xdfff) {
			unit = 0x10000 + ((unit & 0x3ff) << 10 | (low & 0x3ff));
			c->p += 6;
		}
	}
	strbuf_add(&c->text, bytes, utf8_put(bytes, (uint32_t)unit));
	return 0;
}

static int read_escape(struct reader *c)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (c->end - c->p < 2) {
		c->p = c->end;
		return fail_expected(c, "the rest of a string");
	}
	if (c->p[1] == 'u')
		return read_unicode_escape(c);
	at = c->p[1] ? strchr(names, c->p[1]) : NULL;
	if (!at)
		return fail_at(c, c->p, E_INVALID,
		    "bad escape in a string: a backslash may only stand before "
		    "one of \" \\ / b f n r t u");
	strbuf_addc(&c->text, values[at - names]);
	c->p += 2;
	return 0;
}

/* ASCII that stands for itself in a string */
static bool is_plain(unsigned char b)
{
	return b >= ' ' && b < 0x80 && b != '"' && b != '\\';
}

#define EACH_BYTE(b) (UINT64_MAX / 255 * (b))
/* the high bit of each byte of v that is less than n <= 128 (or is over 127) */
#define BELOW(v, n) (((v) - EACH_BYTE(n)) | (v))

/* To the first byte that is not plain, eight at a time while they all are. */
static const char *skip_plain(const char *p, const char *end)
{
	uint64_t v;

	for (; end - p >= 8; p += 8) {
		memcpy(&v, p, sizeof(v));
		if ((BELOW(v, 0x20) | BELOW(v ^ EACH_BYTE('"'), 1) |
			BELOW(v ^ EACH_BYTE('\\'), 1)) &
		    EACH_BYTE(0x80))
			break;
	}
	while (p < end && is_plain((unsigned char)*p))
		p++;
	return p;
}

/* From an unusual byte on: escapes, and what is not UTF-8 replaced. */
static int read_rest(struct reader *c, const char *from)
{
	const char *start = from - 1; /* the quote, for the error */
	size_t n;

	strbuf_reset(&c->text);
	while (c->p < c->end) {
		unsigned char b = (unsigned char)*c->p;

		if (is_plain(b)) {
			c->p++;
			continue;
		}
		if (b >= 0x80 &&
		    utf8_get(c->p, (size_t)(c->end - c->p), &n) >= 0) {
			c->p += n;
			continue;
		}
		strbuf_add(&c->text, from, (size_t)(c->p - from));
		if (b == '"')
			return 0;
		if (b == '\\') {
			if (read_escape(c) < 0)
				return E_INVALID;
		} else if (b < ' ') {
			return fail_at(c, c->p, E_INVALID,
			    "control character 0x%02x in a string: write it "
			    "as an escape",
			    b);
		} else {
			strbuf_adds(&c->text, "\xef\xbf\xbd");
			c->p += n;
		}
		from = c->p;
	}
	return fail_at(c, start, E_INVALID, "this string has no end");
}

/* The string at the quote c->p; yours. NULL after an error. */
static char *read_string(struct reader *c)
{
	const char *from = ++c->p;
	char *s;

	c->p = skip_plain(c->p, c->end);
	if (c->p < c->end && *c->p == '"') {
		s = xstrndup(from, (size_t)(c->p - from));
	} else {
		if (read_rest(c, from) < 0)
			return NULL;
		s = xstrndup(c->text.buf, c->text.len);
	}
	c->p++;
	return s;
}

static cJSON *read_text(struct reader *c)
{
	char *s = read_string(c);
	cJSON *j;

	if (!s)
		return NULL;
	/* cJSON_CreateString() would copy it again */
	j = cJSON_CreateNull();
	j->type = cJSON_String;
	j->valuestring = s;
	return j;
}

static bool skip_word(struct reader *c, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) != 0)
		return false;
	c->p += n;
	return true;
}

/* NULL after an error. */
static cJSON *read_scalar(struct reader *c)
{
	if (c->p < c->end && *c->p == '"')
		return read_text(c);
	if (c->p < c->end && (*c->p == '-' || is_digit(c)))
		return read_number(c);
	if (skip_word(c, "true"))
		return cJSON_CreateTrue();
	if (skip_word(c, "false"))
		return cJSON_CreateFalse();
	if (skip_word(c, "null"))
		return cJSON_CreateNull();
	(void)fail_expected(c, "a value");
	return NULL;
}

/* NULL after an error. */
static char *read_key(struct reader *c, const char *expected)
{
	CLEANUP(free_p) char *key = NULL;

	if (c->p >= c->end || *c->p != '"') {
		(void)fail_expected(c, expected);
		return NULL;
	}
	key = read_string(c);
	if (!key)
		return NULL;
	skip_blanks(c);
	if (c->p >= c->end || *c->p != ':') {
		(void)fail_expected(c, "':'");
		return NULL;
	}
	c->p++;
	skip_blanks(c);
	return TAKE(key);
}

/* The lists and objects that are open, and the key of the value to come. */
struct nest {
	cJSON *v[DEPTH_MAX];
	size_t depth;
	cJSON *root;
	char *key;
};

static void add_value(struct nest *n, cJSON *j)
{
	cJSON *parent = n->depth ? n->v[n->depth - 1] : NULL;

	j->string = TAKE(n->key);
	if (!parent)
		n->root = j;
	else
		cJSON_AddItemToArray(parent, j);
}

/* Over closing brackets and commas; 1 when another value follows. */
static int read_after_value(struct reader *c, struct nest *n)
{
	while (n->depth) {
		cJSON *open = n->v[n->depth - 1];
		bool is_object = (open->type & 0xff) == cJSON_Object;

		skip_blanks(c);
		if (c->p < c->end && *c->p == (is_object ? '}' : ']')) {
			c->p++;
			n->depth--;
			if (is_object)
				json_tidy_object(open);
			continue;
		}
		if (c->p >= c->end || *c->p != ',')
			return fail_expected(c,
			    is_object ? "',' or '}'" : "',' or ']'");
		c->p++;
		skip_blanks(c);
		if (is_object &&
		    !(n->key = read_key(c, "a key in double quotes")))
			return E_INVALID;
		return 1;
	}
	return 0;
}

/* Opens a list or an object; 1 when a value follows, 0 when it is empty. */
static int read_open(struct reader *c, struct nest *n)
{
	bool is_object = *c->p == '{';
	cJSON *j;

	if (n->depth == DEPTH_MAX)
		return fail_at(c, c->p, E_TOOBIG,
		    "nested deeper than %d levels", DEPTH_MAX);
	c->p++;
	j = is_object ? cJSON_CreateObject() : cJSON_CreateArray();
	add_value(n, j);
	skip_blanks(c);
	if (c->p < c->end && *c->p == (is_object ? '}' : ']')) {
		c->p++;
		return 0;
	}
	n->v[n->depth++] = j;
	if (is_object &&
	    !(n->key = read_key(c, "a key in double quotes or '}'")))
		return E_INVALID;
	return 1;
}

static int read_all(struct reader *c, struct nest *n)
{
	cJSON *j;
	int r;

	do {
		skip_blanks(c);
		if (c->p < c->end && (*c->p == '{' || *c->p == '[')) {
			r = read_open(c, n);
			if (r < 0)
				return r;
			if (r > 0)
				continue;
		} else {
			j = read_scalar(c);
			if (!j)
				return E_INVALID;
			add_value(n, j);
		}
		r = read_after_value(c, n);
		if (r < 0)
			return r;
	} while (n->depth);
	skip_blanks(c);
	if (c->p < c->end)
		return fail_expected(c, "the end of the text");
	return 0;
}

int json_parse(struct sv text, const char *what, cJSON **ret, struct err *err)
{
	struct reader c = { .what = what, .text = STRBUF_INIT, .err = err };
	struct nest n;
	int r;

	if (!text.p)
		text = SV("");
	if (sv_starts(text, "\xef\xbb\xbf"))
		text = (struct sv){ text.p + 3, text.n - 3 };
	c.start = c.p = text.p;
	c.end = text.p + text.n;
	n.depth = 0;
	n.root = NULL;
	n.key = NULL;
	mem_expect(text.n * TREE_FACTOR);
	r = read_all(&c, &n);
	strbuf_release(&c.text);
	free(n.key);
	if (r < 0) {
		json_free(n.root);
		return r;
	}
	*ret = n.root;
	return 0;
}
