#include "app/ctx.h"

static bool has_value(const cJSON *list, const char *key, const char *value)
{
	JSON_EACH(item, list) {
		const char *v = json_str(item, key);

		if (v && streq(v, value))
			return true;
	}
	return false;
}

bool ctx_allows_all_outbound(const cJSON *security_group)
{
	bool v4 = false, v6 = false;

	JSON_EACH(p, json_get(security_group, "IpPermissionsEgress")) {
		const char *protocol = json_str(p, "IpProtocol");

		if (!protocol || !streq(protocol, "-1"))
			continue;
		if (has_value(json_get(p, "IpRanges"), "CidrIp", "0.0.0.0/0"))
			v4 = true;
		if (has_value(json_get(p, "Ipv6Ranges"), "CidrIpv6", "::/0"))
			v6 = true;
	}
	return v4 && v6;
}

static int check_props(const char *id, const char *name, struct err *err)
{
	if (id && name)
		return err_set(err, E_CONFIG, "'securityGroupId' and "
		    "'securityGroupName' can not be specified both when "
		    "looking up a security group");
	if (!id && !name)
		return err_set(err, E_CONFIG, "'securityGroupId' or "
		    "'securityGroupName' must be specified to look up a "
		    "security group");
	return 0;
}

/* An empty text is none. */
static const char *prop(const struct lookup *q, const char *name)
{
	const char *v = json_str(q->props, name);

	return v && *v ? v : NULL;
}

static int describe(const struct lookup *q, const char *id, const char *name,
    cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	const char *vpc = prop(q, "vpcId");
	struct aws *ec2;
	int rc = lookup_client(q, &ec2, err);

	if (rc < 0)
		return rc;
	if (id) {
		json_add_take(in, "GroupIds", cJSON_CreateArray());
		json_push_take(json_get(in, "GroupIds"),
		    cJSON_CreateString(id));
	}
	if (vpc)
		ctx_filter(in, "vpc-id", vpc);
	if (name)
		ctx_filter(in, "group-name", name);
	return aws_call(ec2, OP_EC2_DESCRIBE_SECURITY_GROUPS, in, ret, err);
}

int ctx_security_group(const struct lookup *q, cJSON **ret, struct err *err)
{
	const char *id = prop(q, "securityGroupId");
	const char *name = prop(q, "securityGroupName");
	CLEANUP(free_p) char *text = json_text(q->props, 0);
	CLEANUP(json_free_p) cJSON *out = NULL;
	const cJSON *groups;
	int n, rc = check_props(id, name, err);

	if (rc == 0)
		rc = describe(q, id, name, &out, err);
	if (rc < 0)
		return rc;
	groups = json_get(out, "SecurityGroups");
	n = cJSON_GetArraySize(groups);
	if (n == 0)
		return err_set(err, E_NOTFOUND,
		    "No security groups found matching %s", text);
	if (n > 1)
		return err_set(err, E_NOTFOUND, "More than one security "
		    "groups found matching %s", text);
	*ret = cJSON_CreateObject();
	json_put_str(*ret, "securityGroupId", json_str(groups, "0.GroupId"));
	json_put_bool(*ret, "allowAllOutbound",
	    ctx_allows_all_outbound(groups->child));
	return 0;
}
