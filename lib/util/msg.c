#include "util/msg.h"

void msg_text(struct sink *s, enum msg_level level, const char *text)
{
	struct msg m = { .level = level, .text = text };

	if (s)
		s->emit(s, &m);
}

void msg_put(struct sink *s, enum msg_level level, const char *fmt, ...)
{
	CLEANUP(free_p) char *text = NULL;
	va_list ap;

	if (!s)
		return;
	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	msg_text(s, level, text);
}
