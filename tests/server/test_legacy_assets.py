"""Assets as stack metadata and parameters: published by `deploy`, with an
assembly that the real library writes (LegacyStackSynthesizer), and the same
one as the first libraries wrote it."""
import io
import json
import os
import shutil
import stat
import subprocess
import zipfile

import pytest

from assets import FAKE_DOCKER, REGISTRY, serve_assets
from harness import ROOT, Bench, good
from test_deploy import NEVER

APP = ROOT / "tests/apps/legacy"
NODE_MODULES = ROOT / "build/npm/node_modules"
TOOLKIT = {"Outputs": [
    {"OutputKey": "BucketName", "OutputValue": "assets"},
    {"OutputKey": "BucketDomainName",
     "OutputValue": "assets.s3.us-east-1.amazonaws.com"},
    {"OutputKey": "BootstrapVersion", "OutputValue": "30"}]}
REPO = "aws-cdk/assets"


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory):
    if not (NODE_MODULES / "aws-cdk-lib").is_dir() or not shutil.which("node"):
        pytest.skip("node or aws-cdk-lib is missing")
    out = tmp_path_factory.mktemp("legacy") / "asm"
    env = dict(os.environ, CDK_OUTDIR=str(out), CDK_VALIDATION="false",
               NODE_PATH=str(NODE_MODULES), CDK_CONTEXT_JSON=json.dumps(
                   {"aws:cdk:enable-asset-metadata": True}))
    subprocess.run(["node", str(APP / "app.js")], check=True, env=env,
                   timeout=120)
    return out


class Legacy(Bench):
    def __init__(self, folder, asm, scenario=None):
        super().__init__(folder, scenario if scenario is not None else {
            "stacks": {"CDKToolkit": TOOLKIT},
            "operations": [good(name=n) for n in
                           ("Files", "Image", "Prod-Nested")]})
        shutil.rmtree(self.app)
        shutil.copytree(asm, self.app)
        serve_assets(self.server)
        docker = folder / "docker"
        docker.write_text(FAKE_DOCKER)
        docker.chmod(docker.stat().st_mode | stat.S_IXUSR)

    def deploy(self, *args, env=None):
        return self.run("deploy", *NEVER, *args, env={
            "CDK_DOCKER": str(self.folder / "docker"),
            "DOCKER_LOG": str(self.folder / "docker.log"),
            "TMPDIR": str(self.folder), **(env or {})})

    def assets(self, stack):
        manifest = json.loads((self.app / "manifest.json").read_text())
        a = manifest["artifacts"][stack]
        lists = list(a.get("metadata", {}).values())
        if "additionalMetadataFile" in a:
            lists += json.loads((self.app / a["additionalMetadataFile"])
                                .read_text()).values()
        return {e["data"]["packaging"]: e["data"] for entries in lists
                for e in entries if e["type"] == "aws:cdk:asset"}

    def did(self, *what):
        return [c for c in self.server.calls if c["what"] in what]

    def docker_calls(self):
        log = self.folder / "docker.log"
        return [json.loads(x)["args"][0]
                for x in log.read_text().splitlines()] if log.exists() else []


def parameters(result):
    p = result.params("CreateChangeSet")[-1]
    n = 1
    out = {}
    while f"Parameters.member.{n}.ParameterKey" in p:
        at = f"Parameters.member.{n}."
        out[p[at + "ParameterKey"]] = p.get(at + "ParameterValue")
        n += 1
    return out


def expected(assets):
    """What the reference sends for a file and a folder."""
    out = {}
    for packaging, suffix in (("file", ".json"), ("zip", ".zip")):
        a = assets[packaging]
        out[a["s3BucketParameter"]] = "assets"
        out[a["s3KeyParameter"]] = f"assets/||{a['sourceHash']}{suffix}"
        out[a["artifactHashParameter"]] = a["sourceHash"]
    return out


def check_files(b, r, stack):
    assets = b.assets(stack)
    assert parameters(r) == expected(assets)
    keys = {k for bucket, k in b.server.stored if bucket == "assets"}
    assert {f"assets/{assets['file']['sourceHash']}.json",
            f"assets/{assets['zip']['sourceHash']}.zip"} == keys
    data = b.server.stored[
        "assets", f"assets/{assets['zip']['sourceHash']}.zip"]
    assert zipfile.ZipFile(io.BytesIO(data)).namelist() == ["index.js"]


def test_files(tmp_path, synthesized):
    with Legacy(tmp_path, synthesized) as b:
        r = b.deploy("Files", "--no-asset-parallelism")
        assert r.status == 0, r.err
        check_files(b, r, "Files")
        first, second = (b.assets("Files")[k]["sourceHash"]
                         for k in ("file", "zip"))
        lines = [x for x in r.err.splitlines() if x.startswith("[")]
        assert lines == [f"[0%] start: Publishing {first}:current",
                         f"[50%] success: Published {first}:current",
                         f"[50%] start: Publishing {second}:current",
                         f"[100%] success: Published {second}:current"]


