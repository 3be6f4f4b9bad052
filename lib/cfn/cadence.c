#include "cfn/cadence.h"

#define STATE_MS 5000  /* the reference's intervals */
#define EVENTS_MS 2000
#define EARLY 3	       /* periods */
#define SAVED 3	       /* requests that may be kept for later */
#define HURRY_MS 500
#define EVEN_MS 1667   /* three looks in 5 s */
#define QUIET_MS 120000 /* nothing has happened for so long: */
#define SLOW_MS 3000
#define SURE_MS 30000  /* the state is read all the same */
#define PATIENCE_MS 60000

void cadence_init(struct cadence *c, int64_t now)
{
	/* the state at once, the events at 2 s and 4 s, and one more */
	*c = (struct cadence){ .width = 1, .counted_width = 1, .at_ms = now,
		.moved_ms = now, .looked_ms = now, .events_due = STATE_MS,
		.left = 5 };
}

/* Looks at the events that the reference takes in the n-th 5 s: those at
 * 2, 4 | 6, 8 | 10, 12, 14 | 16, 18 | ... Most operations are short: early on
 * we spend what the steps before the wait have saved of its requests. */
static size_t events_in(int64_t period)
{
	return period <= EARLY || period % 2 == 0 ? 3 : 2;
}

static void advance(struct cadence *c, int64_t now)
{
	c->clock += MAX(now - c->at_ms, (int64_t)0);
	c->at_ms = now;
	for (; c->period < c->clock / STATE_MS; c->period++) {
		c->left += 1 + c->width * events_in(c->period + 1);
		/* at the most what is saved, and this period's */
		c->left = MIN(c->left, SAVED + 1 + 3 * c->width);
	}
}

/* Until the next 5 s begin. */
static int64_t rest(const struct cadence *c)
{
	return (c->period + 1) * STATE_MS - c->clock;
}

/* Even steps through what is left of the 5 s. What was saved is spent when
 * only the stack itself is left to end. */
static int64_t events_step(const struct cadence *c, int64_t now)
{
	size_t looks = c->left / MAX(c->width, (size_t)1);
	int64_t even = looks ? rest(c) / (int64_t)looks : rest(c);

	if (c->deaf)
		return EVENTS_MS;
	if (c->over)
		return STATE_MS;
	if (c->seen && c->busy == 0 &&
	    (int64_t)looks * EVEN_MS > rest(c) + EVEN_MS)
		return MIN(even, (int64_t)HURRY_MS);
	if (c->seen && now - c->moved_ms > QUIET_MS)
		return MAX(even, (int64_t)SLOW_MS);
	return MAX(even, (int64_t)HURRY_MS);
}

static int64_t state_step(const struct cadence *c)
{
	int64_t step = STATE_MS;

	if (c->failures) {
		for (unsigned i = 1; i < c->failures && step < PATIENCE_MS; i++)
			step *= 2;
		return MIN(step, (int64_t)PATIENCE_MS);
	}
	if (!c->over)
		return c->deaf || !c->seen ? STATE_MS : SURE_MS;
	if (!c->confirmations)
		return 0;
	step = c->confirmations > 3 ? STATE_MS
	    : (int64_t)1000 << (c->confirmations - 1);
	return c->left ? step : MAX(step, rest(c));
}

/* Nested stacks that came up since: the reference looks at those, too. */
static void count_nested(struct cadence *c)
{
	if (c->width > c->counted_width)
		c->left += (c->width - c->counted_width) *
		    (size_t)(rest(c) / EVENTS_MS);
	c->counted_width = c->width;
}

void cadence_begin(struct cadence *c, int64_t now)
{
	advance(c, now);
}

void cadence_end(struct cadence *c, enum look what, size_t requests,
    int64_t now)
{
	bool last = what == LOOK_STATE && c->over && !c->confirmations;

	c->at_ms = now;
	count_nested(c);
	/* the one that confirms the end stands for the reference's last one */
	if (!last)
		c->left -= MIN(c->left, requests);
	if (what == LOOK_EVENTS) {
		c->looked_ms = now;
	} else {
		c->state_ms = now;
		c->state_clock = c->clock;
		c->confirmations = c->over ? c->confirmations + 1 : 0;
	}
	c->state_due = c->state_clock + state_step(c);
	if (what == LOOK_EVENTS || !c->begun)
		c->events_due = c->clock + events_step(c, now);
	c->begun = true;
}

int64_t cadence_next(struct cadence *c, int64_t now, enum look *ret)
{
	int64_t due = MIN(c->state_due, c->events_due);

	advance(c, now);
	*ret = c->state_due <= c->events_due ? LOOK_STATE : LOOK_EVENTS;
	return now + MAX(due - c->clock, (int64_t)0);
}
