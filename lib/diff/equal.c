/*
 * Equality and order as JavaScript sees them: CloudFormation takes "30" for
 * 30 and "true" for true, and the reference compares with JavaScript's own
 * conversions.
 */
#include <math.h>

#include "diff/tree.h"

#define INDEX_MAX 4294967294u /* largest array index of JavaScript */
/* objects up to this size are searched key by key */
#define FEW_KEYS 16

bool js_is_index(const char *key, uint32_t *ret)
{
	uint64_t v = 0;

	if (!*key || (key[0] == '0' && key[1]))
		return false;
	for (const char *p = key; *p; p++) {
		if (*p < '0' || *p > '9' || p - key >= 10)
			return false;
		v = v * 10 + (uint64_t)(*p - '0');
	}
	if (v > INDEX_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

int js_compare(const char *a, const char *b)
{
	const unsigned char *x = (const unsigned char *)a;
	const unsigned char *y = (const unsigned char *)b;
	unsigned p, q;

	while (*x && *x == *y) {
		x++;
		y++;
	}
	p = *x;
	q = *y;
	/* surrogates (U+10000 and up) sort before U+E000..U+FFFF */
	if (p >= 0xee && q >= 0xee) {
		p = p < 0xf0 ? p + 0x10 : p;
		q = q < 0xf0 ? q + 0x10 : q;
	}
	return p < q ? -1 : p > q;
}

/* Length of the white space (JavaScript's) that s starts with. */
static size_t blank(const char *s)
{
	static const char *const wide[] = { "\xc2\xa0", "\xe1\x9a\x80",
		"\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83",
		"\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87",
		"\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
		"\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
		"\xef\xbb\xbf" };

	if (*s == ' ' || (*s >= '\t' && *s <= '\r'))
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(wide); i++)
		if (str_starts(s, wide[i]))
			return strlen(wide[i]);
	return 0;
}

static struct sv trim(const char *s)
{
	struct sv v;
	size_t n;

	while ((n = blank(s)))
		s += n;
	v.p = s;
	v.n = 0;
	for (const char *p = s; *p;) {
		n = blank(p);
		p += n ? n : 1;
		if (!n)
			v.n = (size_t)(p - s);
	}
	return v;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
		return (c | 0x20) - 'a' + 10;
	return 99;
}

static bool radix_number(struct sv v, int base, double *ret)
{
	double d = 0;

	if (v.n == 0)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		if (digit(v.p[i]) >= base)
			return false;
		d = d * base + digit(v.p[i]);
	}
	*ret = d;
	return true;
}

static size_t digits(struct sv v, size_t at)
{
	size_t i = at;

	while (i < v.n && v.p[i] >= '0' && v.p[i] <= '9')
		i++;
	return i - at;
}

/* Sign, digits, fraction, exponent and nothing else? */
static bool is_decimal(struct sv v)
{
	size_t i = v.n && (v.p[0] == '+' || v.p[0] == '-') ? 1 : 0;
	size_t whole = digits(v, i), part = 0;

	i += whole;
	if (i < v.n && v.p[i] == '.') {
		part = digits(v, i + 1);
		i += 1 + part;
	}
	if (!whole && !part)
		return false;
	if (i < v.n && (v.p[i] | 0x20) == 'e') {
		size_t n;

		i++;
		if (i < v.n && (v.p[i] == '+' || v.p[i] == '-'))
			i++;
		n = digits(v, i);
		if (!n)
			return false;
		i += n;
	}
	return i == v.n;
}

/* Most texts are told apart from numbers by how they begin. */
static bool may_be_number(const char *s)
{
	unsigned char b = (unsigned char)*s;

	return b < 'A' || b == 'I' || b >= 0x80;
}

bool js_number(const char *s, double *ret)
{
	CLEANUP(free_p) char *text = NULL;
	struct sv v, rest;

	if (!may_be_number(s))
		return false;
	rest = v = trim(s);

	if (v.n == 0) {
		*ret = 0;
		return true;
	}
	if (v.n > 2 && v.p[0] == '0') {
		char kind = (char)(v.p[1] | 0x20);

		rest.p += 2;
		rest.n -= 2;
		if (kind == 'x' || kind == 'o' || kind == 'b')
			return radix_number(rest, kind == 'x'	  ? 16
					: kind == 'o' ? 8
						      : 2,
			    ret);
	}
	if (sv_eq(v, "Infinity") || sv_eq(v, "+Infinity")) {
		*ret = INFINITY;
		return true;
	}
	if (sv_eq(v, "-Infinity")) {
		*ret = -INFINITY;
		return true;
	}
	if (!is_decimal(v))
		return false;
	text = sv_dup(v);
	*ret = strtod(text, NULL);
	return true;
}

