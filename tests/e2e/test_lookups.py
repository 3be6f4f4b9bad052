"""Context lookups against moto. A small app writes down as missing what the
test wants to know and has no value yet, as the library does; what is stored in
cdk.context.json and what reaches the app is compared with the values the
reference CLI stores for the same cloud. (With CCDK naming the reference the
same tests show that.)"""
import http.server
import json
import subprocess
import sys
import threading
import urllib.parse

import pytest

from conftest import (NODE_MODULES, REGION, VENV, Cloud, clean_env, free_port,
                      stop, wait_for)

ACCOUNT = "123456789012"  # moto's
APP = """
import json, os
wanted = json.load(open("wanted.json"))
known = json.loads(os.environ["CDK_CONTEXT_JSON"])
missing = [w for w in wanted if w["key"] not in known]
out = os.environ["CDK_OUTDIR"]
json.dump({"Resources": {"T": {"Type": "AWS::SNS::Topic"}}},
          open(out + "/S.template.json", "w"))
json.dump({"version": "36.0.0", "missing": missing, "artifacts": {
    "S": {"type": "aws:cloudformation:stack",
          "environment": "aws://unknown-account/unknown-region",
          "properties": {"templateFile": "S.template.json"}}}},
    open(out + "/manifest.json", "w"))
json.dump({w["key"]: known.get(w["key"]) for w in wanted},
          open("known.json", "w"))
with open("rounds", "a") as f:
    f.write("x")
"""


class Moto:
    def __init__(self, folder):
        self.url = f"http://127.0.0.1:{free_port()}"
        env = {**clean_env(folder), "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
               "MOTO_IAM_LOAD_MANAGED_POLICIES": "false"}
        with open(folder / "moto.log", "wb") as log:
            self.proc = subprocess.Popen(
                [VENV / "bin" / "moto_server", "-H", "127.0.0.1", "-p",
                 self.url.rsplit(":", 1)[1]], env=env, stdout=log, stderr=log)
        wait_for(f"{self.url}/moto-api/", self.proc, "moto")

    def client(self, service, region=REGION):
        import boto3

        return boto3.client(service, region_name=region,
                            endpoint_url=self.url,
                            aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
                            aws_secret_access_key="any")

    def env(self, home):
        return {**clean_env(home), "AWS_REGION": REGION,
                "AWS_ENDPOINT_URL": self.url,
                "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
                "AWS_SECRET_ACCESS_KEY": "any"}


def question(provider, key="k", **props):
    return {"key": key, "provider": provider,
            "props": {"account": ACCOUNT, "region": REGION, **props}}


class Asker(Cloud):
    def answers(self, wanted, *args, status=0):
        """What is stored in the file, and what the app was given."""
        self.folder = self.home / "app"
        self.folder.mkdir(exist_ok=True)
        (self.folder / "app.py").write_text(APP)
        (self.folder / "wanted.json").write_text(json.dumps(wanted))
        (self.folder / "rounds").write_text("")
        self.done = self.run("synth", "-q", "--no-notices", "--app",
                             f"{sys.executable} app.py", *args,
                             cwd=self.folder)
        assert self.done.status == status, self.done
        stored = self.folder / "cdk.context.json"
        self.text = stored.read_text() if stored.exists() else None
        return (json.loads(self.text or "null"),
                json.loads((self.folder / "known.json").read_text()))

    @property
    def rounds(self):
        return len((self.folder / "rounds").read_text())

    def answer(self, provider, **props):
        stored, known = self.answers([question(provider, **props)])
        assert stored == known, self.done
        assert self.text == json.dumps(stored, indent=2) + "\n"
        return stored["k"]

    def failure(self, provider, **props):
        """The text the app is given; it must not be stored."""
        if (self.home / "app").exists():
            (self.home / "app" / "cdk.context.json").unlink()
        stored, known = self.answers([question(provider, **props)])
        assert stored == {}, self.done
        assert known["k"].pop("$dontSaveContext") is True
        text = known["k"].pop("$providerError")
        assert known["k"] == {}
        return text


@pytest.fixture(scope="module")
def moto(tmp_path_factory):
    found = Moto(tmp_path_factory.mktemp("moto"))
    yield found
    stop(found.proc)


@pytest.fixture
def ask(moto, tmp_path):
    return Asker(moto, tmp_path)


def props_text(**props):
    return json.dumps({"account": ACCOUNT, "region": REGION, **props},
                      separators=(",", ":"))


# ---- the loop ----------------------------------------------------------------

def test_zones(ask):
    assert ask.answer("availability-zones") == [
        f"us-east-1{c}" for c in "abcdef"]
    assert ask.rounds == 2


def test_nothing_missing(ask):
    ask.answer("availability-zones")
    ask.answer("availability-zones")
    assert ask.rounds == 1


def test_order_of_the_app(ask, moto):
    ssm = moto.client("ssm")
    names = [f"/order/{i}" for i in range(12)]
    for n in names:
        ssm.put_parameter(Name=n, Value=f"v{n}", Type="String",
                          Overwrite=True)
    ask.home.joinpath("app").mkdir()
    ask.home.joinpath("app/cdk.context.json").write_text('{"old": 1}')
    wanted = [question("ssm", key=n, parameterName=n)
              for n in reversed(names)]
    stored, _ = ask.answers(wanted)
    assert list(stored.items()) == [("old", 1)] + [
        (n, f"v{n}") for n in reversed(names)]


def test_failure_beside_success(ask):
    wanted = [question("ssm", key="bad", parameterName="/no/such"),
              question("availability-zones", key="good")]
    stored, known = ask.answers(wanted)
    assert list(stored) == ["good"]
    assert known["bad"]["$providerError"] == (
        "SSM parameter not available in account 123456789012, region "
        "us-east-1: /no/such")


def test_no_lookups(ask):
    ask.answers([question("availability-zones", key="k1"),
                 question("ssm", key="k2", parameterName="/x")],
                "--no-lookups", status=1)
    assert ("Context lookups have been disabled. Make sure all necessary "
            "context is already in 'cdk.context.json' by running 'cdk synth' "
            "on a machine with sufficient AWS credentials and committing the "
            "result. Missing context keys: 'k1, k2'") in ask.done.err
    assert ask.text is None


def test_unknown_provider(ask):
    ask.answers([question("availability-zones"), question("weather")],
                status=1)
    assert ("Unrecognized context provider name: weather. You might need to "
            "update the toolkit to match the version of the construct "
            "library.") in ask.done.err
    assert ask.text is None


