"""Images built, tagged, logged in with and pushed by real engines: podman and
buildah, in the place of docker, to Debian's docker-registry; pulled back with
skopeo and compared by digest."""
import json
import os
import shutil
import subprocess

import pytest

from assets import Assets, image_asset
from images import Registry, digest, skopeo

TOOL = """#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	FILE *f = argc > 1 ? fopen(argv[1], "w") : NULL;

	fprintf(f ? f : stdout, "made for %s\\n", getenv("WHO"));
	return f && fclose(f) ? 1 : 0;
}
"""
DOCKERFILE = """FROM scratch AS base
COPY tool /tool
ARG WHO
RUN ["/tool", "/made"]
FROM base AS wanted
LABEL part=wanted
FROM base
LABEL part=last
"""
SOURCE = {"directory": "img", "dockerFile": "Sub.Dockerfile",
          "dockerBuildArgs": {"WHO": "every one"},
          "dockerBuildTarget": "wanted", "platform": "linux/amd64"}
ENGINES = ("podman", "buildah")

pytestmark = pytest.mark.skipif(
    not Registry.program or not shutil.which("skopeo"),
    reason="docker-registry or skopeo is missing")


class Engine:
    """One with a store and a configuration of its own."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder
        self.config = folder / ".config" / "containers"
        self.config.mkdir(parents=True)
        (folder / "storage.conf").write_text(
            f'[storage]\ndriver = "vfs"\nrunroot = "{folder}/run"\n'
            f'graphroot = "{folder}/graph"\n')
        (self.config / "policy.json").write_text(
            '{"default": [{"type": "insecureAcceptAnything"}]}')
        self.env = {
            "CDK_DOCKER": shutil.which(name), "BUILDAH_ISOLATION": "chroot",
            "XDG_RUNTIME_DIR": str(folder), "HOME": str(folder),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
            "REGISTRY_AUTH_FILE": str(folder / "auth.json"),
            "CDK_DOCKER_CREDS_FILE": "/nowhere"}

    def trust(self, host):
        """The registry of the test speaks plain HTTP."""
        (self.config / "registries.conf").write_text(
            f'[[registry]]\nlocation = "{host}"\ninsecure = true\n')

    def run(self, *args, cwd=None):
        return subprocess.run([self.name, *map(str, args)], check=False,
                              cwd=cwd, env={**os.environ, **self.env},
                              capture_output=True, text=True, timeout=120)

    def why_not(self):
        """What the machine does not let it do, or None."""
        (self.folder / "Dockerfile").write_text(
            "FROM scratch\nCOPY Dockerfile /x\n")
        done = self.run("build", "-t", "probe", ".", cwd=self.folder)
        return done.stderr.strip() if done.returncode else None

    def has(self, image):
        return self.run("inspect", "--type", "image", image).returncode == 0


@pytest.fixture(params=ENGINES)
def engine(request, tmp_path):
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is missing")
    made = Engine(request.param, tmp_path / "engine")
    reason = made.why_not()
    if reason:
        pytest.skip(f"{request.param} cannot build here: {reason[-300:]}")
    yield made
    if os.geteuid():  # what is in the store belongs to mapped users
        made.run("unshare", "rm", "-rf", made.folder / "graph")
    shutil.rmtree(made.folder, ignore_errors=True)


@pytest.fixture
def registry(tmp_path):
    with Registry(tmp_path / "registry") as found:
        yield found


def bench(tmp_path, host, source=None, **images):
    b = Assets(tmp_path / "app", images=images or {
        "AbC1": image_asset(source or SOURCE)}, scenario={
            "registry": host, "repositories": {"repo": [], "other": []}})
    img = b.app / "img"
    img.mkdir()
    (img / "tool.c").write_text(TOOL)
    subprocess.run(["gcc", "-static", "-O1", "-o", "tool", "tool.c"],
                   cwd=img, check=True)
    (img / "Sub.Dockerfile").write_text(DOCKERFILE)
    return b


def pulled(registry, tmp_path, tag="t1", repo="repo"):
    """The manifest's digest, the configuration, the names in the layers."""
    out = tmp_path / f"pulled-{repo}-{tag}"
    skopeo("copy", "--src-tls-verify=false", "--src-creds", "AWS:pass:word",
           "--preserve-digests", f"docker://{registry.host}/{repo}:{tag}",
           f"dir:{out}")
    text = (out / "manifest.json").read_bytes()
    doc = json.loads(text)
    names = []
    for d in doc["layers"]:
        names += subprocess.run(
            ["tar", "-tf", out / d["digest"][7:]], check=True,
            capture_output=True, text=True).stdout.split()
    return digest(text), json.loads(
        (out / doc["config"]["digest"][7:]).read_bytes()), names


