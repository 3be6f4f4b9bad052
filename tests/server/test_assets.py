"""`publish-assets`: what is asked of S3 and ECR, in which order, with which
headers; what the container program is called with; what is said."""
import io
import json
import os
import subprocess
import zipfile

import pytest

from assets import REGISTRY, Assets, file_asset, image_asset
from harness import good
from test_terminal import talk

MIB = 1 << 20
CAUSE = "‣ AggregateError: \n"


def zip_source(bench):
    src = bench.app / "src"
    (src / "sub").mkdir(parents=True)
    (src / "a.txt").write_text("a")
    (src / "sub" / "run").write_text("#!/bin/sh\n")
    (src / "sub" / "run").chmod(0o755)
    (src / "link").symlink_to("a.txt")


def leftovers(folder):
    return [p for p in folder.rglob("*") if p.name.endswith("_tmp") or
            p.name.startswith("cdkDockerConfig")]


def test_folder(tmp_path):
    files = {"zz": file_asset({"path": "src", "packaging": "zip"},
                              "k/${AWS::AccountId}.zip", "Code")}
    with Assets(tmp_path, files) as b:
        zip_source(b)
        r = b.publish()
        assert r.status == 0, r.err
        assert r.out == "✨  Assets published successfully\n"
        assert r.err == ("✨  Synthesis time: Ns\nPublishing assets\n"
                         "My-S: start: Building Code\n"
                         "My-S: success: Built Code\n"
                         "My-S: start: Publishing Code (d1)\n"
                         "My-S: success: Published Code (d1)\n")
        assert b.sequence() == ["list", "location", "list", "encryption",
                                "put"]
        put = b.calls("put")[0]
        assert put["key"] == "k/111122223333.zip" and put["honest"]
        assert put["query"] == {"x-id": "PutObject"}
        h = put["headers"]
        assert h["content-type"] == "application/zip"
        assert h["x-amz-sdk-checksum-algorithm"] == "SHA256"
        assert h["x-amz-server-side-encryption"] == "AES256"
        assert "x-amz-server-side-encryption-aws-kms-key-id" not in h
        data = b.server.stored["assets", put["key"]]
        assert data == (b.app / ".cache" / "zz.zip").read_bytes()
        z = zipfile.ZipFile(io.BytesIO(data))
        assert z.namelist() == ["a.txt", "link", "sub/run"]
        assert z.testzip() is None and z.read("link") == b"a"
        assert z.getinfo("sub/run").external_attr >> 16 == 0o100755
        assert leftovers(tmp_path) == []
        # again: nothing to do; by force: once more, from the cache
        b.server.calls.clear()
        r = b.publish()
        assert "All assets are already published" in r.err and r.out == ""
        assert b.sequence() == ["list"]
        r = b.publish("--force", "-v")
        assert "My-S: cached: From cache " in r.err
        assert b.sequence() == ["list", "location", "encryption", "put"]


def test_file_types(tmp_path):
    files = {n: file_asset({"path": n}, n) for n in
             ("a.json", "b.MD", "c.py", "noext", ".json")}
    with Assets(tmp_path, files) as b:
        for n in files:
            (b.app / n).write_text(n)
        assert b.publish().status == 0
        types = {c["key"]: c["headers"]["content-type"]
                 for c in b.calls("put")}
        octets = "application/octet-stream"
        assert types == {"a.json": "application/json",
                         "b.MD": "text/markdown", "c.py": octets,
                         "noext": octets, ".json": octets}


def test_kms(tmp_path):
    buckets = {"assets": {"encryption": ("aws:kms", "arn:key")}}
    with Assets(tmp_path, {"f": file_asset({"path": "f"}, "f")},
                scenario={"buckets": buckets}) as b:
        (b.app / "f").write_text("f")
        assert b.publish().status == 0
        h = b.calls("put")[0]["headers"]
        assert h["x-amz-server-side-encryption"] == "aws:kms"
        assert h["x-amz-server-side-encryption-aws-kms-key-id"] == "arn:key"


