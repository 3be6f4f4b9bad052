"""`plan` and `apply` against the scripted endpoint: what is written down, what
counts as moved, and that nothing is left behind or done twice."""
import hashlib
import json
import re
import signal

import pytest

from assets import Assets, file_asset, image_asset
from harness import S3, Bench, failing, good, template
from test_guard import LOST, OLD, REPLACED, STACKS, TABLE, deployed, replacing
UPDATED = "2026-01-02T03:04:05.000Z"
OTHER = {"Resources": {"B": {"Type": S3, "Properties": {"BucketName": "x"}}}}


def existing(name="S1", body=None, **more):
    text = json.dumps(body if body is not None
                      else {"Resources": {"Old": {"Type": "T::T::T"}}})
    return {name: {"StackStatus": "UPDATE_COMPLETE", "template": text,
                   "LastUpdatedTime": UPDATED, **more}}


def plan_of(b, *args):
    """Makes plan.json; its content and what was said."""
    r = b.run("plan", "-o", "plan.json", *args)
    assert r.status == 0, r.err
    return json.loads((b.folder / "plan.json").read_text()), r


def seal(plan):
    """As the program does, for plans that were edited with skill."""
    plan.pop("digest", None)
    text = json.dumps(plan, separators=(",", ":"), ensure_ascii=False)
    plan["digest"] = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    return plan


def count(r, action):
    return r.actions().count(action)


def one(tmp_path, verb="UPDATE", **scenario):
    return Bench(tmp_path, {"stacks": existing(),
                            "operations": [good(verb)], **scenario})


# ---- one stack ------------------------------------------------------------

def test_a_plan_says_all_and_changes_nothing(tmp_path):
    with one(tmp_path) as b:
        before = dict(b.server.world.stacks["S1"])
        plan, r = plan_of(b)
        assert b.server.world.stacks["S1"] == before
        assert list(b.server.world.sets) == [
            ("S1", f"ccdk-plan-{plan['id']}")]
    assert list(plan) == ["format", "ccdkVersion", "id", "created", "summary",
                          "assembly", "options", "stacks", "digest"]
    assert plan["format"] == 1 and plan["options"] == {}
    assert plan["summary"] == {"update": 1, "permissions": "none",
                               "dataLoss": 0}
    s = plan["stacks"][0]
    assert (s["stack"], s["name"], s["environment"], s["kind"]) == (
        "S1", "S1", "aws://111122223333/us-east-1", "update")
    assert s["changeSet"]["name"] == f"ccdk-plan-{plan['id']}"
    assert s["changeSet"]["arn"].startswith("arn:aws:cloudformation:")
    assert s["base"]["state"] == "present"
    assert (s["base"]["status"], s["base"]["lastUpdated"]) == (
        "UPDATE_COMPLETE", UPDATED)
    assert s["changes"] == [{"action": "Add", "logicalId": "B", "type": S3,
                             "constructPath": "S1/B/Resource"}]
    assert seal(dict(plan)) == plan
    assert r.out.startswith("Stack S1 (aws://111122223333/us-east-1)\n"
                            "Resources\n[-] T::T::T Old destroy\n"
                            "[+] AWS::S3::Bucket B B\n")
    assert r.err == (
        "S1: creating CloudFormation changeset...\n\n"
        f"✨  Plan {plan['id']}: 1 to update\n"
        "Written to 'plan.json'. Apply it with: ccdk apply plan.json\n")
    assert r.actions() == ["DescribeStacks", "GetTemplate", "DescribeStacks",
                           "GetTemplate", "CreateChangeSet",
                           "DescribeChangeSet"]


def test_apply_executes_it_as_deploy_does(tmp_path):
    with one(tmp_path) as b:
        plan, _ = plan_of(b)
        seen = len(b.server.requests)
        r = b.run("apply", "plan.json", "-O", "out.json")
        done = [a for _, a, _ in b.server.requests[seen:]]
    assert (r.status, r.out) == (0, plan["stacks"][0]["base"]["stackId"]
                                 + "\n")
    assert r.err.startswith("S1: deploying... [1/1]\n"
                            "S1 | 0/3 | TIME | UPDATE_IN_PROGRESS ")
    assert r.err.endswith(
        "\n✅  S1\n\n✨  Deployment time: Ns\n\nOutputs:\n"
        "S1.Alpha = https://a\nS1.Zed = z1\nStack ARN:\n\n"
        "✨  Total time: Ns\n\n")
    assert "CreateChangeSet" not in done
    sent = r.params("ExecuteChangeSet")
    assert [p["ChangeSetName"] for p in sent] == [
        plan["stacks"][0]["changeSet"]["arn"]]
    assert json.loads((tmp_path / "out.json").read_text()) == {
        "S1": {"Zed": "z1", "Alpha": "https://a"}}


def test_apply_needs_no_assembly(tmp_path):
    with one(tmp_path) as b:
        plan_of(b)
        (tmp_path / "asm").rename(tmp_path / "gone")
        r = b.run("apply", "plan.json")
    assert r.status == 0, r.err


