/*
 * The role that --oidc-role names, for the identity token that a build system
 * gives its jobs: GitHub Actions hands it out at an address, GitLab and others
 * put it into a variable. No step before ours has to fetch or exchange it.
 *
 * GitHub: ACTIONS_ID_TOKEN_REQUEST_URL and _TOKEN, set for jobs that have the
 * permission "id-token: write". GitLab: a variable that "id_tokens" of the job
 * defines; GITLAB_OIDC_TOKEN in its documentation.
 */
#include "aws/creds_json.h"
#include "aws/internal.h"
#include "net/url.h"
#include "util/timeutil.h"

#define GITHUB_URL "ACTIONS_ID_TOKEN_REQUEST_URL"
#define GITHUB_TOKEN "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
#define VARIABLE "GITLAB_OIDC_TOKEN"
#define TOKEN_MAX ((size_t)64 << 10)
#define NAME_MAX_BYTES 64

static const char *env(const char *name)
{
	const char *const names[] = { name, NULL };

	return config_first_env(names);
}

static const char *variable(const struct oidc_opts *o)
{
	return o->variable ? o->variable : VARIABLE;
}

static bool in_github(void)
{
	return env(GITHUB_URL) && env(GITHUB_TOKEN);
}

/* A role in cdk.json is for build systems only: elsewhere there is no token,
 * and the chain goes on as if it were not there. */
static bool applies(const struct creds_ctx *c)
{
	const struct oidc_opts *o = &c->session->oidc;

	if (!o->role || c->base != &c->session->base)
		return false;
	return o->wanted || env(variable(o)) || in_github() ||
	    env("GITHUB_ACTIONS") || env("GITLAB_CI");
}

/* ---- the token ----------------------------------------------------------- */

/* Partitions other than "aws" have a name of their own for STS. */
static const char *audience(const char *role)
{
	return str_starts(role, "arn:aws-cn:") ? "sts.amazonaws.com.cn" :
	    "sts.amazonaws.com";
}

static int take_token(struct sv body, char **ret, struct err *err)
{
	CLEANUP(creds_json_free_p) cJSON *doc = NULL;
	const char *value = NULL;

	if (creds_json_read(body, &doc) == 0)
		value = json_str(doc, "value");
	if (!value || !*value || strlen(value) > TOKEN_MAX)
		return err_set(err, E_AUTH, "GitHub answered without an "
		    "identity token");
	*ret = xstrdup(value);
	return 0;
}

static int ask_github(struct creds_ctx *c, const char *role, char **ret,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf url = STRBUF_INIT;
	CLEANUP(free_p) char *bearer = xasprintf("Bearer %s",
	    env(GITHUB_TOKEN));
	struct creds_request r = { .method = "GET", .attempts = 3 };
	struct http_res res;
	int rc;

	strbuf_addf(&url, "%s%caudience=", env(GITHUB_URL),
	    strchr(env(GITHUB_URL), '?') ? '&' : '?');
	url_encode(&url, sv_from(audience(role)), NULL);
	r.url = url.buf;
	rc = creds_header(&r, "Authorization", bearer, err);
	explicit_bzero(bearer, strlen(bearer));
	if (rc == 0)
		rc = creds_send(session_http(c->session), &r, &res, err);
	if (rc < 0)
		return err_wrap(err, "asking GitHub for an identity token");
	if (res.status == 200)
		rc = take_token(strbuf_sv(&res.body), ret, err);
	else
		rc = err_set(err, E_AUTH, "GitHub answered the request for an "
		    "identity token with status %d", res.status);
	creds_reply_release(&res);
	return rc;
}

static int no_token(const struct oidc_opts *o, struct err *err)
{
	if (env("GITHUB_ACTIONS"))
		return err_set(err, E_AUTH, "role '%s' needs an identity "
		    "token, which GitHub gives only to jobs with the "
		    "permission 'id-token: write'; add it to 'permissions' of "
		    "the workflow", o->role);
	return err_set(err, E_AUTH, "role '%s' needs an identity token, and "
	    "%s is not set; define it under 'id_tokens' of the job (aud: "
	    "%s), or name another variable with --oidc-token-variable",
	    o->role, variable(o), audience(o->role));
}

/* A variable that was named comes before what we find by ourselves. */
static int find_token(struct creds_ctx *c, char **ret, struct err *err)
{
	const struct oidc_opts *o = &c->session->oidc;
	const char *v = env(variable(o));

	if (v && (o->variable || !in_github())) {
		*ret = xstrdup(v);
		return 0;
	}
	return o->variable || !in_github() ? no_token(o, err) :
	    ask_github(c, o->role, ret, err);
}

/* ---- the exchange -------------------------------------------------------- */

/* Says in CloudTrail which job it was. */
static char *session_name(void)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@-";
	static const char *const given[] = { "CDK_ROLE_SESSION_NAME",
		"AWS_ROLE_SESSION_NAME", NULL };
	const char *v = config_first_env(given);
	CLEANUP(free_p) char *made = NULL;
	char *name;

	if (!v && env("GITHUB_RUN_ID"))
		v = made = xasprintf("github-%s", env("GITHUB_RUN_ID"));
	else if (!v && env("CI_JOB_ID"))
		v = made = xasprintf("gitlab-%s", env("CI_JOB_ID"));
	if (!v)
		v = "ccdk-oidc";
	name = xstrndup(v, MIN(strlen(v), (size_t)NAME_MAX_BYTES));
	for (char *p = name; *p; p++)
		if (!strchr(good, *p))
			*p = '@';
	return name;
}

static int fetch(struct creds_ctx *c, struct creds *ret, struct err *err)
{
	const char *role = c->session->oidc.role;
	CLEANUP(free_p) char *name = session_name();
	char *token = NULL;
	int rc;

	rc = find_token(c, &token, err);
	if (rc < 0)
		return rc;
	rc = creds_web_identity_exchange(c->session, role, name, NULL, token,
	    ret, err);
	secret_free(token);
	if (rc < 0)
		return rc;
	free(ret->source);
	ret->source = xasprintf("role '%s' for the token of %s", role,
	    in_github() && !c->session->oidc.variable ? "GitHub Actions" :
	    variable(&c->session->oidc));
	return 0;
}

const struct creds_provider creds_oidc = { "oidc role", applies, fetch };
