"""What an app sees of the program that runs it: the same as of the reference.

A probe takes the place of the app (or of the build command) and writes down its
environment, arguments, folder, descriptors and signals, once for each of the
two programs, in the same folder. Only what has to differ is left out.
"""
import json
import os
import shutil
import subprocess
import sys

import pytest

from conftest import CCDK, KEYS, NODE_MODULES, REGION, clean_env

REFERENCE = NODE_MODULES / ".bin" / "cdk"
PYTHON = os.path.realpath(sys.executable)

PROBE = r'''
import json, os, sys

def status(key):
    with open("/proc/self/status") as f:
        return dict(line.split(":", 1) for line in f)[key].strip()

def descriptors():
    found = {}
    for n in os.listdir("/proc/self/fd"):
        try:
            found[n] = os.readlink("/proc/self/fd/" + n)
        except OSError:
            pass  # the one that listed
    return found

# Python ignores SIGPIPE and SIGXFSZ itself; glibc's posix_spawn() ignores its
# own two, 32 and 33, which no program can use
OWN = 1 << 12 | 1 << 24 | 3 << 31
out = os.environ.get("CDK_OUTDIR")
with open("/proc/self/environ", "rb") as f:
    names = f.read().decode("latin1").strip("\0").split("\0")
seen = {
    "environment": dict(n.split("=", 1) for n in names),
    "arguments": sys.argv[2:],
    "folder": os.getcwd(),
    "umask": status("Umask"),
    "blocked": status("SigBlk"),
    "ignored": int(status("SigIgn"), 16) & ~OWN,
    "descriptors": descriptors(),
    "stdin": sys.stdin.read(),
    "leads a group": os.getpgid(0) == os.getpid(),
    "leads a session": os.getsid(0) == os.getpid(),
    "nice": os.nice(0),
    "output folder": sorted(f for f in os.listdir(out)
                            if not f.startswith("read.")) if out else None,
}
rest = os.environ.get("CONTEXT_OVERFLOW_LOCATION_ENV")
if rest:
    folder = os.path.dirname(rest)
    seen["overflow"] = {"text": open(rest).read(), "place": rest,
                        "beside": os.listdir(folder),
                        "folder mode": oct(os.stat(folder).st_mode)}
with open(sys.argv[1], "w") as f:
    json.dump(seen, f)
if out:
    with open(os.path.join(out, "manifest.json"), "w") as f:
        json.dump({"version": "36.0.0", "artifacts": {"S": {
            "type": "aws:cloudformation:stack",
            "environment": "aws://unknown-account/unknown-region",
            "properties": {"templateFile": "S.json"}}}}, f)
    with open(os.path.join(out, "S.json"), "w") as f:
        f.write('{"Resources": {}}')
'''


def differences(ours, theirs, path=""):
    """[(what, ours, of the reference)], short enough to read."""
    if not isinstance(ours, dict) or not isinstance(theirs, dict):
        return [] if ours == theirs else [(path, ours, theirs)]
    if list(ours) == list(theirs) or not path.endswith("/overflow/text"):
        return sum((differences(ours.get(k), theirs.get(k), f"{path}/{k}")
                    for k in {**theirs, **ours}), [])
    return [(path, list(ours), list(theirs))]


class Pair:
    """Runs a command line with both programs in one folder."""

    def __init__(self, tmp_path):
        self.tmp = tmp_path
        self.project = tmp_path / "project"
        (tmp_path / "probe.py").write_text(PROBE)

    def command(self, name="seen", words=""):
        return f"{PYTHON} ../probe.py ../{name}.json {words}".strip()

    def env(self):
        env = clean_env(self.tmp / "home")
        for name in ("CDK_VALIDATION", "CCDK_POLL_SCALE", "NODE_PATH",
                     "AWS_EC2_METADATA_DISABLED", "CDK_DISABLE_CLI_TELEMETRY"):
            env.pop(name)
        env["TMPDIR"] = str(self.tmp)
        return env

    def run(self, program, args, files, env, name):
        home = self.tmp / "home"
        for folder in (self.project, home):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        for path, text in files.items():
            (self.tmp / path).write_text(
                text if isinstance(text, str) else json.dumps(text))
        with open("/dev/zero") as extra:  # not for the app
            done = subprocess.run([program, *args], cwd=self.project, env=env,
                                  input=b"for nobody",
                                  capture_output=True, timeout=300,
                                  pass_fds=[extra.fileno()])
        seen = self.tmp / f"{name}.json"
        assert seen.exists(), done.stderr.decode()
        found = json.loads(seen.read_text())
        seen.unlink()
        for fd in ("1", "2"):  # a pipe each, as we gave it
            assert found["descriptors"][fd].startswith("pipe:")
            found["descriptors"][fd] = "pipe"
        left = [p for p in os.listdir(self.tmp) if p.startswith("cdk-context")]
        assert left == [], left  # of the overflow
        return found

    def seen(self, *args, files=None, env=None, name="seen"):
        """What the app saw of ours, after a comparison with the reference."""
        files = {"project/cdk.json": {"app": self.command()}, **(files or {})}
        merged = {k: v for k, v in {**self.env(), **(env or {})}.items()
                  if v is not None}
        ours, theirs = (self.run(p, [*args, "--no-notices"], files, merged,
                                 name) for p in (CCDK, str(REFERENCE)))
        for found in (ours, theirs):
            if "overflow" in found:
                place = found["overflow"].pop("place")
                assert found["environment"].pop(
                    "CONTEXT_OVERFLOW_LOCATION_ENV") == place
                assert place.startswith(f"{self.tmp}/cdk-context")
                found["overflow"]["text"] = json.loads(
                    found["overflow"]["text"])
        found = differences(ours, theirs)
        if found:
            pytest.fail("\n".join(map(str, found)))
        return ours


