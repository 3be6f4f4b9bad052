#include "term/live.h"

#include "term/term.h"
#include "util/timeutil.h"

#include <time.h>

#define COLUMNS_UNKNOWN 80
#define REDRAW_MS 50 /* not more often, however much happens */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct sink *sink;
	struct live_part *first;
	pthread_t ticker;
	bool ticking, leaving;
	unsigned paused;
	int64_t drawn_ms;
} all = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.moved = PTHREAD_COND_INITIALIZER };

/* How many lines there is room for. */
static size_t room(void)
{
	unsigned rows = term_rows();

	return rows > 1 ? rows - 1 : SIZE_MAX;
}

/* As much as fits; `more` parts were not even asked. */
static void put_lines(const struct strvec *lines, bool count_rest,
    size_t more)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	size_t n = MIN(lines->n, room());

	count_rest = count_rest && n > 1 && (more || n < lines->n);
	for (size_t i = 0; i < n - count_rest; i++)
		strbuf_addf(&b, "%s%s", i ? "\n" : "", lines->v[i]);
	if (count_rest)
		strbuf_addf(&b, "\n... and %zu more",
		    lines->n - n + 1 + more);
	term_sink_block(all.sink, b.buf);
}

/* With the lock held. */
static void draw(void)
{
	CLEANUP(strvec_release) struct strvec lines = { 0 };
	unsigned columns = term_live_columns();
	size_t most = room(), more = 0;

	if (!all.first || all.paused)
		return;
	/* of hundreds only those are reckoned that are seen */
	for (struct live_part *p = all.first; p; p = p->next) {
		if (lines.n >= most)
			more++;
		else
			p->draw(p->arg, columns ? columns : COLUMNS_UNKNOWN,
			    &lines);
	}
	put_lines(&lines, all.first->next != NULL, more);
	all.drawn_ms = mono_ms();
}

static void *tick(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&all.lock);
	while (!all.leaving) {
		struct timespec at;

		clock_gettime(CLOCK_REALTIME, &at);
		at.tv_sec++;
		if (pthread_cond_timedwait(&all.moved, &all.lock, &at) != 0)
			draw();
	}
	pthread_mutex_unlock(&all.lock);
	return NULL;
}

void live_add(struct sink *sink, struct live_part *p)
{
	struct live_part **at = &all.first;

	pthread_mutex_lock(&all.lock);
	while (all.leaving)
		pthread_cond_wait(&all.moved, &all.lock);
	all.sink = sink;
	p->next = NULL;
	while (*at)
		at = &(*at)->next;
	*at = p;
	if (!all.ticking)
		all.ticking = pthread_create(&all.ticker, NULL, tick, NULL)
		    == 0;
	draw();
	pthread_mutex_unlock(&all.lock);
}

void live_redraw(void)
{
	pthread_mutex_lock(&all.lock);
	if (mono_ms() - all.drawn_ms >= REDRAW_MS)
		draw();
	pthread_mutex_unlock(&all.lock);
}

/* With the lock held, which is let go meanwhile. */
static void stop_ticking(void)
{
	if (!all.ticking)
		return;
	all.leaving = true;
	pthread_cond_broadcast(&all.moved);
	pthread_mutex_unlock(&all.lock);
	pthread_join(all.ticker, NULL);
	pthread_mutex_lock(&all.lock);
	all.ticking = all.leaving = false;
	pthread_cond_broadcast(&all.moved);
}

void live_remove(struct live_part *p, const struct strvec *last)
{
	struct live_part **at = &all.first;
	struct strvec none = { 0 };

	pthread_mutex_lock(&all.lock);
	while (*at && *at != p)
		at = &(*at)->next;
	if (*at)
		*at = p->next;
	if (all.first) {
		draw();
	} else {
		put_lines(last ? last : &none, false, 0);
		term_sink_block(all.sink, NULL);
		stop_ticking();
	}
	pthread_mutex_unlock(&all.lock);
}

void live_pause(void)
{
	pthread_mutex_lock(&all.lock);
	if (all.paused++ == 0 && all.first) {
		term_sink_block(all.sink, "");
		term_sink_block(all.sink, NULL);
	}
	pthread_mutex_unlock(&all.lock);
}

void live_resume(void)
{
	pthread_mutex_lock(&all.lock);
	if (--all.paused == 0)
		draw();
	pthread_mutex_unlock(&all.lock);
}
