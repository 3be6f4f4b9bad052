#include "aws/creds_json.h"

#include "util/timeutil.h"

static void wipe(cJSON *j)
{
	JSON_EACH(m, j) {
		if (cJSON_IsString(m))
			explicit_bzero(m->valuestring,
			    strlen(m->valuestring));
		wipe(m);
	}
}

void creds_json_free(cJSON *j)
{
	wipe(j);
	json_free(j);
}

char *creds_json_text(const cJSON *j, int indent)
{
	struct strbuf out = STRBUF_SECRET;

	json_write(&out, j, indent);
	return strbuf_detach(&out);
}

int creds_json_read(struct sv text, cJSON **ret)
{
	CLEANUP(creds_json_free_p) cJSON *doc = NULL;

	text = sv_trim(text);
	if (text.n > CREDS_JSON_MAX ||
	    json_parse(text, "credentials", &doc, NULL) < 0 ||
	    !cJSON_IsObject(doc))
		return E_INVALID;
	*ret = TAKE(doc);
	return 0;
}

/* A member's text that is not empty. */
static const char *text_of(const cJSON *o, const char *key)
{
	const cJSON *v = json_get(o, key);

	return cJSON_IsString(v) && *v->valuestring ? v->valuestring : NULL;
}

/* ---- credential_process -------------------------------------------------- */

static int process_creds(const cJSON *doc, int64_t now, struct creds *ret,
    const char **why)
{
	const cJSON *version = json_get(doc, "Version");
	const char *id = text_of(doc, "AccessKeyId");
	const char *secret = text_of(doc, "SecretAccessKey");
	const char *until = text_of(doc, "Expiration");
	int64_t ms = 0;

	*why = "did not return Version 1.";
	if (!cJSON_IsNumber(version) || version->valuedouble != 1)
		return E_INVALID;
	*why = "returned invalid credentials.";
	if (!id || !secret || (until && !time_parse_iso(until, &ms)))
		return E_INVALID;
	*why = "returned expired credentials.";
	if (until && ms / 1000 < now)
		return E_INVALID;
	*ret = (struct creds){
		.access_key_id = xstrdup(id),
		.secret_access_key = xstrdup(secret),
		.session_token = xstrdup0(text_of(doc, "SessionToken")),
		.expires = ms / 1000,
	};
	return 0;
}

int creds_json_process(struct sv text, const char *profile, int64_t now,
    struct creds *ret, struct err *err)
{
	CLEANUP(creds_json_free_p) cJSON *doc = NULL;
	const char *why = "returned invalid JSON.";

	if (creds_json_read(text, &doc) == 0 &&
	    process_creds(doc, now, ret, &why) == 0)
		return 0;
	return err_set(err, E_INVALID, "Profile %s credential_process %s",
	    profile, why);
}

/* ---- replies ------------------------------------------------------------- */

int creds_json_metadata(struct sv text, struct creds *ret, struct err *err)
{
	CLEANUP(creds_json_free_p) cJSON *doc = NULL;
	const char *id, *secret, *token, *until;
	int64_t ms;

	if (creds_json_read(text, &doc) < 0)
		return err_set(err, E_INVALID, "the reply is no JSON object");
	id = text_of(doc, "AccessKeyId");
	secret = text_of(doc, "SecretAccessKey");
	token = text_of(doc, "Token");
	until = text_of(doc, "Expiration");
	if (!id || !secret || !token || !until ||
	    !time_parse_iso(until, &ms))
		return err_set(err, E_INVALID, "the reply is not of the "
		    "required format, an object with AccessKeyId, "
		    "SecretAccessKey, Token and Expiration");
	*ret = (struct creds){
		.access_key_id = xstrdup(id),
		.secret_access_key = xstrdup(secret),
		.session_token = xstrdup(token),
		.expires = ms / 1000,
	};
	return 0;
}

int creds_json_sso_role(struct sv text, struct creds *ret, struct err *err)
{
	CLEANUP(creds_json_free_p) cJSON *doc = NULL;
	const cJSON *o = NULL;
	const char *id, *secret, *token;
	double ms = 0;

	if (creds_json_read(text, &doc) == 0)
		o = json_get(doc, "roleCredentials");
	id = text_of(o, "accessKeyId");
	secret = text_of(o, "secretAccessKey");
	token = text_of(o, "sessionToken");
	if (!id || !secret || !token || !json_num(o, "expiration", &ms) ||
	    !(ms > 0 && ms < 1e15))
		return err_set(err, E_AUTH, "SSO returns an invalid temporary "
		    "credential.");
	*ret = (struct creds){
		.access_key_id = xstrdup(id),
		.secret_access_key = xstrdup(secret),
		.session_token = xstrdup(token),
		.expires = (int64_t)(ms / 1000),
	};
	return 0;
}

int creds_json_login(const cJSON *doc, struct creds *ret, struct err *err)
{
	const cJSON *o = json_get(doc, "accessToken");
	const char *id = text_of(o, "accessKeyId");
	const char *secret = text_of(o, "secretAccessKey");
	const char *token = text_of(o, "sessionToken");
	const char *until = text_of(o, "expiresAt");
	int64_t ms = 0;

	if (!id || !secret || !token || !until ||
	    !time_parse_iso(until, &ms) || ms <= 0)
		return err_set(err, E_AUTH, "the login token has no usable "
		    "credentials. Please re-authenticate using aws login");
	*ret = (struct creds){
		.access_key_id = xstrdup(id),
		.secret_access_key = xstrdup(secret),
		.session_token = xstrdup(token),
		.expires = ms / 1000,
	};
	return 0;
}

bool creds_json_time(const char *text, int64_t *ret_ms)
{
	CLEANUP(free_p) char *plain = NULL;

	if (!str_ends(text, "UTC"))
		return time_parse_iso(text, ret_ms);
	plain = xstrndup(text, strlen(text) - 3);
	return time_parse_iso(plain, ret_ms);
}

char *creds_json_error(struct sv text)
{
	static const char *const keys[] = { "message", "Message",
		"error_description" };
	CLEANUP(creds_json_free_p) cJSON *doc = NULL;
	const char *found = NULL;
	char *out;

	if (creds_json_read(text, &doc) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(keys) && !found; i++)
		found = text_of(doc, keys[i]);
	if (!found)
		return NULL;
	out = xstrndup(found, MIN(strlen(found), (size_t)200));
	for (char *p = out; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	}
	return out;
}
