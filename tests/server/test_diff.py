"""`diff` against the scripted endpoint: several stacks at once, interrupts,
few permissions, and the outputs for programs."""
import json
import signal

import pytest

from harness import Bench, template

OLD = json.dumps({"Resources": {}})
GONE = "There were no differences"


def stacks(n):
    return {f"S{i}": {} for i in range(1, n + 1)}


def deployed(n, **more):
    return {f"S{i}": {"StackStatus": "UPDATE_COMPLETE", "template": OLD, **more}
            for i in range(1, n + 1)}


def headers(text):
    return [line.split()[1] for line in text.splitlines()
            if line.startswith("Stack ")]


def test_stacks_are_compared_at_once_and_shown_in_order(tmp_path):
    hold = {"action": "GetTemplate", "stack": "S1", "kind": "hold",
            "until": ["GetTemplate S2", "GetTemplate S3", "GetTemplate S4"]}
    scenario = {"stacks": deployed(4), "faults": [hold]}
    with Bench(tmp_path, scenario, stacks(4)) as b:
        r = b.run("diff", "--method=template")
        assert not b.server.timeouts
    assert (r.status, r.out) == (0, "")
    assert headers(r.err) == ["S1", "S2", "S3", "S4"]
    assert r.err.count("[+] AWS::S3::Bucket B") == 4
    assert r.err.endswith("\n✨  Number of stacks with differences: 4\n\n")


def test_the_words_of_each_stack_stay_together(tmp_path):
    scenario = {"stacks": deployed(3), "change_set": {"pending": 2}}
    with Bench(tmp_path, scenario, stacks(3)) as b:
        r = b.run("diff")
        assert b.server.world.sets == {}
    parts = r.err.split("Hold on while we create a read-only change set")
    assert len(parts) == 4 and r.status == 0
    for i, part in enumerate(parts[1:], 1):
        assert headers(part) == [f"S{i}"]


def test_the_first_failure_ends_it(tmp_path):
    fault = {"action": "GetTemplate", "stack": "S2", "kind": "error",
             "code": "AccessDenied", "message": "no reading of S2",
             "status": 403}
    hold = {"action": "GetTemplate", "stack": "S1", "kind": "hold",
            "until": ["GetTemplate S2"]}
    scenario = {"stacks": deployed(3), "faults": [fault, hold]}
    with Bench(tmp_path, scenario, stacks(3)) as b:
        r = b.run("diff", "--method=template")
    assert r.status == 1 and "no reading of S2" in r.err
    assert headers(r.err) == ["S1"]
    assert "Number of stacks" not in r.err


def interrupted(b, sig, *args):
    """Sends sig while the change sets are being waited for."""
    p = b.start("diff", *args)
    with b.server.lock:
        assert b.server.progress.wait_for(
            lambda: "DescribeChangeSet S1" in b.server.seen, 30)
    p.send_signal(sig)
    return p


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM,
                                 signal.SIGHUP])
@pytest.mark.parametrize("old", [True, False])
def test_an_interrupt_deletes_the_change_set(tmp_path, sig, old):
    scenario = {"stacks": deployed(1) if old else {},
                "change_set": {"pending": 10 ** 9}}
    with Bench(tmp_path, scenario) as b:
        r = b.finish(interrupted(b, sig))
        assert b.server.world.sets == {}
        assert ("S1" in b.server.world.stacks) == old
    assert r.status == -sig and r.out == ""
    assert "Interrupted: deleting change set 'cdk-diff-change-set-" in r.err
    assert "of stack 'S1'" in r.err and "rror" not in r.err
    assert not list((tmp_path / "asm").glob("*.lock"))


def test_an_interrupt_deletes_those_of_all_stacks(tmp_path):
    scenario = {"stacks": deployed(5), "change_set": {"pending": 10 ** 9},
                "faults": [{"action": "DeleteChangeSet", "stack": "S3",
                            "nth": 2, "times": 2, "kind": "throttle"}]}
    with Bench(tmp_path, scenario, stacks(5)) as b:
        p = b.start("diff")
        with b.server.lock:
            assert b.server.progress.wait_for(
                lambda: sum(a == "CreateChangeSet" for _, a, _ in
                            b.server.requests) == 5, 30)
        p.send_signal(signal.SIGINT)
        r = b.finish(p)
        assert b.server.world.sets == {}
    assert r.status == -signal.SIGINT


def test_a_second_interrupt_does_not_wait(tmp_path):
    hold = {"action": "DeleteChangeSet", "kind": "hold", "until": ["never"],
            "nth": 2}
    scenario = {"stacks": deployed(1), "change_set": {"pending": 10 ** 9},
                "faults": [hold]}
    with Bench(tmp_path, scenario) as b:
        p = interrupted(b, signal.SIGINT)
        with b.server.lock:
            assert b.server.progress.wait_for(lambda: b.server.actions()
                                              .count("DeleteChangeSet") == 2,
                                              30)
        p.send_signal(signal.SIGINT)
        r = b.finish(p, 20)
        with b.server.lock:  # lets the held reply go
            b.server.seen.add("never")
            b.server.progress.notify_all()
    assert r.status == -signal.SIGINT


