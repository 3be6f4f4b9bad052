"""`assets list|verify|prune`, and asset manifests without an assembly."""
import io
import json
import os
import zipfile

from assets import Assets, REGISTRY, file_asset, image_asset
from test_assets import MIB, zip_source

GONE = "asset.0123456789abcdef"


def test_list(tmp_path):
    files = {"aa": file_asset({"path": "src", "packaging": "zip"}, "k.zip",
                              "Code", region="eu-west-1"),
             "bb": file_asset({"executable": ["make-it"]}, "b.zip")}
    images = {"cc": image_asset({"directory": "img"})}
    with Assets(tmp_path, files, images) as b:
        zip_source(b)
        (b.app / "img").mkdir()
        (b.app / "img" / "Dockerfile").write_text("FROM scratch\n")
        r = b.run("assets", "list")
        assert r.status == 0, r.err
        assert r.out == (
            "file        11 B  Code (aa)\n"
            "       from asm/src, for S1 (My-S)\n"
            "       to s3://assets/k.zip (eu-west-1)\n"
            "file           ?  bb\n"
            "       from a program, for S1 (My-S)\n"
            "       to s3://assets/b.zip\n"
            "image       13 B  Img (cc)\n"
            "       from asm/img, for S1 (My-S)\n"
            "       to repo:t1\n")
        doc = json.loads(b.run("assets", "list", "--json").out)
        assert doc["schemaVersion"] == 1
        first, second, third = doc["assets"]
        assert first == {
            "id": "aa", "displayName": "Code", "kind": "file",
            "stacks": ["S1 (My-S)"], "manifest": "asm/S1.assets.json",
            "source": {"path": "src", "packaging": "zip"},
            "path": "asm/src", "size": 11, "destinations": [
                {"bucketName": "assets", "objectKey": "k.zip",
                 "region": "eu-west-1", "id": "d1"}]}
        assert "path" not in second and "size" not in second
        assert third["kind"] == "image"
        # nobody was asked, no stack of that name is an error
        assert b.sequence() == []
        assert b.run("assets", "list", "No").status == 1


def test_actions(tmp_path):
    with Assets(tmp_path) as b:
        r = b.run("assets")
        assert r.status == 1 and "list, verify or prune" in r.err
        r = b.run("assets", "polish")
        assert r.status == 1 and "cannot 'polish'" in r.err
        r = b.run("assets", "list")
        assert (r.status, r.out, r.err) == (0, "", "No assets\n")
        r = b.run("assets", "prune", "S1")
        assert r.status == 1 and "takes no stacks" in r.err


def verified(b):
    r = b.run("assets", "verify", "--json")
    return r, {a["id"]: a for a in json.loads(r.out)["assets"]}


def test_verify(tmp_path):
    files = {n: file_asset({"path": n}, n, n.upper())
             for n in ("sum", "tag", "big", "other", "gone", "short")}
    files["zip"] = file_asset({"path": "src", "packaging": "zip"}, "z.zip")
    images = {"i1": image_asset({"directory": "i"}, "here"),
              "i2": image_asset({"directory": "i"}, "absent")}
    with Assets(tmp_path, files, images, {"repositories": {
            "repo": ["here"]}}) as b:
        zip_source(b)
        for n in files:
            if n != "zip":
                (b.app / n).write_text(n * 3)
        (b.app / "big").write_bytes(b"0123456789abcdef" * (11 << 16))
        # without its images: they would have to be built
        manifest = b.app / "S1.assets.json"
        whole = json.loads(manifest.read_text())
        manifest.write_text(json.dumps({**whole, "dockerImages": {}}))
        assert b.publish().status == 0
        manifest.write_text(json.dumps(whole))
        s = b.server
        assert s.sums["assets", "big"][1].endswith("-3")
        del s.sums["assets", "tag"], s.stored["assets", "gone"]
        del s.sums["assets", "other"], s.sums["assets", "short"]
        s.stored["assets", "other"] = b"x" * 15
        s.stored["assets", "short"] = b"x"
        r, got = verified(b)
        assert r.status == 1 and "4 of 9 assets are missing or differ" \
            in r.err, r.err
        assert {i: (a["status"], a.get("checkedBy"))
                for i, a in got.items()} == {
            "sum": ("ok", "sha256"), "tag": ("ok", "etag"),
            "big": ("ok", "etag"), "other": ("differs", "etag"),
            "gone": ("missing", None), "short": ("differs", "size"),
            "zip": ("ok", "sha256"), "i1": ("ok", "existence"),
            "i2": ("missing", None)}
        assert got["short"]["detail"] == "1 bytes there, 15 here"
        assert got["gone"]["location"] == "s3://assets/gone"
        assert got["i2"]["location"] == f"{REGISTRY}/repo:absent"
        r = b.run("assets", "verify")
        assert r.status == 1
        assert "missing  GONE (d1)  s3://assets/gone\n" in r.out
        assert "ok       SUM (d1)  s3://assets/sum (sha256)\n" in r.out


