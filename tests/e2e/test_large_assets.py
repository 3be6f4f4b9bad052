"""Files that go up in parts, with an emulator that checks the checksums: what
is there afterwards, by another client's reading."""
import json
import os

import pytest

from conftest import ACCOUNT, REGION

MIB = 1 << 20
BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
KEY = "large.bin"


@pytest.fixture
def app(bootstrapped, tmp_path):
    """A stack with one file of 12 MiB and some."""
    asm = tmp_path / "asm"
    asm.mkdir()
    (asm / "f").write_bytes(os.urandom(12 * MIB + 7))
    (asm / "S.json").write_text('{"Resources": {}}')
    (asm / "S.assets.json").write_text(json.dumps({
        "version": "36.0.0", "dockerImages": {}, "files": {"big": {
            "displayName": "Big", "source": {"path": "f"},
            "destinations": {"d": {"bucketName": BUCKET,
                                   "objectKey": KEY}}}}}))
    (asm / "manifest.json").write_text(json.dumps({
        "version": "36.0.0", "artifacts": {
            "S.assets": {"type": "cdk:asset-manifest",
                         "properties": {"file": "S.assets.json"}},
            "S": {"type": "aws:cloudformation:stack",
                  "environment": f"aws://{ACCOUNT}/{REGION}",
                  "properties": {"templateFile": "S.json"},
                  "dependencies": ["S.assets"]}}}))
    return bootstrapped, asm


def publish(cloud, asm, *args):
    return cloud.ok("publish-assets", "--unstable=publish-assets", "-a", asm,
                    *args)


def verified(cloud, asm):
    done = cloud.run("assets", "verify", "--json", "-a", asm)
    one = json.loads(done.out)["assets"][0]
    return one["status"], one.get("checkedBy")


def stored(cloud):
    return cloud.client("s3").get_object(Bucket=BUCKET,
                                         Key=KEY)["Body"].read()


def test_parts(app):
    cloud, asm = app
    publish(cloud, asm)
    assert stored(cloud) == (asm / "f").read_bytes()
    head = cloud.client("s3").head_object(Bucket=BUCKET, Key=KEY,
                                          ChecksumMode="ENABLED")
    assert head["ETag"].endswith('-3"')
    assert verified(cloud, asm) == ("ok", "etag")
    assert head["ChecksumCRC32"].endswith("-3")
    # one byte of it
    with open(asm / "f", "r+b") as f:
        f.seek(7 * MIB)
        old = f.read(1)
        f.seek(7 * MIB)
        f.write(bytes([old[0] ^ 1]))
    assert verified(cloud, asm)[0] == "differs"
    publish(cloud, asm, "--force")
    assert stored(cloud) == (asm / "f").read_bytes()


def test_interrupted(app):
    """The first part is there already, by another client."""
    cloud, asm = app
    s3 = cloud.client("s3")
    data = (asm / "f").read_bytes()
    begun = s3.create_multipart_upload(Bucket=BUCKET, Key=KEY,
                                       ChecksumAlgorithm="CRC32")
    s3.upload_part(Bucket=BUCKET, Key=KEY, UploadId=begun["UploadId"],
                   PartNumber=1, Body=data[:5 * MIB],
                   ChecksumAlgorithm="CRC32")
    publish(cloud, asm)
    assert stored(cloud) == data
    assert not s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads")
