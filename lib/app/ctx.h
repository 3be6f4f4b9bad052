/*
 * The context providers and what they share. Every provider answers one kind
 * of question with the value the reference stores for it; texts of failures
 * are the reference's.
 */
#ifndef CCDK_APP_CTX_H
#define CCDK_APP_CTX_H

#include "app/lookup.h"
#include "aws/call.h"

int ctx_ami(const struct lookup *q, cJSON **ret, struct err *err);
void ctx_ami_announce(const struct lookup *q);
int ctx_availability_zones(const struct lookup *q, cJSON **ret,
    struct err *err);
int ctx_cc_api(const struct lookup *q, cJSON **ret, struct err *err);
int ctx_endpoint_service_zones(const struct lookup *q, cJSON **ret,
    struct err *err);
int ctx_hosted_zone(const struct lookup *q, cJSON **ret, struct err *err);
int ctx_key(const struct lookup *q, cJSON **ret, struct err *err);
int ctx_load_balancer(const struct lookup *q, cJSON **ret, struct err *err);
int ctx_listener(const struct lookup *q, cJSON **ret, struct err *err);
int ctx_security_group(const struct lookup *q, cJSON **ret, struct err *err);
int ctx_ssm(const struct lookup *q, cJSON **ret, struct err *err);
int ctx_vpc(const struct lookup *q, cJSON **ret, struct err *err);

/* ---- shared -------------------------------------------------------------- */

/* Of a value an app wrote: what counts as true in JavaScript. */
bool ctx_truthy(const cJSON *v);
/* A member as text in a message; "undefined" when absent. Yours. */
char *ctx_text(const cJSON *o, const char *key);
/* Appends {Name, Values} to in's list of Filters; consumes values. */
void ctx_filter_take(cJSON *in, const char *name, cJSON *values);
void ctx_filter(cJSON *in, const char *name, const char *value);

/* ---- pure parts, for the tests ------------------------------------------- */

/* The id of the newest image; NULL when there is none. Borrowed. */
const char *ctx_newest_image(const cJSON *images);
/* All traffic may go out, to IPv4 and to IPv6? */
bool ctx_allows_all_outbound(const cJSON *security_group);
/*
 * The stored value of a VPC: vpc as described, its subnets and route tables;
 * vpn_gateways may be NULL. props are the question's.
 */
MUST_USE int ctx_vpc_shape(const cJSON *props, const cJSON *vpc,
    const cJSON *subnets, const cJSON *route_tables,
    const cJSON *vpn_gateways, cJSON **ret, struct err *err);
/* Those of zones with this name (final dot or not) and visibility; yours. */
cJSON *ctx_zones_filter(const cJSON *zones, const char *domain,
    bool private_zone);
/*
 * "a.b.c" below o; E_INVALID with the reference's text when there is no such
 * member. *ret is borrowed.
 */
MUST_USE int ctx_member(const cJSON *o, const char *path, const cJSON **ret,
    struct err *err);

#endif
