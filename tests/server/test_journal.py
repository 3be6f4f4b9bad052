"""A deployment that is killed, at any moment, and is resumed."""
import json
import os
import shutil
import signal
import subprocess
import time

import pytest

from exports import app, exporting, importing, outputs, world
from harness import Bench, good, stack_row, template

TWO = {"S1": {}, "S2": {"deps": ["S1"]}}
SCENARIO = {"operations": [good(name="S1"), good(name="S2")]}
CALLS = ("CreateChangeSet", "ExecuteChangeSet")


def journals(bench):
    folder = bench.folder / "home/.cdk/ccdk/deployments"
    return sorted(folder.glob("*.json")) if folder.exists() else []


def deploy(bench, *more, env=None):
    return bench.start("deploy", "--all", "--require-approval", "never",
                       *more, env=env)


def changes_something(action):
    return not action.startswith(("Describe", "Get", "List", "AssumeRole"))


def kill_at(bench, point, nth, *more, counts=lambda action: True):
    """Kills the client when its nth request to CloudFormation that counts was
    received, performed or answered; whether there were as many."""
    seen = {"n": 0, "hit": False}
    process = {}

    def hook(when, action, _):
        if when != point or not counts(action):
            return
        seen["n"] += 1
        if seen["n"] == nth:
            seen["hit"] = True
            while "it" not in process:
                time.sleep(0.001)
            process["it"].kill()
            process["it"].wait()
    bench.server.hook = hook
    process["it"] = deploy(bench, *more)
    process["it"].communicate(timeout=60)
    bench.server.hook = lambda *_: None
    return seen["hit"]


def assert_converged(bench, stacks=("S1", "S2")):
    """Every stack deployed by exactly one operation."""
    world = bench.server.world
    assert {n: s["StackStatus"] for n, s in world.stacks.items()} == \
        {n: "CREATE_COMPLETE" for n in stacks}
    assert [b[:2] for b in world.begun] == [(n, "CREATE") for n in stacks]
    assert not journals(bench)


def start_resume(bench, *more, env=None):
    """Without an app: the journal names it."""
    bench.app_option = None
    try:
        return bench.start("resume", *more, env=env)
    finally:
        bench.app_option = "asm"


def resume(bench, *more, env=None):
    return bench.finish(start_resume(bench, *more, env=env))


def go_on(bench, *more):
    """As a person would: resume, or deploy where there is nothing to."""
    if journals(bench):
        return resume(bench)
    return bench.finish(deploy(bench, *more))


@pytest.mark.parametrize("point", ["received", "performed", "answered"])
def test_killed_at_every_request(tmp_path, point):
    nth = 0
    while True:
        nth += 1
        with Bench(tmp_path / str(nth), SCENARIO, TWO) as b:
            if not kill_at(b, point, nth):
                break
            r = go_on(b)
            assert r.status == 0, (nth, r.err)
            assert_converged(b)
    assert nth > 12


def paused(status):
    return {"StackStatus": status, "template": "{}"}


# name: scenario, stacks, options, the operations that it takes
MORE = {
    "update": ({"stacks": {"S1": {"template": "{}"}, "S2": {"template":
                                                            "{}"}},
                "operations": [good("UPDATE"), good("UPDATE", "S2")]}, TWO,
               (), [("S1", "UPDATE"), ("S2", "UPDATE")]),
    "recreate": ({"stacks": {"S1": paused("ROLLBACK_COMPLETE")},
                  "operations": [{}, good(), good(name="S2")]}, TWO, (),
                 [("S1", "DELETE"), ("S1", "CREATE"), ("S2", "CREATE")]),
    "direct": (SCENARIO, TWO, ("--method", "direct"),
               [("S1", "CREATE"), ("S2", "CREATE")]),
    "rollback": ({"stacks": {"S1": paused("UPDATE_FAILED")}, "parameters":
                  {"/cdk-bootstrap/x/version": "30"},
                  "operations": [{}, good("UPDATE")]},
                 {"S1": {"properties": {
                     "bootstrapStackVersionSsmParameter":
                         "/cdk-bootstrap/x/version"}}}, ("--force",),
                 [("S1", "UPDATE_ROLLBACK"), ("S1", "UPDATE")]),
}


