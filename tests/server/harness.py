"""Runs the binary against the scripted endpoint on a made-up assembly."""
import json
import os
import pty
import re
import shlex
import subprocess
import termios
import time
import urllib.parse
from pathlib import Path

from aws import Server

ROOT = Path(__file__).resolve().parents[2]
BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {},
          "Metadata": {"aws:cdk:path": "S1/B/Resource"}}
STACK = "AWS::CloudFormation::Stack"
CONVERSATION_SECONDS = 60
S3 = "AWS::S3::Bucket"


def binary():
    return shlex.split(os.environ.get("CCDK", str(ROOT / "build/ccdk")))


def template(**extra):
    t = {"Resources": {"B": BUCKET}}
    t.update(extra)
    return t


def assembly(folder, stacks):
    """stacks: {id: {"template", "deps", "properties"}}; returns the path."""
    folder.mkdir(parents=True, exist_ok=True)
    artifacts = {}
    for name, s in stacks.items():
        path = f"{name}.template.json"
        (folder / path).write_text(json.dumps(s.get("template",
                                                    template())))
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": s.get("environment",
                                 "aws://111122223333/us-east-1"),
            "properties": {"templateFile": path,
                           **s.get("properties", {})},
            "dependencies": s.get("deps", []),
            "metadata": s.get("metadata", {
                f"/{name}/B/Resource": [
                    {"type": "aws:cdk:logicalId", "data": "B"}]}),
            "displayName": name}
    (folder / "manifest.json").write_text(json.dumps(
        {"version": "36.0.0", "artifacts": artifacts}))
    return folder


def converse(line, cwd, env, question, answers):
    """Runs a command on a terminal and types the next answer at every match of
    the pattern; (status, text without colours)."""
    fd, slave = pty.openpty()
    # not pty.fork(): a copy of us with its threads gone may wait for a lock
    # that one of them had. The first terminal a session opens is its own.
    pid = os.posix_spawnp(
        "env", ["env", "-C", str(cwd), *map(str, line)], env,
        file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.ttyname(slave), os.O_RDWR,
                       0),
                      (os.POSIX_SPAWN_DUP2, 0, 1),
                      (os.POSIX_SPAWN_DUP2, 0, 2)], setsid=True)
    # without this the terminal drops what was written as Ctrl-C came
    mode = termios.tcgetattr(fd)
    mode[3] |= termios.NOFLSH
    termios.tcsetattr(fd, termios.TCSANOW, mode)
    os.close(slave)
    text, asked = "", 0
    deadline = time.monotonic() + CONVERSATION_SECONDS
    while time.monotonic() < deadline:
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        if not data:
            break
        text += data.decode("utf-8", "replace")
        while len(re.findall(question, text)) > asked:
            answer = answers[asked]
            if callable(answer):
                answer = answer()
            if answer:
                os.write(fd, answer)
            asked += 1
    _, status = os.waitpid(pid, 0)
    os.close(fd)
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text.replace("\r", ""))
    return os.waitstatus_to_exitcode(status), text


def console(name, arn=None):
    """The page of a stack's events."""
    arn = arn or (f"arn:aws:cloudformation:us-east-1:111122223333:stack/{name}"
                  f"/aaaa-{name}")
    return ("https://us-east-1.console.aws.amazon.com/cloudformation/home?"
            "region=us-east-1#/stacks/events?stackId=" +
            urllib.parse.quote(arn, ""))


class Result:
    def __init__(self, status, out, err, server):
        self.status, self.server = status, server
        self.out, self.err = plain(out), plain(err)
        self.raw_out, self.raw_err = out, err

    def actions(self):
        return self.server.actions()

    def params(self, action):
        return [p for _, a, p in self.server.requests if a == action]


def plain(text):
    """Times and durations differ from run to run."""
    text = re.sub(r"\b\d{1,2}:\d\d:\d\d [AP]M\b", "TIME", text)
    return re.sub(r"( time: )[0-9.]+s", r"\1Ns", text)


