"""Requests are accepted by a server that recomputes their signatures (moto),
over CloudFormation, S3, SSM and STS, and refused when the secret is wrong."""
import json
import subprocess

import pytest

from conftest import (NODE_MODULES, REGION, VENV, Cloud, clean_env, free_port,
                      stop, synthesize, wait_for)

ACCOUNT = "123456789012"  # moto's
HERE = f"aws://{ACCOUNT}/{REGION}"
NEVER = ("--require-approval", "never", "--progress", "events")
# Calls that set up the user, made before checking begins.
FREE_CALLS = 3


class Moto:
    """moto, which checks every request after so many free ones."""

    def __init__(self, folder, free_calls=FREE_CALLS):
        self.port = free_port()
        # CloudFormation is handed S3 URLs; moto takes 127.0.0.1 for a
        # virtual host there
        self.url = f"http://localhost:{self.port}"
        env = dict(clean_env(folder), MOTO_PORT=str(self.port),
                   INITIAL_NO_AUTH_ACTION_COUNT=str(free_calls),
                   MOTO_IAM_LOAD_MANAGED_POLICIES="true")
        with open(folder / "moto.log", "wb") as log:
            self.proc = subprocess.Popen(
                [VENV / "bin" / "moto_server", "-H", "127.0.0.1", "-p",
                 str(self.port)], env=env, stdout=log, stderr=log)
        wait_for(f"{self.url}/moto-api/", self.proc, "moto")
        self.key = self.make_user()

    def make_user(self):
        iam = self.client("iam", "AKIAIOSFODNN7EXAMPLE", "any")
        iam.create_user(UserName="deployer")
        iam.put_user_policy(
            UserName="deployer", PolicyName="all",
            PolicyDocument=json.dumps({
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "*",
                               "Resource": "*"}]}))
        return iam.create_access_key(UserName="deployer")["AccessKey"]

    def client(self, service, key=None, secret=None):
        import boto3

        return boto3.client(
            service, region_name=REGION, endpoint_url=self.url,
            aws_access_key_id=key or self.key["AccessKeyId"],
            aws_secret_access_key=secret or self.key["SecretAccessKey"])

    def env(self, home):
        return {**clean_env(home), "AWS_REGION": REGION,
                "AWS_ENDPOINT_URL": self.url,
                "AWS_ACCESS_KEY_ID": self.key["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": self.key["SecretAccessKey"]}


class SigningCloud(Cloud):
    def client(self, service, region=REGION):
        return self.emulator.client(service)


@pytest.fixture(scope="module")
def moto(tmp_path_factory):
    found = Moto(tmp_path_factory.mktemp("moto"))
    yield found
    stop(found.proc)


@pytest.fixture
def signed(moto, tmp_path):
    return SigningCloud(moto, tmp_path)


def test_checking_is_on(moto):
    """Otherwise the tests below would prove nothing."""
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        moto.client("sts", secret="wrong").get_caller_identity()
    assert moto.client("sts").get_caller_identity()["Account"] == ACCOUNT


def test_wrong_secret_is_refused(signed):
    done = signed.fails("bootstrap", HERE,
                        env={"AWS_SECRET_ACCESS_KEY": "wrong"})
    assert signed.stack("CDKToolkit") is None
    assert "wrong" not in done.text


def test_bootstrap_and_deploy(signed):
    if not (NODE_MODULES / "aws-cdk-lib").exists():
        pytest.skip("aws-cdk-lib is not installed for Node")
    asm = synthesize("signed", False)
    signed.ok("bootstrap", HERE)
    assert signed.stack("CDKToolkit")["StackStatus"] == "CREATE_COMPLETE"
    signed.ok("deploy", "-a", asm, *NEVER)
    assert signed.stack("Signed")["StackStatus"] == "CREATE_COMPLETE"
    manifest = json.loads((asm / "Signed.assets.json").read_text())
    expected = {d["objectKey"] for f in manifest["files"].values()
                for d in f["destinations"].values()}
    held = signed.keys(f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}")
    assert expected <= held
    topics = signed.client("sns").list_topics()["Topics"]
    assert len(topics) == 1
    signed.ok("destroy", "-a", asm, "--force")
