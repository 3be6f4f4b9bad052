/*
 * Sessions of "aws login": credentials in a token file, renewed by the sign-in
 * service for who proves to have the key beside them (creds_dpop.c).
 */
#include "aws/creds_json.h"
#include "aws/endpoint.h"
#include "aws/internal.h"
#include "util/digest.h"
#include "util/timeutil.h"

#define RENEW_S 300
#define LIFE_S 900

struct login {
	struct creds_ctx *c;
	const char *profile;
	char *file;
	cJSON *token;
};

static void login_release(struct login *l)
{
	free(l->file);
	creds_json_free(l->token);
}

/* ---- the file ------------------------------------------------------------ */

static char *token_file(const struct creds_ctx *c, const char *session)
{
	const char *dir = getenv("AWS_LOGIN_CACHE_DIRECTORY");
	const char *home = c->config->home;
	char name[SHA256_HEX];

	sha256_hex(sv_from(session), name);
	if (dir)
		return xasprintf("%s/%s.json", dir, name);
	return xasprintf("%s/.aws/login/cache/%s.json", home ? home : "",
	    name);
}

static int missing(const struct login *l, struct err *err)
{
	static const char *const needed[] = { "accessToken", "clientId",
		"refreshToken", "dpopKey" };
	struct strvec absent = { 0 };
	CLEANUP(free_p) char *names = NULL;
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		if (!json_get(l->token, needed[i]))
			strvec_add(&absent, needed[i]);
	}
	if (!json_str(l->token, "accessToken.accountId"))
		strvec_add(&absent, "accountId");
	names = strvec_join(&absent, ", ");
	if (absent.n)
		rc = err_set(err, E_AUTH, "Failed to load token from %s: "
		    "Token validation failed, missing fields: %s", l->file,
		    names);
	strvec_release(&absent);
	return rc;
}

static int read_token(struct login *l, struct err *err)
{
	int rc = creds_file_read(l->file, &l->token);
	const char *why = rc == E_NOTFOUND ? "no such file" :
	    rc == E_INVALID ? "it is no JSON object" : "it cannot be read";

	if (rc < 0)
		return err_set(err, E_AUTH, "Failed to load token from %s: "
		    "%s. Please re-authenticate using aws login", l->file,
		    why);
	return missing(l, err);
}

/* A file that cannot be written would leave a used-up refresh token there. */
static void write_token(const struct login *l)
{
	CLEANUP(err_release) struct err e = { 0 };

	if (creds_file_write(l->file, l->token, &e) < 0)
		msg_warn(l->c->session->sink, "The renewed login token could "
		    "not be kept: %s", err_text(&e));
}

/* ---- renewal ------------------------------------------------------------- */

static int sign_in_url(const struct login *l, char **ret, struct err *err)
{
	const char *own = config_get(l->c->config, l->profile, "region");
	const char *region = own ? own : aws_session_region(l->c->session);
	const char *partition = endpoint_partition(region)->name;
	CLEANUP(free_p) char *given = endpoint_override(l->c->config,
	    "signin");
	CLEANUP(free_p) char *base = NULL;
	int rc;

	/* also checks that the region can be in a host name */
	rc = creds_endpoint(l->c->config, "signin", "signin", region, &base,
	    err);
	if (rc < 0)
		return rc;
	if (given)
		*ret = xasprintf("%s/v1/token", base);
	else
		*ret = xasprintf("https://%s.%s/v1/token", region,
		    streq(partition, "aws-cn") ? "signin.amazonaws.cn" :
		    streq(partition, "aws-us-gov") ?
		    "signin.amazonaws-us-gov.com" : "signin.aws.amazon.com");
	return 0;
}

static void copy_text(cJSON *to, const cJSON *from, const char *key)
{
	json_put_str(to, key, json_str(from, key));
}

static int take_renewed(struct login *l, struct sv body, struct err *err)
{
	CLEANUP(creds_json_free_p) cJSON *doc = NULL;
	const cJSON *fresh = NULL;
	const char *refresh = NULL;
	cJSON *token = json_get(l->token, "accessToken");
	double life = LIFE_S;
	char until[21];

	if (creds_json_read(body, &doc) == 0) {
		fresh = json_get(doc, "accessToken");
		refresh = json_str(doc, "refreshToken");
	}
	if (!json_str(fresh, "accessKeyId") ||
	    !json_str(fresh, "secretAccessKey") ||
	    !json_str(fresh, "sessionToken") || !refresh)
		return err_set(err, E_AUTH,
		    "Token refresh response missing required fields");
	if (!json_num(doc, "expiresIn", &life) || !(life > 0 && life < 1e9))
		life = LIFE_S;
	time_iso(now_utc() + (int64_t)life, until);
	copy_text(token, fresh, "accessKeyId");
	copy_text(token, fresh, "secretAccessKey");
	copy_text(token, fresh, "sessionToken");
	json_put_str(token, "expiresAt", until);
	json_put_str(l->token, "refreshToken", refresh);
	write_token(l);
	return 0;
}