def test_apply_tells_events(tmp_path):
    with one(tmp_path) as b:
        plan_of(b)
        r = b.run("apply", "plan.json", "--json")
        assert r.status == 0, r.err
        events = [json.loads(line) for line in r.out.splitlines()]
        names = [e["event"] for e in events]
        assert names[:3] == ["run.started", "stack.started",
                             "stack.deploying"]
        assert names[-2:] == ["stack.succeeded", "run.finished"]
        assert events[0]["command"] == "apply"
        r = b.run("apply", "plan.json", "--json")
    assert [json.loads(line)["event"] for line in r.out.splitlines()] == [
        "run.finished"]


def test_applied_twice(tmp_path):
    with one(tmp_path) as b:
        plan, _ = plan_of(b)
        assert b.run("apply", "plan.json").status == 0
        r = b.run("apply", "plan.json")
    assert (r.status, r.out) == (1, "")
    assert f"the plan '{plan['id']}' has been applied already" in r.err
    assert count(r, "ExecuteChangeSet") == 1


def test_a_new_stack(tmp_path):
    with Bench(tmp_path, {"operations": [good()]}) as b:
        plan, _ = plan_of(b)
        s = plan["stacks"][0]
        assert (s["kind"], s["base"]) == ("create", {"state": "absent"})
        r = b.run("apply", "plan.json")
        assert b.server.world.stacks["S1"]["StackStatus"] == \
            "CREATE_COMPLETE"
    assert r.status == 0, r.err
    assert "S1 | 0/2 | TIME | CREATE_IN_PROGRESS" in r.err


def test_nothing_to_do_is_told_twice(tmp_path):
    same = existing(body=template(), Outputs=[
        {"OutputKey": "Zed", "OutputValue": "z1"}])
    with Bench(tmp_path, {"stacks": same}) as b:
        plan, r = plan_of(b)
        assert plan["stacks"][0]["kind"] == "none"
        assert "There were no differences" in r.out
        assert f"✨  Plan {plan['id']}: 1 unchanged\n" in r.err
        r = b.run("apply", "plan.json")
        assert b.server.world.sets == {}
    assert r.status == 0
    assert "✅  S1 (no changes)\n" in r.err and "S1.Zed = z1" in r.err
    assert "CreateChangeSet" not in r.actions()


def test_an_empty_change_set_is_not_kept(tmp_path):
    empty = {"Status": "FAILED", "ExecutionStatus": "UNAVAILABLE",
             "StatusReason": "The submitted information didn't contain "
             "changes. Submit different information."}
    with one(tmp_path, change_set=empty) as b:
        plan, _ = plan_of(b)
        assert plan["stacks"][0]["kind"] == "none"
        assert b.server.world.sets == {}


def test_termination_protection_waits_for_apply(tmp_path):
    stacks = {"S1": {"properties": {"terminationProtection": True}}}
    scenario = {"stacks": existing(body=template())}
    with Bench(tmp_path, scenario, stacks) as b:
        _, r = plan_of(b, "--force")
        assert "Termination protection is switched on" in r.out
        assert "UpdateTerminationProtection" not in r.actions()
        r = b.run("apply", "plan.json")
        assert b.server.world.stacks["S1"]["EnableTerminationProtection"]
    assert r.status == 0, r.err
    assert r.actions().index("UpdateTerminationProtection") < \
        r.actions().index("ExecuteChangeSet")


def test_without_a_file_nothing_is_kept(tmp_path):
    with Bench(tmp_path) as b:
        r = b.run("plan")
        assert (b.server.world.sets, b.server.world.stacks) == ({}, {})
    assert r.status == 0 and "[+] AWS::S3::Bucket B B" in r.out
    assert "Nothing was kept; -o FILE keeps a plan\n" in r.err


def test_json_on_stdout_is_the_file(tmp_path):
    with one(tmp_path) as b:
        r = b.run("plan", "--json")
        (tmp_path / "plan.json").write_text(r.out)
        plan = json.loads(r.out)
        assert seal(dict(plan)) == plan
        assert b.run("apply", "plan.json").status == 0


def test_discard(tmp_path):
    with Bench(tmp_path) as b:
        plan_of(b)
        assert b.server.world.sets and b.server.world.stacks
        r = b.run("plan", "--discard", "plan.json")
        assert (b.server.world.sets, b.server.world.stacks) == ({}, {})
        assert r.status == 0 and re.match("S1: change set '.*' deleted\n",
                                          r.err)
        r = b.run("plan", "--discard", "plan.json")
        assert r.status == 0 and "' was gone already\n" in r.err
        r = b.run("apply", "plan.json")
    assert r.status == 1
    assert "stack: not there when planned" not in r.err
    assert "gone now with the stack it was made for" in r.err


def test_the_former_plan_is_kept(tmp_path):
    """Its file is all that can take its change sets away."""
    with one(tmp_path) as b:
        former, _ = plan_of(b)
        plan, r = plan_of(b)
        assert f"The former plan in 'plan.json' ({former['id']}) is " in r.err
        assert len(b.server.world.sets) == 2
        r = b.run("plan", "--discard", "plan.json~")
        assert r.status == 0, r.err
        assert [name for _, name in b.server.world.sets] == [
            f"ccdk-plan-{plan['id']}"]
        (b.folder / "plan.json").write_text("what was no plan\n")
        _, r = plan_of(b)
    assert "former" not in r.err


