"""What `deploy` can do beyond the reference: going on after a failure."""
import json
import re

import pytest

from assets import Assets, file_asset, image_asset
from harness import Bench, console, failing, good, template
from test_deploy import FAILURE, NEVER, existing

QUIET = ("--progress", "errors-only")
# A <- B <- C, D <- E
TREE = {"A": {}, "B": {"deps": ["A"]}, "C": {"deps": ["B"]}, "D": {},
        "E": {"deps": ["D"]}}

POLICY = json.dumps({"Statement": [{
    "Effect": "Deny", "Action": "Update:Replace", "Principal": "*",
    "Resource": "LogicalResourceId/B"}]})


def summary(r):
    return r.err[r.err.index("\nSummary: ") + 1:]


# -- --keep-going -----------------------------------------------------------

def test_keep_going(tmp_path):
    with Bench(tmp_path, {"operations": [
            {"stack": "A", **failing("CREATE", "A")}, {}]}, TREE) as b:
        r = b.run("deploy", *NEVER, *QUIET, "--all", "--keep-going")
        deployed = {n for n, s in b.server.world.stacks.items()
                    if s["StackStatus"] == "CREATE_COMPLETE"}
    assert r.status == 1
    assert deployed == {"D", "E"}
    assert ("❌  A failed; what does not depend on it goes on "
            "(--keep-going)\n") in r.err
    assert summary(r) == (
        "Summary: 2 deployed, 1 failed, 2 skipped\n"
        "✅  deployed: D, E\n"
        "❌  A\n"
        "‣ DeploymentError: Resource updates failed:\n"
        f"A/B/Resource  (AWS::S3::Bucket B)\n  {FAILURE}\n"
        "First cause: A/B/Resource (AWS::S3::Bucket B)\n"
        "  Request:    x\n"
        "  Cancelled:  1 other resource was cancelled because of this\n"
        f"  Console:    {console('A')}\n"
        "⏭  B: skipped because A failed\n"
        "⏭  C: skipped because A failed\n").replace(
            "A/B/Resource", "S1/B/Resource")
    assert "Total time" not in r.err


def test_keep_going_tells_every_error(tmp_path):
    faults = [{"action": "CreateChangeSet", "stack": name, "times": 9,
               "code": "LimitExceededException", "message": f"no {name}"}
              for name in ("A", "D")]
    with Bench(tmp_path, {"faults": faults, "operations": [{}]}, TREE) as b:
        r = b.run("deploy", *NEVER, *QUIET, "--all", "--keep-going",
                  "--concurrency", "5")
    assert r.status == 1
    lines = summary(r).splitlines()
    assert lines[0] == "Summary: 0 deployed, 2 failed, 3 skipped"
    assert "no A" in lines[lines.index("❌  A") + 1]
    assert "no D" in lines[lines.index("❌  D") + 1]
    assert lines[-1] == "⏭  E: skipped because D failed"


def test_keep_going_as_events(tmp_path):
    with Bench(tmp_path, {"operations": [
            {"stack": "A", **failing("CREATE", "A")}, {}]}, TREE) as b:
        r = b.run("deploy", *NEVER, "--all", "--keep-going", "--json")
    events = [json.loads(line) for line in r.out.splitlines()]
    assert [(e["stack"], e["because"]) for e in events
            if e["event"] == "stack.skipped"] == [("B", "A"), ("C", "A")]
    assert [e["stack"] for e in events if e["event"] == "stack.failed"] == \
        ["A"]
    assert events[-1]["event"] == "run.finished"


def test_keep_going_without_a_failure(tmp_path):
    with Bench(tmp_path, {"operations": [{}]}, TREE) as b:
        r = b.run("deploy", *NEVER, *QUIET, "--all", "--keep-going")
    assert r.status == 0
    assert "Summary" not in r.err
    assert r.err.endswith("\n✨  Total time: Ns\n\n")


def test_keep_going_after_a_failed_asset(tmp_path):
    files = {"aa": file_asset({"path": "missing"}, "a.txt", "Code")}
    with Assets(tmp_path, files) as b:
        r = b.run("deploy", *NEVER, "--keep-going")
    assert r.status == 1
    told = summary(r)
    assert told.startswith("Summary: 0 deployed, 1 failed, 1 skipped\n")
    assert re.search("^❌  asset Code", told, re.M)
    assert re.search("^⏭  .*: skipped because asset Code.* failed$", told,
                     re.M)


