#include "util/json.h"

#include <math.h>

#include "util/utf8.h"

/* Significant digits of a finite v > 0, and n where v = 0.digits * 10^n. */
struct decimal {
	char digits[24];
	int k, n;
};

/* One more in the last place of "d.ddde-7"; false when that carries out. */
static bool next_decimal(char *text)
{
	char *p = strchr(text, 'e');

	while (p-- > text) {
		if (*p == '.')
			continue;
		if (*p != '9') {
			(*p)++;
			return true;
		}
		*p = '0';
	}
	return false;
}

static bool try_digits(double v, int digits, struct decimal *d)
{
	char text[40], *e;
	int exponent = 0, ignored;
	bool negative;

	(void)snprintf(text, sizeof(text), "%.*e", digits - 1, v);
	/*
	 * Below a power of two doubles stand twice as close, so the nearest
	 * decimal may miss v where its farther neighbour above does not.
	 */
	if (strtod(text, NULL) != v &&
	    (frexp(v, &ignored) != 0.5 || !next_decimal(text) ||
		strtod(text, NULL) != v))
		return false;
	e = strchr(text, 'e');
	*e = '\0';
	negative = e[1] == '-';
	for (e += 2; *e; e++)
		exponent = exponent * 10 + (*e - '0');
	d->k = 0;
	for (const char *p = text; *p; p++)
		if (*p != '.')
			d->digits[d->k++] = *p;
	while (d->k > 1 && d->digits[d->k - 1] == '0')
		d->k--;
	d->digits[d->k] = '\0';
	d->n = (negative ? -exponent : exponent) + 1;
	return true;
}

static void shortest(double v, struct decimal *d)
{
	/*
	 * Up to 15 digits survive the way through a double, so asking for 15
	 * yields any shorter form with zeros behind it; not so for the few
	 * bits of a subnormal.
	 */
	int digits = v < 2.3e-308 ? 1 : 15;

	/* 17 always read back */
	while (!try_digits(v, digits, d) && digits < 17)
		digits++;
}

static void write_decimal(struct strbuf *out, const struct decimal *d)
{
	if (d->n >= d->k && d->n <= 21) {
		strbuf_adds(out, d->digits);
		strbuf_addn(out, '0', (size_t)(d->n - d->k));
	} else if (d->n > 0 && d->n <= 21) {
		strbuf_add(out, d->digits, (size_t)d->n);
		strbuf_addc(out, '.');
		strbuf_adds(out, d->digits + d->n);
	} else if (d->n > -6 && d->n <= 0) {
		strbuf_adds(out, "0.");
		strbuf_addn(out, '0', (size_t)-d->n);
		strbuf_adds(out, d->digits);
	} else {
		strbuf_addc(out, d->digits[0]);
		if (d->k > 1)
			strbuf_addf(out, ".%s", d->digits + 1);
		strbuf_addf(out, "e%+d", d->n - 1);
	}
}

void json_write_number(struct strbuf *out, double v)
{
	struct decimal d;

	if (!isfinite(v)) {
		strbuf_adds(out, "null");
		return;
	}
	if (fabs(v) < 9007199254740992.0 && v == (double)(int64_t)v) {
		strbuf_addf(out, "%lld", (long long)v);
		return;
	}
	if (v < 0)
		strbuf_addc(out, '-');
	shortest(fabs(v), &d);
	write_decimal(out, &d);
}

static void write_special(struct strbuf *out, int32_t c, const char *p,
    size_t n)
{
	static const char short_form[] = "btn\0fr";

	if (c == '"' || c == '\\') {
		strbuf_addc(out, '\\');
		strbuf_addc(out, (char)c);
	} else if (c >= '\b' && c <= '\r' && short_form[c - '\b']) {
		strbuf_addc(out, '\\');
		strbuf_addc(out, short_form[c - '\b']);
	} else if ((c >= 0 && c < ' ') || utf8_is_surrogate(c)) {
		strbuf_addf(out, "\\u%04x", (unsigned)c);
	} else if (c < 0) {
		strbuf_adds(out, "\xef\xbf\xbd");
	} else {
		strbuf_add(out, p, n);
	}
}

void json_write_string(struct strbuf *out, const char *s)
{
	size_t left = strlen(s), n;
	int32_t c;

	strbuf_addc(out, '"');
	while (left) {
		for (n = 0; n < left && s[n] >= ' ' && s[n] != '"' &&
		     s[n] != '\\';
		     n++)
			;
		strbuf_add(out, s, n);
		s += n;
		left -= n;
		if (!left)
			break;
		c = utf8_get_ext(s, left, &n);
		write_special(out, c, s, n);
		s += n;
		left -= n;
	}
	strbuf_addc(out, '"');
}

static void newline(struct strbuf *out, int indent, int level)
{
	if (!indent)
		return;
	strbuf_addc(out, '\n');
	strbuf_addn(out, ' ', (size_t)(indent * level));
}

static void write_value(struct strbuf *out, const cJSON *j, int indent,
    int level)
{
	bool object = cJSON_IsObject(j);

	if (cJSON_IsString(j)) {
		json_write_string(out, j->valuestring);
	} else if (cJSON_IsNumber(j)) {
		json_write_number(out, j->valuedouble);
	} else if (cJSON_IsBool(j)) {
		strbuf_adds(out, cJSON_IsTrue(j) ? "true" : "false");
	} else if (cJSON_IsRaw(j) && j->valuestring) {
		strbuf_adds(out, j->valuestring);
	} else if (!object && !cJSON_IsArray(j)) {
		strbuf_adds(out, "null");
	} else {
		strbuf_addc(out, object ? '{' : '[');
		JSON_EACH(c, j) {
			newline(out, indent, level + 1);
			if (object) {
				json_write_string(out, c->string);
				strbuf_adds(out, indent ? ": " : ":");
			}
			write_value(out, c, indent, level + 1);
			if (c->next)
				strbuf_addc(out, ',');
		}
		if (j->child)
			newline(out, indent, level);
		strbuf_addc(out, object ? '}' : ']');
	}
}

void json_write(struct strbuf *out, const cJSON *j, int indent)
{
	write_value(out, j, indent, 0);
}

char *json_text(const cJSON *j, int indent)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	json_write(&b, j, indent);
	return strbuf_detach(&b);
}