@pytest.mark.parametrize("name", MORE)
@pytest.mark.parametrize("point", ["received", "performed", "answered"])
def test_killed_at_every_change(tmp_path, name, point):
    scenario, stacks, options, operations = MORE[name]
    nth = 0
    while True:
        nth += 1
        with Bench(tmp_path / str(nth), scenario, stacks) as b:
            if not kill_at(b, point, nth, *options,
                           counts=changes_something):
                break
            r = go_on(b, *options)
            assert r.status == 0, (nth, r.err)
            assert [x[:2] for x in b.server.world.begun] == operations, nth
            assert all(s["StackStatus"].endswith(("CREATE_COMPLETE",
                                                  "UPDATE_COMPLETE"))
                       for s in b.server.world.stacks.values())
            assert not journals(b)
    assert nth > 2


SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The process dies just before, or just after, its nth journal is in place. */
int rename(const char *from, const char *to)
{
	int (*real)(const char *, const char *) =
	    (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
	static int seen;
	int r, hit, nth = (int)strtol(getenv("KILL_NTH"), NULL, 10);

	hit = strstr(to, "/deployments/") && ++seen == nth;
	if (hit && getenv("KILL_BEFORE"))
		kill(getpid(), SIGKILL);
	r = real(from, to);
	if (hit)
		kill(getpid(), SIGKILL);
	return r;
}
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shim")
    (folder / "shim.c").write_text(SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", "shim.so", "shim.c",
                    "-ldl"], cwd=folder, check=True)
    return folder / "shim.so"


def preload(shim, nth, **more):
    asan = os.environ.get("ASAN_OPTIONS", "")
    return {"LD_PRELOAD": str(shim), "KILL_NTH": str(nth),
            "ASAN_OPTIONS": f"{asan}:verify_asan_link_order=0", **more}


@pytest.mark.parametrize("before", [False, True])
def test_killed_at_every_write_of_the_journal(tmp_path, shim, before):
    nth = 0
    while True:
        nth += 1
        with Bench(tmp_path / str(nth), SCENARIO, TWO) as b:
            env = preload(shim, nth, **({"KILL_BEFORE": "1"} if before
                                        else {}))
            first = b.finish(deploy(b, env=env))
            if first.status == 0:
                break
            assert first.status == -signal.SIGKILL
            r = go_on(b)
            assert r.status == 0, (nth, r.err)
            assert_converged(b)
    assert nth > 8


def test_the_resumed_one_is_killed_again(tmp_path, shim):
    with Bench(tmp_path, SCENARIO, TWO) as b:
        for _ in range(20):
            env = preload(shim, 2)
            r = b.finish(deploy(b, env=env) if not journals(b) else
                         start_resume(b, env=env))
            if r.status == 0:
                break
            assert r.status == -signal.SIGKILL
        assert r.status == 0
        assert_converged(b)


# ---- Ctrl-C and other signals ----------------------------------------------

ENDLESS = 10 ** 9
SLOW = {"operations": [good(name="S1", busy=ENDLESS), good(name="S2")]}


def signal_at(bench, process, action, point="answered", sig=signal.SIGTERM):
    """Sends the signal when the action has come this far, once."""
    def hook(when, what, _):
        if when == point and what == action:
            bench.server.hook = lambda *_: None
            os.kill(process.pid, sig)
    bench.server.hook = hook


def interrupted(bench, action, *more, point="answered", sig=signal.SIGTERM,
                nth=1):
    seen = []
    box = {}

    def hook(when, what, _):
        if when == point and what == action:
            seen.append(what)
            if len(seen) == nth:
                while "it" not in box:
                    time.sleep(0.001)
                os.kill(box["it"].pid, sig)
    bench.server.hook = hook
    box["it"] = deploy(bench, *more)
    r = bench.finish(box["it"], timeout=60)
    bench.server.hook = lambda *_: None
    return r


