#include "app/ctx.h"

int ctx_availability_zones(const struct lookup *q, cJSON **ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *out = NULL, *zones = NULL;
	struct aws *ec2;
	int rc;

	msg_debug(q->app->sink, "Reading AZs for %s:%s", q->account,
	    q->region);
	rc = lookup_client(q, &ec2, err);
	if (rc == 0)
		rc = aws_call(ec2, OP_EC2_DESCRIBE_AVAILABILITY_ZONES, NULL,
		    &out, err);
	if (rc < 0)
		return rc;
	zones = cJSON_CreateArray();
	JSON_EACH(z, json_get(out, "AvailabilityZones")) {
		const char *state = json_str(z, "State");

		if (state && streq(state, "available"))
			json_push_take(zones,
			    json_dup(json_get(z, "ZoneName")));
	}
	*ret = TAKE(zones);
	return 0;
}
