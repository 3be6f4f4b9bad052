#include "term/style.h"

struct code {
	const char *open, *close;
};

static const struct code codes[] = {
	[STYLE_BOLD] = { "\033[1m", "\033[22m" },
	[STYLE_UNDERLINE] = { "\033[4m", "\033[24m" },
	[STYLE_ITALIC] = { "\033[3m", "\033[23m" },
	[STYLE_RED] = { "\033[31m", "\033[39m" },
	[STYLE_GREEN] = { "\033[32m", "\033[39m" },
	[STYLE_YELLOW] = { "\033[33m", "\033[39m" },
	[STYLE_BLUE] = { "\033[34m", "\033[39m" },
	[STYLE_MAGENTA] = { "\033[35m", "\033[39m" },
	[STYLE_CYAN] = { "\033[36m", "\033[39m" },
	[STYLE_GRAY] = { "\033[90m", "\033[39m" },
	[STYLE_RESET] = { "\033[0m", "\033[0m" },
};

/*
 * A close code within the text would end this style too early: our open code
 * is put after it.
 */
static void add_inside(struct strbuf *out, const struct code *c,
    const char *text)
{
	size_t close_len = strlen(c->close);

	while (*text) {
		if (*text == '\033' && !strncmp(text, c->close, close_len)) {
			strbuf_adds(out, c->close);
			strbuf_adds(out, c->open);
			text += close_len;
		} else if (*text == '\n' || (*text == '\r' &&
			   text[1] == '\n')) {
			strbuf_adds(out, c->close);
			if (*text == '\r')
				strbuf_addc(out, *text++);
			strbuf_addc(out, *text++);
			strbuf_adds(out, c->open);
		} else {
			size_t n = 1 + strcspn(text + 1, "\033\r\n");

			strbuf_add(out, text, n);
			text += n;
		}
	}
}

void style_add(struct strbuf *out, bool on, enum style s, const char *text)
{
	const struct code *c = &codes[s];

	if (!on || !*text) {
		strbuf_adds(out, text);
		return;
	}
	strbuf_adds(out, c->open);
	add_inside(out, c, text);
	strbuf_adds(out, c->close);
}

char *styled(bool on, enum style s, const char *text)
{
	struct strbuf b = STRBUF_INIT;

	style_add(&b, on, s, text);
	return strbuf_detach(&b);
}