def end_operation(bench, name="S1"):
    bench.server.world.stacks[name]["_busy"] = 0


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM,
                                 signal.SIGHUP])
def test_the_first_signal_leaves_what_runs_to_cloudformation(tmp_path, sig):
    with Bench(tmp_path, SLOW, TWO) as b:
        r = interrupted(b, "DescribeStackEvents", sig=sig)
        assert r.status == -sig, r.err
        assert "Interrupted: nothing new is started." in r.err
        assert "S1 (aws://111122223333/us-east-1): being deployed for" in r.err
        assert "console.aws.amazon.com/cloudformation/home" in r.err
        assert "ccdk attach S1 --region us-east-1" in r.err
        assert "failed to deploy" not in r.err
        (journal,) = journals(b)
        assert f"ccdk resume {journal.stem}" in r.err
        assert journal.stat().st_mode & 0o777 == 0o600
        assert [x[0] for x in b.server.world.begun] == ["S1"]
        end_operation(b)
        r = resume(b, journal.stem)
        assert r.status == 0, r.err
        assert_converged(b)


def test_waiting_for_the_end_starts_nothing_new(tmp_path):
    scenario = {"operations": [good(name="S1", busy=40), good(name="S2")]}
    with Bench(tmp_path, scenario, TWO) as b:
        r = interrupted(b, "DescribeStackEvents", "--on-interrupt", "wait")
        assert r.status == -signal.SIGTERM
        assert "✅  S1" in r.err
        assert [x[0] for x in b.server.world.begun] == ["S1"]
        (journal,) = journals(b)
        d = json.loads(journal.read_text())
        assert [s["phase"] for s in d["stacks"]] == ["done", "waiting"]
        r = resume(b)
        assert r.status == 0, r.err
        assert "S1: was deployed before the interruption" in r.err
        assert_converged(b)


def test_an_interruption_is_an_event(tmp_path):
    with Bench(tmp_path, SLOW, TWO) as b:
        r = interrupted(b, "DescribeStackEvents", "--json")
        assert r.status == -signal.SIGTERM
        seen = [json.loads(line) for line in r.out.splitlines()]
        (event,) = [e for e in seen if e["event"] == "run.interrupted"]
        assert [s["stack"] for s in event["running"]] == ["S1"]
        assert event["running"][0]["operation"] == "executeChangeSet"
        end_operation(b)
        r = resume(b, "--json")
        assert r.status == 0, r.err
        seen = [json.loads(line)["event"] for line in r.out.splitlines()]
        assert seen[0] == "run.started" and seen[-1] == "run.finished"
        assert seen.count("stack.succeeded") == 2


def test_updates_can_be_cancelled(tmp_path):
    scenario = {"stacks": {"S1": {"template": "{}"}},
                "operations": [good("UPDATE", busy=ENDLESS)]}
    with Bench(tmp_path, scenario) as b:
        r = interrupted(b, "DescribeStackEvents", "--on-interrupt", "cancel")
        assert r.status == -signal.SIGTERM
        assert "S1: its update is cancelled" in r.err
        assert r.actions().count("CancelUpdateStack") == 1
        stack = b.server.world.stacks["S1"]
        assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


def test_a_creation_cannot_be_cancelled(tmp_path):
    scenario = {"operations": [good(busy=60)]}
    with Bench(tmp_path, scenario) as b:
        r = interrupted(b, "DescribeStackEvents", "--on-interrupt", "cancel")
        assert r.status == -signal.SIGTERM
        assert "S1 cannot be cancelled" in r.err
        assert "ccdk destroy S1" in r.err
        assert b.server.world.stacks["S1"]["StackStatus"] == \
            "CREATE_COMPLETE"
        assert not journals(b)


def test_what_was_only_prepared_is_taken_down(tmp_path):
    with Bench(tmp_path, {"change_set": {"pending": ENDLESS}}, TWO) as b:
        r = interrupted(b, "DescribeChangeSet")
        assert r.status == -signal.SIGTERM
        assert "deleting the change set that was prepared" in r.err
        assert not b.server.world.sets
        assert not b.server.world.stacks
        b.server.world.s["change_set"] = {}
        r = resume(b)
        assert r.status == 0, r.err
        assert {s["StackStatus"] for s in b.server.world.stacks.values()} == \
            {"CREATE_COMPLETE"}
        assert not journals(b)