def test_discard_leaves_other_plans_alone(tmp_path):
    with Bench(tmp_path, {"operations": [good()]}) as b:
        plan_of(b)
        (tmp_path / "plan.json").rename(tmp_path / "first.json")
        plan, _ = plan_of(b)
        assert plan["stacks"][0]["base"]["state"] == "review"
        assert b.run("plan", "--discard", "first.json").status == 0
        assert len(b.server.world.sets) == 1
        r = b.run("apply", "plan.json")
    assert r.status == 0, r.err


def test_a_file_that_cannot_be_written(tmp_path):
    (tmp_path / "plan.json").mkdir()
    with Bench(tmp_path) as b:
        r = b.run("plan", "-o", "plan.json")
        assert (r.status, r.actions()) == (1, [])
    assert "cannot write 'plan.json'" in r.err


def test_folders_of_the_file_are_made(tmp_path):
    with Bench(tmp_path) as b:
        assert b.run("plan", "-o", "out/today/plan.json").status == 0
        r = b.run("apply", "out/today/plan.json")
    assert r.status == 0, r.err


# ---- moved ----------------------------------------------------------------

def refused(b, *lines):
    """apply says no, names what moved, and touches nothing."""
    r = b.run("apply", "plan.json")
    assert (r.status, r.out) == (1, "")
    assert "cannot be applied: something has moved since it was made" \
        in r.err
    assert "Nothing was executed." in r.err
    assert "'ccdk plan --discard plan.json' puts this one away" in r.err
    for line in lines:
        assert line in r.err
    assert "ExecuteChangeSet" not in r.actions()
    return r


@pytest.mark.parametrize("change, line", [
    ({"StackStatus": "UPDATE_ROLLBACK_COMPLETE"},
     "  status: UPDATE_COMPLETE when planned, UPDATE_ROLLBACK_COMPLETE now"),
    ({"LastUpdatedTime": "2026-05-05T05:05:05.000Z"},
     f"  last update: {UPDATED} when planned, 2026-05-05T05:05:05.000Z now"),
    ({"template": json.dumps(OTHER)}, "  deployed template: sha256:"),
    ({"Tags": [{"Key": "a", "Value": "b"}]},
     '  tags: {} when planned, {"a":"b"} now'),
    ({"Parameters": [{"ParameterKey": "P", "ParameterValue": "1"}]},
     "  parameter values: sha256:"),
    ({"StackId": "arn:aws:cloudformation:us-east-1:111122223333:stack/S1/n"},
     "/aaaa-S1 when planned, arn:aws:cloudformation:us-east-1:111122223333:"
     "stack/S1/n now"),
    ({"EnableTerminationProtection": True},
     "  termination protection: false when planned, true now"),
])
def test_the_stack_has_moved(tmp_path, change, line):
    with one(tmp_path) as b:
        plan_of(b)
        b.server.world.stacks["S1"].update(change)
        r = refused(b, line, "\nS1\n")
    assert len(re.findall(r"when planned", r.err)) == 1


def test_the_stack_is_gone(tmp_path):
    with one(tmp_path) as b:
        plan_of(b)
        b.server.world.stacks.clear()
        refused(b, "  stack: there when planned, not there now")


def test_somebody_made_the_stack(tmp_path):
    with Bench(tmp_path) as b:
        plan_of(b)
        b.server.world.stacks["S1"]["StackStatus"] = "CREATE_COMPLETE"
        refused(b, "  stack: not there when planned, there now")


@pytest.mark.parametrize("change, line", [
    (None, "there when planned, gone now"),
    ({"ExecutionStatus": "OBSOLETE"}, "AVAILABLE when planned, OBSOLETE now"),
    ({"Status": "FAILED", "StatusReason": "x"},
     "CREATE_COMPLETE when planned, FAILED now"),
    ({"ChangeSetId": "arn:aws:cloudformation:us-east-1:1:changeSet/x/y"},
     "bbbb when planned, arn:aws:cloudformation:us-east-1:1:changeSet/x/y"),
    ({"Changes": []}, "content of change set 'ccdk-plan-"),
    ({"Tags": [{"Key": "a", "Value": "b"}]},
     "content of change set 'ccdk-plan-"),
])
def test_the_change_set_has_moved(tmp_path, change, line):
    with one(tmp_path) as b:
        plan_of(b)
        [key] = b.server.world.sets
        if change is None:
            del b.server.world.sets[key]
        else:
            b.server.world.sets[key].update(change)
        refused(b, line)


def test_the_order_of_changes_does_not_count(tmp_path):
    rows = [{"Type": "Resource", "ResourceChange": {
        "Action": "Add", "LogicalResourceId": i, "ResourceType": S3}}
        for i in ("B", "A", "C")]
    with one(tmp_path, change_set={"Changes": rows}) as b:
        plan_of(b)
        [key] = b.server.world.sets
        b.server.world.sets[key]["Changes"] = rows[::-1]
        assert b.run("apply", "plan.json").status == 0