class Bench:
    """A folder, an assembly and an endpoint."""

    def __init__(self, folder, scenario=None, stacks=None):
        self.folder = folder
        self.app = assembly(folder / "asm", stacks or {"S1": {}})
        self.app_option = "asm"
        self.server = Server(scenario or {}).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop()

    def command(self, *args, env=None):
        """The command line and its environment."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        full = {"PATH": os.environ["PATH"], "HOME": str(home), "TZ": "UTC",
                "LC_ALL": "C.UTF-8", "AWS_ENDPOINT_URL": self.server.url,
                "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
                "AWS_SECRET_ACCESS_KEY": "fake",
                "AWS_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true",
                "CDK_DISABLE_CLI_TELEMETRY": "true",
                "NODE_NO_WARNINGS": "1",  # with CCDK the reference
                "CDK_HOME": str(home / ".cdk"),
                "CCDK_POLL_SCALE": "1"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
                     "TSAN_OPTIONS"):
            if name in os.environ:
                full[name] = os.environ[name]
        full.update(env or {})
        command, *rest = args
        app = ["--app", self.app_option] if self.app_option else []
        line = [*binary(), command, *app, "--no-notices", *rest]
        return line, full

    def start(self, *args, env=None):
        """The process, its output in pipes."""
        line, full = self.command(*args, env=env)
        return subprocess.Popen(line, cwd=self.folder, env=full, text=True,
                                stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def converse(self, question, answers, *args):
        """On a terminal: status and text."""
        line, env = self.command(*args)
        return converse(line, self.folder, {"TERM": "xterm", **env},
                        question, answers)

    def finish(self, process, timeout=120):
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return Result(process.returncode, out, err, self.server)

    def run(self, *args, env=None, timeout=120):
        return self.finish(self.start(*args, env=env), timeout)


def stack_row(status, name="S1", reason="User Initiated", at=0):
    return [at, name, STACK, status, reason]


def good(verb="CREATE", name="S1", cleanup=False, **more):
    """An operation on a stack with one bucket."""
    rows = [stack_row(f"{verb}_IN_PROGRESS", name),
            [0.3, "B", S3, f"{verb}_IN_PROGRESS"],
            [0.8, "B", S3, f"{verb}_IN_PROGRESS",
             "Resource creation Initiated"],
            [1.8, "B", S3, f"{verb}_COMPLETE"]]
    if cleanup:
        rows.append(stack_row(f"{verb}_COMPLETE_CLEANUP_IN_PROGRESS", name,
                              None, 2.1))
    rows.append(stack_row(f"{verb}_COMPLETE", name, None, 2.3))
    return {"events": rows,
            "outputs": {"Zed": "z1", "Alpha": "https://a"}, **more}


def failing(verb="UPDATE", name="S1"):
    """Two resources fail, one of them only because of the other."""
    back = "ROLLBACK" if verb == "CREATE" else f"{verb}_ROLLBACK"
    return {"final": f"{back}_COMPLETE", "events": [
        stack_row(f"{verb}_IN_PROGRESS", name),
        [0.3, "B", S3, f"{verb}_IN_PROGRESS"],
        [0.8, "C", "AWS::SNS::Topic", f"{verb}_IN_PROGRESS"],
        [1.3, "B", S3, f"{verb}_FAILED", 'Resource handler returned message: '
         '"bucket exists" (RequestToken: x, HandlerErrorCode: '
         'AlreadyExists)'],
        [1.3, "C", "AWS::SNS::Topic", f"{verb}_FAILED",
         "Resource creation cancelled"],
        stack_row(f"{back}_IN_PROGRESS", name, "The following resource(s) "
                  "failed to create: [B, C]. Rollback requested by user.",
                  1.4),
        [1.9, "B", S3, "DELETE_COMPLETE"],
        stack_row(f"{back}_COMPLETE", name, None, 2.1)]}
