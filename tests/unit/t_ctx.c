/*
 * What context providers make of AWS's answers, and the EC2 protocol they ask
 * with.
 */
#include "app/ctx.h"

#include <setjmp.h>

#include <cmocka.h>

#include "aws/wire.h"

static cJSON *parse(const char *text)
{
	CLEANUP(err_release) struct err err = { 0 };
	cJSON *j = NULL;

	if (json_parse(sv_from(text), "test", &j, &err) < 0)
		fail_msg("%s", err_text(&err));
	return j;
}

static void truth(void **state)
{
	static const struct {
		const char *json;
		bool truthy;
		const char *text;
	} cases[] = {
		{ "null", false, "null" }, { "false", false, "false" },
		{ "true", true, "true" }, { "0", false, "0" },
		{ "-1", true, "-1" }, { "\"\"", false, "" },
		{ "\"0\"", true, "0" }, { "[]", true, "[]" },
		{ "{}", true, "{}" },
	};

	(void)state;
	assert_false(ctx_truthy(NULL));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(json_free_p) cJSON *o = cJSON_CreateObject();
		CLEANUP(free_p) char *text = NULL, *none = NULL;

		json_add_take(o, "k", parse(cases[i].json));
		text = ctx_text(o, "k");
		none = ctx_text(o, "other");
		assert_int_equal(ctx_truthy(json_get(o, "k")),
		    cases[i].truthy);
		assert_string_equal(text, cases[i].text);
		assert_string_equal(none, "undefined");
	}
}

static void newest_image(void **state)
{
	CLEANUP(json_free_p) cJSON *images = parse("[{\"ImageId\":\"a\"},"
	    "{\"CreationDate\":\"2030-01-01T00:00:00.000Z\"},"
	    "{\"ImageId\":\"b\",\"CreationDate\":\"2020-01-01T00:00:00.000Z\"},"
	    "{\"ImageId\":\"c\",\"CreationDate\":\"2020-01-01T00:00:00.001Z\"},"
	    "{\"ImageId\":\"d\",\"CreationDate\":\"2020-01-01T00:00:00.001Z\"}"
	    "]");
	CLEANUP(json_free_p) cJSON *undated =
	    parse("[{\"ImageId\":\"x\"},{\"ImageId\":\"y\"}]");

	(void)state;
	assert_string_equal(ctx_newest_image(images), "c");
	assert_string_equal(ctx_newest_image(undated), "x");
	assert_null(ctx_newest_image(NULL));
}

static bool outbound(const char *egress)
{
	CLEANUP(json_free_p) cJSON *group = cJSON_CreateObject();

	json_add_take(group, "IpPermissionsEgress", parse(egress));
	return ctx_allows_all_outbound(group);
}

#define V4 "\"IpRanges\":[{\"CidrIp\":\"0.0.0.0/0\"}]"
#define V6 "\"Ipv6Ranges\":[{\"CidrIpv6\":\"::/0\"}]"

static void all_outbound(void **state)
{
	(void)state;
	assert_true(outbound("[{\"IpProtocol\":\"-1\"," V4 "," V6 "}]"));
	assert_true(outbound("[{\"IpProtocol\":\"-1\"," V4 "},"
	    "{\"IpProtocol\":\"-1\"," V6 "}]"));
	assert_false(outbound("[{\"IpProtocol\":\"-1\"," V4 "}]"));
	assert_false(outbound("[{\"IpProtocol\":\"-1\"," V4 "},"
	    "{\"IpProtocol\":\"tcp\"," V6 "}]"));
	assert_false(outbound("[]"));
}

static void zones(void **state)
{
	CLEANUP(json_free_p) cJSON *all = parse("["
	    "{\"Id\":\"1\",\"Name\":\"a.b.\","
	    "\"Config\":{\"PrivateZone\":true}},"
	    "{\"Id\":\"2\",\"Name\":\"a.b.\","
	    "\"Config\":{\"PrivateZone\":false}},"
	    "{\"Id\":\"3\",\"Name\":\"x.a.b.\"},{\"Id\":\"4\","
	    "\"Name\":\"a.b.\"}]");
	CLEANUP(json_free_p) cJSON *public = NULL, *private = NULL;

	(void)state;
	public = ctx_zones_filter(all, "a.b", false);
	private = ctx_zones_filter(all, "a.b.", true);
	assert_int_equal(cJSON_GetArraySize(public), 2);
	assert_string_equal(json_str(public, "0.Id"), "2");
	assert_string_equal(json_str(public, "1.Id"), "4");
	assert_int_equal(cJSON_GetArraySize(private), 1);
	assert_string_equal(json_str(private, "0.Id"), "1");
}