def test_all_that_moved_is_named(tmp_path):
    stacks = {"S1": {}, "S2": {}}
    with Bench(tmp_path, {"stacks": {**existing(), **existing("S2")}},
               stacks) as b:
        plan_of(b, "--all")
        b.server.world.stacks["S1"]["StackStatus"] = "CREATE_COMPLETE"
        b.server.world.stacks["S2"].update(
            StackStatus="IMPORT_COMPLETE",
            LastUpdatedTime="2026-05-05T05:05:05.000Z")
        refused(b, "\nS1\n  status: ", "\nS2\n  status: UPDATE_COMPLETE when "
                "planned, IMPORT_COMPLETE now\n  last update: ")


# ---- assets ---------------------------------------------------------------

def test_assets_are_published_and_have_to_stay(tmp_path):
    files = {"aa": file_asset({"path": "a.txt"}, "k/${AWS::AccountId}.txt",
                              "Code")}
    with Assets(tmp_path, files) as b:
        (b.app / "a.txt").write_text("a")
        plan, r = plan_of(b)
        assert "My-S: success: Published Code (d1)" in r.err
        [asset] = plan["stacks"][0]["assets"]
        assert (asset["id"], asset["kind"], asset["destinationId"]) == (
            "aa", "file", "d1")
        assert asset["destination"]["bucketName"] == "assets"
        assert asset["digest"].startswith("sha256:")
        data = b.server.stored.pop(("assets", "k/111122223333.txt"))
        refused(b, "\nS1 (My-S)\n  asset 'Code' (s3://assets/k/"
                "111122223333.txt): there when planned, missing now")
        b.server.stored["assets", "k/111122223333.txt"] = data
        r = b.run("apply", "plan.json")
    assert r.status == 0, r.err


def test_an_image_has_to_stay(tmp_path):
    repositories = {"repo": ["t1"]}
    with Assets(tmp_path, images={"im": image_asset(
            {"directory": "img"}, "t1")},
            scenario={"repositories": repositories}) as b:
        (b.app / "img").mkdir()
        plan, _ = plan_of(b)
        assert plan["stacks"][0]["assets"][0]["kind"] == "image"
        del repositories["repo"][0]
        refused(b, "(repo:t1): there when planned, missing now")
        repositories["repo"].append("t1")
        assert b.run("apply", "plan.json").status == 0


# ---- the file -------------------------------------------------------------

def test_an_edited_plan(tmp_path):
    with one(tmp_path) as b:
        plan, _ = plan_of(b)
        plan["stacks"][0]["changes"][0]["logicalId"] = "C"
        (tmp_path / "plan.json").write_text(json.dumps(plan))
        r = b.run("apply", "plan.json")
        assert (r.status, r.out) == (1, "")
        assert "plan.json: the plan was changed after it was written" in r.err
        # other blanks are no other plan
        del plan["stacks"][0]["changes"][0]["logicalId"]
        _, _ = plan_of(b)
        text = json.loads((tmp_path / "plan.json").read_text())
        (tmp_path / "plan.json").write_text(json.dumps(text))
        assert b.run("apply", "plan.json").status == 0


def test_an_expired_plan(tmp_path):
    with one(tmp_path) as b:
        plan, _ = plan_of(b, "--expires-in", "0.001")
        late = {"CCDK_NOW": "4102444800"}
        assert plan["expires"] > plan["created"]
        r = b.run("apply", "plan.json", env=late)
    assert r.status == 1 and "ExecuteChangeSet" not in r.actions()
    assert f"the plan '{plan['id']}' expired at {plan['expires']}" in r.err


def test_the_role_is_that_of_the_plan(tmp_path):
    role = {"assumeRoleArn": "arn:${AWS::Partition}:iam::111122223333:role/d",
            "assumeRoleExternalId": "x",
            "cloudFormationExecutionRoleArn":
                "arn:${AWS::Partition}:iam::111122223333:role/cfn"}
    with Bench(tmp_path, {"stacks": existing(), "operations": [
            good("UPDATE")]}, {"S1": {"properties": role}}) as b:
        plan, _ = plan_of(b)
        s = plan["stacks"][0]
        assert s["deployRole"] == {
            "arn": "arn:aws:iam::111122223333:role/d", "externalId": "x"}
        assert s["executionRole"] == "arn:aws:iam::111122223333:role/cfn"
        assert b.run("apply", "plan.json").status == 0
        roles = [(p["RoleArn"], p.get("ExternalId"))
                 for _, a, p in b.server.requests if a == "AssumeRole"]
    assert roles == [("arn:aws:iam::111122223333:role/d", "x")] * 2


def test_tags_are_told(tmp_path):
    """No template has them, so no difference shows them."""
    tags = [{"Key": k, "Value": v} for k, v in
            (("same", "1"), ("other", "2"), ("gone", "3"))]
    with Bench(tmp_path, {"stacks": existing(body=template(), Tags=tags),
                          "operations": [good("UPDATE")]}) as b:
        _, r = plan_of(b, "-t", "same=1", "-t", "other=x", "-t", "new=4")
    assert r.out.endswith("There were no differences\n[~] Tag other: x, was "
                          "2\n[+] Tag new: 4\n[-] Tag gone: 3\n")