def test_plugin_provider(ask):
    ask.answers([question("plugin", pluginName="p")], status=1)
    assert ("Unrecognized plugin context provider name: plugin."
            in ask.done.err)


def test_wrong_account(ask):
    wanted = question("availability-zones")
    wanted["props"]["account"] = "999999999999"
    stored, known = ask.answers([wanted])
    assert stored == {}
    assert known["k"]["$providerError"] == (
        "Need to perform AWS calls for account 999999999999, but the current "
        "credentials are for 123456789012")


def test_environment_is_completed(ask, moto):
    moto.client("ssm").put_parameter(Name="/here", Value="v", Type="String",
                                     Overwrite=True)
    unknown = question("ssm", key="u", parameterName="/here")
    unknown["props"].update(account="unknown-account",
                            region="unknown-region")
    without = question("ssm", key="w", parameterName="/here")
    del without["props"]["account"]
    stored, known = ask.answers([unknown, without])
    assert stored == {"u": "v"}
    assert known["w"]["$providerError"] == (
        "Unable to resolve AWS account to use. It must be either configured "
        "when you define your CDK Stack, or through the environment")


def test_lookup_role_refused(scripted):
    """Credentials for the right account will do; for another they do not."""
    def replies(action, given):
        if action == "AssumeRole":
            return 403, ("<ErrorResponse><Error><Code>AccessDenied</Code>"
                         "<Message>not you</Message></Error></ErrorResponse>")
        return 200, {"Parameter": {"Value": given["Name"]}}

    ask = scripted(replies)
    role = "arn:${AWS::Partition}:iam::%s:role/l-${AWS::Region}"
    here = question("ssm", key="here", parameterName="/a",
                    lookupRoleArn=role % ACCOUNT)
    there = question("ssm", key="there", parameterName="/b",
                     lookupRoleArn=role % "999999999999")
    there["props"]["account"] = "999999999999"
    stored, known = ask.answers([here, there])
    assert stored == {"here": "/a"}
    assert known["there"]["$providerError"] == (
        "Could not assume role in target account using current credentials "
        f"(which are for account {ACCOUNT}) not you . Please make sure that "
        "this role exists in the account. If it doesn't exist, "
        "(re)-bootstrap the environment with the right '--trust', using the "
        "latest version of the CDK CLI.")
    assert ask.done.err == (
        "current credentials could not be used to assume "
        f"'arn:aws:iam::{ACCOUNT}:role/l-us-east-1', but are for the right "
        "account. Proceeding anyway.\n")


def test_lookup_role(ask, moto):
    """Placeholders are filled and the role is assumed, also in another
    account."""
    other = "999999999999"
    role = "arn:${AWS::Partition}:iam::%s:role/lookup-${AWS::Region}" % other
    wanted = question("ssm", parameterName="/in/other", lookupRoleArn=role)
    wanted["props"]["account"] = other
    assumed = moto.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{other}:role/setup", RoleSessionName="setup")
    import boto3

    keys = assumed["Credentials"]
    boto3.client("ssm", region_name=REGION, endpoint_url=moto.url,
                 aws_access_key_id=keys["AccessKeyId"],
                 aws_secret_access_key=keys["SecretAccessKey"],
                 aws_session_token=keys["SessionToken"]).put_parameter(
        Name="/in/other", Value="there", Type="String", Overwrite=True)
    stored, _ = ask.answers([wanted])
    assert stored == {"k": "there"}


def test_debug_messages(ask):
    ask.answers([question("availability-zones", key="zones")], "-v")
    text = ask.done.text
    assert "Some context information is missing. Fetching..." in text
    assert 'Setting "zones" context to ["us-east-1a","us-east-1b",' in text


