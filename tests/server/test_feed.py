"""`--json`: what happens, an event per line, and nothing else on stdout."""
import json

import pytest

from harness import S3, STACK, Bench, failing, good, stack_row

NEVER = ("--require-approval", "never")
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def events(r):
    """Every line is an event in the envelope, in order of time."""
    got = [json.loads(line) for line in r.raw_out.splitlines()]
    assert all(list(e)[:3] == ["schemaVersion", "time", "event"] and
               e["schemaVersion"] == 1 for e in got), got
    times = [e["time"] for e in got]
    assert times == sorted(times)
    return got


def names(got):
    return [e["event"] for e in got]


def only(got, event):
    found = [e for e in got if e["event"] == event]
    assert len(found) == 1, (event, names(got))
    return found[0]


def test_a_deployment(tmp_path):
    with Bench(tmp_path, {"operations": [good()]}) as b:
        r = b.run("deploy", *NEVER, "--json")
        arn = b.server.world.arn("S1")
    got = events(r)
    assert r.status == 0
    assert names(got) == [
        "run.started", "stack.started", "changeset.created",
        "stack.deploying", *["stack.event"] * 5, "stack.succeeded",
        "run.finished"]
    assert only(got, "run.started")["stacks"] == [{
        "stack": "S1", "id": "S1", "environment": {
            "account": "111122223333", "region": "us-east-1"},
        "dependsOn": []}]
    change = only(got, "changeset.created")
    assert change["counts"] == {"add": 1}
    assert change["changes"] == [{"action": "add", "logicalId": "B",
                                  "type": S3}]
    row = got[7]
    assert {k: row[k] for k in ("stack", "logicalId", "physicalId", "type",
                                "constructPath", "status", "done",
                                "total")} == {
        "stack": "S1", "logicalId": "B", "physicalId": "phys-B", "type": S3,
        "constructPath": "B", "status": "CREATE_COMPLETE", "done": 1,
        "total": 2}
    end = only(got, "stack.succeeded")
    assert end["changed"] is True and end["arn"] == arn
    assert end["outputs"] == {"Zed": "z1", "Alpha": "https://a"}
    assert end["console"] == (
        "https://us-east-1.console.aws.amazon.com/cloudformation/home?"
        "region=us-east-1#/stacks/events?stackId=" +
        arn.replace(":", "%3A").replace("/", "%2F"))
    last = got[-1]
    assert last["exitStatus"] == 0
    assert last["counts"]["stack.succeeded"] == 1
    # what people read is where it was, but for what was on stdout
    assert "✅  S1" in r.err and f"Stack ARN:\n{arn}\n" in r.err


@pytest.mark.parametrize("env", [{}, {"CI": "true"}])
def test_no_text_on_stdout(tmp_path, env):
    with Bench(tmp_path, {"operations": [good()]}) as b:
        r = b.run("deploy", *NEVER, "--json", "-vv", env=env)
    assert r.status == 0 and len(events(r)) == 11


def test_nothing_changed(tmp_path):
    from harness import template
    same = {"S1": {"StackStatus": "UPDATE_COMPLETE",
                   "template": json.dumps(template())}}
    with Bench(tmp_path, {"stacks": same}) as b:
        r = b.run("deploy", *NEVER, "--json")
    got = events(r)
    assert names(got) == ["run.started", "stack.started", "stack.deploying",
                          "stack.succeeded", "run.finished"]
    assert only(got, "stack.succeeded")["changed"] is False


def test_a_failure(tmp_path):
    with Bench(tmp_path, {"operations": [failing("CREATE")]}) as b:
        r = b.run("deploy", *NEVER, "--json")
    got = events(r)
    assert r.status == 1
    end = only(got, "stack.failed")
    assert end["error"]["message"].endswith("S1 failed to deploy")
    assert end["error"]["cause"]["name"] == "DeploymentError"
    assert end["cause"]["logicalId"] == "B"
    assert end["cause"]["constructPath"] == "B"
    assert end["cause"]["requestId"] == "x"
    assert end["cause"]["errorCode"] == "AlreadyExists"
    assert end["cancelled"] == 1 and end["otherFailures"] == 0
    assert end["console"].startswith("https://us-east-1.console.")
    assert got[-1]["event"] == "run.finished"
    assert got[-1]["exitStatus"] == 1
    assert got[-1]["error"]["message"] == end["error"]["message"]


def test_a_failure_before_any_stack(tmp_path):
    with Bench(tmp_path) as b:
        r = b.run("deploy", "Nobody", "--json")
    got = events(r)
    assert names(got) == ["run.finished"]
    assert got[0]["error"]["message"] == "No stacks match the name(s) Nobody"


def test_events_of_nested_stacks(tmp_path):
    inner = ("arn:aws:cloudformation:us-east-1:111122223333:stack/"
             "S1-Inner-X/n1")
    deep = ("arn:aws:cloudformation:us-east-1:111122223333:stack/"
            "S1-Deep-X/n2")
    op = {"events": [
        stack_row("CREATE_IN_PROGRESS"),
        [0.1, "Inner", STACK, "CREATE_IN_PROGRESS", None,
         {"PhysicalResourceId": inner}],
        [3, "Inner", STACK, "CREATE_COMPLETE", None,
         {"PhysicalResourceId": inner}],
        stack_row("CREATE_COMPLETE", "S1", None, 4)], "busy": 2}
    nested = {inner: [
        [0.2, "S1-Inner-X", STACK, "CREATE_IN_PROGRESS"],
        [0.4, "Deep", STACK, "CREATE_IN_PROGRESS", None,
         {"PhysicalResourceId": deep}],
        [2.5, "S1-Inner-X", STACK, "CREATE_COMPLETE"]],
        deep: [[0.5, "T", "AWS::SNS::Topic", "CREATE_IN_PROGRESS"],
               [0.9, "S1-Deep-X", STACK, "CREATE_COMPLETE"]]}
    with Bench(tmp_path, {"operations": [op], "events": nested}) as b:
        r = b.run("deploy", *NEVER, "--json")
    rows = [e for e in events(r) if e["event"] == "stack.event"]
    topic = [e for e in rows if e["logicalId"] == "T"]
    assert [(e["stack"], e["nestedStack"], e["nestedPath"])
            for e in topic] == [("S1", "S1-Deep-X", ["Inner", "Deep"])]
    assert all("nestedPath" not in e for e in rows
               if e["logicalId"] in ("S1", "Inner"))


