/*
 * What is stored about a VPC: its subnets in groups of one type and name.
 * Pure: everything was fetched before.
 */
#include "app/ctx.h"
#include "util/strmap.h"

enum kind { ISOLATED, PRIVATE, PUBLIC, KINDS };

static const char *const kind_names[KINDS] = { "Isolated", "Private",
	"Public" };

struct subnet {
	enum kind kind;
	const char *name, *az, *cidr, *id, *table; /* borrowed */
};

/* Subnets of one kind and name, by availability zone; kept in a map from
 * "Private,Name" in the order in which they appear. */
struct group {
	struct subnet *v;
	size_t n;
};

static bool text_is(const cJSON *o, const char *key, const char *value)
{
	const char *v = json_str(o, key);

	return v && value && streq(v, value);
}

/* ---- route tables -------------------------------------------------------- */

/* The one the subnet is tied to by itself. */
static const cJSON *own_table(const cJSON *tables, const char *subnet)
{
	JSON_EACH(t, tables)
		JSON_EACH(a, json_get(t, "Associations"))
			if (text_is(a, "SubnetId", subnet))
				return t;
	return NULL;
}

static const cJSON *main_table(const cJSON *tables)
{
	JSON_EACH(t, tables)
		JSON_EACH(a, json_get(t, "Associations"))
			if (json_bool(a, "Main", false))
				return t;
	return NULL;
}

static const char *table_id(const cJSON *tables, const char *subnet)
{
	const char *id = json_str(own_table(tables, subnet), "RouteTableId");

	if (id && *id)
		return id;
	return json_str(main_table(tables), "RouteTableId");
}

static bool is_set(const cJSON *o, const char *key)
{
	const char *v = json_str(o, key);

	return v && *v;
}

static enum kind kind_by_routes(const cJSON *tables, const char *subnet)
{
	const cJSON *t = own_table(tables, subnet);
	bool leaves = false;

	if (!t)
		t = main_table(tables);
	JSON_EACH(r, json_get(t, "Routes")) {
		const char *gateway = json_str(r, "GatewayId");

		if (gateway && str_starts(gateway, "igw-"))
			return PUBLIC;
		if (text_is(r, "DestinationCidrBlock", "0.0.0.0/0") &&
		    (is_set(r, "NatGatewayId") ||
		     is_set(r, "TransitGatewayId")))
			leaves = true;
	}
	return leaves ? PRIVATE : ISOLATED;
}

/* ---- one subnet ---------------------------------------------------------- */

static const char *tag(const cJSON *subnet, const char *name)
{
	JSON_EACH(t, json_get(subnet, "Tags"))
		if (text_is(t, "Key", name))
			return json_str(t, "Value");
	return NULL;
}

static int find_kind(const cJSON *subnet, const cJSON *tables, const char *arn,
    enum kind *ret, struct err *err)
{
	const char *said = tag(subnet, "aws-cdk:subnet-type");

	if (!said && json_bool(subnet, "MapPublicIpOnLaunch", false)) {
		*ret = PUBLIC;
		return 0;
	}
	if (!said) {
		*ret = kind_by_routes(tables, json_str(subnet, "SubnetId"));
		return 0;
	}
	for (int k = 0; k < KINDS; k++) {
		if (streq(kind_names[k], said)) {
			*ret = (enum kind)k;
			return 0;
		}
	}
	return err_set(err, E_INVALID, "Subnet %s has invalid subnet type %s "
	    "(must be Public, Private or Isolated)", arn, said);
}

static int read_subnet(const cJSON *props, const cJSON *subnet,
    const cJSON *tables, struct subnet *ret, struct err *err)
{
	CLEANUP(free_p) char *arn = ctx_text(subnet, "SubnetArn");
	const char *name_tag = json_str(props, "subnetGroupNameTag");
	bool named = name_tag && *name_tag;
	struct subnet s = { .az = json_str(subnet, "AvailabilityZone"),
		.cidr = json_str(subnet, "CidrBlock"),
		.id = json_str(subnet, "SubnetId") };
	int rc = find_kind(subnet, tables, arn, &s.kind, err);

	if (rc < 0)
		return rc;
	s.name = tag(subnet, named ? name_tag : "aws-cdk:subnet-name");
	if (named && (!s.name || !*s.name))
		return err_set(err, E_INVALID, "Invalid subnetGroupNameTag: "
		    "Subnet %s does not have an associated tag with Key='%s'",
		    arn, name_tag);
	if (!s.name || !*s.name)
		s.name = kind_names[s.kind];
	s.table = table_id(tables, s.id);
	if (!s.table || !*s.table)
		return err_set(err, E_INVALID, "Subnet %s does not have an "
		    "associated route table (and there is no \"main\" table)",
		    arn);
	if (!s.az)
		s.az = "";
	*ret = s;
	return 0;
}

/* ---- groups -------------------------------------------------------------- */

static void free_group(void *p)
{
	struct group *g = p;

	free(g->v);
	free(g);
}

/* By zone; those of one zone stay in the order of the API. */
static void group_insert(struct group *g, const struct subnet *s)
{
	size_t at = g->n;

	g->v = xreallocarray(g->v, g->n + 1, sizeof(*g->v));
	while (at && strcmp(g->v[at - 1].az, s->az) > 0) {
		g->v[at] = g->v[at - 1];
		at--;
	}
	g->v[at] = *s;
	g->n++;
}

