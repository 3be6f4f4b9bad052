#include "term/term.h"

#include <sys/ioctl.h>
#include <utf8proc.h>

bool term_is_tty(int fd)
{
	return isatty(fd) == 1;
}

static unsigned from_env(const char *name)
{
	const char *text = getenv(name);
	int64_t v;

	if (!text || !str_to_int64(text, &v) || v < 1 || v > 10000)
		return 0;
	return (unsigned)v;
}

unsigned term_columns(void)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col)
		return w.ws_col;
	return from_env("COLUMNS");
}

unsigned term_table_columns(void)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0)
		return MAX(w.ws_col, 1u);
	return from_env("COLUMNS");
}

static bool window(struct winsize *ret)
{
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, ret) == 0 ||
	    ioctl(STDERR_FILENO, TIOCGWINSZ, ret) == 0;
}

unsigned term_live_columns(void)
{
	struct winsize w;

	return window(&w) && w.ws_col ? w.ws_col : from_env("COLUMNS");
}

unsigned term_rows(void)
{
	struct winsize w;

	return window(&w) && w.ws_row ? w.ws_row : from_env("LINES");
}

/* Length of a CSI sequence at p, 0: none. */
static size_t escape_length(const char *p, size_t n)
{
	size_t i = 2;

	if (n < 3 || p[0] != '\033' || p[1] != '[')
		return 0;
	while (i < n && p[i] >= 0x20 && p[i] < 0x40)
		i++;
	return i < n ? i + 1 : 0;
}

/* As the reference counts, which knows of one block of combining marks only */
static size_t char_width(utf8proc_int32_t c)
{
	int w = utf8proc_charwidth(c);
	bool takes_no_place = c < 0x20 || (c >= 0x7f && c <= 0x9f) ||
	    (c >= 0x300 && c <= 0x36f) || c == 0x200d || c == 0xfe0f;

	if (takes_no_place)
		return 0;
	return (size_t)MAX(w, 1);
}

size_t term_width(struct sv text)
{
	size_t width = 0, i = 0;

	while (i < text.n) {
		size_t skip = escape_length(text.p + i, text.n - i);
		utf8proc_int32_t c;
		utf8proc_ssize_t n;

		if (text.p[i] >= ' ' && text.p[i] < 0x7f) {
			width++;
			i++;
			continue;
		}
		if (skip) {
			i += skip;
			continue;
		}
		n = utf8proc_iterate((const utf8proc_uint8_t *)text.p + i,
		    (utf8proc_ssize_t)(text.n - i), &c);
		if (n < 1) { /* shown as one replacement character */
			width++;
			i++;
			continue;
		}
		width += char_width(c);
		i += (size_t)n;
	}
	return width;
}
