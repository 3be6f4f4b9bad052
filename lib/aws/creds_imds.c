/*
 * Instance metadata of EC2: the credentials of the machine's role, and its
 * region. Where there is no such service the first request ends within a
 * second and nothing else is tried. On other machines that second is for both
 * protocols together.
 */
#include "aws/creds_json.h"
#include "aws/internal.h"
#include "net/url.h"
#include "util/digest.h"
#include "util/timeutil.h"

#define ROLES "/latest/meta-data/iam/security-credentials/"
#define DOCUMENT "/latest/dynamic/instance-identity/document"
#define NAME_MAX_BYTES 512
#define ELSEWHERE_MS 450

struct imds {
	struct http *http;
	char *base;
	char *token; /* NULL: the old protocol without one */
	int64_t patience_ms; /* until there was an answer; 0: the usual */
};

static void imds_release(struct imds *m)
{
	free(m->base);
	secret_free(m->token);
}

static const char *setting(const struct aws_config *config, const char *p,
    const char *env, const char *key)
{
	const char *const names[] = { env, NULL };
	const char *v = config_first_env(names);

	return v ? v : config_get(config, p, key);
}

static int find_base(const struct aws_config *config, const char *p,
    char **ret, struct err *err)
{
	const char *given = setting(config, p,
	    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
	    "ec2_metadata_service_endpoint");
	const char *mode = setting(config, p,
	    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
	    "ec2_metadata_service_endpoint_mode");
	struct url u;
	char *authority;

	if (!given && mode && !streq(mode, "IPv4") && !streq(mode, "IPv6"))
		return err_set(err, E_CONFIG, "Unsupported endpoint mode: %s. "
		    "Select from IPv4,IPv6", mode);
	if (!given)
		given = mode && streq(mode, "IPv6") ?
		    "http://[fd00:ec2::254]" : "http://169.254.169.254";
	if (url_parse(given, &u, err) < 0)
		return err_wrap(err, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
	authority = url_authority(&u);
	*ret = xasprintf("%s://%s", u.scheme, authority);
	free(authority);
	url_release(&u);
	return 0;
}

static bool v1_disabled(const struct aws_config *config, const char *p)
{
	const char *v = setting(config, p, "AWS_EC2_METADATA_V1_DISABLED",
	    "ec2_metadata_v1_disabled");

	return v && !streq(v, "false");
}

/* ---- requests ------------------------------------------------------------ */

static int get_token(struct imds *m, bool v1, struct err *err)
{
	CLEANUP(free_p) char *url = xasprintf("%s/latest/api/token", m->base);
	bool no_answer = false, old;
	struct creds_request r = { .method = "PUT", .url = url,
		.metadata = true, .patience_ms = m->patience_ms,
		.no_answer = &no_answer };
	struct http_res res;
	int rc;

	strvec_add(&r.headers, "x-aws-ec2-metadata-token-ttl-seconds: 21600");
	rc = creds_send(m->http, &r, &res, err);
	/* the answer is lost on its way into containers, the old way works */
	if (rc < 0 && !(no_answer && v1))
		return err_set(err, E_NOTFOUND, "instance metadata: %s",
		    err_text(err));
	if (rc < 0)
		return 0;
	m->patience_ms = 0;
	old = res.status == 403 || res.status == 404 || res.status == 405;
	if (res.status == 200 && res.body.len) {
		strbuf_rtrim(&res.body);
		m->token = xstrdup(res.body.buf);
	} else if (!old || !v1) {
		rc = err_set(err, E_NOTFOUND, "instance metadata: the token "
		    "request was answered with status %d", res.status);
	}
	creds_reply_release(&res);
	return rc;
}

static int get(const struct imds *m, const char *path, struct http_res *ret,
    struct err *err)
{
	CLEANUP(free_p) char *url = xasprintf("%s%s", m->base, path);
	struct creds_request r = { .method = "GET", .url = url,
		.metadata = true, .patience_ms = m->patience_ms };
	int status;

	if (m->token && creds_header(&r, "x-aws-ec2-metadata-token", m->token,
	    err) < 0)
		return E_NOTFOUND;
	if (creds_send(m->http, &r, ret, err) < 0)
		return err_set(err, E_NOTFOUND, "instance metadata: %s",
		    err_text(err));
	status = ret->status;
	if (status == 200)
		return 0;
	creds_reply_release(ret);
	return err_set(err, E_NOTFOUND, "instance metadata: '%s' was answered "
	    "with status %d", path, status);
}

static int open_imds(struct http *http, const struct aws_config *config,
    const char *p, struct imds *ret, struct err *err)
{
	int rc;

	ret->http = http;
	ret->patience_ms = creds_on_ec2() ? 0 : ELSEWHERE_MS;
	rc = find_base(config, p, &ret->base, err);
	return rc < 0 ? rc : get_token(ret, !v1_disabled(config, p), err);
}

/* ---- credentials --------------------------------------------------------- */

bool creds_imds_disabled(void)
{
	const char *v = getenv("AWS_EC2_METADATA_DISABLED");

	return v && *v && !streq(v, "false");
}

static bool applies(const struct creds_ctx *c)
{
	(void)c;
	return !creds_imds_disabled();
}

/* The path of the role's credentials; yours */
static int role_path(const struct imds *m, char **ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	struct http_res res;
	struct sv name, rest;
	int rc;

	rc = get(m, ROLES, &res, err);
	if (rc < 0)
		return rc;
	rest = sv_trim(strbuf_sv(&res.body));
	if (!sv_next(&rest, '\n', &name) || name.n > NAME_MAX_BYTES) {
		http_res_release(&res);
		return err_set(err, E_NOTFOUND, "instance metadata: the "
		    "machine has no role");
	}
	strbuf_adds(&path, ROLES);
	url_encode(&path, sv_trim(name), NULL);
	*ret = strbuf_detach(&path);
	http_res_release(&res);
	return 0;
}

/* The service could not renew them; they may work a little longer. */
static void extend(struct sink *sink, struct creds *c)
{
	int64_t now = now_utc();
	uint32_t random;

	if (c->expires > now)
		return;
	rand_bytes(&random, sizeof(random));
	c->expires = now + 300 + random % 300;
	msg_warn(sink, "The credentials of this machine have expired and were "
	    "not renewed yet; they are tried for some minutes more.");
}

static int fetch(struct creds_ctx *c, struct creds *ret, struct err *err)
{
	CLEANUP(imds_release) struct imds m = { 0 };
	CLEANUP(free_p) char *path = NULL;
	struct http_res res;
	int rc;

	rc = open_imds(session_http(c->session), c->config, c->profile, &m,
	    err);
	if (rc == 0)
		rc = role_path(&m, &path, err);
	if (rc == 0)
		rc = get(&m, path, &res, err);
	if (rc < 0)
		return rc;
	rc = creds_json_metadata(strbuf_sv(&res.body), ret, err);
	creds_reply_release(&res);
	if (rc < 0)
		return err_wrap(err, "instance metadata");
	ret->source = xstrdup("instance metadata");
	extend(c->session->sink, ret);
	return 0;
}

const struct creds_provider creds_imds = { "instance metadata", applies,
	fetch };

/* ---- region -------------------------------------------------------------- */

static bool is_region(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n && n < 64 && !s[n];
}

int creds_imds_region(struct http *h, const struct aws_config *c, char **ret,
    struct err *err)
{
	CLEANUP(imds_release) struct imds m = { 0 };
	CLEANUP(json_free_p) cJSON *doc = NULL;
	const char *p = config_env_profile(), *region;
	struct http_res res;
	int rc;

	rc = open_imds(h, c, p ? p : "default", &m, err);
	if (rc == 0)
		rc = get(&m, DOCUMENT, &res, err);
	if (rc < 0)
		return rc;
	rc = creds_json_read(strbuf_sv(&res.body), &doc);
	creds_reply_release(&res);
	region = rc < 0 ? NULL : json_str(doc, "region");
	if (!region || !is_region(region))
		return err_set(err, E_NOTFOUND, "instance metadata: no region "
		    "in the identity document");
	*ret = xstrdup(region);
	return 0;
}
