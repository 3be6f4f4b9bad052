#include "aws/endpoint.h"

#include "net/url.h"

static const struct {
	const char *prefix;
	struct partition p;
} partitions[] = {
	{ "cn-", { "aws-cn", "amazonaws.com.cn",
	    "api.amazonwebservices.com.cn", "cn-northwest-1" } },
	{ "us-gov-", { "aws-us-gov", "amazonaws.com", "api.aws",
	    "us-gov-west-1" } },
	{ "us-iso-", { "aws-iso", "c2s.ic.gov", "api.aws.ic.gov",
	    "us-iso-east-1" } },
	{ "us-isob-", { "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud",
	    "us-isob-east-1" } },
	{ "eu-isoe-", { "aws-iso-e", "cloud.adc-e.uk",
	    "api.cloud-aws.adc-e.uk", "eu-isoe-west-1" } },
	{ "us-isof-", { "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov",
	    "us-isof-south-1" } },
	{ "eusc-", { "aws-eusc", "amazonaws.eu",
	    "api.amazonwebservices.eu", "eusc-de-east-1" } },
	{ "", { "aws", "amazonaws.com", "api.aws", "us-east-1" } },
};

/* Services whose host or variable name is not simply their prefix. */
static const struct service {
	const char *name;
	const char *id;
	const char *host;   /* but not with dual stack; NULL: the name */
	bool dual_is_plain; /* one host name for both, see has_plain_dual() */
} services[] = {
	{ "ecr", "ECR", "api.ecr", false },
	{ "route53", "ROUTE_53", NULL, false },
	{ "elasticloadbalancing", "ELASTIC_LOAD_BALANCING_V2", NULL, false },
	{ "logs", "CLOUDWATCH_LOGS", NULL, false },
	{ "states", "SFN", NULL, false },
	{ "cloudcontrolapi", "CLOUDCONTROL", NULL, false },
	{ "secretsmanager", "SECRETS_MANAGER", NULL, true },
};

/*
 * Services with one endpoint per partition, and what signs for it. What is not
 * regular about their names is in global_host().
 */
static const struct global {
	const char *service, *partition, *host, *fips_host, *region;
} globals[] = {
	{ "iam", "aws", "iam.amazonaws.com", "iam-fips.amazonaws.com",
	    "us-east-1" },
	{ "iam", "aws-cn", "iam.cn-north-1.amazonaws.com.cn", NULL,
	    "cn-north-1" },
	{ "iam", "aws-us-gov", "iam.us-gov.amazonaws.com",
	    "iam.us-gov.amazonaws.com", "us-gov-west-1" },
	{ "iam", "aws-iso", "iam.us-iso-east-1.c2s.ic.gov",
	    "iam-fips.us-iso-east-1.c2s.ic.gov", "us-iso-east-1" },
	{ "iam", "aws-iso-b", "iam.us-isob-east-1.sc2s.sgov.gov",
	    "iam-fips.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1" },
	{ "iam", "aws-eusc", "iam.eusc-de-east-1.amazonaws.eu", NULL,
	    "eusc-de-east-1" },
	{ "route53", "aws", "route53.amazonaws.com",
	    "route53-fips.amazonaws.com", "us-east-1" },
	{ "route53", "aws-cn", "route53.amazonaws.com.cn", NULL,
	    "cn-northwest-1" },
	{ "route53", "aws-us-gov", "route53.us-gov.amazonaws.com",
	    "route53.us-gov.amazonaws.com", "us-gov-west-1" },
	{ "route53", "aws-iso", "route53.c2s.ic.gov", NULL,
	    "us-iso-east-1" },
	{ "route53", "aws-iso-b", "route53.sc2s.sgov.gov", NULL,
	    "us-isob-east-1" },
	{ "route53", "aws-eusc", "route53.amazonaws.eu", NULL,
	    "eusc-de-east-1" },
};

/* GovCloud names that are FIPS endpoints already: no "-fips" there. */
static const struct {
	const char *service, *region; /* NULL: both */
} gov_is_fips[] = {
	{ "cloudformation", NULL }, { "ec2", NULL },
	{ "elasticloadbalancing", NULL }, { "logs", NULL }, { "ssm", NULL },
	{ "states", "us-gov-west-1" }, { "sts", NULL },
};

