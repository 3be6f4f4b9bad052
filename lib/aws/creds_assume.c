/*
 * STS AssumeRole: for the roles of a cloud assembly and for profiles.
 */
#include <pwd.h>

#include "aws/creds_json.h"
#include "aws/internal.h"
#include "util/timeutil.h"

int creds_take_reply(const cJSON *out, struct creds *ret, struct err *err)
{
	const char *id = json_str(out, "Credentials.AccessKeyId");
	const char *secret = json_str(out, "Credentials.SecretAccessKey");
	const char *token = json_str(out, "Credentials.SessionToken");
	const char *until = json_str(out, "Credentials.Expiration");
	int64_t ms = 0;

	if (!id || !secret || !token)
		return err_set(err, E_AUTH, "STS answered without "
		    "credentials");
	*ret = (struct creds){
		.access_key_id = xstrdup(id),
		.secret_access_key = xstrdup(secret),
		.session_token = xstrdup(token),
		.source = xstrdup("assumed role"),
	};
	if (until && time_parse_iso(until, &ms))
		ret->expires = ms / 1000;
	return 0;
}

int creds_assume(struct aws_session *s, const struct creds *base,
    const char *region, const cJSON *params, struct creds *ret,
    struct err *err)
{
	CLEANUP(creds_json_free_p) cJSON *out = NULL;
	struct aws a;
	int rc;

	client_init(&a, s, region, base);
	rc = aws_call(&a, OP_STS_ASSUME_ROLE, params, &out, err);
	client_release(&a);
	return rc < 0 ? rc : creds_take_reply(out, ret, err);
}

/* ---- input --------------------------------------------------------------- */

/* "aws-cdk-<user>", what STS does not take as '@' */
static char *session_name(void)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@-";
	const char *given = getenv("CDK_ROLE_SESSION_NAME");
	struct passwd pw, *found = NULL;
	char buf[4096], *name;

	if (given && *given)
		return xstrdup(given);
	if (getpwuid_r(getuid(), &pw, buf, sizeof(buf), &found) != 0 ||
	    !found || !*found->pw_name)
		return xstrdup("aws-cdk-noname");
	name = xasprintf("aws-cdk-%s", found->pw_name);
	for (char *p = name; *p; p++) {
		if (!strchr(good, *p))
			*p = '@';
	}
	return name;
}

cJSON *creds_assume_input(const struct aws_role *role)
{
	cJSON *in = cJSON_CreateObject(), *keys;
	CLEANUP(free_p) char *name = session_name();
	const cJSON *tags;

	json_put_str(in, "RoleArn", role->arn);
	if (role->external_id)
		json_put_str(in, "ExternalId", role->external_id);
	json_put_str(in, "RoleSessionName", name);
	JSON_EACH(o, role->options)
		json_add_take(in, o->string, json_dup(o));
	tags = json_get(role->options, "Tags");
	if (!cJSON_IsArray(tags))
		return in;
	keys = cJSON_CreateArray();
	JSON_EACH(t, tags) {
		const char *k = json_str(t, "Key");

		if (k)
			json_push_take(keys, cJSON_CreateString(k));
	}
	json_add_take(in, "TransitiveTagKeys", keys);
	return in;
}
