"""`--protect-stateful`: what would take data away is refused."""
import json

import pytest

from harness import Bench, good, stack_row, template

NEVER = ("--require-approval", "never")
PROTECT = (*NEVER, "--protect-stateful")
TABLE = "AWS::DynamoDB::Table"
QUEUE = "AWS::SQS::Queue"
NESTED = "AWS::CloudFormation::Stack"


def resource(kind, path=None, policy=None, replace=None, **properties):
    r = {"Type": kind, "Properties": properties}
    if path:
        r["Metadata"] = {"aws:cdk:path": path}
    if policy:
        r["DeletionPolicy"] = policy
    if replace:
        r["UpdateReplacePolicy"] = replace
    return r


def resources(**all_):
    return {"Resources": all_}


def deployed(body, **more):
    return {"StackStatus": "UPDATE_COMPLETE", "template": json.dumps(body),
            **more}


def change(logical, kind, action="Modify", replacement=None, policy=None,
           names=(), **more):
    rc = {"LogicalResourceId": logical, "ResourceType": kind,
          "Action": action, "Scope": ["Properties"],
          "PhysicalResourceId": f"phys-{logical}",
          "Details": [{"Evaluation": "Static", "Target": {
              "Attribute": "Properties", "Name": n,
              "RequiresRecreation": "Always"}} for n in names], **more}
    if replacement:
        rc["Replacement"] = replacement
    if policy:
        rc["PolicyAction"] = policy
    return {"Type": "Resource", "ResourceChange": rc}


OLD = resources(T=resource(TABLE, "S1/Users/Resource", TableName="a"))
NEW = resources(T=resource(TABLE, "S1/Users/Resource", TableName="b"))
REPLACED = change("T", TABLE, replacement="True", policy="ReplaceAndDelete",
                  names=["TableName"])
STACKS = {"S1": {"template": NEW}}
REFUSAL = """\
S1: nothing was changed, because data would be lost and stateful resources \
are protected (--protect-stateful)
"""
LOST = """\
S1/Users/Resource  (AWS::DynamoDB::Table T)
  will be replaced: TableName cannot change in place
  a database: the old one's tables and their rows would be lost
"""
ADVICE = ("Give them a removal policy that retains (and deploy that first), "
          "undo the change, or save the data and let them go: ")


def replacing(**more):
    return {"stacks": {"S1": deployed(OLD)},
            "change_set": {"Changes": [REPLACED]},
            "operations": [good("UPDATE")], **more}


def test_replacement_is_refused(tmp_path):
    with Bench(tmp_path, replacing(), STACKS) as b:
        r = b.run("deploy", *PROTECT)
    assert r.status == 1
    assert r.err.endswith(REFUSAL + LOST + ADVICE +
                          "--allow-data-loss S1.T\n")
    assert "ExecuteChangeSet" not in r.actions()
    # the change set is gone, the stack as it was
    assert not r.server.world.sets
    assert r.server.world.stacks["S1"]["StackStatus"] == "UPDATE_COMPLETE"


def test_nothing_is_refused_unless_asked(tmp_path):
    with Bench(tmp_path / "a", replacing(), STACKS) as b:
        plain = b.run("deploy", *NEVER)
    with Bench(tmp_path / "b", {
            **replacing(), "change_set": {"Changes": [
                change("F", "AWS::Lambda::Function", replacement="True")]}},
            STACKS) as b:
        harmless = b.run("deploy", *PROTECT)
    assert plain.status == harmless.status == 0
    # a harmless change set says enough: no request more than without
    first = plain.actions().index("ExecuteChangeSet")
    assert plain.actions()[:first] == harmless.actions()[:first]


def test_setting(tmp_path):
    with Bench(tmp_path, replacing(), STACKS) as b:
        (tmp_path / "cdk.json").write_text('{"protectStateful": true}')
        r = b.run("deploy", *NEVER)
        assert r.status == 1 and REFUSAL in r.err
        r = b.run("deploy", *NEVER, "--no-protect-stateful")
        assert r.status == 0


@pytest.mark.parametrize("name", ["T", "S1.T", "S1/Users",
                                  "/S1/Users/Resource"])
def test_allowed_by_name(tmp_path, name):
    with Bench(tmp_path, replacing(), STACKS) as b:
        r = b.run("deploy", *PROTECT, "--allow-data-loss", name)
    assert r.status == 0
    assert "S1: stateful resources are affected\n" in r.err
    assert "would be lost (allowed)\n" in r.err
    assert "ExecuteChangeSet" in r.actions()