def test_several_stacks(tmp_path):
    stacks = {"A": {}, "B": {"deps": ["A"]}}
    with Bench(tmp_path, {"operations": [failing("CREATE", "A")]},
               stacks) as b:
        r = b.run("deploy", *NEVER, "--all", "--json")
    got = events(r)
    assert [s["dependsOn"] for s in only(got, "run.started")["stacks"]] == [
        [], ["A"]]
    assert only(got, "stack.started")["stack"] == "A"
    assert only(got, "stack.failed")["stack"] == "A"


def test_destroy(tmp_path):
    scenario = {"stacks": {"S1": {"template": "{}"}},
                "operations": [good("DELETE")]}
    with Bench(tmp_path, scenario) as b:
        r = b.run("destroy", "-f", "S1", "--json")
    got = events(r)
    assert r.status == 0
    assert names(got) == ["run.started", "stack.started",
                          *["stack.event"] * 5, "stack.destroyed",
                          "run.finished"]
    assert only(got, "run.started")["command"] == "destroy"


def test_a_question_nobody_can_answer(tmp_path):
    with Bench(tmp_path, {}) as b:
        r = b.run("deploy", "--require-approval", "any-change", "--json")
    got = events(r)
    assert r.status == 1
    at = names(got).index("approval.asked")
    assert names(got)[at:] == ["approval.asked", "approval.failed",
                               "stack.failed", "run.finished"]
    assert only(got, "approval.asked")["why"] == "Stack includes updates"
    assert got[-1]["error"]["name"] == "TtyNotAttached"


def test_yes(tmp_path):
    with Bench(tmp_path, {"operations": [good()]}) as b:
        r = b.run("deploy", "--require-approval", "any-change", "--json",
                  "--yes")
    assert "approval.given" in names(events(r))


def test_failed_change_set(tmp_path):
    with Bench(tmp_path, {"change_set": {
            "Status": "FAILED", "StatusReason": "no such thing"}}) as b:
        r = b.run("deploy", *NEVER, "--json")
    end = only(events(r), "stack.failed")
    assert end["problems"] == [{"location": "S1", "type": STACK,
                                "message": "no such thing"}]


def test_approved_together(tmp_path):
    with Bench(tmp_path, {"operations": [{}]}, {"A": {}, "B2": {}}) as b:
        r = b.run("deploy", "--all", "--require-approval", "any-change",
                  "--approve-first", "--yes", "--json")
    asked = only(events(r), "approval.asked")
    assert asked["stacks"] == ["A", "B2"] and asked["why"]
    assert only(events(r), "approval.given")


def test_a_plan_that_is_applied(tmp_path):
    with Bench(tmp_path, {"operations": [good()]}) as b:
        assert b.run("plan", "-o", "plan.json").status == 0
        r = b.run("apply", "plan.json", "--json")
    got = events(r)
    assert r.status == 0, r.err
    assert only(got, "run.started")["command"] == "apply"
    assert only(got, "stack.succeeded")["stack"] == "S1"


def test_following_an_operation(tmp_path):
    busy = {"S1": {"StackStatus": "CREATE_IN_PROGRESS", "_op": good(),
                   "_busy": 1, "_verb": "CREATE"}}
    with Bench(tmp_path, {"stacks": busy}) as b:
        r = b.run("attach", "S1", "--json")
    got = events(r)
    assert r.status == 0, r.err
    assert only(got, "stack.settled")["status"] == "CREATE_COMPLETE"


def test_following_an_operation_that_fails(tmp_path):
    """Its events are there already, as from another machine."""
    with Bench(tmp_path, {"stacks": {"S1": {}},
                          "operations": [failing("UPDATE")]}) as b:
        b.server.world.begin("S1", "UPDATE")
        r = b.run("attach", "S1", "--json")
    end = only(events(r), "stack.failed")
    assert r.status == 1
    assert end["cause"]["logicalId"] == "B" and end["cancelled"] == 1
    assert "First cause: S1/B (AWS::S3::Bucket B)\n" in r.err


def test_rollback(tmp_path):
    stacks = {"S1": {"StackStatus": "UPDATE_FAILED"},
              "CDKToolkit": {"Outputs": [
                  {"OutputKey": "BootstrapVersion", "OutputValue": "30"}]}}
    with Bench(tmp_path, {"stacks": stacks, "operations": [
            {"final": "UPDATE_ROLLBACK_COMPLETE", "events": [
                stack_row("UPDATE_ROLLBACK_COMPLETE", at=2)]}]}) as b:
        r = b.run("rollback", "--json", "--no-validate-bootstrap-version")
    got = events(r)
    assert r.status == 0, r.err
    assert names(got) == ["run.started", "stack.rollingBack", "stack.event",
                          "stack.rolledBack", "run.finished"]
    assert only(got, "stack.rolledBack")["changed"] is True
