"""Apps that hang, flood, die or leave processes behind; and output folders
that are in use, by us or by the reference CLI, or on another disk."""
import contextlib
import http.server
import json
import os
import shutil
import signal
import subprocess
import threading
import time

import pytest

from conftest import CCDK, NODE_MODULES, ROOT, clean_env

ONE = ROOT / "tests" / "cli" / "_asm" / "one"
REFERENCE = NODE_MODULES / ".bin" / "cdk"
COPY = f"cp -r '{ONE}'/* cdk.out"
START_S = 30


@pytest.fixture
def place(tmp_path):
    (tmp_path / "home").mkdir()
    work = tmp_path / "work"
    work.mkdir()
    return work


def environment(place):
    env = clean_env(place.parent / "home")
    env.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="y",
               AWS_REGION="us-east-1", AWS_MAX_ATTEMPTS="1",
               AWS_ENDPOINT_URL="http://127.0.0.1:1")
    return env


def start(place, *args, program=CCDK, stdout=subprocess.PIPE, **more):
    return subprocess.Popen([str(program), *map(str, args)], cwd=place,
                            env=environment(place), text=True, stdout=stdout,
                            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                            **more)


def run(place, *args, program=CCDK):
    p = start(place, *args, program=program)
    out, err = p.communicate(timeout=120)
    return p.returncode, out, err


def wait_for(check, what):
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        found = check()
        if found:
            return found
        time.sleep(0.02)
    return pytest.fail(f"{what}: not within {START_S} s")


def locks(folder):
    return sorted(p.name for p in folder.glob("*.lock"))


def is_alive(pid):
    try:
        state = open(f"/proc/{pid}/stat", encoding="utf-8").read()
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


def number_in(path):
    return wait_for(lambda: path.exists() and path.read_text().strip() and
                    int(path.read_text()), path.name)


# -- apps ---------------------------------------------------------------------

def test_gigabyte_of_output(place):
    """It goes through, none of it is kept."""
    app = f"head -c 1000000000 /dev/zero; {COPY}"
    with open(os.devnull, "wb") as null:
        p = start(place, "--app", app, "ls", stdout=null)
        _, status, used = os.wait4(p.pid, 0)
    p.stderr.close()
    p.returncode = os.waitstatus_to_exitcode(status)
    assert p.returncode == 0
    # kilobytes; a sanitizer needs many times as much of its own
    assert used.ru_maxrss < 500_000


@pytest.mark.parametrize("how", ["option", "setting", "variable", "build"])
def test_app_hangs(place, how):
    hang = "echo $$ >pid; sleep 300 & echo $! >child; wait"
    args = ["ls"]
    settings = {"app": hang}
    if how == "option":
        args += ["--app-timeout", "0.4"]
    elif how == "setting":
        settings["appTimeout"] = 0.4
    elif how == "build":
        settings = {"app": COPY, "build": hang, "appTimeout": 0.4}
    (place / "cdk.json").write_text(json.dumps(settings))
    env = environment(place)
    if how == "variable":
        env["CDK_APP_TIMEOUT"] = "0.4"
    done = subprocess.run([CCDK, *args], cwd=place, env=env, text=True,
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == (
        f"{hang}: Subprocess was still running after 0.4 seconds and was "
        "killed with all it had started (--app-timeout). Run the command by "
        "itself to see what it waits for, or give it more time.\n")
    wait_for(lambda: not is_alive(number_in(place / "pid")), "end of the app")
    wait_for(lambda: not is_alive(number_in(place / "child")),
             "end of its child")
    assert locks(place / "cdk.out") == []


def test_enough_time(place):
    status, out, err = run(place, "--app", f"sleep 0.1; {COPY}", "ls",
                           "--app-timeout", "60")
    assert (status, out, err) == (0, "One\n", "")


def test_child_outlives_the_app(place):
    """It holds our own output open; the run ends all the same."""
    app = f"sleep 300 & echo $! >child; {COPY}"
    out = place / "out"
    with open(out, "wb") as f:
        p = subprocess.Popen(
            [CCDK, "--app", app, "ls"], cwd=place, env=environment(place),
            stdin=subprocess.DEVNULL, stdout=f, stderr=f)
        assert p.wait(timeout=60) == 0
    child = number_in(place / "child")
    assert is_alive(child)  # such as a build daemon: not ours to end
    os.kill(child, signal.SIGKILL)
    assert out.read_text() == "One\n"
    assert locks(place / "cdk.out") == []


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM,
                                 signal.SIGHUP])
@pytest.mark.parametrize("limit", [(), ("--app-timeout", "250")])
def test_interrupted(place, sig, limit):
    """Ended by a signal: no lock stays; an app in a group of its own, where
    the terminal's Ctrl-C does not reach it, goes too."""
    app = "echo $$ >pid; exec sleep 300"
    p = start(place, "--app", app, "ls", *limit, start_new_session=True)
    pid = number_in(place / "pid")
    assert locks(place / "cdk.out") == ["synth.lock"]
    if limit:
        p.send_signal(sig)
    else:  # as a terminal does it: the whole group
        os.killpg(p.pid, sig)
    p.communicate(timeout=60)
    assert p.returncode == -sig
    wait_for(lambda: not is_alive(pid), "end of the app")
    assert locks(place / "cdk.out") == []


