#include "util/feed.h"

#include "util/timeutil.h"

void feed_init(struct feed *f, struct sink *sink)
{
	*f = (struct feed){ .sink = sink };
	pthread_mutex_init(&f->lock, NULL);
}

void feed_release(struct feed *f)
{
	strmap_release(&f->tally);
	pthread_mutex_destroy(&f->lock);
	*f = (struct feed){ 0 };
}

static char *line_of(const char *event, const cJSON *fields)
{
	CLEANUP(json_free_p) cJSON *line = cJSON_CreateObject();
	CLEANUP(free_p) char *at = NULL;
	int64_t now = now_utc_ms();
	char second[21];

	time_iso(now / 1000, second);
	at = xasprintf("%.19s.%03dZ", second, (int)(now % 1000));
	json_put_num(line, "schemaVersion", FEED_SCHEMA);
	json_put_str(line, "time", at);
	json_put_str(line, "event", event);
	JSON_EACH(o, fields)
		json_add_take(line, o->string, json_dup(o));
	return json_text(line, 0);
}

void feed_put(struct feed *f, const char *event, cJSON *fields)
{
	CLEANUP(json_free_p) cJSON *mine = fields;
	intptr_t n;

	if (!f)
		return;
	pthread_mutex_lock(&f->lock);
	n = (intptr_t)strmap_get(&f->tally, event);
	strmap_set(&f->tally, event, (void *)(n + 1));
	if (f->sink) {
		/* under the lock: times rise from line to line */
		CLEANUP(free_p) char *text = line_of(event, mine);

		msg_text(f->sink, MSG_DATA, text);
	}
	if (f->watch)
		f->watch(f->watch_arg, event, mine);
	pthread_mutex_unlock(&f->lock);
}

cJSON *feed_counts(struct feed *f)
{
	cJSON *ret = cJSON_CreateObject();

	pthread_mutex_lock(&f->lock);
	STRMAP_EACH(&f->tally, e)
		json_put_num(ret, e->key, (double)(intptr_t)e->value);
	pthread_mutex_unlock(&f->lock);
	return ret;
}
