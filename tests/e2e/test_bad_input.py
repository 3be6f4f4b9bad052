"""What goes wrong for users ends with status 1, a message that says what and
where, nothing half done, and within a bounded time."""
import json
import shutil
import time

import pytest

from conftest import ACCOUNT, REGION, Proxy

NEVER = ("--require-approval", "never", "--progress", "events")
HERE = f"aws://{ACCOUNT}/{REGION}"


def copy_of(asm, tmp_path):
    target = tmp_path / "asm"
    # zips of earlier runs are kept in there
    shutil.copytree(asm, target, ignore=shutil.ignore_patterns(".cache"))
    return target


def test_no_credentials(cloud, assembly):
    none = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    text = (f"Need to perform AWS calls for account {ACCOUNT}, but no "
            "credentials have been configured")
    done = cloud.fails("bootstrap", HERE, env=none)
    assert text in done.err
    done = cloud.fails("deploy", "-a", assembly("queue"), *NEVER, env=none)
    assert text in done.err


def test_credentials_of_another_account(cloud, assembly):
    other = {"AWS_ACCESS_KEY_ID": "111122223333"}
    done = cloud.fails("bootstrap", HERE, env=other)
    assert (f"Need to perform AWS calls for account {ACCOUNT}, but the "
            "current credentials are for 111122223333") in done.err


def test_not_bootstrapped(cloud, assembly):
    done = cloud.fails("deploy", "-a", assembly("queue"), *NEVER)
    assert ("SSM parameter /cdk-bootstrap/hnb659fds/version not found in "
            f"{HERE}. Has the environment been bootstrapped? Please run "
            "'cdk bootstrap' (see https://docs.aws.amazon.com/cdk/latest/"
            "guide/bootstrapping.html)") in done.err
    assert cloud.stack("Queues") is None


def test_region_that_is_not_bootstrapped(bootstrapped, assembly, tmp_path):
    asm = copy_of(assembly("queue"), tmp_path)
    for path in asm.glob("*.json"):
        path.write_text(path.read_text().replace(REGION, "eu-west-1"))
    done = bootstrapped.fails("deploy", "-a", asm, *NEVER)
    assert ("/cdk-bootstrap/hnb659fds/version not found in "
            f"aws://{ACCOUNT}/eu-west-1. Has the environment been "
            "bootstrapped?") in done.err
    assert bootstrapped.stack("Queues", "eu-west-1") is None


def set_version(cloud, value):
    cloud.client("ssm").put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value=value, Type="String",
        Overwrite=True)


def test_bootstrap_too_old(bootstrapped, assembly):
    set_version(bootstrapped, "3")
    done = bootstrapped.fails("deploy", "-a", assembly("queue"), *NEVER)
    assert ("This CDK deployment requires bootstrap stack version '6', found "
            f"'3' in {HERE}. Please run 'cdk bootstrap'.") in done.err
    assert bootstrapped.stack("Queues") is None


def test_bootstrap_version_is_no_number(bootstrapped, assembly):
    set_version(bootstrapped, "many")
    done = bootstrapped.fails("deploy", "-a", assembly("queue"), *NEVER)
    assert ("SSM parameter /cdk-bootstrap/hnb659fds/version not a number: "
            "many") in done.err


@pytest.mark.parametrize("command", [
    ("deploy", *NEVER), ("diff",), ("synth",)])
def test_unknown_stack(bootstrapped, assembly, command):
    done = bootstrapped.fails(command[0], "-a", assembly("queue"), "Queue",
                              *command[1:])
    assert "No stacks match the name(s) Queue" in done.err
    assert bootstrapped.stack("Queues") is None


def test_missing_asset_file(bootstrapped, assembly, tmp_path):
    asm = copy_of(assembly("web"), tmp_path)
    for folder in asm.glob("asset.*"):
        shutil.rmtree(folder)
    done = bootstrapped.fails("deploy", "-a", asm, *NEVER)
    assert "asset." in done.err
    assert bootstrapped.stack("Web") is None


def test_asset_outside_of_the_assembly(bootstrapped, assembly, tmp_path):
    asm = copy_of(assembly("queue"), tmp_path)
    (tmp_path / "secret.txt").write_text("not yours")
    path = asm / "Queues.assets.json"
    manifest = json.loads(path.read_text())
    for entry in manifest["files"].values():
        entry["source"]["path"] = "../missing-secret.txt"
    path.write_text(json.dumps(manifest))
    done = bootstrapped.fails("deploy", "-a", asm, *NEVER)
    assert "missing-secret.txt" in done.err


