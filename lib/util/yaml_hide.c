#include "util/yaml_hide.h"

#include "util/utf8.h"

#define HIDDEN 0x10e000	    /* + a character below 0x100 */
#define OTHERS 0x10e100	    /* + its place in others[] */
#define SURROGATES 0x10e800 /* + half a surrogate pair - 0xd800 */
#define HIDDEN_END 0x10f000

static const uint32_t others[] = { 0x2028, 0x2029, 0xfeff, 0xfffe, 0xffff };

static uint32_t hide(uint32_t c)
{
	if (c >= 0x7f && c <= 0x9f)
		return HIDDEN + c;
	if (c >= 0xd800 && c <= 0xdfff)
		return SURROGATES + c - 0xd800;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (c == others[i])
			return OTHERS + (uint32_t)i;
	return c;
}

static uint32_t unhide(uint32_t c)
{
	if (c < HIDDEN || c >= HIDDEN_END)
		return c;
	if (c >= SURROGATES)
		return c - SURROGATES + 0xd800;
	if (c >= OTHERS)
		return c - OTHERS < ARRAY_SIZE(others) ? others[c - OTHERS] : c;
	return c - HIDDEN;
}

int yaml_hide(struct sv text, const char *what, struct strbuf *out,
    struct err *err)
{
	size_t line = 1, n;
	char bytes[4];

	for (size_t i = 0; i < text.n; i += n) {
		int32_t c = utf8_get(text.p + i, text.n - i, &n);

		line += c == '\n';
		if (c >= HIDDEN && c < HIDDEN_END)
			return err_set(err, E_INVALID,
			    "%s:%zu: private-use character U+%X cannot be "
			    "handled",
			    what, line, (unsigned)c);
		if (c < 0)
			strbuf_adds(out, "\xef\xbf\xbd");
		else if (hide((uint32_t)c) != (uint32_t)c)
			strbuf_add(out, bytes,
			    utf8_put(bytes, hide((uint32_t)c)));
		else
			strbuf_add(out, text.p + i, n);
	}
	return 0;
}

char *yaml_unhide(struct sv value)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	char bytes[4];
	size_t n;

	for (size_t i = 0; i < value.n; i += n) {
		int32_t c = utf8_get(value.p + i, value.n - i, &n);

		strbuf_add(&b, bytes,
		    utf8_put(bytes, c < 0 ? 0xfffd : unhide((uint32_t)c)));
	}
	return strbuf_detach(&b);
}

static size_t offset_of(const struct strbuf *text, size_t index)
{
	size_t i = 0;

	while (i < text->len && index) {
		i++;
		while (i < text->len &&
		    ((unsigned char)text->buf[i] & 0xc0) == 0x80)
			i++;
		index--;
	}
	return i;
}

/* The surrogate in "\ud800", or 0. */
static uint32_t surrogate(const char *p)
{
	uint32_t v = 0;

	if (p[0] != '\\' || p[1] != 'u' || (p[2] | 0x20) != 'd')
		return 0;
	for (int i = 2; i < 6; i++) {
		char c = (char)(p[i] | 0x20);

		if (p[i] >= '0' && p[i] <= '9')
			v = v * 16 + (uint32_t)(p[i] - '0');
		else if (c >= 'a' && c <= 'f')
			v = v * 16 + (uint32_t)(c - 'a' + 10);
		else
			return 0;
	}
	return utf8_is_surrogate((int32_t)v) ? v : 0;
}

/* From an escape inside double quotes on to the closing one. */
static bool repair_escapes(struct strbuf *text, size_t at)
{
	CLEANUP(strbuf_release) struct strbuf rest = STRBUF_INIT;
	const char *p = text->buf + at;
	uint32_t c, low;
	char bytes[4];
	bool done = false;

	while (*p && *p != '"') {
		size_t used = *p == '\\' && p[1] ? 2 : 1;

		c = surrogate(p);
		if (!c) {
			strbuf_add(&rest, p, used);
			p += used;
			continue;
		}
		p += 6;
		low = c < 0xdc00 ? surrogate(p) : 0;
		if (low >= 0xdc00) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			p += 6;
		}
		strbuf_add(&rest, bytes, utf8_put(bytes, hide(c)));
		done = true;
	}
	strbuf_adds(&rest, p);
	strbuf_setlen(text, at);
	strbuf_addsv(text, strbuf_sv(&rest));
	return done;
}

bool yaml_repair(struct strbuf *text, const char *problem, size_t index)
{
	size_t at = offset_of(text, index);
	char tab[4];
	size_t n;

	if (strstr(problem, "invalid Unicode character escape") && at >= 2)
		return repair_escapes(text, at - 2);
	/* a block in column 0 would end there */
	if (strstr(problem, "tab character where an indentation") && at &&
	    at < text->len && text->buf[at] == '\t' &&
	    text->buf[at - 1] == ' ') {
		/* the character takes four bytes, the tab gives one */
		n = utf8_put(tab, HIDDEN + '\t');
		text->buf[at] = tab[n - 1];
		strbuf_insert(text, at, tab, n - 1);
		return true;
	}
	return false;
}
