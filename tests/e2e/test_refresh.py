"""context --refresh against moto: values change in the cloud, are looked up
again through the app or by their keys, and what changed is shown."""
import json
import shutil

import pytest

from conftest import APPS, NODE_MODULES, REGION, Cloud, stop
from test_lookups import Moto


@pytest.fixture(scope="module")
def moto(tmp_path_factory):
    if not (NODE_MODULES / "aws-cdk-lib").exists():
        pytest.skip("aws-cdk-lib is not installed for Node")
    found = Moto(tmp_path_factory.mktemp("moto"))
    fill(found)
    yield found
    stop(found.proc)


def fill(moto):
    ec2 = moto.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16", TagSpecifications=[{
        "ResourceType": "vpc",
        "Tags": [{"Key": "Name", "Value": "a:b"}]}])["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(
        VpcId=vpc, CidrBlock=f"10.8.{i}.0/24",
        AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"]
        for i, zone in enumerate("ab")]
    ec2.create_security_group(GroupName="web", Description="d", VpcId=vpc)
    ec2.register_image(Name="lookup-1", Architecture="x86_64")
    moto.client("route53").create_hosted_zone(
        Name="example.com.", CallerReference="1",
        VPC={"VPCRegion": REGION, "VPCId": vpc},
        HostedZoneConfig={"PrivateZone": True, "Comment": ""})
    kms = moto.client("kms")
    kms.create_alias(AliasName="alias/app",
                     TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    elb = moto.client("elbv2")
    arn = elb.create_load_balancer(
        Name="web", Subnets=subnets, Tags=[
            {"Key": "use", "Value": "web"},
            {"Key": "stage", "Value": "x:y"}])["LoadBalancers"][0][
                "LoadBalancerArn"]
    elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80,
                        DefaultActions=[{"Type": "fixed-response",
                                         "FixedResponseConfig": {
                                             "StatusCode": "200"}}])


SIZE = f"ssm:account=123456789012:parameterName=/app/size:region={REGION}"


class Project(Cloud):
    def __init__(self, moto, home):
        super().__init__(moto, home)
        self.folder = home / "app"
        shutil.copytree(APPS / "lookups", self.folder)
        self.env["ONE"] = "1"
        self.put("one")

    def put(self, value):
        self.emulator.client("ssm").put_parameter(
            Name="/app/size", Value=value, Type="String", Overwrite=True)

    def synth(self, *args, **kw):
        return self.ok("synth", "-q", *args, cwd=self.folder, **kw)

    def refresh(self, *args, **kw):
        return self.run("context", "--refresh", *args, cwd=self.folder, **kw)

    @property
    def text(self):
        return (self.folder / "cdk.context.json").read_text()

    @property
    def stored(self):
        return json.loads(self.text)


@pytest.fixture
def project(moto, tmp_path):
    return Project(moto, tmp_path)


def with_all(project):
    project.env.pop("ONE")
    project.synth()
    return project.stored


def test_changed(project):
    project.synth()
    project.put("two")
    done = project.refresh()
    assert done.status == 0, done
    assert done.out == ""
    assert done.err == f"""\
[~] {SIZE}
   ├─ [-] one
   └─ [+] two
Looked up again: 1 changed, 0 unchanged, 0 failed
"""
    assert project.text == json.dumps({SIZE: "two"}, indent=2) + "\n"


def test_the_assembly_stays(project):
    project.synth()
    before = (project.folder / "cdk.out" / "manifest.json").stat().st_mtime_ns
    project.put("two")
    assert project.refresh().status == 0
    assert before == (
        project.folder / "cdk.out" / "manifest.json").stat().st_mtime_ns


def test_other_values_stay_in_place(project):
    (project.folder / "cdk.context.json").write_text(json.dumps(
        {"mine": [1], SIZE: "zero", "cli-telemetry": False}))
    assert project.refresh().status == 0
    assert project.text == json.dumps(
        {"mine": [1], SIZE: "one", "cli-telemetry": False}, indent=2) + "\n"


