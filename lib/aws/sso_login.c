#include "aws/sso_login.h"

#include "aws/creds_json.h"
#include "aws/internal.h"
#include "net/callback.h"
#include "net/url.h"
#include "util/digest.h"
#include "util/timeutil.h"

#define CLIENT_NAME "ccdk"
#define CODE_GRANT "authorization_code"
#define COME_BACK "/oauth/callback"
#define SECRET_BYTES 48 /* of the verifier and the state: 64 characters */
#define DEVICE_GRANT "urn:ietf:params:oauth:grant-type:device_code"
#define DEFAULT_SCOPE "sso:account:access"
#define INTERVAL_S 5	/* RFC 8628 3.2, and what slow_down adds */
#define INTERVAL_MAX_S 60
#define PATIENCE_S 600	/* when the service does not say */
#define PROFILES_MAX 16	/* of a chain of source_profile */

struct login {
	struct aws_session *s;
	const struct aws_config *config;
	const char *session; /* NULL: the old form */
	const char *start_url, *region;
	char *base;	     /* address of the service */
	cJSON *client;	     /* reply of RegisterClient */
	cJSON *device;	     /* reply of StartDeviceAuthorization */
};

static void secret_free_p(char **s)
{
	secret_free(*s);
}

static void login_release(struct login *l)
{
	free(l->base);
	creds_json_free(l->client);
	creds_json_free(l->device);
}

void sso_logged_in_release(struct sso_logged_in *l)
{
	free(l->start_url);
	*l = (struct sso_logged_in){ 0 };
}

/* ---- settings ------------------------------------------------------------ */

static int use_session(struct login *l, const char *name, struct err *err)
{
	const struct ini_section *ini = config_named(l->config, "sso-session",
	    name);
	const char *near;

	l->session = name;
	l->start_url = ini_get(ini, "sso_start_url");
	l->region = ini_get(ini, "sso_region");
	if (!ini) {
		near = config_near_named(l->config, "sso-session", name);
		return err_set(err, E_CONFIG, "there is no [sso-session %s] in "
		    "the AWS configuration file%s%s%s", name,
		    near ? "; did you mean '" : "", near ? near : "",
		    near ? "'?" : "");
	}
	if (!l->start_url || !l->region)
		return err_set(err, E_CONFIG, "[sso-session %s] of the AWS "
		    "configuration file lacks %s", name,
		    l->region ? "sso_start_url" : "sso_region");
	return 0;
}

/* The profile whose credentials are those of Identity Center: itself, or the
 * one at the end of its source_profile chain. */
static const char *sso_profile(const struct aws_config *config, const char *p)
{
	for (int i = 0; p && i < PROFILES_MAX; i++) {
		if (config_get(config, p, "sso_session") ||
		    config_get(config, p, "sso_start_url"))
			return p;
		p = config_get(config, p, "source_profile");
	}
	return NULL;
}

/* The session of the file, when there is just one. */
static const char *only_session(const struct aws_config *config)
{
	const char *found = NULL;

	for (size_t i = 0; i < config->config.n; i++) {
		const struct ini_section *s = &config->config.v[i];

		if (!streq0(s->prefix, "sso-session"))
			continue;
		if (found)
			return NULL;
		found = s->name;
	}
	return found;
}

static int not_sso(const struct login *l, const char *p, struct err *err)
{
	const char *near = config_near_profile(l->config, p);

	if (!config_has_profile(l->config, p) && near)
		return err_set(err, E_CONFIG, "there is no profile '%s' in "
		    "the AWS configuration file; did you mean '%s'?", p, near);
	if (!config_has_profile(l->config, p))
		return err_set(err, E_CONFIG, "there is no profile '%s' in "
		    "the AWS configuration file; name one with --profile, or "
		    "a session with --sso-session", p);
	if (config_get(l->config, p, "login_session"))
		return err_set(err, E_CONFIG, "profile '%s' is one of 'aws "
		    "login'; run: aws login --profile %s", p, p);
	return err_set(err, E_CONFIG, "profile '%s' has nothing to do with "
	    "IAM Identity Center: neither it nor its source_profile has "
	    "sso_session or sso_start_url", p);
}

static int find_settings(struct login *l, const char *session,
    struct err *err)
{
	const char *named = l->s->profile ? l->s->profile :
	    config_env_profile();
	const char *p = sso_profile(l->config, named ? named : "default");

	if (!session && p)
		session = config_get(l->config, p, "sso_session");
	if (!session && !p && !named)
		session = only_session(l->config);
	if (session)
		return use_session(l, session, err);
	if (!p)
		return not_sso(l, named ? named : "default", err);
	l->start_url = config_get(l->config, p, "sso_start_url");
	l->region = config_get(l->config, p, "sso_region");
	if (!l->region)
		return err_set(err, E_CONFIG, "profile '%s' lacks sso_region",
		    p);
	return 0;
}

