/*
 * IAM Identity Center. A profile names a session (a section of its own, whose
 * token is renewed when it is about to end) or carries all of it itself (the
 * old form, whose token is only read). Tokens are in the folder that the AWS
 * CLI keeps them in, in its format.
 */
#include "aws/creds_json.h"
#include "aws/internal.h"
#include "net/url.h"
#include "util/digest.h"
#include "util/timeutil.h"
#include "util/trace.h"

#define RENEW_S 300
#define RENEW_PAUSE_MS 30000
#define LOGIN "To refresh this SSO session run aws sso login with the "	\
    "corresponding profile."
#define LOGIN_SESSION "To refresh this SSO session run 'aws sso login' with " \
    "the corresponding profile."

struct sso {
	struct creds_ctx *c;
	const char *profile, *account, *role, *region, *start_url;
	const char *session; /* NULL: the old form */
	char *file;	     /* of the token */
	cJSON *token;	     /* its content */
	char *access;	     /* what is sent */
	int64_t expires;
};

static void sso_release(struct sso *s)
{
	free(s->file);
	creds_json_free(s->token);
	secret_free(s->access);
}

/* ---- settings ------------------------------------------------------------ */

static void add_keys(struct strvec *l, const struct ini_section *s)
{
	if (!s)
		return;
	STRMAP_EACH(&s->keys, e) {
		if (!strvec_has(l, e->key))
			strvec_add(l, e->key);
	}
}

static int incomplete(const struct sso *s, struct err *err)
{
	const struct aws_config *config = s->c->config;
	struct strvec keys = { 0 };
	CLEANUP(free_p) char *got = NULL;

	add_keys(&keys, config_section(config, s->profile));
	add_keys(&keys, config_credentials_section(config, s->profile));
	got = strvec_join(&keys, ", ");
	strvec_release(&keys);
	return err_set(err, E_CONFIG, "Profile is configured with invalid SSO "
	    "credentials. Required parameters \"sso_account_id\", "
	    "\"sso_region\", \"sso_role_name\", \"sso_start_url\". Got %s",
	    got);
}

static int read_session(struct sso *s, struct err *err)
{
	const struct ini_section *ini = config_named(s->c->config,
	    "sso-session", s->session);
	const char *region = ini_get(ini, "sso_region");
	const char *url = ini_get(ini, "sso_start_url");

	if (!ini)
		return err_set(err, E_CONFIG, "Sso session '%s' could not be "
		    "found in shared credentials file.", s->session);
	if (!region || !url)
		return err_set(err, E_CONFIG, "Sso session '%s' is missing "
		    "required property '%s'.", s->session,
		    url ? "sso_region" : "sso_start_url");
	s->region = region;
	s->start_url = url;
	return 0;
}

char *creds_sso_file(const struct aws_config *config, const char *key)
{
	char name[41];

	sha1_hex(sv_from(key), name);
	return xasprintf("%s/.aws/sso/cache/%s.json",
	    config->home ? config->home : "", name);
}

static int read_settings(struct sso *s, struct err *err)
{
	const struct aws_config *config = s->c->config;
	const char *p = s->profile;

	s->account = config_get(config, p, "sso_account_id");
	s->role = config_get(config, p, "sso_role_name");
	s->region = config_get(config, p, "sso_region");
	s->start_url = config_get(config, p, "sso_start_url");
	s->session = config_get(config, p, "sso_session");
	if (s->session && read_session(s, err) < 0)
		return E_CONFIG;
	if (!s->account || !s->role || !s->region || !s->start_url)
		return incomplete(s, err);
	s->file = creds_sso_file(config, s->session ? s->session :
	    s->start_url);
	return 0;
}

/* ---- the token ----------------------------------------------------------- */

static int read_token(struct sso *s, struct err *err)
{
	const char *access, *until;
	int64_t ms = 0;

	if (creds_file_read(s->file, &s->token) < 0) {
		if (!s->session)
			return err_set(err, E_AUTH, "The SSO session "
			    "associated with this profile is invalid. " LOGIN);
		return err_set(err, E_AUTH, "The SSO session token associated "
		    "with profile=%s was not found or is invalid. "
		    LOGIN_SESSION, s->profile);
	}
	access = json_str(s->token, "accessToken");
	until = json_str(s->token, "expiresAt");
	if (!access || !*access || !until || !creds_json_time(until, &ms))
		return err_set(err, E_AUTH, "Value not present for '%s' in "
		    "SSO Token. " LOGIN_SESSION,
		    access && *access ? "expiresAt" : "accessToken");
	s->access = xstrdup(access);
	s->expires = ms / 1000;
	return 0;
}

/* A file that cannot be written is no error: the token is in memory. */
static void write_token(const struct sso *s)
{
	(void)!creds_file_write(s->file, s->token, NULL);
}

static int take_renewed(struct sso *s, struct sv body, struct err *err)
{
	CLEANUP(creds_json_free_p) cJSON *doc = NULL;
	const char *access, *refresh;
	double life = 0;
	char until[21];

	if (creds_json_read(body, &doc) < 0)
		return err_set(err, E_AUTH, "the reply is no JSON object");
	access = json_str(doc, "accessToken");
	refresh = json_str(doc, "refreshToken");
	if (!access || !*access || !json_num(doc, "expiresIn", &life) ||
	    !(life > 0 && life < 1e9))
		return err_set(err, E_AUTH, "the reply has no token");
	s->expires = now_utc() + (int64_t)life;
	secret_free(s->access);
	s->access = xstrdup(access);
	time_iso(s->expires, until);
	json_put_str(s->token, "accessToken", access);
	json_put_str(s->token, "expiresAt", until);
	if (refresh)
		json_put_str(s->token, "refreshToken", refresh);
	write_token(s);
	return 0;
}

