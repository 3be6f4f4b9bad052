#include "asset/meter.h"

#include "asset/inventory.h"
#include "term/term.h"
#include "util/timeutil.h"

#define WORTH_IT ((int64_t)16 << 20)
#define REDRAW_MS 250
#define SHOWN_MAX 6

struct meter {
	char *name;
	int64_t done, total, began;
	struct meter *next;
};

static struct {
	pthread_mutex_t lock;
	struct sink *sink; /* NULL: off */
	struct meter *first;
	int64_t drawn; /* when */
	bool visible;
	unsigned paused;
} all = { .lock = PTHREAD_MUTEX_INITIALIZER };

char *meter_line(const char *name, int64_t done, int64_t total,
    int64_t elapsed_ms, unsigned columns)
{
	double rate = elapsed_ms > 0 ?
	    (double)done * 1000 / (double)elapsed_ms : 0;
	CLEANUP(strbuf_release) struct strbuf tail = STRBUF_INIT;
	char a[32], b[32], r[32];
	size_t room;

	bytes_text(done, a);
	bytes_text(total, b);
	strbuf_addf(&tail, "  %s of %s", a, b);
	if (rate >= 1) {
		double left = (double)(total - done) / rate;

		bytes_text((int64_t)rate, r);
		strbuf_addf(&tail, ", %s/s", r);
		if (left < 360000)
			strbuf_addf(&tail, ", %d:%02d left", (int)left / 60,
			    (int)left % 60);
	}
	room = columns > tail.len + 4 ? columns - 1 - tail.len : 3;
	if (columns && term_width(sv_from(name)) > room)
		return xasprintf("%.*s%s", (int)room, name, tail.buf);
	return xasprintf("%s%s", name, tail.buf);
}

static void hide(void)
{
	if (!all.visible)
		return;
	term_sink_block(all.sink, "");
	term_sink_block(all.sink, NULL);
	all.visible = false;
}

/* With the lock held. */
static void draw(void)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	unsigned columns = term_columns();
	int64_t now = mono_ms();
	int shown = 0;

	if (all.paused || !all.first) {
		hide();
		return;
	}
	for (struct meter *m = all.first; m && shown < SHOWN_MAX;
	    m = m->next, shown++) {
		CLEANUP(free_p) char *line = meter_line(m->name, m->done,
		    m->total, now - m->began, columns);

		strbuf_addf(&b, "%s%s", shown ? "\n" : "", line);
	}
	term_sink_block(all.sink, b.buf);
	all.visible = true;
	all.drawn = now;
}

void meter_enable(struct sink *sink)
{
	pthread_mutex_lock(&all.lock);
	all.sink = sink;
	pthread_mutex_unlock(&all.lock);
}

struct meter *meter_begin(const char *name, int64_t total)
{
	struct meter *m = NULL;

	pthread_mutex_lock(&all.lock);
	if (all.sink && total >= WORTH_IT) {
		m = xcalloc(1, sizeof(*m));
		m->name = xstrdup(name ? name : "");
		m->total = total;
		m->began = mono_ms();
		m->next = all.first;
		all.first = m;
		draw();
	}
	pthread_mutex_unlock(&all.lock);
	return m;
}

void meter_add(struct meter *m, int64_t bytes)
{
	if (!m)
		return;
	pthread_mutex_lock(&all.lock);
	m->done = MIN(m->done + bytes, m->total);
	if (mono_ms() - all.drawn >= REDRAW_MS)
		draw();
	pthread_mutex_unlock(&all.lock);
}

void meter_end(struct meter *m)
{
	struct meter **at = &all.first;

	if (!m)
		return;
	pthread_mutex_lock(&all.lock);
	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	draw();
	pthread_mutex_unlock(&all.lock);
	free(m->name);
	free(m);
}

void meter_pause(void)
{
	pthread_mutex_lock(&all.lock);
	if (all.paused++ == 0 && all.sink)
		hide();
	pthread_mutex_unlock(&all.lock);
}

void meter_resume(void)
{
	pthread_mutex_lock(&all.lock);
	if (--all.paused == 0 && all.sink)
		draw();
	pthread_mutex_unlock(&all.lock);
}