def test_only_what_is_named_is_allowed(tmp_path):
    scenario = replacing(change_set={"Changes": [
        REPLACED, change("Q", QUEUE, "Remove", policy="Delete")]})
    with Bench(tmp_path, scenario, STACKS) as b:
        r = b.run("deploy", *PROTECT, "--allow-data-loss", "T")
        assert r.status == 1
        assert "  (AWS::SQS::Queue Q)\n" in r.err and LOST not in r.err
        assert r.err.endswith(ADVICE + "--allow-data-loss S1.Q\n")
        r = b.run("deploy", *PROTECT, "--allow-data-loss", "T",
                  "--allow-data-loss", "Q")
    assert r.status == 0


def test_names_that_match_nothing(tmp_path):
    with Bench(tmp_path, replacing(), STACKS) as b:
        r = b.run("deploy", *PROTECT, "--allow-data-loss", "TT")
        assert r.status == 1
        assert ("--allow-data-loss TT: nothing of that name would lose "
                "data\n") in r.err
        r = b.run("deploy", *NEVER, "--allow-data-loss", "T")
    assert r.status == 0
    assert ("--allow-data-loss has no effect without --protect-stateful\n"
            in r.err)


def test_policies_that_keep(tmp_path):
    old = resources(
        K=resource("AWS::KMS::Key", policy="Retain"),
        D=resource("AWS::RDS::DBCluster"))
    scenario = {"stacks": {"S1": deployed(old)},
                "operations": [good("UPDATE")],
                "change_set": {"Changes": [
                    change("K", "AWS::KMS::Key", "Remove", policy="Retain"),
                    change("D", "AWS::RDS::DBCluster", "Remove",
                           policy="Snapshot")]}}
    with Bench(tmp_path, scenario, STACKS) as b:
        r = b.run("deploy", *PROTECT)
    assert r.status == 0
    assert """\
S1: stateful resources are affected
S1.K  (AWS::KMS::Key K)
  will be taken out of the stack: the new template does not have it
  kept outside of the stack (DeletionPolicy)
S1.D  (AWS::RDS::DBCluster D)
  will be deleted: the new template does not have it
  a snapshot is taken first (DeletionPolicy)
""" in r.err


def test_conditional_replacement(tmp_path):
    maybe = change("T", TABLE, replacement="Conditional")
    with Bench(tmp_path, replacing(change_set={"Changes": [maybe]}),
               STACKS) as b:
        r = b.run("deploy", *PROTECT)
    assert r.status == 1
    assert "  may be replaced: the change set says so\n" in r.err


# -- the other methods ------------------------------------------------------

def test_direct(tmp_path):
    with Bench(tmp_path, replacing(), STACKS) as b:
        r = b.run("deploy", *PROTECT, "--method", "direct")
        assert r.status == 1
        assert REFUSAL + LOST in r.err
        assert "UpdateStack" not in r.actions()
        r = b.run("deploy", *PROTECT, "--method", "direct",
                  "--allow-data-loss", "T")
    assert r.status == 0 and "UpdateStack" in r.actions()


def test_prepare(tmp_path):
    with Bench(tmp_path, replacing(), STACKS) as b:
        r = b.run("deploy", *PROTECT, "--method", "prepare-change-set")
    assert r.status == 1 and REFUSAL + LOST in r.err
    assert not r.server.world.sets


def test_execute_existing(tmp_path):
    sets = {"S1/cdk-deploy-change-set": {"Changes": [REPLACED]}}
    with Bench(tmp_path, replacing(change_sets=sets), STACKS) as b:
        r = b.run("deploy", "S1", *PROTECT, "--method",
                  "execute-change-set")
        assert r.status == 1 and REFUSAL + LOST in r.err
        assert "ExecuteChangeSet" not in r.actions()
        # made by somebody, not by this run
        assert len(r.server.world.sets) == 1
        r = b.run("deploy", "S1", *PROTECT, "--method",
                  "execute-change-set", "--allow-data-loss", "S1.T")
    assert r.status == 0


def test_stack_without_resources(tmp_path):
    scenario = replacing()
    scenario["stacks"]["S1"]["_resources"] = {"T": [TABLE, "table-a"]}
    with Bench(tmp_path, scenario, {"S1": {"template": {"Resources": {}}}}) \
            as b:
        r = b.run("deploy", *PROTECT)
    assert r.status == 1
    assert "  will be deleted: the stack is deleted\n" in r.err
    assert "DeleteStack" not in r.actions()


def test_failure_to_find_out_refuses(tmp_path):
    denied = {"action": "GetTemplate", "nth": 2, "kind": "error",
              "code": "AccessDenied", "message": "no", "status": 403}
    with Bench(tmp_path, replacing(faults=[denied]), STACKS) as b:
        r = b.run("deploy", *PROTECT)
    assert r.status == 1
    assert "finding out whether data would be lost" in r.err
    assert not r.server.world.sets


# -- nested stacks ----------------------------------------------------------

def nested_arn(name):
    return (f"arn:aws:cloudformation:us-east-1:111122223333:stack/{name}/"
            f"aaaa-{name}")


