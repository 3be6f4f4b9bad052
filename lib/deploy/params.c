#include "deploy/params.h"

#include "util/strmap.h"

/* SSM parameters may have a new value behind an unchanged name, except those
 * that ask to be left alone (the bootstrap version). */
static bool is_live_ssm(const cJSON *formal)
{
	const char *type = json_str(formal, "Type");
	const char *text = json_str(formal, "Description");

	return type && str_starts(type, "AWS::SSM::Parameter::") &&
	    !(text && strstr(text, "[cdk:skip]"));
}

static void push(cJSON *list, const char *key, const char *value)
{
	cJSON *p = cJSON_CreateObject();

	json_put_str(p, "ParameterKey", key);
	if (value)
		json_put_str(p, "ParameterValue", value);
	else
		json_put_bool(p, "UsePreviousValue", true);
	json_push_take(list, p);
}

/* key -> value as the service reports it (borrowed) */
static void read_deployed(const cJSON *deployed, struct strmap *ret)
{
	JSON_EACH(p, deployed) {
		const char *key = json_str(p, "ParameterKey");
		const char *value = json_str(p, "ResolvedValue");

		if (!value || !*value)
			value = json_str(p, "ParameterValue");
		if (key)
			strmap_set(ret, key,
			    (void *)(uintptr_t)(value ? value : ""));
	}
}

static bool differs(const struct strmap *deployed,
    const struct strmap *effective)
{
	STRMAP_EACH(deployed, d) {
		const char *v = strmap_get(effective, d->key);

		if (!v || !streq(v, d->value))
			return true;
	}
	STRMAP_EACH(effective, e)
		if (!strmap_has(deployed, e->key))
			return true;
	return false;
}

struct build {
	const struct strmap *given, *deployed, *kept;
	bool use_previous;
	struct strmap effective; /* key -> text; "" marks, values borrowed */
	struct strvec missing;
	bool odd_default; /* a default that is no text never equals one */
};

static void add_formal(struct build *b, struct params *p, const cJSON *formal)
{
	const char *key = formal->string;
	const cJSON *fallback = json_get(formal, "Default");
	const char *value = strmap_get(b->given, key);

	if (is_live_ssm(formal))
		p->changed = true;
	if (value) {
		push(p->list, key, value);
	} else if ((b->use_previous || strmap_has(b->kept, key)) &&
	    strmap_has(b->deployed, key)) {
		value = strmap_get(b->deployed, key);
		push(p->list, key, NULL);
	} else if (fallback) {
		value = fallback->valuestring;
		if (!cJSON_IsString(fallback))
			b->odd_default = true;
	} else {
		strvec_add(&b->missing, key);
	}
	strmap_set(&b->effective, key,
	    (void *)(uintptr_t)(value ? value : ""));
}

int params_build(const cJSON *template_, const cJSON *given,
    const cJSON *deployed_list, bool use_previous, struct params *ret,
    struct err *err)
{
	CLEANUP(strmap_release) struct strmap wanted = { 0 };
	CLEANUP(strmap_release) struct strmap deployed = { 0 };
	CLEANUP(strmap_release) struct strmap kept = { 0 };
	CLEANUP(params_release) struct params p = {
		.list = cJSON_CreateArray()
	};
	struct build b = { .given = &wanted, .deployed = &deployed,
		.kept = &kept, .use_previous = use_previous };
	int r = 0;

	JSON_EACH(g, given) {
		if (cJSON_IsString(g))
			strmap_set(&wanted, g->string, g->valuestring);
		else if (cJSON_IsTrue(g))
			strmap_set(&kept, g->string, NULL);
	}
	read_deployed(deployed_list, &deployed);
	JSON_EACH(formal, json_get(template_, "Parameters"))
		add_formal(&b, &p, formal);
	STRMAP_EACH(&wanted, w) {
		const char *value = w->value;

		/* CloudFormation is to complain about unknown ones */
		if (strmap_has(&b.effective, w->key) || !*value)
			continue;
		push(p.list, w->key, value);
		strmap_set(&b.effective, w->key, w->value);
	}
	if (b.missing.n) {
		CLEANUP(free_p) char *names = strvec_join(&b.missing, ", ");

		r = err_set(err, E_CONFIG,
		    "The following CloudFormation Parameters are missing a "
		    "value: %s", names);
		err_set_name(err, "MissingParameters");
	} else {
		p.changed |= b.odd_default ||
		    differs(&deployed, &b.effective);
		*ret = (struct params){ TAKE(p.list), p.changed };
	}
	strmap_release(&b.effective);
	strvec_release(&b.missing);
	return r;
}

void params_release(struct params *p)
{
	cJSON_Delete(p->list);
	*p = (struct params){ 0 };
}

/* "[Stack:]Key=Value" into {"Stack" or "*": {Key: Value}} */
static void add_parameter(cJSON *all, const char *text)
{
	const char *eq = strchr(text, '=');
	CLEANUP(free_p) char *left = NULL, *stack = NULL, *key = NULL;
	struct sv rest, first, second;
	cJSON *of;

	if (!eq)
		return;
	left = xstrndup(text, (size_t)(eq - text));
	rest = sv_from(left);
	if (!sv_next(&rest, ':', &first))
		first = (struct sv){ "", 0 };
	if (sv_next(&rest, ':', &second)) {
		stack = sv_dup(first);
		key = sv_dup(second);
	} else {
		stack = xstrdup("*");
		key = sv_dup(first);
	}
	of = json_get(all, stack);
	if (!of) {
		of = cJSON_CreateObject();
		json_add_take(all, stack, of);
	}
	json_put_str(of, key, eq + 1);
}

cJSON *params_read(const struct args *args)
{
	CLEANUP(strvec_release) struct strvec l = { 0 };
	cJSON *all = cJSON_CreateObject();

	(void)args_list(args, "parameters", &l);
	for (size_t i = 0; i < l.n; i++)
		add_parameter(all, l.v[i]);
	return all;
}

void params_merge(cJSON *all, const cJSON *layer)
{
	JSON_EACH(p, json_get(layer, "*"))
		JSON_EACH(of, all)
			json_del(of, p->string);
	JSON_EACH(from, layer) {
		cJSON *to = json_get(all, from->string);

		if (!to) {
			to = cJSON_CreateObject();
			json_add_take(all, from->string, to);
		}
		JSON_EACH(p, from)
			json_add_take(to, p->string, json_dup(p));
	}
}

cJSON *params_of_stack(const cJSON *read, const struct stack *s)
{
	const cJSON *from[] = { json_get(s->artifact->props, "parameters"),
		json_get(read, "*"), json_get(read, s->name) };
	cJSON *ret = cJSON_CreateObject();

	for (size_t i = 0; i < ARRAY_SIZE(from); i++)
		JSON_EACH(p, from[i])
			if (cJSON_IsString(p) || cJSON_IsTrue(p))
				json_add_take(ret, p->string, json_dup(p));
	return ret;
}
