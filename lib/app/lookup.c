#include "app/lookup.h"

/* Filled as providers are written, one file each (ctx_<name>.c). */
const struct lookup_provider lookup_providers[] = {
	{ 0 }
};

/* Names that apps use and that have no provider here yet. */
static const char *const not_yet[] = { "availability-zones",
	"endpoint-service-availability-zones", "ssm", "ami", "hosted-zone",
	"vpc-provider", "security-group", "load-balancer",
	"load-balancer-listener", "key-provider", "cc-api-provider" };

static const struct lookup_provider *find(const char *name)
{
	const struct lookup_provider *p = lookup_providers;

	for (; p->name; p++)
		if (streq(p->name, name))
			return p;
	return NULL;
}

static bool is_known(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(not_yet); i++)
		if (streq(not_yet[i], name))
			return true;
	return false;
}

/* The form in which the framework expects a failed lookup. */
static cJSON *provider_error(const char *text)
{
	cJSON *o = cJSON_CreateObject();

	json_put_str(o, "$providerError", text);
	json_put_bool(o, "$dontSaveContext", true);
	return o;
}

static int lookup_one(struct app *app, const cJSON *entry, bool *asked,
    struct strvec *unanswered, struct err *err)
{
	const char *key = json_str(entry, "key");
	const char *name = json_str(entry, "provider");
	const struct lookup_provider *p = name ? find(name) : NULL;
	CLEANUP(err_release) struct err failure = { 0 };
	cJSON *value = NULL;

	if (!key || !name)
		return err_set(err, E_INVALID, "the cloud assembly's list of "
		    "missing context has an entry without key or provider");
	if (!p && !is_known(name))
		return err_set(err, E_CONFIG, "Unrecognized context provider "
		    "name: %s. You might need to update the toolkit to match "
		    "the version of the construct library.", name);
	if (!p) {
		CLEANUP(free_p) char *text = xasprintf("This CLI cannot look "
		    "up '%s' yet; put the value of the context key '%s' into "
		    "cdk.context.json", name, key);

		strvec_add(unanswered, key);
		context_set_take(&app->context, key, provider_error(text));
		return 0;
	}
	*asked = true;
	if (p->query(app, json_get(entry, "props"), &value, &failure) < 0)
		value = provider_error(err_text(&failure));
	context_set_take(&app->context, key, value);
	return 0;
}

int lookup_all(struct app *app, const cJSON *missing, struct err *err)
{
	CLEANUP(strvec_release) struct strvec unanswered = { 0 };
	CLEANUP(free_p) char *keys = NULL;
	bool asked = false;
	int r = 0;

	JSON_EACH(entry, missing) {
		r = lookup_one(app, entry, &asked, &unanswered, err);
		if (r < 0)
			return r;
	}
	if (unanswered.n) {
		keys = strvec_join(&unanswered, ", ");
		msg_warn(app->sink, "Context lookups of these kinds are not "
		    "part of this version. Missing context keys: '%s'. Put "
		    "their values into cdk.context.json (for example on a "
		    "machine whose CLI looks them up), then run again.", keys);
	}
	return asked ? context_save(&app->context, err) : 0;
}