@pytest.mark.parametrize("old", [True, False])
@pytest.mark.parametrize("interrupt", [True, False])
def test_a_change_set_whose_reply_was_lost(tmp_path, old, interrupt):
    lost = {"action": "CreateChangeSet", "kind": "truncate", "times": 99}
    scenario = {"stacks": deployed(1) if old else {}, "faults": [lost]}
    with Bench(tmp_path, scenario) as b:
        p = b.start("diff")
        with b.server.lock:
            assert b.server.progress.wait_for(
                lambda: "CreateChangeSet" in b.server.actions(), 30)
        if interrupt:
            p.send_signal(signal.SIGINT)
        r = b.finish(p)
        assert b.server.world.sets == {}
        assert ("S1" in b.server.world.stacks) == old
    assert r.status == (-signal.SIGINT if interrupt else 0)
    assert ("will base the diff on template" in r.err) != interrupt


def nested(outer="asm/Inner.nested.template.json"):
    return {"Type": "AWS::CloudFormation::Stack", "Properties": {},
            "Metadata": {"aws:asset:path": outer}}


def test_read_only_needs_one_permission(tmp_path):
    denied = [{"action": a, "kind": "error", "code": "AccessDenied",
               "message": f"not allowed: {a}", "status": 403, "times": 99}
              for a in ("DescribeStacks", "CreateChangeSet", "AssumeRole",
                        "ListStackResources", "DeleteChangeSet")]
    role = {"assumeRoleArn": "arn:aws:iam::111122223333:role/deploy",
            "lookupRole": {"arn": "arn:aws:iam::111122223333:role/lookup"}}
    scenario = {"stacks": deployed(1), "faults": denied}
    with Bench(tmp_path, scenario, {
            "S1": {"properties": role}, "S2": {"properties": role}}) as b:
        r = b.run("diff", "--read-only")
    assert r.status == 0, r.err
    assert headers(r.err) == ["S1", "S2"]  # S2 does not exist yet
    assert set(r.actions()) == {"GetTemplate"}
    assert r.server.actions("json") == []


def test_read_only_names_what_it_cannot_see(tmp_path):
    denied = {"action": "ListStackResources", "kind": "error",
              "code": "AccessDenied", "message": "not allowed to list",
              "status": 403, "times": 99}
    body = template()
    body["Resources"]["Inner"] = nested("Inner.json")
    scenario = {"stacks": deployed(1), "faults": [denied]}
    with Bench(tmp_path, scenario, {"S1": {"template": body}}) as b:
        (b.app / "Inner.json").write_text(json.dumps(template()))
        r = b.run("diff", "--read-only")
        assert (r.status, headers(r.err)) == (0, ["S1"])
        assert "S1: its nested stacks are left out: not allowed to list" \
            in r.err
        b.server.world.s["faults"] = []
        b.server.world.stacks["S1"]["_resources"] = {"Inner": "S1-Inner-X"}
        b.server.world.add_stack("S1-Inner-X", {"template": OLD})
        r = b.run("diff", "--read-only")
        assert headers(r.err) == ["S1", "S1-Inner-X"]
        r = b.run("diff", "--read-only", "--method=change-set")
    assert r.status == 1 and "--read-only cannot be used with" in r.err


def test_outputs_for_programs(tmp_path):
    changes = [{"Type": "Resource", "ResourceChange": {
        "Action": "Modify", "LogicalResourceId": "B", "Replacement": "True",
        "ResourceType": "AWS::S3::Bucket", "Scope": ["Properties"],
        "Details": [{"Target": {
            "Attribute": "Properties", "Name": "BucketName",
            "RequiresRecreation": "Always"}, "Evaluation": "Static",
            "ChangeSource": "DirectModification"}]}}]
    old, new = template(), template()
    old["Resources"]["B"] = dict(old["Resources"]["B"],
                                 Properties={"BucketName": "a"})
    new["Resources"]["B"] = dict(new["Resources"]["B"],
                                 Properties={"BucketName": "b"})
    scenario = {"stacks": {"S1": {"template": json.dumps(old)},
                           "S2": {"template": json.dumps(new)}},
                "change_set": {"Changes": changes}}
    both = {"S1": {"template": new}, "S2": {"template": new}}
    with Bench(tmp_path, scenario, both) as b:
        r = b.run("diff", "--json", "--detailed-exitcode")
        report = json.loads(r.out)
        assert (r.status, report["stacksWithDifferences"]) == (2, 1)
        assert [(s["name"], s["differs"], s["environment"])
                for s in report["stacks"]] == [
            ("S1", True, "aws://111122223333/us-east-1"),
            ("S2", False, "aws://111122223333/us-east-1")]
        assert [c["path"] for c in report["stacks"][0]["changes"]] == [
            "/Resources/B", "/Resources/B/Properties/BucketName"]
        assert report["stacks"][0]["changes"][0]["impact"] == "replace"
        r = b.run("diff", "--markdown", "S1")
        assert r.out.startswith("### Infrastructure changes\n")
        assert "<details>" in r.out and r.status == 0
        r = b.run("diff", "--explain", "S1")
        assert "BucketName" in r.err.split("[~]")[-1]
        r = b.run("diff", "S2", "--detailed-exitcode")
        assert r.status == 0 and GONE in r.err