def test_build_and_push(engine, registry, tmp_path):
    engine.trust(registry.host)
    with bench(tmp_path, registry.host) as b:
        r = b.publish(env=engine.env)
        assert r.status == 0, r.err
        assert "My-S: success: Built Img\n" in r.err
        assert "My-S: success: Published Img (d1)\n" in r.err
        assert "pass:word" not in r.out + r.err
        whole, config, names = pulled(registry, tmp_path)
        assert registry.pull("repo", "t1") == whole
        assert {"tool", "made"} <= set(names)
        assert config["architecture"] == "amd64"
        assert config["config"]["Labels"]["part"] == "wanted"
        assert "every one" in json.dumps(config["history"])
        assert engine.has("cdkasset-abc1")
        assert engine.has(f"{registry.host}/repo:t1")
        # as ECR would tell it, nothing is left to do
        b.server.world.s["repositories"]["repo"] = ["t1"]
        r = b.publish(env=engine.env)
        assert r.status == 0 and "already published" in r.err


def test_built_before(engine, registry, tmp_path):
    """The engine has it: no second build, and the same image once more."""
    engine.trust(registry.host)
    with bench(tmp_path, registry.host) as b:
        assert b.publish(env=engine.env).status == 0
        (b.app / "img" / "Sub.Dockerfile").write_text("not one any more")
        manifest = b.app / "S1.assets.json"
        manifest.write_text(manifest.read_text().replace(
            '"t1"', '"t2"').replace('"repo"', '"other"'))
        r = b.publish("-v", env=engine.env)
        assert r.status == 0, r.err
        assert "Cached cdkasset-abc1" in r.err
        assert pulled(registry, tmp_path, "t2", "other")[0] == \
            pulled(registry, tmp_path)[0]


def test_several(engine, registry, tmp_path):
    engine.trust(registry.host)
    many = {f"i{n}": image_asset({**SOURCE, "dockerBuildArgs": {
        "WHO": f"number {n}"}}, f"n{n}", name=f"Img{n}") for n in range(3)}
    with bench(tmp_path, registry.host, **many) as b:
        r = b.publish("--image-parallelism", "3", env=engine.env)
        assert r.status == 0, r.err
        assert len({pulled(registry, tmp_path, f"n{n}")[0]
                    for n in range(3)}) == 3


def test_build_fails(engine, registry, tmp_path):
    """In the engine's own words, and with its status."""
    engine.trust(registry.host)
    with bench(tmp_path, registry.host) as b:
        (b.app / "img" / "Sub.Dockerfile").write_text(
            "FROM scratch AS wanted\nCOPY nowhere /x\n")
        r = b.publish(env=engine.env)
        assert r.status == 1
        fail = next(line for line in r.err.splitlines()
                    if line.startswith("My-S: fail: "))
        assert f"{engine.name} build" in fail
        assert "exited with error code" in fail
        assert "nowhere" in r.err and "'WHO=<redacted>'" in fail
        assert r.err.endswith("Failed to build asset Img\n")


def test_registry_refuses(engine, registry, tmp_path):
    """A password that is none, and a registry that is not there."""
    engine.trust(registry.host)
    (tmp_path / "registry" / "htpasswd").write_text(
        "AWS:$2b$05$" + "a" * 53 + "\n")
    with bench(tmp_path, registry.host) as b:
        r = b.publish(env=engine.env)
        assert r.status == 1
        assert f"{engine.name} login --username AWS --password-stdin " \
            f"{registry.host} exited with error code" in r.err
        assert "pass:word" not in r.out + r.err
    gone = "127.0.0.1:9"
    engine.trust(gone)
    shutil.rmtree(tmp_path / "app")
    with bench(tmp_path, gone) as b:
        r = b.publish(env=engine.env)
        assert r.status == 1
        assert "connection refused" in r.err and gone in r.err