void js_string(struct strbuf *out, const cJSON *j)
{
	if (cJSON_IsString(j)) {
		strbuf_adds(out, j->valuestring);
	} else if (cJSON_IsNumber(j)) {
		json_write_number(out, j->valuedouble);
	} else if (cJSON_IsBool(j)) {
		strbuf_adds(out, cJSON_IsTrue(j) ? "true" : "false");
	} else if (cJSON_IsArray(j)) {
		JSON_EACH(c, j) {
			if (!cJSON_IsNull(c))
				js_string(out, c);
			if (c->next)
				strbuf_addc(out, ',');
		}
	} else if (cJSON_IsNull(j)) {
		strbuf_adds(out, "null");
	} else {
		strbuf_adds(out, "[object Object]");
	}
}

/* Number(value): lists go by their text. */
static bool to_number(const cJSON *j, double *ret)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	if (cJSON_IsNumber(j) || cJSON_IsNull(j) || cJSON_IsBool(j)) {
		*ret = cJSON_IsNumber(j) ? j->valuedouble : cJSON_IsTrue(j);
		return true;
	}
	if (cJSON_IsString(j))
		return js_number(j->valuestring, ret);
	if (!cJSON_IsArray(j) || (j->child && j->child->next))
		return false;
	js_string(&b, j);
	return js_number(b.buf, ret);
}

static bool bool_text(const cJSON *b, const cJSON *s)
{
	return cJSON_IsBool(b) && cJSON_IsString(s) &&
	    streq(s->valuestring, cJSON_IsTrue(b) ? "true" : "false");
}

static bool equal_lists(const cJSON *a, const cJSON *b)
{
	const cJSON *x = a->child, *y = b->child;

	for (; x && y; x = x->next, y = y->next)
		if (!diff_equal(x, y))
			return false;
	return !x && !y;
}

/* Each element of a somewhere in b? */
static bool contained(const cJSON *a, const cJSON *b)
{
	JSON_EACH(x, a) {
		bool found = false;

		JSON_EACH(y, b)
			if ((found = diff_equal(x, y)))
				break;
		if (!found)
			return false;
	}
	return true;
}

/* A text stands for a list of one; other kinds never agree. */
static bool equal_depends_on(const cJSON *a, const cJSON *b)
{
	if (cJSON_IsArray(a) && cJSON_IsArray(b)) {
		if (cJSON_GetArraySize(a) != cJSON_GetArraySize(b))
			return false;
		return equal_lists(a, b) || contained(a, b);
	}
	if (cJSON_IsArray(b))
		return equal_depends_on(b, a);
	return cJSON_IsArray(a) && a->child && !a->child->next &&
	    diff_equal(a->child, b);
}

static bool equal_member(const cJSON *x, const cJSON *y)
{
	if (streq(x->string, "DependsOn"))
		return equal_depends_on(x, y);
	return diff_equal(x, y);
}

static bool equal_many(const cJSON *a, const cJSON *b)
{
	struct strmap index = { 0 };
	bool same = true;

	JSON_EACH(y, b)
		strmap_set(&index, y->string, y);
	JSON_EACH(x, a) {
		const cJSON *y = strmap_get(&index, x->string);

		if (!y || !equal_member(x, y)) {
			same = false;
			break;
		}
	}
	strmap_release(&index);
	return same;
}

/* In any order. */
static bool equal_shuffled(const cJSON *a, const cJSON *b)
{
	int n = cJSON_GetArraySize(a);

	if (n != cJSON_GetArraySize(b))
		return false;
	if (n > FEW_KEYS)
		return equal_many(a, b);
	JSON_EACH(x, a) {
		const cJSON *twin = json_get(b, x->string);

		if (!twin || !equal_member(x, twin))
			return false;
	}
	return true;
}

static bool equal_objects(const cJSON *a, const cJSON *b)
{
	const cJSON *x = a->child, *y = b->child;

	/* mostly the order is the same too */
	for (; x && y; x = x->next, y = y->next) {
		if (!streq(x->string, y->string))
			return equal_shuffled(a, b);
		if (!equal_member(x, y))
			return false;
	}
	return !x && !y;
}

static bool equal_as_numbers(const cJSON *a, const cJSON *b)
{
	double x, y;

	return to_number(a, &x) && to_number(b, &y) && x == y;
}

bool diff_equal(const cJSON *a, const cJSON *b)
{
	int kind;

	if (!a || !b)
		return a == b;
	kind = a->type & 0xff;
	if (kind == (b->type & 0xff)) {
		switch (kind) {
		case cJSON_Object:
			return equal_objects(a, b);
		case cJSON_Array:
			return equal_lists(a, b);
		case cJSON_String:
			return streq(a->valuestring, b->valuestring) ||
			    equal_as_numbers(a, b);
		case cJSON_Number:
			return a->valuedouble == b->valuedouble;
		default:
			return true;
		}
	}
	if (bool_text(a, b) || bool_text(b, a))
		return true;
	return (cJSON_IsString(a) || cJSON_IsString(b)) &&
	    equal_as_numbers(a, b);
}

bool js_is_falsy(const cJSON *j)
{
	return cJSON_IsNull(j) || cJSON_IsFalse(j) ||
	    (cJSON_IsNumber(j) && j->valuedouble == 0) ||
	    (cJSON_IsString(j) && !*j->valuestring);
}
