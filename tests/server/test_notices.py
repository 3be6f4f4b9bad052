"""Notices against a feed on loopback: what is printed, what is cached, and
that no feed breaks or delays a command."""
import http.server
import json
import re
import subprocess
import threading
import time

import pytest

from harness import Bench, binary

OVERVIEW = ("An overview that is rather long and has to be wrapped at sixty "
            "columns because lines are long.\nSecond line. " + "x" * 70
            + " end")
FEED = {"notices": [
    {"title": "Short title", "issueNumber": 101, "overview": OVERVIEW,
     "components": [{"name": "cli", "version": "<3.0.0"}],
     "schemaVersion": "1"},
    {"title": "Other release", "issueNumber": 102, "overview": "o",
     "components": [{"name": "cli", "version": "<1.0.0"}],
     "schemaVersion": "1"},
    {"title": "Library", "issueNumber": 103, "overview": "l",
     "components": [{"name": "cli", "version": "<=1.126.0"},
                    {"name": "framework", "version": ">=2.0.0 <2.200.0"}],
     "schemaVersion": "1", "severity": "warning"},
    {"title": "Language", "issueNumber": 104,
     "overview": "For {resolve:LANGUAGE} people", "components": [],
     "componentsV2": [[{"name": "language:python", "version": "*"},
                       {"name": "cli", "version": "^2.0.0"}],
                      [{"name": "bootstrap", "version": "<2"}]],
     "schemaVersion": "2", "severity": "error"},
    {"title": "Construct", "issueNumber": 105, "overview": "c",
     "components": [{"name": "aws-cdk-lib.aws_sqs.", "version": "2.x"}],
     "schemaVersion": "1"},
    {"title": "No such construct", "issueNumber": 106, "overview": "c",
     "components": [{"name": "aws-cdk-lib.aws_s3.Bucket", "version": "2"}],
     "schemaVersion": "1"},
]}
HEAD = ("\nNOTICES         (What's this? "
        "https://github.com/aws/aws-cdk/wiki/CLI-Notices)\n\n")
FIRST = f"""\
101\tShort title

\tOverview: An overview that is rather long and has to be wrapped at
\t          sixty columns because lines are long.
\t          Second line.
\t          {"x" * 70}
\t          end

\tAffected versions: cli: <3.0.0

\tMore information at: https://github.com/aws/aws-cdk/issues/101


"""


def notice(number, title, overview, affected):
    return (f"{number}\t{title}\n\n\tOverview: {overview}\n\n"
            f"\tAffected versions: {affected}\n\n\tMore information at: "
            f"https://github.com/aws/aws-cdk/issues/{number}\n\n\n")


LIBRARY = notice(103, "Library", "l",
                 "cli: <=1.126.0, framework: >=2.0.0 <2.200.0")
LANGUAGE = notice(104, "Language", "For Python people",
                  "Python apps AND cli: ^2.0.0, bootstrap: <2")
CONSTRUCT = notice(105, "Construct", "c", "aws-cdk-lib.aws_sqs.: 2.x")
FOOT = ('If you don\'t want to see a notice anymore, use "cdk acknowledge '
        '<id>". For example, "cdk acknowledge 101".\n')