def test_a_second_signal_leaves_at_once(tmp_path):
    """AWS does not answer any more; the first signal waits for it."""
    with Bench(tmp_path, SLOW) as b:
        box = {}

        def hook(when, what, _):
            if (when, what) != ("received", "DescribeStackEvents"):
                return
            b.server.hook = lambda *_: None
            os.kill(box["it"].pid, signal.SIGTERM)
            for line in box["it"].stderr:
                if "ccdk attach" in line:
                    break
            os.kill(box["it"].pid, signal.SIGTERM)
            box["it"].wait(timeout=30)
        box["it"] = b.start("deploy", "--require-approval", "never")
        b.server.hook = hook
        began = time.monotonic()
        assert box["it"].wait(timeout=30) == -signal.SIGTERM
        assert time.monotonic() - began < 20
        assert len(journals(b)) == 1


@pytest.mark.parametrize("answer,status,begun", [
    (b"d\n", -signal.SIGINT, 1), (b"x\nw\n", -signal.SIGINT, 1),
    (b"\x03", -signal.SIGINT, 1)])
def test_a_terminal_is_asked(tmp_path, answer, status, begun):
    scenario = {"operations": [good(name="S1", busy=60), good(name="S2")]}
    with Bench(tmp_path, scenario, TWO) as b:
        got, text = b.converse(
            r"CREATE_IN_PROGRESS +\| AWS::CloudFormation::Stack|"
            r"for the end\?",
            [b"\x03", answer] + [b""] * 20, "deploy", "--all",
            "--require-approval", "never", "--progress", "events")
        assert got == status, text
        assert "[d]etach and leave it to CloudFormation" in text
        assert len(b.server.world.begun) == begun
        assert len(journals(b)) == 1


def test_a_deletion_is_not_offered_to_be_cancelled(tmp_path):
    scenario = {"stacks": {"S1": {"_resources": {}}},
                "operations": [good("DELETE", busy=ENDLESS)]}
    with Bench(tmp_path, scenario) as b:
        def once_it_is_watched():
            while "DescribeStackEvents" not in b.server.actions():
                time.sleep(0.01)
            return b"\x03"
        status, text = b.converse(
            r"destroying\.\.\. |for the end\?",
            [once_it_is_watched, b"c\n", b"d\n"], "destroy", "--force")
        assert status == -signal.SIGINT, text
        assert "[c]ancel" not in text
        assert text.count("for the end?") == 2
        assert "S1 is left to CloudFormation" in text
        assert "CancelUpdateStack" not in b.server.actions()


def test_deletions_are_waited_for_when_all_is_to_be_cancelled(tmp_path):
    scenario = {"stacks": {"S1": {"_resources": {}}},
                "operations": [good("DELETE", busy=60)]}
    with Bench(tmp_path, scenario) as b:
        box = {}

        def hook(when, action, _):
            if (when, action) == ("performed", "DescribeStackEvents"):
                b.server.hook = lambda *_: None
                box["it"].send_signal(signal.SIGTERM)
        b.server.hook = hook
        box["it"] = b.start("destroy", "--force", "--on-interrupt", "cancel")
        r = b.finish(box["it"])
        assert r.status == -signal.SIGTERM
        assert "S1 is being deleted, which cannot be cancelled" in r.err
        assert "S1: destroyed" in r.err
        assert "CancelUpdateStack" not in r.actions()


def test_an_interruption_at_the_question_leaves_at_once(tmp_path):
    with Bench(tmp_path, SLOW) as b:
        def once_it_is_watched():
            while "DescribeStackEvents" not in b.server.actions():
                time.sleep(0.01)
            return b"\x03"
        began = time.monotonic()
        status, text = b.converse(
            r"deploying\.\.\. |for the end\?",
            [once_it_is_watched, b"\x03"], "deploy", "--require-approval",
            "never")
        assert status == -signal.SIGINT, text
        assert time.monotonic() - began < 20
        assert "✅" not in text
        assert "ccdk attach S1 --region us-east-1" in text
        assert len(journals(b)) == 1