def test_destroy_keeps_going(tmp_path):
    stacks = {n: {"StackStatus": "CREATE_COMPLETE"} for n in TREE}
    bad = {"stack": "E", "final": "DELETE_FAILED", "events": []}
    with Bench(tmp_path, {"stacks": stacks, "operations": [bad, {}]},
               TREE) as b:
        r = b.run("destroy", "--all", "--force", "--keep-going", *QUIET)
        left = set(b.server.world.stacks)
    assert r.status == 1
    assert left == {"D", "E"}
    assert summary(r) == (
        "Summary: 3 destroyed, 1 failed, 1 skipped\n"
        "✅  destroyed: A, B, C\n"
        "❌  E\n"
        "‣ DeploymentError: The stack named E is in a failed state. You may "
        "need to delete it from the AWS console : DELETE_FAILED\n"
        f"Console: {console('E')}\n"
        "⏭  D: skipped because E failed\n")


def test_assets_go_on(tmp_path):
    files = {"aa": file_asset({"path": "missing"}, "a.txt", "Gone"),
             "bb": file_asset({"path": "there"}, "b.txt", "There"),
             "cc": file_asset({"path": "lost"}, "c.txt", "Lost")}
    with Assets(tmp_path, files) as b:
        (b.app / "there").write_text("x")
        args = ("publish-assets", "--unstable=publish-assets",
                "--concurrency", "1")
        r = b.run(*args)
        assert r.status == 1
        assert list(b.server.stored) == [("assets", "b.txt")]
        assert summary(r).startswith(
            "Summary: 1 published, 2 failed, 0 skipped\n")
        r = b.run(*args, "--force", "--no-keep-going")
        assert r.status == 1
        assert "Summary" not in r.err
        assert "Publishing Lost" not in r.err


# -- --parameters-file ------------------------------------------------------

THREE = template(Parameters={k: {"Type": "String", "Default": "d"}
                             for k in "ABC"})


def sent(r, n=0):
    p = r.params("CreateChangeSet")[n]
    return {p[f"Parameters.member.{i}.ParameterKey"]:
            p.get(f"Parameters.member.{i}.ParameterValue",
                  p.get(f"Parameters.member.{i}.UsePreviousValue"))
            for i in range(1, 9) if f"Parameters.member.{i}.ParameterKey" in p}


def test_parameter_files(tmp_path):
    (tmp_path / "one.yaml").write_text("A: 010\nB: true\nS1: {C: 1.50}\n")
    (tmp_path / "two.json").write_text('{"S1": {"B": "two"}}')
    with Bench(tmp_path, {"operations": [good()]},
               {"S1": {"template": THREE}}) as b:
        r = b.run("deploy", *NEVER, "--parameters-file", "one.yaml",
                  "--parameters-file", "two.json", "--parameters", "C=line")
    assert r.status == 0, r.err
    assert sent(r) == {"A": "010", "B": "two", "C": "line"}


def test_parameter_file_of_cloudformation(tmp_path):
    (tmp_path / "p.json").write_text(json.dumps([
        {"ParameterKey": "A", "UsePreviousValue": True},
        {"ParameterKey": "B", "ParameterValue": "b"}]))
    old = existing(Parameters=[{"ParameterKey": "A", "ParameterValue": "x"},
                               {"ParameterKey": "C", "ParameterValue": "y"}])
    with Bench(tmp_path, {"stacks": old, "operations": [good("UPDATE")]},
               {"S1": {"template": THREE}}) as b:
        r = b.run("deploy", *NEVER, "--parameters-file", "p.json",
                  "--no-previous-parameters")
    assert r.status == 0, r.err
    assert sent(r) == {"A": "true", "B": "b"}


def test_parameter_file_of_other_stacks(tmp_path):
    (tmp_path / "p.json").write_text(json.dumps(
        {"S1": {"A": "1"}, "Other": {"A": "2"}, "More": {}}))
    (tmp_path / "q.json").write_text(json.dumps(
        {"Parameters": {"B": 2}, "Tags": {"x": "y"}}))
    with Bench(tmp_path, {"operations": [good()]},
               {"S1": {"template": THREE}}) as b:
        r = b.run("deploy", *NEVER, "--parameters-file", "p.json",
                  "--parameters-file", "q.json")
    assert r.status == 0, r.err
    assert ("p.json: has parameters for stacks that are not being deployed: "
            "Other, More\n") in r.err
    assert "q.json: Tags: not read, only Parameters are\n" in r.err
    assert sent(r) == {"A": "1", "B": "2"}