/* ---- requests ------------------------------------------------------------ */

/* "AccessDeniedException" and "access_denied" are the same. */
static bool is_error(const cJSON *doc, const char *name)
{
	return streq0(json_str(doc, "error"), name);
}

/* 0 with an object of status 200; E_AUTH with *ret_refusal an object, too. */
static int ask(struct login *l, const char *path, const cJSON *in,
    unsigned attempts, cJSON **ret, cJSON **ret_refusal, struct err *err)
{
	CLEANUP(free_p) char *url = xasprintf("%s%s", l->base, path);
	CLEANUP(creds_json_free_p) cJSON *doc = NULL;
	struct creds_request r = { .method = "POST", .url = url,
		.attempts = attempts };
	CLEANUP(free_p) char *why = NULL;
	struct http_res res;
	char *body = creds_json_text(in, 0);
	int rc, status;

	r.body = body;
	rc = creds_send(session_http(l->s), &r, &res, err);
	secret_free(body);
	if (rc < 0)
		return err_wrap(err, "IAM Identity Center");
	status = res.status;
	(void)!creds_json_read(strbuf_sv(&res.body), &doc);
	why = creds_json_error(strbuf_sv(&res.body));
	creds_reply_release(&res);
	if (status == 200 && doc) {
		*ret = TAKE(doc);
		return 0;
	}
	if (ret_refusal)
		*ret_refusal = TAKE(doc);
	return err_set(err, E_AUTH, "IAM Identity Center answered '%s' with "
	    "status %d: %s", path, status, why ? why : "no reason given");
}

/* "sso_registration_scopes" of the session, a list with commas. */
static cJSON *scopes(const struct login *l)
{
	const char *given = ini_get(config_named(l->config, "sso-session",
	    l->session), "sso_registration_scopes");
	struct sv rest = sv_from(given ? given : DEFAULT_SCOPE), one;
	cJSON *list = cJSON_CreateArray();

	while (sv_next(&rest, ',', &one)) {
		CLEANUP(free_p) char *text = sv_dup(sv_trim(one));

		if (*text)
			json_push_take(list, cJSON_CreateString(text));
	}
	return list;
}

static void add_strings(cJSON *in, const char *key, const char *a,
    const char *b)
{
	cJSON *list = cJSON_CreateArray();

	json_push_take(list, cJSON_CreateString(a));
	if (b)
		json_push_take(list, cJSON_CreateString(b));
	json_add_take(in, key, list);
}

static int register_client(struct login *l, bool pkce, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	int rc;

	json_put_str(in, "clientName", CLIENT_NAME);
	json_put_str(in, "clientType", "public");
	/* without scopes there is no refresh token: the old form */
	if (l->session)
		json_add_take(in, "scopes", scopes(l));
	if (pkce) {
		add_strings(in, "grantTypes", CODE_GRANT, "refresh_token");
		/* any port will do with this address (RFC 8252 7.3) */
		add_strings(in, "redirectUris", "http://127.0.0.1" COME_BACK,
		    NULL);
		json_put_str(in, "issuerUrl", l->start_url);
	}
	rc = ask(l, "/client/register", in, 3, &l->client, NULL, err);
	if (rc == 0 && (!json_str(l->client, "clientId") ||
	    !json_str(l->client, "clientSecret")))
		rc = err_set(err, E_AUTH, "IAM Identity Center did not "
		    "register this program as a client");
	return rc;
}

static void add_client(const struct login *l, cJSON *in)
{
	json_put_str(in, "clientId", json_str(l->client, "clientId"));
	json_put_str(in, "clientSecret", json_str(l->client, "clientSecret"));
}

static int start_device(struct login *l, struct err *err)
{
	CLEANUP(creds_json_free_p) cJSON *in = cJSON_CreateObject();
	int rc;

	add_client(l, in);
	json_put_str(in, "startUrl", l->start_url);
	rc = ask(l, "/device_authorization", in, 3, &l->device, NULL, err);
	if (rc == 0 && (!json_str(l->device, "deviceCode") ||
	    !json_str(l->device, "userCode") ||
	    !json_str(l->device, "verificationUri")))
		rc = err_set(err, E_AUTH, "IAM Identity Center gave no code "
		    "to log in with");
	return rc;
}

/* ---- waiting for somebody to agree --------------------------------------- */

static double seconds(const cJSON *o, const char *key, double fallback)
{
	double v = 0;

	return json_num(o, key, &v) && v > 0 && v < 1e9 ? v : fallback;
}

