"""Feature flags of an app that is written with the real library."""
import json
import subprocess

import pytest

from conftest import CCDK, NODE_MODULES, RUN_SECONDS, Done, clean_env

APP = """
const cdk = require('aws-cdk-lib');
const s3 = require('aws-cdk-lib/aws-s3');
const sqs = require('aws-cdk-lib/aws-sqs');
const app = new cdk.App();
new sqs.Queue(new cdk.Stack(app, 'Jobs'), 'Queue');
new s3.Bucket(new cdk.Stack(app, 'Files'), 'Bucket', {
	blockPublicAccess: new s3.BlockPublicAccess({ blockPublicAcls: false }),
});
"""
CHANGES = "@aws-cdk/aws-s3:publicAccessBlockedByDefault"
SAFE = "@aws-cdk/aws-iam:minimizePolicies"


@pytest.fixture
def flags(tmp_path):
    if not (NODE_MODULES / "aws-cdk-lib").exists():
        pytest.skip("aws-cdk-lib is not installed for Node")
    (tmp_path / "app.js").write_text(APP)
    (tmp_path / "cdk.json").write_text(json.dumps(
        {"app": "node app.js",
         "context": {"@aws-cdk/core:stackRelativeExports": True}}))

    def run(*args):
        argv = [CCDK, "flags", "--unstable=flags", *args]
        return Done(argv, subprocess.run(
            argv, cwd=tmp_path, env={**clean_env(tmp_path),
                                     "AWS_REGION": "us-east-1"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=RUN_SECONDS))

    run.context = lambda: json.loads(
        (tmp_path / "cdk.json").read_text())["context"]
    return run


def test_shown(flags):
    done = flags()
    assert done.status == 0
    assert f"│   {CHANGES} " in done.err
    assert "stackRelativeExports" not in done.err
    one = flags("publicAccessBlocked")
    assert one.err.startswith(f"Flag name: {CHANGES}\nDescription: ")


def test_set(flags):
    done = flags("--set", CHANGES, "--value", "true", "--yes")
    assert done.status == 0, done
    assert "[~] AWS::S3::Bucket Bucket Bucket83908E77" in done.out
    assert flags.context()[CHANGES] is True
    again = flags("--set", CHANGES, "--value", "true", "--yes")
    assert again.err == (
        "Flag is already set to the specified value. No changes needed.\n")


def test_safe(flags):
    done = flags("--safe", "--yes", "--concurrency", "2")
    assert done.status == 0, done
    assert CHANGES not in flags.context()
    assert flags.context()[SAFE] is True
    # what is left changes something
    assert "No more flags can be set without causing template changes" in (
        flags("--safe", "--yes").err)