def big(tmp_path, faults=(), size=12 * MIB, **more):
    b = Assets(tmp_path, {"f": file_asset({"path": "f.bin"}, "f", "Big")},
               scenario={"upload_faults": list(faults), **more})
    (b.app / "f.bin").write_bytes(bytes(range(256)) * (size // 256))
    return b


def test_single_up_to_5_mib(tmp_path):
    with big(tmp_path, size=5 * MIB) as b:
        assert b.publish().status == 0
        assert [c["size"] for c in b.calls("put", "part")] == [5 * MIB]


def test_parts(tmp_path):
    busy = {"part": 2, "times": 2, "status": 503, "code": "SlowDown"}
    with big(tmp_path, [busy]) as b:
        r = b.publish()
        assert r.status == 0, r.err
        parts = b.calls("part")
        assert len(parts) == 5 and all(p["honest"] for p in parts)
        assert {p["query"]["partNumber"]: p["size"] for p in parts} == {
            "1": 5 * MIB, "2": 5 * MIB, "3": 2 * MIB}
        assert {p["query"]["uploadId"] for p in parts} == {"u/1+2"}
        begin = b.calls("begin")[0]["headers"]
        assert begin["x-amz-checksum-algorithm"] == "CRC32"
        assert begin["content-type"] == "application/octet-stream"
        text = b.calls("complete")[0]["text"]
        assert [text.index(f"<PartNumber>{n}<") for n in (1, 2, 3)] == \
            sorted(text.index(f"<PartNumber>{n}<") for n in (1, 2, 3))
        assert text.count("<ChecksumCRC32>") == 3
        assert b.server.stored["assets", "f"] == \
            (b.app / "f.bin").read_bytes()
        assert b.calls("abort") == []


def sent_parts(b, **env):
    assert b.publish(env=env).status == 0
    assert b.server.stored["assets", "f"] == (b.app / "f.bin").read_bytes()
    parts = [p for p in b.calls("part") if p["honest"]]
    return {p["query"]["partNumber"]: p["signed"] for p in parts}


def test_bytes_are_not_signed_on_this_machine(tmp_path):
    """The checksum in a signed header is enough."""
    with big(tmp_path) as b:
        assert sent_parts(b) == {"1": False, "2": False, "3": False}


def test_bytes_are_signed_where_a_policy_asks(tmp_path):
    with big(tmp_path, signed_only=True) as b:
        assert sent_parts(b) == {"1": True, "2": True, "3": True}


def test_bytes_are_signed_in_the_clear(tmp_path):
    """To another machine, and through a proxy that may be one."""
    for host in ("s3.example", "localhost"):
        folder = tmp_path / host
        folder.mkdir()
        with big(folder) as b:
            assert sent_parts(b, AWS_ENDPOINT_URL=f"http://{host}",
                              CDK_S3_FORCE_PATH_STYLE="1",
                              HTTP_PROXY=b.server.url, NO_PROXY="-",
                              no_proxy="-") == {
                "1": True, "2": True, "3": True}


def test_parts_fail(tmp_path):
    no = {"part": 3, "times": 9, "status": 403, "code": "AccessDenied"}
    with big(tmp_path, [no]) as b:
        r = b.publish()
        assert r.status == 1
        assert "My-S: fail: AccessDenied" in r.err
        assert r.err.endswith("Failed to publish asset Big (d1)\n" + CAUSE)
        assert b.sequence()[-1] == "abort" and not b.calls("complete")


def interrupted(tmp_path, **begun):
    """Parts 1 and 2 are there, the second one of another content."""
    b = big(tmp_path)
    data = (b.app / "f.bin").read_bytes()
    b.server.parts.update({1: data[:5 * MIB], 2: b"x" * (5 * MIB)})
    b.server.world.s["begun"] = {"uploads": [
        ["f", "old", "2026-01-01T00:00:00.000Z"],
        ["f", "u/9", "2026-01-02T00:00:00.000Z", "CRC32"],
        ["f", "other", "2026-01-04T00:00:00.000Z", "SHA256"],
        ["f2", "other", "2026-01-03T00:00:00.000Z"]], **begun}
    return b


def test_upload_is_resumed(tmp_path):
    """Parts with the same checksum are not sent again; lists have pages."""
    with interrupted(tmp_path) as b:
        r = b.publish()
        assert r.status == 0, r.err
        assert b.calls("begin") == [] and len(b.calls("parts")) == 2
        assert {p["query"]["partNumber"] for p in b.calls("part")} == \
            {"2", "3"}
        assert {c["query"]["uploadId"] for c in
                b.calls("part", "complete")} == {"u/9"}
        text = b.calls("complete")[0]["text"]
        assert "<ETag>&quot;e1&quot;</ETag>" in text or '"e1"' in text
        assert text.count("<ChecksumCRC32>") == 3
        assert b.server.stored["assets", "f"] == \
            (b.app / "f.bin").read_bytes()


def test_upload_for_other_checksums(tmp_path):
    """It is left alone; the file goes up from the beginning."""
    with interrupted(tmp_path, denied=False) as b:
        b.server.world.s["upload_faults"] = [
            {"part": 2, "times": 1, "status": 400, "code": "InvalidRequest"}]
        r = b.publish()
        assert r.status == 0, r.err
        assert len(b.calls("begin")) == 1 and b.calls("abort") == []
        assert b.server.stored["assets", "f"] == \
            (b.app / "f.bin").read_bytes()


def test_nothing_to_resume(tmp_path):
    """Not allowed to ask: from the beginning."""
    with interrupted(tmp_path, denied=True) as b:
        assert b.publish().status == 0
        assert len(b.calls("begin")) == 1 and len(b.calls("part")) == 3


def test_resumed_upload_ends_elsewhere(tmp_path):
    with interrupted(tmp_path, ended=["u/9"]) as b:
        r = b.publish()
        assert r.status == 0, r.err
        assert len(b.calls("begin")) == 1
        assert len(b.calls("complete")) == 2


def test_broken_line_leaves_parts(tmp_path):
    """A server that is down for good: what arrived stays for next time."""
    gone = {"part": 3, "times": 99, "status": 503, "code": "SlowDown"}
    with big(tmp_path, [gone]) as b:
        assert b.publish().status == 1
        assert b.calls("abort") == [] and 1 in b.server.parts
        b.server.world.s["upload_faults"] = []
        b.server.world.s["begun"] = {"uploads": [
            ["f", "u/1+2", "2026-01-01T00:00:00.000Z"]]}
        b.server.calls.clear()
        assert b.publish().status == 0
        assert {p["query"]["partNumber"] for p in b.calls("part")} == {"3"}


def test_buckets(tmp_path):
    files = {"f": file_asset({"path": "f"}, "f")}
    for n, (buckets, text) in enumerate([
            ({}, "No bucket named 'assets'. Is account 111122223333 "
                 "bootstrapped?"),
            ({"assets": {"denied": True}}, "Bucket named 'assets' exists, "
             "but we dont have access to it.")]):
        with Assets(tmp_path / str(n), files,
                    scenario={"buckets": buckets}) as b:
            (b.app / "f").write_text("f")
            r = b.publish()
            assert r.status == 1 and f"My-S: fail: {text}\n" in r.err
            assert b.calls("put") == []


def toolkit(version, bucket="assets"):
    return {"CDKToolkit": {"Outputs": [
        {"OutputKey": "BootstrapVersion", "OutputValue": version},
        {"OutputKey": "BucketName", "OutputValue": bucket}]}}


def test_failures_name_asset_and_construct(tmp_path):
    """By the name the framework gave the asset; one that has none by what the
    template tells of it. The others are published."""
    users = {f"Fn{n}": {"Type": "T", "Metadata": {
        "aws:cdk:path": f"My-S/Fn{n}/Resource",
        "aws:asset:path": "../asset.f2"}} for n in range(7)}
    files = {"f1": file_asset({"path": "gone"}, "f1", "Handler/Code"),
             "f2": file_asset({"path": "asset.f2"}, "f2"),
             "f3": file_asset({"path": "f3"}, "f3", "Good"),
             "f4": file_asset({"path": "asset.f4"}, "f4")}
    with Assets(tmp_path, files) as b:
        (b.app / "f3").write_text("3")
        template = next(b.app.glob("S1.template*"))
        template.write_text(json.dumps({"Resources": {
            "Lone": {"Type": "T", "Metadata": {"aws:asset:path": "asset.f4"}},
            "Other": {"Type": "T"}, **users}}))
        r = b.publish()
        assert r.status == 1
        assert b.server.stored == {("assets", "f3"): b"3"}
        assert "source of asset 'Handler/Code' (f1) does not exist" in r.err
        assert "My-S: asset: f2 is of " + ", ".join(
            f"My-S/Fn{n}/Resource" for n in range(5)) + " and 2 more\n" in r.err
        assert "My-S: asset: f4 is of My-S/Lone\n" in r.err
        assert r.err.count("My-S: asset: ") == 2
        template.unlink()
        r = b.publish()
        assert r.status == 1 and "My-S: asset: " not in r.err


@pytest.mark.parametrize("fault", [
    {"status": 400, "code": "BadDigest"},
    {"status": 403, "code": "AccessDenied"},
    {"status": 507, "code": "InsufficientStorage"}], ids=str)
def test_refused_by_s3(tmp_path, fault):
    """The one that is refused fails, what S3 says is shown, others go on."""
    files = {n: file_asset({"path": n}, n, n.upper()) for n in "ab"}
    with Assets(tmp_path, files, scenario={"upload_faults": [
            {"part": 0, "times": 1, **fault}]}) as b:
        for n in files:
            (b.app / n).write_text(n)
        r = b.publish("--concurrency", "1")
        assert r.status == 1
        assert f"My-S: fail: {fault['code']}\n" in r.err
        assert "Failed to publish asset A (d1)" in r.err
        assert b.server.stored == {("assets", "b"): b"b"}


def test_owner(tmp_path):
    """Below bootstrap version 21 a bucket must be of the own account."""
    files = {"f": file_asset({"path": "f"}, "f")}
    buckets = {"assets": {"owner": "999999999999"}}
    for version, ok in (("20", False), ("21", True)):
        with Assets(tmp_path / version, files, scenario={
                "buckets": buckets, "stacks": toolkit(version)}) as b:
            (b.app / "f").write_text("f")
            r = b.publish()
            owners = [c["headers"].get("x-amz-expected-bucket-owner")
                      for c in b.calls("location")]
            assert (r.status == 0) == ok, r.err
            assert owners == ([None] if ok else [None, "111122223333"])
            assert ("❗❗ UNEXPECTED BUCKET OWNER DETECTED ❗❗" in r.err) \
                != ok
            assert len(b.calls("put")) == ok


def test_missing_sources(tmp_path):
    for n, source in enumerate([{"path": "gone.txt"},
                                {"path": "gone", "packaging": "zip"}]):
        with Assets(tmp_path / str(n),
                    {"f": file_asset(source, "f", "Nice name")}) as b:
            r = b.publish()
            assert r.status == 1
            line = next(x for x in r.err.splitlines() if "fail:" in x)
            assert "'Nice name'" in line and source["path"] in line
            assert b.calls("put") == [] and leftovers(tmp_path) == []


def test_file_changes_while_it_is_read(tmp_path):
    """No object of two halves; what was sent is taken back."""
    with big(tmp_path) as b:
        b.server.world.s["upload_faults"] = [
            {"part": 2, "times": 1, "touch": str(b.app / "f.bin")}]
        r = b.publish()
        assert r.status == 1 and "was changed while it was read" in r.err
        assert "Failed to publish asset Big (d1)" in r.err
        assert b.sequence()[-1] == "abort" and not b.calls("complete")


def test_unknown_placeholder(tmp_path):
    """Nothing is uploaded to where no stack would look."""
    files = {"f": file_asset({"path": "f"}, "k${AWS::Nothing}", "F")}
    with Assets(tmp_path, files) as b:
        (b.app / "f").write_text("f")
        r = b.publish()
        assert r.status == 1 and b.server.stored == {}
        assert "destination 'd1' of asset 'F'" in r.err
        assert "'k${AWS::Nothing}'" in r.err


def test_disk_full_while_zipping(tmp_path):
    files = {"f": file_asset({"path": "src", "packaging": "zip"}, "f", "Big")}
    with Assets(tmp_path, files) as b:
        (b.app / "src").mkdir()
        (b.app / "src" / "data").write_bytes(os.urandom(MIB // 2))
        cache = b.app / ".cache"
        cache.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k",
                                  "tmpfs", cache], capture_output=True)
        if mounted.returncode:
            pytest.skip("a small file system cannot be mounted here")
        try:
            r = b.publish()
            assert r.status == 1 and b.calls("put") == []
            assert ".cache/f.zip': No space left on device" in r.err
            assert list(cache.iterdir()) == []
        finally:
            subprocess.run(["umount", cache], check=True)


def test_sources_outside_the_assembly(tmp_path):
    (tmp_path / "outside.txt").write_text("mine")
    for path in ("../outside.txt", str(tmp_path / "outside.txt")):
        with Assets(tmp_path, {"x": file_asset({"path": path}, "k",
                                               "Code")}) as b:
            r = b.publish()
            assert r.status == 1 and b.calls("put") == []
            assert "source of asset 'Code' (x) is outside the cloud " \
                "assembly folder" in r.err and path in r.err
            # where the app leaves its assets in place it is meant
            r = b.publish("--no-staging")
            assert r.status == 0, r.err
            assert b.server.stored["assets", "k"] == b"mine"


def test_programs(tmp_path):
    with Assets(tmp_path) as b:
        tool = b.folder / "tool"
        tool.write_text('#!/bin/sh\necho "$1" > out.zip\necho out.zip\n')
        tool.chmod(0o755)
        (b.app / "S1.assets.json").write_text(json.dumps({
            "version": "36.0.0", "files": {
                "e": file_asset({"executable": [str(tool), "a  b"]}, "e"),
                "x": file_asset({"executable": ["/bin/sh", "-c",
                                                "echo no >&2; exit 3"]},
                                "x")}}))
        r = b.publish()
        assert r.status == 1
        assert b.server.stored["assets", "e"] == b"a  b\n"
        assert b.calls("put")[0]["headers"]["content-type"] == \
            "application/zip"
        assert "My-S: fail: /bin/sh -c 'echo no >&2; exit 3' exited with " \
            "error code 3: no\n" in r.err


EVERYTHING = {
    "directory": "img", "dockerFile": "My.Dockerfile",
    "dockerBuildArgs": {"A": "1", "B": "x y"},
    "dockerBuildContexts": {"c": "docker-image://x"},
    "dockerBuildSecrets": {"s": "src=f"}, "dockerBuildSsh": "default",
    "dockerBuildTarget": "t", "networkMode": "host",
    "platform": "linux/amd64", "dockerOutputs": ["type=local,dest=out"],
    "cacheFrom": [{"type": "registry", "params": {"ref": "r", "x": "y"}},
                  {"type": "inline"}],
    "cacheTo": {"type": "registry", "params": {"ref": "r2"}},
    "cacheDisabled": True}
LOGIN = ["login", "--username", "AWS", "--password-stdin", REGISTRY]
BUILD = ["build", "--build-arg", "A=1", "--build-arg", "B=x y",
         "--build-context", "c=docker-image://x", "--secret", "id=s,src=f",
         "--ssh", "default", "--tag", "cdkasset-img1", "--target", "t",
         "--file", "My.Dockerfile", "--network", "host", "--platform",
         "linux/amd64", "--output=type=local,dest=out", "--cache-from",
         "type=registry,ref=r,x=y", "--cache-from", "type=inline",
         "--cache-to", "type=registry,ref=r2", "--no-cache", "."]


def images(tmp_path, source=None, **more):
    b = Assets(tmp_path, images={"IMG1": image_asset(source or EVERYTHING)},
               **more)
    (b.app / "img").mkdir()
    return b


def test_image(tmp_path):
    with images(tmp_path) as b:
        r = b.publish(env={"DOCKER_SCRIPT": json.dumps(
            {"build": ["step 1\n", "careful\n", 0]})})
        assert r.status == 0, r.err
        assert r.out.startswith("step 1\n") and "careful\n" in r.err
        calls = b.docker()
        assert [c["args"] for c in calls] == [
            LOGIN, ["inspect", "cdkasset-img1"], BUILD,
            ["tag", "cdkasset-img1", f"{REGISTRY}/repo:t1"],
            ["push", f"{REGISTRY}/repo:t1"]]
        assert calls[0]["stdin"] == "pass:word"
        assert calls[2]["attest"] == "1" and calls[2]["cwd"] == "img"
        assert calls[4]["attest"] is None
        assert "pass:word" not in r.out + r.err
        assert b.sequence() == ["DescribeRepositories", "DescribeImages",
                                "GetAuthorizationToken"]


def test_image_cached_or_there(tmp_path):
    with images(tmp_path / "1") as b:
        r = b.publish(env={"DOCKER_SCRIPT": '{"inspect": ["", "", 0]}'})
        assert r.status == 0
        assert [c["args"][0] for c in b.docker()] == ["login", "inspect",
                                                      "tag", "push"]
    with images(tmp_path / "2",
                scenario={"repositories": {"repo": ["t1"]}}) as b:
        r = b.publish()
        assert "All assets are already published" in r.err
        assert b.docker() == []


def test_image_fails(tmp_path):
    with images(tmp_path) as b:
        r = b.publish("-v", env={"DOCKER_SCRIPT": json.dumps(
            {"build": ["", "boom\n", 9]})})
        assert r.status == 1
        assert "exited with error code 9: boom\n" in r.err
        assert "'A=<redacted>'" in r.err and "x y" not in r.err
        assert r.err.endswith("Failed to build asset Img\n")
        assert b.docker()[-1]["args"] == BUILD
    with images(tmp_path / "none") as b:
        r = b.publish(env={"CDK_DOCKER": "no-such-docker"})
        assert r.status == 1
        assert "My-S: fail: Failed to find and execute 'no-such-docker' " \
            "while attempting to build a container asset." in r.err
    with images(tmp_path / "repo",
                scenario={"repositories": {}}) as b:
        r = b.publish()
        assert "My-S: fail: No ECR repository named 'repo' in account " \
            "111122223333. Is this account bootstrapped?\n" in r.err


def test_image_credentials(tmp_path):
    creds = tmp_path / "creds.json"
    creds.write_text(json.dumps({"version": "1.0", "domainCredentials": {
        "example.com": {"secretsManagerSecretId": "x"}}}))
    with images(tmp_path / "b", {"directory": "img"}) as b:
        r = b.publish(env={"CDK_DOCKER_CREDS_FILE": str(creds)})
        assert r.status == 0, r.err
        calls = b.docker()
        build = calls[1]
        assert build["args"][0] == "--config"
        assert build["args"][2:] == ["build", "--tag", "cdkasset-img1", "."]
        assert build["config"] == [
            True, '{"credHelpers":{"example.com":"cdk-assets"}}']
        assert [c["args"][0] for c in calls] == ["--config"] * 3 + [
            "login", "push"]
        assert leftovers(tmp_path) == []


def test_image_program(tmp_path):
    with images(tmp_path, {"executable": ["/bin/sh", "-c",
                                          "echo local:1; pwd >&2"]}) as b:
        assert b.publish().status == 0
        assert ["tag", "local:1", f"{REGISTRY}/repo:t1"] in \
            [c["args"] for c in b.docker()]


def test_bootstrap_version(tmp_path):
    with Assets(tmp_path, {"f": file_asset({"path": "f"}, "f")},
                scenario={"parameters": {"/v": "5"}},
                required={"requiresBootstrapStackVersion": 6,
                          "bootstrapStackVersionSsmParameter": "/v"}) as b:
        (b.app / "f").write_text("f")
        r = b.publish()
        assert r.status == 1 and "start:" not in r.err
        assert r.err.splitlines()[-1].startswith("My-S: ")
        assert "'6'" in r.err and "'5'" in r.err
        assert b.calls("put") == []


def test_many_in_parallel(tmp_path):
    files = {f"f{n}": file_asset({"path": f"{n}"}, f"k{n}")
             for n in range(40)}
    with Assets(tmp_path, files) as b:
        for n in range(40):
            (b.app / str(n)).write_text(str(n))
        r = b.publish("--concurrency", "8")
        assert r.status == 0, r.err
        assert len(b.server.stored) == 40
        assert len(b.calls("location")) == 1
        assert len(b.calls("encryption")) == 1


def events(r):
    got = [json.loads(line) for line in r.out.splitlines()]
    assert all(e.pop("schemaVersion") == 1 and e.pop("time") for e in got)
    assert got[0]["event"] == "run.started"
    assert got[-1]["event"] == "run.finished"
    got = got[1:-1]
    assert all(e.pop("stack") == "My-S" for e in got)
    return got


def test_progress_on_a_terminal(tmp_path):
    """Bytes and rate of what takes long; nothing of it in a pipe."""
    with big(tmp_path, size=20 * MIB) as b:
        args = ["publish-assets", "--unstable=publish-assets", "-a", "asm",
                "--no-notices"]
        status, text = talk(b, args, [])
        assert status == 0, text
        assert "Big  0 B of 21.0 MB" in text
        assert text.rstrip().endswith("Assets published successfully")
        r = b.publish("--force")
        assert r.status == 0 and "of 21.0 MB" not in r.err + r.out


def test_progress_while_deploying(tmp_path):
    """As `publish-assets`, above the bar of the stacks; not among events."""
    line = ["deploy", "-a", "asm", "--no-notices", "--require-approval",
            "never"]
    for more, shown in (((), True), (("--progress", "events"), False)):
        folder = tmp_path / str(shown)
        folder.mkdir()
        with big(folder, size=20 * MIB, operations=[good()]) as b:
            status, text = talk(b, [*line, *more], [])
            assert status == 0, text
            assert ("Big  0 B of 21.0 MB" in text) == shown
            assert b.server.stored["assets", "f"] == \
                (b.app / "f.bin").read_bytes()


def test_progress_events(tmp_path):
    with big(tmp_path, size=20 * MIB) as b:
        r = b.publish("--json")
        assert r.status == 0, r.err
        got = [json.loads(line) for line in r.out.splitlines()]
        last = [e for e in got if e["event"] == "asset.progress"][-1]
        assert last["bytes"] == last["totalBytes"] == 20 * MIB
        assert (last["stack"], last["asset"], last["name"],
                last["destination"]) == ("My-S", "f", "Big", "d1")
        names = [e["event"] for e in got]
        assert names.index("asset.progress") > names.index("asset.started")
    (tmp_path / "small").mkdir()
    with big(tmp_path / "small") as b:
        assert "asset.progress" not in b.publish("--json").out


def test_json_events(tmp_path):
    files = {"f": file_asset({"path": "f"}, "f", "F"),
             "g": file_asset({"path": "g"}, "g"),
             "there": file_asset({"path": "f"}, "there")}
    with Assets(tmp_path, files) as b:
        (b.app / "f").write_text("f")
        b.server.stored["assets", "there"] = b"t" * 30
        r = b.publish("--json", "--concurrency", "1")
        assert r.status == 1
        assert "My-S: start: Building F" in r.err
        asset = {"id": "f", "displayName": "F", "kind": "file"}
        got = events(r)
        assert got[0] == {"event": "asset.present", "action": "publish",
                          "destination": "d1", "asset": {
                              "id": "there", "displayName": "there",
                              "kind": "file"}}
        assert {"event": "asset.started", "action": "build", "asset": asset} in got
        assert {"event": "asset.succeeded", "action": "publish",
                "destination": "d1", "asset": asset} in got
        fail = [e for e in got if e["event"] == "asset.failed"]
        assert len(fail) == 1 and fail[0]["asset"]["id"] == "g"
        assert "does not exist" in fail[0]["message"]


# An engine of which so many builds have to run at once to end at all: each
# waits for the others (as many files as MEET says), or gives up.
MEETING_DOCKER = """#!/bin/sh
[ "$1" = inspect ] && exit 1
[ "$1" = build ] || exit 0
: >"$MEET_DIR/$$"
n=0
until [ "$(ls "$MEET_DIR" | wc -l)" -ge "$MEET" ]; do
	n=$((n + 1))
	[ $n -gt 200 ] && { echo alone >&2; exit 9; }
	sleep 0.05
done
echo "step 1"
printf "step 2, no newline"
echo warned >&2
"""


def meeting(b, n):
    meet = b.folder / "meet"
    meet.mkdir()
    program = b.folder / "meeting-docker"
    program.write_text(MEETING_DOCKER)
    program.chmod(0o755)
    return {"CDK_DOCKER": str(program), "MEET_DIR": str(meet),
            "MEET": str(n)}


def three_images(tmp_path):
    images = {f"i{n}": image_asset({"directory": f"d{n}"}, f"t{n}",
                                   name=f"Img{n}") for n in range(3)}
    b = Assets(tmp_path, images=images)
    for n in range(3):
        (b.app / f"d{n}").mkdir()
    return b


def test_image_parallelism(tmp_path):
    """Three at once, whole lines that say whose they are."""
    with three_images(tmp_path) as b:
        r = b.publish("--image-parallelism", "3", "--concurrency", "1",
                      env=meeting(b, 3))
        assert r.status == 0, r.err
        for n in range(3):
            assert f"My-S: Img{n}: step 1\n" in r.out
            assert f"My-S: Img{n}: step 2, no newline\n" in r.out
            assert f"My-S: Img{n}: warned\n" in r.err


def test_image_parallelism_is_a_limit(tmp_path):
    with three_images(tmp_path) as b:
        r = b.publish("--image-parallelism", "2", env=meeting(b, 3))
        assert r.status == 1 and "alone" in r.err


def test_output_is_unchanged_otherwise(tmp_path):
    with three_images(tmp_path) as b:
        # one after the other: what engines say goes out as it comes
        r = b.publish("--concurrency", "1", env=meeting(b, 1))
        assert r.status == 0, r.err
        assert r.out.startswith("step 1\nstep 2, no newline")


@pytest.mark.parametrize("value, where", [
    ("registry", REGISTRY + "/repo"),
    ("registry=cache.example/layers", "cache.example/layers")])
def test_image_cache(tmp_path, value, where):
    """Every image has a tag of its own; what the manifest says wins."""
    own = {"directory": "d", "cacheFrom": [{"type": "gha"}],
           "cacheTo": {"type": "gha"}}
    images = {"i1": image_asset({"directory": "d"}, "t1", name="A/B c"),
              "i2": image_asset({**own}, "t2", name="Own"),
              "i3": image_asset({"directory": "d", "cacheDisabled": True},
                                "t3", name="Off"),
              "i4": image_asset({"directory": "d"}, "t4", name="Other")}
    with Assets(tmp_path, images=images) as b:
        (b.app / "d").mkdir()
        r = b.publish("--image-cache", value)
        assert r.status == 0, r.err
        builds = {c["args"][c["args"].index("--tag") + 1]: c["args"]
                  for c in b.docker() if c["args"][0] == "build"}
        got = {tag: [a for a in args if a.startswith("--cache-")]
               for tag, args in builds.items()}
        first, second = got["cdkasset-i1"]
        ref = first.split("ref=")[1]
        assert first == f"--cache-from=type=registry,ref={ref}"
        assert second == (f"--cache-to=type=registry,ref={ref},mode=max,"
                          "image-manifest=true,oci-mediatypes=true,"
                          "ignore-error=true")
        assert ref.startswith(f"{where}:cache-A-B-c-")
        assert got["cdkasset-i2"] == ["--cache-from", "--cache-to"]
        assert "type=gha" in builds["cdkasset-i2"]
        assert got["cdkasset-i3"] == []
        assert f"{where}:cache-Other-" in got["cdkasset-i4"][0]


def test_image_cache_of_no_kind(tmp_path):
    with Assets(tmp_path, {"f": file_asset({"path": "f"}, "f")}) as b:
        r = b.publish("--image-cache", "disk")
        assert r.status == 1 and "'registry'" in r.err