static int refused(const cJSON *doc, struct err *err)
{
	if (is_error(doc, "access_denied"))
		return err_set(err, E_AUTH, "the login was refused on the "
		    "page");
	if (is_error(doc, "expired_token"))
		return err_set(err, E_AUTH, "nobody agreed before the code "
		    "expired; run the command again");
	return E_AUTH; /* err has the service's words */
}

static int poll_device(struct login *l, cJSON **ret, struct err *err)
{
	CLEANUP(creds_json_free_p) cJSON *in = cJSON_CreateObject();
	double pause = MIN(seconds(l->device, "interval", INTERVAL_S),
	    INTERVAL_MAX_S);
	int64_t end = mono_ms() + (int64_t)(1000 *
	    seconds(l->device, "expiresIn", PATIENCE_S));

	add_client(l, in);
	json_put_str(in, "grantType", DEVICE_GRANT);
	json_put_str(in, "deviceCode", json_str(l->device, "deviceCode"));
	while (mono_ms() < end) {
		CLEANUP(creds_json_free_p) cJSON *no = NULL;
		int rc;

		if (!wait_ms((int64_t)(pause * 1000)))
			return err_set(err, E_CANCELLED, "the login was "
			    "stopped");
		/* one attempt: a code must not be used up unseen */
		rc = ask(l, "/token", in, 1, ret, &no, err);
		if (rc == 0)
			return 0;
		if (is_error(no, "slow_down"))
			pause = MIN(pause + INTERVAL_S, INTERVAL_MAX_S);
		else if (rc != E_NET && !is_error(no, "authorization_pending"))
			return refused(no, err);
	}
	return err_set(err, E_AUTH, "nobody agreed before the code expired; "
	    "run the command again");
}

static int login_device(struct login *l, const struct sso_login *q,
    cJSON **ret, struct err *err)
{
	const char *url;
	int rc = start_device(l, err);

	if (rc < 0)
		return rc;
	url = json_str(l->device, "verificationUriComplete");
	q->show(q->user, url ? url : json_str(l->device, "verificationUri"),
	    json_str(l->device, "userCode"));
	return poll_device(l, ret, err);
}

/* ---- a browser of this machine ------------------------------------------- */

static char *random_text(void)
{
	unsigned char raw[SECRET_BYTES];
	struct strbuf out = STRBUF_SECRET;

	rand_bytes(raw, sizeof(raw));
	b64url_encode(&out, raw, sizeof(raw));
	explicit_bzero(raw, sizeof(raw));
	return strbuf_detach(&out);
}

static void add_query(struct strbuf *url, const char *name, const char *value)
{
	strbuf_addf(url, "%c%s=", strchr(url->buf, '?') ? '&' : '?', name);
	url_encode(url, sv_from(value), NULL);
}

/* Where the browser is sent; yours. */
static char *authorize_url(const struct login *l, const char *back,
    const char *state, const char *verifier)
{
	struct strbuf url = STRBUF_INIT, challenge = STRBUF_INIT;
	CLEANUP(json_free_p) cJSON *list = scopes(l);
	CLEANUP(strvec_release) struct strvec names = { 0 };
	CLEANUP(free_p) char *joined = NULL;
	unsigned char hash[SHA256_LEN];

	JSON_EACH(s, list)
		strvec_add(&names, s->valuestring);
	joined = strvec_join(&names, " ");
	sha256(sv_from(verifier), hash);
	b64url_encode(&challenge, hash, sizeof(hash));
	strbuf_addf(&url, "%s/authorize", l->base);
	add_query(&url, "response_type", "code");
	add_query(&url, "client_id", json_str(l->client, "clientId"));
	add_query(&url, "redirect_uri", back);
	add_query(&url, "state", state);
	add_query(&url, "code_challenge_method", "S256");
	add_query(&url, "code_challenge", challenge.buf);
	add_query(&url, "scopes", joined);
	strbuf_release(&challenge);
	return strbuf_detach(&url);
}

/* The code in what the browser brought back; yours. */
static int take_code(const char *query, const char *state, char **ret,
    struct err *err)
{
	CLEANUP(free_p) char *error = callback_value(query, "error");
	CLEANUP(free_p) char *theirs = callback_value(query, "state");

	if (!theirs || !streq(theirs, state))
		return err_set(err, E_AUTH, "the browser came back from "
		    "another login than this one");
	if (error && streq(error, "access_denied"))
		return err_set(err, E_AUTH, "the login was refused on the "
		    "page");
	*ret = callback_value(query, "code");
	return *ret && **ret ? 0 : err_set(err, E_AUTH, "the browser came "
	    "back without a code");
}

static int wait_code(struct callback *c, const char *state, char **ret,
    struct err *err)
{
	char *query = NULL;
	int rc = callback_wait(c, COME_BACK, PATIENCE_S * 1000, &query, err);

