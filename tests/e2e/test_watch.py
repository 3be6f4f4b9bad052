"""`synth --watch` with real files being edited, ours and, where it is quick
enough, the reference: the same lines."""
import json
import os
import shutil
import signal
import subprocess
import threading
import time

import pytest

from conftest import CCDK, NODE_MODULES, ROOT, clean_env

ASM = ROOT / "tests" / "cli" / "_asm"
REFERENCE = NODE_MODULES / ".bin" / "cdk"
WAIT_S = 60
OBSERVING = ["'watch' is observing directory '' for changes",
             "'watch' is observing the file 'a.txt' for changes",
             "'watch' is observing the file 'cdk.json' for changes",
             "'watch' is observing directory 'sub' for changes",
             "'watch' is observing the file 'sub/b.txt' for changes"]


class Watched:
    """A project folder and a `synth --watch` that runs on it."""

    def __init__(self, folder, program=CCDK):
        self.place = folder / "project"
        self.program = str(program)
        (folder / "home").mkdir()
        (self.place / "sub").mkdir(parents=True)
        (self.place / "node_modules").mkdir()
        (self.place / "a.txt").write_text("1")
        (self.place / "sub/b.txt").write_text("1")
        self.settings(app=f"echo ran >>../runs; cp -r '{ASM}/several'/* "
                      "cdk.out", watch={})
        self.runs = folder / "runs"
        self.runs.touch()
        self.env = clean_env(folder / "home")
        self.env.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="y",
                        AWS_REGION="us-east-1", AWS_MAX_ATTEMPTS="1",
                        AWS_ENDPOINT_URL="http://127.0.0.1:1")
        self.lines, self.out, self.proc = [], [], None

    def settings(self, **more):
        self.values = {**getattr(self, "values", {}), **more}
        (self.place / "cdk.json").write_text(json.dumps(self.values))

    def start(self, *args):
        self.proc = subprocess.Popen(
            [self.program, "synth", "--watch", *args], cwd=self.place,
            env=self.env, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True)
        for stream, to in ((self.proc.stderr, self.lines),
                           (self.proc.stdout, self.out)):
            threading.Thread(target=self.read, args=(stream, to),
                             daemon=True).start()
        return self

    @staticmethod
    def read(stream, to):
        for line in stream:
            if line.strip():
                to.append(line.rstrip("\n"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.proc and self.proc.poll() is None:
            os.killpg(self.proc.pid, signal.SIGKILL)
            self.proc.wait()

    def wait(self, check, what):
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            if check():
                return
            time.sleep(0.02)
        pytest.fail(f"no {what}; stderr:\n" + "\n".join(self.lines))

    def say(self, text, n=1):
        self.wait(lambda: sum(text in x for x in self.lines) >= n,
                  f"{n} times '{text}'")

    def ran(self, n):
        """So many runs have ended."""
        self.wait(lambda: sum("Successfully synthesized" in x
                              for x in self.out) >= n, f"run {n}")

    def count(self):
        return len(self.runs.read_text().splitlines())

    def settle(self):
        time.sleep(1)
        return self.count()


@pytest.fixture
def watched(tmp_path):
    with Watched(tmp_path) as w:
        yield w


@pytest.fixture(params=["ours", "theirs"])
def either(request, tmp_path):
    if request.param == "theirs" and not REFERENCE.exists():
        pytest.skip("the reference CLI is missing")
    with Watched(tmp_path, CCDK if request.param == "ours" else
                 REFERENCE) as w:
        yield w


def relevant(w):
    return [x for x in w.lines if x.startswith(
        ("'watch'", "Triggering", "Detected", "Supply", "✨"))]


def test_same_lines(either):
    w = either.start()
    w.ran(1)
    w.say("Supply", 1)
    time.sleep(0.5)
    (w.place / "a.txt").write_text("23")
    w.ran(2)
    w.say("Supply", 2)
    lines = [x.split("time:")[0] for x in relevant(w)]
    assert sorted(lines[:5]) == sorted(OBSERVING)
    assert lines[5:] == [
        "Triggering initial 'cdk synth'",
        "Supply a stack id (A, B, Team/C) to display its template.",
        "Detected change to 'a.txt' (type: change). Triggering 'cdk synth'",
        "✨  Synthesis ",
        "Supply a stack id (A, B, Team/C) to display its template."]
    where = f"Successfully synthesized to {w.place}/cdk.out"
    assert w.out == [where, where]


def test_change_while_running(either):
    """However much happens, one more run."""
    w = either
    w.settings(app="echo ran >>../runs; while [ -e ../hold ]; do sleep 0.05; "
               f"done; cp -r '{ASM}/one'/* cdk.out")
    w.start()
    w.ran(1)
    time.sleep(0.5)
    hold = w.runs.parent / "hold"
    hold.touch()
    (w.place / "a.txt").write_text("22")
    w.wait(lambda: w.count() == 2, "second run")
    for text in ("333", "4444", "55555"):
        (w.place / "sub/b.txt").write_text(text)
        time.sleep(0.3)
    w.say("Detected change to 'sub/b.txt' (type: change) while 'cdk synth' is "
          "still running. Will queue for another synthesis after this one "
          "finishes")
    assert w.count() == 2
    hold.unlink()
    w.say("Detected file changes during synthesis. Invoking 'cdk synth' "
          "again")
    w.ran(3)
    assert w.settle() == 3


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_ends_by_a_signal(either, sig):
    w = either.start()
    w.ran(1)
    time.sleep(0.3)
    os.killpg(w.proc.pid, sig)
    assert w.proc.wait(timeout=WAIT_S) == -sig
    if w.program == CCDK:  # the other one leaves its lock behind
        assert not list((w.place / "cdk.out").glob("*.lock"))


def test_ctrl_c_while_the_app_runs(watched):
    w = watched
    w.settings(app="echo ran >>../runs; [ ! -e ../hold ] || sleep 300; "
               f"cp -r '{ASM}/one'/* cdk.out")
    w.start()
    w.ran(1)
    (w.runs.parent / "hold").touch()
    (w.place / "a.txt").write_text("22")
    w.wait(lambda: w.count() == 2, "second run")
    os.killpg(w.proc.pid, signal.SIGINT)
    assert w.proc.wait(timeout=WAIT_S) == -signal.SIGINT
    assert not list((w.place / "cdk.out").glob("*.lock"))


def test_what_does_not_count(watched):
    w = watched
    (w.place / "skip").mkdir()
    w.settings(watch={"exclude": ["skip", "**/*.log"]})
    w.start()
    w.ran(1)
    (w.place / ".hidden").write_text("1")
    (w.place / ".git").mkdir()
    (w.place / ".git/index").write_text("1")
    (w.place / "node_modules/m.js").write_text("1")
    (w.place / "skip/x").write_text("1")
    (w.place / "sub/x.log").write_text("1")
    (w.place / "cdk.out/tree.json").write_text("{}")
    assert w.settle() == 1
    (w.place / "sub/new.txt").write_text("1")
    w.ran(2)
    w.say("Detected change to 'sub/new.txt' (type: add). Triggering "
          "'cdk synth'")


def test_include(watched):
    w = watched
    w.settings(watch={"include": "sub/*.txt"})
    w.start()
    w.ran(1)
    assert "'watch' is observing the file 'sub/b.txt' for changes" in w.lines
    assert not any("a.txt" in x for x in w.lines)
    (w.place / "a.txt").write_text("22")
    assert w.settle() == 1
    (w.place / "sub/b.txt").unlink()
    w.ran(2)
    w.say("Detected change to 'sub/b.txt' (type: unlink)")


def test_new_folders_are_observed(watched):
    w = watched.start()
    w.ran(1)
    (w.place / "new/deep").mkdir(parents=True)
    w.ran(2)
    w.say("Detected change to 'new' (type: addDir)")
    (w.place / "new/deep/x.txt").write_text("1")
    w.ran(3)
    w.say("Detected change to 'new/deep/x.txt' (type: add)")


def test_many_files_at_once(watched):
    """A checkout or a build: not a run for every file."""
    w = watched.start()
    w.ran(1)
    for i in range(300):
        (w.place / f"sub/f{i}").write_text("1")
    w.ran(2)
    assert w.settle() < 60


def test_failing_app_then_fixed(watched):
    w = watched
    w.settings(app=f"echo ran >>../runs; cp -r '{ASM}/one'/* cdk.out; "
               "test ! -e fail")
    w.start()
    w.ran(1)
    (w.place / "fail").touch()
    w.say("Subprocess exited with error 1")
    assert not list((w.place / "cdk.out").glob("*.lock"))
    (w.place / "fail").unlink()
    w.ran(2)
    assert w.proc.poll() is None


def test_failing_from_the_start(watched):
    w = watched
    w.settings(app="false")
    w.start()
    assert w.proc.wait(timeout=WAIT_S) == 1
    assert w.lines == ["false: Subprocess exited with error 1"]


def test_context_is_read_again(watched):
    w = watched
    w.settings(app='printf "%s" "$CDK_CONTEXT_JSON" >../seen; '
               f"cp -r '{ASM}/one'/* cdk.out", context={"size": 1})
    w.start()
    w.ran(1)
    w.settings(context={"size": 2})
    w.ran(2)
    seen = json.loads((w.runs.parent / "seen").read_text())
    assert seen["size"] == 2


def test_assembly_as_app(watched):
    """Its lock files are no changes."""
    w = watched
    subprocess.run(["cp", "-r", ASM / "one", w.place / "asm"], check=True)
    w.settings(app="asm")
    w.start()
    w.ran(1)
    time.sleep(1)
    assert len(w.out) == 1
    # other tools may use it between runs
    assert not list((w.place / "asm").glob("*.lock"))


def test_watches_run_out(watched):
    """The system's limit, in a user namespace of its own."""
    w = watched
    space = ["unshare", "--user", "--map-root-user", "sh", "-c",
             'echo 2 >/proc/sys/user/max_inotify_watches && exec "$@"', "sh"]
    if not shutil.which("unshare") or subprocess.run(
            [*space, "true"], capture_output=True, check=False).returncode:
        pytest.skip("limits cannot be set here")
    (w.place / "sub/deep").mkdir()
    done = subprocess.run([*space, CCDK, "synth", "--watch"], cwd=w.place,
                          env=w.env, text=True, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=WAIT_S,
                          check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "cannot watch './sub/deep': all watches the system allows are in use "
        "(fs.inotify.max_user_watches); name large folders in "
        "\"watch.exclude\" of cdk.json, or raise that limit with sysctl")
    assert not list((w.place / "cdk.out").glob("*.lock"))