@pytest.mark.parametrize("text, want", [
    ("{\"A\": [\n", "p.yaml:2:1: "),
    ("A:\n", "p.yaml: 'A' has no value; an empty one is \"\"\n"),
    (None, "p.yaml"),
])
def test_bad_parameter_file(tmp_path, text, want):
    if text:
        (tmp_path / "p.yaml").write_text(text)
    with Bench(tmp_path) as b:
        r = b.run("deploy", *NEVER, "--parameters-file", "p.yaml")
    assert (r.status, r.out, r.actions()) == (1, "", [])
    assert want in r.err and "Synthesis" not in r.err


# -- the outputs file -------------------------------------------------------

def outputs(tmp_path, name="o.json"):
    return json.loads((tmp_path / name).read_text())


FAILS_B = {"operations": [{"stack": "B", **failing("CREATE", "B")},
                          {"stack": "D", "outputs": {}},
                          {"outputs": {"Url": "new"}}]}


@pytest.mark.parametrize("option, want", [
    ((), {"Old": {"X": "1"}}),
    (("--keep-going",), {"A": {"Url": "new"}, "E": {"Url": "new"}}),
    (("--outputs-file-merge",),
     {"Old": {"X": "1"}, "D": {"Gone": "2"}, "A": {"Url": "new"}}),
    (("--outputs-file-merge", "--keep-going"),
     {"Old": {"X": "1"}, "A": {"Url": "new"}, "E": {"Url": "new"}}),
])
def test_outputs_after_a_failure(tmp_path, option, want):
    before = {"Old": {"X": "1"}, "A": {"Url": "old", "Gone": "1"},
              "D": {"Gone": "2"}}
    if "--outputs-file-merge" not in option:
        before = {"Old": {"X": "1"}}
    (tmp_path / "o.json").write_text(json.dumps(before))
    tree = {"A": {}, "B": {"deps": ["A"]}, "D": {"deps": ["A"]}, "E": {}}
    with Bench(tmp_path, FAILS_B, tree) as b:
        r = b.run("deploy", *NEVER, *QUIET, "A", "B", "D", "E", "-O",
                  "o.json", *option)
    assert r.status == 1
    if option == ("--outputs-file-merge",):
        want = {**want, "E": {"Url": "new"}}
    assert outputs(tmp_path) == want


def test_outputs_are_merged(tmp_path):
    (tmp_path / "o.json").write_text('{"Old": {"X": "1"}}')
    with Bench(tmp_path, {"operations": [good()]}) as b:
        r = b.run("deploy", *NEVER, "-O", "o.json", "--outputs-file-merge")
        assert r.status == 0, r.err
        r = b.run("deploy", *NEVER, "-O", "new/o.json",
                  "--outputs-file-merge")
        assert r.status == 0, r.err
    mine = {"S1": {"Zed": "z1", "Alpha": "https://a"}}
    assert outputs(tmp_path) == {"Old": {"X": "1"}, **mine}
    assert outputs(tmp_path, "new/o.json") == mine


@pytest.mark.parametrize("text, want", [
    ("{", "cannot merge outputs into 'o.json', repair or remove it: "
     "o.json:1:2: "),
    ("[]", "o.json: not a JSON object\n"),
    ('{"S": 1}', "o.json: 'S' is not an object with the outputs of a stack"),
])
def test_broken_outputs_file(tmp_path, text, want):
    (tmp_path / "o.json").write_text(text)
    with Bench(tmp_path) as b:
        r = b.run("deploy", *NEVER, "-O", "o.json", "--outputs-file-merge")
    assert (r.status, r.actions()) == (1, [])
    assert want in r.err
    assert (tmp_path / "o.json").read_text() == text


@pytest.mark.parametrize("path, want", [
    ("asm", "cannot write 'asm': Is a directory\n"),
    ("asm/manifest.json/o.json", "cannot write 'asm/manifest.json/o.json': "
     "'asm/manifest.json': Not a directory\n"),
])
def test_outputs_file_that_cannot_be_written(tmp_path, path, want):
    with Bench(tmp_path) as b:
        r = b.run("deploy", *NEVER, "-O", path)
    assert (r.status, r.actions()) == (1, [])
    assert want in r.err