@pytest.mark.parametrize("damage", ["truncated", "not json", "no manifest"])
def test_damaged_assembly(cloud, assembly, tmp_path, damage):
    asm = copy_of(assembly("queue"), tmp_path)
    manifest = asm / "manifest.json"
    if damage == "no manifest":
        manifest.unlink()
    elif damage == "not json":
        manifest.write_bytes(b"\x00\xff\xfe{")
    else:
        manifest.write_text(manifest.read_text()[:200])
    done = cloud.fails("deploy", "-a", asm, *NEVER)
    assert "manifest.json" in done.err


def test_app_that_fails(cloud, tmp_path):
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "cdk.json").write_text(json.dumps(
        {"app": "echo my own words >&2; exit 3"}))
    for command in (("list",), ("deploy", *NEVER), ("bootstrap",)):
        done = cloud.fails(*command, cwd=folder)
        assert "my own words" in done.err
        assert "Subprocess exited with error 3" in done.err


def test_parameter_without_a_value(bootstrapped, assembly, tmp_path):
    asm = copy_of(assembly("queue"), tmp_path)
    path = asm / "Queues.template.json"
    template = json.loads(path.read_text())
    template["Parameters"].update(Colour={"Type": "String"},
                                  Size={"Type": "Number"})
    path.write_text(json.dumps(template))
    done = bootstrapped.fails("deploy", "-a", asm, *NEVER)
    assert ("The following CloudFormation Parameters are missing a value: "
            "Colour, Size") in done.err
    assert bootstrapped.stack("Queues") is None
    bootstrapped.ok("deploy", "-a", asm, *NEVER, "--parameters",
                    "Colour=red", "--parameters", "Size=3")
    assert bootstrapped.parameters("Queues")["Colour"] == "red"
    # once given, they are kept
    template["Outputs"]["More"] = {"Value": {"Ref": "Size"}}
    path.write_text(json.dumps(template))
    bootstrapped.ok("deploy", "-a", asm, *NEVER, "--force")
    assert bootstrapped.parameters("Queues")["Size"] == "3"


def test_resource_that_fails_rolls_back(bootstrapped, assembly, tmp_path):
    asm = copy_of(assembly("transform"), tmp_path)
    bootstrapped.client("ssm").put_parameter(
        Name="/included/note", Value="taken", Type="String")
    done = bootstrapped.run("deploy", "-a", asm, *NEVER)
    if done.status == 0:
        pytest.skip("the emulator overwrites the existing parameter")
    assert done.status == 1, done
    assert "Included" in done.err
    assert bootstrapped.stack("Included")["StackStatus"] == (
        "ROLLBACK_COMPLETE")


def test_connection_lost_in_the_middle_of_a_deploy(bootstrapped, assembly):
    """From the execution on nothing answers any more."""
    gone = []

    def hook(action):
        if action == "ExecuteChangeSet":
            gone.append(action)
        return "drop" if gone else None

    proxy = Proxy(bootstrapped.emulator.port, hook)
    start = time.monotonic()
    done = bootstrapped.fails(
        "deploy", "-a", assembly("queue"), *NEVER,
        env={"AWS_ENDPOINT_URL": proxy.url, "AWS_MAX_ATTEMPTS": "3"})
    proxy.close()
    assert gone, "the deployment never got as far as ExecuteChangeSet"
    assert "Queues" in done.err
    assert time.monotonic() - start < 120


def test_one_lost_reply_is_asked_for_again(bootstrapped, assembly):
    lost = []

    def hook(action):
        if action == "DescribeChangeSet" and not lost:
            lost.append(action)
            return "drop"
        return None

    proxy = Proxy(bootstrapped.emulator.port, hook)
    bootstrapped.ok("deploy", "-a", assembly("queue"), *NEVER,
                    env={"AWS_ENDPOINT_URL": proxy.url})
    proxy.close()
    assert lost
    assert bootstrapped.stack("Queues")["StackStatus"] == "CREATE_COMPLETE"


def test_nothing_listens(cloud, assembly):
    start = time.monotonic()
    done = cloud.fails("deploy", "-a", assembly("queue"), *NEVER,
                       env={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    assert ACCOUNT in done.err or "127.0.0.1" in done.err
    assert time.monotonic() - start < 120


def test_secrets_stay_out_of_every_message(cloud, assembly):
    secret = "abcdSECRETSECRETSECRETSECRETSECRETabcdef"
    env = {"AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": secret[::-1],
           "CCDK_TRACE": "all"}
    done = cloud.run("deploy", "-a", assembly("queue"), "-vvv", *NEVER,
                     env=env)
    assert secret not in done.text
    assert secret[::-1] not in done.text