def test_nothing_changed_writes_nothing(project):
    (project.folder / "cdk.context.json").write_text(json.dumps({SIZE: "one"}))
    done = project.refresh()
    assert done.err == "Looked up again: 0 changed, 1 unchanged, 0 failed\n"
    assert project.text == json.dumps({SIZE: "one"})


def test_json(project):
    project.synth()
    project.put("two")
    done = project.refresh("--json")
    assert json.loads(done.out) == {"version": 1, "values": [
        {"key": SIZE, "status": "changed", "old": "one", "new": "two"}]}


def test_json_beside_an_app_that_talks(project):
    project.synth()
    done = project.refresh("--json", "--app", "echo hello; node app.js")
    assert json.loads(done.out)["values"][0]["status"] == "unchanged"
    assert done.err.startswith("hello\n")


def test_failure_keeps_the_old_value(project):
    project.synth()
    project.emulator.client("ssm").delete_parameter(Name="/app/size")
    before = project.text
    done = project.refresh()
    assert done.status == 1
    assert done.err == (
        f"{SIZE}: SSM parameter not available in account 123456789012, "
        f"region {REGION}: /app/size (the old value stays)\n"
        "Looked up again: 0 changed, 0 unchanged, 1 failed\n")
    assert project.text == before


def test_not_asked_any_more(project):
    gone = SIZE.replace("size", "gone")
    (project.folder / "cdk.context.json").write_text(
        json.dumps({SIZE: "zero", gone: "x"}))
    done = project.refresh()
    assert done.status == 0
    assert f"{gone}: the app does not ask for it any more" in done.err
    assert project.stored == {SIZE: "one", gone: "x"}


def test_set_elsewhere(project):
    project.synth()
    project.put("two")
    (project.folder / "cdk.json").write_text(json.dumps(
        {"app": "node app.js", "context": {SIZE: "three"}}))
    done = project.refresh()
    assert "not looked up, since the command line, cdk.json or ~/.cdk.json sets" in (
        done.err)
    assert project.stored == {SIZE: "one"}


@pytest.mark.parametrize("which", [SIZE, "ssm:*/*/*", "2"])
def test_which(project, which):
    zones = f"availability-zones:account=123456789012:region={REGION}"
    (project.folder / "cdk.context.json").write_text(
        json.dumps({SIZE: "zero", zones: ["old"]}))
    done = project.refresh(which)
    assert done.status == 0, done
    assert project.stored == {SIZE: "one", zones: ["old"]}


def test_no_such(project):
    done = project.refresh()
    assert done.status == 1
    assert done.err == "cdk.context.json holds no looked-up values\n"
    project.synth()
    assert project.refresh("nope").err == (
        "no looked-up value in cdk.context.json matches 'nope'\n")
    assert project.refresh("9").err == "No context key with number: 9\n"


def test_the_app_fails(project):
    project.synth()
    before = project.text
    done = project.refresh("--app", "false")
    assert done.status == 1
    assert "Subprocess exited with error 1" in done.err
    assert project.text == before


def test_all_kinds_by_the_app(project):
    stored = with_all(project)
    assert len(stored) == 10, sorted(stored)
    done = project.refresh()
    assert done.status == 0
    assert done.err.splitlines()[-1] == (
        "Looked up again: 0 changed, 10 unchanged, 0 failed")


def test_all_kinds_by_their_keys(project):
    """A finished assembly cannot be asked what it would like to know."""
    stored = with_all(project)
    wrong = {k: "wrong" for k in stored}
    (project.folder / "cdk.context.json").write_text(json.dumps(wrong))
    done = project.refresh("--app", "cdk.out")
    assert done.status == 0, done
    assert project.stored == stored


def test_a_key_that_does_not_say_enough(project):
    key = "cc-api-provider:account=123456789012:exactIdentifier=x:region=r"
    (project.folder / "cdk.json").write_text("{}")
    (project.folder / "cdk.context.json").write_text(
        json.dumps({key: 1, SIZE: "zero"}))
    done = project.refresh()
    assert done.status == 1
    assert f"{key}: the key does not carry the whole question" in done.err
    assert project.stored == {key: 1, SIZE: "one"}
