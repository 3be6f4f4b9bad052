#include "util/utf8.h"

/* Length by first byte and the range of the second (Unicode table 3-7). */
static size_t shape(unsigned char b, unsigned char *low, unsigned char *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (b >= 0xc2 && b <= 0xdf)
		return 2;
	if (b >= 0xe0 && b <= 0xef) {
		if (b == 0xe0)
			*low = 0xa0;
		if (b == 0xed)
			*high = 0x9f;
		return 3;
	}
	if (b >= 0xf0 && b <= 0xf4) {
		if (b == 0xf0)
			*low = 0x90;
		if (b == 0xf4)
			*high = 0x8f;
		return 4;
	}
	return 0;
}

int32_t utf8_get(const char *text, size_t n, size_t *ret_n)
{
	const unsigned char *p = (const unsigned char *)text;
	unsigned char low, high;
	size_t len;
	int32_t c;

	*ret_n = 1;
	if (p[0] < 0x80)
		return p[0];
	len = shape(p[0], &low, &high);
	if (!len || n < 2 || p[1] < low || p[1] > high)
		return -1;
	c = p[0] & (0x7f >> len);
	c = c << 6 | (p[1] & 0x3f);
	for (size_t i = 2; i < len; i++) {
		*ret_n = i;
		if (i >= n || (p[i] & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (p[i] & 0x3f);
	}
	*ret_n = len;
	return c;
}

int32_t utf8_get_ext(const char *text, size_t n, size_t *ret_n)
{
	const unsigned char *p = (const unsigned char *)text;

	if (n >= 2 && p[0] == 0xc0 && p[1] == 0x80) {
		*ret_n = 2;
		return 0;
	}
	if (n >= 3 && p[0] == 0xed && p[1] >= 0xa0 && p[1] <= 0xbf &&
	    (p[2] & 0xc0) == 0x80) {
		*ret_n = 3;
		return 0xd000 | (p[1] & 0x3f) << 6 | (p[2] & 0x3f);
	}
	return utf8_get(text, n, ret_n);
}

size_t utf8_put(char *p, uint32_t c)
{
	if (c && c < 0x80) {
		p[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		p[0] = (char)(0xc0 | c >> 6);
		p[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		p[0] = (char)(0xe0 | c >> 12);
		p[1] = (char)(0x80 | (c >> 6 & 0x3f));
		p[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	p[0] = (char)(0xf0 | c >> 18);
	p[1] = (char)(0x80 | (c >> 12 & 0x3f));
	p[2] = (char)(0x80 | (c >> 6 & 0x3f));
	p[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

bool utf8_valid(struct sv text)
{
	size_t n;

	for (size_t i = 0; i < text.n; i += n)
		if (utf8_get(text.p + i, text.n - i, &n) < 0)
			return false;
	return true;
}

void utf8_plain(struct strbuf *text)
{
	char *p = text->buf, *end = p + text->len, *to;
	size_t n;

	while (p < end && *p != '\xc0' && *p != '\xed')
		p++;
	for (to = p; p < end; p += n) {
		int32_t c = utf8_get_ext(p, (size_t)(end - p), &n);
		bool half = utf8_is_surrogate(c);
		size_t len = c == 0 ? 1 : n;

		/* never longer than it was */
		memmove(to, half ? "\xef\xbf\xbd" : c == 0 ? "" : p, len);
		to += len;
	}
	text->len = (size_t)(to - text->buf);
}

size_t utf8_space(const char *p, size_t n)
{
	size_t len;
	int32_t c = utf8_get(p, n, &len);
	bool is = (c >= '\t' && c <= '\r') || c == ' ' || c == 0xa0 ||
	    c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
	    c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000 ||
	    c == 0xfeff;

	return is ? len : 0;
}

struct sv utf8_trim(struct sv v)
{
	size_t n;

	while (v.n && (n = utf8_space(v.p, v.n))) {
		v.p += n;
		v.n -= n;
	}
	while (v.n) {
		n = 1;
		while (n < v.n && n < 4 && (v.p[v.n - n] & 0xc0) == 0x80)
			n++;
		if (utf8_space(v.p + v.n - n, n) != n)
			break;
		v.n -= n;
	}
	return v;
}
