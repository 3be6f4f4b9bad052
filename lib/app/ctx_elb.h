/*
 * Finding load balancers, for the two providers that start from them.
 */
#ifndef CCDK_APP_CTX_ELB_H
#define CCDK_APP_CTX_ELB_H

#include "app/ctx.h"

/*
 * A list of those that filter names by loadBalancerArn, loadBalancerTags and
 * loadBalancerType, as described; *ret is yours.
 */
MUST_USE int elb_find(struct aws *elb, const cJSON *filter, cJSON **ret,
    struct err *err);
/* The same where it must be exactly one. */
MUST_USE int elb_find_one(struct aws *elb, const cJSON *filter, cJSON **ret,
    struct err *err);
/* Its security groups, [] without; yours. */
cJSON *elb_security_groups(const cJSON *load_balancer);
/* For aws_pages(): appends the item to the list u. */
int elb_collect(void *u, const cJSON *item);

#endif
