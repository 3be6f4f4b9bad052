"""A plan is made, reviewed and applied, with apps written with the real
library; what counts is what the emulator holds afterwards."""
import json

from conftest import ACCOUNT, REGION

EVENTS = ("--progress", "events")


def plan(cloud, asm, *args):
    target = cloud.home / "plan.json"
    cloud.ok("plan", "-a", asm, "-o", target, *args)
    return target, json.loads(target.read_text())


def by_name(content):
    return {s["name"]: s for s in content["stacks"]}


def test_plan_review_apply(bootstrapped, assembly):
    cloud, one, two = bootstrapped, assembly("web"), assembly("web", True)
    file, content = plan(cloud, one)
    assert cloud.stack("Web")["StackStatus"] == "REVIEW_IN_PROGRESS"
    [web] = content["stacks"]
    assert web["environment"] == f"aws://{ACCOUNT}/{REGION}"
    assert web["base"] == {"state": "absent"} and web["kind"] == "create"
    assert "AWS::Lambda::Function" in {c["type"] for c in web["changes"]}
    assert content["summary"]["permissions"] == "broadening"
    assert {a["kind"] for a in web["assets"]} == {"file"}
    # applying needs the file alone
    done = cloud.ok("apply", file, *EVENTS)
    assert cloud.stack("Web")["StackStatus"] == "CREATE_COMPLETE"
    assert cloud.stack("Web")["StackId"] in done.out
    assert " | Reader (ReaderF7BF189D) " in done.err
    again = cloud.fails("apply", file)
    assert "has been applied already" in again.err
    file, content = plan(cloud, two)
    [web] = content["stacks"]
    assert web["kind"] == "update"
    assert web["base"]["status"] == "CREATE_COMPLETE"
    cloud.ok("apply", file, *EVENTS)
    name = cloud.outputs("Web")["FunctionName"]
    config = cloud.client("lambda").get_function_configuration(
        FunctionName=name)
    assert config["Environment"]["Variables"]["GREETING"] == "bonjour"
    _, content = plan(cloud, two)
    assert content["stacks"][0]["kind"] == "none"


def test_somebody_else_was_faster(bootstrapped, assembly):
    cloud, one, two = bootstrapped, assembly("queue"), assembly("queue", True)
    cloud.ok("deploy", "-a", one, "--require-approval", "never")
    file, _ = plan(cloud, two)
    cloud.ok("deploy", "-a", two, "--require-approval", "never")
    before = cloud.stack("Queues")
    refused = cloud.fails("apply", file)
    assert "something has moved since it was made" in refused.err
    assert "Queues\n" in refused.err and "deployed template:" in refused.err
    after = cloud.stack("Queues")
    assert after["LastUpdatedTime"] == before["LastUpdatedTime"]
    cloud.ok("plan", "--discard", file)


def test_stacks_that_import_from_each_other(bootstrapped, assembly):
    cloud, one, two = bootstrapped, assembly("stages"), assembly("stages",
                                                                 True)
    file, content = plan(cloud, one, "**", "--concurrency", "4")
    stacks = by_name(content)
    for stage in ("Beta", "Prod"):
        work = stacks[f"{stage}-Work"]
        assert work["later"]["after"] == [f"{stage}/State"]
        assert cloud.stack(f"{stage}-Work") is None
    assert content["summary"]["create"] == content["summary"]["later"] == 2
    lost = cloud.fails("apply", file, "-a", two, *EVENTS)
    assert "in the assembly" in lost.err
    cloud.ok("apply", file, "-a", one, "--concurrency", "4", *EVENTS)
    for name in stacks:
        assert cloud.stack(name)["StackStatus"] == "CREATE_COMPLETE"
    file, content = plan(cloud, two, "**")
    assert not any("later" in s for s in content["stacks"])
    cloud.ok("apply", file, *EVENTS)


def test_nested_stacks(bootstrapped, assembly):
    cloud = bootstrapped
    file, _ = plan(cloud, assembly("nested"), "--all")
    cloud.ok("apply", file, *EVENTS)
    names = {s["StackName"] for s in cloud.client("cloudformation")
             .describe_stacks()["Stacks"]}
    assert len(names) > 2, names  # the toolkit, and at least two of ours
    file, content = plan(cloud, assembly("nested", True), "--all")
    inside = {c["constructPath"]: (n["nestedIn"], c["action"],
                                   c.get("replacement"))
              for n in by_name(content)["Outer"]["nested"]
              for c in n["changes"]}
    assert inside["Outer/Middle/Jobs/Resource"] == ("Outer", "Modify", "True")
    assert inside["Outer/Extra/Flag/Resource"] == ("Outer", "Add", None)
    deep = "Outer/Middle/Deep/Worker/DefaultPolicy/Resource"
    assert inside[deep][0].startswith("Outer-Middle")
    assert "nested" not in by_name(content)["Plain"]
    cloud.ok("plan", "--discard", file)


def test_a_plan_that_is_put_away(bootstrapped, assembly):
    cloud = bootstrapped
    file, _ = plan(cloud, assembly("queue"))
    cloud.ok("plan", "--discard", file)
    assert cloud.stack("Queues") is None
    cloud.ok("plan", "-a", assembly("queue"))
    assert cloud.stack("Queues") is None
