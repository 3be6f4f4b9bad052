#include "app/lookup.h"

#include "app/ctx.h"
#include "util/pool.h"

/* Apps ask for a handful of values; more at once would only be throttled. */
#define THREADS 8

const struct lookup_provider lookup_providers[] = {
	{ "ami", ctx_ami, ctx_ami_announce },
	{ "availability-zones", ctx_availability_zones, NULL },
	{ "cc-api-provider", ctx_cc_api, NULL },
	{ "endpoint-service-availability-zones", ctx_endpoint_service_zones,
	    NULL },
	{ "hosted-zone", ctx_hosted_zone, NULL },
	{ "key-provider", ctx_key, NULL },
	{ "load-balancer", ctx_load_balancer, NULL },
	{ "load-balancer-listener", ctx_listener, NULL },
	{ "security-group", ctx_security_group, NULL },
	{ "ssm", ctx_ssm, NULL },
	{ "vpc-provider", ctx_vpc, NULL },
	{ 0 }
};

struct job {
	struct app *app;
	const char *key;
	const cJSON *props; /* as the app wrote them */
	const struct lookup_provider *provider;
	cJSON *value; /* the answer */
};

static const struct lookup_provider *find(const char *name)
{
	const struct lookup_provider *p = lookup_providers;

	for (; p->name; p++)
		if (streq(p->name, name))
			return p;
	return NULL;
}

/* The form in which the framework expects a failed lookup. */
static cJSON *provider_error(const char *text)
{
	cJSON *o = cJSON_CreateObject();

	json_put_str(o, "$providerError", text);
	json_put_bool(o, "$dontSaveContext", true);
	return o;
}

/* ---- one question -------------------------------------------------------- */

int lookup_client(const struct lookup *q, struct aws **ret, struct err *err)
{
	struct aws_session *session = app_aws(q->app);
	CLEANUP(free_p) char *account = NULL, *region = NULL;
	const struct aws_role role = {
		.arn = json_str(q->props, "lookupRoleArn"),
		.external_id = json_str(q->props, "lookupRoleExternalId"),
		.options = json_get(q->props, "assumeRoleAdditionalOptions"),
	};
	int rc;

	if (!ctx_truthy(json_get(q->props, "account")))
		return err_set(err, E_CONFIG, "Unable to resolve AWS account "
		    "to use. It must be either configured when you define "
		    "your CDK Stack, or through the environment");
	rc = aws_session_resolve(session, q->account, q->region, &account,
	    &region, err);
	if (rc < 0)
		return rc;
	return aws_client_get(session, account, region, AWS_READ,
	    role.arn ? &role : NULL, ret, NULL, err);
}

/* The props with the role's placeholders replaced. */
static int fill_props(const struct job *j, cJSON **ret, struct err *err)
{
	struct aws_session *session = app_aws(j->app);
	const char *account = json_str(j->props, "account");
	const char *region = json_str(j->props, "region");
	const char *role = json_str(j->props, "lookupRoleArn");
	CLEANUP(free_p) char *a = NULL, *r = NULL, *arn = NULL;

	if (account && region) {
		int rc = aws_session_resolve(session, account, region, &a, &r,
		    err);

		if (rc < 0)
			return rc;
	}
	*ret = json_dup(j->props);
	if (!role)
		return 0;
	arn = aws_session_fill(session, role, a ? a : "?", r ? r : "?");
	json_put_str(*ret, "lookupRoleArn", arn);
	return 0;
}

static int ask(const struct job *j, cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *props = NULL;
	CLEANUP(free_p) char *account = NULL, *region = NULL;
	struct lookup q = { .app = j->app };
	int rc = fill_props(j, &props, err);

	if (rc < 0)
		return rc;
	account = ctx_text(props, "account");
	region = ctx_text(props, "region");
	q.props = props;
	q.account = account;
	q.region = region;
	return j->provider->query(&q, ret, err);
}

static void run_job(void *arg)
{
	struct job *j = arg;
	CLEANUP(err_release) struct err failure = { 0 };

	if (ask(j, &j->value, &failure) < 0)
		j->value = provider_error(err_text(&failure));
}

static void announce(const struct job *j)
{
	CLEANUP(free_p) char *account = ctx_text(j->props, "account");
	CLEANUP(free_p) char *region = ctx_text(j->props, "region");
	const struct lookup q = { .app = j->app, .props = j->props,
		.account = account, .region = region };

	if (j->provider->announce)
		j->provider->announce(&q);
}

/* ---- all of them --------------------------------------------------------- */

static int job_init(struct app *app, const cJSON *entry, struct job *ret,
    struct err *err)
{
	const char *name = json_str(entry, "provider");

	ret->app = app;
	ret->key = json_str(entry, "key");
	ret->props = json_get(entry, "props");
	if (!ret->key || !name)
		return err_set(err, E_INVALID, "the cloud assembly's list of "
		    "missing context has an entry without key or provider");
	if (streq(name, "plugin") || str_starts(name, "plugin:"))
		return err_set(err, E_CONFIG, "Unrecognized plugin context "
		    "provider name: %s.", name);
	ret->provider = find(name);
	if (!ret->provider)
		return err_set(err, E_CONFIG, "Unrecognized context provider "
		    "name: %s. You might need to update the toolkit to match "
		    "the version of the construct library.", name);
	return 0;
}

static void run_all(struct job *jobs, size_t n)
{
	CLEANUP(pool_free_p) struct pool *pool = NULL;

	if (n == 1) {
		announce(jobs);
		run_job(jobs);
		return;
	}
	pool = pool_new((unsigned)MIN(n, THREADS));
	for (size_t i = 0; i < n; i++)
		announce(&jobs[i]);
	for (size_t i = 0; i < n; i++)
		pool_submit(pool, run_job, &jobs[i]);
	pool_wait(pool);
}

static void store(struct app *app, struct job *j)
{
	CLEANUP(free_p) char *text = json_text(j->value, 0);

	msg_debug(app->sink, "Setting \"%s\" context to %s", j->key, text);
	context_set_take(&app->context, j->key, TAKE(j->value));
}

int lookup_all(struct app *app, const cJSON *missing, struct err *err)
{
	size_t n = (size_t)cJSON_GetArraySize(missing), i = 0;
	CLEANUP(free_p) struct job *jobs = xcalloc(n + 1, sizeof(*jobs));

	JSON_EACH(entry, missing) {
		int r = job_init(app, entry, &jobs[i++], err);

		if (r < 0)
			return r;
	}
	/* made here, before several threads want it */
	(void)app_aws(app);
	if (n)
		run_all(jobs, n);
	for (i = 0; i < n; i++)
		store(app, &jobs[i]);
	return app->scratch ? 0 : context_save(&app->context, err);
}
