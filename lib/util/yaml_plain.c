#include "util/yaml_plain.h"

#include <math.h>

static const char digits[] = "0123456789";
static const char digits_[] = "0123456789_";

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *over_sign(const char *s)
{
	return *s == '-' || *s == '+' ? s + 1 : s;
}

/* Only characters of set up to the end, and at least one? */
static bool all_of(const char *s, const char *set)
{
	return *s && !s[strspn(s, set)];
}

static bool word(const char *s)
{
	static const char *const words[] = { "~", "null", "Null", "NULL", "y",
		"Y", "yes", "Yes", "YES", "n", "N", "no", "No", "NO", "true",
		"True", "TRUE", "false", "False", "FALSE", "on", "On", "ON",
		"off", "Off", "OFF", ".nan", ".NaN", ".NAN" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (streq(s, words[i]))
			return true;
	s = over_sign(s);
	return streq(s, ".inf") || streq(s, ".Inf") || streq(s, ".INF");
}

static bool integer11(const char *s)
{
	s = over_sign(s);
	if (s[0] == '0' && s[1] == 'b')
		return all_of(s + 2, "01_");
	if (s[0] == '0' && s[1] == 'x')
		return all_of(s + 2, "0123456789abcdefABCDEF_");
	return is_digit(*s) && all_of(s, digits_);
}

/* Also a lone "." and "e5": the rule wants no digit before the exponent. */
static bool float11(const char *s)
{
	bool point = false;

	s = over_sign(s);
	if (is_digit(*s))
		s += strspn(s, digits_);
	if (*s == '.') {
		point = true;
		s++;
		s += strspn(s, digits_);
	}
	if (*s == 'e' || *s == 'E')
		return all_of(over_sign(s + 1), digits);
	return point && !*s;
}

/* 190:20:30.15 */
static bool base60(const char *s)
{
	s = over_sign(s);
	if (!is_digit(*s))
		return false;
	s += strspn(s, digits_);
	if (*s != ':')
		return false;
	while (*s == ':') {
		s++;
		if (!is_digit(*s))
			return false;
		s += *s <= '5' && is_digit(s[1]) ? 2 : 1;
	}
	return !*s || (*s == '.' && !s[1 + strspn(s + 1, digits_)]);
}

/* Between min and max digits; NULL when there are fewer. */
static const char *some_digits(const char *s, int min, int max)
{
	int n = 0;

	while (n < max && is_digit(s[n]))
		n++;
	return n < min ? NULL : s + n;
}

/* After the hours of a zone: "" or ":30" */
static bool zone_minutes(const char *s)
{
	return !*s || (*s == ':' && is_digit(s[1]) && is_digit(s[2]) && !s[3]);
}

static bool zone(const char *s)
{
	s += strspn(s, " \t");
	if (*s == 'Z')
		return !s[1];
	if (*s != '-' && *s != '+')
		return false;
	s++;
	if (*s >= '0' && *s <= '2' && is_digit(s[1]) && zone_minutes(s + 2))
		return true;
	return is_digit(*s) && zone_minutes(s + 1);
}

static bool timestamp(const char *s)
{
	const char *blanks;

	if (!(s = some_digits(s, 4, 4)) || *s++ != '-' ||
	    !(s = some_digits(s, 1, 2)) || *s++ != '-' ||
	    !(s = some_digits(s, 1, 2)))
		return false;
	if (!*s)
		return true;
	blanks = s + strspn(s, " \t");
	if (*s == 't' || *s == 'T')
		s++;
	else if (blanks > s)
		s = blanks;
	else
		return false;
	if (!(s = some_digits(s, 1, 2)) || *s++ != ':' ||
	    !(s = some_digits(s, 1, 2)) || *s++ != ':' ||
	    !(s = some_digits(s, 1, 2)))
		return false;
	if (*s == '.') {
		if (!is_digit(s[1]))
			return false;
		s += 1 + strspn(s + 1, digits);
	}
	return !*s || zone(s);
}

bool yaml11_not_text(const char *s)
{
	return !*s || word(s) || integer11(s) || float11(s) || base60(s) ||
	    timestamp(s);
}

static double digits_of_base(const char *s, int base)
{
	double v = 0;

	for (; *s; s++) {
		int digit = is_digit(*s) ? *s - '0' : (*s | 0x20) - 'a' + 10;

		v = v * base + digit;
	}
	return v;
}

static bool number12(const char *s, double *ret)
{
	const char *p = over_sign(s), *q;

	if (p[0] == '0' && p == s && p[1] == 'o' && all_of(p + 2, "01234567")) {
		*ret = digits_of_base(p + 2, 8);
		return true;
	}
	if (p[0] == '0' && p == s && p[1] == 'x' &&
	    all_of(p + 2, "0123456789abcdefABCDEF")) {
		*ret = digits_of_base(p + 2, 16);
		return true;
	}
	q = p + strspn(p, digits);
	if (*q == '.')
		q += 1 + strspn(q + 1, digits);
	if (q == p || (q == p + 1 && *p == '.'))
		return false;
	if (*q == 'e' || *q == 'E') {
		if (!all_of(over_sign(q + 1), digits))
			return false;
	} else if (*q) {
		return false;
	}
	*ret = strtod(s, NULL);
	return true;
}

cJSON *yaml12_scalar(const char *s)
{
	double v;

	if (!*s || streq(s, "~") || streq(s, "null") || streq(s, "Null") ||
	    streq(s, "NULL"))
		return cJSON_CreateNull();
	if (streq(s, "true") || streq(s, "True") || streq(s, "TRUE"))
		return cJSON_CreateTrue();
	if (streq(s, "false") || streq(s, "False") || streq(s, "FALSE"))
		return cJSON_CreateFalse();
	if (number12(s, &v))
		return cJSON_CreateNumber(v);
	if (word(s)) {
		const char *p = over_sign(s);

		if (*p == '.' && (p[1] | 0x20) == 'i')
			return cJSON_CreateNumber(*s == '-' ? -INFINITY :
							      INFINITY);
		if (*p == '.')
			return cJSON_CreateNumber(NAN);
	}
	return cJSON_CreateString(s);
}
