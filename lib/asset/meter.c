#include "asset/meter.h"

#include <stdatomic.h>

#include "asset/inventory.h"
#include "term/live.h"
#include "term/term.h"
#include "util/timeutil.h"

#define WORTH_IT ((int64_t)16 << 20)
#define EVENT_MS 1000

struct meter {
	struct meter_of of;
	int64_t total, began;
	_Atomic int64_t done, told; /* bytes; when the feed was told */
	struct sink *sink; /* NULL: not shown */
	struct live_part part;
};

static _Atomic(struct sink *) shown_on;

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

void meter_enable(struct sink *sink)
{
	atomic_store(&shown_on, sink);
}

static void draw(void *arg, unsigned columns, struct strvec *out)
{
	struct meter *m = arg;

	strvec_add_take(out, meter_line(m->of.name ? m->of.name : "",
	    MIN(atomic_load(&m->done), m->total), m->total, mono_ms() - m->began, columns));
}

static void tell(struct meter *m, int64_t done)
{
	int64_t ms = mono_ms() - m->began;
	cJSON *o = cJSON_CreateObject();

	json_put_str(o, "stack", m->of.stack);
	json_put_str(o, "asset", m->of.asset);
	json_put_str(o, "name", m->of.name);
	json_put_str(o, "destination", m->of.destination);
	json_put_num(o, "bytes", (double)done);
	json_put_num(o, "totalBytes", (double)m->total);
	if (ms > 0)
		json_put_num(o, "bytesPerSecond",
		    (double)(done * 1000 / ms));
	feed_put(m->of.feed, "asset.progress", o);
}

struct meter *meter_begin(const struct meter_of *of, int64_t total)
{
	struct sink *sink = atomic_load(&shown_on);
	struct meter *m;

	if (total < WORTH_IT || (!sink && !of->feed))
		return NULL;
	m = xcalloc(1, sizeof(*m));
	m->of = *of;
	m->total = total;
	m->began = mono_ms();
	atomic_store(&m->told, m->began);
	m->sink = sink;
	if (sink) {
		m->part = (struct live_part){ .draw = draw, .arg = m };
		live_add(sink, &m->part);
	}
	return m;
}

void meter_add(struct meter *m, int64_t bytes)
{
	int64_t done, now = mono_ms(), told;

	if (!m)
		return;
	/* the last part is smaller than the others */
	done = MIN(atomic_fetch_add(&m->done, bytes) + bytes, m->total);
	if (m->sink)
		live_redraw();
	if (!m->of.feed)
		return;
	told = atomic_load(&m->told);
	/* by one thread, once a second, and at the end */
	if (done == m->total || (now - told >= EVENT_MS &&
		atomic_compare_exchange_strong(&m->told, &told, now)))
		tell(m, done);
}

void meter_end(struct meter *m)
{
	if (!m)
		return;
	if (m->sink)
		live_remove(&m->part, NULL);
	free(m);
}