def test_merging_needs_a_file(tmp_path):
    with Bench(tmp_path) as b:
        r = b.run("deploy", *NEVER, "--outputs-file-merge")
    assert (r.status, r.err) == (
        1, "--outputs-file-merge requires --outputs-file\n")


# -- --timeout --------------------------------------------------------------

def test_timeout(tmp_path):
    slow = {"busy": 100000}
    with Bench(tmp_path, {"operations": [slow]},
               {"A": {}, "B": {"deps": ["A"]}}) as b:
        r = b.run("deploy", *NEVER, "--all", "--timeout", "1.5s")
        state = {n: s["StackStatus"] for n, s in b.server.world.stacks.items()}
    assert r.status == 1
    assert state == {"A": "CREATE_IN_PROGRESS"}
    assert ("A is left to CloudFormation; follow it: ccdk attach A --region "
            "us-east-1\n") in r.err
    assert "This deployment can be continued: ccdk resume " in r.err
    assert r.err.endswith(
        "The deployment was not over after 1.5s (--timeout): nothing new was "
        "started, what runs in CloudFormation goes on\n")


def test_timeout_then_resume(tmp_path):
    (tmp_path / "p.json").write_text(POLICY)
    with Bench(tmp_path, {"operations": [{"busy": 100000}, {}]},
               {"A": {}, "B": {"deps": ["A"]}}) as b:
        r = b.run("deploy", *NEVER, "--all", "--timeout", "1.5s",
                  "--stack-policy", "B=p.json")
        assert r.status == 1
        b.server.world.stacks["A"]["_busy"] = 1
        r = b.run("resume")
        assert r.status == 0, r.err
        states = {n: (s["StackStatus"], s.get("_policy"))
                  for n, s in b.server.world.stacks.items()}
    assert states == {"A": ("CREATE_COMPLETE", None),
                      "B": ("CREATE_COMPLETE", POLICY)}
    assert r.actions().count("ExecuteChangeSet") == 2


def test_timeout_with_keep_going(tmp_path):
    with Bench(tmp_path, {"operations": [{"busy": 100000}]},
               {"A": {}, "B": {"deps": ["A"]}, "C": {}}) as b:
        r = b.run("deploy", *NEVER, "--all", "--timeout", "1.5s",
                  "--keep-going")
    assert r.status == 1
    assert summary(r).startswith(
        "Summary: 0 deployed, 0 failed, 2 skipped, 1 not finished\n"
        "⏸  A: not over when the time was (--timeout)\n"
        "⏭  B: skipped because A is not finished\n"
        "⏭  C: not begun\n")


def test_timeout_while_an_image_is_built(tmp_path):
    with Assets(tmp_path, images={"i": image_asset(
            {"directory": "img"})}) as b:
        (b.app / "img").mkdir()
        (b.app / "img/Dockerfile").write_text("FROM scratch\n")
        engine = tmp_path / "engine"
        engine.write_text("#!/bin/sh\ncase $* in\n*inspect*) exit 1;;\n"
                          "*build*) exec sleep 300;;\nesac\n")
        engine.chmod(0o755)
        r = b.run("deploy", *NEVER, "--timeout", "2s", timeout=100,
                  env={"CDK_DOCKER": str(engine)})
        assert b.server.world.stacks == {}
    assert r.status == 1
    assert "was stopped when the time was over (--timeout)" in r.err
    assert "The deployment was not over after 2s (--timeout)" in r.err


def test_timeout_that_is_enough(tmp_path):
    with Bench(tmp_path, {"operations": [good()]}) as b:
        r = b.run("deploy", *NEVER, "--timeout", "1h30m")
    assert r.status == 0
    assert "timeout" not in r.err


@pytest.mark.parametrize("value", ["x", "5x", "0", "-1s", "1s1h", "721h"])
def test_bad_timeout(tmp_path, value):
    with Bench(tmp_path) as b:
        r = b.run("deploy", f"--timeout={value}")
    assert (r.status, r.actions()) == (1, [])
    assert r.err.startswith("--timeout takes a time such as 90s, 45m, 2h")


# -- stack policies ---------------------------------------------------------

POLICY_CALLS = ("GetStackPolicy", "SetStackPolicy", "ExecuteChangeSet",
                "UpdateStack")


def calls(r):
    return [a for a in r.actions() if a in POLICY_CALLS]


