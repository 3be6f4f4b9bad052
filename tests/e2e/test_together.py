"""Several stacks of a real app at once: what goes on after a failure,
approvals together, parameters from files, the outputs file, policies."""
import json

import pytest

from test_journeys import NEVER

GOOD = ("Base", "Top", "Side")


def status(cloud, name):
    stack = cloud.stack(name)
    return stack and stack["StackStatus"]


def value(cloud, name):
    return cloud.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]


@pytest.mark.parametrize("at_once", [1, 4])
def test_keep_going(bootstrapped, assembly, tmp_path, at_once):
    cloud, asm, outputs = bootstrapped, assembly("fleet"), tmp_path / "o.json"
    done = cloud.run("deploy", "-a", asm, "--all", *NEVER, "--keep-going",
                     "--concurrency", str(at_once), "-O", str(outputs))
    assert done.status == 1, done
    assert [status(cloud, n) for n in GOOD] == ["CREATE_COMPLETE"] * 3
    assert status(cloud, "Wrong") == "ROLLBACK_COMPLETE"
    assert status(cloud, "After") is None
    assert "Summary: 3 deployed, 1 failed, 1 skipped\n" in done.err
    assert "⏭  After: skipped because Wrong failed\n" in done.err
    assert "Broken" in done.err[done.err.index("Summary"):]
    written = json.loads(outputs.read_text())
    assert set(written) == set(GOOD)
    assert written["Base"] == cloud.outputs("Base")
    gone = cloud.run("destroy", "-a", asm, "--all", "--force",
                     "--keep-going")
    assert gone.status == 0, gone
    assert [status(cloud, n) for n in GOOD] == [None] * 3


def test_approved_together(bootstrapped, assembly):
    cloud, asm = bootstrapped, assembly("fleet")
    how = ("deploy", "-a", asm, *GOOD, "--approve-first", "--concurrency",
           "3", "--progress", "events")
    done = cloud.run(*how)
    assert done.status == 1, done
    assert "Stack Top\nIAM Statement Changes\n" in done.err
    assert "terminal (TTY) is not attached" in done.err
    assert [status(cloud, n) for n in GOOD] == [None] * 3
    done = cloud.ok(*how, "--yes")
    assert ("Stack Top includes security-sensitive updates and "
            "\"--require-approval\" is set to 'broadening'.\n"
            "Do you wish to deploy this stack, and 2 that need no approval? "
            "(auto-confirmed)\n") in done.err
    assert done.err.count("IAM Statement Changes") == 1
    assert [status(cloud, n) for n in GOOD] == ["CREATE_COMPLETE"] * 3


def test_parameters_and_outputs(bootstrapped, assembly, tmp_path):
    cloud, asm = bootstrapped, assembly("fleet")
    (tmp_path / "p.yaml").write_text("Base:\n  Account: 012345678901\n"
                                     "  Ratio: 1.50\n")
    (tmp_path / "q.json").write_text(json.dumps(
        [{"ParameterKey": "Account", "UsePreviousValue": True},
         {"ParameterKey": "Ratio", "ParameterValue": 2}]))
    outputs = tmp_path / "o.json"
    outputs.write_text('{"Other": {"Kept": "yes"}}')
    how = ("deploy", "-a", asm, *NEVER, "-O", str(outputs),
           "--outputs-file-merge")
    cloud.ok(*how, "Base", "--parameters-file", tmp_path / "p.yaml")
    assert value(cloud, "/Account") == "012345678901"
    assert value(cloud, "/Ratio") == "1.50"
    cloud.ok(*how, "Base", "--parameters-file", tmp_path / "q.json")
    assert value(cloud, "/Account") == "012345678901"
    assert value(cloud, "/Ratio") == "2"
    cloud.ok(*how, "Side")
    written = json.loads(outputs.read_text())
    assert written == {"Other": {"Kept": "yes"},
                       "Base": cloud.outputs("Base"),
                       "Side": cloud.outputs("Side")}


def test_stack_policy(bootstrapped, assembly, tmp_path):
    cloud, asm, file = bootstrapped, assembly("fleet"), tmp_path / "p.json"
    policy = {"Statement": [{
        "Effect": "Deny", "Action": "Update:*", "Principal": "*",
        "Resource": "*"}]}
    file.write_text(json.dumps(policy))
    cloud.ok("deploy", "-a", asm, "Side", *NEVER, "--stack-policy", file)
    body = cloud.client("cloudformation").get_stack_policy(StackName="Side")
    assert json.loads(body["StackPolicyBody"]) == policy
