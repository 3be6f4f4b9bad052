#include "app/ctx_elb.h"

static cJSON *shape(const cJSON *lb)
{
	static const char *const members[][2] = {
		{ "loadBalancerArn", "LoadBalancerArn" },
		{ "loadBalancerCanonicalHostedZoneId",
		    "CanonicalHostedZoneId" },
		{ "loadBalancerDnsName", "DNSName" },
		{ "vpcId", "VpcId" },
	};
	const char *kind = json_str(lb, "IpAddressType");
	cJSON *o = cJSON_CreateObject();

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		json_put_str(o, members[i][0], json_str(lb, members[i][1]));
	json_add_take(o, "securityGroupIds", elb_security_groups(lb));
	json_put_str(o, "ipAddressType",
	    kind && streq(kind, "ipv4") ? "ipv4" : "dualstack");
	return o;
}

int ctx_load_balancer(const struct lookup *q, cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *lb = NULL;
	struct aws *elb;
	int rc;

	if (!ctx_truthy(json_get(q->props, "loadBalancerArn")) &&
	    !ctx_truthy(json_get(q->props, "loadBalancerTags")))
		return err_set(err, E_CONFIG, "The load balancer lookup query "
		    "must specify either `loadBalancerArn` or "
		    "`loadBalancerTags`");
	rc = lookup_client(q, &elb, err);
	if (rc == 0)
		rc = elb_find_one(elb, q->props, &lb, err);
	if (rc < 0)
		return rc;
	*ret = shape(lb);
	return 0;
}
