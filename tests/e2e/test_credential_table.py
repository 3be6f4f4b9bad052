"""Every configuration of the credential table uses the access key that the
reference uses; see tests/gen/credential_table.py for where they are from."""
import json
import os
import subprocess

import pytest

from conftest import CCDK, ROOT
from credstub import Server, lay_out

TABLE = json.loads(
    (ROOT / "tests/vectors/credentials/table.json").read_text())
BUILD = os.environ.get("CCDK_BUILD", str(ROOT / "build/release"))
SECONDS = 60
# keys and tokens of the table: neither messages nor traces hold them
SECRETS = ["AKID", "ASIA", "webtoken", "filetok", "cached", "imds-token"]


@pytest.fixture(scope="module")
def server():
    found = Server()
    yield found
    found.close()


def run(argv, row, home, server, trace=""):
    env = {"PATH": os.environ["PATH"], "CCDK_POLL_SCALE": "1",
           "CCDK_TRACE": trace,
           **{k: v for k, v in os.environ.items() if k.endswith("_OPTIONS")},
           **lay_out(row, home, server.url)}
    server.take_signer()
    option = ["--profile", row["profile"]] if "profile" in row else []
    return subprocess.run([*argv, *option], env=env, cwd=home, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=SECONDS, check=False)


def test_size():
    assert len(TABLE) >= 60
    assert all(r["botocore"] == r["reference"] or r.get("differs")
               for r in TABLE)


@pytest.mark.parametrize("row", TABLE, ids=[r["name"] for r in TABLE])
def test_row(row, server, tmp_path):
    done = run([f"{BUILD}/awscall", "STS_GET_CALLER_IDENTITY"], row,
               tmp_path, server, "all")
    assert server.take_signer() == row["reference"], done.stderr
    assert (done.returncode == 0) == (row["reference"] != "none"), done
    assert "Sanitizer" not in done.stderr, done.stderr
    assert " creds: " in done.stderr or row["reference"] == "none"
    for secret in SECRETS:
        assert secret not in done.stderr


def test_reason_is_given_where_it_matters(server, tmp_path):
    """An ended session: silent in a listing, named where keys are missed."""
    row = next(r for r in TABLE if r["name"] == "legacy ended")
    asm = tmp_path / "asm"
    asm.mkdir()
    (asm / "t.json").write_text('{"Resources":{"A":{"Type":"A::B::C"}}}')
    (asm / "manifest.json").write_text(json.dumps({
        "version": "36.0.0", "artifacts": {"S": {
            "type": "aws:cloudformation:stack",
            "environment": "aws://111111111111/us-east-1",
            "properties": {"templateFile": "t.json"}}}}))
    listing = run([CCDK, "ls", "--app", str(asm), "--no-notices"], row,
                  tmp_path, server)
    assert (listing.returncode, listing.stdout, listing.stderr) == (
        0, "S\n", "")
    done = run([CCDK, "deploy", "--app", str(asm), "--no-notices"], row,
               tmp_path, server)
    assert done.returncode == 1
    assert ("Need to perform AWS calls for account 111111111111, but no "
            "credentials have been configured") in done.stderr
    assert done.stderr.count(
        "The SSO session associated with this profile has expired. To "
        "refresh this SSO session run aws sso login with the corresponding "
        "profile.") == 1
