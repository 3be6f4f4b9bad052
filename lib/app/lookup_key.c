/*
 * Keys of cdk.context.json read back into questions. The framework writes
 * "<provider>:<name>=<value>:...", names sorted, members of objects as "a.b",
 * items of lists as "a.0", a ':' in a value as "$:". Types are lost on the way:
 * which names are lists, booleans or numbers is known per provider.
 */
#include "app/lookup.h"

#define PROPS_MAX 1000u
#define KEY_MAX 65536u

/* ---- which keys ---------------------------------------------------------- */

/* Of the cloud control provider conditions have types that text has not. */
static const char whole_question[] = "cc-api-provider";

static const struct lookup_provider *provider_of(const char *key)
{
	size_t n = strcspn(key, ":");

	for (const struct lookup_provider *p = lookup_providers; p->name; p++)
		if (strlen(p->name) == n && !strncmp(p->name, key, n))
			return p;
	return NULL;
}

bool lookup_is_key(const char *key)
{
	return provider_of(key) && strstr(key, ":account=");
}

/* ---- properties ---------------------------------------------------------- */

static cJSON *child(cJSON *parent, const char *key, bool list)
{
	cJSON *c = json_get(parent, key);

	/* a key somebody made up may have a text of that name before */
	if (list ? !cJSON_IsArray(c) : !cJSON_IsObject(c)) {
		c = list ? cJSON_CreateArray() : cJSON_CreateObject();
		json_add_take(parent, key, c);
	}
	return c;
}

/* "owners.0": the list's name, when that is what it is. */
static char *list_name(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (!dot || !dot[1] || dot[1 + strspn(dot + 1, "0123456789")])
		return NULL;
	return xstrndup(name, (size_t)(dot - name));
}

static cJSON *typed(const char *name, const char *value)
{
	static const char *const booleans[] = { "privateZone",
		"returnAsymmetricSubnets", "returnVpnGateways" };
	int64_t n;

	for (size_t i = 0; i < ARRAY_SIZE(booleans); i++)
		if (streq(name, booleans[i]))
			return cJSON_CreateBool(streq(value, "true"));
	if (streq(name, "listenerPort") && str_to_int64(value, &n))
		return cJSON_CreateNumber((double)n);
	return cJSON_CreateString(value);
}

/* "loadBalancerTags.0.key": false when it is something else */
static bool add_tag_part(cJSON *props, const char *name, const char *value)
{
	static const char prefix[] = "loadBalancerTags.";
	const char *at, *dot;
	CLEANUP(free_p) char *index = NULL;
	cJSON *list, *tag = NULL;
	int64_t n = 0;

	if (!str_starts(name, prefix))
		return false;
	at = name + strlen(prefix);
	dot = strchr(at, '.');
	index = xstrndup(at, dot ? (size_t)(dot - at) : 0);
	if (!dot || !str_to_int64(index, &n) || n < 0 || n > PROPS_MAX)
		return false;
	list = child(props, "loadBalancerTags", true);
	/* sorted by name: an index comes with or after the ones before */
	while (cJSON_GetArraySize(list) <= n)
		json_push_take(list, cJSON_CreateObject());
	tag = cJSON_GetArrayItem(list, (int)n);
	json_put_str(tag, dot + 1, value);
	return true;
}

static void add_prop(cJSON *props, const char *name, const char *value)
{
	CLEANUP(free_p) char *list = list_name(name);

	if (add_tag_part(props, name, value))
		return;
	if (list && str_starts(list, "filters."))
		json_push_take(child(child(props, "filters", false),
		    list + strlen("filters."), true),
		    cJSON_CreateString(value));
	else if (list && streq(list, "owners"))
		json_push_take(child(props, "owners", true),
		    cJSON_CreateString(value));
	else if (str_starts(name, "filter."))
		json_put_str(child(props, "filter", false),
		    name + strlen("filter."), value);
	else
		json_add_take(props, name, typed(name, value));
}

/* ---- the text ------------------------------------------------------------ */

/* Up to a ':' that no '$' stands before, but of a name's own (a filter may be
 * called "tag:Name") there is no such mark; false at the end. */
static bool next_part(const char **at, struct strbuf *part)
{
	const char *p = *at;

	strbuf_reset(part);
	if (!*p)
		return false;
	for (; *p && (*p != ':' || !strchr(part->buf, '=')); p++) {
		if (p[0] == '$' && p[1] == ':')
			p++;
		strbuf_addc(part, *p);
	}
	*at = *p ? p + 1 : p;
	return true;
}

static int add_part(cJSON *props, const char *part, const char *key,
    struct err *err)
{
	const char *eq = strchr(part, '=');
	CLEANUP(free_p) char *name = NULL;

	if (!eq || eq == part)
		return err_set(err, E_INVALID, "'%s' is not the key of a "
		    "lookup: '%s' is not NAME=VALUE", key, part);
	name = xstrndup(part, (size_t)(eq - part));
	add_prop(props, name, eq + 1);
	return 0;
}

int lookup_parse_key(const char *key, cJSON **ret, struct err *err)
{
	const struct lookup_provider *p = provider_of(key);
	CLEANUP(json_free_p) cJSON *entry = cJSON_CreateObject();
	CLEANUP(strbuf_release) struct strbuf part = STRBUF_INIT;
	cJSON *props = cJSON_CreateObject();
	const char *at = key + strcspn(key, ":");
	size_t n = 0;

	json_put_str(entry, "key", key);
	json_put_str(entry, "provider", p ? p->name : NULL);
	json_add_take(entry, "props", props);
	if (!lookup_is_key(key))
		return err_set(err, E_INVALID, "'%s' is not the key of a "
		    "lookup", key);
	if (streq(p->name, whole_question))
		return err_set(err, E_NOTFOUND, "the key does not carry the "
		    "whole question; it is asked again when the app runs");
	for (at++; next_part(&at, &part);) {
		int rc = ++n > PROPS_MAX || strlen(key) > KEY_MAX ?
		    err_set(err, E_TOOBIG,
			"the key of the lookup is too long") :
		    add_part(props, part.buf, key, err);

		if (rc < 0)
			return rc;
	}
	*ret = TAKE(entry);
	return 0;
}
