/*
 * A profile of the shared files: static keys, a role to assume with the
 * credentials of another profile, or one of the kinds that have a file of
 * their own.
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
		.mend = xasprintf("put new keys into profile '%s'", p),
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
		return err_set(err, E_INVALID, "profile '%s' takes its "
		    "credentials from the environment, and there are none", p);
	}
	if (streq(kind, "EcsContainer"))
		return creds_container.fetch(c, ret, err);
	/* asked for by name, so AWS_EC2_METADATA_DISABLED has no say */
	if (streq(kind, "Ec2InstanceMetadata"))
		return creds_imds.fetch(c, ret, err);
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
	ret->source = xasprintf("role '%s' of profile '%s'",
	    key(c, p, "role_arn"), p);
	ret->mend = TAKE(source.mend);
	return 0;
}

/* ---- the kinds of profile ------------------------------------------------ */

struct kind {
	const char *keys[6]; /* any of them */
	const char *also;    /* and this, or NULL */
	int (*fetch)(struct creds_ctx *c, const char *p, struct creds *ret,
	    struct err *err);
};

/* In the order they are looked for. */
static const struct kind kinds[] = {
	{ { "web_identity_token_file" }, "role_arn",
	    creds_web_identity_fetch },
	{ { "credential_process" }, NULL, creds_process_fetch },
	{ { "sso_start_url", "sso_account_id", "sso_session", "sso_region",
	    "sso_role_name" }, NULL, creds_sso_fetch },
	{ { "login_session" }, NULL, creds_login_fetch },
};

static bool is_kind(const struct creds_ctx *c, const char *p,
    const struct kind *k)
{
	if (k->also && !key(c, p, k->also))
		return false;
	for (const char *const *name = k->keys; *name; name++) {
		if (key(c, p, *name))
			return true;
	}
	return false;
}

/* The reference's sentence, and what may have been meant. */
static int no_profile(const struct creds_ctx *c, const char *p,
    struct err *err)
{
	const char *near = config_has_profile(c->config, p) ? NULL :
	    config_near_profile(c->config, p);

	return err_set(err, E_NOTFOUND, "Could not resolve credentials using "
	    "profile: [%s] in configuration/credentials file(s).%s%s%s", p,
	    near ? " Did you mean '" : "", near ? near : "",
	    near ? "'?" : "");
}

static int fetch_profile(struct creds_ctx *c, const char *p, struct creds *ret,
    struct err *err)
{
	strvec_add(&c->visited, p);
	if (has_role(c, p))
		return fetch_role(c, p, ret, err);
	if (has_static(c, p))
		return fetch_static(c, p, ret);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (is_kind(c, p, &kinds[i]))
			return kinds[i].fetch(c, p, ret, err);
	}
	return no_profile(c, p, err);
}

static int fetch(struct creds_ctx *c, struct creds *ret, struct err *err)
{
	return fetch_profile(c, c->profile, ret, err);
}

const struct creds_provider creds_profile = { "profile", applies, fetch };
