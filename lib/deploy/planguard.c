#include "deploy/planguard.h"

#include "diff/diff.h"
#include "diff/report.h"

static bool holds_data(const char *type)
{
	static const char *const types[] = { "AWS::DynamoDB::Table",
		"AWS::S3::Bucket", "AWS::RDS::DBInstance" };

	for (size_t i = 0; type && i < ARRAY_SIZE(types); i++)
		if (streq(types[i], type))
			return true;
	return false;
}

int plan_guard(const struct plan_guard *g, cJSON *list, struct strbuf *text,
    struct strbuf *losses, struct err *err)
{
	struct diff_destructive v[256];
	CLEANUP(diff_free_p) struct diff *d = diff_templates(g->old,
	    g->template_, g->change_set, false);
	size_t n = diff_destructive(d, v, ARRAY_SIZE(v));

	(void)err;
	for (size_t i = 0; i < MIN(n, ARRAY_SIZE(v)); i++) {
		cJSON *o;
		bool lost = v[i].impact != IMPACT_WILL_ORPHAN;
		bool ok = g->allow && strvec_has(g->allow, v[i].logical_id);

		if (!holds_data(v[i].type))
			continue;
		o = cJSON_CreateObject();
		json_put_str(o, "stack", g->stack->display_name);
		json_put_str(o, "logicalId", v[i].logical_id);
		json_put_str(o, "type", v[i].type);
		json_put_str(o, "event", diff_impact_word(v[i].impact));
		json_put_str(o, "fate", lost ? "lost" : "kept");
		json_put_bool(o, "allowed", ok);
		json_push_take(list, o);
		strbuf_addf(text, "%s (%s): %s\n", v[i].logical_id,
		    v[i].type, diff_impact_word(v[i].impact));
		if (lost && !ok)
			strbuf_addf(losses, "%s: %s (%s): %s\n",
			    g->stack->display_name, v[i].logical_id,
			    v[i].type, diff_impact_word(v[i].impact));
	}
	return 0;
}