	if (rc == E_NOTFOUND)
		return err_set(err, E_AUTH, "nobody logged in within %d "
		    "minutes; run the command again", PATIENCE_S / 60);
	if (rc < 0)
		return rc;
	rc = take_code(query, state, ret, err);
	secret_free(query);
	callback_answer(c, rc < 0 ? "The login did not work; the terminal "
	    "says why." : "You are logged in and may close this page.");
	return rc;
}

static int exchange_code(struct login *l, const char *code,
    const char *verifier, const char *back, cJSON **ret, struct err *err)
{
	CLEANUP(creds_json_free_p) cJSON *in = cJSON_CreateObject();

	add_client(l, in);
	json_put_str(in, "grantType", CODE_GRANT);
	json_put_str(in, "code", code);
	json_put_str(in, "codeVerifier", verifier);
	json_put_str(in, "redirectUri", back);
	return ask(l, "/token", in, 1, ret, NULL, err);
}

static int login_browser(struct login *l, const struct sso_login *q,
    cJSON **ret, struct err *err)
{
	CLEANUP(callback_free_p) struct callback *c = NULL;
	CLEANUP(free_p) char *back = NULL, *url = NULL;
	CLEANUP(secret_free_p) char *state = random_text();
	CLEANUP(secret_free_p) char *verifier = random_text(), *code = NULL;
	unsigned port;
	int rc;

	if (!l->session)
		return err_set(err, E_CONFIG, "--pkce needs a profile with "
		    "sso_session; the older form logs in with a code");
	rc = callback_open(&c, &port, err);
	if (rc < 0)
		return rc;
	back = xasprintf("http://127.0.0.1:%u" COME_BACK, port);
	url = authorize_url(l, back, state, verifier);
	q->show(q->user, url, NULL);
	rc = wait_code(c, state, &code, err);
	return rc < 0 ? rc : exchange_code(l, code, verifier, back, ret, err);
}

/* ---- the token ----------------------------------------------------------- */

static void put_time(cJSON *o, const char *key, int64_t utc)
{
	char text[21];

	time_iso(utc, text);
	json_put_str(o, key, text);
}

/* In the order in which the AWS CLI writes it. */
static cJSON *token_doc(const struct login *l, const cJSON *reply,
    int64_t expires)
{
	cJSON *o = cJSON_CreateObject();
	double until = 0; /* seconds since 1970 */

	json_put_str(o, "startUrl", l->start_url);
	json_put_str(o, "region", l->region);
	json_put_str(o, "accessToken", json_str(reply, "accessToken"));
	put_time(o, "expiresAt", expires);
	add_client(l, o);
	if (json_num(l->client, "clientSecretExpiresAt", &until) &&
	    until > 0 && until < 1e11)
		put_time(o, "registrationExpiresAt", (int64_t)until);
	json_put_str(o, "refreshToken", json_str(reply, "refreshToken"));
	return o;
}

static int keep(const struct login *l, const cJSON *doc, struct err *err)
{
	CLEANUP(free_p) char *file = creds_sso_file(l->config,
	    l->session ? l->session : l->start_url);
	int rc = creds_file_write(file, doc, err);

	return rc < 0 ? err_wrap(err, "keeping the token") : 0;
}

static int take_token(const struct login *l, const cJSON *reply,
    struct sso_logged_in *ret, struct err *err)
{
	CLEANUP(creds_json_free_p) cJSON *doc = NULL;
	const char *access = json_str(reply, "accessToken");
	double life = seconds(reply, "expiresIn", 0);
	int64_t expires = now_utc() + (int64_t)life;
	int rc;

	if (!access || !*access || life <= 0)
		return err_set(err, E_AUTH, "IAM Identity Center answered "
		    "without a token");
	doc = token_doc(l, reply, expires);
	rc = keep(l, doc, err);
	if (rc < 0)
		return rc;
	*ret = (struct sso_logged_in){ xstrdup(l->start_url), expires };
	return 0;
}

int sso_login(struct aws_session *s, const struct sso_login *q,
    struct sso_logged_in *ret, struct err *err)
{
	CLEANUP(login_release) struct login l = { .s = s,
		.config = session_config(s) };
	CLEANUP(creds_json_free_p) cJSON *reply = NULL;
	int rc;

	rc = find_settings(&l, q->session, err);
	if (rc == 0)
		rc = creds_endpoint(l.config, "oidc", "sso-oidc", l.region,
		    &l.base, err);
	if (rc == 0)
		rc = register_client(&l, q->pkce, err);
	if (rc == 0)
		rc = q->pkce ? login_browser(&l, q, &reply, err) :
		    login_device(&l, q, &reply, err);
	return rc < 0 ? rc : take_token(&l, reply, ret, err);
}
