/*
 * The order in which base credentials are looked for.
 */
#include "aws/internal.h"
#include "util/trace.h"

int creds_unsupported(const struct creds_ctx *c, const char *provider,
    struct err *err)
{
	if (c->profile_named || config_has_profile(c->config, c->profile))
		return err_set(err, E_CONFIG, "profile '%s' needs credentials "
		    "of the kind '%s', which are not supported yet",
		    c->profile, provider);
	return err_set(err, E_CONFIG, "credentials of the kind '%s' are not "
	    "supported yet", provider);
}

/* ---- providers that only say what they would be -------------------------- */

static bool is_set(const char *name)
{
	const char *v = getenv(name);

	return v && *v;
}

static bool web_identity_applies(const struct creds_ctx *c)
{
	(void)c;
	return is_set("AWS_WEB_IDENTITY_TOKEN_FILE") && is_set("AWS_ROLE_ARN");
}

static bool container_applies(const struct creds_ctx *c)
{
	(void)c;
	return is_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") ||
	    is_set("AWS_CONTAINER_CREDENTIALS_FULL_URI");
}

static bool imds_applies(const struct creds_ctx *c)
{
	const char *off = getenv("AWS_EC2_METADATA_DISABLED");

	(void)c;
	return !off || !*off || streq(off, "false");
}

static int say_which(const char *kind, struct err *err)
{
	return err_set(err, E_CONFIG, "credentials of the kind '%s' are not "
	    "supported yet", kind);
}

static int no_web_identity(struct creds_ctx *c, struct creds *ret,
    struct err *err)
{
	(void)c;
	(void)ret;
	return say_which("web identity", err);
}

static int no_container(struct creds_ctx *c, struct creds *ret,
    struct err *err)
{
	(void)c;
	(void)ret;
	return say_which("container", err);
}

static int no_imds(struct creds_ctx *c, struct creds *ret, struct err *err)
{
	(void)c;
	(void)ret;
	return say_which("instance metadata", err);
}

static const struct creds_provider web_identity = { "web identity",
	web_identity_applies, no_web_identity };
static const struct creds_provider container = { "container",
	container_applies, no_container };
static const struct creds_provider imds = { "instance metadata",
	imds_applies, no_imds };

/* ---- the chain ----------------------------------------------------------- */

static const struct creds_provider *const chain[] = { &creds_env,
	&creds_profile, &web_identity, &container, &imds };
/* With --profile the profile is the only place. */
static const struct creds_provider *const only_profile[] = { &creds_profile };

static int try_all(struct creds_ctx *c,
    const struct creds_provider *const *list, size_t n, struct creds *ret,
    struct err *err)
{
	int rc = E_AUTH;

	(void)err_set(err, E_AUTH, "no credentials are configured");
	for (size_t i = 0; i < n; i++) {
		if (!list[i]->applies(c))
			continue;
		rc = list[i]->fetch(c, ret, err);
		TRACE(TRACE_CREDS, "%s: %s", list[i]->name,
		    rc < 0 ? err_text(err) : "found");
		if (rc != E_NOTFOUND)
			return rc;
	}
	return rc == E_NOTFOUND ? E_AUTH : rc;
}

int creds_base(struct aws_session *s, struct creds *ret, struct err *err)
{
	const char *named = s->profile ? s->profile : config_env_profile();
	struct creds_ctx c = {
		.session = s,
		.config = session_config(s),
		.profile = named ? named : "default",
		.profile_named = named != NULL,
	};
	CLEANUP(err_release) struct err own = { 0 };
	int rc;

	if (s->profile)
		rc = try_all(&c, only_profile, 1, ret, &own);
	else
		rc = try_all(&c, chain, ARRAY_SIZE(chain), ret, &own);
	strvec_release(&c.visited);
	if (rc < 0)
		err_move(err, &own);
	return rc;
}