class Feed:
    """Answers with `body`; holds every answer back until `go` is set."""

    def __init__(self):
        self.body, self.status, self.asked = json.dumps(FEED), 200, 0
        self.length = None
        self.go = threading.Event()
        self.go.set()
        feed = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                feed.asked += 1
                feed.go.wait(60)
                body = feed.body.encode()
                try:
                    self.send_response(feed.status)
                    self.send_header("Content-Length",
                                     str(feed.length or len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # nobody waits for it any more

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/notices.json"
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def stop(self):
        self.go.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def feed():
    f = Feed()
    yield f
    f.stop()


class Project:
    def __init__(self, bench, feed):
        self.bench, self.feed = bench, feed
        self.cache = bench.folder / "home/.cdk/cache/notices.json"
        out = bench.folder / "cdk.out"
        out.mkdir()
        (out / "tree.json").write_text(json.dumps({"tree": {
            "id": "App", "children": {"Q": {"id": "Q", "constructInfo": {
                "fqn": "aws-cdk-lib.aws_sqs.Queue", "version": "2.180.0",
                "metadata": [{"a": "}"}]}}}}}))
        (bench.folder / "requirements.txt").write_text("aws-cdk-lib")

    def run(self, *args, **env):
        return self.bench.run(*args, timeout=40, env={
            "CCDK_NOTICES_URL": self.feed.url, **env})

    def save(self, notices, good_ms):
        self.cache.parent.mkdir(parents=True, exist_ok=True)
        self.cache.write_text(json.dumps({
            "expiration": int(time.time() * 1000) + good_ms,
            "notices": notices}))

    @property
    def saved(self):
        return json.loads(self.cache.read_text())

    def wait_for_cache(self):
        """Another process writes it, while or after the command runs."""
        deadline = time.monotonic() + 30
        while not self.cache.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.fixture
def project(tmp_path, feed):
    with Bench(tmp_path) as bench:
        yield Project(bench, feed)


def test_text(project):
    r = project.run("notices")
    assert (r.status, r.err) == (0, "")
    assert r.out == HEAD + FIRST + LIBRARY + LANGUAGE + CONSTRUCT + FOOT
    left = project.saved["expiration"] / 1000 - time.time()
    assert 3500 < left <= 3600
    assert project.saved["notices"] == FEED["notices"]


def test_unacknowledged(project):
    (project.bench.folder / "cdk.json").write_text(json.dumps(
        {"context": {"acknowledged-issue-numbers": [103]}}))
    assert project.run("acknowledge", "105").status == 0
    # the file of the project wins over cdk.context.json, as all context does
    assert project.run("notices", "-u").out == (
        HEAD + FIRST + LANGUAGE + CONSTRUCT + FOOT
        + "\nThere are 3 unacknowledged notice(s).\n")
    (project.bench.folder / "cdk.json").unlink()
    assert "105\t" not in project.run("notices", "-u").out
    assert "105\t" in project.run("notices").out


def test_none(project):
    project.feed.body = '{"notices": []}'
    r = project.run("notices", "--unacknowledged")
    assert r.out == "\nThere are 0 unacknowledged notice(s).\n"


@pytest.mark.parametrize("body, status, cause", [
    ('{"x": 1}', 200, "NoticesParseError: Parse error: 'notices' key is "
     "missing from received data"),
    ("{bad", 200, "NoticesParseError: Parse error: feed:1:2: "),
    ("[]", 200, "NoticesParseError: Parse error: 'notices' key is missing"),
    ('{"notices": 7}', 200, "NoticesParseError: Parse error: 'notices' is "
     "not a list"),
    ("", 200, "NoticesParseError: "),
    ("x", 503, "HttpStatusError: "),
    ("x", 404, "HttpStatusError: "),
    ('{"notices": ["' + "x" * (5 << 20) + '"]}', 200, "NetworkError: "),
])
def test_bad_feed(project, body, status, cause):
    project.feed.body, project.feed.status = body, status
    project.save(FEED["notices"][:1], -1)
    r = project.run("notices")
    assert r.status == 1 and r.out == ""
    head, found = r.err.splitlines()[:2]
    assert head == "Failed to load CDK notices. Please try again later."
    assert found.startswith("‣ " + cause), r.err
    # what was known stays known; asked again in a minute
    assert project.saved["notices"] == FEED["notices"][:1]
    assert 0 < project.saved["expiration"] / 1000 - time.time() <= 60


def test_cut_off(project):
    project.feed.length = 1 << 20
    r = project.run("notices", CDK_NOTICES_TIMEOUT="500")
    assert r.status == 1
    assert "‣ NetworkError: " in r.err


def test_strange_entries_are_passed_over(project):
    project.feed.body = json.dumps({"notices": [
        None, 1, "x", [], {}, {"issueNumber": "1"},
        {"issueNumber": 1, "title": 1, "overview": 1, "components": 1},
        {"issueNumber": 2, "title": "t", "overview": "o", "components":
         [None, 1, [], [[]], {"name": "cli"}, {"name": 1, "version": 2},
          {"name": "cli", "version": "nonsense"}]},
        FEED["notices"][0]]})
    r = project.run("notices")
    assert r.status == 0
    # an empty list of conditions is met, as in the reference
    assert re.findall(r"^(\d+)\t", r.out, re.M) == ["2", "101"]


def test_control_characters_are_not_passed_on(project):
    project.feed.body = json.dumps({"notices": [
        {**FEED["notices"][0], "title": "a\x1b[31mb\x7fc",
         "overview": "d\x1b]0;e\x07 f\rg"}]})
    r = project.run("notices")
    assert "101\ta?[31mb?c\n" in r.out and "d?]0;e? f?g\n" in r.out


def test_slow_feed(project):
    project.feed.go.clear()
    r = project.run("notices", CDK_NOTICES_TIMEOUT="200")
    assert r.status == 1
    assert "‣ NetworkError: " in r.err


def test_not_asked_for(project):
    assert project.run("list").err == ""
    assert project.feed.asked == 0
    assert not project.cache.exists()


def test_never_waits(project):
    """The feed answers only after the command has ended."""
    project.feed.go.clear()
    r = project.run("list", "--notices", CDK_NOTICES_TIMEOUT="60000")
    assert (r.status, r.out, r.err) == (0, "S1\n", "")
    project.feed.go.set()
    project.wait_for_cache()
    assert project.run("list", "--notices").err == (
        HEAD + FIRST + LIBRARY + LANGUAGE + CONSTRUCT + FOOT)
    assert project.feed.asked == 1


@pytest.mark.parametrize("setting", [
    {"file": {"notices": True}}, {"env": {"CDK_NOTICES": "true"}}])
def test_by_setting(project, setting):
    project.save(FEED["notices"][:1], 60000)
    (project.bench.folder / "cdk.json").write_text(
        json.dumps(setting.get("file", {})))
    # the harness says --no-notices, the line would win
    done = subprocess.run(
        [*binary(), "ls", "-a", "asm"], cwd=project.bench.folder, text=True,
        capture_output=True, timeout=60, check=False, env={
            "HOME": str(project.bench.folder / "home"),
            "CDK_HOME": str(project.bench.folder / "home/.cdk"),
            "CCDK_NOTICES_URL": project.feed.url,
            "AWS_EC2_METADATA_DISABLED": "true", **setting.get("env", {})})
    assert (done.returncode, done.stdout) == (0, "S1\n")
    assert done.stderr == HEAD + FIRST + FOOT
    assert project.feed.asked == 0


def test_ci_and_failure(project):
    project.save(FEED["notices"][:1], 60000)
    r = project.run("metadata", "nope", "--notices", "--ci")
    assert r.status == 1
    assert r.out == ""
    assert r.err.startswith(HEAD + FIRST + FOOT)


def test_acknowledged_are_not_shown(project):
    project.save(FEED["notices"], 60000)
    for number in (101, 103, 104, 105):
        assert project.run("acknowledge", str(number)).status == 0
    assert project.run("list", "--notices").err == ""


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"notices": 1}',
                                  '{"expiration": "x", "notices": []}'])
