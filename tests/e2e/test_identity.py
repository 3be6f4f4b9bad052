"""Two accounts in one run, each with the profile that cdk.json names for it,
with an app of the real library, its bootstrap roles and all; and who moto's STS
says a run is."""
import json

import pytest
import test_signing
from conftest import REGION, stop

DEV, PROD = "111111111111", "222222222222"


def profiles(home):
    """MiniStack takes a key id of twelve digits for its account."""
    folder = home / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text("".join(
        f"[{name}]\naws_access_key_id = {account}\n"
        "aws_secret_access_key = test\n"
        for name, account in (("dev", DEV), ("prod", PROD))))


def client(cloud, service, account):
    import boto3

    return boto3.client(service, region_name=REGION,
                        endpoint_url=cloud.emulator.url,
                        aws_access_key_id=account,
                        aws_secret_access_key="test")


def stacks(cloud, account):
    found = client(cloud, "cloudformation", account).describe_stacks()
    return {s["StackName"] for s in found["Stacks"]
            if s["StackStatus"] != "DELETE_COMPLETE"}


def test_two_accounts(cloud, project):
    folder = project("accounts")
    profiles(cloud.home)
    # the run's own credentials are for neither account
    env = {"AWS_ACCESS_KEY_ID": "333333333333"}
    cloud.ok("bootstrap", f"aws://{DEV}/{REGION}", f"aws://{PROD}/{REGION}",
             cwd=folder, env=env)
    assert stacks(cloud, DEV) == stacks(cloud, PROD) == {"CDKToolkit"}
    cloud.ok("deploy", "--all", "--require-approval", "never", cwd=folder,
             env=env)
    assert stacks(cloud, DEV) == {"CDKToolkit", "Dev"}
    assert stacks(cloud, PROD) == {"CDKToolkit", "Prod"}
    for account, name in ((DEV, "jobs-Dev"), (PROD, "jobs-Prod")):
        urls = client(cloud, "sqs", account).list_queues()["QueueUrls"]
        assert [u.rsplit("/", 1)[1] for u in urls] == [name]
    done = cloud.ok("whoami", "--all", "--json", cwd=folder, env=env)
    told = json.loads(done.out)
    assert {a: i["profile"] for a, i in told["accounts"].items()} == {
        DEV: "dev", PROD: "prod"}
    assert {a: i["account"] for a, i in told["accounts"].items()} == {
        DEV: DEV, PROD: PROD}
    roles = [(s["account"], r["use"], r["status"]) for s in told["stacks"]
             for r in s["roles"]]
    assert roles == [(account, use, status) for account in (DEV, PROD)
                     for use, status in (
                         ("deploy", "assumed"),
                         ("cloudformation", "passed-on"),
                         ("lookup", "assumed"),
                         ("publish-files", "assumed"))]
    cloud.ok("destroy", "--all", "--force", cwd=folder, env=env)
    assert stacks(cloud, DEV) == stacks(cloud, PROD) == {"CDKToolkit"}


def test_without_the_map(cloud, project):
    """Neither account is the run's own: named as the reference names it."""
    folder = project("accounts")
    (folder / "cdk.json").write_text('{"app": "node app.js"}')
    profiles(cloud.home)
    done = cloud.fails("deploy", "Prod", "--require-approval", "never",
                       "--profile", "dev", cwd=folder)
    assert PROD in done.err


@pytest.fixture
def moto(tmp_path):
    """Without its checks, which no role passes."""
    found = test_signing.Moto(tmp_path, 1 << 30)
    home = tmp_path / "home"
    home.mkdir()
    yield test_signing.SigningCloud(found, home)
    stop(found.proc)


def test_who_sts_says_we_are(moto):
    """A user, a role of a profile, a role of a role, and roles for tokens: of
    a file, as a cluster has it, and of a build system."""
    def told(*args, **env):
        report = json.loads(moto.ok("whoami", "--json", *args, env=env).out)
        assert report["identity"]["account"] == test_signing.ACCOUNT
        return report["identity"]["principal"].split(":")[-1]

    def role(name):
        return f"arn:aws:iam::{test_signing.ACCOUNT}:role/{name}"

    assert told() == "user/deployer"
    for name in ("worker", "second"):
        moto.client("iam").create_role(RoleName=name,
                                       AssumeRolePolicyDocument="{}")
    (moto.home / "token").write_text("a.b.c")
    (moto.home / ".aws").mkdir()
    (moto.home / ".aws" / "config").write_text(
        f"[profile work]\nrole_arn = {role('worker')}\n"
        "role_session_name = tests\ncredential_source = Environment\n"
        f"[profile more]\nrole_arn = {role('second')}\n"
        "role_session_name = again\nsource_profile = work\n")
    assert told("--profile", "work") == "assumed-role/worker/tests"
    assert told("--profile", "more") == "assumed-role/second/again"
    assert told(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None,
                AWS_WEB_IDENTITY_TOKEN_FILE=str(moto.home / "token"),
                AWS_ROLE_ARN=role("worker"),
                AWS_ROLE_SESSION_NAME="pod") == "assumed-role/worker/pod"
    assert told("--oidc-role", role("worker"), GITLAB_CI="true",
                CI_JOB_ID="9", GITLAB_OIDC_TOKEN="a.b.c") == \
        "assumed-role/worker/gitlab-9"