def test_no_progress(ask, moto):
    """A folder as app cannot change: values are stored, then it is taken as
    it is."""
    ask.answers([question("availability-zones")])
    folder = ask.folder / "fixed"
    (ask.folder / "cdk.out").rename(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["missing"] = [question("availability-zones", key="again")]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    done = ask.ok("synth", "-q", "-v", "--no-notices", "--app", "fixed",
                  cwd=ask.folder)
    assert ("Not making progress trying to resolve environmental context. "
            "Giving up.") in done.text
    stored = json.loads((ask.folder / "cdk.context.json").read_text())
    assert list(stored) == ["k", "again"]


# ---- the providers -----------------------------------------------------------

def test_ssm(ask, moto):
    moto.client("ssm").put_parameter(Name="/a/b", Value="ä: 1", Type="String",
                                     Overwrite=True)
    stored, _ = ask.answers([question("ssm", parameterName="/a/b")])
    assert stored == {"k": "ä: 1"}
    assert "ä" in ask.text


def test_ssm_dummy(ask):
    assert ask.answer("ssm", parameterName="/none", dummyValue="d",
                      ignoreErrorOnMissingContext=True) == "d"


def test_ssm_dummy_not_asked_for(ask):
    assert ask.failure("ssm", parameterName="/none", dummyValue="d") == (
        "SSM parameter not available in account 123456789012, region "
        "us-east-1: /none")


def test_ssm_no_name(ask):
    assert ask.failure("ssm") == ("parameterName must be provided in props "
                                  "for SSMContextProviderPlugin")


def test_endpoint_service_zones(ask):
    zones = ask.answer("endpoint-service-availability-zones",
                       serviceName="com.amazonaws.us-east-1.s3")
    assert zones == [f"us-east-1{c}" for c in "abcdef"]


def test_endpoint_service_unknown(ask):
    assert ask.failure("endpoint-service-availability-zones",
                       serviceName="com.example.none") == (
        "The Vpc Endpoint Service 'com.example.none' does not exist")


@pytest.fixture
def images(moto):
    ec2 = moto.client("ec2")
    found = ec2.describe_images(Filters=[
        {"Name": "name", "Values": ["lookup-*"]}])["Images"]
    if not found:
        ec2.register_image(Name="lookup-1", Architecture="arm64")
        ec2.register_image(Name="lookup-2", Architecture="x86_64")
        found = ec2.describe_images(Filters=[
            {"Name": "name", "Values": ["lookup-*"]}])["Images"]
    return {i["Name"]: i for i in found}


def test_ami(ask, images):
    assert ask.answer("ami", filters={"name": ["lookup-2", "other"]}) == (
        images["lookup-2"]["ImageId"])
    assert "Searching for AMI in 123456789012:us-east-1" in ask.done.err


def test_ami_filters(ask, images):
    wanted = images["lookup-1"]
    assert ask.answer("ami", owners=[wanted["OwnerId"]], filters={
        "name": ["lookup-*"], "image-id": [wanted["ImageId"]]}) == (
        wanted["ImageId"])


def test_ami_none(ask):
    assert ask.failure("ami", filters={"name": ["none-*"]}) == (
        "No AMI found that matched the search criteria")


@pytest.fixture
def zones(moto):
    r53 = moto.client("route53")
    ec2 = moto.client("ec2")
    vpc = ec2.describe_vpcs(Filters=[
        {"Name": "isDefault", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    if not r53.list_hosted_zones()["HostedZones"]:
        r53.create_hosted_zone(Name="example.com.", CallerReference="1")
        r53.create_hosted_zone(
            Name="example.com.", CallerReference="2",
            VPC={"VPCRegion": REGION, "VPCId": vpc},
            HostedZoneConfig={"PrivateZone": True, "Comment": "in & out"})
        for i in (3, 4):
            r53.create_hosted_zone(Name="twice.example.com.",
                                   CallerReference=str(i))
    return vpc, [z["Id"] for z in sorted(
        r53.list_hosted_zones()["HostedZones"],
        key=lambda z: z["CallerReference"])]


def test_hosted_zone(ask, zones):
    assert ask.answer("hosted-zone", domainName="example.com") == {
        "Id": zones[1][0], "Name": "example.com."}


def test_hosted_zone_private(ask, zones):
    vpc, ids = zones
    assert ask.answer("hosted-zone", domainName="example.com.",
                      privateZone=True, vpcId=vpc) == {
        "Id": ids[1], "Name": "example.com."}


def test_hosted_zone_none(ask, zones):
    assert ask.failure("hosted-zone", domainName="none.example.com") == (
        "Found zones: [] for dns:none.example.com, privateZone:undefined, "
        "vpcId:undefined, but wanted exactly 1 zone")


def test_hosted_zone_other_vpc(ask, zones):
    assert ask.failure("hosted-zone", domainName="example.com",
                       privateZone=True, vpcId="vpc-none") == (
        "Found zones: [] for dns:example.com, privateZone:true, "
        "vpcId:vpc-none, but wanted exactly 1 zone")


def test_hosted_zone_twice(ask, zones):
    ids = zones[1]
    text = ask.failure("hosted-zone", domainName="twice.example.com",
                       privateZone=False)
    found = [{"Id": i, "Name": "twice.example.com.", "CallerReference": c,
              "Config": {"PrivateZone": False}, "ResourceRecordSetCount": 2}
             for i, c in ((ids[2], "3"), (ids[3], "4"))]
    head, tail = "Found zones: ", (
        " for dns:twice.example.com, privateZone:false, vpcId:undefined, but "
        "wanted exactly 1 zone")
    assert text.startswith(head) and text.endswith(tail), text
    got = json.loads(text[len(head):-len(tail)])
    assert sorted(got, key=lambda z: z["CallerReference"]) == found


def test_hosted_zone_no_name(ask):
    assert ask.failure("hosted-zone") == (
        "HostedZoneProvider requires domainName property to be set in "
        "[object Object]")


@pytest.fixture
def groups(moto):
    """Two security groups: one as made, one with IPv6 egress as well."""
    ec2 = moto.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    a = ec2.create_security_group(GroupName="a", Description="d",
                                  VpcId=vpc)["GroupId"]
    b = ec2.create_security_group(GroupName="b", Description="d",
                                  VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_egress(GroupId=b, IpPermissions=[
        {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}])
    return vpc, a, b


def test_security_group(ask, groups):
    assert ask.answer("security-group", securityGroupId=groups[1]) == {
        "securityGroupId": groups[1], "allowAllOutbound": False}


def test_security_group_by_name(ask, groups):
    vpc, _, b = groups
    assert ask.answer("security-group", securityGroupName="b",
                      vpcId=vpc) == {
        "securityGroupId": b, "allowAllOutbound": True}


def test_security_group_failures(ask, groups):
    vpc = groups[0]
    assert ask.failure("security-group", securityGroupName="c",
                       vpcId=vpc) == (
        "No security groups found matching "
        + props_text(securityGroupName="c", vpcId=vpc))
    assert ask.failure("security-group", securityGroupName="default") == (
        "More than one security groups found matching "
        + props_text(securityGroupName="default"))
    assert ask.failure("security-group", securityGroupName="c",
                       securityGroupId="sg-1") == (
        "'securityGroupId' and 'securityGroupName' can not be specified both "
        "when looking up a security group")
    assert ask.failure("security-group", vpcId=vpc) == (
        "'securityGroupId' or 'securityGroupName' must be specified to look "
        "up a security group")
    assert ask.failure("security-group", securityGroupId="sg-1") == (
        "The security group '{'sg-1'}' does not exist")


def test_key(ask, moto):
    kms = moto.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    if not any(a["AliasName"] == "alias/mine"
               for a in kms.list_aliases()["Aliases"]):
        kms.create_alias(AliasName="alias/mine", TargetKeyId=key)
    key = [a["TargetKeyId"] for a in kms.list_aliases()["Aliases"]
           if a["AliasName"] == "alias/mine"][0]
    assert ask.answer("key-provider", aliasName="alias/mine") == {
        "keyId": key}


def test_key_none(ask):
    assert ask.failure("key-provider", aliasName="alias/none") == (
        "Could not find any key with alias named alias/none")
    assert ask.answer("key-provider", aliasName="alias/none",
                      ignoreErrorOnMissingContext=True,
                      dummyValue={"keyId": "1234"}) == {"keyId": "1234"}


# ---- VPCs --------------------------------------------------------------------

class Net:
    def __init__(self, ec2, cidr="10.0.0.0/16", name="net"):
        self.ec2 = ec2
        self.vpc = ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        self.tag(self.vpc, Name=name)
        self.main = ec2.describe_route_tables(Filters=[
            {"Name": "vpc-id", "Values": [self.vpc]}])[
            "RouteTables"][0]["RouteTableId"]
        self.next = 0

    def tag(self, resource, **tags):
        self.ec2.create_tags(Resources=[resource], Tags=[
            {"Key": k, "Value": v} for k, v in tags.items()])

    def subnet(self, zone, **tags):
        made = self.ec2.create_subnet(
            VpcId=self.vpc, AvailabilityZone=f"{REGION}{zone}",
            CidrBlock=f"10.0.{self.next}.0/24")["Subnet"]["SubnetId"]
        self.next += 1
        if tags:
            self.tag(made, **tags)
        return made

    def table(self, *subnets):
        made = self.ec2.create_route_table(VpcId=self.vpc)[
            "RouteTable"]["RouteTableId"]
        for s in subnets:
            self.ec2.associate_route_table(RouteTableId=made, SubnetId=s)
        return made

    def gateway(self, table):
        made = self.ec2.create_internet_gateway()[
            "InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=made,
                                         VpcId=self.vpc)
        self.ec2.create_route(RouteTableId=table, GatewayId=made,
                              DestinationCidrBlock="0.0.0.0/0")

    def nat(self, table, subnet):
        made = self.ec2.create_nat_gateway(
            SubnetId=subnet, ConnectivityType="private")[
            "NatGateway"]["NatGatewayId"]
        self.ec2.create_route(RouteTableId=table, NatGatewayId=made,
                              DestinationCidrBlock="0.0.0.0/0")


@pytest.fixture
def net(moto):
    """Public and private subnets in two zones, an isolated one by tag."""
    n = Net(moto.client("ec2"))
    n.public = [n.subnet("b"), n.subnet("a")]
    n.private = [n.subnet("a"), n.subnet("b")]
    n.isolated = [n.subnet("b"), n.subnet("a")]
    n.public_table = n.table(*n.public)
    n.gateway(n.public_table)
    n.private_table = n.table(*n.private)
    n.nat(n.private_table, n.public[0])
    return n


def full_subnet(ec2, subnet, table):
    s = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]
    return {"subnetId": subnet, "cidr": s["CidrBlock"],
            "availabilityZone": s["AvailabilityZone"], "routeTableId": table}


def test_vpc(ask, net):
    stored = ask.answer("vpc-provider", filter={"vpc-id": net.vpc},
                        returnAsymmetricSubnets=True,
                        lookupRoleArn="arn:${AWS::Partition}:iam::"
                        f"{ACCOUNT}:role/lookup")
    ec2 = net.ec2
    assert list(stored) == ["vpcId", "vpcCidrBlock", "ownerAccountId",
                            "availabilityZones", "subnetGroups"]
    assert stored["vpcId"] == net.vpc
    assert stored["vpcCidrBlock"] == "10.0.0.0/16"
    assert stored["ownerAccountId"] == ACCOUNT
    assert stored["availabilityZones"] == []
    groups = {g["name"]: g for g in stored["subnetGroups"]}
    assert list(groups["Public"]) == ["name", "type", "subnets"]
    for name, subnets, table in (
            ("Public", reversed(net.public), net.public_table),
            ("Private", net.private, net.private_table),
            ("Isolated", reversed(net.isolated), net.main)):
        assert groups[name]["type"] == name
        assert groups[name]["subnets"] == [
            full_subnet(ec2, s, table) for s in subnets]


def test_vpc_symmetric(ask, net):
    stored = ask.answer("vpc-provider", filter={"vpc-id": net.vpc})
    assert list(stored) == [
        "vpcId", "vpcCidrBlock", "ownerAccountId", "availabilityZones",
        "isolatedSubnetIds", "isolatedSubnetNames",
        "isolatedSubnetRouteTableIds", "privateSubnetIds",
        "privateSubnetNames", "privateSubnetRouteTableIds",
        "publicSubnetIds", "publicSubnetNames", "publicSubnetRouteTableIds"]
    assert stored["availabilityZones"] == ["us-east-1a", "us-east-1b"]
    assert stored["privateSubnetIds"] == net.private
    assert stored["publicSubnetIds"] == net.public[::-1]
    assert stored["publicSubnetNames"] == ["Public"]
    assert stored["isolatedSubnetRouteTableIds"] == [net.main] * 2


def test_vpc_by_tag_and_names(ask, moto):
    n = Net(moto.client("ec2"), name="named")
    tags = {"aws-cdk:subnet-type": "Private", "aws-cdk:subnet-name": "App"}
    made = n.subnet("a", **tags)
    stored = ask.answer("vpc-provider",
                        filter={"tag:Name": "named", "isDefault": "false"},
                        returnAsymmetricSubnets=True,
                        returnVpnGateways=False)
    assert stored["subnetGroups"] == [
        {"name": "App", "type": "Private",
         "subnets": [full_subnet(n.ec2, made, n.main)]}]
    n.tag(made, **{"aws-cdk:subnet-type": "Odd"})
    arn = n.ec2.describe_subnets(SubnetIds=[made])["Subnets"][0]["SubnetArn"]
    assert ask.failure("vpc-provider", filter={"vpc-id": n.vpc}) == (
        f"Subnet {arn} has invalid subnet type Odd (must be Public, Private "
        "or Isolated)")


def test_vpc_name_tag(ask, net):
    for s in net.public + net.private + net.isolated:
        net.tag(s, Tier="t")
    stored = ask.answer("vpc-provider", filter={"vpc-id": net.vpc},
                        subnetGroupNameTag="Tier")
    assert stored["publicSubnetNames"] == ["t"]
    untagged = net.subnet("c")
    arn = net.ec2.describe_subnets(SubnetIds=[untagged])[
        "Subnets"][0]["SubnetArn"]
    assert ask.failure("vpc-provider", filter={"vpc-id": net.vpc},
                             subnetGroupNameTag="Tier") == (
        f"Invalid subnetGroupNameTag: Subnet {arn} does not have an "
        "associated tag with Key='Tier'")


def test_vpc_asymmetric_refused(ask, net):
    net.subnet("c")
    assert ask.failure("vpc-provider", filter={"vpc-id": net.vpc}) in (
        "Not all subnets in VPC have the same AZs: us-east-1a,us-east-1b,"
        "us-east-1c vs us-east-1a,us-east-1b",
        "Not all subnets in VPC have the same AZs: us-east-1a,us-east-1b "
        "vs us-east-1a,us-east-1b,us-east-1c")


def test_vpc_vpn_gateway(ask, net):
    made = net.ec2.create_vpn_gateway(Type="ipsec.1")[
        "VpnGateway"]["VpnGatewayId"]
    net.ec2.attach_vpn_gateway(VpcId=net.vpc, VpnGatewayId=made)
    stored = ask.answer("vpc-provider", filter={"vpc-id": net.vpc},
                        returnAsymmetricSubnets=True)
    assert stored["vpnGatewayId"] == made


def test_vpc_none_and_several(ask, moto):
    ec2 = moto.client("ec2")
    Net(ec2, name="twin")
    Net(ec2, name="twin")
    props = {"filter": {"tag:Name": "twin"}, "returnAsymmetricSubnets": True}
    assert ask.failure("vpc-provider", **props) == (
        f"Found 2 VPCs matching {props_text(**props)}; please narrow the "
        "search criteria")
    props["filter"] = {"tag:Name": "none"}
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    filled = {"lookupRoleArn": role, **props}
    assert ask.failure(
        "vpc-provider",
        **{"lookupRoleArn": role.replace("aws", "${AWS::Partition}"),
           **props}) == (
        f"Could not find any VPCs matching {props_text(**filled)}")


# ---- load balancers ----------------------------------------------------------

@pytest.fixture(scope="module")
def balancers(moto):
    ec2, elb = moto.client("ec2"), moto.client("elbv2")
    n = Net(ec2, name="elb")
    subnets = [n.subnet("a"), n.subnet("b")]
    group = ec2.create_security_group(GroupName="lb", Description="d",
                                      VpcId=n.vpc)["GroupId"]
    made = {}
    for name, kind in (("one", "application"), ("two", "application"),
                       ("net", "network")):
        extra = {"SecurityGroups": [group]} if kind == "application" else {}
        lb = elb.create_load_balancer(
            Name=name, Subnets=subnets, Type=kind, Scheme="internal",
            Tags=[{"Key": "name", "Value": name},
                  {"Key": "all", "Value": "yes"}], **extra)[
            "LoadBalancers"][0]
        target = elb.create_target_group(
            Name=name, Protocol="TCP" if kind == "network" else "HTTP",
            Port=80, VpcId=n.vpc)["TargetGroups"][0]["TargetGroupArn"]
        ports = (80,) if kind == "network" else (80, 8080)
        lb["listeners"] = [elb.create_listener(
            LoadBalancerArn=lb["LoadBalancerArn"], Port=p,
            Protocol="TCP" if kind == "network" else "HTTP",
            DefaultActions=[{"Type": "forward", "TargetGroupArn": target}])[
            "Listeners"][0]["ListenerArn"] for p in ports]
        lb["group"] = group
        made[name] = lb
    return made


def tags(**kw):
    return [{"key": k, "value": v} for k, v in kw.items()]


def test_load_balancer(ask, balancers):
    lb = balancers["one"]
    stored = ask.answer("load-balancer", loadBalancerType="application",
                        loadBalancerArn=lb["LoadBalancerArn"])
    assert list(stored.items()) == [
        ("loadBalancerArn", lb["LoadBalancerArn"]),
        ("loadBalancerCanonicalHostedZoneId", lb["CanonicalHostedZoneId"]),
        ("loadBalancerDnsName", lb["DNSName"]),
        ("vpcId", lb["VpcId"]), ("securityGroupIds", [lb["group"]]),
        ("ipAddressType", "ipv4")]


def test_load_balancer_by_tags(ask, balancers):
    stored = ask.answer("load-balancer", loadBalancerType="network",
                        loadBalancerTags=tags(all="yes"))
    assert stored["loadBalancerArn"] == balancers["net"]["LoadBalancerArn"]
    assert stored["securityGroupIds"] == []


def test_load_balancer_failures(ask, balancers):
    props = {"loadBalancerType": "application",
             "loadBalancerTags": tags(all="yes")}
    assert ask.failure("load-balancer", **props) == (
        f"Multiple load balancers found matching {props_text(**props)} - "
        "please provide more specific criteria")
    props["loadBalancerTags"] = tags(all="yes", name="net")
    assert ask.failure("load-balancer", **props) == (
        f"No load balancers found matching {props_text(**props)}")
    assert ask.failure("load-balancer", loadBalancerType="network") == (
        "The load balancer lookup query must specify either "
        "`loadBalancerArn` or `loadBalancerTags`")
    assert ask.failure("load-balancer", loadBalancerType="network",
                       loadBalancerArn=balancers["net"]["LoadBalancerArn"]
                       + "0") == (
        "The specified load balancer does not exist.")


def test_listener(ask, balancers):
    lb = balancers["two"]
    stored = ask.answer("load-balancer-listener",
                        loadBalancerType="application",
                        loadBalancerTags=tags(name="two"), listenerPort=8080,
                        listenerProtocol="HTTP")
    assert list(stored.items()) == [
        ("listenerArn", lb["listeners"][1]), ("listenerPort", 8080),
        ("securityGroupIds", [lb["group"]])]


def test_listener_by_arn(ask, balancers):
    lb = balancers["net"]
    stored = ask.answer("load-balancer-listener", loadBalancerType="network",
                        listenerArn=lb["listeners"][0])
    assert stored == {"listenerArn": lb["listeners"][0], "listenerPort": 80,
                      "securityGroupIds": []}


def test_listener_failures(ask, balancers):
    arn = balancers["net"]["listeners"][0]
    assert ask.failure("load-balancer-listener", listenerArn=arn,
                       loadBalancerType="application") == (
        f"No associated load balancer found for listener arn {arn}")
    assert ask.failure("load-balancer-listener", listenerArn=arn + "0",
                       loadBalancerType="network") == (
        f"No load balancer listeners found matching arn {arn}0")
    props = {"loadBalancerType": "application",
             "loadBalancerTags": tags(name="none")}
    assert ask.failure("load-balancer-listener", **props) == (
        "No associated load balancers found for load balancer listener query "
        + props_text(**props))
    props["loadBalancerTags"] = tags(name="one")
    assert ask.failure("load-balancer-listener", **props) == (
        f"Multiple load balancer listeners found matching "
        f"{props_text(**props)} - please provide more specific criteria")
    props["listenerPort"] = 443
    assert ask.failure("load-balancer-listener", **props) == (
        f"No load balancer listeners found matching {props_text(**props)}")
    assert ask.failure("load-balancer-listener",
                       loadBalancerType="network") == (
        "The load balancer listener query must specify at least one of: "
        "`listenerArn`, `loadBalancerArn` or `loadBalancerTags`")


# ---- Cloud Control -----------------------------------------------------------

def test_cc_protocol_errors(ask):
    base = {"typeName": "AWS::S3::Bucket", "propertiesToReturn": []}
    both = {**base, "exactIdentifier": "b", "propertyMatch": {"a": 1}}
    assert ask.failure("cc-api-provider", **both) == (
        "Provider protocol error: specify either exactIdentifier or "
        f"propertyMatch, but not both (got {props_text(**both)})")
    assert ask.failure("cc-api-provider", **base) == (
        "Provider protocol error: neither exactIdentifier nor propertyMatch "
        f"is specified in {props_text(**base)}.")
    ignore = {**base, "exactIdentifier": "b",
              "ignoreErrorOnMissingContext": True}
    assert ask.failure("cc-api-provider", **ignore) == (
        "Provider protocol error: if ignoreErrorOnMissingContext is set, a "
        f"dummyValue must be supplied (got {props_text(**ignore)})")
    assert ask.failure("cc-api-provider", **{**ignore, "dummyValue": {}}) == (
        "Provider protocol error: dummyValue must be an array of objects "
        "(got {})")


# ---- what moto does not play: Cloud Control, pages, failures ---------------

STS = f"""<GetCallerIdentityResponse><GetCallerIdentityResult>
<Arn>arn:aws:iam::{ACCOUNT}:user/u</Arn><UserId>U</UserId>
<Account>{ACCOUNT}</Account></GetCallerIdentityResult>
</GetCallerIdentityResponse>"""


class Script:
    """Answers by action; replies(action, input) is a status and a text, or an
    object for JSON."""

    def __init__(self, replies):
        outer = self
        self.calls = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(
                    int(self.headers["content-length"])).decode()
                target = self.headers.get("x-amz-target")
                if target:
                    action = target.rsplit(".", 1)[1]
                    given = json.loads(body)
                else:
                    given = dict(urllib.parse.parse_qsl(body))
                    action = given.pop("Action")
                    given.pop("Version")
                self.answer(action, given)

            def do_GET(self):  # Route 53
                url = urllib.parse.urlparse(self.path)
                self.answer("GET " + url.path,
                            dict(urllib.parse.parse_qsl(url.query)))

            def answer(self, action, given):
                if action == "GetCallerIdentity":
                    status, text = 200, STS
                else:
                    outer.calls.append((action, given))
                    status, text = replies(action, given)
                data = (text if isinstance(text, str)
                        else json.dumps(text)).encode()
                self.send_response(status)
                self.send_header("content-type", "text/xml" if isinstance(
                    text, str) else "application/x-amz-json-1.0")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def env(self, home):
        return {**Moto.env(self, home), "CCDK_POLL_SCALE": "1"}


@pytest.fixture
def scripted(tmp_path):
    """Gives a program that talks to a Script with these replies."""
    made = []

    def make(replies):
        made.append(Script(replies))
        return Asker(made[-1], tmp_path)

    yield make
    for s in made:
        s.server.shutdown()
        s.server.server_close()


def resource(name, **properties):
    return {"Identifier": name, "Properties": json.dumps(properties)}


TYPE = {"typeName": "AWS::S3::Bucket",
        "propertiesToReturn": ["Arn", "Tag.Deep"]}


def test_cc_exact(scripted):
    def replies(action, given):
        if given["Identifier"] == "none":
            return 400, {"__type": "ResourceNotFoundException",
                         "message": "no"}
        if given["Identifier"] == "denied":
            return 400, {"__type": "AccessDeniedException",
                         "message": "you may not"}
        return 200, {"TypeName": given["TypeName"],
                     "ResourceDescription": resource(
                         given["Identifier"], Other=1, Arn="arn:b",
                         Tag={"Deep": [1, None]})}

    ask = scripted(replies)
    stored = ask.answer("cc-api-provider", exactIdentifier="b", **TYPE)
    assert [list(r.items()) for r in stored] == [
        [("Arn", "arn:b"), ("Tag.Deep", [1, None]), ("Identifier", "b")]]
    assert ask.emulator.calls == [
        ("GetResource", {"TypeName": "AWS::S3::Bucket", "Identifier": "b"})]
    assert ask.failure("cc-api-provider", exactIdentifier="b",
                       **{**TYPE, "propertiesToReturn": ["Tag.No.Such"]}) == (
        "Cannot read field Tag.No.Such. No is not found.")
    assert ask.failure("cc-api-provider", exactIdentifier="none", **TYPE) == (
        "No resource of type AWS::S3::Bucket with identifier: none")
    assert ask.failure("cc-api-provider", exactIdentifier="denied",
                       **TYPE) == (
        "Encountered CC API error while getting AWS::S3::Bucket resource "
        "denied\nyou may not")
    (ask.folder / "cdk.context.json").unlink()
    assert ask.answer("cc-api-provider", exactIdentifier="none",
                      ignoreErrorOnMissingContext=True,
                      dummyValue=[{"Arn": "dummy"}], **TYPE) == [
        {"Arn": "dummy"}]


def test_cc_list(scripted):
    pages = {None: ([resource("a", Arn="1", Tag={"Deep": "x"}),
                     resource("b", Arn="2", Tag={"Deep": "y"})], "t"),
             "t": ([resource("c", Arn="3", Tag={"Deep": "x"})], None)}

    def replies(action, given):
        found, token = pages[given.get("NextToken")]
        return 200, {"TypeName": given["TypeName"],
                     "ResourceDescriptions": found,
                     **({"NextToken": token} if token else {})}

    ask = scripted(replies)
    props = {**TYPE, "propertyMatch": {"Tag.Deep": "x"}}
    stored = ask.answer("cc-api-provider", resourceModel={"A": [1]}, **props)
    assert [r["Identifier"] for r in stored] == ["a", "c"]
    assert ask.emulator.calls[0] == (
        "ListResources", {"TypeName": "AWS::S3::Bucket", "MaxResults": 100,
                          "ResourceModel": '{"A":[1]}'})
    assert len(ask.emulator.calls) == 2
    match = '{"Tag.Deep":"x"}'
    for count, text in (("exactly-one", "exactly one"),
                        ("at-most-one", "at most one")):
        assert ask.failure("cc-api-provider", expectedMatchCount=count,
                           **props) == (
            f"Found 2 resources matching {match}; expected {text}. Please "
            "narrow the search criteria")
    props["propertyMatch"] = {"Tag.Deep": "z"}
    match = '{"Tag.Deep":"z"}'
    for count, text in (("exactly-one", "exactly one"),
                        ("at-least-one", "at least one")):
        assert ask.failure("cc-api-provider", expectedMatchCount=count,
                           **props) == (
            f"Could not find any resources matching {match}; expected "
            f"{text}.")
    assert ask.failure("cc-api-provider", **{
        **props, "propertyMatch": {"No.Such": 1}}) == (
        "Encountered CC API error while listing AWS::S3::Bucket resources "
        'matching {"No.Such":1}\nCannot read field No.Such. No is not found.')
    (ask.folder / "cdk.context.json").unlink()
    assert ask.answer("cc-api-provider", expectedMatchCount="any",
                      **props) == []


def test_cc_too_many_on_first_page(scripted):
    ask = scripted(lambda action, given: (200, {
        "ResourceDescriptions": [resource("a", Arn="1"),
                                 resource("b", Arn="1")], "NextToken": "t"}))
    assert ask.failure("cc-api-provider", typeName="T",
                       propertiesToReturn=["Arn"],
                       propertyMatch={"Arn": "1"},
                       expectedMatchCount="exactly-one") == (
        'Found at least 2 resources matching {"Arn":"1"}; expected exactly '
        "one. Please narrow the search criteria")
    assert len(ask.emulator.calls) == 1


def test_key_on_second_page(scripted):
    def replies(action, given):
        if "Marker" not in given:
            return 200, {"Aliases": [{"AliasName": "alias/a",
                                      "TargetKeyId": "1"}],
                         "Truncated": True, "NextMarker": "m"}
        return 200, {"Aliases": [{"AliasName": "alias/b",
                                  "TargetKeyId": "2"},
                                 {"AliasName": "alias/c"}],
                     "Truncated": False}

    ask = scripted(replies)
    assert ask.answer("key-provider", aliasName="alias/b") == {"keyId": "2"}
    assert ask.emulator.calls == [("ListAliases", {}),
                                  ("ListAliases", {"Marker": "m"})]
    assert ask.failure("key-provider", aliasName="alias/c") == (
        "Could not find any key with alias named alias/c")


def balancer(i):
    return (f"<member><LoadBalancerArn>arn:{i}</LoadBalancerArn>"
            f"<Type>application</Type><DNSName>d{i}</DNSName>"
            f"<CanonicalHostedZoneId>Z</CanonicalHostedZoneId>"
            f"<VpcId>v</VpcId><IpAddressType>dualstack</IpAddressType>"
            "</member>")


def test_balancers_in_pages_and_chunks(scripted):
    """25 in two pages; tags are asked for 20 at a time."""
    def replies(action, given):
        if action == "DescribeLoadBalancers":
            first = "Marker" not in given
            found = "".join(map(balancer,
                                range(15) if first else range(15, 25)))
            marker = "<NextMarker>m</NextMarker>" if first else ""
            return 200, (f"<{action}Response><{action}Result>"
                         f"<LoadBalancers>{found}</LoadBalancers>{marker}"
                         f"</{action}Result></{action}Response>")
        arns = [v for k, v in given.items() if k.startswith("ResourceArns")]
        found = "".join(
            f"<member><ResourceArn>{a}</ResourceArn><Tags><member><Key>n"
            f"</Key><Value>{a[4:]}</Value></member></Tags></member>"
            for a in arns)
        return 200, (f"<{action}Response><{action}Result><TagDescriptions>"
                     f"{found}</TagDescriptions></{action}Result>"
                     f"</{action}Response>")

    ask = scripted(replies)
    stored = ask.answer("load-balancer", loadBalancerType="application",
                        loadBalancerTags=tags(n="23"))
    assert stored == {
        "loadBalancerArn": "arn:23", "loadBalancerCanonicalHostedZoneId": "Z",
        "loadBalancerDnsName": "d23", "vpcId": "v", "securityGroupIds": [],
        "ipAddressType": "dualstack"}
    assert [(a, len(g)) for a, g in ask.emulator.calls] == [
        ("DescribeLoadBalancers", 0), ("DescribeLoadBalancers", 1),
        ("DescribeTags", 20), ("DescribeTags", 5)]


def test_newest_image(scripted):
    def image(name, date):
        when = f"<creationDate>{date}</creationDate>" if date else ""
        return f"<item><imageId>{name}</imageId>{when}</item>"

    ask = scripted(lambda action, given: (200, (
        "<DescribeImagesResponse xmlns='http://ec2.amazonaws.com/doc/"
        "2016-11-15/'><requestId>r</requestId><imagesSet>"
        + image("ami-none", None) + image("ami-old", "2020-01-01T00:00:00.000Z")
        + image("ami-new", "2024-02-29T23:59:59.000Z")
        + image("ami-same", "2024-02-29T23:59:59.000Z")
        + "</imagesSet></DescribeImagesResponse>")))
    assert ask.answer("ami", owners=["amazon", "self"], filters={
        "name": ["a*", "b*"], "state": ["available"]}) == "ami-new"
    assert ask.emulator.calls == [("DescribeImages", {
        "Owner.1": "amazon", "Owner.2": "self", "Filter.1.Name": "name",
        "Filter.1.Value.1": "a*", "Filter.1.Value.2": "b*",
        "Filter.2.Name": "state", "Filter.2.Value.1": "available"})]


def test_service_says_no(scripted):
    ask = scripted(lambda action, given: (403, (
        "<Response><Errors><Error><Code>UnauthorizedOperation</Code>"
        "<Message>You are not authorized to perform this operation."
        "</Message></Error></Errors><RequestID>r</RequestID></Response>")))
    assert ask.failure("availability-zones") == (
        "You are not authorized to perform this operation.")
    assert ask.failure("vpc-provider", filter={}) == (
        "You are not authorized to perform this operation.")


EC2_NO = ("<Response><Errors><Error><Code>{code}</Code><Message>{text}"
          "</Message></Error></Errors><RequestID>r</RequestID></Response>")
QUERY_NO = ("<ErrorResponse><Error><Code>{code}</Code><Message>{text}"
            "</Message></Error><RequestId>r</RequestId></ErrorResponse>")
JSON_NO = '{{"__type": "{code}", "message": "{text}"}}'
BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/b"
EVERY_PROVIDER = [
    ("ami", EC2_NO, {"owners": ["amazon"], "filters": {"name": ["a"]}}),
    ("availability-zones", EC2_NO, {}),
    ("endpoint-service-availability-zones", EC2_NO, {"serviceName": "s"}),
    ("hosted-zone", QUERY_NO, {"domainName": "example.org"}),
    ("key-provider", JSON_NO, {"aliasName": "alias/a"}),
    ("load-balancer", QUERY_NO, {"loadBalancerType": "application",
                                 "loadBalancerArn": BALANCER}),
    # by its own ARN any error is "No load balancer listeners found", as in
    # the reference
    ("load-balancer-listener", QUERY_NO, {
        "loadBalancerType": "application", "loadBalancerArn": BALANCER}),
    ("security-group", EC2_NO, {"securityGroupId": "sg-1"}),
    ("ssm", JSON_NO, {"parameterName": "/a"}),
    ("vpc-provider", EC2_NO, {"filter": {"isDefault": "true"}}),
    ("cc-api-provider", JSON_NO, {
        "typeName": "T", "exactIdentifier": "i", "propertiesToReturn": ["A"]}),
]


@pytest.mark.parametrize("code, text, least", [
    ("AccessDenied", "you may not", 1), ("Throttling", "Rate exceeded", 2)])
@pytest.mark.parametrize("provider, reply, props", EVERY_PROVIDER,
                         ids=[p[0] for p in EVERY_PROVIDER])
def test_denied_or_throttled(scripted, provider, reply, props, code, text,
                             least):
    """Denied at once, throttled again and again: the app is told, the file is
    not, and the next run asks once more."""
    ask = scripted(lambda action, given: (
        400, reply.format(code=code, text=text)))
    told = ask.failure(provider, **props)
    prefix = ("Encountered CC API error while getting T resource i\n"
              if provider == "cc-api-provider" else "")
    assert told == prefix + text
    asked = len(ask.emulator.calls)
    assert asked >= least and (least > 1 or asked == 1)
    assert ask.failure(provider, **props) == told
    assert len(ask.emulator.calls) == 2 * asked


def test_throttled_for_a_while(scripted):
    left = [3]

    def replies(action, given):
        if left[0]:
            left[0] -= 1
            return 400, JSON_NO.format(code="ThrottlingException",
                                       text="Rate exceeded")
        return 200, {"Parameter": {"Value": "v"}}

    ask = scripted(replies)
    assert ask.answer("ssm", parameterName="/a") == "v"
    assert len(ask.emulator.calls) == 4


@pytest.mark.parametrize("provider, reply, props", EVERY_PROVIDER,
                         ids=[p[0] for p in EVERY_PROVIDER])
def test_no_lookups_asks_nobody(scripted, provider, reply, props):
    ask = scripted(lambda action, given: (500, reply.format(code="x",
                                                            text="y")))
    ask.answers([question(provider, **props)], "--no-lookups", status=1)
    assert "Context lookups have been disabled." in ask.done.err
    assert ask.done.err.rstrip().endswith("Missing context keys: 'k'")
    assert ask.emulator.calls == [] and ask.text is None


def test_error_beside_what_is_stored(scripted):
    """Nothing that was stored before is lost by a failing lookup."""
    ask = scripted(lambda action, given: (
        400, JSON_NO.format(code="AccessDeniedException", text="no")))
    folder = ask.home / "app"
    folder.mkdir()
    (folder / "cdk.context.json").write_text('{"before": {"a": [1]}}')
    stored, known = ask.answers([question("ssm", parameterName="/a")])
    assert stored == {"before": {"a": [1]}}
    assert known["k"] == {"$providerError": "no", "$dontSaveContext": True}


# ---- the real library --------------------------------------------------------

def test_library(ask, moto, tmp_path):
    """An app of the library finds its VPC and parameter by name; once they
    are stored, nothing is asked any more."""
    if not (NODE_MODULES / "aws-cdk-lib").exists():
        pytest.skip("aws-cdk-lib is not installed for Node")
    n = Net(moto.client("ec2"), name="library")
    private = n.subnet("a"), n.subnet("b")
    n.nat(n.main, private[0])
    moto.client("ssm").put_parameter(Name="/library", Value="stored",
                                     Type="String", Overwrite=True)
    app = tmp_path / "library"
    app.mkdir()
    (app / "cdk.json").write_text('{"app": "node app.js"}')
    (app / "app.js").write_text("""
const cdk = require("aws-cdk-lib");
const ec2 = require("aws-cdk-lib/aws-ec2");
const ssm = require("aws-cdk-lib/aws-ssm");
const stack = new cdk.Stack(new cdk.App(), "Lookup", {env: {
  account: process.env.CDK_DEFAULT_ACCOUNT,
  region: process.env.CDK_DEFAULT_REGION}});
const vpc = ec2.Vpc.fromLookup(stack, "V", {vpcName: "library"});
new cdk.CfnOutput(stack, "Subnets", {
  value: vpc.privateSubnets.map(s => s.subnetId).join(",")});
new cdk.CfnOutput(stack, "Value", {
  value: ssm.StringParameter.valueFromLookup(stack, "/library")});
new cdk.CfnOutput(stack, "Gone", {
  value: ssm.StringParameter.valueFromLookup(stack, "/gone")});
""")
    done = ask.fails("synth", "--no-notices", cwd=app)
    assert ("SSM parameter not available in account 123456789012, region "
            "us-east-1: /gone") in done.text
    moto.client("ssm").put_parameter(Name="/gone", Value="back",
                                     Type="String", Overwrite=True)
    done = ask.ok("synth", "--no-notices", "-j", cwd=app)
    moto.client("ssm").delete_parameter(Name="/gone")
    outputs = json.loads(done.out)["Outputs"]
    assert outputs["Subnets"]["Value"] == ",".join(private)
    assert outputs["Value"]["Value"] == "stored"
    assert outputs["Gone"]["Value"] == "back"
    stored = json.loads((app / "cdk.context.json").read_text())
    assert sorted(stored) == [
        "ssm:account=123456789012:parameterName=/gone:region=us-east-1",
        "ssm:account=123456789012:parameterName=/library:region=us-east-1",
        "vpc-provider:account=123456789012:filter.tag:Name=library:"
        "region=us-east-1:returnAsymmetricSubnets=true"]
    again = ask.ok("synth", "--no-notices", "-j", "--no-lookups", cwd=app)
    assert again.out == done.out
