#include "app/ctx.h"

struct search {
	const char *alias;
	char *key; /* found */
	bool found;
};

static int visit(void *u, const cJSON *item)
{
	struct search *s = u;
	const char *name = json_str(item, "AliasName");

	if (!name || !streq(name, s->alias))
		return 0;
	s->found = true;
	s->key = xstrdup0(json_str(item, "TargetKeyId"));
	return 1;
}

static cJSON *dummy_key(const struct lookup *q)
{
	if (!ctx_truthy(json_get(q->props, "ignoreErrorOnMissingContext")))
		return NULL;
	return json_at(q->props, "dummyValue.keyId");
}

int ctx_key(const struct lookup *q, cJSON **ret, struct err *err)
{
	CLEANUP(free_p) char *alias = ctx_text(q->props, "aliasName");
	struct search s = { .alias = alias };
	cJSON *key = NULL;
	struct aws *kms;
	int rc = lookup_client(q, &kms, err);

	if (rc < 0)
		return rc;
	msg_debug(q->app->sink, "Listing keys in %s:%s", q->account,
	    q->region);
	rc = aws_pages(kms, OP_KMS_LIST_ALIASES, NULL, visit, &s, err);
	if (rc < 0)
		return rc;
	if (s.key && *s.key)
		key = cJSON_CreateString(s.key);
	else if (!s.found && ctx_truthy(dummy_key(q)))
		key = json_dup(dummy_key(q));
	free(s.key);
	if (!key)
		return err_set(err, E_NOTFOUND, "Could not find any key with "
		    "alias named %s", alias);
	*ret = cJSON_CreateObject();
	json_add_take(*ret, "keyId", key);
	return 0;
}