def client_of(bench):
    """The process that keeps the journal."""
    (journal,) = journals(bench)
    return int(json.loads(journal.read_text())["owner"].splitlines()[0])


def test_a_terminal_is_asked_under_the_bar(tmp_path):
    with Bench(tmp_path, SLOW, TWO) as b:
        def hook(when, action, _):
            if (when, action) == ("performed", "DescribeStackEvents"):
                b.server.hook = lambda *_: None
                os.kill(client_of(b), signal.SIGHUP)
        b.server.hook = hook
        status, text = b.converse("for the end\\?", [b"detach\n"], "deploy",
                                  "--all", "--require-approval", "never")
        assert status == -signal.SIGHUP, text
        assert "S1 is left to CloudFormation" in text


def test_terminated_at_a_question(tmp_path):
    with Bench(tmp_path, SCENARIO, TWO) as b:
        status, text = b.converse(
            r"\(y/n\) ", [lambda: os.kill(client_of(b), signal.SIGTERM)],
            "deploy", "--all", "--require-approval", "any-change")
        assert status == -signal.SIGTERM, text
        assert not b.server.world.stacks
        assert not b.server.world.sets
        r = resume(b, "--yes")
        assert r.status == 0, r.err
        assert_converged(b)


# ---- resume ------------------------------------------------------------------

def abandoned(bench, *more):
    """A deployment that is killed while S1 runs."""
    r = interrupted(bench, "DescribeStackEvents", *more, sig=signal.SIGKILL)
    assert r.status == -signal.SIGKILL
    return journals(bench)


def test_resume_on_another_machine(tmp_path):
    with Bench(tmp_path, SLOW, TWO) as b:
        file = tmp_path / "ws" / "deployment.json"
        assert abandoned(b, "--journal", str(file)) == []
        end_operation(b)
        shutil.move(tmp_path / "asm", tmp_path / "copy")
        r = resume(b, str(file))
        assert r.status == 1
        assert "--app DIR" in r.err
        b.app_option = "copy"
        r = b.run("resume", str(file))
        assert r.status == 0, r.err
        assert_converged(b)
        assert not file.exists()


def test_a_stack_without_a_place_stays_where_it_is(tmp_path):
    with Bench(tmp_path, SLOW, TWO) as b:
        manifest = tmp_path / "asm/manifest.json"
        manifest.write_text(manifest.read_text().replace(
            "aws://111122223333/us-east-1",
            "aws://unknown-account/unknown-region"))
        (journal,) = abandoned(b)
        assert {s["environment"] for s in json.loads(journal.read_text())[
            "stacks"]} == {"aws://111122223333/us-east-1"}
        end_operation(b)
        r = resume(b, "--region", "eu-west-1")
        assert r.status == 1
        assert "was begun in aws://111122223333/us-east-1" in r.err
        r = resume(b)
        assert r.status == 0, r.err
        assert_converged(b)


def test_another_assembly_is_refused(tmp_path):
    with Bench(tmp_path, SLOW, TWO) as b:
        abandoned(b)
        path = tmp_path / "asm/S2.template.json"
        path.write_text(json.dumps(template(Description="other")))
        r = resume(b)
        assert r.status == 1
        assert "is not the one that deployment" in r.err
        assert "ccdk attach" in r.err
        assert len(b.server.world.begun) == 1


def test_secrets_are_not_in_the_journal(tmp_path):
    t = template(Parameters={"Pw": {"Type": "String", "NoEcho": True},
                             "Size": {"Type": "String"}})
    with Bench(tmp_path, SLOW, {"S1": {"template": t}, "S2":
                                {"template": t, "deps": ["S1"]}}) as b:
        args = ["--parameters", "Pw=hunter2", "--parameters", "S2:Size=big",
                "--parameters", "S1:Size=small"]
        (journal,) = abandoned(b, *args)
        text = journal.read_text()
        assert "hunter2" not in text
        assert json.loads(text)["secrets"] == ["Pw"]
        end_operation(b)
        r = resume(b)
        assert r.status == 1
        assert "--parameters Pw=VALUE" in r.err
        r = resume(b, "--parameters", "Pw=hunter2")
        assert r.status == 0, r.err
        assert_converged(b)
        last = r.params("CreateChangeSet")[-1]
        assert sorted(v for k, v in last.items()
                      if k.endswith("ParameterValue")) == ["big", "hunter2"]


