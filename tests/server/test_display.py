"""What a terminal shows while stacks are at work."""
import fcntl
import os
import pty
import re
import struct
import termios
import time

import pytest

from harness import S3, STACK, Bench, binary, failing, good, stack_row

NEVER = ("--require-approval", "never", "--no-notices")
INNER = "arn:aws:cloudformation:us-east-1:111122223333:stack/S1-Inner-X/n1"


def run(bench, *args, columns=80, rows=24, color=False, out=None,
        scale=5):
    """On a terminal of that size: (status, all that was written). out: where
    standard output goes instead; scale: of waits, in percent."""
    home = bench.folder / "home"
    home.mkdir(exist_ok=True)
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "TZ": "UTC",
           "TERM": "xterm", "CDK_HOME": str(home / ".cdk"),
           "LC_ALL": "C.UTF-8", "AWS_ENDPOINT_URL": bench.server.url,
           "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
           "AWS_SECRET_ACCESS_KEY": "fake", "AWS_REGION": "us-east-1",
           "AWS_EC2_METADATA_DISABLED": "true", "CCDK_POLL_SCALE": str(scale),
           "CDK_DISABLE_CLI_TELEMETRY": "true",
           **({} if color else {"NO_COLOR": "1"}),
           **{k: v for k, v in os.environ.items() if "SAN_OPTIONS" in k}}
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(2, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))
        if out is not None:
            os.dup2(os.open(out, os.O_WRONLY | os.O_CREAT), 1)
        os.chdir(bench.folder)
        line = [*binary(), args[0], "-a", "asm", *args[1:]]
        os.execvpe(line[0], line, env)
    text, deadline = b"", time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        if not data:
            break
        text += data
    _, status = os.waitpid(pid, 0)
    os.close(fd)
    return os.waitstatus_to_exitcode(status), \
        text.decode("utf-8", "replace").replace("\r", "")


class Screen:
    """As much of a terminal as the display uses: what is on it at any time,
    blank lines left out."""

    def __init__(self, text):
        self.lines, self.row, self.shots = [""], 0, []
        for part in re.split(r"(\x1b\[[0-9;]*[A-Za-z]|\n)", text):
            self.feed(part)

    def feed(self, part):
        up = re.fullmatch(r"\x1b\[(\d+)A", part)
        if up:
            self.shots.append(self.shown())
            self.row -= int(up.group(1))
            assert self.row >= 0
        elif part == "\x1b[K":
            self.lines[self.row] = ""
        elif part == "\x1b[J":
            self.lines[self.row:] = [""]
        elif part == "\n":
            self.row += 1
            if self.row == len(self.lines):
                self.lines.append("")
        elif not part.startswith("\x1b"):
            self.lines[self.row] += part

    def shown(self):
        return [line for line in self.lines if line.strip()]

    def ever(self, pattern):
        return any(re.search(pattern, line) for shot in
                   [*self.shots, self.shown()] for line in shot)


def changes(*ids):
    return {"Changes": [{"Type": "Resource", "ResourceChange": {
        "Action": "Modify", "LogicalResourceId": i, "ResourceType": S3,
        "Scope": [], "Details": []}} for i in ids]}


def existing(*names):
    return {n: {"StackStatus": "UPDATE_COMPLETE", "template": "{}"}
            for n in names or ["S1"]}


HISTORY = [[-500, "S1", STACK, "UPDATE_IN_PROGRESS"],
           [-490, "B", S3, "UPDATE_IN_PROGRESS"],
           [-430, "B", S3, "UPDATE_COMPLETE"],
           [-420, "S1", STACK, "UPDATE_COMPLETE"]]


@pytest.mark.parametrize("columns", [80, 160])
@pytest.mark.parametrize("color", [False, True])
def test_times_below_the_bar(tmp_path, columns, color):
    op = good("UPDATE", history=HISTORY, per_poll=1, busy=4)
    with Bench(tmp_path, {"stacks": existing(), "operations": [op],
                          "change_set": changes("B")}) as b:
        status, text = run(b, "deploy", *NEVER, columns=columns, color=color)
        asked = [p for _, a, p in b.server.requests
                 if a == "DescribeStackEvents"]
    screen = Screen(text)
    assert status == 0
    assert screen.ever(r"^\[·{58}\] \(0/3\)$")
    assert screen.ever(r"^0:0\d elapsed$")
    assert screen.ever(r"^0:0\d elapsed, about (1:00|0:5\d) left$"), text
    assert ("\x1b[90m0:0" in text) == color
    # nothing of it stays, and one page was enough
    assert not any("elapsed" in line for line in screen.shown())
    assert all("NextToken" not in p for p in asked)
    shown = [line for shot in screen.shots for line in shot]
    assert max(len(line) for line in shown if "arn:" not in line) < columns