def set_arn(name):
    return (f"arn:aws:cloudformation:us-east-1:111122223333:changeSet/{name}/"
            "bbbb")


def nested_world(**rc):
    child = deployed(resources(
        Q=resource(QUEUE, "S1/Child/Q/Resource"),
        K=resource("AWS::KMS::Key", policy="Retain")), _resources={
            "Q": [QUEUE, "q"], "K": ["AWS::KMS::Key", "k"]})
    parent = deployed(resources(Child=resource(NESTED)),
                      _resources={"Child": "S1-Child-X"})
    return {"stacks": {"S1": parent, "S1-Child-X": child},
            "operations": [good("UPDATE")],
            "change_set": {"Changes": [change(
                "Child", NESTED, **{**rc, "PhysicalResourceId":
                                    nested_arn("S1-Child-X")})]}}


def test_change_in_a_nested_stack(tmp_path):
    world = nested_world(ChangeSetId=set_arn("inner"))
    world["change_sets"] = {"S1-Child-X/inner": {"Changes": [
        change("Q", QUEUE, "Remove", policy="Delete")]}}
    with Bench(tmp_path, world, STACKS) as b:
        r = b.run("deploy", *PROTECT)
        assert r.status == 1
        assert "S1/Child/Q/Resource  (AWS::SQS::Queue Q)\n" in r.err
        assert r.err.endswith("--allow-data-loss S1.Child.Q\n")
        r = b.run("deploy", *PROTECT, "--allow-data-loss", "S1.Child.Q")
    assert r.status == 0


def test_nested_stack_that_goes(tmp_path):
    with Bench(tmp_path, nested_world(action="Remove", policy="Delete"),
               STACKS) as b:
        r = b.run("deploy", *PROTECT)
    assert r.status == 1
    assert ("  will be deleted: the nested stack is deleted\n"
            "  a queue: messages would be lost\n") in r.err
    assert "AWS::KMS::Key" not in r.err


def test_nested_stack_that_goes_directly(tmp_path):
    with Bench(tmp_path, nested_world(), STACKS) as b:
        r = b.run("deploy", *PROTECT, "--method", "direct")
    assert r.status == 1
    assert r.err.endswith("--allow-data-loss S1.Child.Q\n")


# -- destroy ----------------------------------------------------------------

def test_destroy(tmp_path):
    world = nested_world()
    world["operations"] = [{"events": [
        stack_row("DELETE_IN_PROGRESS"),
        stack_row("DELETE_COMPLETE", reason=None, at=1)]}]
    with Bench(tmp_path, world, {"S1": {"template": template()}}) as b:
        r = b.run("destroy", "--force", "--protect-stateful")
        assert r.status == 1
        assert r.err.startswith(
            REFUSAL + "S1/Child/Q/Resource  (AWS::SQS::Queue Q)\n")
        assert "DeleteStack" not in r.actions()
        r = b.run("destroy", "--force", "--protect-stateful",
                  "--allow-data-loss", "Q")
        assert r.status == 0 and "DeleteStack" in r.actions()


def test_destroy_what_is_not_there(tmp_path):
    with Bench(tmp_path, {}) as b:
        r = b.run("destroy", "--force", "--protect-stateful")
    assert r.status == 0


def test_destroy_checks_all_before_the_first(tmp_path):
    kept = deployed(resources(), _resources={})
    world = {"stacks": {"A": {**deployed(OLD), "_resources":
                              {"T": [TABLE, "t"]}}, "Bb": kept}}
    with Bench(tmp_path, world, {"A": {}, "Bb": {"deps": ["A"]}}) as b:
        r = b.run("destroy", "--force", "--all", "--protect-stateful")
    assert r.status == 1
    assert "DeleteStack" not in r.actions()


def test_a_dry_run_tells_what_would_be_refused(tmp_path):
    line = ("   refused: AWS::SQS::Queue Q is protected, and its messages "
            "would be lost\n   what lets it go: --allow-data-loss "
            "S1.Child.Q\n")
    with Bench(tmp_path, nested_world(), {"S1": {"template":
                                                 template()}}) as b:
        r = b.run("destroy", "--dry-run", "--protect-stateful")
        assert r.status == 0 and line in r.out
        allowed = b.run("destroy", "--dry-run", "--protect-stateful",
                        "--allow-data-loss", "Q", "--allow-data-loss", "X")
        assert allowed.status == 0 and "refused" not in allowed.out
        assert "--allow-data-loss X: nothing of that name" in allowed.err
        asked = b.run("destroy", "--dry-run")
        assert "refused" not in asked.out
        r = b.run("destroy", "--dry-run", "--protect-stateful", "--json")
    [event] = [e for e in map(json.loads, r.out.splitlines())
               if e["event"] == "destroy.preview"]
    assert ("Q", "lost", False) in [
        (f["logicalId"], f["fate"], f["allowed"])
        for f in event["stacks"][0]["stateful"]]