def test_killed_app_writes_half(place):
    app = ("head -c 40 '" + str(ONE / "manifest.json") +
           "' >cdk.out/manifest.json; kill -SEGV $$")
    status, out, err = run(place, "--app", app, "ls")
    assert status == 1 and out == ""
    assert err.endswith("Subprocess was killed with signal SIGSEGV\n")
    status, out, err = run(place, "--app", app.replace("kill", ": kill"), "ls")
    assert status == 1 and out == ""
    assert err.startswith("cdk.out/manifest.json:")
    assert locks(place / "cdk.out") == []


def test_overflow_file_goes_when_killed(place):
    big = {f"k{i}": "v" * 1000 for i in range(1000)}
    (place / "cdk.json").write_text(json.dumps(
        {"app": "echo $CONTEXT_OVERFLOW_LOCATION_ENV >where; sleep 300",
         "context": big}))
    p = start(place, "ls", start_new_session=True)
    where = place / "where"
    wait_for(lambda: where.exists() and where.read_text().strip(), "overflow")
    path = where.read_text().strip()
    values = json.loads(open(path, encoding="utf-8").read())
    assert values["k999"] == big["k999"] and "k0" not in values
    os.killpg(p.pid, signal.SIGTERM)
    p.communicate(timeout=60)
    assert not os.path.exists(path)


# -- credential programs and their children -----------------------------------

def test_credential_process_leaves_a_child(place):
    keys = json.dumps({"Version": 1, "AccessKeyId": "AKIA",
                       "SecretAccessKey": "s"})
    (place / "creds").write_text(
        f"#!/bin/sh\nsleep 300 &\necho $! >'{place}/child'\n"
        f"echo '{keys}'\n")
    (place / "creds").chmod(0o755)
    aws = place.parent / "home" / ".aws"
    aws.mkdir()
    (aws / "config").write_text("[profile p]\nregion = us-east-1\n"
                                f"credential_process = {place}/creds\n")
    env = environment(place)
    del env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]
    began = time.monotonic()
    done = subprocess.run([CCDK, "ls", "--profile", "p", "--app", COPY],
                          cwd=place, env=env, text=True, capture_output=True,
                          timeout=120, check=False)
    os.kill(number_in(place / "child"), signal.SIGKILL)
    assert done.returncode == 0 and done.stdout == "One\n"
    assert time.monotonic() - began < 60


# -- the output folder --------------------------------------------------------

@pytest.fixture(params=["ours first", "theirs first"])
def programs(request):
    if not REFERENCE.exists():
        pytest.skip("the reference CLI is missing")
    pair = (CCDK, REFERENCE)
    return pair if request.param == "ours first" else pair[::-1]


@contextlib.contextmanager
def running(place, program, *args):
    """An app that waits until told to go on."""
    app = f"echo $$ >pid; while [ ! -e go ]; do sleep 0.05; done; {COPY}"
    p = start(place, "--app", app, *args, program=program)
    try:
        number_in(place / "pid")
        yield p
    finally:
        (place / "go").touch()
        p.communicate(timeout=60)


def lines_of(err, program):
    """The reference's own run time may warn."""
    return [x for x in err.splitlines() if program == CCDK or
            "CLI" in x]


def test_both_tools_respect_the_writer(place, programs):
    first, second = programs
    with running(place, first, "ls") as p:
        lock = (place / "cdk.out/synth.lock").read_text()
        pid = int(lock.split()[0])
        for args in (("--app", COPY), ("--app", "cdk.out")):
            status, out, err = run(place, *args, "ls", program=second)
            assert status == 1 and out == ""
            assert lines_of(err, second) == [
                f"Another CLI (PID={pid}) is currently synthing to cdk.out. "
                "Invoke the CLI in sequence, or use '--output' to synth into "
                "different directories."]
        assert (place / "cdk.out/synth.lock").read_text() == lock
    assert p.returncode == 0 and locks(place / "cdk.out") == []


IDENTITY = """<GetCallerIdentityResponse
 xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::123456789012:user/a</Arn><UserId>A</UserId>
<Account>123456789012</Account></GetCallerIdentityResult>
</GetCallerIdentityResponse>"""