const struct partition *endpoint_partition(const char *region)
{
	size_t i = 0;

	while (!str_starts(region, partitions[i].prefix))
		i++;
	return &partitions[i].p;
}

static const struct service *find_service(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		if (streq(services[i].name, name))
			return &services[i];
	}
	return NULL;
}

char *endpoint_service_id(const char *service)
{
	const struct service *s = find_service(service);
	char *id = xstrdup(s ? s->id : service);

	for (char *p = id; *p; p++) {
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
		else if (*p == '-' || *p == ' ')
			*p = '_';
	}
	return id;
}

/* A region goes into a host name, so it must not carry anything else. */
static bool is_host_label(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	return n && n <= 63 && !s[n] && s[0] != '-';
}

static const struct global *find_global(const char *service,
    const char *partition)
{
	for (size_t i = 0; i < ARRAY_SIZE(globals); i++) {
		if (streq(globals[i].service, service) &&
		    streq(globals[i].partition, partition))
			return &globals[i];
	}
	return NULL;
}

static char *s3_host(const struct endpoint_params *p,
    const struct partition *part)
{
	return xasprintf("s3%s%s.%s.%s", p->fips ? "-fips" : "",
	    p->dual_stack ? ".dualstack" : "", p->region, part->suffix);
}

static bool gov_plain_fips(const struct endpoint_params *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(gov_is_fips); i++) {
		if (streq(gov_is_fips[i].service, p->service))
			return !gov_is_fips[i].region ||
			    streq(gov_is_fips[i].region, p->region);
	}
	return false;
}

static bool has_plain_dual(const struct service *s, const struct partition *p,
    bool fips)
{
	return s && s->dual_is_plain && (streq(p->name, "aws") ||
	    streq(p->name, "aws-us-gov") || (streq(p->name, "aws-cn") && !fips));
}

static char *regional_host(const struct endpoint_params *p,
    const struct partition *part)
{
	const struct service *s = find_service(p->service);
	bool dual = p->dual_stack && !has_plain_dual(s, part, p->fips);
	const char *host = s && s->host && !dual ? s->host : p->service;
	bool fips = p->fips;

	if (fips && !dual && streq(part->name, "aws-us-gov") &&
	    gov_plain_fips(p))
		fips = false;
	return xasprintf("%s%s.%s.%s", host, fips ? "-fips" : "", p->region,
	    dual ? part->dual_suffix : part->suffix);
}

static char *global_host(const struct endpoint_params *p,
    const struct global *g, const struct partition *part)
{
	const char *fips = p->fips ? "-fips" : "";
	bool is_global = streq(part->name, "aws") || (!p->fips &&
	    (streq(part->name, "aws-cn") || streq(part->name, "aws-eusc")));

	if (p->dual_stack && streq(part->name, "aws-us-gov"))
		return xasprintf("%s.us-gov.%s", p->service,
		    part->dual_suffix);
	if (p->dual_stack)
		return xasprintf("%s%s%s.%s", p->service, fips,
		    is_global ? ".global" : "", part->dual_suffix);
	if (!p->fips)
		return xstrdup(g->host);
	if (g->fips_host)
		return xstrdup(g->fips_host);
	return xasprintf("%s-fips.%s", p->service, part->suffix);
}

/* A bucket that can be a host name label under a wildcard certificate. */
static bool bucket_is_label(const char *b)
{
	size_t n = strlen(b);

	return n >= 3 && n <= 63 &&
	    strspn(b, "abcdefghijklmnopqrstuvwxyz0123456789-") == n &&
	    b[0] != '-' && b[n - 1] != '-';
}

static bool is_ip(const char *host)
{
	return strchr(host, ':') || strspn(host, "0123456789.") == strlen(host);
}

static void place_bucket(const struct endpoint_params *p, const struct url *u,
    struct endpoint *e)
{
	char *joined;

	if (p->force_path_style || url_is_loopback(u) || is_ip(u->host) ||
	    !bucket_is_label(p->bucket)) {
		CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

		url_encode(&b, sv_from(p->bucket), NULL);
		joined = xasprintf("%s/%s", e->path, b.buf);
		free(e->path);
		e->path = joined;
		return;
	}
	joined = xasprintf("%s.%s", p->bucket, e->authority);
	free(e->authority);
	e->authority = joined;
	free(e->origin);
	e->origin = xasprintf("%s://%s", u->scheme, joined);
}