def test_stack_policy_of_a_new_stack(tmp_path):
    (tmp_path / "p.json").write_text(POLICY)
    with Bench(tmp_path, {"operations": [good()]}) as b:
        r = b.run("deploy", *NEVER, "--stack-policy", "p.json")
        assert b.server.world.stacks["S1"]["_policy"] == POLICY
    assert r.status == 0, r.err
    assert calls(r) == ["ExecuteChangeSet", "GetStackPolicy",
                        "SetStackPolicy"]


def test_stack_policy_of_an_update(tmp_path):
    (tmp_path / "p.json").write_text(POLICY)
    (tmp_path / "q.json").write_text(POLICY.replace("Deny", "Allow"))
    with Bench(tmp_path, {"stacks": existing(), "operations": [
            good("UPDATE")]}) as b:
        r = b.run("deploy", *NEVER, "--stack-policy", "S1=p.json",
                  "--stack-policy", "q.json", "--stack-policy", "X=q.json")
        assert b.server.world.stacks["S1"]["_policy"] == POLICY
    assert r.status == 0, r.err
    assert calls(r) == ["GetStackPolicy", "SetStackPolicy",
                        "ExecuteChangeSet"]
    assert ("--stack-policy: has policies for stacks that are not being "
            "deployed: X\n") in r.err


@pytest.mark.parametrize("body", [template(), None])
def test_stack_policy_that_is_there(tmp_path, body):
    """Nothing is sent, also when nothing else is to be done."""
    (tmp_path / "p.json").write_text(POLICY)
    with Bench(tmp_path, {"stacks": existing(
            body=body, _policy=POLICY.replace(" ", "")),
            "operations": [good("UPDATE")]}) as b:
        r = b.run("deploy", *NEVER, "--stack-policy", "p.json")
    assert r.status == 0, r.err
    assert calls(r) == ["GetStackPolicy"] + \
        ([] if body else ["ExecuteChangeSet"])


def test_stack_policy_during_a_direct_update(tmp_path):
    (tmp_path / "p.json").write_text(POLICY)
    with Bench(tmp_path, {"stacks": existing(), "operations": [
            good("UPDATE")]}) as b:
        r = b.run("deploy", *NEVER, "--method=direct",
                  "--stack-policy-during-update", "p.json")
        assert r.status == 0, r.err
        sent_ = r.params("UpdateStack")[0]
        assert sent_["StackPolicyDuringUpdateBody"] == POLICY
        assert calls(r) == ["UpdateStack"]
        r = b.run("deploy", *NEVER, "--stack-policy-during-update", "p.json")
    assert r.status == 1
    assert "requires --method=direct" in r.err


def test_stack_policy_that_is_denied(tmp_path):
    (tmp_path / "p.json").write_text(POLICY)
    denied = {"action": "SetStackPolicy", "status": 403, "times": 9,
              "code": "AccessDenied", "message": "not you"}
    with Bench(tmp_path, {"stacks": existing(), "faults": [denied]}) as b:
        r = b.run("deploy", *NEVER, "--stack-policy", "p.json")
        assert b.server.world.sets == {}
    assert r.status == 1
    assert "ExecuteChangeSet" not in r.actions()
    assert "needs cloudformation:SetStackPolicy" in r.err


@pytest.mark.parametrize("text, want", [
    ("{", "p.json:1:2: "),
    ("{}", "p.json: no stack policy, which is a JSON object with a "
     "Statement\n"),
    (POLICY.replace("Deny", "No"), "p.json: statement 1 of the stack policy "
     "needs an Effect, Allow or Deny\n"),
    (POLICY.replace("Principal", "P"), "p.json: statement 1 of the stack "
     "policy needs the Principal \"*\"\n"),
    (POLICY + " " * 16384, "p.json: a stack policy has at most 16384 bytes"),
])
def test_bad_stack_policy(tmp_path, text, want):
    (tmp_path / "p.json").write_text(text)
    with Bench(tmp_path) as b:
        r = b.run("deploy", *NEVER, "--stack-policy", "S1=p.json")
    assert (r.status, r.actions()) == (1, [])
    assert r.err.startswith(want)


def test_stack_policy_that_is_missing(tmp_path):
    with Bench(tmp_path) as b:
        r = b.run("deploy", *NEVER, "--stack-policy", "S1=no/p.json")
    assert (r.status, r.actions()) == (1, [])
    assert "no/p.json" in r.err
