#include "deploy/skip.h"

#include "util/strmap.h"

bool skip_same_tags(const cJSON *deployed, const cJSON *wanted)
{
	if (cJSON_GetArraySize(deployed) != cJSON_GetArraySize(wanted))
		return false;
	JSON_EACH(t, deployed) {
		const char *key = json_str(t, "Key");
		const cJSON *w = key ? json_get(wanted, key) : NULL;
		const char *value = json_str(t, "Value");

		if (!cJSON_IsString(w) ||
		    !streq(w->valuestring, value ? value : ""))
			return false;
	}
	return true;
}

static void read_set(const cJSON *list, struct strmap *ret)
{
	JSON_EACH(v, list)
		if (cJSON_IsString(v))
			strmap_set(ret, v->valuestring, NULL);
}

static bool same_keys(const struct strmap *a, const struct strmap *b)
{
	if (a->n != b->n)
		return false;
	STRMAP_EACH(a, e)
		if (!strmap_has(b, e->key))
			return false;
	return true;
}

bool skip_same_set(const cJSON *deployed, const cJSON *wanted)
{
	CLEANUP(strmap_release) struct strmap a = { 0 };
	CLEANUP(strmap_release) struct strmap b = { 0 };

	read_set(deployed, &a);
	read_set(wanted, &b);
	return same_keys(&a, &b);
}

static void read_triggers(const cJSON *config, struct strmap *ret)
{
	JSON_EACH(t, json_get(config, "RollbackTriggers")) {
		const char *arn = json_str(t, "Arn");
		const char *type = json_str(t, "Type");
		CLEANUP(free_p) char *key = xasprintf("%s\n%s",
		    arn ? arn : "", type ? type : "");

		strmap_set(ret, key, NULL);
	}
}

bool skip_same_rollback(const cJSON *deployed, const cJSON *wanted)
{
	CLEANUP(strmap_release) struct strmap a = { 0 };
	CLEANUP(strmap_release) struct strmap b = { 0 };
	double minutes_a = 0, minutes_b = 0;

	(void)json_num(deployed, "MonitoringTimeInMinutes", &minutes_a);
	(void)json_num(wanted, "MonitoringTimeInMinutes", &minutes_b);
	read_triggers(deployed, &a);
	read_triggers(wanted, &b);
	return minutes_a >= minutes_b && minutes_a <= minutes_b &&
	    same_keys(&a, &b);
}

int skip_refusal(const struct deploy_request *r, struct cfnstack *s,
    bool params_changed, const char **ret, struct err *err)
{
	const cJSON *deployed;
	int e;

	*ret = NULL;
	if (r->force)
		*ret = "forced deployment";
	else if (r->method == DEPLOY_PREPARE && !r->prepare_inside)
		*ret = "--no-execute, always creating change set";
	else if (r->method == DEPLOY_EXECUTE)
		*ret = "executing existing change set";
	else if (r->revert_drift)
		*ret = "reverting drift, always creating change set";
	else if (!s->json)
		*ret = "no existing stack";
	if (*ret)
		return 0;
	e = cfnstack_template(r->aws, s, &deployed, err);
	if (e < 0)
		return e;
	if (!json_same(r->template_, deployed))
		*ret = "template has changed";
	else if (!skip_same_tags(json_get(s->json, "Tags"), r->tags))
		*ret = "tags have changed";
	else if (!skip_same_set(json_get(s->json, "NotificationARNs"),
		     r->notification_arns))
		*ret = "notification arns have changed";
	else if (r->rollback_configuration &&
	    !skip_same_rollback(json_get(s->json, "RollbackConfiguration"),
		r->rollback_configuration))
		*ret = "rollback configuration has changed";
	else if (r->termination_protection !=
	    cfn_true(s->json, "EnableTerminationProtection"))
		*ret = "termination protection has been updated";
	else if (params_changed)
		*ret = "parameters have changed";
	else if (s->flags & STATUS_FAILED)
		*ret = "stack is in a failure state";
	return 0;
}