static int from_url(const struct endpoint_params *p, const char *text,
    struct endpoint *e, struct err *err)
{
	struct url u;
	size_t n;

	if (url_parse(text, &u, err) < 0)
		return err_set(err, E_CONFIG, "the endpoint of %s: %s",
		    p->service, err_text(err));
	e->authority = url_authority(&u);
	e->origin = xasprintf("%s://%s", u.scheme, e->authority);
	n = strlen(u.path);
	while (n && u.path[n - 1] == '/')
		n--;
	e->path = xstrndup(u.path, n);
	if (p->bucket)
		place_bucket(p, &u, e);
	url_release(&u);
	return 0;
}

int endpoint_find(const struct endpoint_params *p, struct endpoint *ret,
    struct err *err)
{
	const struct partition *part = endpoint_partition(p->region);
	const struct global *g = find_global(p->service, part->name);
	CLEANUP(free_p) char *host = NULL, *text = NULL;
	struct endpoint e = { 0 };

	if (!is_host_label(p->region))
		return err_set(err, E_CONFIG, "'%s' is not a region",
		    p->region);
	if (p->override) {
		g = NULL;
		text = xstrdup(p->override);
	} else {
		if (g)
			host = global_host(p, g, part);
		else if (streq(p->service, "s3"))
			host = s3_host(p, part);
		else
			host = regional_host(p, part);
		text = xasprintf("https://%s", host);
	}
	if (from_url(p, text, &e, err) < 0) {
		endpoint_release(&e);
		return E_CONFIG;
	}
	e.signing_region = xstrdup(g ? g->region : p->region);
	*ret = e;
	return 0;
}

void endpoint_release(struct endpoint *e)
{
	free(e->origin);
	free(e->authority);
	free(e->path);
	free(e->signing_region);
	*e = (struct endpoint){ 0 };
}

/* ---- configuration ------------------------------------------------------- */

static const char *sdk_profile(void)
{
	const char *p = config_env_profile();

	return p ? p : "default";
}

static char *from_services(const struct aws_config *c, const char *id)
{
	const char *name = config_get(c, sdk_profile(), "services");
	const struct ini_section *s = name ?
	    config_named(c, "services", name) : NULL;
	CLEANUP(free_p) char *lower = str_lower(id);
	CLEANUP(free_p) char *key = xasprintf("%s.endpoint_url", lower);

	return s ? xstrdup0(ini_get(s, key)) : NULL;
}

char *endpoint_override(const struct aws_config *c, const char *service)
{
	const char *ignore = getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
	CLEANUP(free_p) char *id = endpoint_service_id(service);
	CLEANUP(free_p) char *name = xasprintf("AWS_ENDPOINT_URL_%s", id);
	const char *v = getenv(name);
	char *found;

	if (ignore && streq(ignore, "true"))
		return NULL;
	if (!v || !*v)
		v = getenv("AWS_ENDPOINT_URL");
	if (v && *v)
		return xstrdup(v);
	found = from_services(c, id);
	if (found)
		return found;
	return xstrdup0(config_get(c, sdk_profile(), "endpoint_url"));
}

static int read_flag(const struct aws_config *c, const char *env,
    const char *key, bool *ret, struct err *err)
{
	const char *v = getenv(env);
	const char *kind = "env", *name = env;

	if (!v) {
		v = config_get(c, sdk_profile(), key);
		kind = "shared config entry";
		name = key;
	}
	*ret = v && streq(v, "true");
	if (v && !*ret && !streq(v, "false"))
		return err_set(err, E_CONFIG, "Cannot load %s \"%s\". "
		    "Expected \"true\" or \"false\", got %s.", kind, name, v);
	return 0;
}

int endpoint_flags(const struct aws_config *c, bool *ret_fips,
    bool *ret_dual_stack, struct err *err)
{
	if (read_flag(c, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint",
	    ret_fips, err) < 0)
		return E_CONFIG;
	return read_flag(c, "AWS_USE_DUALSTACK_ENDPOINT",
	    "use_dualstack_endpoint", ret_dual_stack, err);
}