def test_options_are_those_of_the_plan(tmp_path):
    with one(tmp_path) as b:
        plan, _ = plan_of(b, "--no-rollback", "--tags", "a=b",
                          "--import-existing-resources")
        assert plan["options"] == {
            "rollback": False, "importExistingResources": True,
            "tags": [{"Key": "a", "Value": "b"}]}
        assert plan["stacks"][0]["tags"] == {"a": "b"}
        r = b.run("apply", "plan.json")
    assert r.status == 0, r.err
    assert r.params("ExecuteChangeSet")[0]["DisableRollback"] == "true"


def test_permissions_are_shown(tmp_path):
    policy = {"Resources": {"P": {"Type": "AWS::IAM::ManagedPolicy",
                                  "Properties": {"PolicyDocument": {
                                      "Statement": [{
                                          "Effect": "Allow", "Action": "s3:*",
                                          "Resource": "*"}]},
                                      "Roles": ["R"]}}}}
    with Bench(tmp_path, {}, {"S1": {"template": policy,
                                     "metadata": {}}}) as b:
        plan, _ = plan_of(b)
    s = plan["stacks"][0]
    assert plan["summary"]["permissions"] == s["permissions"] == "broadening"
    assert s["securityChanges"][0] == "Stack S1 (aws://111122223333/us-east-1)"
    assert any("s3:*" in line for line in s["securityChanges"])


# ---- data -----------------------------------------------------------------

def test_what_loses_data_is_told_and_refused(tmp_path):
    with Bench(tmp_path, replacing(), STACKS) as b:
        plan, r = plan_of(b)
        assert plan["summary"]["dataLoss"] == 1
        [row] = plan["stacks"][0]["dataLoss"]
        assert (row["logicalId"], row["type"], row["event"], row["fate"],
                row["allowed"]) == ("T", TABLE, "replace", "lost", False)
        assert f"⚠️  What holds data:\n{LOST}" in r.out
        assert f"⚠️  Data would be lost:\n{LOST}'ccdk apply' refuses that " \
            "until it is allowed, then or now: --allow-data-loss S1.T\n" \
            in r.err
        r = b.run("apply", "plan.json")
        assert (r.status, r.out) == (1, "")
        assert r.err == (f"the plan '{plan['id']}' loses data, and that is "
                         f"not allowed. Nothing was executed.\n{LOST}Save "
                         "the data and let them go, here or when planning: "
                         "--allow-data-loss S1.T\n")
        r = b.run("apply", "plan.json", "--allow-data-loss", "X")
        assert r.status == 1 and "ExecuteChangeSet" not in r.actions()
        r = b.run("apply", "plan.json", "--allow-data-loss", "S1.T",
                  "--allow-data-loss", "X")
    assert r.status == 0, r.err
    assert "--allow-data-loss X: nothing of that name" in r.err


def test_what_was_allowed_when_planning(tmp_path):
    with Bench(tmp_path, replacing(), STACKS) as b:
        plan, r = plan_of(b, "--allow-data-loss", "T", "--allow-data-loss",
                          "Y")
        assert plan["stacks"][0]["dataLoss"][0]["allowed"]
        assert "Data would be lost" not in r.err
        assert "--allow-data-loss Y: nothing of that name" in r.err
        assert b.run("apply", "plan.json").status == 0


@pytest.mark.parametrize("allowed", [True, False])
def test_data_of_a_stack_that_comes_later(tmp_path, allowed):
    """Judged by the templates, and again by the change set."""
    new = {"Resources": {**STACKS["S1"]["template"]["Resources"],
                         **CONSUMER["Resources"]}}
    stacks = {"S1": PAIR["S1"], "S2": {
        "template": new, "deps": ["S1"], "metadata": {}}}
    scenario = {"stacks": {"S2": deployed(OLD)},
                "change_set_of": {"S2": {"Changes": [REPLACED]}},
                "operations": [good(), good("UPDATE", "S2")]}
    option = ("--allow-data-loss", "T")
    with Bench(tmp_path, scenario, stacks) as b:
        plan, _ = plan_of(b, "--all", *(option if allowed else ()))
        assert plan["stacks"][1]["later"] and \
            plan["stacks"][1]["dataLoss"][0]["logicalId"] == "T"
        r = b.run("apply", "plan.json")
        assert r.status == (0 if allowed else 1), r.err
        if not allowed:
            assert "ExecuteChangeSet" not in r.actions()
            r = b.run("apply", "plan.json", *option)
    assert r.status == 0, r.err


# ---- several stacks -------------------------------------------------------

PRODUCER = {**template(), "Outputs": {"Out": {
    "Value": "x", "Export": {"Name": "S1:Out"}}}}
CONSUMER = {"Resources": {"C": {"Type": "AWS::SNS::Topic", "Properties": {
    "TopicName": {"Fn::ImportValue": "S1:Out"}}}}}
PAIR = {"S1": {"template": PRODUCER},
        "S2": {"template": CONSUMER, "deps": ["S1"], "metadata": {}}}