def test_verify_without_checksums(tmp_path):
    """A key that may not be used hides the checksums, not the object; an
    ETag of parts that were cut elsewhere says nothing."""
    with Assets(tmp_path, {"f": file_asset({"path": "f"}, "f")},
                scenario={"no_checksums": True}) as b:
        (b.app / "f").write_bytes(b"f" * (6 * MIB))
        assert b.publish().status == 0
        b.server.etags["assets", "f"] = '"0123456789abcdef0123456789abcdef-2"'
        r, got = verified(b)
        assert r.status == 0, r.err
        assert got["f"]["checkedBy"] == "size"


def repacked(data, change=None):
    """The same files by another program: stored, not compressed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as a, \
            zipfile.ZipFile(out, "w") as b:
        for i in a.infolist():
            data = change if change and i.filename == "a.txt" else a.read(i)
            info = zipfile.ZipInfo(i.filename, i.date_time)
            info.external_attr = i.external_attr
            b.writestr(info, data)
    return out.getvalue()


def test_verify_zips_of_other_programs(tmp_path):
    files = {n: file_asset({"path": "src", "packaging": "zip"}, n)
             for n in ("same", "other", "none")}
    with Assets(tmp_path, files) as b:
        zip_source(b)
        assert b.publish().status == 0
        stored = b.server.stored
        b.server.sums.clear()
        stored["assets", "same"] = repacked(stored["assets", "same"])
        stored["assets", "other"] = repacked(stored["assets", "other"], b"x")
        stored["assets", "none"] = b"PK" * 300
        r, got = verified(b)
        assert r.status == 1
        assert {i: (a["status"], a["checkedBy"]) for i, a in got.items()} == {
            "same": ("ok", "files"), "other": ("differs", "size"),
            "none": ("differs", "size")}


def test_verify_names_what_fails(tmp_path):
    files = {"f": file_asset({"path": "nowhere"}, "f", "Func"),
             "g": file_asset({"path": "g"}, "g")}
    with Assets(tmp_path, files) as b:
        (b.app / "g").write_text("g")
        b.server.stored["assets", "f"] = b"f"
        r, got = verified(b)
        assert r.status == 1
        assert got["f"]["status"] == "failed"
        assert "Func" in got["f"]["detail"]
        assert got["g"]["status"] == "missing"


def output_folder(b):
    """An output folder with something of everything."""
    zip_source(b)
    (b.app / "asset.aa").mkdir()
    (b.app / "asset.aa" / "f").write_text("kept")
    (b.app / "asset.tarball.tar").write_text("kept")
    (b.app / ".cache").mkdir()
    (b.app / ".cache" / "aa.zip").write_text("kept")
    (b.app / ".cache" / "old.zip").write_bytes(b"z" * 500)
    (b.app / ".cache" / "aa.zip.1a2b._tmp").write_bytes(b"t" * 100)
    (b.app / GONE).mkdir()
    (b.app / GONE / "index.js").write_bytes(b"j" * 2000)
    (b.app / "Old.template.json").write_bytes(b"{}")
    (b.app / "notes.txt").write_text("mine")
    (b.app / "assembly-Gone").mkdir()
    outside = b.folder / "precious"
    outside.mkdir()
    (outside / "data").write_text("data")
    (b.app / "asset.link").symlink_to(outside)
    return outside


PRUNED = {".cache/aa.zip.1a2b._tmp": 100, ".cache/old.zip": 500, GONE: 2000,
          "Old.template.json": 2, "assembly-Gone": 0, "asset.link": 0}


def tarball():
    """As the framework's TarballImageAsset has it."""
    return {"executable": ["sh", "-c", "docker load -i asset.tarball.tar | "
                           "tail -n 1"]}


def test_prune(tmp_path):
    with Assets(tmp_path, {"aa": file_asset(
            {"path": "asset.aa", "packaging": "zip"}, "k")},
            {"bb": image_asset(tarball())}) as b:
        outside = output_folder(b)
        before = sorted(os.listdir(b.app))
        r = b.run("assets", "prune", "--dry-run", "--json")
        assert r.status == 0, r.err
        doc = json.loads(r.out)
        assert doc["schemaVersion"] == 1 and doc["dryRun"] is True
        assert {i["path"]: i["size"] for i in doc["removed"]} == PRUNED
        assert doc["bytes"] == sum(PRUNED.values())
        assert "6 things, 2.6 kB would be freed" in r.err
        assert sorted(os.listdir(b.app)) == before
        r = b.run("assets", "prune")
        assert r.status == 0 and "6 things, 2.6 kB freed" in r.err, r.err
        assert f"   2.0 kB  {GONE}\n" in r.out
        for name in PRUNED:
            assert not os.path.lexists(b.app / name)
        assert sorted(os.listdir(b.app)) == sorted(
            n for n in before if n not in PRUNED)
        assert (outside / "data").read_text() == "data"
        assert (b.app / ".cache" / "aa.zip").exists()
        r = b.run("assets", "prune")
        assert r.status == 0 and r.out == "" and "0 things" in r.err


