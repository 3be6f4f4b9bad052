/*
 * The order in which base credentials are looked for.
 */
#include "aws/internal.h"
#include "util/trace.h"

/* ---- the chain ----------------------------------------------------------- */

static const struct creds_provider *const chain[] = { &creds_env,
	&creds_profile, &creds_web_identity, &creds_container, &creds_imds };
/* With --profile the profile is the only place. */
static const struct creds_provider *const only_profile[] = { &creds_profile };

static int try_all(struct creds_ctx *c,
    const struct creds_provider *const *list, size_t n, struct creds *ret,
    struct err *err)
{
	int result = E_NOTFOUND;

	(void)err_set(err, E_NOTFOUND, "no credentials are configured; "
	    "name a profile with --profile or AWS_PROFILE, or log in with "
	    "'ccdk login'");
	for (size_t i = 0; i < n; i++) {
		CLEANUP(err_release) struct err e = { 0 };
		int rc;

		if (!list[i]->applies(c))
			continue;
		rc = list[i]->fetch(c, ret, &e);
		TRACE(TRACE_CREDS, "%s: %s", list[i]->name,
		    rc < 0 ? err_text(&e) : "found");
		if (rc == 0)
			return 0;
		/* the first thing that went wrong says most */
		if (result == E_NOTFOUND) {
			result = rc;
			if (rc != E_NOTFOUND || list[i] == &creds_profile)
				err_move(err, &e);
		}
		if (rc != E_NOTFOUND && rc != E_INVALID)
			return rc;
	}
	return result;
}

/* One key of a pair is none, and easily overlooked. */
static int half_a_pair(struct err *err)
{
	static const char *const names[] = { "AWS_ACCESS_KEY_ID",
		"AWS_SECRET_ACCESS_KEY" };
	const char *id = getenv(names[0]), *secret = getenv(names[1]);
	bool has_id = id && *id, has_secret = secret && *secret;

	if (has_id == has_secret)
		return E_NOTFOUND;
	return err_set(err, E_AUTH, "%s is set but %s is not, and no other "
	    "credentials are configured", names[has_id ? 0 : 1],
	    names[has_id ? 1 : 0]);
}

int creds_find(struct base *b, const struct aws_config *config,
    struct creds *ret, struct err *err)
{
	const char *named = b->profile ? b->profile : config_env_profile();
	struct creds_ctx c = {
		.session = b->session,
		.base = b,
		.config = config,
		.profile = named ? named : "default",
		.profile_named = named != NULL,
	};
	CLEANUP(err_release) struct err own = { 0 };
	int rc;

	if (creds_oidc.applies(&c))
		rc = creds_oidc.fetch(&c, ret, &own);
	else if (b->profile)
		rc = try_all(&c, only_profile, 1, ret, &own);
	else
		rc = try_all(&c, chain, ARRAY_SIZE(chain), ret, &own);
	strvec_release(&c.visited);
	if (rc == E_NOTFOUND && !named)
		rc = half_a_pair(&own);
	if (rc < 0)
		err_move(err, &own);
	/* a profile that was asked for is one that is missed */
	return rc == E_NOTFOUND && named ? E_AUTH : rc;
}
