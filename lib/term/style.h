/*
 * SGR styles around text. `on` false leaves the text as it is; library code
 * passes sink->color.
 */
#ifndef CCDK_TERM_STYLE_H
#define CCDK_TERM_STYLE_H

#include "util/strbuf.h"

enum style {
	STYLE_BOLD,
	STYLE_UNDERLINE,
	STYLE_ITALIC,
	STYLE_RED,
	STYLE_GREEN,
	STYLE_YELLOW,
	STYLE_BLUE,
	STYLE_MAGENTA,
	STYLE_CYAN,
	STYLE_GRAY,
	STYLE_RESET
};

/* Codes as the reference's: closed before a newline and opened after it. */
void style_add(struct strbuf *out, bool on, enum style s, const char *text);
/* "\033[32mtext\033[39m"; yours */
char *styled(bool on, enum style s, const char *text);

#endif