static void check_member(const cJSON *o, const char *path, const char *want)
{
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(free_p) char *text = NULL;
	const cJSON *found = NULL;

	if (ctx_member(o, path, &found, &err) < 0)
		text = xstrdup(err_text(&err));
	else
		text = json_text(found, 0);
	assert_string_equal(text, want);
}

static void member(void **state)
{
	CLEANUP(json_free_p) cJSON *o = parse("{\"a\":{\"b\":[7,{\"c\":null}]},"
	    "\"n\":null}");

	(void)state;
	check_member(o, "a.b.1", "{\"c\":null}");
	check_member(o, "a.b.1.c", "null");
	check_member(o, "n", "null");
	check_member(o, "n.x",
	    "Cannot read properties of null (reading 'x')");
	check_member(o, "a.x.y", "Cannot read field a.x.y. x is not found.");
	check_member(o, "a.b.2", "Cannot read field a.b.2. 2 is not found.");
}

/* ---- VPCs ---------------------------------------------------------------- */

#define SUBNET(id, az, rest)						\
	"{\"SubnetId\":\"" id "\",\"AvailabilityZone\":\"" az		\
	"\",\"CidrBlock\":\"c-" id "\",\"SubnetArn\":\"arn:" id "\"" rest "}"
#define TAG(k, v) "{\"Key\":\"" k "\",\"Value\":\"" v "\"}"
#define TAGS(list) ",\"Tags\":[" list "]"
#define TYPE(t) TAG("aws-cdk:subnet-type", t)
#define NAMED(n) TAG("aws-cdk:subnet-name", n)
#define MAIN "{\"RouteTableId\":\"main\",\"Associations\":[{\"Main\":true}]}"

static void check_vpc(const char *props, const char *subnets,
    const char *tables, const char *vpns, const char *want)
{
	CLEANUP(json_free_p) cJSON *p = parse(props), *s = parse(subnets);
	CLEANUP(json_free_p) cJSON *t = parse(tables), *v = parse(vpns);
	CLEANUP(json_free_p) cJSON *vpc = parse("{\"VpcId\":\"vpc\","
	    "\"CidrBlock\":\"cidr\",\"OwnerId\":\"me\"}");
	CLEANUP(json_free_p) cJSON *out = NULL;
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(free_p) char *text = NULL;

	if (ctx_vpc_shape(p, vpc, s, t, v, &out, &err) < 0)
		text = xstrdup(err_text(&err));
	else
		text = json_text(out, 0);
	assert_string_equal(text, want);
}

#define HEAD								\
	"{\"vpcId\":\"vpc\",\"vpcCidrBlock\":\"cidr\","			\
	"\"ownerAccountId\":\"me\",\"availabilityZones\":"
#define FULL "{\"returnAsymmetricSubnets\":true}"

static void vpc_full(void **state)
{
	(void)state;
	check_vpc(FULL, "[]", "[]", "[]",
	    HEAD "[],\"subnetGroups\":[]}");
	/* groups as they come, subnets by zone; the main table where none */
	check_vpc(FULL,
	    "[" SUBNET("s1", "b", TAGS(TYPE("Private") "," NAMED("App"))) ","
	    SUBNET("s2", "a", ",\"MapPublicIpOnLaunch\":true") ","
	    SUBNET("s3", "a", TAGS(TYPE("Private") "," NAMED("App"))) "]",
	    "[{\"RouteTableId\":\"t\",\"Associations\":[{\"Main\":false,"
	    "\"SubnetId\":\"s3\"}]}," MAIN "]",
	    "[{\"VpnGatewayId\":\"vgw\"}]",
	    HEAD "[],\"vpnGatewayId\":\"vgw\",\"subnetGroups\":["
	    "{\"name\":\"App\",\"type\":\"Private\",\"subnets\":["
	    "{\"subnetId\":\"s3\",\"cidr\":\"c-s3\","
	    "\"availabilityZone\":\"a\",\"routeTableId\":\"t\"},"
	    "{\"subnetId\":\"s1\",\"cidr\":\"c-s1\","
	    "\"availabilityZone\":\"b\",\"routeTableId\":\"main\"}]},"
	    "{\"name\":\"Public\",\"type\":\"Public\",\"subnets\":["
	    "{\"subnetId\":\"s2\",\"cidr\":\"c-s2\","
	    "\"availabilityZone\":\"a\",\"routeTableId\":\"main\"}]}]}");
	/* of two gateways none is named */
	check_vpc(FULL, "[]", "[]",
	    "[{\"VpnGatewayId\":\"x\"},{\"VpnGatewayId\":\"y\"}]",
	    HEAD "[],\"subnetGroups\":[]}");
}