def test_one_that_failed_meanwhile_is_told(tmp_path):
    scenario = {"operations": [{"final": "ROLLBACK_COMPLETE", "events": [
        stack_row("CREATE_IN_PROGRESS"),
        [1, "B", "AWS::S3::Bucket", "CREATE_FAILED", "no more buckets"],
        stack_row("ROLLBACK_COMPLETE", reason=None, at=2)],
        "busy": ENDLESS}]}
    with Bench(tmp_path, scenario, TWO) as b:
        abandoned(b)
        end_operation(b)
        r = resume(b)
        assert r.status == 1
        assert "no more buckets" in r.err
        assert len(b.server.world.begun) == 1
        assert not journals(b)


def test_one_that_still_runs_is_not_taken_over(tmp_path):
    with Bench(tmp_path, SLOW, TWO) as b:
        process = deploy(b)
        while not journals(b):
            time.sleep(0.01)
        r = resume(b)
        assert r.status == 1
        assert f"by process {process.pid}" in r.err
        process.kill()
        b.finish(process)


def test_the_list(tmp_path):
    with Bench(tmp_path, SLOW, TWO) as b:
        r = resume(b, "--list")
        assert (r.status, r.out) == (0, "")
        (journal,) = abandoned(b)
        r = resume(b, "--list")
        assert r.out.startswith(f"{journal.stem}  20")
        assert "    S1: running\n    S2: waiting\n" in r.out
        r = resume(b, "--list", "--json")
        waiting, finished = map(json.loads, r.out.splitlines())
        assert waiting["event"] == "deployment.waiting"
        assert waiting["id"] == journal.stem
        assert [s["phase"] for s in waiting["stacks"]] == \
            ["running", "waiting"]
        assert finished["event"] == "run.finished"


def test_a_damaged_journal_says_what_to_do(tmp_path):
    with Bench(tmp_path, SLOW, TWO) as b:
        (journal,) = abandoned(b)
        journal.write_text("{")
        for more in ([], [journal.stem], ["--list"]):
            r = resume(b, *more)
            assert r.status == (0 if more == ["--list"] else 1)
            assert f"remove '{journal}'" in r.err
        (tmp_path / "cdk.json").write_text("{}")
        r = resume(b, "cdk.json")
        assert r.status == 1
        assert "is not a journal" in r.err and "remove" not in r.err


def test_outputs_of_all_stacks(tmp_path):
    with Bench(tmp_path, SLOW, TWO) as b:
        abandoned(b, "--outputs-file", "out.json")
        end_operation(b)
        assert resume(b).status == 0
        assert sorted(json.loads((tmp_path / "out.json").read_text())) == \
            ["S1", "S2"]


def test_nothing_is_written_when_nothing_changes(tmp_path):
    scenario = {"stacks": {"S1": {"template": json.dumps(template())}}}
    with Bench(tmp_path, scenario) as b:
        r = b.run("deploy", "--require-approval", "never")
        assert r.status == 0
        assert "(no changes)" in r.err
        assert not (tmp_path / "home/.cdk/ccdk").exists()


def test_direct_creations_are_followed(tmp_path):
    nth = 0
    while True:
        nth += 1
        with Bench(tmp_path / str(nth), {"operations": [good()]}) as b:
            r = interrupted(b, "CreateStack", "--method", "direct",
                            point=("received", "performed", "answered")[
                                nth - 1], sig=signal.SIGKILL)
            assert r.status == -signal.SIGKILL
            r = resume(b)
            assert r.status == 0, r.err
            assert_converged(b, ["S1"])
        if nth == 3:
            break


