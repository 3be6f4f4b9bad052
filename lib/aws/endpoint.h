/*
 * Where a service is: partitions, the AWS_ENDPOINT_URL family, FIPS, dual
 * stack and S3's two ways to name a bucket.
 */
#ifndef CCDK_AWS_ENDPOINT_H
#define CCDK_AWS_ENDPOINT_H

#include "aws/config.h"

struct endpoint_params {
	const char *service;  /* endpoint prefix as in ops.def */
	const char *region;
	const char *override; /* a whole URL instead, or NULL */
	bool fips, dual_stack;
	const char *bucket;   /* S3: put into host or path; NULL: neither */
	bool force_path_style;
};

struct endpoint {
	char *origin;	 /* "https://host:port" */
	char *authority; /* "host:port", what Host says */
	char *path;	 /* "" or "/prefix" or "/bucket" */
	char *signing_region;
};

/* Pure. E_CONFIG when the override is no URL or the region no host name. */
MUST_USE int endpoint_find(const struct endpoint_params *p,
    struct endpoint *ret, struct err *err);
void endpoint_release(struct endpoint *e);

struct partition {
	const char *name; /* "aws" */
	const char *suffix, *dual_suffix;
	const char *global_region;
};

/* By the region's form; unknown ones are in "aws". */
const struct partition *endpoint_partition(const char *region);

/* "ROUTE_53" for "route53": the end of AWS_ENDPOINT_URL_<X> */
char *endpoint_service_id(const char *service);
/*
 * The configured URL of a service or NULL: environment (service, then global),
 * "services" section, endpoint_url of the profile named by AWS_PROFILE. Yours.
 */
char *endpoint_override(const struct aws_config *c, const char *service);
/* AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT or the profile's. */
MUST_USE int endpoint_flags(const struct aws_config *c, bool *ret_fips,
    bool *ret_dual_stack, struct err *err);

#endif
