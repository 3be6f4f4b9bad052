/*
 * cJSON reads the text, but only after check() went over it: cJSON takes more
 * than JSON ("01", control characters, anything after the value), cuts strings
 * at \u0000, cannot read half a surrogate pair or a number of 64 characters,
 * and says nothing about where it failed. check() reports the errors and
 * rewrites those few things in a copy.
 */
#include "util/json.h"

#include "util/strmap.h"
#include "util/utf8.h"

#define DEPTH_MAX 1000
/* objects up to this size are searched for duplicates pair by pair */
#define FEW_KEYS 16
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

/* "0", "17", up to 4294967294: what JavaScript objects keep in front */
static bool array_index(const char *key, uint64_t *ret)
{
	uint64_t v = 0;

	if (*key < '0' || *key > '9' || (*key == '0' && key[1]))
		return false;
	for (const char *p = key; *p; p++) {
		if (*p < '0' || *p > '9' || p - key > 10)
			return false;
		v = v * 10 + (uint64_t)(*p - '0');
	}
	*ret = v;
	return v < UINT32_MAX;
}

static void relink(cJSON *parent, cJSON **v, size_t n)
{
	parent->child = n ? v[0] : NULL;
	for (size_t i = 0; i < n; i++) {
		v[i]->next = i + 1 < n ? v[i + 1] : NULL;
		v[i]->prev = i ? v[i - 1] : v[n - 1];
	}
}

static cJSON **children(const cJSON *parent, size_t *ret_n)
{
	size_t n = 0;
	cJSON **v;

	JSON_EACH(c, parent)
		n++;
	v = xreallocarray(NULL, n, sizeof(*v));
	n = 0;
	JSON_EACH(c, parent)
		v[n++] = c;
	*ret_n = n;
	return v;
}

static bool dups_among_few(const cJSON *object)
{
	JSON_EACH(a, object)
		for (cJSON *b = a->next; b; b = b->next)
			if (streq(a->string, b->string))
				return true;
	return false;
}

/* The last of equal keys moves to the place of the first. */
static void drop_dups(cJSON *object)
{
	struct strmap seen = { 0 };
	size_t n, kept = 0;
	CLEANUP(free_p) cJSON **v = children(object, &n);

	for (size_t i = 0; i < n; i++) {
		cJSON **place = strmap_get(&seen, v[i]->string);

		if (place) {
			(*place)->next = (*place)->prev = NULL;
			json_free(*place);
			*place = v[i];
			continue;
		}
		v[kept] = v[i];
		(void)strmap_add(&seen, v[kept]->string, &v[kept]);
		kept++;
	}
	strmap_release(&seen);
	relink(object, v, kept);
}

static int by_index(const void *a, const void *b)
{
	uint64_t x = 0, y = 0;

	(void)array_index((*(cJSON *const *)a)->string, &x);
	(void)array_index((*(cJSON *const *)b)->string, &y);
	return x < y ? -1 : x > y;
}

static void indexes_first(cJSON *object)
{
	size_t n, count = 0;
	uint64_t ignored;
	CLEANUP(free_p) cJSON **v = children(object, &n);
	CLEANUP(free_p) cJSON **sorted =
	    xreallocarray(NULL, n, sizeof(*sorted));

	for (size_t i = 0; i < n; i++)
		if (array_index(v[i]->string, &ignored))
			sorted[count++] = v[i];
	qsort(sorted, count, sizeof(*sorted), by_index);
	for (size_t i = 0; i < n; i++)
		if (!array_index(v[i]->string, &ignored))
			sorted[count++] = v[i];
	relink(object, sorted, n);
}

/* An object as JavaScript would have built it from the same members. */
static void tidy_object(cJSON *object)
{
	bool indexed = false;
	uint64_t ignored;
	size_t n = 0;

	JSON_EACH(c, object) {
		n++;
		indexed = indexed || array_index(c->string, &ignored);
	}
	if (n > FEW_KEYS || dups_among_few(object))
		drop_dups(object);
	if (indexed)
		indexes_first(object);
}

