#include "aws/session.h"

#include "aws/endpoint.h"
#include "aws/internal.h"
#include "net/url.h"
#include "util/file.h"
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

static void free_base(void *p)
{
	base_release(p);
	free(p);
}

/* A profile that serves several accounts is looked up once. */
static void take_profiles(struct aws_session *s, const cJSON *profiles)
{
	JSON_EACH(p, profiles) {
		struct base *b;

		if (!cJSON_IsString(p) || !*p->valuestring)
			continue;
		b = strmap_get(&s->profiles, p->valuestring);
		if (!b) {
			b = xmalloc(sizeof(*b));
			base_init(b, s, p->valuestring, "profiles");
			strmap_set(&s->profiles, p->valuestring, b);
		}
		strmap_set(&s->accounts, p->string, b);
	}
}

struct aws_session *aws_session_new(const struct aws_session_opts *o)
{
	struct aws_session *s = xcalloc(1, sizeof(*s));

	s->profile = dup_given(o->profile);
	s->region_option = dup_given(o->region);
	/* "" is no proxy, whatever the environment says */
	s->proxy = xstrdup0(o->proxy);
	s->ca_bundle = dup_given(o->ca_bundle);
	s->version = dup_given(o->version);
	s->sink = o->sink;
	s->region_from = dup_given(o->region_from);
	s->oidc = (struct oidc_opts){ dup_given(o->oidc_role),
		dup_given(o->oidc_variable), o->oidc_wanted };
	s->clients.free_value = client_free;
	s->profiles.free_value = free_base;
	base_init(&s->base, s, o->profile, o->profile_from);
	take_profiles(s, o->profiles);
	s->throttles = throttles_new();
	pthread_mutex_init(&s->setup, NULL);
	pthread_mutex_init(&s->clients_lock, NULL);
	creds_prepare_env(s->profile);
	return s;
}

void aws_session_free(struct aws_session *s)
{
	if (!s)
		return;
	strmap_release(&s->clients);
	throttles_free(s->throttles);
	http_free(s->http);
	config_release(&s->config);
	base_release(&s->base);
	strmap_release(&s->accounts);
	strmap_release(&s->profiles);
	pthread_mutex_destroy(&s->setup);
	pthread_mutex_destroy(&s->clients_lock);
	free(s->profile);
	free(s->region_option);
	secret_free(s->proxy);
	free(s->ca_bundle);
	free(s->version);
	free(s->region);
	free(s->region_from);
	free(s->oidc.role);
	free(s->oidc.variable);
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

		/* the reference passes over it, which is hard to find out */
		if (ca && *ca && !file_exists(ca))
			msg_warn(s->sink, "There is no CA bundle '%s': the "
			    "system's certificates are used instead.", ca);
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
	CLEANUP(free_p) char *from = NULL, *found = NULL;
	const char *v = config_region(&s->config, s->region_option,
	    s->profile, &from);
	const char *p = s->profile ? s->profile : config_env_profile();

	if (!v && (v = found = machine_region(s)))
		from = xstrdup("instance metadata");
	if (!v) {
		v = "us-east-1";
		from = xstrdup("built-in default");
		msg_debug(s->sink, "Unable to determine AWS region from "
		    "environment or AWS configuration (profile: \"%s\"), "
		    "defaulting to '%s'", p ? p : "default", v);
	}
	s->region = xstrdup(v);
	if (s->region_option && s->region_from)
		return;
	free(s->region_from);
	s->region_from = TAKE(from);
}

static void configure(struct aws_session *s)
{
	pthread_mutex_lock(&s->setup);
	if (!s->configured) {
		int64_t began = mono_us();

		config_load(&s->config);
		TRACE(TRACE_CREDS, "shared files read, %lld us",
		    (long long)(mono_us() - began));
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

const char *aws_session_region_from(struct aws_session *s)
{
	configure(s);
	return s->region_from;
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

struct http *aws_session_http(struct aws_session *s)
{
	return session_http(s);
}

/* ---- base credentials and who they are ----------------------------------- */

int aws_session_account(struct aws_session *s, const char **ret_account,
    const char **ret_partition, struct err *err)
{
	return base_account(&s->base, ret_account, ret_partition, err);
}

int aws_session_account_for(struct aws_session *s, const char *target,
    const char **ret_account, struct err *err)
{
	return base_account(session_base(s, target), ret_account, NULL, err);
}

static const char *partition_for(struct aws_session *s, const char *account)
{
	const char *partition = "aws";

	if (base_account(session_base(s, account), NULL, &partition, NULL) < 0)
		return "aws";
	return partition;
}

const char *aws_session_partition(struct aws_session *s)
{
	return partition_for(s, NULL);
}

void aws_identity_release(struct aws_identity *i)
{
	free(i->account);
	free(i->partition);
	free(i->arn);
	free(i->user_id);
	free(i->access_key_id);
	free(i->source);
	free(i->profile);
	free(i->profile_from);
	*i = (struct aws_identity){ 0 };
}

/* The profile that was asked for, by whatever. */
static void name_profile(const struct base *b, struct aws_identity *ret)
{
	static const char *const names[] = { "AWS_PROFILE",
		"AWS_DEFAULT_PROFILE" };

	ret->profile = xstrdup0(b->profile);
	ret->profile_from = xstrdup0(b->profile_from);
	for (size_t i = 0; i < ARRAY_SIZE(names) && !ret->profile; i++) {
		const char *v = getenv(names[i]);

		if (v && *v) {
			ret->profile = xstrdup(v);
			ret->profile_from = xstrdup(names[i]);
		}
	}
}

static int identify(struct base *b, struct aws_identity *ret, struct err *err)
{
	CLEANUP(creds_release) struct creds c = { 0 };
	struct aws a;
	int rc;

	rc = base_creds(b, &c, err);
	if (rc < 0)
		return rc;
	free(ret->access_key_id);
	free(ret->source);
	ret->access_key_id = xstrdup(c.access_key_id);
	ret->source = xstrdup(c.source);
	ret->expires = c.expires;
	client_init(&a, b->session, aws_session_region(b->session), &c);
	rc = account_identity(&a, ret, err);
	client_release(&a);
	return rc;
}

int aws_session_identify(struct aws_session *s, const char *account,
    struct aws_identity *ret, struct err *err)
{
	struct base *b = session_base(s, account);
	CLEANUP(err_release) struct err e = { 0 };
	int rc;

	*ret = (struct aws_identity){ 0 };
	name_profile(b, ret);
	rc = identify(b, ret, &e);
	if (rc < 0 && err_is_expired(&e) &&
	    base_renew(b, ret->access_key_id)) {
		err_release(&e);
		rc = identify(b, ret, &e);
	}
	if (rc < 0 && err_is_expired(&e))
		base_tell_expired(b);
	if (rc < 0)
		err_move(err, &e);
	/* keys of the environment and a build system's role come first */
	if (ret->source && !strstr(ret->source, "profile '")) {
		free(TAKE(ret->profile));
		free(TAKE(ret->profile_from));
	}
	return rc;
}

void aws_session_accounts(struct aws_session *s, struct strvec *ret)
{
	STRMAP_EACH(&s->accounts, e)
		strvec_add(ret, e->key);
}

int aws_session_resolve(struct aws_session *s, const char *account,
    const char *region, char **ret_account, char **ret_region,
    struct err *err)
{
	if (!account || !*account || streq(account, "unknown-account")) {
		if (aws_session_account(s, &account, NULL, NULL) < 0) {
			base_explain(&s->base);
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
	return str_replace(b, "${AWS::Partition}", partition_for(s, account));
}