def test_an_export_that_does_not_exist_yet(tmp_path):
    with Bench(tmp_path, {"operations": [good(), good(name="S2")]},
               PAIR) as b:
        plan, r = plan_of(b, "--all")
        first, second = plan["stacks"]
        assert plan["summary"]["create"] == plan["summary"]["later"] == 1
        assert "later" not in first and "changeSet" not in second
        because = "it imports 'S1:Out', which 'S1' does not export yet"
        assert second["later"] == {"after": ["S1"], "because": because}
        assert second["changes"] == [{"action": "Add", "logicalId": "C",
                                      "type": "AWS::SNS::Topic"}]
        assert f"made when the plan is applied: {because}" in r.out
        assert f"S2: change set is made when the plan is applied: {because}" \
            in r.err
        assert count(r, "CreateChangeSet") == 1
        r = b.run("apply", "plan.json", "--concurrency", "4")
    assert r.status == 0, r.err
    assert r.out.splitlines() == [
        "arn:aws:cloudformation:us-east-1:111122223333:stack/S1/aaaa-S1",
        "arn:aws:cloudformation:us-east-1:111122223333:stack/S2/aaaa-S2"]
    made = r.params("CreateChangeSet")[-1]
    assert made["ChangeSetName"] == f"ccdk-plan-{plan['id']}"
    assert [a for a in r.actions() if a in (
        "CreateChangeSet", "ExecuteChangeSet")] == [
        "CreateChangeSet", "ExecuteChangeSet"] * 2


def test_an_export_that_exists(tmp_path):
    scenario = {"stacks": {**existing(body={**PRODUCER, "Description": "o"}),
                           **existing("S2")},
                "operations": [good("UPDATE"), good("UPDATE", "S2")]}
    with Bench(tmp_path, scenario, PAIR) as b:
        plan, _ = plan_of(b, "--all")
        assert all("changeSet" in s for s in plan["stacks"])
        assert plan["stacks"][1]["dependsOn"] == ["S1"]
        (tmp_path / "asm").rename(tmp_path / "gone")
        assert b.run("apply", "plan.json").status == 0


def dropping(tmp_path, deps):
    """S1 exported what S2 has imported until now."""
    alone = {"Resources": {"C": {"Type": "AWS::SNS::Topic"}}}
    scenario = {"stacks": {**existing(body=PRODUCER),
                           **existing("S2", CONSUMER)},
                "operations": [good("UPDATE", "S2"), good("UPDATE")]}
    return Bench(tmp_path, scenario, {
        "S1": {}, "S2": {"template": alone, "deps": deps, "metadata": {}}})


def test_an_export_is_dropped_after_its_importer(tmp_path):
    with dropping(tmp_path, []) as b:
        plan, _ = plan_of(b, "--all")
        assert [s["dependsOn"] for s in plan["stacks"]] == [["S2"], []]
        r = b.run("apply", "plan.json")
    assert r.status == 0, r.err
    assert [p["StackName"] for p in r.params("ExecuteChangeSet")] == [
        "S2", "S1"]


@pytest.mark.parametrize("patterns, who", [
    (["S1"], "S2 imports it, and is not part of this plan (its new template "
     "does not need it any more: select it too)"),
    (["--all"], "Alien imports it, and is no stack of this app")])
def test_what_others_import_is_no_plan(tmp_path, patterns, who):
    with dropping(tmp_path, []) as b:
        b.server.world.stacks["S1"]["Outputs"] = [
            {"OutputKey": "Out", "OutputValue": "v", "ExportName": "S1:Out"}]
        if patterns == ["--all"]:
            b.server.world.stacks["Alien"] = dict(
                b.server.world.stacks["S2"])
        r = b.run("plan", *patterns, "-o", "plan.json")
        assert b.server.world.sets == {}
    assert r.status == 1 and not (tmp_path / "plan.json").exists()
    assert f"  S1:Out: {who}\n" in r.err


def test_what_takes_two_deployments_is_no_plan(tmp_path):
    with dropping(tmp_path, ["S1"]) as b:
        r = b.run("plan", "--all", "-o", "plan.json")
        assert b.server.world.sets == {}
    assert r.status == 1
    assert "stack 'S1' drops the export 'S1:Out', which 'S2' still imports " \
        "while it depends on it: that takes two deployments of one " \
        "stack, which no plan can hold. Let 'ccdk deploy' do both, or plan " \
        "and apply 'S2' first, with --exclusively" in r.err


def test_what_cloudformation_misses(tmp_path):
    """A name that is no plain text is only known once it is asked for."""
    computed = json.loads(json.dumps(PAIR))
    computed["S1"]["template"]["Outputs"]["Out"]["Export"]["Name"] = {
        "Fn::Sub": "S1:Out"}
    with Bench(tmp_path, {}, computed) as b:
        plan, _ = plan_of(b, "--all")
        assert [k[0] for k in b.server.world.sets] == ["S1"]
        assert list(b.server.world.stacks) == ["S1"]
    assert plan["stacks"][1]["later"]["after"] == ["S1"]
    assert plan["stacks"][1]["later"]["because"] == \
        "CloudFormation says: No export named S1:Out found"


def later_plan(tmp_path, **scenario):
    b = Bench(tmp_path, scenario, PAIR)
    plan_of(b, "--all")
    return b


def test_later_needs_the_same_assembly(tmp_path):
    with later_plan(tmp_path) as b:
        changed = {"Resources": {"D": {"Type": "AWS::SNS::Topic"}}}
        (tmp_path / "asm/S2.template.json").write_text(json.dumps(changed))
        refused(b, "\nS2\n  template: sha256:",
                " in the assembly 'asm' now")


