#include "app/ctx.h"

static int find_vpc(const struct lookup *q, struct aws *ec2, cJSON **ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	CLEANUP(free_p) char *props = json_text(q->props, 0);
	const cJSON *vpcs;
	int n, rc;

	msg_debug(q->app->sink, "Listing VPCs in %s:%s", q->account,
	    q->region);
	JSON_EACH(f, json_get(q->props, "filter")) {
		cJSON *values = cJSON_CreateArray();

		json_push_take(values, json_dup(f));
		ctx_filter_take(in, f->string, values);
	}
	rc = aws_call(ec2, OP_EC2_DESCRIBE_VPCS, in, &out, err);
	if (rc < 0)
		return rc;
	vpcs = json_get(out, "Vpcs");
	n = cJSON_GetArraySize(vpcs);
	if (n == 0)
		return err_set(err, E_NOTFOUND,
		    "Could not find any VPCs matching %s", props);
	if (n > 1)
		return err_set(err, E_NOTFOUND, "Found %d VPCs matching %s; "
		    "please narrow the search criteria", n, props);
	*ret = json_dup(vpcs->child);
	return 0;
}

static int describe(struct aws *ec2, enum aws_op_id op, const char *vpc,
    cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();

	ctx_filter(in, "vpc-id", vpc);
	return aws_call(ec2, op, in, ret, err);
}

static int describe_vpn(const struct lookup *q, struct aws *ec2,
    const char *vpc, cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	const cJSON *wanted = json_get(q->props, "returnVpnGateways");

	if (wanted && !cJSON_IsNull(wanted) && !ctx_truthy(wanted))
		return 0;
	ctx_filter(in, "attachment.vpc-id", vpc);
	ctx_filter(in, "attachment.state", "attached");
	ctx_filter(in, "state", "available");
	return aws_call(ec2, OP_EC2_DESCRIBE_VPN_GATEWAYS, in, ret, err);
}

int ctx_vpc(const struct lookup *q, cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *vpc = NULL, *subnets = NULL;
	CLEANUP(json_free_p) cJSON *tables = NULL, *vpn = NULL;
	const char *id;
	struct aws *ec2;
	int rc = lookup_client(q, &ec2, err);

	if (rc == 0)
		rc = find_vpc(q, ec2, &vpc, err);
	if (rc < 0)
		return rc;
	id = json_str(vpc, "VpcId");
	msg_debug(q->app->sink, "Describing VPC %s", id ? id : "undefined");
	rc = describe(ec2, OP_EC2_DESCRIBE_SUBNETS, id, &subnets, err);
	if (rc == 0)
		rc = describe(ec2, OP_EC2_DESCRIBE_ROUTE_TABLES, id, &tables,
		    err);
	if (rc == 0)
		rc = describe_vpn(q, ec2, id, &vpn, err);
	return rc < 0 ? rc : ctx_vpc_shape(q->props, vpc,
	    json_get(subnets, "Subnets"), json_get(tables, "RouteTables"),
	    json_get(vpn, "VpnGateways"), ret, err);
}