static int ask_renewal(struct sso *s, const char *url, struct err *err)
{
	CLEANUP(creds_json_free_p) cJSON *in = cJSON_CreateObject();
	struct creds_request r = { .method = "POST", .url = url,
		.attempts = 3 };
	struct http_res res;
	char *body;
	int rc;

	json_put_str(in, "clientId", json_str(s->token, "clientId"));
	json_put_str(in, "clientSecret", json_str(s->token, "clientSecret"));
	json_put_str(in, "grantType", "refresh_token");
	json_put_str(in, "refreshToken", json_str(s->token, "refreshToken"));
	body = creds_json_text(in, 0);
	r.body = body;
	rc = creds_send(session_http(s->c->session), &r, &res, err);
	secret_free(body);
	if (rc < 0)
		return rc;
	if (res.status == 200)
		rc = take_renewed(s, strbuf_sv(&res.body), err);
	else
		rc = err_set(err, E_AUTH, "status %d", res.status);
	creds_reply_release(&res);
	return rc;
}

static int renew(struct sso *s, struct err *err)
{
	static const char *const needed[] = { "clientId", "clientSecret",
		"refreshToken" };
	CLEANUP(free_p) char *base = NULL, *url = NULL;
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		if (!json_str(s->token, needed[i]))
			return err_set(err, E_AUTH, "Value not present for "
			    "'%s' in SSO Token. Cannot refresh. "
			    LOGIN_SESSION, needed[i]);
	}
	s->c->base->sso_refreshed = mono_ms();
	rc = creds_endpoint(s->c->config, "oidc", "sso-oidc", s->region,
	    &base, err);
	if (rc < 0)
		return rc;
	url = xasprintf("%s/token", base);
	return ask_renewal(s, url, err);
}

/* A session's token is renewed early; while it lasts, failing is no error. */
static int keep_fresh(struct sso *s, struct err *err)
{
	int64_t last = s->c->base->sso_refreshed;
	CLEANUP(err_release) struct err e = { 0 };

	if (s->expires - RENEW_S > now_utc())
		return 0;
	if (!last || mono_ms() - last >= RENEW_PAUSE_MS) {
		if (renew(s, &e) == 0)
			return 0;
		TRACE(TRACE_CREDS, "the SSO token was not renewed: %s",
		    err_text(&e));
	}
	if (s->expires > now_utc())
		return 0;
	if (str_starts(err_text(&e), "Value not present"))
		return err_set(err, E_AUTH, "%s", err_text(&e));
	return err_set(err, E_AUTH, "Token is expired. " LOGIN_SESSION);
}

/* ---- role credentials ---------------------------------------------------- */

static int refused(const struct http_res *res, struct err *err)
{
	CLEANUP(free_p) char *why = creds_json_error(strbuf_sv(&res->body));

	if (res->status == 401)
		return err_set(err, E_AUTH, "UnauthorizedException: %s. "
		    LOGIN, why ? why : "Session token not found or invalid");
	return err_set(err, E_AUTH, "the SSO access portal answered with "
	    "status %d: %s", res->status, why ? why : "no reason given");
}

static int ask_role(struct sso *s, const char *url, struct creds *ret,
    struct err *err)
{
	struct creds_request r = { .method = "GET", .url = url,
		.attempts = 3 };
	struct http_res res;
	int rc;

	if (creds_header(&r, "x-amz-sso_bearer_token", s->access, err) < 0)
		return E_AUTH;
	rc = creds_send(session_http(s->c->session), &r, &res, err);
	if (rc < 0)
		return rc;
	if (res.status == 200)
		rc = creds_json_sso_role(strbuf_sv(&res.body), ret, err);
	else
		rc = refused(&res, err);
	creds_reply_release(&res);
	if (rc == 0) {
		ret->source = xasprintf("SSO of profile '%s'", s->profile);
		ret->mend = xasprintf("run 'ccdk login --profile %s'",
		    s->profile);
	}
	return rc;
}

static int get_role(struct sso *s, struct creds *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf url = STRBUF_INIT;
	CLEANUP(free_p) char *base = NULL;
	int rc;

	rc = creds_endpoint(s->c->config, "portal.sso", "sso", s->region,
	    &base, err);
	if (rc < 0)
		return rc;
	strbuf_addf(&url, "%s/federation/credentials?account_id=", base);
	url_encode(&url, sv_from(s->account), NULL);
	strbuf_adds(&url, "&role_name=");
	url_encode(&url, sv_from(s->role), NULL);
	return ask_role(s, url.buf, ret, err);
}

static int fetch(struct creds_ctx *c, const char *p, struct creds *ret,
    struct err *err)
{
	CLEANUP(sso_release) struct sso s = { .c = c, .profile = p };
	int rc;

	rc = read_settings(&s, err);
	if (rc == 0)
		rc = read_token(&s, err);
	if (rc == 0 && s.session)
		rc = keep_fresh(&s, err);
	else if (rc == 0 && s.expires <= now_utc())
		rc = err_set(err, E_AUTH, "The SSO session associated with "
		    "this profile has expired. " LOGIN);
	return rc < 0 ? rc : get_role(&s, ret, err);
}

/* The reference's sentence, then the command of ours that does the same. */
int creds_sso_fetch(struct creds_ctx *c, const char *p, struct creds *ret,
    struct err *err)
{
	CLEANUP(err_release) struct err e = { 0 };
	int rc = fetch(c, p, ret, &e);

	if (rc < 0 && strstr(err_text(&e), "aws sso login"))
		return err_set(err, rc, "%s Or run: ccdk login --profile %s",
		    err_text(&e), p);
	if (rc < 0)
		err_move(err, &e);
	return rc;
}
