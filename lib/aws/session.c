#include "aws/session.h"

#include "aws/endpoint.h"
#include "aws/internal.h"
#include "net/url.h"
#include "util/timeutil.h"
#include "util/trace.h"

/* What AWS-side logs and policies of the reference's users look for. */
#define REFERENCE_AGENT "aws-cdk/2.1148.1"

/* CI says it, or a build system that is known by another variable. */
static bool in_ci(void)
{
	static const char *const known[] = { "TF_BUILD", "TEAMCITY_VERSION",
		"GITHUB_ACTION", "CODEBUILD_BUILD_ID", "CIRCLECI",
		"EXECUTOR_NUMBER", NULL };
	const char *ci = getenv("CI");

	return (ci && !streq(ci, "false") && !streq(ci, "0")) ||
	    config_first_env(known);
}

/* The one place where the user agent is put together. */
static char *user_agent(const struct aws_session *s)
{
	return xasprintf("ccdk/%s " REFERENCE_AGENT "%s",
	    s->version ? s->version : "0", in_ci() ? " aws-cdk/ci#true" : "");
}

/* ---- life ---------------------------------------------------------------- */

static char *dup_given(const char *s)
{
	return s && *s ? xstrdup(s) : NULL;
}

static void client_free(void *p)
{
	client_release(p);
	free(p);
}

struct aws_session *aws_session_new(const struct aws_session_opts *o)
{
	struct aws_session *s = xcalloc(1, sizeof(*s));

	s->profile = dup_given(o->profile);
	s->region_option = dup_given(o->region);
	s->proxy = dup_given(o->proxy);
	s->ca_bundle = dup_given(o->ca_bundle);
	s->version = dup_given(o->version);
	s->sink = o->sink;
	s->clients.free_value = client_free;
	pthread_mutex_init(&s->setup, NULL);
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->clients_lock, NULL);
	creds_prepare_env(s->profile);
	return s;
}

void aws_session_free(struct aws_session *s)
{
	if (!s)
		return;
	strmap_release(&s->clients);
	http_free(s->http);
	config_release(&s->config);
	creds_release(&s->base);
	err_release(&s->base_err);
	err_release(&s->account_err);
	pthread_mutex_destroy(&s->setup);
	pthread_mutex_destroy(&s->lock);
	pthread_mutex_destroy(&s->clients_lock);
	free(s->profile);
	free(s->region_option);
	free(s->proxy);
	free(s->ca_bundle);
	free(s->version);
	free(s->region);
	free(s->account);
	free(s->partition);
	free(s);
}

/* ---- configuration ------------------------------------------------------- */

/* With setup held. */
static struct http *start_http(struct aws_session *s)
{
	if (!s->http) {
		CLEANUP(free_p) char *agent = user_agent(s);
		const char *ca = s->ca_bundle ? s->ca_bundle :
		    config_ca_bundle(&s->config, s->profile);
		struct http_opts o = { s->proxy, ca, agent };

		s->http = http_new(&o);
	}
	return s->http;
}

/* NULL elsewhere than on EC2, where nothing is asked. */
static char *machine_region(struct aws_session *s)
{
	CLEANUP(err_release) struct err e = { 0 };
	char *found = NULL;

	if (creds_imds_disabled() || !creds_on_ec2())
		return NULL;
	if (creds_imds_region(start_http(s), &s->config, &found, &e) < 0) {
		msg_debug(s->sink, "Unable to retrieve AWS region from IMDS: "
		    "%s", err_text(&e));
		return NULL;
	}
	msg_debug(s->sink, "AWS region from IMDS: %s", found);
	return found;
}

static void find_region(struct aws_session *s)
{
	const char *v = config_region(&s->config, s->region_option,
	    s->profile);
	const char *p = s->profile ? s->profile : config_env_profile();
	CLEANUP(free_p) char *found = v ? NULL : machine_region(s);

	if (found)
		v = found;
	if (!v) {
		v = "us-east-1";
		msg_debug(s->sink, "Unable to determine AWS region from "
		    "environment or AWS configuration (profile: \"%s\"), "
		    "defaulting to '%s'", p ? p : "default", v);
	}
	s->region = xstrdup(v);
}

static void configure(struct aws_session *s)
{
	pthread_mutex_lock(&s->setup);
	if (!s->configured) {
		config_load(&s->config);
		find_region(s);
		s->configured = true;
	}
	pthread_mutex_unlock(&s->setup);
}

const struct aws_config *session_config(struct aws_session *s)
{
	configure(s);
	return &s->config;
}

const char *aws_session_region(struct aws_session *s)
{
	configure(s);
	return s->region;
}

struct http *session_http(struct aws_session *s)
{
	struct http *h;

	configure(s);
	pthread_mutex_lock(&s->setup);
	h = start_http(s);
	pthread_mutex_unlock(&s->setup);
	return h;
}