def test_files_at_once(tmp_path, synthesized):
    with Legacy(tmp_path, synthesized) as b:
        r = b.deploy("Files")
        assert r.status == 0, r.err
        lines = [x.split(": ")[0:2] for x in r.err.splitlines()
                 if x.startswith("[")]
        assert lines == [["[0%] start", lines[0][1]],
                         ["[0%] start", lines[1][1]],
                         ["[50%] success", lines[2][1]],
                         ["[100%] success", lines[3][1]]]
        assert [x[1] for x in lines[:2]] == [
            f"Publishing {b.assets('Files')[k]['sourceHash']}:current"
            for k in ("file", "zip")]


@pytest.mark.parametrize("version, asks", [(None, 1), ("x", 1), ("20", 2),
                                           ("21", 1)])
def test_whose_bucket(tmp_path, synthesized, version, asks):
    """The second question is for the owner; a toolkit stack of the first
    templates, without a version, means that others' buckets are fine."""
    outputs = [o for o in TOOLKIT["Outputs"]
               if o["OutputKey"] != "BootstrapVersion"]
    if version:
        outputs.append({"OutputKey": "BootstrapVersion",
                        "OutputValue": version})
    with Legacy(tmp_path, synthesized, {
            "stacks": {"CDKToolkit": {"Outputs": outputs}},
            "operations": [good(name="Files")]}) as b:
        r = b.deploy("Files", "--no-asset-parallelism")
        assert r.status == 0, r.err
        assert len(b.did("location")) == asks


def as_version_1(asm):
    """Metadata in the manifest, tags with capitals, no display names."""
    path = asm / "manifest.json"
    m = json.loads(path.read_text())
    m["version"] = "1.21.0"
    del m["minimumCliVersion"]
    for a in m["artifacts"].values():
        a.pop("displayName", None)
        name = a.pop("additionalMetadataFile", None)
        if name:
            a["metadata"] = json.loads((asm / name).read_text())
            (asm / name).unlink()
            a["properties"] = {
                "templateFile": a["properties"]["templateFile"]}
            for entries in a["metadata"].values():
                for e in entries:
                    if e["type"] == "aws:cdk:stack-tags":
                        e["data"] = [{"Key": t["key"], "Value": t["value"]}
                                     for t in e["data"]]
    path.write_text(json.dumps(m))


def test_version_1(tmp_path, synthesized):
    with Legacy(tmp_path, synthesized) as b:
        as_version_1(b.app)
        r = b.deploy("Files")
        assert r.status == 0, r.err
        check_files(b, r, "Files")


def test_nested(tmp_path, synthesized):
    with Legacy(tmp_path, synthesized) as b:
        r = b.deploy("Prod/Nested")
        assert r.status == 0, r.err
        assert len(b.server.stored) == 2 and len(parameters(r)) == 6


def deployed(b, stack, **values):
    """As if it had been deployed before, with these values on top."""
    params = {**expected(b.assets(stack)), **values}
    manifest = json.loads((b.app / "manifest.json").read_text())
    file = manifest["artifacts"][stack]["properties"]["templateFile"]
    return {"CDKToolkit": TOOLKIT, stack: {
        "StackStatus": "CREATE_COMPLETE",
        "template": (b.app / file).read_text(),
        "Tags": [{"Key": "team", "Value": "blue"}],
        "Parameters": [{"ParameterKey": k, "ParameterValue": v}
                       for k, v in params.items()]}}


def test_second_time(tmp_path, synthesized):
    with Legacy(tmp_path, synthesized) as b:
        b.server.play({"stacks": deployed(b, "Files")})
        r = b.deploy("Files")
        assert r.status == 0 and "✅  Files (no changes)" in r.err, r.err
        assert not b.did("put") and "CreateChangeSet" not in r.actions()


def test_other_content(tmp_path, synthesized):
    """The template is the same, the hash of an asset is not."""
    with Legacy(tmp_path, synthesized) as b:
        a = b.assets("Files")["file"]
        b.server.play({"operations": [good("UPDATE", "Files")],
                       "stacks": deployed(b, "Files", **{
                           a["artifactHashParameter"]: "0" * 64})})
        r = b.deploy("Files")
        assert r.status == 0, r.err
        assert parameters(r) == expected(b.assets("Files"))


def test_image_and_repository(tmp_path, synthesized):
    with Legacy(tmp_path, synthesized) as b:
        r = b.deploy("Image")
        assert r.status == 0, r.err
        create = b.did("CreateRepository")[0]["input"]
        assert create == {"repositoryName": REPO, "tags": [
            {"Key": "awscdk:asset", "Value": "true"}]}
        assert b.did("PutImageScanningConfiguration")[0]["input"] == {
            "repositoryName": REPO,
            "imageScanningConfiguration": {"scanOnPush": True}}
        assert b.docker_calls() == ["login", "inspect", "build", "tag",
                                    "push"]
        build = [json.loads(x)["args"] for x in
                 (tmp_path / "docker.log").read_text().splitlines()][2]
        assert build[:3] == ["build", "--build-arg", "LEVEL=1"]


