"""Two accounts in one run, each with the profile that cdk.json names for it,
with an app of the real library, its bootstrap roles and all."""
import json

from conftest import REGION

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