def test_later_needs_the_same_properties(tmp_path):
    with later_plan(tmp_path) as b:
        manifest = json.loads((tmp_path / "asm/manifest.json").read_text())
        manifest["artifacts"]["S2"]["properties"]["tags"] = {"a": "b"}
        (tmp_path / "asm/manifest.json").write_text(json.dumps(manifest))
        refused(b, "\nS2\n  properties in the manifest: sha256:")


def test_later_misses_its_stack(tmp_path):
    with later_plan(tmp_path) as b:
        manifest = json.loads((tmp_path / "asm/manifest.json").read_text())
        del manifest["artifacts"]["S2"]
        (tmp_path / "asm/manifest.json").write_text(json.dumps(manifest))
        refused(b, "\nS2\n  stack: in the assembly when planned, not in "
                "'asm' now")


def test_hidden_values_are_given_again(tmp_path):
    stacks = json.loads(json.dumps(PAIR))
    stacks["S2"]["template"]["Parameters"] = {
        "Secret": {"Type": "String", "NoEcho": True},
        "Plain": {"Type": "String"}}
    with Bench(tmp_path, {"operations": [good(), good(name="S2")]},
               stacks) as b:
        plan, _ = plan_of(b, "--all", "--parameters", "S2:Secret=hunter2",
                          "--parameters", "S2:Plain=p")
        text = (tmp_path / "plan.json").read_text()
        assert "hunter2" not in text
        assert plan["stacks"][1]["parameterValues"] == {"Plain": "p"}
        assert plan["stacks"][1]["parametersToGive"] == ["Secret"]
        refused(b, "\nS2\n  the value of parameter 'Secret' is hidden "
                "(NoEcho) and not in the plan: give it again with "
                "--parameters S2:Secret=VALUE")
        r = b.run("apply", "plan.json", "--parameters", "S2:Plain=q")
        assert r.status == 1
        assert "the plan does not ask for the parameter 'Plain'" in r.err
        r = b.run("apply", "plan.json", "--parameters", "S2:Secret=hunter2")
    assert r.status == 0, r.err
    sent = r.params("CreateChangeSet")[-1]
    assert {sent[f"Parameters.member.{i}.ParameterKey"]:
            sent[f"Parameters.member.{i}.ParameterValue"]
            for i in (1, 2)} == {"Secret": "hunter2", "Plain": "p"}


def test_a_missing_value_is_missed_when_planning(tmp_path):
    stacks = json.loads(json.dumps(PAIR))
    stacks["S2"]["template"]["Parameters"] = {"Plain": {"Type": "String"}}
    with Bench(tmp_path, {}, stacks) as b:
        r = b.run("plan", "--all", "-o", "plan.json")
        assert (b.server.world.sets, b.server.world.stacks) == ({}, {})
    assert r.status == 1
    assert "Parameters are missing a value: Plain" in r.err


def test_a_failed_creation_is_made_anew(tmp_path):
    broken = existing()
    broken["S1"]["StackStatus"] = "ROLLBACK_COMPLETE"
    with Bench(tmp_path, {"stacks": broken, "operations": [{}, good()]}) as b:
        plan, r = plan_of(b)
        assert plan["stacks"][0]["kind"] == "create"
        assert "has to be deleted before" in \
            plan["stacks"][0]["later"]["because"]
        assert "DeleteStack" not in r.actions()
        r = b.run("apply", "plan.json")
        assert b.server.world.stacks["S1"]["StackStatus"] == \
            "CREATE_COMPLETE"
    assert r.status == 0, r.err


def test_after_a_failure_the_rest_is_not_started(tmp_path):
    stacks = {"S1": {}, "S2": {"deps": ["S1"]}, "S3": {"deps": ["S2"]}}
    old = {}
    for name in stacks:
        old.update(existing(name))
    with Bench(tmp_path, {"stacks": old, "operations": [
            good("UPDATE"), failing(name="S2"), good("UPDATE", "S3")]},
            stacks) as b:
        plan_of(b, "--all")
        r = b.run("apply", "plan.json", "-O", "out.json")
        assert {k[0] for k, v in b.server.world.sets.items()
                if v["ExecutionStatus"] == "AVAILABLE"} == {"S3"}
        assert list(json.loads((tmp_path / "out.json").read_text())) == ["S1"]
        assert r.status == 1
        assert "❌  S2 failed to deploy\n‣ DeploymentError: Resource updates " \
            "failed:" in r.err
        assert "Applied: S1\nNot started: S3. Make a new plan for what is " \
            "left; 'ccdk plan --discard plan.json' removes the change sets " \
            "that wait." in r.err
        r = refused_after_half(b)
        assert b.run("plan", "--discard", "plan.json").status == 0
        assert not [v for v in b.server.world.sets.values()
                    if v["ExecutionStatus"] == "AVAILABLE"]


def refused_after_half(b):
    r = b.run("apply", "plan.json")
    assert r.status == 1
    assert "\nS1\n  this plan's change set: waiting when planned, executed " \
        "now\n" in r.err
    assert count(r, "ExecuteChangeSet") == 2
    return r


# ---- nothing stays behind -------------------------------------------------