def test_image_parameter(tmp_path, synthesized):
    """Before version 1.21 the image's name was a parameter of its own."""
    with Legacy(tmp_path, synthesized) as b:
        as_version_1(b.app)
        path = b.app / "manifest.json"
        m = json.loads(path.read_text())
        stack = m["artifacts"]["Image"]
        for e in stack["metadata"]["/Image"]:
            if e.get("data", {}).__class__ is dict and \
                    e["data"].get("packaging") == "container-image":
                del e["data"]["repositoryName"], e["data"]["imageTag"]
                e["data"].update(id="Image:A/B",
                                 imageNameParameter="ImageName")
                digest = e["data"]["sourceHash"]
        path.write_text(json.dumps(m))
        t = b.app / stack["properties"]["templateFile"]
        template = json.loads(t.read_text())
        template["Parameters"]["ImageName"] = {"Type": "String"}
        t.write_text(json.dumps(template))
        r = b.deploy("Image")
        assert r.status == 0, r.err
        assert parameters(r)["ImageName"] == \
            f"{REGISTRY}/cdk/image-a-b:{digest}"


def test_build_exclude_keeps_what_is_deployed(tmp_path, synthesized):
    with Legacy(tmp_path, synthesized) as b:
        a = b.assets("Files")["file"]
        b.server.play({"operations": [good("UPDATE", "Files")],
                       "stacks": deployed(b, "Files")})
        r = b.deploy("Files", "--force", "-E", a["id"], "-v")
        assert r.status == 0, r.err
        assert f"Reusing asset {a['id']}: " in r.err
        assert parameters(r)[a["s3KeyParameter"]] is None  # UsePreviousValue
        assert len(b.did("put")) == 1


def test_not_bootstrapped(tmp_path, synthesized):
    with Legacy(tmp_path, synthesized, {}) as b:
        r = b.deploy("Files")
        assert r.status == 1 and not b.server.stored
        assert ("This stack uses assets, so the toolkit stack must be "
                'deployed to the environment (Run "cdk bootstrap '
                'aws://111122223333/us-east-1")') in r.err


def test_upload_fails(tmp_path, synthesized):
    fault = {"part": 0, "times": 99, "status": 403, "code": "AccessDenied"}
    with Legacy(tmp_path, synthesized, {
            "stacks": {"CDKToolkit": TOOLKIT},
            "upload_faults": [fault]}) as b:
        r = b.deploy("Files", "--no-asset-parallelism")
        assert r.status == 1
        assert r.err.count("%] fail: AccessDenied") == 2
        assert ("Failed to publish one or more assets. See the error messages "
                "above for more information.") in r.err
        assert "CreateChangeSet" not in r.actions()


@pytest.mark.parametrize("change, text", [
    ({"packaging": "floppy"}, "Unsupported packaging type: floppy. You might "
     "need to upgrade your aws-cdk toolkit to support this asset type."),
    ({"packaging": "container-image"},
     'Invalid Docker image asset configuration: "repositoryName" and '
     '"imageTag" are required when "imageNameParameter" is left out'),
    ({"path": "../../outside"}, "is outside the cloud assembly folder"),
    ({"sourceHash": 5}, "has no 'sourceHash'"),
])
def test_bad_metadata(tmp_path, synthesized, change, text):
    with Legacy(tmp_path, synthesized) as b:
        as_version_1(b.app)
        path = b.app / "manifest.json"
        m = json.loads(path.read_text())
        for e in m["artifacts"]["Files"]["metadata"]["/Files"]:
            if e["type"] == "aws:cdk:asset":
                e["data"].update(change)
        path.write_text(json.dumps(m))
        r = b.deploy("Files")
        assert r.status == 1 and text in r.err
        assert "CreateChangeSet" not in r.actions()


def test_publish_assets_does_not_know_them(tmp_path, synthesized):
    """As in the reference: only asset manifests count there."""
    with Legacy(tmp_path, synthesized) as b:
        r = b.run("publish-assets", "--unstable=publish-assets", "Files")
        assert r.status == 0, r.err
        assert "All assets are already published" in r.err
        assert not b.server.stored


def test_planned_and_applied(tmp_path, synthesized):
    """Published when planned; applying needs no assembly."""
    with Legacy(tmp_path, synthesized) as b:
        r = b.run("plan", "Files", "-o", "plan.json")
        assert r.status == 0, r.err
        assert parameters(r) == expected(b.assets("Files"))
        assert len(b.did("put")) == len(b.server.stored) > 0
        shutil.rmtree(b.app)
        r = b.run("apply", "plan.json")
    assert r.status == 0, r.err
    assert r.actions().count("CreateChangeSet") == 1