static int read_groups(const cJSON *props, const cJSON *subnets,
    const cJSON *tables, struct strmap *ret, struct err *err)
{
	JSON_EACH(subnet, subnets) {
		CLEANUP(free_p) char *key = NULL;
		struct group *g;
		struct subnet s;
		int rc = read_subnet(props, subnet, tables, &s, err);

		if (rc < 0)
			return rc;
		key = xasprintf("%s,%s", kind_names[s.kind], s.name);
		g = strmap_get(ret, key);
		if (!g) {
			g = xcalloc(1, sizeof(*g));
			strmap_set(ret, key, g);
		}
		group_insert(g, &s);
	}
	return 0;
}

/* ---- symmetric: every group has the same zones --------------------------- */

static char *zones_text(const struct group *g)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; i < g->n; i++)
		strbuf_addf(&b, "%s%s", i ? "," : "", g->v[i].az);
	return strbuf_detach(&b);
}

static int check_zones(const struct strmap *groups, struct err *err)
{
	CLEANUP(free_p) char *first = NULL;

	if (!groups->first)
		return err_set(err, E_INVALID, "Cannot read properties of "
		    "undefined (reading 'subnets')");
	first = zones_text(groups->first->value);
	STRMAP_EACH(groups, e) {
		CLEANUP(free_p) char *zones = zones_text(e->value);

		if (!streq(zones, first))
			return err_set(err, E_INVALID, "Not all subnets in "
			    "VPC have the same AZs: %s vs %s", zones, first);
	}
	return 0;
}

static cJSON *zones_list(const struct group *g)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < g->n; i++)
		json_push_take(list, cJSON_CreateString(g->v[i].az));
	return list;
}

/* Empty lists are left out. */
static void put_list(cJSON *out, const char *kind, const char *what,
    cJSON *list)
{
	CLEANUP(free_p) char *key = xasprintf("%s%s", kind, what);

	if (list->child)
		json_add_take(out, key, list);
	else
		json_free(list);
}

static void put_kind(cJSON *out, const struct strmap *groups, enum kind kind)
{
	static const char *const prefix[KINDS] = { "isolated", "private",
		"public" };
	cJSON *ids = cJSON_CreateArray(), *names = cJSON_CreateArray();
	cJSON *tables = cJSON_CreateArray();

	STRMAP_EACH(groups, e) {
		const struct group *g = e->value;

		if (g->v[0].kind != kind)
			continue;
		json_push_take(names, cJSON_CreateString(g->v[0].name));
		for (size_t i = 0; i < g->n; i++) {
			json_push_take(ids, cJSON_CreateString(g->v[i].id));
			json_push_take(tables,
			    cJSON_CreateString(g->v[i].table));
		}
	}
	put_list(out, prefix[kind], "SubnetIds", ids);
	put_list(out, prefix[kind], "SubnetNames", names);
	put_list(out, prefix[kind], "SubnetRouteTableIds", tables);
}

/* ---- asymmetric: each subnet in full ------------------------------------- */

static cJSON *full_groups(const struct strmap *groups)
{
	cJSON *list = cJSON_CreateArray();

	STRMAP_EACH(groups, e) {
		const struct group *g = e->value;
		cJSON *o = cJSON_CreateObject();
		cJSON *subnets = cJSON_CreateArray();

		json_put_str(o, "name", g->v[0].name);
		json_put_str(o, "type", kind_names[g->v[0].kind]);
		json_add_take(o, "subnets", subnets);
		for (size_t i = 0; i < g->n; i++) {
			cJSON *s = cJSON_CreateObject();

			json_put_str(s, "subnetId", g->v[i].id);
			json_put_str(s, "cidr", g->v[i].cidr);
			json_put_str(s, "availabilityZone", g->v[i].az);
			json_put_str(s, "routeTableId", g->v[i].table);
			json_push_take(subnets, s);
		}
		json_push_take(list, o);
	}
	return list;
}

/* ---- all of it ----------------------------------------------------------- */

static cJSON *shape(bool full, const cJSON *vpc, const cJSON *vpn_gateways,
    const struct strmap *groups)
{
	cJSON *out = cJSON_CreateObject();

	json_put_str(out, "vpcId", json_str(vpc, "VpcId"));
	json_put_str(out, "vpcCidrBlock", json_str(vpc, "CidrBlock"));
	json_put_str(out, "ownerAccountId", json_str(vpc, "OwnerId"));
	json_add_take(out, "availabilityZones", full ? cJSON_CreateArray() :
	    zones_list(groups->first->value));
	for (int k = 0; !full && k < KINDS; k++)
		put_kind(out, groups, (enum kind)k);
	if (cJSON_GetArraySize(vpn_gateways) == 1)
		json_put_str(out, "vpnGatewayId",
		    json_str(vpn_gateways, "0.VpnGatewayId"));
	if (full)
		json_add_take(out, "subnetGroups", full_groups(groups));
	return out;
}

int ctx_vpc_shape(const cJSON *props, const cJSON *vpc, const cJSON *subnets,
    const cJSON *route_tables, const cJSON *vpn_gateways, cJSON **ret,
    struct err *err)
{
	struct strmap groups = { .free_value = free_group };
	bool full = ctx_truthy(json_get(props, "returnAsymmetricSubnets"));
	int rc = read_groups(props, subnets, route_tables, &groups, err);

	if (rc == 0 && !full)
		rc = check_zones(&groups, err);
	if (rc == 0)
		*ret = shape(full, vpc, vpn_gateways, &groups);
	strmap_release(&groups);
	return rc;
}
