#include "plan/planbase.h"

#include "plan/planfile.h"

/* {key: value} in the order of the keys, so that it has one digest; yours. */
static cJSON *sorted(const cJSON *list, const char *key, const char *value)
{
	CLEANUP(strvec_release) struct strvec keys = { 0 };
	CLEANUP(json_free_p) cJSON *all = cJSON_CreateObject();
	cJSON *ret = cJSON_CreateObject();

	JSON_EACH(o, list) {
		const char *k = json_str(o, key), *v = json_str(o, value);

		if (!k)
			continue;
		strvec_add(&keys, k);
		json_put_str(all, k, v ? v : "");
	}
	strvec_sort(&keys);
	for (size_t i = 0; i < keys.n; i++)
		json_put_str(ret, keys.v[i], json_str(all, keys.v[i])
			? json_get(all, keys.v[i])->valuestring : "");
	return ret;
}

static void put_present(cJSON *o, const struct cfnstack *s,
    const cJSON *template_)
{
	CLEANUP(json_free_p) cJSON *parameters = sorted(
	    json_get(s->json, "Parameters"), "ParameterKey",
	    "ParameterValue");
	CLEANUP(free_p) char *of_template = plan_digest(template_);
	CLEANUP(free_p) char *of_parameters = plan_digest(parameters);

	json_put_str(o, "state", "present");
	json_put_str(o, "stackId", s->arn);
	json_put_str(o, "status", s->status);
	json_put_str(o, "created", json_str(s->json, "CreationTime"));
	json_put_str(o, "lastUpdated", json_str(s->json, "LastUpdatedTime"));
	json_put_str(o, "templateDigest", of_template);
	json_put_str(o, "parametersDigest", of_parameters);
	json_add_take(o, "tags", sorted(json_get(s->json, "Tags"), "Key",
	    "Value"));
	json_put_bool(o, "terminationProtection",
	    cfn_true(s->json, "EnableTerminationProtection"));
}

int planbase_read(struct aws *aws, struct cfnstack *s, cJSON **ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *o = cJSON_CreateObject();
	const cJSON *template_;

	if (s->flags & STATUS_GONE) {
		json_put_str(o, "state", "absent");
	} else if (s->flags & STATUS_REVIEW) {
		json_put_str(o, "state", "review");
		json_put_str(o, "stackId", s->arn);
	} else {
		int r = cfnstack_template(aws, s, &template_, err);

		if (r < 0)
			return r;
		put_present(o, s, template_);
	}
	*ret = TAKE(o);
	return 0;
}

/* ---- comparing ----------------------------------------------------------- */

static char *value_text(const cJSON *v)
{
	if (!v)
		return xstrdup("none");
	return cJSON_IsString(v) ? xstrdup(v->valuestring) : json_text(v, 0);
}

static const char *state_words(const cJSON *base)
{
	const char *state = json_str(base, "state");

	return streq0(state, "present") ? "there"
	    : streq0(state, "review")	? "only a change set's, not created yet"
					: "not there";
}

static bool is_own(const cJSON *now, const char *own_id)
{
	return streq0(json_str(now, "state"), "review") &&
	    own_id && streq0(json_str(now, "stackId"), own_id);
}

void planbase_compare(const cJSON *planned, const cJSON *now,
    const char *own_id, struct strvec *ret)
{
	static const struct {
		const char *member, *words;
	} facts[] = {
		{ "stackId", "stack id" },
		{ "status", "status" },
		{ "created", "creation" },
		{ "lastUpdated", "last update" },
		{ "templateDigest", "deployed template" },
		{ "parametersDigest", "parameter values" },
		{ "tags", "tags" },
		{ "terminationProtection", "termination protection" },
	};
	const char *was = json_str(planned, "state");

	if (streq0(was, "absent") && is_own(now, own_id))
		return;
	if (!streq0(was, json_str(now, "state"))) {
		strvec_add_take(ret, xasprintf("stack: %s when planned, %s "
		    "now", state_words(planned), state_words(now)));
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		const cJSON *a = json_get(planned, facts[i].member);
		const cJSON *b = json_get(now, facts[i].member);
		CLEANUP(free_p) char *before = NULL, *after = NULL;

		if ((!a && !b) || (a && b && json_same(a, b)))
			continue;
		before = value_text(a);
		after = value_text(b);
		strvec_add_take(ret, xasprintf("%s: %.*s when planned, %.*s "
		    "now", facts[i].words, plan_brief(before), before,
		    plan_brief(after), after));
	}
}
