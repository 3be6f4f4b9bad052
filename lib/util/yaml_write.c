#include "util/yaml.h"

#include <math.h>

#include "util/utf8.h"
#include "util/yaml_plain.h"

#define STEP 2
/* Longer keys need "? " in front; counted in UTF-16 units, as written. */
#define KEY_MAX 1024
/* Double-quoted texts from this length on break at their newlines. */
#define BREAK_MIN 40

struct writer {
	struct strbuf *out;
	struct strbuf json; /* reused for quoting */
};

static void pad(struct strbuf *out, int indent)
{
	strbuf_addn(out, ' ', (size_t)indent);
}

static void newline(struct strbuf *out, int indent)
{
	strbuf_addc(out, '\n');
	pad(out, indent);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t utf16_length(const char *s, size_t n)
{
	size_t units = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char b = (unsigned char)s[i];

		units += ((b & 0xc0) != 0x80) + (b >= 0xf0);
	}
	return units;
}

/* Anything that only double quotes can carry? */
static bool needs_escapes(const char *s)
{
	for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
		if ((*p < ' ' && *p != '\t' && *p != '\n') || *p == 0x7f)
			return true;
		/* U+0080 to U+009F, our U+0000, half a surrogate pair */
		if ((*p == 0xc2 && p[1] < 0xa0) || *p == 0xc0 ||
		    (*p == 0xed && p[1] >= 0xa0))
			return true;
	}
	return false;
}

static bool fits_plain(const char *s)
{
	char prev = '\0';

	if (strchr("\n\t ,[]{}#&*!|>'\"%@`", *s)) /* also when empty */
		return false;
	if ((*s == '-' || *s == '?') && (!s[1] || is_blank(s[1])))
		return false;
	for (const char *p = s; *p; prev = *p++) {
		if (*p == ':' && (is_blank(p[1]) || !p[1]))
			return false;
		if (*p == '#' && (is_blank(prev) || prev == '\n'))
			return false;
	}
	return !is_blank(prev) && !yaml11_not_text(s);
}

/* "\u0007" as JSON has it -> "\a" */
static void put_unicode_escape(struct strbuf *out, const char *p)
{
	static const char *const named[] = { ['\0'] = "\\0", ['\a'] = "\\a",
		['\v'] = "\\v", [0x1b] = "\\e" };
	unsigned v = 0;

	for (int i = 2; i < 6; i++)
		v = v * 16 + (unsigned)(p[i] <= '9' ? p[i] - '0' :
						      p[i] - 'a' + 10);
	if (v < ARRAY_SIZE(named) && named[v])
		strbuf_adds(out, named[v]);
	else if (v < 0x100)
		strbuf_addf(out, "\\x%02x", v);
	else
		strbuf_add(out, p, 6);
}

/*
 * A newline of a long text: the line ends there, and the empty line after it
 * is what a reader turns back into the newline. p is at its "\n"; returns the
 * last one of a run.
 */
static const char *put_break(struct strbuf *out, const char *p, int indent)
{
	strbuf_adds(out, "\n\n");
	while (p[2] == '\\' && p[3] == 'n' && p[4] != '"') {
		strbuf_addc(out, '\n');
		p += 2;
	}
	pad(out, indent);
	if (p[2] == ' ')
		strbuf_addc(out, '\\');
	return p;
}

static void double_quoted(struct writer *w, const char *s, int indent,
    bool key)
{
	const char *p;
	bool breaks;

	strbuf_reset(&w->json);
	json_write_string(&w->json, s);
	p = w->json.buf;
	breaks = !key && utf16_length(p, w->json.len) >= BREAK_MIN;
	for (; *p; p++) {
		if (*p == ' ' && p[1] == '\\' && p[2] == 'n') {
			strbuf_addc(w->out, '\\');
		} else if (*p == '\\' && p[1] == 'u') {
			put_unicode_escape(w->out, p);
			p += 5;
			continue;
		} else if (*p == '\\' && p[1] == 'n' && p[2] != '"' && breaks) {
			p = put_break(w->out, p, indent) + 1;
			continue;
		} else if (*p == '\\') {
			strbuf_addc(w->out, *p++);
		}
		strbuf_addc(w->out, *p);
	}
}

static void quoted(struct writer *w, const char *s, int indent, bool key)
{
	if (!strchr(s, '"') || strpbrk(s, "'\n")) {
		double_quoted(w, s, indent, key);
		return;
	}
	strbuf_addc(w->out, '\'');
	strbuf_adds(w->out, s);
	strbuf_addc(w->out, '\'');
}

/* A newline with only blanks after it at the end of the text? */
static bool ends_in_blank_line(const char *s)
{
	size_t n = strlen(s), i = n;

	while (i && is_blank(s[i - 1]))
		i--;
	return i < n && i && s[i - 1] == '\n';
}