#define ROUTE(to, via)							\
	"[{\"RouteTableId\":\"main\",\"Associations\":[{\"Main\":true}],"	\
	"\"Routes\":[{\"DestinationCidrBlock\":\"" to "\"," via "}]}]"
#define ONE(kind)							\
	HEAD "[],\"subnetGroups\":[{\"name\":\"" kind "\",\"type\":\"" kind	\
	"\",\"subnets\":[{\"subnetId\":\"s\",\"cidr\":\"c-s\","		\
	"\"availabilityZone\":\"a\",\"routeTableId\":\"main\"}]}]}"

static void vpc_routes(void **state)
{
	const char *one = "[" SUBNET("s", "a", "") "]";

	(void)state;
	check_vpc(FULL, one, ROUTE("10.0.0.0/8", "\"GatewayId\":\"igw-1\""),
	    "[]", ONE("Public"));
	check_vpc(FULL, one, ROUTE("0.0.0.0/0", "\"NatGatewayId\":\"nat\""),
	    "[]", ONE("Private"));
	check_vpc(FULL, one, ROUTE("0.0.0.0/0",
	    "\"TransitGatewayId\":\"tgw\""), "[]", ONE("Private"));
	check_vpc(FULL, one, ROUTE("10.0.0.0/8", "\"NatGatewayId\":\"nat\""),
	    "[]", ONE("Isolated"));
	check_vpc(FULL, one, ROUTE("0.0.0.0/0", "\"GatewayId\":\"vgw-1\""),
	    "[]", ONE("Isolated"));
	check_vpc(FULL, one, "[" MAIN "]", "[]", ONE("Isolated"));
}

static void vpc_symmetric(void **state)
{
	(void)state;
	check_vpc("{}",
	    "[" SUBNET("p1", "b", TAGS(TYPE("Public"))) ","
	    SUBNET("p2", "a", TAGS(TYPE("Public"))) ","
	    SUBNET("x1", "a", TAGS(TYPE("Private") "," NAMED("X"))) ","
	    SUBNET("x2", "b", TAGS(TYPE("Private") "," NAMED("X"))) ","
	    SUBNET("y1", "a", TAGS(TYPE("Private") "," NAMED("Y"))) ","
	    SUBNET("y2", "b", TAGS(TYPE("Private") "," NAMED("Y"))) "]",
	    "[" MAIN "]", "[]",
	    HEAD "[\"a\",\"b\"],"
	    "\"privateSubnetIds\":[\"x1\",\"x2\",\"y1\",\"y2\"],"
	    "\"privateSubnetNames\":[\"X\",\"Y\"],"
	    "\"privateSubnetRouteTableIds\":"
	    "[\"main\",\"main\",\"main\",\"main\"],"
	    "\"publicSubnetIds\":[\"p2\",\"p1\"],"
	    "\"publicSubnetNames\":[\"Public\"],"
	    "\"publicSubnetRouteTableIds\":[\"main\",\"main\"]}");
	check_vpc("{}", "[" SUBNET("p", "a", TAGS(TYPE("Public"))) ","
	    SUBNET("q", "b", TAGS(TYPE("Public"))) ","
	    SUBNET("x", "a", TAGS(TYPE("Isolated"))) "]", "[" MAIN "]", "[]",
	    "Not all subnets in VPC have the same AZs: a vs a,b");
	check_vpc("{}", "[]", "[]", "[]",
	    "Cannot read properties of undefined (reading 'subnets')");
}

static void vpc_errors(void **state)
{
	(void)state;
	check_vpc(FULL, "[" SUBNET("s", "a", TAGS(TYPE("Odd"))) "]",
	    "[" MAIN "]", "[]",
	    "Subnet arn:s has invalid subnet type Odd (must be Public, "
	    "Private or Isolated)");
	check_vpc("{\"subnetGroupNameTag\":\"T\"}",
	    "[" SUBNET("s", "a", TAGS(TAG("T", ""))) "]", "[" MAIN "]", "[]",
	    "Invalid subnetGroupNameTag: Subnet arn:s does not have an "
	    "associated tag with Key='T'");
	check_vpc(FULL, "[" SUBNET("s", "a", "") "]",
	    "[{\"RouteTableId\":\"t\",\"Associations\":[{\"Main\":false,"
	    "\"SubnetId\":\"other\"}]}]", "[]",
	    "Subnet arn:s does not have an associated route table (and there "
	    "is no \"main\" table)");
}

/* ---- the EC2 protocol ---------------------------------------------------- */