void json_tidy(cJSON *j)
{
	if (cJSON_IsObject(j) && j->child)
		tidy_object(j);
	JSON_EACH(c, j)
		if (c->child)
			json_tidy(c);
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

cJSON *json_get(const cJSON *o, const char *key)
{
	if (!cJSON_IsObject(o))
		return NULL;
	JSON_EACH(c, o)
		if (streq(c->string, key))
			return c;
	return NULL;
}

static cJSON *member(const cJSON *o, struct sv key)
{
	size_t index = 0;

	if (cJSON_IsObject(o)) {
		JSON_EACH(c, o)
			if (sv_eq(key, c->string))
				return c;
		return NULL;
	}
	if (!cJSON_IsArray(o) || !key.n || key.n > 9)
		return NULL;
	for (size_t i = 0; i < key.n; i++) {
		if (key.p[i] < '0' || key.p[i] > '9')
			return NULL;
		index = index * 10 + (size_t)(key.p[i] - '0');
	}
	JSON_EACH(c, o)
		if (!index--)
			return c;
	return NULL;
}

cJSON *json_at(const cJSON *o, const char *path)
{
	struct sv rest = sv_from(path), key;
	cJSON *j = NULL;

	while (o && sv_next(&rest, '.', &key))
		o = j = member(o, key);
	return o ? j : NULL;
}

const char *json_str(const cJSON *o, const char *path)
{
	const cJSON *j = json_at(o, path);

	return cJSON_IsString(j) ? j->valuestring : NULL;
}

bool json_is_true(const cJSON *j)
{
	return cJSON_IsTrue(j);
}

bool json_bool(const cJSON *o, const char *path, bool fallback)
{
	const cJSON *j = json_at(o, path);

	return cJSON_IsBool(j) ? cJSON_IsTrue(j) : fallback;
}

bool json_num(const cJSON *o, const char *path, double *ret)
{
	const cJSON *j = json_at(o, path);
	char *end;
	double v;

	if (cJSON_IsNumber(j)) {
		*ret = j->valuedouble;
		return true;
	}
	/* strtod alone would take "inf", "0x1p3" and blanks */
	if (!cJSON_IsString(j) || !*j->valuestring ||
	    j->valuestring[strspn(j->valuestring, "0123456789.eE+-")])
		return false;
	v = strtod(j->valuestring, &end);
	if (*end)
		return false;
	*ret = v;
	return true;
}

static void set_key(cJSON *child, const char *key)
{
	char *copy = xstrdup(key);

	cJSON_free(child->string);
	child->string = copy;
	child->type &= ~cJSON_StringIsConst;
}

static void link_before(cJSON *parent, cJSON *at, cJSON *child)
{
	cJSON *last = parent->child ? parent->child->prev : NULL;

	if (!at) {
		child->prev = last ? last : child;
		child->next = NULL;
		if (last)
			last->next = child;
		else
			parent->child = child;
		parent->child->prev = child;
		return;
	}
	child->next = at;
	child->prev = at->prev;
	at->prev = child;
	if (at == parent->child)
		parent->child = child;
	else
		child->prev->next = child;
}

/* Where an index key goes: before the first key that is none or is greater. */
static cJSON *place_of(const cJSON *parent, const char *key)
{
	uint64_t index, other;

	if (!array_index(key, &index))
		return NULL;
	JSON_EACH(c, parent)
		if (!array_index(c->string, &other) || other > index)
			return c;
	return NULL;
}

void json_append_take(cJSON *parent, const char *key, cJSON *child)
{
	if (!child)
		return;
	if (!cJSON_IsObject(parent)) {
		json_free(child);
		return;
	}
	set_key(child, key);
	link_before(parent, place_of(parent, key), child);
}

void json_add_take(cJSON *parent, const char *key, cJSON *child)
{
	cJSON *old = json_get(parent, key);

	if (!child || child == old)
		return;
	if (!old) {
		json_append_take(parent, key, child);
		return;
	}
	set_key(child, key);
	link_before(parent, old, child);
	json_free(cJSON_DetachItemViaPointer(parent, old));
}

void json_push_take(cJSON *list, cJSON *child)
{
	if (!child)
		return;
	if (!cJSON_IsArray(list)) {
		json_free(child);
		return;
	}
	link_before(list, NULL, child);
}

void json_put_str(cJSON *parent, const char *key, const char *value)
{
	if (value)
		json_add_take(parent, key, cJSON_CreateString(value));
}

void json_put_bool(cJSON *parent, const char *key, bool value)
{
	json_add_take(parent, key, cJSON_CreateBool(value));
}

void json_put_num(cJSON *parent, const char *key, double value)
{
	json_add_take(parent, key, cJSON_CreateNumber(value));
}

void json_del(cJSON *parent, const char *key)
{
	cJSON *old = json_get(parent, key);

	if (old)
		json_free(cJSON_DetachItemViaPointer(parent, old));
}

cJSON *json_dup(const cJSON *j)
{
	return j ? cJSON_Duplicate(j, true) : NULL;
}

bool json_same(const cJSON *a, const cJSON *b)
{
	const cJSON *x, *y;

	if (!a || !b || (a->type & 0xff) != (b->type & 0xff))
		return a == b;
	if (cJSON_IsNumber(a))
		return a->valuedouble == b->valuedouble;
	if (cJSON_IsString(a) || cJSON_IsRaw(a))
		return streq0(a->valuestring, b->valuestring);
	for (x = a->child, y = b->child; x && y; x = x->next, y = y->next)
		if ((cJSON_IsObject(a) && !streq0(x->string, y->string)) ||
		    !json_same(x, y))
			return false;
	return !x && !y;
}
