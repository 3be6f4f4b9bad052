"""The examples of the manual pages, run as they stand there.

The lines of an EXAMPLES section that begin with "$" are given to a shell in a
project with two stages and a stack of its own, in an account that is
bootstrapped. What an example needs beside that is prepared below, by the first
words of its line; what cannot run here is named with the reason.
"""
import http.server
import json
import os
import re
import shutil
import subprocess
import threading

import pytest

from conftest import CCDK, ROOT

ACCOUNT, REGION = "123456789012", "eu-west-1"
ESCAPES = {r"\(dq": '"', r"\e": "\\", r"\-": "-", r"\&": "", r"\(aq": "'"}

# {first words of an example: why it cannot run here}
NOT_HERE = {
    "mkdir hello-cdk": "it downloads packages; the tests of init do it",
    "ccdk init -l go --from-git-url": "its repository is not on this machine",
    "ccdk rollback": "no stack of the emulator gets stuck",
    "ccdk login": "somebody has to open the page it prints",
}
# programs that an example names and that may be missing
PROGRAMS = ("jq", "git")


def examples_of(page):
    """[lines of one example], in the order of the page."""
    found, inside, block = [], False, None
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith(".Sh"):
            inside = line == ".Sh EXAMPLES"
        elif inside and line.startswith(".Bd"):
            block = []
        elif line.startswith(".Ed") and block is not None:
            found.append(block)
            block = None
        elif block is not None:
            block.append(line)
        elif inside and line.startswith(".Dl "):
            found.append([line[4:]])
    commands = [[text(x[2:]) for x in e if x.startswith("$ ")] for e in found]
    return [c for c in commands if c]


def text(line):
    return re.sub(r"\\(?:\(..|.)", lambda m: ESCAPES[m[0]], line)


EXAMPLES = [(page.stem, lines) for page in sorted((ROOT / "man").glob("*.1"))
            for lines in examples_of(page)]


# ---- the project ---------------------------------------------------------

def manifest(folder, stacks, stages=()):
    artifacts = {}
    for name, path in stacks.items():
        stack_id = path.replace("/", "-")
        queue = {"Type": "AWS::SQS::Queue",
                 "Properties": {"QueueName": f"{stack_id}-queue"}}
        (folder / f"{name}.json").write_text(json.dumps({"Resources": {
            "Queue": queue}}))
        (folder / f"{name}.assets.json").write_text(json.dumps(assets(name)))
        artifacts[f"{name}.assets"] = {
            "type": "cdk:asset-manifest",
            "properties": {"file": f"{name}.assets.json"}}
        artifacts[name] = {
            "type": "aws:cloudformation:stack", "displayName": path,
            "environment": f"aws://{ACCOUNT}/{REGION}",
            "dependencies": [f"{name}.assets"],
            "properties": {"templateFile": f"{name}.json",
                           "stackName": stack_id}}
    for stage in stages:
        inner = folder / f"assembly-{stage}"
        inner.mkdir()
        manifest(inner, {f"{stage}Web": f"{stage}/Web"})
        artifacts[f"assembly-{stage}"] = {
            "type": "cdk:cloud-assembly", "properties": {
                "directoryName": inner.name, "displayName": stage}}
    (folder / "manifest.json").write_text(json.dumps(
        {"version": "48.0.0", "artifacts": artifacts}))


def assets(name):
    return {"version": "48.0.0", "dockerImages": {}, "files": {"0" * 64: {
        "displayName": name, "source": {"path": f"{name}.json",
                                        "packaging": "file"},
        "destinations": {"here": {
            "bucketName": f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}",
            "objectKey": f"{name}.json", "region": REGION}}}}}


class Project:
    def __init__(self, tmp_path, cloud):
        self.cloud, self.folder = cloud, tmp_path / "project"
        self.tools = tmp_path / "bin"
        self.tools.mkdir()
        (self.tools / "ccdk").symlink_to(CCDK)
        self.folder.mkdir()
        prepared = tmp_path / "prepared"
        prepared.mkdir()
        manifest(prepared, {"Api": "Api"}, ["Prod", "Test"])
        self.assembly = prepared
        self.write("cdk.json", {"app": f"cp -R {prepared}/. \"$CDK_OUTDIR\""})
        self.env = {**cloud.env, "AWS_ACCESS_KEY_ID": ACCOUNT,
                    "AWS_REGION": REGION,
                    "PATH": f"{self.tools}:{cloud.env['PATH']}"}

    def write(self, name, content):
        (self.folder / name).write_text(
            content if isinstance(content, str) else json.dumps(content))

    def shell(self, line):
        return subprocess.run(
            ["/bin/bash", "-c", line], cwd=self.folder, env=self.env,
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=300)

    def ok(self, line):
        done = self.shell(line)
        if done.returncode:
            pytest.fail(f"$ {line}\n[{done.returncode}]\n{done.stdout}\n"
                        f"{done.stderr}")
        return done.stdout

    def tool(self, name, script):
        path = self.tools / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)


