"""A deployment that is killed in the middle and resumed: what counts is what
the emulator holds afterwards, and that nothing was done twice."""
import os
import signal
import subprocess

import pytest

from conftest import CCDK, Proxy

NAMES = ["Prod-State", "Prod-Work"]


def events(cloud, name, status):
    found = cloud.client("cloudformation").describe_stack_events(
        StackName=name)["StackEvents"]
    return [e for e in found if e["PhysicalResourceId"] == e["StackId"]
            and e["ResourceStatus"] == status]


def start(cloud, proxy, asm, names):
    return subprocess.Popen(
        [CCDK, "deploy", "-a", str(asm), *names, "--require-approval",
         "never", "--outputs-file", "outputs.json"], cwd=cloud.home,
        env={**cloud.env, "AWS_ENDPOINT_URL": proxy.url},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("when", ["received", "performed"])
@pytest.mark.parametrize("action", ["CreateChangeSet", "ExecuteChangeSet"])
@pytest.mark.parametrize("nth", [1, 2])
def test_killed_and_resumed(bootstrapped, assembly, when, action, nth):
    cloud, asm, seen, box = bootstrapped, assembly("stages"), [], {}

    def strike(what):
        if what != action or "dead" in box:
            return None
        seen.append(what)
        if len(seen) < nth:
            return None
        box["it"].kill()
        box["dead"] = box["it"].wait()
        return "drop" if when == "received" else None

    proxy = Proxy(cloud.emulator.port, **(
        {"hook": strike} if when == "received" else {"done": strike}))
    box["it"] = start(cloud, proxy, asm, ["Prod/*"])
    _, err = box["it"].communicate(timeout=120)
    assert box["dead"] == -signal.SIGKILL, err
    listed = cloud.ok("resume", "--list")
    assert " deploy " in listed.out
    done = cloud.ok("resume", "--progress", "events")
    proxy.close()
    for name in NAMES:
        assert cloud.stack(name)["StackStatus"] == "CREATE_COMPLETE", done
        assert len(events(cloud, name, "CREATE_IN_PROGRESS")) == 1
        assert not events(cloud, name, "UPDATE_IN_PROGRESS")
    assert (cloud.home / "outputs.json").exists()
    assert cloud.ok("resume", "--list").out == ""
    again = cloud.ok("deploy", "-a", asm, "Prod/*", "--require-approval",
                     "never")
    assert again.text.count("(no changes)") == len(NAMES)


def test_interrupted_and_attached(bootstrapped, assembly):
    cloud, asm, box = bootstrapped, assembly("queue"), {}

    def hook(action):
        """Nothing is told any more of what has been started."""
        if action == "ExecuteChangeSet":
            box["started"] = True
            return None
        if "started" in box and "signalled" not in box:
            box["signalled"] = True
            os.kill(box["it"].pid, signal.SIGTERM)
        return "drop" if "started" in box else None

    proxy = Proxy(cloud.emulator.port, hook)
    box["it"] = start(cloud, proxy, asm, ["Queues"])
    _, err = box["it"].communicate(timeout=120)
    proxy.close()
    assert box["it"].returncode == -signal.SIGTERM
    assert "ccdk attach Queues" in err, err
    cloud.ok("attach", "Queues")
    cloud.ok("resume")
    assert cloud.stack("Queues")["StackStatus"] == "CREATE_COMPLETE"
    assert len(events(cloud, "Queues", "CREATE_IN_PROGRESS")) == 1