static void ec2_request(void **state)
{
	CLEANUP(json_free_p) cJSON *in = parse("{\"Owners\":[\"a\",\"b\"]}");
	struct wire_request r = WIRE_REQUEST_INIT;
	CLEANUP(err_release) struct err err = { 0 };

	(void)state;
	ctx_filter_take(in, "name", parse("[\"x y\",\"*\"]"));
	ctx_filter(in, "state", "available");
	assert_int_equal(wire_build(&aws_ops[OP_EC2_DESCRIBE_IMAGES], in, &r,
	    &err), 0);
	assert_string_equal(r.body.buf,
	    "Action=DescribeImages&Version=2016-11-15&Owner.1=a&Owner.2=b"
	    "&Filter.1.Name=name&Filter.1.Value.1=x%20y&Filter.1.Value.2=%2A"
	    "&Filter.2.Name=state&Filter.2.Value.1=available");
	wire_request_release(&r);
}

static void check_reply(enum aws_op_id op, const char *body, const char *want)
{
	struct http_res res = { .status = 200, .body = STRBUF_INIT };
	CLEANUP(json_free_p) cJSON *out = NULL;
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(free_p) char *text = NULL;

	strbuf_adds(&res.body, body);
	if (wire_reply(&aws_ops[op], &res, &out, &err) < 0)
		fail_msg("%s", err_text(&err));
	text = json_text(out, 0);
	assert_string_equal(text, want);
	http_res_release(&res);
}

static void ec2_replies(void **state)
{
	(void)state;
	check_reply(OP_EC2_DESCRIBE_ROUTE_TABLES,
	    "<DescribeRouteTablesResponse><routeTableSet><item>"
	    "<routeTableId>t</routeTableId><routeSet><item><gatewayId>local"
	    "</gatewayId></item></routeSet><associationSet><item>"
	    "<main>true</main></item><item><subnetId>s</subnetId>"
	    "<main>false</main></item></associationSet><tagSet/></item>"
	    "</routeTableSet></DescribeRouteTablesResponse>",
	    "{\"RouteTables\":[{\"RouteTableId\":\"t\",\"Routes\":"
	    "[{\"GatewayId\":\"local\"}],\"Associations\":[{\"Main\":true},"
	    "{\"SubnetId\":\"s\",\"Main\":false}],\"TagSet\":\"\"}]}");
	check_reply(OP_EC2_DESCRIBE_SUBNETS,
	    "<R><subnetSet>\n  <item>\n <mapPublicIpOnLaunch>true"
	    "</mapPublicIpOnLaunch><tagSet><item><key>k</key><value>v</value>"
	    "</item></tagSet>\n</item>\n</subnetSet></R>",
	    "{\"Subnets\":[{\"MapPublicIpOnLaunch\":true,\"Tags\":"
	    "[{\"Key\":\"k\",\"Value\":\"v\"}]}]}");
	check_reply(OP_EC2_DESCRIBE_VPCS, "<R><vpcSet/></R>",
	    "{\"Vpcs\":[]}");
	check_reply(OP_EC2_DESCRIBE_VPCS, "<R><vpcSet>\n</vpcSet></R>",
	    "{\"Vpcs\":[]}");
	check_reply(OP_EC2_DESCRIBE_VPC_ENDPOINT_SERVICES,
	    "<R><serviceNameSet><item>n</item></serviceNameSet>"
	    "<serviceDetailSet><item><availabilityZoneSet><item>a</item>"
	    "</availabilityZoneSet></item></serviceDetailSet></R>",
	    "{\"ServiceNameSet\":[\"n\"],\"ServiceDetails\":"
	    "[{\"AvailabilityZones\":[\"a\"]}]}");
	check_reply(OP_R53_GET_HOSTED_ZONE,
	    "<R><HostedZone><Config><PrivateZone>true</PrivateZone></Config>"
	    "</HostedZone><VPCs><VPC><VPCId>v</VPCId></VPC></VPCs></R>",
	    "{\"HostedZone\":{\"Config\":{\"PrivateZone\":true}},"
	    "\"VPCs\":{\"VPC\":[{\"VPCId\":\"v\"}]}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truth),
		cmocka_unit_test(newest_image),
		cmocka_unit_test(all_outbound),
		cmocka_unit_test(zones),
		cmocka_unit_test(member),
		cmocka_unit_test(vpc_full),
		cmocka_unit_test(vpc_routes),
		cmocka_unit_test(vpc_symmetric),
		cmocka_unit_test(vpc_errors),
		cmocka_unit_test(ec2_request),
		cmocka_unit_test(ec2_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