@pytest.fixture
def pair(tmp_path):
    if not REFERENCE.exists():
        pytest.skip("the reference CLI is not installed")
    return Pair(tmp_path)


def context_of(seen):
    return json.loads(seen["environment"]["CDK_CONTEXT_JSON"])


def test_plain(pair):
    seen = pair.seen("synth", "-a", pair.command(words="one 'two three' \"$N\""),
                     env={"N": "a  b", "EMPTY": "", "LINES": "a\nb",
                          "PYTHONIOENCODING": "latin1", "UMLAUT": "ü"})
    assert seen["arguments"] == ["one", "two three", "a  b"]
    assert sorted(seen["descriptors"]) == ["0", "1", "2"]
    assert seen["descriptors"]["0"] == "/dev/null" and seen["stdin"] == ""


def test_context_has_every_source(pair):
    seen = pair.seen(
        "synth", "-c", "line=1", "-c", "both=line=2", "-c", "both=b=c",
        "-c", "empty=", files={
            "project/cdk.json": {"app": pair.command(), "context": {
                "text": "ü \"q\" \\ \n", "file": [1, 2.50, None, True, {}],
                "both": "file", "saved": "project", "10": "ten", "9": "nine",
                "big": 12345678901234567890, "tiny": 1e-7}},
            "project/cdk.context.json": {"saved": {"a": 1}, "only saved": []},
            "home/.cdk.json": {"context": {"home": {"x": ["y"]},
                                           "saved": "home", "file": 1}}})
    assert context_of(seen)["both"] == "b=c"


@pytest.mark.parametrize("args", [
    ["ls"], ["list", "--no-path-metadata", "--no-asset-metadata"],
    ["synthesize", "S", "-e", "--no-version-reporting"],
    ["synth", "-e", "--no-staging", "--no-validation"],
    ["metadata", "S", "-o", "other/folder"],
    ["synth", "-o", "../project/./out/", "--region", "eu-west-1"],
], ids=lambda a: " ".join(a))
def test_options(pair, args):
    pair.seen(*args)


def test_debug_and_colour(pair):
    seen = pair.seen("ls", "--debug", "--color", env={
        "FORCE_COLOR": "1", "NO_COLOR": None})
    assert seen["environment"]["CDK_DEBUG"] == "true"


def test_settings(pair):
    """What the files say, and what the environment says as an option."""
    pair.seen("synth", env={"CDK_OUTPUT": "from-environment", "CI": "true",
                            "CDK_CONTEXT": "a=b", "CDK_STAGING": "false"},
              files={"project/cdk.json": {
                  "app": ["env", "X=1", pair.command()], "output": "never",
                  "versionReporting": False, "assetMetadata": False,
                  "debugApp": True, "context": {"a": 1}}})


def test_credentials_of_the_environment(pair):
    """Older names are copied, a profile is not resolved into keys."""
    pair.seen("ls", env={"AMAZON_ACCESS_KEY_ID": "", "AWS_PROFILE": "some",
                         "AMAZON_SESSION_TOKEN": "t", "AWS_REGION": "us-west-1",
                         "AWS_CONFIG_FILE": os.devnull,
                         "AWS_SHARED_CREDENTIALS_FILE": os.devnull})


def test_profile(pair):
    config = "[profile p]\nregion = ap-south-1\n"
    (pair.tmp / "config").write_text(config)
    seen = pair.seen("ls", "--profile", "p", env={
        "AWS_CONFIG_FILE": str(pair.tmp / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull})
    assert seen["environment"]["CDK_DEFAULT_REGION"] == "ap-south-1"


def test_account(pair, emulator):
    seen = pair.seen("ls", env={**KEYS, "AWS_REGION": REGION,
                                "AWS_ENDPOINT_URL": emulator.url})
    assert seen["environment"]["CDK_DEFAULT_ACCOUNT"]


def test_build_command(pair):
    seen = pair.seen("ls", "--build", pair.command("build", "x"), name="build")
    assert "CDK_CONTEXT_JSON" not in seen["environment"]


@pytest.mark.parametrize("sizes", [
    {"a": 100_000, "b": 60_000, "c": 10}, {"first": 140_000, "c": 1},
    {f"k{i}": 1000 for i in range(300)}], ids=["second", "first", "many"])
def test_context_overflow(pair, sizes):
    """What goes into the variable, what into the file."""
    context = {k: "ü" * (n // 2) for k, n in sizes.items()}
    seen = pair.seen("synth", files={"project/cdk.json": {
        "app": pair.command(), "context": context}})
    assert seen["overflow"]["text"]


def test_large_environment(pair):
    """There is less room for context then, or none."""
    for size in (60_000, 125_000):
        pair.seen("synth", "-c", f"a={'x' * 5000}", env={
            "LARGE": "y" * size}, files={"project/cdk.json": {
                "app": pair.command(), "context": {"b": "z" * 70_000}}})


def test_a_script_is_found(pair):
    """Without an execute bit, through the interpreter."""
    js = ("require('child_process').execFileSync(process.env.PROBE_WITH, "
          "['../probe.py', '../seen.json', ...process.argv.slice(2)], "
          "{stdio: 'inherit'})")
    pair.seen("ls", env={"PROBE_WITH": PYTHON},
              files={"project/cdk.json": {"app": "my app.js"},
                     "project/my app.js": js})