def test_broken_cache(project, text):
    project.cache.parent.mkdir(parents=True)
    project.cache.write_text(text)
    project.feed.go.clear()  # else it may be there in time
    r = project.run("list", "--notices")
    assert (r.status, r.out, r.err) == (0, "S1\n", "")


def test_bootstrap_version(tmp_path, feed):
    """The version a deployment read is what notices about it go by."""
    feed.body = json.dumps({"notices": [
        {"title": "Old bootstrap", "issueNumber": 7,
         "overview": "In {resolve:ENVIRONMENTS}",
         "components": [{"name": "bootstrap", "version": "<25"}],
         "schemaVersion": "1"}]})
    stacks = {"S1": {"properties": {
        "requiresBootstrapStackVersion": 6,
        "bootstrapStackVersionSsmParameter": "/cdk-bootstrap/x/version"}}}
    with Bench(tmp_path, {"parameters": {"/cdk-bootstrap/x/version": "21"},
                          "absent": ["S1"]}, stacks) as bench:
        project = Project(bench, feed)
        project.save(json.loads(feed.body)["notices"], 60000)
        r = project.run("deploy", "--notices", "--require-approval", "never")
        assert "\tOverview: In aws://111122223333/us-east-1\n" in r.err, r.err
        # a command that reads no version
        assert project.run("list", "--notices").err == ""
