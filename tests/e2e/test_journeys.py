"""Whole journeys of apps written with the real library: deploy, change,
deploy, deploy again without changes, destroy. What counts is what the emulator
holds afterwards."""
import json

import pytest

from conftest import ACCOUNT, REGION

NEVER = ("--require-approval", "never", "--progress", "events")


def deploy(cloud, asm, *args):
    return cloud.ok("deploy", "-a", asm, *(args or ("--all",)), *NEVER)


def deploy_nothing(cloud, asm, names):
    """A second deployment finds nothing to do and leaves the stacks alone."""
    before = {n: cloud.stack(n).get("LastUpdatedTime") for n in names}
    done = deploy(cloud, asm)
    for name in names:
        assert cloud.stack(name).get("LastUpdatedTime") == before[name]
    assert done.text.count("(no changes)") == len(names), done
    return done


def destroy(cloud, asm, names):
    cloud.ok("destroy", "-a", asm, "--all", "--force")
    for name in names:
        assert cloud.stack(name) is None


def published(cloud):
    return cloud.keys(f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}")


def expected_keys(asm, name):
    manifest = json.loads((asm / f"{name}.assets.json").read_text())
    return {d["objectKey"] for f in manifest["files"].values()
            for d in f["destinations"].values()}


def test_queue(bootstrapped, assembly):
    cloud, one, two = bootstrapped, assembly("queue"), assembly("queue", True)
    done = deploy(cloud, one)
    stack = cloud.stack("Queues")
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["StackId"] in done.out
    url = cloud.outputs("Queues")["JobsUrl"]
    assert f"Queues.JobsUrl = {url}" in done.err
    assert expected_keys(one, "Queues") <= published(cloud)
    sqs = cloud.client("sqs")

    def timeout():
        return sqs.get_queue_attributes(
            QueueUrl=url, AttributeNames=["VisibilityTimeout"]
        )["Attributes"]["VisibilityTimeout"]

    assert timeout() == "30"
    diff = cloud.run("diff", "-a", two, "--fail")
    assert diff.status == 1, diff
    assert "AWS::SQS::Queue" in diff.text and "Late" in diff.text
    deploy(cloud, two)
    assert cloud.stack("Queues")["StackStatus"] == "UPDATE_COMPLETE"
    assert timeout() == "60"
    assert len(sqs.list_queues()["QueueUrls"]) == 3
    deploy_nothing(cloud, two, ["Queues"])
    diff = cloud.ok("diff", "-a", two, "--fail")
    assert "There were no differences" in diff.text
    destroy(cloud, two, ["Queues"])
    assert not sqs.list_queues().get("QueueUrls")


def test_web(bootstrapped, assembly):
    cloud, one, two = bootstrapped, assembly("web"), assembly("web", True)
    deploy(cloud, one)
    out = cloud.outputs("Web")
    tables = cloud.client("dynamodb").list_tables()["TableNames"]
    assert tables == [out["TableName"]]
    functions = cloud.client("lambda")
    config = functions.get_function_configuration(
        FunctionName=out["FunctionName"])
    assert config["Environment"]["Variables"]["GREETING"] == "hello"
    # the code is the asset we packed and uploaded: it runs
    reply = functions.invoke(FunctionName=out["FunctionName"], Payload=b"{}")
    body = json.loads(json.loads(reply["Payload"].read())["body"])
    assert body == {"greeting": "hello"}
    groups = cloud.client("logs").describe_log_groups()["logGroups"]
    assert {g["logGroupName"]: g.get("retentionInDays") for g in groups}[
        f"/aws/lambda/{out['FunctionName']}"] == 7
    apis = cloud.client("apigateway").get_rest_apis()["items"]
    assert [a["id"] for a in apis] == [out["ApiId"]]
    deploy(cloud, two)
    config = functions.get_function_configuration(
        FunctionName=out["FunctionName"])
    assert config["Environment"]["Variables"]["GREETING"] == "bonjour"
    deploy_nothing(cloud, two, ["Web"])
    destroy(cloud, two, ["Web"])
    assert cloud.client("dynamodb").list_tables()["TableNames"] == []


def test_site(bootstrapped, assembly):
    cloud, one, two = bootstrapped, assembly("site"), assembly("site", True)
    deploy(cloud, one)
    bucket = cloud.outputs("Site")["BucketName"]
    s3 = cloud.client("s3")

    def page(name):
        return s3.get_object(Bucket=bucket, Key=name)["Body"].read().decode()

    assert cloud.keys(bucket) == {"index.html"}
    assert "First edition" in page("index.html")
    assert expected_keys(one, "Site") <= published(cloud)
    deploy(cloud, two)
    assert cloud.keys(bucket) == {"index.html", "news.html"}
    assert "Second edition" in page("index.html")
    deploy_nothing(cloud, two, ["Site"])