def nested(**more):
    op = {"per_poll": 1, "busy": 5, "events": [
        stack_row("UPDATE_IN_PROGRESS"),
        [0.1, "Inner", STACK, "UPDATE_IN_PROGRESS", None,
         {"PhysicalResourceId": INNER}],
        [0.3, "Q", "AWS::SQS::Queue", "UPDATE_IN_PROGRESS"],
        [3, "Q", "AWS::SQS::Queue", "UPDATE_COMPLETE"],
        [3, "Inner", STACK, "UPDATE_COMPLETE", None,
         {"PhysicalResourceId": INNER}],
        stack_row("UPDATE_COMPLETE", "S1", None, 4)], **more}
    return {"stacks": existing(), "operations": [op],
            "change_set": changes("Inner", "Q"), "events": {INNER: [
                [0.15, "S1-Inner-X", STACK, "UPDATE_IN_PROGRESS"],
                [0.35, "T", "AWS::SNS::Topic", "UPDATE_IN_PROGRESS"]]}}


def test_nested_stacks_as_a_tree(tmp_path):
    with Bench(tmp_path, nested()) as b:
        status, text = run(b, "deploy", *NEVER, columns=120)
    assert status == 0
    rows = [[line.rsplit("| ", 1)[1] for line in shot if " | " in line]
            for shot in Screen(text).shots]
    # T is younger than Q, but stands below its stack
    assert ["S1", "Inner", "└ T", "Q"] in rows, rows


def test_a_low_window(tmp_path):
    with Bench(tmp_path, nested()) as b:
        status, text = run(b, "deploy", *NEVER, rows=4)
    assert status == 0 and Screen(text).ever(r"elapsed")


NAMES = ["Api", "Web", "Queue-With-A-Name-That-Is-Longer-Than-Any-Column"]


def fleet():
    return {"stacks": existing(*NAMES), "change_set": changes("B"),
            # whichever comes first gets it: it names no stack
            "operations": [{"per_poll": 1, "busy": 2, "events": [
                [0.3, "B", S3, "UPDATE_IN_PROGRESS"],
                [1.8, "B", S3, "UPDATE_COMPLETE"]]}]}


@pytest.mark.parametrize("columns", [80, 160])
def test_several_stacks(tmp_path, columns):
    stacks = {name: {} for name in NAMES}
    with Bench(tmp_path, fleet(), stacks) as b:
        status, text = run(b, "deploy", "--all", "--concurrency", "3",
                           *NEVER, columns=columns, scale=30)
    screen = Screen(text)
    assert status == 0
    assert screen.ever(r"^0 of 3 stacks done, 0:0\d elapsed$")
    assert screen.ever(r"^(Api|Web) +0/3 +0:0\d +B UPDATE_IN_PROGRESS$")
    shown = [line for shot in screen.shots for line in shot]
    assert max(len(line) for line in shown if "arn:" not in line and
               "deploying" not in line and "creating" not in line) < columns
    # at the end there are the stacks and nothing that moved
    assert [line for line in screen.shown() if line.startswith("✅")] and \
        not any("elapsed" in line for line in screen.shown())
    assert " | " not in "\n".join(screen.shown())


def test_more_stacks_than_lines(tmp_path):
    stacks = {f"Stack{i}": {} for i in range(9)}
    scenario = {"stacks": existing(*stacks), "change_set": changes("B"),
                "operations": fleet()["operations"]}
    with Bench(tmp_path, scenario, stacks) as b:
        status, text = run(b, "deploy", "--all", "--concurrency", "9",
                           *NEVER, rows=6, scale=30)
    screen = Screen(text)
    assert status == 0
    assert screen.ever(r"^\.\.\. and 6 more$")


@pytest.mark.parametrize("args", [["--progress", "events"], ["--ci"], ["-v"],
                                  ["--progress", "bar"]])
def test_rows_where_they_are_wanted(tmp_path, args):
    stacks = {name: {} for name in NAMES}
    with Bench(tmp_path, fleet(), stacks) as b:
        status, text = run(b, "deploy", "--all", "--concurrency", "3",
                           *NEVER, *args, columns=200)
    assert status == 0 and "elapsed" not in text
    assert re.search(r"Api \| 1/3 \| .* \| UPDATE_COMPLETE ", text)


def test_failures_scroll_above(tmp_path):
    stacks = {"Bad": {}}
    with Bench(tmp_path, {"stacks": existing("Bad"), "operations": [
            failing("UPDATE", "Bad")]}, stacks) as b:
        status, text = run(b, "deploy", "--all", "--concurrency", "2",
                           *NEVER, columns=160)
    shown = Screen(text).shown()
    assert status == 1
    assert any(line.startswith("Bad | UPDATE_FAILED | AWS::S3::Bucket | B ")
               for line in shown)
    assert any(line.startswith("First cause: ") for line in shown)


def test_events_go_by_while_a_bar_moves(tmp_path):
    """stdout is a file, the terminal shows the bar."""
    with Bench(tmp_path, {"operations": [good(per_poll=1, busy=3)]}) as b:
        status, text = run(b, "deploy", *NEVER, "--json",
                           out=str(tmp_path / "events"))
    assert status == 0
    assert Screen(text).ever(r"^\[.*\] \(1/2\)$")
    assert (tmp_path / "events").read_text().count(
        '"event":"stack.event"') == 5