@contextlib.contextmanager
def silent_endpoint():
    """Says who is calling and nothing more."""
    enough = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            size = int(self.headers.get("content-length") or 0)
            if b"GetCallerIdentity" not in self.rfile.read(size):
                enough.wait(120)
                return
            self.send_response(200)
            self.send_header("content-type", "text/xml")
            self.end_headers()
            self.wfile.write(IDENTITY.encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        enough.set()
        server.shutdown()
        server.server_close()


def test_both_tools_respect_the_reader(place, programs):
    """A reader is at work while its command runs: an endpoint that does not
    answer keeps it there."""
    first, second = programs
    shutil.copytree(ONE, place / "cdk.out")
    with silent_endpoint() as url:
        p = subprocess.Popen(
            [str(first), "diff", "--app", "cdk.out"], cwd=place,
            env={**environment(place), "AWS_ENDPOINT_URL": url},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            name = wait_for(lambda: locks(place / "cdk.out"), "a lock")[0]
            pid = name.split(".")[1]
            status, out, err = run(place, "--app", COPY, "ls", program=second)
            assert status == 1 and out == ""
            assert lines_of(err, second) == [
                f"Other CLIs (PID={pid}) are currently reading from cdk.out. "
                "Invoke the CLI in sequence, or use '--output' to synth into "
                "different directories."]
            # readers do not mind each other
            status, out, err = run(place, "--app", "cdk.out", "ls",
                                   program=second)
            assert status == 0 and out == "One\n", err
        finally:
            os.killpg(p.pid, signal.SIGKILL)
            p.wait()


def test_both_tools_take_over_from_the_dead(place, programs):
    first, second = programs
    with running(place, first, "ls") as p:
        p.kill()
        p.wait()
        lock = place / "cdk.out/synth.lock"
        assert lock.exists()
        status, out, err = run(place, "--app", COPY, "ls", program=second)
        assert status == 0 and out == "One\n", err
        assert locks(place / "cdk.out") == []


def test_lock_of_another_container(place):
    """A real PID namespace: its process 1 is not ours."""
    unshare = ["unshare", "--user", "--map-root-user", "--pid", "--fork",
               "--mount-proc"]
    if not shutil.which("unshare") or subprocess.run(
            [*unshare, "true"], capture_output=True, check=False).returncode:
        pytest.skip("PID namespaces cannot be made here")
    app = f"touch started; while [ ! -e go ]; do sleep 0.05; done; {COPY}"
    p = subprocess.Popen([*unshare, CCDK, "--app", app, "ls"], cwd=place,
                         env=environment(place), stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         text=True)
    try:
        wait_for((place / "started").exists, "the app")
        status, out, err = run(place, "--app", COPY, "ls")
        assert status == 1 and out == ""
        assert "(PID=1) is currently synthing to cdk.out" in err
        assert "That process is not one of this machine or container" in err
        assert "remove 'cdk.out/synth.lock'" in err
        # its lock is renewed while it lives
        lock = place / "cdk.out/synth.lock"
        os.utime(lock, (0, 0))
        wait_for(lambda: lock.stat().st_mtime > time.time() - 60, "renewal")
    finally:
        (place / "go").touch()
        out, err = p.communicate(timeout=60)
    assert p.returncode == 0 and out == "One\n", err
    status, out, err = run(place, "--app", COPY, "ls")
    assert status == 0, err


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 KiB of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs",
                           str(disk)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("mounting a tmpfs is not permitted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_output_on_another_disk(place, small_disk):
    out = small_disk / "out"
    app = f"cp -r '{ONE}'/* '{out}'"
    status, text, err = run(place, "--app", app, "--output", out, "synth")
    assert status == 0 and "AWS::" in text, err
    assert locks(out) == []
    (place / "cdk.out").symlink_to(out)
    status, text, err = run(place, "--app", COPY, "ls")
    assert (status, text, err) == (0, "One\n", "")


def test_output_disk_is_full(place, small_disk):
    (small_disk / "ballast").write_bytes(b"\0" * 65536)
    status, text, err = run(place, "--app", "true", "--output",
                            small_disk / "out", "ls")
    assert status == 1 and text == ""
    assert "No space left on device" in err


def test_output_is_a_file(place):
    (place / "taken").touch()
    for name in ("taken", "taken/below"):
        status, out, err = run(place, "--app", "true", "-o", name, "ls")
        assert status == 1 and out == ""
        assert err.startswith(f"Could not create output directory {name} (")


def test_output_is_not_writable(place):
    """As somebody to whom modes apply."""
    (place / "cdk.out").mkdir(mode=0o555)
    program = [CCDK]
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("setpriv is missing")
        program = ["setpriv", "--reuid=65534", "--regid=65534",
                   "--clear-groups", CCDK]
        for p in [place, *place.parents]:
            if p.stat().st_uid == 0 and not p.stat().st_mode & 0o005:
                p.chmod(p.stat().st_mode | 0o005)
        if subprocess.run([*program, "--version"], capture_output=True,
                          check=False).returncode:
            pytest.skip("another user cannot run the program here")
    done = subprocess.run([*program, "--app", "true", "ls"], cwd=place,
                          env=environment(place), text=True,
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == 1 and done.stdout == ""
    assert "cdk.out/synth.lock" in done.stderr
    assert "Permission denied" in done.stderr
