#include "app/ctx.h"

static bool is_private(const cJSON *zone)
{
	return json_bool(zone, "Config.PrivateZone", false);
}

cJSON *ctx_zones_filter(const cJSON *zones, const char *domain,
    bool private_zone)
{
	CLEANUP(free_p) char *full = xasprintf("%s%s", domain,
	    str_ends(domain, ".") ? "" : ".");
	cJSON *out = cJSON_CreateArray();

	JSON_EACH(z, zones) {
		const char *name = json_str(z, "Name");

		if (name && streq(name, full) && is_private(z) == private_zone)
			json_push_take(out, json_dup(z));
	}
	return out;
}

static int in_vpc(struct aws *r53, const cJSON *zone, const char *vpc,
    bool *ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	const char *id = json_str(zone, "Id");
	int rc;

	*ret = false;
	/* replies have the id with its path, requests without */
	if (id && str_starts(id, "/hostedzone/"))
		id += strlen("/hostedzone/");
	json_put_str(in, "Id", id);
	rc = aws_call(r53, OP_R53_GET_HOSTED_ZONE, in, &out, err);
	if (rc < 0)
		return rc;
	JSON_EACH(v, json_at(out, "VPCs.VPC")) {
		const char *found = json_str(v, "VPCId");

		if (found && streq(found, vpc))
			*ret = true;
	}
	return 0;
}

static int only_in_vpc(struct aws *r53, cJSON *zones, const char *vpc,
    cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *kept = cJSON_CreateArray();

	JSON_EACH(z, zones) {
		bool there;
		int rc = in_vpc(r53, z, vpc, &there, err);

		if (rc < 0)
			return rc;
		if (there)
			json_push_take(kept, json_dup(z));
	}
	*ret = TAKE(kept);
	return 0;
}

static int not_one(const struct lookup *q, const char *domain, cJSON *zones,
    struct err *err)
{
	CLEANUP(free_p) char *is_private_text = ctx_text(q->props,
	    "privateZone");
	CLEANUP(free_p) char *vpc = ctx_text(q->props, "vpcId");
	CLEANUP(free_p) char *list = NULL;

	/* XML has no numbers, the message has */
	JSON_EACH(z, zones) {
		double n;

		if (json_num(z, "ResourceRecordSetCount", &n))
			json_put_num(z, "ResourceRecordSetCount", n);
	}
	list = json_text(zones, 0);
	return err_set(err, E_NOTFOUND, "Found zones: %s for dns:%s, "
	    "privateZone:%s, vpcId:%s, but wanted exactly 1 zone", list,
	    domain, is_private_text, vpc);
}

static int candidates(const struct lookup *q, const char *domain,
    cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	CLEANUP(json_free_p) cJSON *zones = NULL;
	const char *vpc = json_str(q->props, "vpcId");
	struct aws *r53;
	int rc = lookup_client(q, &r53, err);

	if (rc < 0)
		return rc;
	json_put_str(in, "DNSName", domain);
	rc = aws_call(r53, OP_R53_LIST_HOSTED_ZONES_BY_NAME, in, &out, err);
	if (rc < 0)
		return rc;
	zones = ctx_zones_filter(json_at(out, "HostedZones.HostedZone"),
	    domain, ctx_truthy(json_get(q->props, "privateZone")));
	if (vpc && *vpc)
		return only_in_vpc(r53, zones, vpc, ret, err);
	*ret = TAKE(zones);
	return 0;
}

int ctx_hosted_zone(const struct lookup *q, cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *zones = NULL;
	CLEANUP(free_p) char *domain = NULL;
	cJSON *value;
	int rc;

	if (!json_get(q->props, "domainName"))
		return err_set(err, E_CONFIG, "HostedZoneProvider requires "
		    "domainName property to be set in [object Object]");
	domain = ctx_text(q->props, "domainName");
	msg_debug(q->app->sink, "Reading hosted zone %s:%s:%s", q->account,
	    q->region, domain);
	rc = candidates(q, domain, &zones, err);
	if (rc < 0)
		return rc;
	if (cJSON_GetArraySize(zones) != 1)
		return not_one(q, domain, zones, err);
	value = cJSON_CreateObject();
	json_put_str(value, "Id", json_str(zones, "0.Id"));
	json_put_str(value, "Name", json_str(zones, "0.Name"));
	*ret = value;
	return 0;
}