def test_prune_nested(tmp_path):
    """Stages use assets of the folder above and have templates of their own;
    a link in place of their folder leads nowhere."""
    with Assets(tmp_path) as b:
        top = json.loads((b.app / "manifest.json").read_text())
        for name in ("Prod", "Away"):
            top["artifacts"][f"assembly-{name}"] = {
                "type": "cdk:cloud-assembly",
                "properties": {"directoryName": f"assembly-{name}"}}
        (b.app / "manifest.json").write_text(json.dumps(top))
        prod, away = b.app / "assembly-Prod", b.folder / "away"
        for sub in (prod, away):
            sub.mkdir()
            (sub / "manifest.json").write_text(json.dumps({
                "version": "36.0.0", "artifacts": {"A.assets": {
                    "type": "cdk:asset-manifest", "properties": {
                        "file": "A.assets.json"}}}}))
            (sub / "A.assets.json").write_text(json.dumps({
                "version": "36.0.0", "files": {
                    "x": file_asset({"path": "../asset.shared"}, "k")}}))
            (sub / "B.template.json").write_text("old")
        (b.app / "assembly-Away").symlink_to(away)
        (b.app / "asset.shared").write_text("kept")
        r = b.run("assets", "prune")
        assert r.status == 0, r.err
        assert "assembly-Prod/B.template.json" in r.out
        assert (b.app / "asset.shared").exists()
        assert (away / "B.template.json").exists()
        assert (prod / "A.assets.json").exists()


def test_prune_refuses(tmp_path):
    with Assets(tmp_path) as b:
        (b.app / GONE).write_text("x")
        (b.app / "cdk.json").write_text("{}")
        r = b.run("assets", "prune")
        assert r.status == 1 and "not only an output folder" in r.err
        (b.app / "cdk.json").unlink()
        (b.app / "S1.assets.json").write_text("{")
        r = b.run("assets", "prune")
        assert r.status == 1 and "S1.assets.json" in r.err
        assert (b.app / GONE).exists()


def test_prune_waits_for_nobody(tmp_path):
    with Assets(tmp_path) as b:
        (b.app / GONE).write_text("x")
        lock = b.app / f"read.{os.getppid()}.1.lock"
        lock.write_text(str(os.getppid()))
        r = b.run("assets", "prune")
        assert r.status == 1 and str(os.getppid()) in r.err
        assert (b.app / GONE).exists()


def bare(b, name="assets.json"):
    """The folder is left with its asset manifest alone."""
    (b.app / "manifest.json").unlink()
    (b.app / "S1.assets.json").rename(b.app / name)


def test_bare_manifest(tmp_path):
    files = {"f": file_asset({"path": "f.txt"}, "${AWS::AccountId}/f", "F"),
             "z": file_asset({"path": "src", "packaging": "zip"}, "z.zip")}
    with Assets(tmp_path, files) as b:
        zip_source(b)
        (b.app / "f.txt").write_text("f")
        (b.app / GONE).write_text("x")
        bare(b)
        r = b.publish()
        assert r.status == 0, r.err
        assert "assets: success: Published F (d1)" in r.err
        assert set(b.server.stored) == {("assets", "111122223333/f"),
                                        ("assets", "z.zip")}
        r = b.run("assets", "verify")
        assert r.status == 0 and "2 of 2 assets" in r.err, r.err
        assert "from asm/src, for assets\n" in b.run("assets", "list").out
        assert b.run("assets", "prune").status == 0
        assert not (b.app / GONE).exists()
        assert (b.app / ".cache" / "z.zip").exists()


def test_bare_manifest_by_name(tmp_path):
    with Assets(tmp_path, {"f": file_asset({"path": "f"}, "f")}) as b:
        (b.app / "f").write_text("f")
        bare(b, "Web.assets.json")
        b.app.rename(tmp_path / "elsewhere")
        b.app_option = "elsewhere/Web.assets.json"
        r = b.run("assets", "list")
        assert r.status == 0 and "for Web\n" in r.out, r.err
        # what is no asset manifest is an app as ever
        b.app_option = "elsewhere"
        r = b.run("list")
        assert r.status == 1 and "manifest.json" in r.err
