"""What the journeys share: an emulator, the apps, and the program under test.

CCDK names the binary (default build/ccdk). Apps are synthesized with the real
library, once per content, below build/e2e/.
"""
import contextlib
import hashlib
import http.client
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ROOT / "tests" / "apps"
CACHE = ROOT / "build" / "e2e"
VENV = ROOT / "build" / "venv"
NODE_MODULES = ROOT / "build" / "npm" / "node_modules"
CCDK = os.environ.get("CCDK", str(ROOT / "build" / "ccdk"))
ACCOUNT = "000000000000"
REGION = "us-east-1"
START_SECONDS = 60
RUN_SECONDS = 300

# MiniStack derives the account from the key id: these are ACCOUNT's.
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def clean_env(home):
    """Nothing of the caller's AWS or CDK settings gets through."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("AWS_", "CDK_", "npm_", "JSII_"))
           and k.lower() not in ("ci", "http_proxy", "https_proxy",
                                 "all_proxy", "no_proxy")}
    env.update(
        HOME=str(home),
        # both tools keep caches in the account's home, whatever HOME says
        CDK_HOME=f"{home}/.cdk",
        PATH=f"{VENV / 'bin'}:{env['PATH']}",
        NODE_PATH=str(NODE_MODULES),
        NODE_NO_WARNINGS="1",
        JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION="1",
        JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION="1",
        JSII_DEPRECATED="quiet",
        # jsii unpacks the library once, not once per home
        JSII_RUNTIME_PACKAGE_CACHE_ROOT=str(CACHE / "jsii"),
        CDK_DISABLE_CLI_TELEMETRY="true",
        # the library's own rule check takes five times as long as the apps
        CDK_VALIDATION="false",
        AWS_EC2_METADATA_DISABLED="true",
        # nobody answers there: no test asks beyond this machine
        CCDK_NOTICES_URL="http://127.0.0.1:9/notices.json",
        NO_COLOR="1",
        CCDK_POLL_SCALE="10",
    )
    return env


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(url, proc, what):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if proc.poll() is not None:
            pytest.fail(f"{what} ended at once with {proc.returncode}")
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=2).read()
            return
        time.sleep(0.1)
    pytest.fail(f"{what} did not start within {START_SECONDS} s")


def stop(proc):
    proc.terminate()
    try:
        proc.wait(timeout=10)
    except subprocess.TimeoutExpired:
        proc.kill()
        proc.wait()


class Emulator:
    """MiniStack in a process of its own, on a loopback port of its own."""

    def __init__(self, folder):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        shim = ROOT / "tests" / "e2e" / "ministack_shim.py"
        self.log = folder / "ministack.log"
        with open(self.log, "wb") as log:
            self.proc = subprocess.Popen(
                [sys.executable, str(shim), str(self.port)], cwd=folder,
                env=clean_env(folder), stdout=log, stderr=log)
        wait_for(f"{self.url}/_ministack/health", self.proc, "MiniStack")

    def reset(self):
        request = urllib.request.Request(f"{self.url}/_ministack/reset",
                                         data=b"", method="POST")
        urllib.request.urlopen(request, timeout=60).read()

    def client(self, service, region=REGION):
        import boto3

        return boto3.client(service, region_name=region,
                            endpoint_url=self.url,
                            aws_access_key_id="test",
                            aws_secret_access_key="test")

    def env(self, home):
        return {**clean_env(home), **KEYS, "AWS_REGION": REGION,
                "AWS_ENDPOINT_URL": self.url}


class Proxy:
    """Forwards to an emulator; what `hook(action)` answers with "drop" is not
    answered at all; `done(action)` is called between its reply and ours.
    Counts the actions it saw."""

    def __init__(self, port, hook=lambda action: None,
                 done=lambda action: None):
        outer = self
        self.actions = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                size = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(size)
                action = self.action(body)
                outer.actions.append(action)
                if hook(action) == "drop":
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                conn = http.client.HTTPConnection("127.0.0.1", port)
                skip = ("connection", "transfer-encoding", "expect")
                conn.request(self.command, self.path, body, {
                    k: v for k, v in self.headers.items()
                    if k.lower() not in skip})
                reply = conn.getresponse()
                data = reply.read()
                done(action)
                self.send_response_only(reply.status)
                for k, v in reply.getheaders():
                    if k.lower() not in (*skip, "content-length"):
                        self.send_header(k, v)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            def action(self, body):
                target = self.headers.get("x-amz-target")
                if target:
                    return target.rsplit(".", 1)[-1]
                for part in body[:4096].decode("latin1").split("&"):
                    if part.startswith("Action="):
                        return part[len("Action="):]
                return f"{self.command} {self.path.split('?')[0]}"

            do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = forward

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Done:
    """A finished run: status, both streams, and the two as one text."""

    def __init__(self, argv, proc):
        self.argv, self.status = argv, proc.returncode
        self.out, self.err = proc.stdout, proc.stderr
        self.text = proc.stdout + proc.stderr

    def __repr__(self):
        return (f"$ {' '.join(map(str, self.argv))}\n[{self.status}]\n"
                f"-- stdout\n{self.out}\n-- stderr\n{self.err}")


class Cloud:
    """An empty emulator and the program pointed at it."""

    def __init__(self, emulator, home):
        self.emulator, self.home = emulator, home
        self.env = emulator.env(home)

    def client(self, service, region=REGION):
        return self.emulator.client(service, region)

    def run(self, *args, env=None, cwd=None):
        merged = {k: v for k, v in {**self.env, **(env or {})}.items()
                  if v is not None}
        argv = [CCDK, *map(str, args)]
        proc = subprocess.run(argv, cwd=cwd or self.home, env=merged,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=RUN_SECONDS)
        return Done(argv, proc)

    def ok(self, *args, **kw):
        done = self.run(*args, **kw)
        if done.status != 0:
            pytest.fail(repr(done))  # whole, where assert would cut it
        return done

    def fails(self, *args, **kw):
        """Fails cleanly: status 1 and a message, no crash."""
        done = self.run(*args, **kw)
        if done.status != 1 or not done.err.strip():
            pytest.fail(repr(done))
        return done

    def bootstrap(self, *args, **kw):
        return self.ok("bootstrap", f"aws://{ACCOUNT}/{REGION}", *args, **kw)

    def stack(self, name, region=REGION):
        """The stack's description, or None."""
        cfn = self.client("cloudformation", region)
        try:
            found = cfn.describe_stacks(StackName=name)["Stacks"][0]
        except cfn.exceptions.ClientError:
            return None
        return None if found["StackStatus"] == "DELETE_COMPLETE" else found

    def outputs(self, name, region=REGION):
        return {o["OutputKey"]: o["OutputValue"]
                for o in self.stack(name, region).get("Outputs", [])}

    def parameters(self, name, region=REGION):
        return {p["ParameterKey"]: p.get("ParameterValue", "")
                for p in self.stack(name, region).get("Parameters", [])}

    def keys(self, bucket):
        reply = self.client("s3").list_objects_v2(Bucket=bucket)
        return {o["Key"] for o in reply.get("Contents", [])}