@pytest.mark.parametrize("point", ["received", "performed", "answered"])
def test_a_change_set_made_before_is_executed_once(tmp_path, point):
    scenario = {"stacks": {"S1": {"template": "{}"}},
                "change_sets": {"S1/mine": {}}, "operations": [good("UPDATE")]}
    with Bench(tmp_path, scenario) as b:
        box = {"it": b.start("deploy", "S1", "--method",
                             "execute-change-set", "--change-set-name",
                             "mine", "--require-approval", "never")}
        signal_at(b, box["it"], "ExecuteChangeSet", point, signal.SIGKILL)
        assert b.finish(box["it"]).status == -signal.SIGKILL
        r = resume(b)
        assert r.status == 0, r.err
        assert [x[1] for x in b.server.world.begun] == ["UPDATE"]
        assert not journals(b)


def test_several_at_once_are_left(tmp_path):
    stacks = {f"S{i}": {} for i in range(6)}
    scenario = {"operations": [{"busy": ENDLESS, "events": []}]}
    with Bench(tmp_path, scenario, stacks) as b:
        r = interrupted(b, "DescribeStackEvents", "--concurrency", "3",
                        "--keep-going", nth=9)
        assert r.status == -signal.SIGTERM
        begun = [x[0] for x in b.server.world.begun]
        assert len(begun) == 3
        for name in begun:
            assert f"{name} is left to CloudFormation" in r.err
            end_operation(b, name)
        b.server.world.operations = [good()]
        r = resume(b)
        assert r.status == 0, r.err
        assert sorted(x[0] for x in b.server.world.begun) == sorted(stacks)


def test_a_place_that_cannot_be_written(tmp_path):
    with Bench(tmp_path, SCENARIO, TWO) as b:
        (tmp_path / "file").write_text("")
        r = b.finish(deploy(b, "--journal", str(tmp_path / "file/x")))
        assert r.status == 1
        assert "the journal of this deployment cannot be kept" in r.err
        assert not b.server.world.stacks
        (tmp_path / "home/.cdk").mkdir(parents=True, exist_ok=True)
        (tmp_path / "home/.cdk/ccdk").write_text("")
        r = b.finish(deploy(b))
        assert r.status == 0, r.err
        assert r.err.count("No journal of this deployment is kept") == 1


# ---- attach, --wait ----------------------------------------------------------

def busy(busy=3, final=None, verb="UPDATE", token="Console-UpdateStack-1"):
    op = {"busy": busy, "events": [stack_row(f"{verb}_IN_PROGRESS")]}
    if final:
        op["final"] = final
    return {"StackStatus": f"{verb}_IN_PROGRESS", "template": "{}",
            "_running": [verb, op, token]}


def attach(bench, *args):
    bench.app_option = None
    return bench.run("attach", *args)


@pytest.mark.parametrize("final,status", [
    (None, 0), ("UPDATE_ROLLBACK_COMPLETE", 1), ("UPDATE_FAILED", 1)])
def test_attach(tmp_path, final, status):
    with Bench(tmp_path, {"stacks": {"S1": busy(final=final)}}) as b:
        r = attach(b, "S1")
        assert r.status == status, r.err
        assert "started" in r.err and "by the AWS console" in r.err
        assert "UPDATE_IN_PROGRESS      | AWS::CloudFormation::Stack" in r.err


def test_attach_to_an_idle_stack(tmp_path):
    with Bench(tmp_path, {"stacks": {"S1": {}}}) as b:
        r = attach(b, "S1")
        assert r.status == 0
        assert "nothing is under way, its state is CREATE_COMPLETE" in r.err
        assert attach(b, b.server.world.arn("S1")).status == 0
        r = attach(b, "arn:aws:s3")
        assert r.status == 1
        assert "not the ARN of a stack" in r.err
        r = attach(b, "S9")
        assert r.status == 1
        assert "there is no stack 'S9' in us-east-1" in r.err
        r = b.run("attach")
        assert r.status == 1