/* ---- base credentials ---------------------------------------------------- */

static bool ends_soon(const struct creds *c)
{
	return c->expires && c->expires - CREDS_MARGIN_S <= now_utc();
}

/*
 * With the lock held. Credentials that are short-lived by themselves (an
 * expired environment token, say) are asked for again once, not for ever.
 */
static int ensure_base(struct aws_session *s, struct err *err)
{
	struct creds fresh = { 0 };
	int rc;

	if (s->base.access_key_id &&
	    (!ends_soon(&s->base) || s->base_since == now_utc()))
		return 0;
	if (s->base_tried && !s->base.access_key_id) {
		if (err)
			err_copy(err, &s->base_err);
		return E_AUTH;
	}
	s->base_tried = true;
	rc = creds_base(s, &fresh, &s->base_err);
	if (rc < 0) {
		msg_debug(s->sink, "Unable to resolve AWS credentials: %s",
		    err_text(&s->base_err));
		s->base_explain = rc != E_NOTFOUND;
		if (err)
			err_copy(err, &s->base_err);
		return E_AUTH;
	}
	creds_release(&s->base);
	s->base = fresh;
	s->base_since = now_utc();
	TRACE(TRACE_CREDS, "base credentials from %s", fresh.source);
	return 0;
}

int session_base_creds(struct aws_session *s, struct creds *ret,
    struct err *err)
{
	int rc;

	pthread_mutex_lock(&s->lock);
	rc = ensure_base(s, err);
	if (rc == 0)
		creds_copy(ret, &s->base);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

void session_explain(struct aws_session *s)
{
	pthread_mutex_lock(&s->lock);
	if (s->base_explain)
		msg_warn(s->sink, "%s", err_text(&s->base_err));
	s->base_explain = false;
	pthread_mutex_unlock(&s->lock);
}

/* ---- default account ----------------------------------------------------- */

static void report_no_account(struct aws_session *s, const struct err *e)
{
	if (err_is_aws(e, "ExpiredToken") ||
	    err_is_aws(e, "ExpiredTokenException"))
		msg_warn(s->sink, "There are expired AWS credentials in your "
		    "environment. The CDK app will synth without current "
		    "account information.");
	else
		msg_debug(s->sink, "Unable to determine the default AWS "
		    "account (%s): %s",
		    e->aws_code ? e->aws_code : "Error", err_text(e));
}

/* With the lock held; asked once, whatever the outcome. */
static int ensure_account(struct aws_session *s, struct err *err)
{
	struct err *e = &s->account_err;

	if (!s->account_tried) {
		s->account_tried = true;
		if (ensure_base(s, e) < 0)
			e->code = E_NOTFOUND;
		else if (account_lookup(s, &s->base, &s->account,
		    &s->partition, &s->account_from_sts, e) < 0)
			report_no_account(s, e);
	}
	if (s->account)
		return 0;
	if (err) {
		err_copy(err, e);
		err->code = E_NOTFOUND;
	}
	return E_NOTFOUND;
}

int aws_session_account(struct aws_session *s, const char **ret_account,
    const char **ret_partition, struct err *err)
{
	int rc;

	pthread_mutex_lock(&s->lock);
	rc = ensure_account(s, err);
	if (rc == 0 && ret_account)
		*ret_account = s->account;
	if (rc == 0 && ret_partition)
		*ret_partition = s->partition;
	pthread_mutex_unlock(&s->lock);
	return rc;
}

const char *aws_session_partition(struct aws_session *s)
{
	const char *partition = "aws";

	if (aws_session_account(s, NULL, &partition, NULL) < 0)
		return "aws";
	return partition;
}

int aws_session_resolve(struct aws_session *s, const char *account,
    const char *region, char **ret_account, char **ret_region,
    struct err *err)
{
	if (!account || !*account || streq(account, "unknown-account")) {
		if (aws_session_account(s, &account, NULL, NULL) < 0) {
			session_explain(s);
			return err_set(err, E_AUTH, "Unable to resolve AWS "
			    "account to use. It must be either configured "
			    "when you define your CDK Stack, or through the "
			    "environment");
		}
	}
	if (!region || !*region || streq(region, "unknown-region"))
		region = aws_session_region(s);
	*ret_account = xstrdup(account);
	*ret_region = xstrdup(region);
	return 0;
}

char *aws_session_fill(struct aws_session *s, const char *text,
    const char *account, const char *region)
{
	CLEANUP(free_p) char *a = NULL, *b = NULL;

	a = str_replace(text, "${AWS::AccountId}", account);
	b = str_replace(a, "${AWS::Region}", region);
	/* the partition costs a look-up, so only when it is asked for */
	if (!strstr(b, "${AWS::Partition}"))
		return TAKE(b);
	return str_replace(b, "${AWS::Partition}", aws_session_partition(s));
}