@pytest.fixture(scope="session")
def emulator(tmp_path_factory):
    found = Emulator(tmp_path_factory.mktemp("emulator"))
    yield found
    stop(found.proc)


@pytest.fixture
def cloud(emulator, tmp_path):
    emulator.reset()
    home = tmp_path / "home"
    home.mkdir()
    return Cloud(emulator, home)


@pytest.fixture
def bootstrapped(cloud):
    cloud.bootstrap()
    return cloud


@pytest.fixture
def reference(cloud, monkeypatch):
    """Runs the reference CLI like Cloud.ok, or Cloud.run with any=True."""
    program = NODE_MODULES / ".bin" / "cdk"
    if not program.exists():
        pytest.skip("the reference CLI is not installed")

    def run(*args, any=False, **kw):
        with monkeypatch.context() as patch:
            patch.setattr(sys.modules[__name__], "CCDK", str(program))
            return (cloud.run if any else cloud.ok)(*args, "--no-notices",
                                                    **kw)

    return run


def content_of(name):
    """Digest of everything an assembly depends on."""
    digest = hashlib.sha256()
    files = sorted(p for p in (APPS / name).rglob("*")
                   if p.is_file() and "__pycache__" not in p.parts)
    for path in [*files, ROOT / "tests" / "requirements.txt",
                 ROOT / "tests" / "package.json"]:
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def synthesize(name, change, env=None):
    """The folder of the app's assembly, made once per content."""
    label = f"{name}{'-changed' if change else ''}-{content_of(name)}"
    target = CACHE / label
    if target.exists():
        return target
    CACHE.mkdir(parents=True, exist_ok=True)
    work = CACHE / f".{label}.{os.getpid()}"
    command = json.loads((APPS / name / "cdk.json").read_text())["app"]
    if command.startswith("node ") and not (NODE_MODULES /
                                            "aws-cdk-lib").exists():
        pytest.skip(f"app {name}: aws-cdk-lib is not installed for Node")
    # what the command line gives an app: metadata names paths and assets
    context = {"aws:cdk:enable-path-metadata": True,
               "aws:cdk:enable-asset-metadata": True}
    if change:
        context["change"] = "yes"
    done = subprocess.run(
        command, shell=True, cwd=APPS / name, capture_output=True, text=True,
        env={**clean_env(CACHE), "CDK_OUTDIR": str(work),
             "CDK_CONTEXT_JSON": json.dumps(context), **(env or {})})
    assert done.returncode == 0, done.stderr
    with contextlib.suppress(OSError):
        os.rename(work, target)
    shutil.rmtree(work, ignore_errors=True)
    return target


@pytest.fixture(scope="session")
def assembly():
    return lambda name, change=False: synthesize(name, change)


@pytest.fixture
def project(tmp_path):
    """A copy of an app's folder to run the program in, as a user does."""

    def copy(name):
        target = tmp_path / name
        shutil.copytree(APPS / name, target,
                        ignore=shutil.ignore_patterns("__pycache__"))
        return target

    return copy
