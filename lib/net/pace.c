#include "net/pace.h"

#include <math.h>

#define BETA 0.7	 /* of the rate stays after a cut */
#define SCALE 0.4	 /* how steeply it grows */
#define LEAST 1.0	 /* a second */
#define MEASURED_MS 1000 /* "about the last second" */
#define FORGOTTEN_MS 120000

/* Requests sent lately, each of which fades away. */
static double fade(const struct pace *p, int64_t now)
{
	return p->sent * exp(-(double)(now - p->sent_ms) / MEASURED_MS);
}

static void fill(struct pace *p, int64_t now)
{
	double more = (double)(now - p->filled_ms) * p->rate / 1000;

	/* no more than a second's worth is saved up */
	p->tokens = fmin(p->tokens + more, fmax(p->rate, 1));
	p->filled_ms = now;
}

int64_t pace_wait_ms(struct pace *p, size_t ahead, int64_t now)
{
	double missing;

	if (!p->on)
		return 0;
	fill(p, now);
	missing = (double)ahead + 1 - p->tokens;
	/* what rounding leaves is none */
	if (missing < 1e-6)
		return 0;
	return (int64_t)fmin(ceil(missing * 1000 / p->rate), 3600000);
}

void pace_sent(struct pace *p, int64_t now)
{
	p->sent = fade(p, now) + 1;
	p->sent_ms = now;
	if (p->on)
		p->tokens = fmax(p->tokens - 1, 0);
}

void pace_throttled(struct pace *p, int64_t sent_ms, int64_t now)
{
	double was = fade(p, now);

	if (p->on && sent_ms <= p->cut_ms)
		return;
	if (p->on)
		was = fmin(was, p->rate);
	p->most = fmax(was, LEAST);
	p->rate = fmax(was * BETA, LEAST);
	p->tokens = p->grown_s = 0;
	p->cut_ms = p->filled_ms = p->ok_ms = now;
	p->on = true;
}

void pace_succeeded(struct pace *p, int64_t now)
{
	double flat_s = cbrt(p->most * (1 - BETA) / SCALE), s;

	if (!p->on)
		return;
	if (now - p->cut_ms > FORGOTTEN_MS) {
		*p = (struct pace){ .sent = p->sent, .sent_ms = p->sent_ms };
		return;
	}
	fill(p, now);
	if (fade(p, now) >= p->rate / 2)
		p->grown_s += fmin((double)(now - p->ok_ms) / 1000, 1);
	p->ok_ms = now;
	s = p->grown_s - flat_s;
	p->rate = fmax(p->rate, SCALE * s * s * s + p->most);
}
