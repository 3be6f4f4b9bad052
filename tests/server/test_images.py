"""Images without an engine: layouts and archives pushed straight to a
registry, pulled back and compared by digest."""
import json
import shutil

import pytest

from assets import Assets, image_asset
from images import (INDEX, Layout, MANIFEST, Registry, ScriptedRegistry,
                    archive, digest, layer, platform, saved, skopeo)

MIB = 1 << 20
NO_ENGINE = {"CDK_DOCKER": "/nowhere/docker"}
needs_registry = pytest.mark.skipif(Registry.program is None,
                                    reason="docker-registry is missing")


def noise(n, seed=b"x"):
    """Bytes that do not repeat in a hurry."""
    return b"".join(digest(seed + b"%d" % i).encode()
                    for i in range(n // 71 + 1))[:n]


def bench(tmp_path, host, images, **scenario):
    return Assets(tmp_path, images=images, scenario={
        "registry": host, "repositories": {"repo": [], "other": []},
        **scenario})


def publish(b, *args, **env):
    return b.publish(*args, env={**NO_ENGINE, **env})


@needs_registry
def test_layout(tmp_path):
    """Small blobs and one that takes several chunks."""
    with Registry(tmp_path / "reg") as reg, bench(tmp_path, reg.host, {
            "i1": image_asset({"directory": "img"})}) as b:
        img = Layout(b.app / "img")
        want = img.close(img.image(layer({"a": b"a"}), layer({
            "big": noise(25 * MIB)})))
        r = publish(b, "-v")
        assert r.status == 0, r.err
        assert "My-S: success: Published Img (d1)" in r.err
        assert reg.pull("repo", "t1") == want
        assert b.docker() == []
        # nothing is sent twice
        r = publish(b, "-v")
        assert r.status == 0 and "Upload sha256" not in r.err
        if shutil.which("skopeo"):
            out = tmp_path / "pulled"
            skopeo("copy", "--src-tls-verify=false", "--src-creds",
                   "AWS:pass:word", f"docker://{reg.host}/repo:t1",
                   "--preserve-digests", f"dir:{out}")
            assert digest((out / "manifest.json").read_bytes()) == want
        # verified by digest, against what ECR would tell
        b.server.world.s["repositories"]["repo"] = ["t1"]
        b.server.world.s["image_details"] = {"imageDigest": want}
        r = b.run("assets", "verify")
        assert r.status == 0 and "(digest)" in r.out, r.err
        b.server.world.s["image_details"] = {"imageDigest": "sha256:other"}
        r = b.run("assets", "verify")
        assert r.status == 1 and f"sha256:other there, {want} here" in r.out


@needs_registry
def test_index_in_archive(tmp_path):
    """Two platforms, as one index, in a tar archive."""
    with Registry(tmp_path / "reg") as reg, bench(tmp_path, reg.host, {
            "i1": image_asset({"directory": "img.tar"})}) as b:
        img = Layout(tmp_path / "layout")
        want = img.close(img.index(
            platform(img.image(layer({"a": b"amd"})), "amd64"),
            platform(img.image(layer({"a": b"arm"}), arch="arm64"),
                     "arm64")))
        archive(tmp_path / "layout", b.app / "img.tar")
        r = publish(b)
        assert r.status == 0, r.err
        assert reg.pull("repo", "t1") == want


@needs_registry
def test_docker_save(tmp_path):
    """An archive of old: layers are compressed on the way, alike each time;
    a layer that is a link to another one counts once."""
    images = {n: {**image_asset({"directory": "img.tar"}, n)} for n in
              ("one", "two")}
    with Registry(tmp_path / "reg") as reg, \
            bench(tmp_path, reg.host, images) as b:
        same = layer({"a": noise(MIB)})
        saved(tmp_path / "save", [same, layer({"b": b"b"}), same], True)
        archive(tmp_path / "save", b.app / "img.tar")
        r = publish(b)
        assert r.status == 0, r.err
        assert reg.pull("repo", "one") == reg.pull("repo", "two")
        doc = json.loads(reg.manifest("repo", "one"))
        assert doc["layers"][0] == doc["layers"][2]
        assert doc["layers"][0]["mediaType"].endswith("tar.gzip")
        assert [p for p in tmp_path.iterdir()
                if p.name.startswith("ccdkImage")] == []


@needs_registry
@pytest.mark.parametrize("prints", ["$PWD/../made", "./../made"])
def test_program_prints_path(tmp_path, prints):
    """Two repositories: what the second needs is mounted from the first."""
    argv = ["sh", "-c", f"echo {prints}"]
    images = {"i1": image_asset({"executable": argv}),
              "i2": image_asset({"executable": argv}, "t2", "other")}
    with Registry(tmp_path / "reg") as reg, \
            bench(tmp_path, reg.host, images) as b:
        img = Layout(tmp_path / "made")
        want = img.close(img.image(layer({"a": b"a"})))
        r = publish(b, "-v", "--concurrency", "1")
        assert r.status == 0, r.err
        assert reg.pull("repo", "t1") == reg.pull("other", "t2") == want
        assert r.err.count("Mounted sha256:") == 2
        assert b.docker() == []


@needs_registry
def test_tarball_asset_without_engine(tmp_path):
    """The framework's TarballImageAsset asks for `docker load`; without an
    engine its archive will do, with one nothing changes."""
    source = {"executable": [
        "sh", "-c", 'docker load -i "$1" | tail -n 1', "cdk-tarball-image-asset",
        "asset.x.tar"]}
    with Registry(tmp_path / "reg") as reg, bench(tmp_path, reg.host, {
            "i1": image_asset(source)}) as b:
        saved(tmp_path / "save", [layer({"a": b"a"})])
        archive(tmp_path / "save", b.app / "asset.x.tar")
        assert publish(b).status == 0
        assert reg.pull("repo", "t1")


def test_folder_with_dockerfile_is_built(tmp_path):
    with Assets(tmp_path, images={
            "i1": image_asset({"directory": "img"})}) as b:
        img = Layout(b.app / "img")
        img.close(img.image(layer({"a": b"a"})))
        (b.app / "img" / "Dockerfile").write_text("FROM scratch\n")
        assert b.publish().status == 0
        assert "build" in [c["args"][0] for c in b.docker()]


def test_program_that_prints_a_name(tmp_path):
    """A file of the same name does not make an archive of it."""
    with Assets(tmp_path, images={"i1": image_asset(
            {"executable": ["sh", "-c", "echo img"]})}) as b:
        (b.app / "img").write_text("x")
        assert b.publish().status == 0
        assert ["tag", "img"] in [c["args"][:2] for c in b.docker()]


def test_shared_blobs_go_once(tmp_path):
    """Several images at once, the same layer in all of them."""
    images = {f"i{n}": image_asset({"directory": f"img{n}"}, f"t{n}",
                                   name=f"Img{n}") for n in range(4)}
    with ScriptedRegistry() as s, \
            bench(tmp_path, s.url[7:], images) as b:
        for n in range(4):
            img = Layout(b.app / f"img{n}")
            img.close(img.image(layer({"a": noise(15 * MIB)}),
                                layer({"b": b"%d" % n})))
        r = publish(b)
        assert r.status == 0, r.err
        assert len(s.manifests) == 4 and len(s.blobs) == 9
        assert len([c for c in s.calls if c[0] == "PUT" and
                    "/blobs/" in c[1]]) == 9


# ---- a registry that misbehaves ----------------------------------------------

def scripted(tmp_path, s, size=25 * MIB):
    b = bench(tmp_path, s.url[7:], {"i1": image_asset({"directory": "img"})})
    img = Layout(b.app / "img")
    b.want = img.close(img.image(layer({"a": noise(size)})))
    b.img = img
    return b


def arrived(s, b):
    assert digest(s.manifests["/v2/repo/manifests/t1"]) == b.want
    doc = json.loads(s.manifests["/v2/repo/manifests/t1"])
    for d in [doc["config"], *doc["layers"]]:
        assert digest(s.blobs[d["digest"]]) == d["digest"]


@pytest.mark.parametrize("fault", [
    {"on": "HEAD ", "times": 2, "status": 503, "code": "BUSY"},
    {"on": "POST ", "times": 2, "status": 500, "code": "OOPS"},
    {"on": "PATCH .*s=10485760", "times": 2, "status": 502, "code": "GATE"},
    {"on": "PATCH .*s=0", "times": 1, "drop": 7 * MIB},
    {"on": "PATCH .*s=10485760", "times": 1, "drop": 3 * MIB},
    {"on": "PATCH ", "times": 1, "status": 405, "code": "UNSUPPORTED"},
    {"on": "PUT /v2/repo/blobs", "times": 1, "status": 503, "code": "BUSY"},
    {"on": "PUT /v2/repo/manifests", "times": 1, "status": 429,
     "code": "TOOMANYREQUESTS"},
], ids=str)
def test_faults(tmp_path, fault):
    with ScriptedRegistry([fault]) as s, scripted(tmp_path, s) as b:
        r = publish(b)
        assert r.status == 0, r.err
        arrived(s, b)
        assert s.faults[0]["times"] == 0


def test_bearer(tmp_path):
    with ScriptedRegistry(bearer=True) as s, \
            scripted(tmp_path, s, 100) as b:
        r = publish(b, "-v")
        assert r.status == 0, r.err
        arrived(s, b)
        query, auth = s.scopes[0]
        assert query == {"scope": "repository:repo:pull,push",
                         "service": "reg, istry"}
        assert auth.startswith("Basic ")
        assert "sesame" not in r.err + r.out


def test_refused(tmp_path):
    """Its own words are shown, and no tag is left."""
    fault = {"on": "PUT /v2/repo/blobs", "times": 99, "status": 403,
             "code": "DENIED"}
    with ScriptedRegistry([fault]) as s, scripted(tmp_path, s, 100) as b:
        r = publish(b)
        assert r.status == 1
        assert "My-S: fail: registry " in r.err
        assert "status 403: DENIED: DENIED it is" in r.err
        assert "Failed to publish asset Img (d1)" in r.err
        assert s.manifests == {}


def test_other_digest_stored(tmp_path):
    with ScriptedRegistry(lie="sha256:" + "0" * 64) as s, \
            scripted(tmp_path, s, 100) as b:
        r = publish(b)
        assert r.status == 1 and "sha256:000" in r.err and b.want in r.err


def broken(b, how):
    blobs = sorted(b.img.blobs.iterdir(), key=lambda p: p.stat().st_size)
    doc = b.app / "img" / "index.json"
    if how == "content":
        data = bytearray(blobs[-1].read_bytes())
        data[600] ^= 1
        blobs[-1].write_bytes(data)
    elif how == "size":
        blobs[-1].write_bytes(b"short")
    elif how == "gone":
        blobs[-1].unlink()
    elif how == "manifest":
        path = b.img.blobs / b.want[7:]
        path.write_bytes(path.read_bytes().replace(b"layers", b"Layers"))
    elif how == "path":
        doc.write_text(doc.read_text().replace(b.want, "sha256:../../x"))
    elif how == "two":
        d = json.loads(doc.read_text())
        d["manifests"] *= 2
        doc.write_text(json.dumps(d))
    elif how == "type":
        doc.write_text(doc.read_text().replace(MANIFEST, "text/plain"))
    elif how == "version":
        (b.app / "img" / "oci-layout").write_text(
            '{"imageLayoutVersion": "2.0"}')
    elif how == "circle":
        doc.write_text(doc.read_text().replace(MANIFEST, INDEX))


@pytest.mark.parametrize("how, why", [
    ("content", "has the digest sha256:"), ("size", "5 bytes"),
    ("gone", "it has no 'blobs/sha256/"),
    ("manifest", "has the digest sha256:"), ("path", "no SHA-256 digest"),
    ("two", "holds 2 images"), ("type", "is no image"),
    ("version", "layout version '2.0'"), ("circle", "names no manifests")])
def test_bad_layouts(tmp_path, how, why):
    """Nothing of a broken image gets a tag; others go on."""
    with ScriptedRegistry() as s, scripted(tmp_path, s, 5000) as b:
        broken(b, how)
        r = publish(b)
        assert r.status == 1
        assert f"{b.app}/img" in r.err and why in r.err, r.err
        assert s.manifests == {}


@pytest.mark.parametrize("data, why", [
    (b"", "no members"), (b"x" * 2000, "bad checksum"),
    (b"\x1f\x8b" + b"x" * 600, "gunzip")])
def test_bad_archives(tmp_path, data, why):
    with bench(tmp_path, "127.0.0.1:9", {
            "i1": image_asset({"directory": "img.tar"})}) as b:
        (b.app / "img.tar").write_bytes(data)
        r = publish(b)
        assert r.status == 1 and why in r.err, r.err


def test_password_is_not_sent_in_the_clear(tmp_path):
    """Plain HTTP is for loopback."""
    with bench(tmp_path, "registry.invalid:5000", {
            "i1": image_asset({"directory": "img"})}) as b:
        img = Layout(b.app / "img")
        img.close(img.image(layer({"a": b"a"})))
        r = publish(b)
        assert r.status == 1 and "is not HTTPS" in r.err


def test_engine_missing(tmp_path):
    """What needs one says so."""
    with Assets(tmp_path, images={
            "i1": image_asset({"directory": "img"})}) as b:
        (b.app / "img").mkdir()
        (b.app / "img" / "Dockerfile").write_text("FROM scratch\n")
        r = publish(b)
        assert r.status == 1
        assert "Failed to find and execute '/nowhere/docker'" in r.err
        assert "Failed to build asset Img" in r.err
