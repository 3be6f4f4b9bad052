"""`diff --include-moves` against the scripted endpoint, texts and calls as the
reference has them. All but what is marked as ours also passes with CCDK
naming the reference."""
import copy
import json

import pytest
from harness import Bench, binary

OURS = pytest.mark.skipif("aws-cdk" in binary()[-1] or
                          binary()[-1].endswith("/cdk"),
                          reason="the reference has no such option")
SETTLED = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE",
           "IMPORT_COMPLETE", "ROLLBACK_COMPLETE"]
QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 5}}
ROLE = {"Type": "AWS::IAM::Role", "Properties": {
    "AssumeRolePolicyDocument": {"Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "lambda.amazonaws.com"}}]}}}


def stack(**resources):
    return {"Resources": copy.deepcopy(resources)}


def bench(tmp_path, old, new, properties=None, **scenario):
    """old and new: {stack: template}"""
    deployed = {n: {"template": json.dumps(t), **scenario.pop(n, {})}
                for n, t in old.items()}
    b = Bench(tmp_path, {"stacks": deployed, **scenario},
              {n: {"template": t, "metadata": {},
                   "properties": (properties or {}).get(n, {})}
               for n, t in new.items()})
    return b


def diff(b, *args):
    return b.run("diff", "--method=template", "--include-moves", *args)


def header(name="S1"):
    return f"Stack {name} (aws://111122223333/us-east-1)\nResources\n"


def count(n):
    return f"\n\n✨  Number of stacks with differences: {n}\n\n"


RENAMED = ("[-] AWS::SQS::Queue Old destroy (OR move to S1.New via "
           "refactoring)\n"
           "[+] AWS::SQS::Queue New (OR move from S1.Old via refactoring)\n")


def test_renamed(tmp_path):
    with bench(tmp_path, {"S1": stack(Old=QUEUE)},
               {"S1": stack(New=QUEUE)}) as b:
        r = diff(b)
    assert (r.status, r.out) == (0, "")
    assert r.err == header() + RENAMED + "\n" + count(1)
    assert r.actions()[:2] == ["ListStacks", "GetTemplate"]
    asked = r.params("ListStacks")[0]
    assert asked == {f"StackStatusFilter.member.{i + 1}": s
                     for i, s in enumerate(SETTLED)}
    assert r.params("GetTemplate") == [
        {"StackName": "S1"}, {"StackName": "S1",
                              "TemplateStage": "Original"}]


def test_not_asked_for(tmp_path):
    with bench(tmp_path, {"S1": stack(Old=QUEUE)},
               {"S1": stack(New=QUEUE)}) as b:
        r = b.run("diff", "--method=template")
    assert "refactoring" not in r.err
    assert "ListStacks" not in r.actions()


OLD = {"S1": stack(Q=QUEUE), "S2": stack(R=ROLE), "Stranger": stack(X=ROLE)}
NEW = {"S1": stack(R=ROLE), "S2": stack(Q2=QUEUE)}


def test_between_stacks(tmp_path):
    with bench(tmp_path, OLD, NEW, list_page=1) as b:
        r = diff(b, "--quiet")
    security = r.err.split("Resources\n")
    assert security[1].split("\n\n")[0] == (
        "[-] AWS::SQS::Queue Q destroy (OR move to S2.Q2 via refactoring)\n"
        "[+] AWS::IAM::Role R (OR move from S2.R via refactoring)")
    assert security[2] == (
        "[-] AWS::IAM::Role R destroy (OR move to S1.R via refactoring)\n"
        "[+] AWS::SQS::Queue Q2 (OR move from S1.Q via refactoring)\n\n" +
        count(2))
    assert [p.get("NextToken") for p in r.params("ListStacks")] == \
        [None, "1", "2"]
    names = [p["StackName"] for p in r.params("GetTemplate")
             if "TemplateStage" not in p]
    assert sorted(names) == ["S1", "S2"]


def test_one_stack_alone(tmp_path):
    with bench(tmp_path, OLD, NEW) as b:
        r = diff(b, "S1")
    assert "refactoring" not in r.err
    assert [p["StackName"] for p in r.params("GetTemplate")
            if "TemplateStage" not in p] == ["S1"]


def test_destructive(tmp_path):
    with bench(tmp_path, OLD, NEW) as b:
        r = diff(b, "--fail-on", "destructive")
    assert r.status == 1
    assert r.err.endswith(count(2) + """\
❌  Found 2 destructive change(s) (--fail-on=destructive):
  S1: AWS::SQS::Queue Q will be destroyed (moved to S2.Q2, run 'cdk refactor' \
to keep it)
  S2: AWS::IAM::Role R will be destroyed (moved to S1.R, run 'cdk refactor' \
to keep it)

""")


def test_security_only(tmp_path):
    with bench(tmp_path, OLD, NEW) as b:
        r = diff(b, "--security-only", "--fail-on", "destructive")
    assert r.status == 1
    assert "refactoring" not in r.err
    assert "(moved to S2.Q2, run 'cdk refactor' to keep it)" in r.err


def test_colors(tmp_path):
    with bench(tmp_path, {"S1": stack(Old=QUEUE)},
               {"S1": stack(New=QUEUE)}) as b:
        r = diff(b, "--color")
    assert ("\x1b[33m(OR \x1b[3m\x1b[1mmove\x1b[22m\x1b[23m to S1.New via "
            "refactoring)\x1b[39m") in r.raw_err


def test_twins(tmp_path):
    with bench(tmp_path, {"S1": stack(A=QUEUE, B=QUEUE)},
               {"S1": stack(C=QUEUE, D=QUEUE)}) as b:
        r = diff(b)
    assert (r.status, "refactoring" in r.err) == (0, False)


def test_stack_at_work(tmp_path):
    """No refactoring could touch it."""
    with bench(tmp_path, {"S1": stack(Old=QUEUE)}, {"S1": stack(New=QUEUE)},
               S1={"StackStatus": "UPDATE_IN_PROGRESS"}) as b:
        r = diff(b)
    assert r.err == header() + """\
[-] AWS::SQS::Queue Old destroy
[+] AWS::SQS::Queue New

""" + count(1)


def test_new_stack(tmp_path):
    with bench(tmp_path, {"S1": stack(Old=QUEUE)},
               {"S1": stack(), "S2": stack(New=QUEUE)}) as b:
        r = diff(b)
    assert "[-] AWS::SQS::Queue Old destroy (OR move to S2.New" in r.err
    assert "[+] AWS::SQS::Queue New (OR move from S1.Old" in r.err


def test_unlike_names(tmp_path):
    """What the reference shows for the stack is no name of its moves."""
    with bench(tmp_path, {"Real": stack(Old=QUEUE)},
               {"S1": stack(New=QUEUE)},
               {"S1": {"stackName": "Real"}}) as b:
        r = diff(b)
    assert r.err.startswith("Stack S1 (Real) (aws://111122223333/us-east-1)")
    assert "refactoring" not in r.err


def agnostic(b):
    path = b.folder / "asm" / "manifest.json"
    manifest = json.loads(path.read_text())
    for a in manifest["artifacts"].values():
        a["environment"] = "aws://unknown-account/unknown-region"
    path.write_text(json.dumps(manifest))


def test_unknown_environment(tmp_path):
    """Asked for, and then not shown."""
    with bench(tmp_path, {"S1": stack(Old=QUEUE)},
               {"S1": stack(New=QUEUE)}) as b:
        agnostic(b)
        r = diff(b)
    assert "ListStacks" in r.actions()
    assert r.err == header() + """\
[-] AWS::SQS::Queue Old destroy
[+] AWS::SQS::Queue New

""" + count(1)


def test_other_account(tmp_path):
    with bench(tmp_path, OLD, NEW, account="444455556666") as b:
        r = diff(b)
    assert (r.status, r.actions()) == (1, [])
    assert "Need to perform AWS calls for account 111122223333, but the " \
        "current credentials are for 444455556666" in r.err


def test_listing_is_denied(tmp_path):
    denied = {"action": "ListStacks", "code": "AccessDenied",
              "message": "not for you", "status": 403, "times": 9}
    with bench(tmp_path, OLD, NEW, faults=[denied]) as b:
        r = diff(b)
    assert (r.status, r.err) == (1, "not for you\n")
    assert r.actions() == ["ListStacks"]


def test_reading_is_denied(tmp_path):
    denied = {"action": "GetTemplate", "code": "AccessDenied",
              "message": "not for you", "status": 403, "times": 9}
    with bench(tmp_path, OLD, NEW, faults=[denied]) as b:
        r = diff(b)
    assert (r.status, r.err) == (1, "not for you\n")
    assert "DescribeStacks" not in r.actions()


def test_deployed_template_is_yaml(tmp_path):
    text = "Resources:\n  Old:\n    Type: AWS::SQS::Queue\n    Properties:" \
        "\n      DelaySeconds: 5\n"
    with bench(tmp_path, {}, {"S1": stack(New=QUEUE)},
               stacks={"S1": {"template": text}}) as b:
        r = diff(b)
    assert r.err == header() + RENAMED + "\n" + count(1)


def test_file_is_no_stack(tmp_path):
    with bench(tmp_path, {"S1": stack(Old=QUEUE)},
               {"S1": stack(New=QUEUE)}) as b:
        (tmp_path / "old.json").write_text(json.dumps(stack(Old=QUEUE)))
        r = b.run("diff", "--template", "old.json", "--include-moves")
    assert (r.status, r.actions()) == (0, [])
    assert "[-] AWS::SQS::Queue Old destroy\n" in r.err


def test_change_set(tmp_path):
    """The moves are found first; a change set does not take them away."""
    changes = [{"Type": "Resource", "ResourceChange": {
        "Action": action, "LogicalResourceId": name,
        "ResourceType": "AWS::SQS::Queue", "Scope": [], "Details": []}}
        for action, name in (("Remove", "Old"), ("Add", "New"))]
    with bench(tmp_path, {"S1": stack(Old=QUEUE)}, {"S1": stack(New=QUEUE)},
               change_set={"Changes": changes}) as b:
        r = b.run("diff", "--include-moves", timeout=300)
    assert r.err.endswith(header() + RENAMED + "\n" + count(1))
    actions = r.actions()
    assert actions.index("ListStacks") < actions.index("DescribeStacks")
    assert "CreateChangeSet" in actions


@OURS
def test_read_only(tmp_path):
    """Nothing but GetTemplate, so the state does not count."""
    with bench(tmp_path, {"S1": stack(Old=QUEUE)},
               {"S1": stack(New=QUEUE), "S2": stack()},
               S1={"StackStatus": "UPDATE_IN_PROGRESS"}) as b:
        r = b.run("diff", "--include-moves", "--read-only")
    assert r.err.startswith(header() + RENAMED)
    assert set(r.actions()) == {"GetTemplate"}


@OURS
def test_json(tmp_path):
    with bench(tmp_path, OLD, NEW) as b:
        r = diff(b, "--json")
    found = {(s["name"], c["logicalId"]): c for s in
             json.loads(r.out)["stacks"] for c in s["changes"]
             if "logicalId" in c}
    assert found["S1", "Q"]["couldMoveTo"] == {"stack": "S2",
                                               "logicalId": "Q2"}
    assert found["S2", "Q2"]["couldMoveFrom"] == {"stack": "S1",
                                                  "logicalId": "Q"}
    assert "couldMoveTo" not in found["S2", "Q2"]


@OURS
def test_explain_and_markdown(tmp_path):
    with bench(tmp_path, OLD, NEW) as b:
        text = diff(b, "--explain").err
        comment = diff(b, "--markdown").out
    assert "  Q (AWS::SQS::Queue) is the same resource as S2.Q2, which is " \
        "new.\n    A deployment makes another one and deletes this one " in \
        text
    assert "2 of them could move" in comment
