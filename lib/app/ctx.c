#include "app/ctx.h"

bool ctx_truthy(const cJSON *v)
{
	if (!v || cJSON_IsNull(v) || cJSON_IsFalse(v))
		return false;
	if (cJSON_IsNumber(v))
		return v->valuedouble < 0 || v->valuedouble > 0;
	return !cJSON_IsString(v) || *v->valuestring;
}

char *ctx_text(const cJSON *o, const char *key)
{
	const cJSON *v = json_get(o, key);

	if (!v)
		return xstrdup("undefined");
	return cJSON_IsString(v) ? xstrdup(v->valuestring) : json_text(v, 0);
}

void ctx_filter_take(cJSON *in, const char *name, cJSON *values)
{
	cJSON *filter = cJSON_CreateObject();

	json_put_str(filter, "Name", name);
	json_add_take(filter, "Values", values);
	if (!json_get(in, "Filters"))
		json_add_take(in, "Filters", cJSON_CreateArray());
	json_push_take(json_get(in, "Filters"), filter);
}

void ctx_filter(cJSON *in, const char *name, const char *value)
{
	cJSON *values = cJSON_CreateArray();

	json_push_take(values, cJSON_CreateString(value));
	ctx_filter_take(in, name, values);
}