@pytest.mark.parametrize("old", [True, False])
def test_a_failed_plan_leaves_nothing(tmp_path, old):
    stacks = {"S1": {}, "S2": {"deps": ["S1"]}}
    with Bench(tmp_path, {"stacks": existing() if old else {}}, stacks) as b:
        b.server.world.s["change_set_of"] = {"S2": {
            "Status": "FAILED", "StatusReason": "no such thing"}}
        r = b.run("plan", "--all", "-o", "plan.json")
        assert b.server.world.sets == {}
        assert list(b.server.world.stacks) == (["S1"] if old else [])
    assert r.status == 1 and "no such thing" in r.err
    assert not (tmp_path / "plan.json").exists()


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("old", [True, False])
def test_an_interrupted_plan_leaves_nothing(tmp_path, sig, old):
    scenario = {"stacks": existing() if old else {},
                "change_set": {"pending": 10 ** 9}}
    with Bench(tmp_path, scenario, {"S1": {}, "S2": {}}) as b:
        p = b.start("plan", "--all", "-o", "plan.json")
        with b.server.lock:
            assert b.server.progress.wait_for(
                lambda: {"DescribeChangeSet S1", "DescribeChangeSet S2"}
                <= b.server.seen, 30)
        p.send_signal(sig)
        r = b.finish(p)
        assert b.server.world.sets == {}
        assert list(b.server.world.stacks) == (["S1"] if old else [])
    assert r.status == -sig and r.out == ""
    assert "Interrupted: deleting the change sets 'ccdk-plan-" in r.err
    assert not (tmp_path / "plan.json").exists()


def test_a_change_set_whose_reply_was_lost(tmp_path):
    lost = {"action": "CreateChangeSet", "kind": "truncate", "times": 99}
    with Bench(tmp_path, {"faults": [lost]}) as b:
        r = b.run("plan", "-o", "plan.json")
        assert (b.server.world.sets, b.server.world.stacks) == ({}, {})
    assert r.status == 1


def test_a_stack_that_is_busy(tmp_path):
    busy = existing()
    busy["S1"]["StackStatus"] = "UPDATE_IN_PROGRESS"
    with Bench(tmp_path, {"stacks": busy}) as b:
        r = b.run("plan", "-o", "plan.json")
    assert r.status == 1
    assert "stack 'S1' is UPDATE_IN_PROGRESS: a plan is based on stacks at " \
        "rest" in r.err
    assert "CreateChangeSet" not in r.actions()


def test_a_rollback_that_failed(tmp_path):
    stuck = existing()
    stuck["S1"]["StackStatus"] = "UPDATE_ROLLBACK_FAILED"
    with Bench(tmp_path, {"stacks": stuck}) as b:
        r = b.run("plan", "-o", "plan.json")
    assert r.status == 1
    assert r.err.endswith("(UPDATE_ROLLBACK_FAILED): it has to be rolled back "
                          "('ccdk rollback S1') before it can be planned\n")
    assert "CreateChangeSet" not in r.actions()


def test_a_stack_that_has_to_be_rolled_back(tmp_path):
    paused = existing()
    paused["S1"]["StackStatus"] = "UPDATE_FAILED"
    with Bench(tmp_path, {"stacks": paused, "operations": [
            good("UPDATE")]}) as b:
        r = b.run("plan", "-o", "plan.json")
        assert r.status == 1 and b.server.world.sets == {}
        assert "stack 'S1' is in a paused fail state (UPDATE_FAILED): it has " \
            "to be rolled back ('ccdk rollback S1') before it can be " \
            "planned, or to be planned " \
            "with --no-rollback" in r.err
        plan_of(b, "--no-rollback")
        r = b.run("apply", "plan.json")
    assert r.status == 0, r.err


def test_a_replacement_without_rollback(tmp_path):
    with Bench(tmp_path, replacing(), STACKS) as b:
        r = b.run("plan", "--no-rollback", "-o", "plan.json")
        assert b.server.world.sets == {}
    assert r.status == 1 and "plan without --no-rollback" in r.err


def test_an_interrupted_apply(tmp_path):
    """As deploy: what runs is told and left, the rest is not started."""
    stacks = {"S1": {}, "S2": {"deps": ["S1"]}}
    with Bench(tmp_path, {"stacks": {**existing(), **existing("S2")},
                          "operations": [{"busy": 10 ** 9}]}, stacks) as b:
        plan_of(b, "--all")
        p = b.start("apply", "plan.json")
        with b.server.lock:
            assert b.server.progress.wait_for(
                lambda: "DescribeStackEvents S1" in b.server.seen, 30)
        p.send_signal(signal.SIGTERM)
        r = b.finish(p)
    assert r.status == -signal.SIGTERM, r.err
    assert count(r, "ExecuteChangeSet") == 1
    assert "S1" in r.err and "Not started: S2." in r.err


def test_no_resources_left(tmp_path):
    empty = {"S1": {"template": {"Resources": {}}}}
    with Bench(tmp_path, {"stacks": existing()}, empty) as b:
        r = b.run("plan", "-o", "plan.json")
        assert r.status == 1 and "use 'ccdk destroy S1'" in r.err
        b.server.world.stacks.clear()
        plan, _ = plan_of(b)
        assert plan["stacks"][0]["kind"] == "none"
        r = b.run("apply", "plan.json")
    assert (r.status, r.out) == (0, "")
