#include "cfn/event_feed.h"

static void put_where(cJSON *o, const struct event *e,
    const struct lineage *tree)
{
	CLEANUP(strvec_release) struct strvec way = { 0 };
	cJSON *list;

	if (e->root)
		return;
	lineage_path(tree, event_stack(e), &way);
	json_put_str(o, "nestedStack", e->stack_name);
	list = cJSON_CreateArray();
	for (size_t i = 0; i < way.n; i++)
		json_push_take(list, cJSON_CreateString(way.v[i]));
	json_add_take(o, "nestedPath", list);
}

void event_feed(struct feed *f, const char *stack, const struct event *e,
    const struct event_about *about)
{
	cJSON *o;

	if (!f)
		return;
	o = cJSON_CreateObject();
	json_put_str(o, "stack", stack ? stack : e->stack_name);
	put_where(o, e, about->tree);
	json_put_str(o, "logicalId", e->logical_id);
	json_put_str(o, "physicalId", *e->physical_id ? e->physical_id : NULL);
	json_put_str(o, "type", e->type);
	json_put_str(o, "constructPath", about->path);
	json_put_str(o, "status", e->status);
	json_put_str(o, "reason", e->reason);
	json_put_str(o, "at", json_str(e->json, "Timestamp"));
	json_put_str(o, "eventId", json_str(e->json, "EventId"));
	json_put_num(o, "done", about->progress->done);
	if (about->progress->total > 0)
		json_put_num(o, "total", about->progress->total);
	if (about->left_ms >= 0)
		json_put_num(o, "estimatedLeftMs", (double)about->left_ms);
	feed_put(f, "stack.event", o);
}