def test_attach_to_a_deletion(tmp_path):
    with Bench(tmp_path, {"stacks": {"S1": busy(verb="DELETE")}}) as b:
        r = attach(b, "S1")
        assert r.status == 0, r.err


def test_attach_with_an_app_shows_paths(tmp_path):
    scenario = {"stacks": {"S1": busy()}}
    scenario["stacks"]["S1"]["_running"][1]["events"].append(
        [0.1, "B", "AWS::S3::Bucket", "UPDATE_IN_PROGRESS"])
    with Bench(tmp_path, scenario) as b:
        r = b.run("attach", "S1")
        assert r.status == 0, r.err
        assert "| B (B)" not in r.err
        assert "AWS::S3::Bucket" in r.err


def test_wait_for_the_operation_of_others(tmp_path):
    scenario = {"stacks": {"S1": busy()}, "operations": [good("UPDATE")]}
    with Bench(tmp_path, scenario) as b:
        r = b.run("deploy", "--require-approval", "never", "--wait")
        assert r.status == 0, r.err
        assert "by the AWS console" in r.err
        assert "waiting for its end" in r.err
        assert [x[1] for x in b.server.world.begun] == ["UPDATE", "UPDATE"]


@pytest.mark.parametrize("method,action", [
    ("change-set", "CreateChangeSet"), ("direct", "UpdateStack")])
def test_wait_for_what_comes_between(tmp_path, method, action):
    """Somebody is quicker than we are, after we have looked."""
    with Bench(tmp_path, {"stacks": {"S1": {"template": "{}"}},
                          "operations": [good("UPDATE")]}) as b:
        def hook(when, what, _):
            if (when, what) == ("received", action):
                b.server.hook = lambda *_: None
                b.server.world.begin("S1", "UPDATE", "theirs", {
                    "busy": 2, "events": [stack_row("UPDATE_IN_PROGRESS")]})
        b.server.hook = hook
        r = b.run("deploy", "--require-approval", "never", "--wait",
                  "--method", method)
        assert r.status == 0, r.err
        assert "by somebody else, token theirs; waiting for its end" in r.err
        assert [x[2] == "theirs" for x in b.server.world.begun] == \
            [True, False]


def test_without_wait_the_api_refuses(tmp_path):
    with Bench(tmp_path, {"stacks": {"S1": busy()}}) as b:
        r = b.run("deploy", "--require-approval", "never")
        assert r.status == 1
        assert "state and can not be updated" in r.err


def test_destroy_waits_too(tmp_path):
    with Bench(tmp_path, {"stacks": {"S1": busy()}}) as b:
        r = b.run("destroy", "--force", "--wait")
        assert r.status == 0, r.err
        assert [x[1] for x in b.server.world.begun] == ["UPDATE", "DELETE"]


def test_destroy_is_interrupted(tmp_path):
    scenario = {"stacks": {"S1": {}, "S2": {}},
                "operations": [{"busy": ENDLESS, "events": []}]}
    with Bench(tmp_path, scenario, {"S1": {}, "S2": {}}) as b:
        box = {"it": b.start("destroy", "--all", "--force")}
        signal_at(b, box["it"], "DescribeStackEvents")
        r = b.finish(box["it"], timeout=60)
        assert r.status == -signal.SIGTERM
        assert "being deleted for" in r.err
        assert "Not destroyed yet: S1, S2. To go on, run the command " \
            "again." in r.err
        assert len(b.server.world.begun) == 1


def test_a_rollback_is_interrupted(tmp_path):
    scenario = {"stacks": {"S1": paused("UPDATE_FAILED"),
                           "S2": paused("UPDATE_FAILED")},
                "operations": [{"busy": ENDLESS, "events": []}]}
    with Bench(tmp_path, scenario, {"S1": {}, "S2": {}}) as b:
        box = {"it": b.start("rollback", "--all",
                             "--no-validate-bootstrap-version")}
        signal_at(b, box["it"], "DescribeStackEvents")
        r = b.finish(box["it"], timeout=60)
        assert r.status == -signal.SIGTERM
        assert "being rolled back for" in r.err
        assert "failed" not in r.err
        assert len(b.server.world.begun) == 1
