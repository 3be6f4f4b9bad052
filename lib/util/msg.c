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

/* ---- relay --------------------------------------------------------------- */

static void relay_emit(struct sink *s, const struct msg *m)
{
	struct msg_relay *r = (struct msg_relay *)s;

	pthread_mutex_lock(&r->lock);
	if (r->open) {
		r->to->emit(r->to, m);
	} else {
		if (r->n == r->cap) {
			r->cap = r->cap ? 2 * r->cap : 8;
			r->held = xreallocarray(r->held, r->cap,
			    sizeof(*r->held));
		}
		r->held[r->n++] =
		    (struct msg){ m->level, xstrdup(m->text) };
	}
	pthread_mutex_unlock(&r->lock);
}

static int relay_confirm(struct sink *s, const struct msg_confirm *q,
    struct err *err)
{
	struct sink *to = ((struct msg_relay *)s)->to;

	return to->confirm(to, q, err);
}

static int relay_ask(struct sink *s, const char *motivation,
    const char *question, char **ret, struct err *err)
{
	struct sink *to = ((struct msg_relay *)s)->to;

	return to->ask(to, motivation, question, ret, err);
}

void msg_relay_init(struct msg_relay *r, struct sink *to)
{
	*r = (struct msg_relay){ .base = *to, .to = to };
	r->base.emit = relay_emit;
	r->base.confirm = relay_confirm;
	r->base.ask = relay_ask;
	pthread_mutex_init(&r->lock, NULL);
}

static void forget(struct msg_relay *r)
{
	for (size_t i = 0; i < r->n; i++)
		free((char *)(uintptr_t)r->held[i].text);
	free(r->held);
	r->held = NULL;
	r->n = r->cap = 0;
}

void msg_relay_open(struct msg_relay *r)
{
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < r->n; i++)
		r->to->emit(r->to, &r->held[i]);
	forget(r);
	r->open = true;
	pthread_mutex_unlock(&r->lock);
}

void msg_relay_release(struct msg_relay *r)
{
	forget(r);
	pthread_mutex_destroy(&r->lock);
}