static void block(struct strbuf *out, const char *s, int indent)
{
	size_t n = strlen(s), body = n, lead;
	const char *first;

	while (body && (is_blank(s[body - 1]) || s[body - 1] == '\n'))
		body--;
	lead = strspn(s, " \n");
	first = memchr(s + body, '\n', n - body);
	strbuf_addc(out, '|');
	if (memchr(s, ' ', MIN(lead, body)))
		strbuf_addc(out, '0' + STEP);
	if (!first)
		strbuf_addc(out, '-');
	else if (body == 0 || first != s + n - 1)
		strbuf_addc(out, '+');
	if (first && s[n - 1] == '\n')
		n--;
	newline(out, indent);
	for (size_t i = 0; i < n; i++) {
		strbuf_addc(out, s[i]);
		if (s[i] == '\n' && i + 1 < n && s[i + 1] != '\n')
			pad(out, indent);
	}
}

static void string(struct writer *w, const char *s, int indent)
{
	if (needs_escapes(s))
		double_quoted(w, s, indent, false);
	else if (strchr(s, '\n') && ends_in_blank_line(s))
		double_quoted(w, s, indent, false);
	else if (strchr(s, '\n'))
		block(w->out, s, indent);
	else if (fits_plain(s))
		strbuf_adds(w->out, s);
	else
		quoted(w, s, indent, false);
}

/*
 * Document markers and directives cannot start a line of the document; U+2028
 * and U+2029 start one as well for the reference.
 */
static bool reads_as_marker(const char *key)
{
	for (const char *p = key; p;) {
		if (*p == '%' || str_starts(p, "---") || str_starts(p, "..."))
			return true;
		p = strstr(p, "\xe2\x80");
		if (p)
			p += p[2] == '\xa8' || p[2] == '\xa9' ? 3 : 2;
	}
	return false;
}

static void key(struct writer *w, const char *s, int indent)
{
	if (needs_escapes(s))
		double_quoted(w, s, 0, true);
	else if (strchr(s, '\n') || !fits_plain(s) ||
	    (indent == 0 && reads_as_marker(s)))
		quoted(w, s, 0, true);
	else
		strbuf_adds(w->out, s);
}

static void number(struct strbuf *out, double v)
{
	if (isnan(v))
		strbuf_adds(out, ".nan");
	else if (isinf(v))
		strbuf_adds(out, v < 0 ? "-.inf" : ".inf");
	else if (v == 0 && signbit(v))
		strbuf_adds(out, "-0");
	else
		json_write_number(out, v);
}

static void node(struct writer *w, const cJSON *j, int indent);

/* What follows a key or "- ", at indent when it needs a line of its own. */
static void scalar(struct writer *w, const cJSON *j, int indent)
{
	if (cJSON_IsString(j))
		string(w, j->valuestring, indent);
	else if (cJSON_IsNumber(j))
		number(w->out, j->valuedouble);
	else if (cJSON_IsBool(j))
		strbuf_adds(w->out, cJSON_IsTrue(j) ? "true" : "false");
	else if (cJSON_IsArray(j))
		strbuf_adds(w->out, "[]");
	else if (cJSON_IsObject(j))
		strbuf_adds(w->out, "{}");
	else
		strbuf_adds(w->out, "null");
}

static void pair(struct writer *w, const cJSON *j, int indent)
{
	size_t start = w->out->len;

	key(w, j->string, indent);
	if (utf16_length(w->out->buf + start, w->out->len - start) > KEY_MAX) {
		strbuf_insert(w->out, start, "? ", 2);
		newline(w->out, indent);
		strbuf_adds(w->out, ": ");
	} else if (j->child) {
		strbuf_addc(w->out, ':');
		newline(w->out, indent + STEP);
	} else {
		strbuf_adds(w->out, ": ");
	}
	node(w, j, indent + STEP);
}

static void node(struct writer *w, const cJSON *j, int indent)
{
	if (!j || !j->child) {
		scalar(w, j, indent);
		return;
	}
	JSON_EACH(c, j) {
		if (c != j->child)
			newline(w->out, indent);
		if (cJSON_IsObject(j)) {
			pair(w, c, indent);
		} else {
			strbuf_adds(w->out, "- ");
			node(w, c, indent + STEP);
		}
	}
}

void yaml_write(struct strbuf *out, const cJSON *j)
{
	struct writer w = { .out = out, .json = STRBUF_INIT };

	/* the text of a block needs its indentation also at the top */
	if (cJSON_IsString(j))
		string(&w, j->valuestring, STEP);
	else
		node(&w, j, 0);
	strbuf_addc(out, '\n');
	strbuf_release(&w.json);
}

char *yaml_text(const cJSON *j)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	yaml_write(&b, j);
	return strbuf_detach(&b);
}
