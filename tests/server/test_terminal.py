"""Questions on a terminal, answered as a user does."""
import os
import re

import pytest

from harness import Bench, binary, converse, good

ROLE = {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {
    "AssumeRolePolicyDocument": {"Statement": [{
        "Action": "sts:AssumeRole", "Effect": "Allow",
        "Principal": {"Service": "x.amazonaws.com"}}]}}}}}


def environment(bench):
    home = bench.folder / "home"
    home.mkdir(exist_ok=True)
    return {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "dumb",
            "NO_COLOR": "1", "CDK_HOME": str(home / ".cdk"),
            "AWS_ENDPOINT_URL": bench.server.url,
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "fake", "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_DISABLE_CLI_TELEMETRY": "true", "CCDK_POLL_SCALE": "1"}


def talk(bench, args, answers, question="(y/n)"):
    """Types the next answer at every question; (status, text)."""
    return converse([*binary(), *args], bench.folder, environment(bench),
                    re.escape(question), answers)


@pytest.mark.parametrize("answers, status, seen", [
    ([b"y\n"], 0, "✅  S1"),
    ([b"YES\n"], 0, "✅  S1"),
    ([b"what\n", b"y\n"], 0, "Invalid choice: what"),
    ([b"n\n"], 1, "Deployment cancelled"),
    ([b"\n", b"n\n"], 1, "Deployment cancelled"),
    ([b"\x03"], 1, "canceled"),
    ([b"\x04"], 1, "canceled"),
])
def test_approval(tmp_path, answers, status, seen):
    stacks = {"S1": {"template": ROLE}}
    with Bench(tmp_path, {"operations": [good()]}, stacks) as b:
        got, text = talk(b, ["deploy", "-a", "asm", "--progress", "events"],
                         answers)
        executed = "ExecuteChangeSet" in b.server.actions()
    assert (got, seen in text) == (status, True), text
    assert executed == (status == 0)
    # an empty answer is asked about again without a word
    assert ("Invalid choice" in text) == (answers[0] == b"what\n")
    assert not list((tmp_path / "asm").glob("*.lock"))


@pytest.mark.parametrize("answer, status, seen", [
    (b"y\n", 0, "✅  S1: destroyed"),
    (b"n\n", 1, "Deletion cancelled"),
    (b"\x03", 1, "canceled"),
])
def test_destroy(tmp_path, answer, status, seen):
    scenario = {"stacks": {"S1": {"template": "{}"}},
                "operations": [good("DELETE")]}
    with Bench(tmp_path, scenario) as b:
        got, text = talk(b, ["destroy", "-a", "asm", "S1"], [answer])
        deleted = "DeleteStack" in b.server.actions()
    assert (got, seen in text) == (status, True), text
    assert deleted == (status == 0)


def test_destroy_names_the_kind_of_failure(tmp_path):
    scenario = {"stacks": {"S1": {}}, "account": "444455556666"}
    with Bench(tmp_path, scenario) as b:
        r = b.run("destroy", "-f", "S1")
        assert "DeleteStack" not in r.actions()
    assert r.status == 1
    assert ("S1: destroy failed IncorrectDefaultCredentials: Need to perform "
            "AWS calls for account 111122223333, but the current credentials "
            "are for 444455556666") in r.err


PROFILES = """[profile p]
role_arn = arn:aws:iam::111122223333:role/mfa
source_profile = base
mfa_serial = arn:aws:iam::111122223333:mfa/me
[profile base]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = fake
"""


def test_mfa(tmp_path):
    """The code is asked for once, however many requests follow."""
    with Bench(tmp_path, {"operations": [good()]}) as b:
        folder = tmp_path / "home" / ".aws"
        folder.mkdir(parents=True)
        (folder / "config").write_text(PROFILES)
        status, text = talk(b, [
            "deploy", "--app", "asm", "--no-notices", "--profile", "p",
            "--require-approval=never"], [b"123456\n"],
            "MFA token for arn:aws:iam::111122223333:mfa/me ")
        assert status == 0, text
        asked = [p for _, a, p in b.server.requests if a == "AssumeRole"]
        assert [(p["SerialNumber"], p["TokenCode"]) for p in asked] == [
            ("arn:aws:iam::111122223333:mfa/me", "123456")]
