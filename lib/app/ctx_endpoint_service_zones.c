#include "app/ctx.h"

int ctx_endpoint_service_zones(const struct lookup *q, cJSON **ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	cJSON *names = cJSON_CreateArray();
	CLEANUP(free_p) char *service = ctx_text(q->props, "serviceName");
	const cJSON *zones;
	struct aws *ec2;
	int rc;

	json_add_take(in, "ServiceNames", names);
	json_push_take(names, cJSON_CreateString(service));
	msg_debug(q->app->sink, "Reading AZs for %s:%s:%s", q->account,
	    q->region, service);
	rc = lookup_client(q, &ec2, err);
	if (rc == 0)
		rc = aws_call(ec2, OP_EC2_DESCRIBE_VPC_ENDPOINT_SERVICES, in,
		    &out, err);
	if (rc < 0)
		return rc;
	zones = json_at(out, "ServiceDetails.0.AvailabilityZones");
	*ret = zones ? json_dup(zones) : cJSON_CreateArray();
	return 0;
}
