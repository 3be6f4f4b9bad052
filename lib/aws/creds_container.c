/*
 * Credentials of a container's task or pod: an address in the environment,
 * which must be a local one unless it is https.
 */
#include "aws/creds_json.h"
#include "aws/internal.h"
#include "net/url.h"
#include "util/file.h"

#define ECS_HOST "169.254.170.2"
#define EKS_HOST "169.254.170.23"
#define EKS_HOST_6 "fd00:ec2::23"
#define TOKEN_MAX ((size_t)64 << 10)

static const char *env(const char *name)
{
	const char *const names[] = { name, NULL };

	return config_first_env(names);
}

static bool applies(const struct creds_ctx *c)
{
	(void)c;
	return env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") ||
	    env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
}

/* 127.0.0.0/8 in four parts */
static bool is_127(const char *host)
{
	struct sv rest = sv_from(host), part;
	int64_t v = 0;
	size_t n = 0;

	while (sv_next(&rest, '.', &part)) {
		CLEANUP(free_p) char *text = sv_dup(part);

		if (!part.n || part.n > 3 || !str_to_int64(text, &v) ||
		    v < 0 || v > 255 || (n == 0 && v != 127))
			return false;
		n++;
	}
	return n == 4;
}

static bool host_is_local(const char *host)
{
	static const char *const hosts[] = { ECS_HOST, EKS_HOST, EKS_HOST_6,
		"localhost", "::1",
		"0000:0000:0000:0000:0000:0000:0000:0001" };

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		if (streq(host, hosts[i]))
			return true;
	}
	return is_127(host);
}

/* *ret is put together from what was checked, so that nobody else can read the
 * text differently; yours. */
static int check_url(const char *text, char **ret, struct err *err)
{
	CLEANUP(free_p) char *authority = NULL;
	struct url u;
	bool good;

	if (url_parse(text, &u, err) < 0)
		return err_set(err, E_INVALID, "the address of the container "
		    "credentials is no http or https URL");
	good = streq(u.scheme, "https") || host_is_local(u.host);
	authority = url_authority(&u);
	if (good)
		*ret = xasprintf("%s://%s%s%s%s", u.scheme, authority, u.path,
		    u.query ? "?" : "", u.query ? u.query : "");
	url_release(&u);
	if (good)
		return 0;
	return err_set(err, E_INVALID, "URL not accepted. It must either be "
	    "HTTPS or match one of the following:\n"
	    "  - loopback CIDR 127.0.0.0/8 or [::1/128]\n"
	    "  - ECS container host " ECS_HOST "\n"
	    "  - EKS container host " EKS_HOST " or [" EKS_HOST_6 "]");
}

static int authorize(struct creds_request *r, struct err *err)
{
	const char *file = env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	const char *token = env("AWS_CONTAINER_AUTHORIZATION_TOKEN");
	struct strbuf text = STRBUF_INIT;
	int rc;

	if (!file)
		return token ? creds_header(r, "Authorization", token, err) :
		    0;
	/* read anew each time: it is rotated */
	rc = file_read(file, TOKEN_MAX, &text, NULL);
	if (rc < 0) {
		strbuf_release(&text);
		return err_set(err, E_INVALID, "the authorization token of "
		    "the container cannot be read from '%s'", file);
	}
	strbuf_rtrim(&text);
	rc = creds_header(r, "Authorization", text.buf, err);
	if (text.cap)
		explicit_bzero(text.buf, text.len);
	strbuf_release(&text);
	return rc;
}

static int ask(struct creds_ctx *c, const char *url, struct creds *ret,
    struct err *err)
{
	struct creds_request r = { .method = "GET", .url = url,
		.metadata = true, .attempts = 4, .pause_ms = 1000 };
	struct http_res res;
	int rc;

	rc = authorize(&r, err);
	if (rc < 0)
		return rc;
	rc = creds_send(session_http(c->session), &r, &res, err);
	if (rc < 0)
		return err_set(err, E_INVALID, "container credentials: %s",
		    err_text(err));
	if (res.status != 200)
		rc = err_set(err, E_INVALID, "container credentials: server "
		    "responded with status: %d", res.status);
	else if (creds_json_metadata(strbuf_sv(&res.body), ret, err) < 0)
		rc = err_set(err, E_INVALID, "container credentials: %s",
		    err_text(err));
	creds_reply_release(&res);
	if (rc == 0)
		ret->source = xstrdup("container");
	return rc;
}

static int fetch(struct creds_ctx *c, struct creds *ret, struct err *err)
{
	const char *relative = env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	CLEANUP(free_p) char *given = NULL, *url = NULL;

	if (!relative && !full)
		return err_set(err, E_NOTFOUND, "no container credentials: "
		    "neither AWS_CONTAINER_CREDENTIALS_FULL_URI nor "
		    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is set");
	given = relative ? xasprintf("http://" ECS_HOST "%s", relative) :
	    xstrdup(full);
	/* a relative one without its slash would change the host */
	if (check_url(given, &url, err) < 0)
		return E_INVALID;
	return ask(c, url, ret, err);
}

const struct creds_provider creds_container = { "container", applies, fetch };
