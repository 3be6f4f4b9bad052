/*
 * A profile of the shared files: static keys, or a role to assume with the
 * credentials of another profile. Profiles that need another kind of provider
 * say so by its name.
 */
#include "aws/internal.h"
#include "util/timeutil.h"

static const char *key(const struct creds_ctx *c, const char *profile,
    const char *name)
{
	return config_get(c->config, profile, name);
}

static bool has_static(const struct creds_ctx *c, const char *p)
{
	return key(c, p, "aws_access_key_id") &&
	    key(c, p, "aws_secret_access_key");
}

static bool has_role(const struct creds_ctx *c, const char *p)
{
	return key(c, p, "role_arn") &&
	    !key(c, p, "source_profile") != !key(c, p, "credential_source");
}

static bool applies(const struct creds_ctx *c)
{
	return c->profile_named || config_has_profile(c->config, c->profile);
}

static int fetch_static(const struct creds_ctx *c, const char *p,
    struct creds *ret)
{
	*ret = (struct creds){
		.access_key_id = xstrdup(key(c, p, "aws_access_key_id")),
		.secret_access_key = xstrdup(key(c, p,
		    "aws_secret_access_key")),
		.session_token = xstrdup0(key(c, p, "aws_session_token")),
		.source = xasprintf("profile '%s'", p),
	};
	return 0;
}

/* ---- roles --------------------------------------------------------------- */

static int ask_token(const struct creds_ctx *c, const char *serial,
    cJSON *in, struct err *err)
{
	CLEANUP(free_p) char *question = xasprintf("MFA token for %s", serial);
	struct sink *sink = c->session->sink;
	char *code = NULL;

	if (!sink || !sink->ask || sink->ask(sink,
	    "User input is needed", question, &code, err) < 0)
		return err_set(err, E_AUTH, "Error fetching MFA token: User "
		    "input is needed, but terminal (TTY) is not attached so "
		    "we are unable to get a confirmation from the user");
	json_put_str(in, "SerialNumber", serial);
	json_put_str(in, "TokenCode", code);
	secret_free(code);
	return 0;
}

static int role_input(const struct creds_ctx *c, const char *p, cJSON *in,
    struct err *err)
{
	const char *name = key(c, p, "role_session_name");
	const char *external = key(c, p, "external_id");
	const char *life = key(c, p, "duration_seconds");
	const char *serial = key(c, p, "mfa_serial");
	CLEANUP(free_p) char *made = xasprintf("aws-sdk-js-%lld",
	    (long long)now_utc_ms());

	json_put_str(in, "RoleArn", key(c, p, "role_arn"));
	json_put_str(in, "RoleSessionName", name ? name : made);
	if (external)
		json_put_str(in, "ExternalId", external);
	json_put_str(in, "DurationSeconds", life ? life : "3600");
	return serial ? ask_token(c, serial, in, err) : 0;
}

static int fetch_profile(struct creds_ctx *c, const char *p, struct creds *ret,
    struct err *err);

/* "credential_source" names a provider instead of a profile. */
static int fetch_source_kind(struct creds_ctx *c, const char *p,
    struct creds *ret, struct err *err)
{
	const char *kind = key(c, p, "credential_source");

	if (streq(kind, "Environment")) {
		if (creds_env.applies(c))
			return creds_env.fetch(c, ret, err);
		return err_set(err, E_AUTH, "profile '%s' takes its "
		    "credentials from the environment, and there are none", p);
	}
	if (streq(kind, "EcsContainer"))
		return creds_unsupported(c, "container", err);
	if (streq(kind, "Ec2InstanceMetadata"))
		return creds_unsupported(c, "instance metadata", err);
	return err_set(err, E_CONFIG, "Unsupported credential source in "
	    "profile %s. Got %s, expected EcsContainer or "
	    "Ec2InstanceMetadata or Environment.", p, kind);
}

static int fetch_source(struct creds_ctx *c, const char *p, struct creds *ret,
    struct err *err)
{
	const char *source = key(c, p, "source_profile");

	if (!source)
		return fetch_source_kind(c, p, ret, err);
	/* static keys end the walk, also when a profile names itself */
	if (has_static(c, source))
		return fetch_static(c, source, ret);
	if (strvec_has(&c->visited, source)) {
		CLEANUP(free_p) char *seen = strvec_join(&c->visited, ", ");

		return err_set(err, E_CONFIG, "Detected a cycle attempting to "
		    "resolve credentials for profile %s. Profiles visited: "
		    "%s", c->profile, seen);
	}
	if (!key(c, source, "role_arn") && key(c, source, "credential_source"))
		return fetch_source_kind(c, source, ret, err);
	return fetch_profile(c, source, ret, err);
}

static int fetch_role(struct creds_ctx *c, const char *p, struct creds *ret,
    struct err *err)
{
	CLEANUP(creds_release) struct creds source = { 0 };
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	const char *region = key(c, p, "region");
	int rc;

	rc = fetch_source(c, p, &source, err);
	if (rc == 0)
		rc = role_input(c, p, in, err);
	if (rc < 0)
		return rc;
	rc = creds_assume(c->session, &source,
	    region ? region : aws_session_region(c->session), in, ret, err);
	if (rc < 0)
		return rc;
	free(ret->source);
	ret->source = xasprintf("profile '%s'", p);
	return 0;
}

/* ---- the kinds of profile ------------------------------------------------ */

/* The provider a profile needs that is not static keys or a role. */
static const char *other_kind(const struct creds_ctx *c, const char *p)
{
	static const struct {
		const char *key, *kind;
	} kinds[] = {
		{ "credential_process", "credential_process" },
		{ "sso_start_url", "sso" }, { "sso_account_id", "sso" },
		{ "sso_session", "sso" }, { "sso_region", "sso" },
		{ "sso_role_name", "sso" },
		{ "login_session", "login_session" },
	};

	if (key(c, p, "web_identity_token_file") && key(c, p, "role_arn"))
		return "web_identity_token_file";
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (key(c, p, kinds[i].key))
			return kinds[i].kind;
	}
	return NULL;
}

static int fetch_profile(struct creds_ctx *c, const char *p, struct creds *ret,
    struct err *err)
{
	const char *kind;

	strvec_add(&c->visited, p);
	if (has_role(c, p))
		return fetch_role(c, p, ret, err);
	if (has_static(c, p))
		return fetch_static(c, p, ret);
	kind = other_kind(c, p);
	if (kind)
		return creds_unsupported(c, kind, err);
	return err_set(err, E_NOTFOUND, "Could not resolve credentials using "
	    "profile: [%s] in configuration/credentials file(s).", p);
}

static int fetch(struct creds_ctx *c, struct creds *ret, struct err *err)
{
	return fetch_profile(c, c->profile, ret, err);
}

const struct creds_provider creds_profile = { "profile", applies, fetch };
