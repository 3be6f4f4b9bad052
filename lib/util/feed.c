#include "util/feed.h"

#include "util/timeutil.h"

void feed_put(const struct feed *f, const char *event, cJSON *fields)
{
	CLEANUP(json_free_p) cJSON *mine = fields;
	CLEANUP(json_free_p) cJSON *line = NULL;
	CLEANUP(free_p) char *text = NULL, *at = NULL;
	int64_t now = now_utc_ms();
	char second[21];

	if (!f)
		return;
	time_iso(now / 1000, second);
	at = xasprintf("%.19s.%03dZ", second, (int)(now % 1000));
	line = cJSON_CreateObject();
	json_put_num(line, "schemaVersion", FEED_SCHEMA);
	json_put_str(line, "time", at);
	json_put_str(line, "event", event);
	JSON_EACH(o, mine)
		json_add_take(line, o->string, json_dup(o));
	text = json_text(line, 0);
	msg_text(f->sink, MSG_RESULT, text);
}
