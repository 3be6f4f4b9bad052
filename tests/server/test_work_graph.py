"""The work graph of `deploy`: what waits for what, and how much at once."""
import json
import stat

import pytest

from assets import Handler, file_asset, image_asset, serve_assets
from harness import Bench, template
from test_deploy import NEVER

SLOW_DOCKER = """#!/usr/bin/env python3
import json, os, sys, time
args = sys.argv[1:]
if "build" in args:
    with open(os.environ["DOCKER_LOG"], "a") as f:
        f.write("+\\n")
    time.sleep(0.2)
    with open(os.environ["DOCKER_LOG"], "a") as f:
        f.write("-\\n")
sys.exit("inspect" in args)
"""


class Counting(Handler):
    """Knows how many uploads are under way."""

    def do_PUT(self):
        with self.server.lock:
            self.server.now += 1
            self.server.most = max(self.server.most, self.server.now)
            self.server.progress.wait_for(lambda: self.server.most >= 8, 0.1)
        super().do_PUT()
        with self.server.lock:
            self.server.now -= 1


class Fleet(Bench):
    """Stacks with asset manifests: {name: {"deps", "files", "images"}}."""

    def __init__(self, folder, stacks, scenario=None):
        super().__init__(folder, scenario or {"operations": [{}]}, {
            n: {"deps": [*s.get("deps", []), f"{n}.assets"]}
            for n, s in stacks.items()})
        serve_assets(self.server)
        self.server.RequestHandlerClass = Counting
        self.server.now = self.server.most = 0
        path = self.app / "manifest.json"
        manifest = json.loads(path.read_text())
        for n, s in stacks.items():
            manifest["artifacts"][f"{n}.assets"] = {
                "type": "cdk:asset-manifest",
                "properties": {"file": f"{n}.assets.json"},
                "dependencies": s.get("asset_deps", [])}
            (self.app / f"{n}.assets.json").write_text(json.dumps({
                "version": "36.0.0", "files": s.get("files", {}),
                "dockerImages": s.get("images", {})}))
        path.write_text(json.dumps(manifest))
        (self.app / "f").write_text("content")
        (self.app / "img").mkdir()
        (self.app / "img/Dockerfile").write_text("FROM scratch\n")
        docker = folder / "docker"
        docker.write_text(SLOW_DOCKER)
        docker.chmod(docker.stat().st_mode | stat.S_IXUSR)
        self.log = folder / "docker.log"

    def deploy(self, *args):
        r = self.run("deploy", *NEVER, "--all", "--progress", "errors-only",
                     *args, env={"CDK_DOCKER": str(self.folder / "docker"),
                                 "DOCKER_LOG": str(self.log)})
        assert r.status == 0, r.err
        return r.err

    def builds_at_once(self):
        now = most = 0
        for line in self.log.read_text().splitlines():
            now += 1 if line == "+" else -1
            most = max(most, now)
        return most


def files(*names):
    return {n: file_asset({"path": "f"}, f"{n}.txt", n) for n in names}


def images(*names):
    return {n: image_asset({"directory": "img"}, tag=n, name=n)
            for n in names}


def before(text, first, second):
    return text.index(first) < text.index(second)


TWO = {"A": {"files": files("fa"), "images": images("ia")},
       "B": {"deps": ["A"], "files": files("fb"), "images": images("ib")}}


def test_prebuild(tmp_path):
    """Built before, published after the stack that B depends on."""
    with Fleet(tmp_path, TWO) as b:
        text = b.deploy()
    assert before(text, "Building ib", "✅  A")
    assert before(text, "✅  A", "Publishing ib (d1)")
    assert before(text, "✅  A", "Publishing fb (d1)")
    assert before(text, "Published fb (d1)", "B: creating CloudFormation")


def test_no_prebuild(tmp_path):
    with Fleet(tmp_path, TWO) as b:
        text = b.deploy("--no-asset-prebuild")
    assert before(text, "Built ia", "A: creating CloudFormation changeset")
    assert before(text, "✅  A", "Building ib")


def test_a_shared_asset(tmp_path):
    """Built and published once; the first stack with it says when."""
    three = {"A": {"files": files("a")}, "C": {"files": files("x")},
             "B": {"deps": ["A"], "files": files("x")}}
    with Fleet(tmp_path, three) as b:
        text = b.deploy("--no-asset-prebuild")
    assert text.count("Building x") == text.count("Publishing x (d1)") == 1
    assert before(text, "Building x", "✅  A")


def test_a_manifest_with_a_stack_of_its_own(tmp_path):
    with Fleet(tmp_path, {"A": {}, "B": {
            "files": files("x"), "asset_deps": ["A"]}}) as b:
        text = b.deploy()
    assert before(text, "✅  A", "Building x")


@pytest.mark.parametrize("args, most", [
    ((), 1), (("--asset-build-concurrency", "3"), 3),
    (("--asset-build-concurrency", "3", "--no-asset-parallelism"), 1)])
def test_builds_at_once(tmp_path, args, most):
    with Fleet(tmp_path, {"A": {"images": images(*"abcd")}}) as b:
        b.deploy(*args)
        assert b.builds_at_once() <= most


@pytest.mark.parametrize("args, most", [
    ((), 8), (("--no-asset-parallelism",), 1)])
def test_uploads_at_once(tmp_path, args, most):
    with Fleet(tmp_path, {"A": {"files": files(
            *(f"f{i}" for i in range(20)))}}) as b:
        b.deploy(*args)
        assert b.server.most == most


def test_stacks_at_once(tmp_path):
    """Three of six meet, a fourth one never does."""
    meeting = [{"action": "ExecuteChangeSet", "stack": s, "kind": "hold",
                "until": [f"ExecuteChangeSet {n}" for n in "ABC"]}
               for s in "ABC"]
    most = []
    with Bench(tmp_path, {"operations": [{"busy": 2}], "faults": meeting},
               {n: {"template": template()} for n in "ABCDEF"}) as b:
        plain = b.server.api.DescribeStacks

        def describe(params):
            most.append(sum(s["StackStatus"].endswith("_IN_PROGRESS")
                            for s in b.server.world.stacks.values()))
            return plain(params)

        b.server.api.DescribeStacks = describe
        r = b.run("deploy", *NEVER, "--all", "--concurrency", "3")
        assert b.server.timeouts == []
    assert r.status == 0, r.err
    assert max(most) == 3