def test_stages(bootstrapped, assembly):
    cloud, one = bootstrapped, assembly("stages")
    two = assembly("stages", True)
    names = ["Beta-State", "Beta-Work", "Prod-State", "Prod-Work"]
    # one stage, chosen by pattern; the stack it needs comes along
    done = deploy(cloud, one, "Beta/Work")
    assert cloud.stack("Beta-State") and cloud.stack("Beta-Work")
    assert cloud.stack("Prod-Work") is None
    assert "Including dependency stacks" in done.err
    exports = cloud.client("cloudformation").list_exports()["Exports"]
    mine = [e for e in exports if e["Name"].startswith("Beta-State")]
    assert len(mine) == 2
    deploy(cloud, one, "**")
    for name in names:
        assert cloud.stack(name)["StackStatus"] == "CREATE_COMPLETE"
    deploy(cloud, two, "Prod/*")
    queues = cloud.client("sqs").list_queues()["QueueUrls"]
    assert sum("Outbox" in q for q in queues) == 1
    assert any("Prod" in q and "Outbox" in q for q in queues)
    done = deploy(cloud, two, "Prod/**")
    assert done.text.count("(no changes)") == 2, done
    cloud.ok("destroy", "-a", two, "**", "--force")
    for name in names:
        assert cloud.stack(name) is None


def test_transform(bootstrapped, assembly):
    cloud, one = bootstrapped, assembly("transform")
    two = assembly("transform", True)
    ssm = cloud.client("ssm")

    def note():
        return ssm.get_parameter(Name="/included/note")["Parameter"]["Value"]

    deploy(cloud, one)
    assert note() == "note-first"
    assert cloud.client("dynamodb").list_tables()["TableNames"]
    deploy(cloud, two)
    assert note() == "note-second"
    deploy_nothing(cloud, two, ["Included"])
    destroy(cloud, two, ["Included"])


def test_places(cloud, assembly):
    """The agnostic stack lands where the credentials point."""
    one = assembly("places")
    for region in ("eu-west-1", "us-west-2", "us-east-1"):
        cloud.ok("bootstrap", f"aws://{ACCOUNT}/{region}")
    done = cloud.ok("deploy", "-a", one, "--all", *NEVER,
                    env={"AWS_REGION": "eu-west-1"})
    places = {"Anywhere": "eu-west-1", "West": "us-west-2",
              "East": "us-east-1"}
    for name, region in places.items():
        arn = cloud.outputs(name, region)["TopicArn"]
        assert arn.split(":")[3] == region
        assert cloud.stack(name, region)["StackId"] in done.out
    assert cloud.stack("Anywhere", "us-east-1") is None
    cloud.ok("destroy", "-a", one, "--all", "--force",
             env={"AWS_REGION": "eu-west-1"})
    for name, region in places.items():
        assert cloud.stack(name, region) is None


def test_outputs_file(bootstrapped, assembly, tmp_path):
    cloud, target = bootstrapped, tmp_path / "outputs.json"
    deploy(cloud, assembly("queue"), "Queues", "--outputs-file", str(target))
    written = json.loads(target.read_text())
    assert written == {"Queues": cloud.outputs("Queues")}


@pytest.mark.parametrize("name,stack", [("queue", "Queues"), ("web", "Web")])
def test_app_is_run_from_its_folder(bootstrapped, project, name, stack):
    """As a user does it: cdk.json names the app, -c changes it."""
    cloud, folder = bootstrapped, project(name)
    assert cloud.ok("list", cwd=folder).out == f"{stack}\n"
    cloud.ok("deploy", *NEVER, cwd=folder)
    assert cloud.stack(stack)["StackStatus"] == "CREATE_COMPLETE"
    diff = cloud.run("diff", "-c", "change=yes", "--fail", cwd=folder)
    assert diff.status == 1, diff
    assert "Number of stacks with differences: 1" in diff.text
    cloud.ok("deploy", "-c", "change=yes", *NEVER, cwd=folder)
    assert cloud.stack(stack)["StackStatus"] == "UPDATE_COMPLETE"
    done = cloud.ok("deploy", "-c", "change=yes", *NEVER, cwd=folder)
    assert "(no changes)" in done.text
    cloud.ok("destroy", "--force", cwd=folder)
    assert cloud.stack(stack) is None