static const struct denial {
	const char *error, *text;
} denials[] = {
	{ "TOKEN_EXPIRED", "Your session has expired. Please reauthenticate." },
	{ "USER_CREDENTIALS_CHANGED", "Unable to refresh credentials because "
	    "of a change in your password. Please reauthenticate with your "
	    "new password." },
	{ "INSUFFICIENT_PERMISSIONS", "Unable to refresh credentials due to "
	    "insufficient permissions. You may be missing permission for the "
	    "'CreateOAuth2Token' action." },
};

/* E_AUTH: the service says no; E_NET: it could not say anything useful */
static int refused(const struct http_res *res, struct err *err)
{
	CLEANUP(creds_json_free_p) cJSON *doc = NULL;
	CLEANUP(free_p) char *why = creds_json_error(strbuf_sv(&res->body));
	const char *error = NULL;

	if (creds_json_read(strbuf_sv(&res->body), &doc) == 0)
		error = json_str(doc, "error");
	for (size_t i = 0; error && i < ARRAY_SIZE(denials); i++) {
		if (streq(error, denials[i].error))
			return err_set(err, E_AUTH, "%s", denials[i].text);
	}
	return err_set(err, res->status == 403 || res->status == 401 ?
	    E_AUTH : E_NET, "Failed to refresh token: status %d: %s. Please "
	    "re-authenticate using aws login", res->status,
	    why ? why : "no reason given");
}

static int ask(struct login *l, const char *url, struct err *err)
{
	CLEANUP(creds_json_free_p) cJSON *in = cJSON_CreateObject();
	struct creds_request r = { .method = "POST", .url = url };
	struct http_res res;
	char *proof = NULL, *body;
	int rc;

	rc = creds_dpop(json_str(l->token, "dpopKey"), "POST", url, &proof,
	    err);
	if (rc < 0)
		return rc;
	/* one proof, one request: its id must not come twice */
	strvec_addf(&r.headers, "DPoP: %s", proof);
	secret_free(proof);
	copy_text(in, l->token, "clientId");
	json_put_str(in, "grantType", "refresh_token");
	copy_text(in, l->token, "refreshToken");
	body = creds_json_text(in, 0);
	r.body = body;
	rc = creds_send(session_http(l->c->session), &r, &res, err);
	secret_free(body);
	if (rc < 0)
		return err_wrap(err, "Failed to refresh token");
	rc = res.status == 200 ? take_renewed(l, strbuf_sv(&res.body), err) :
	    refused(&res, err);
	creds_reply_release(&res);
	return rc;
}

static int renew(struct login *l, int64_t expires, struct err *err)
{
	CLEANUP(free_p) char *url = NULL;
	CLEANUP(err_release) struct err e = { 0 };
	int rc;

	rc = sign_in_url(l, &url, &e);
	if (rc == 0)
		rc = ask(l, url, &e);
	if (rc == 0)
		return 0;
	if (rc != E_AUTH && expires > now_utc()) {
		msg_warn(l->c->session->sink, "%s. Using existing token until "
		    "expiry.", err_text(&e));
		return 0;
	}
	/* some of the texts say already what to do */
	return err_set(err, E_AUTH, "%s%s", err_text(&e),
	    strstr(err_text(&e), "uthenticate") ? "" :
	    ". Please re-authenticate using aws login");
}

int creds_login_fetch(struct creds_ctx *c, const char *p, struct creds *ret,
    struct err *err)
{
	CLEANUP(login_release) struct login l = { .c = c, .profile = p };
	CLEANUP(creds_release) struct creds got = { 0 };
	int rc;

	l.file = token_file(c, config_get(c->config, p, "login_session"));
	rc = read_token(&l, err);
	if (rc == 0)
		rc = creds_json_login(l.token, &got, err);
	if (rc < 0)
		return rc;
	if (got.expires - RENEW_S <= now_utc()) {
		rc = renew(&l, got.expires, err);
		creds_release(&got);
		if (rc == 0)
			rc = creds_json_login(l.token, &got, err);
	}
	if (rc < 0)
		return rc;
	got.source = xasprintf("login of profile '%s'", p);
	got.mend = xasprintf("run 'aws login --profile %s'", p);
	*ret = got;
	got = (struct creds){ 0 };
	return 0;
}