# ---- what examples need --------------------------------------------------

def saved_context(project):
    project.write("cdk.context.json", {
        "availability-zones:account=1": ["a"],
        "vpc-provider:account=1:x=y": {}, "vpc-provider:account=2": {}})


def deployed(project):
    project.ok("ccdk deploy '**' --require-approval never")


def old_template(project):
    project.write("old.yaml", "Resources:\n  Queue:\n    Type: "
                              "AWS::SQS::Queue\n")


def repository(project):
    """With a branch of a remote, where the app had another stack."""
    author = "-c user.name=x -c user.email=x@example.com"
    for line in ("git init -q .", "git add -A", f"git {author} commit -qm x",
                 "git update-ref refs/remotes/origin/main HEAD"):
        project.ok(line)


def browser(project):
    project.tool("firefox", 'echo "$@" >seen-by-browser')


def folders_of_shells(project):
    for folder in (".zsh", ".config/fish/completions"):
        project.ok(f"mkdir -p ~/{folder}")


def feed(project):
    """Of notices, with one that everybody gets."""
    news = {"notices": [{
        "issueNumber": 34892, "title": "Something new", "schemaVersion": "1",
        "overview": "Nothing to do.",
        "components": [{"name": "cli", "version": ">=1.0.0"}]}]}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps(news).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    project.env["CCDK_NOTICES_URL"] = \
        f"http://127.0.0.1:{server.server_port}/notices.json"


def assembly_here(project):
    shutil.rmtree(project.folder / "cdk.out", ignore_errors=True)
    shutil.copytree(project.assembly, project.folder / "cdk.out")


def looked_up_image(project):
    """As a lookup has left it; what has changed since is asked for again."""
    image = project.cloud.client("ec2", REGION).describe_images()["Images"][0]
    project.write("cdk.context.json", {
        f"ami:account={ACCOUNT}:filters.name.0={image['Name']}"
        f":region={REGION}": "ami-old"})


NEEDS = {
    "ccdk context --refresh 'ami": looked_up_image,
    "ccdk attach": deployed,
    "ccdk completion": folders_of_shells,
    "ccdk context --reset": saved_context,
    "ccdk destroy": deployed,
    "ccdk diff --template": old_template,
    "ccdk diff --against": repository,
    "ccdk docs": browser,
    "ccdk notices": feed,
    "ccdk -a cdk.out": assembly_here,
}


def first(table, line):
    return next((v for k, v in table.items() if line.startswith(k)), None)


@pytest.fixture
def project(tmp_path, cloud):
    found = Project(tmp_path, cloud)
    found.ok(f"ccdk bootstrap aws://{ACCOUNT}/{REGION}")
    return found


@pytest.mark.parametrize("page, lines", EXAMPLES,
                         ids=[f"{p}: {x[0][:60]}" for p, x in EXAMPLES])
def test_example(request, page, lines):
    for line in lines:
        reason = first(NOT_HERE, line)
        if reason:
            pytest.skip(f"'{line}': {reason}")
        for word in PROGRAMS:
            if re.search(rf"\b{word}\b", line) and not shutil.which(word):
                pytest.skip(f"'{line}': {word} is not installed")
    project = request.getfixturevalue("project")
    for line in lines:
        prepare = first(NEEDS, line)
        if prepare:
            prepare(project)
    project.ok("set -e\n" + "\n".join(lines))


def test_examples_do_what_they_say(project):
    """A few of them leave something to look at."""
    saved_context(project)
    project.ok("ccdk context --reset 'vpc-provider:**'")
    left = json.loads((project.folder / "cdk.context.json").read_text())
    assert list(left) == ["availability-zones:account=1"]
    browser(project)
    project.ok("ccdk docs --browser 'firefox %u'")
    seen = (project.folder / "seen-by-browser").read_text()
    assert seen.startswith("https://docs.aws.amazon.com/cdk/")
    deployed(project)
    project.ok("ccdk destroy --force 'Test/*'")
    assert project.ok("ccdk list --long --json 'Prod/*'").count('"id"') == 1
    assert os.listdir(project.folder)


def test_pages_have_examples():
    assert len(EXAMPLES) >= 15
