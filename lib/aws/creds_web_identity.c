/*
 * A role for a token of a web identity: a file written by a cluster or a build
 * system, exchanged by an unsigned STS call.
 */
#include "aws/creds_json.h"
#include "aws/internal.h"
#include "util/file.h"
#include "util/timeutil.h"

#define TOKEN_MAX ((size_t)64 << 10)

struct identity {
	const char *file, *role, *session, *region;
};

int creds_web_identity_exchange(struct aws_session *s, const char *role,
    const char *session, const char *region, const char *token,
    struct creds *ret, struct err *err)
{
	CLEANUP(creds_json_free_p) cJSON *in = cJSON_CreateObject();
	CLEANUP(creds_json_free_p) cJSON *out = NULL;
	CLEANUP(free_p) char *made = xasprintf("aws-sdk-js-session-%lld",
	    (long long)now_utc_ms());
	const struct creds none = { 0 };
	struct aws a;
	int rc;

	json_put_str(in, "RoleArn", role);
	json_put_str(in, "RoleSessionName", session ? session : made);
	json_put_str(in, "WebIdentityToken", token);
	client_init(&a, s, region ? region : aws_session_region(s), &none);
	rc = aws_call(&a, OP_STS_ASSUME_ROLE_WITH_WEB_IDENTITY, in, &out,
	    err);
	client_release(&a);
	if (rc < 0)
		return err_wrap(err, "assuming '%s' with a web identity",
		    role);
	return creds_take_reply(out, ret, err);
}

static int fetch_identity(struct creds_ctx *c, const struct identity *id,
    struct creds *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf token = STRBUF_SECRET;
	int rc;

	rc = file_read(id->file, TOKEN_MAX, &token, err);
	if (rc < 0)
		return err_set(err, E_CONFIG, "the web identity token cannot "
		    "be read from '%s'", id->file);
	strbuf_rtrim(&token);
	if (!token.len || strlen(token.buf) != token.len)
		return err_set(err, E_CONFIG, "there is no web identity token "
		    "in '%s'", id->file);
	rc = creds_web_identity_exchange(c->session, id->role, id->session,
	    id->region, token.buf, ret, err);
	if (rc == 0)
		ret->mend = xasprintf("a new token has to be written to '%s'",
		    id->file);
	return rc;
}

int creds_web_identity_fetch(struct creds_ctx *c, const char *p,
    struct creds *ret, struct err *err)
{
	const struct identity id = {
		.file = config_get(c->config, p, "web_identity_token_file"),
		.role = config_get(c->config, p, "role_arn"),
		.session = config_get(c->config, p, "role_session_name"),
		.region = config_get(c->config, p, "region"),
	};
	int rc = fetch_identity(c, &id, ret, err);

	if (rc == 0) {
		free(ret->source);
		ret->source = xasprintf("web identity of profile '%s'", p);
	}
	return rc;
}

static const char *env(const char *name)
{
	const char *const names[] = { name, NULL };

	return config_first_env(names);
}

static bool applies(const struct creds_ctx *c)
{
	(void)c;
	return env("AWS_WEB_IDENTITY_TOKEN_FILE") && env("AWS_ROLE_ARN");
}

static int fetch(struct creds_ctx *c, struct creds *ret, struct err *err)
{
	const struct identity id = {
		.file = env("AWS_WEB_IDENTITY_TOKEN_FILE"),
		.role = env("AWS_ROLE_ARN"),
		.session = env("AWS_ROLE_SESSION_NAME"),
	};
	int rc = fetch_identity(c, &id, ret, err);

	if (rc == 0) {
		free(ret->source);
		ret->source = xstrdup("web identity");
	}
	return rc;
}

const struct creds_provider creds_web_identity = { "web identity", applies,
	fetch };
