"""`ccdk login`: the device-code flow of IAM Identity Center, and a token that
the AWS CLI and the SDKs can use as their own."""
import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import time

import pytest
from harness import binary
from identity import Identity

START = "https://x.example/start"
SESSION = ("[profile p]\nsso_session = work\nsso_account_id = 111122223333\n"
           "sso_role_name = dev\n"
           f"[sso-session work]\nsso_start_url = {START}\n"
           "sso_region = eu-west-1\n")
LEGACY = (f"[profile old]\nsso_start_url = {START}\nsso_region = eu-west-1\n"
          "sso_account_id = 111122223333\nsso_role_name = dev\n")
SECRETS = ("client-secret", "device-secret", "sso-access-secret",
           "sso-refresh-secret")
READER = """
import sys, botocore.session
s = botocore.session.Session(profile=sys.argv[1])
c = s.get_credentials().get_frozen_credentials()
print(c.access_key)
"""


def token_file(b, key):
    name = hashlib.sha1(key.encode()).hexdigest() + ".json"
    return b.home / ".aws" / "sso" / "cache" / name


def login(b, *args, env=None):
    return b.run("login", "--no-browser", *args, keys=False, env=env)


def steps(b):
    return [a for a, _ in b.requests("oidc")]


@pytest.fixture
def bench(tmp_path):
    with Identity(tmp_path, {}) as b:
        b.aws_file("config", SESSION + LEGACY)
        yield b


def test_session(bench):
    r = login(bench, "--profile", "p")
    assert (r.status, r.out) == (0, "")
    page = f"{bench.server.url}/page?user_code=ABCD-EFGH"
    assert f"\n  {page}\n" in r.err
    assert "It has to show this code: ABCD-EFGH" in r.err
    assert f"Logged in to {START} until 20" in r.err
    assert bench.requests("oidc") == [
        ("/client/register", {"clientName": "ccdk", "clientType": "public",
                              "scopes": ["sso:account:access"]}),
        ("/device_authorization", {
            "clientId": "client-1", "clientSecret": "client-secret",
            "startUrl": START}),
        ("/token", {"clientId": "client-1", "clientSecret": "client-secret",
                    "grantType":
                        "urn:ietf:params:oauth:grant-type:device_code",
                    "deviceCode": "device-secret"})]
    file = token_file(bench, "work")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    doc = json.loads(file.read_text())
    assert doc.pop("expiresAt").endswith("Z")
    assert doc == {
        "startUrl": START, "region": "eu-west-1",
        "accessToken": "sso-access-secret", "clientId": "client-1",
        "clientSecret": "client-secret",
        "registrationExpiresAt": "2100-01-01T00:00:00Z",
        "refreshToken": "sso-refresh-secret"}
    r = bench.run("whoami", "--profile", "p", keys=False)
    assert r.status == 0 and "SSO of profile 'p'" in r.out
    assert bench.requests("portal")[0][1]["bearer"] == "sso-access-secret"


def test_legacy(bench):
    """The old form: no scopes, and the file is named by the start URL."""
    r = login(bench, "--profile", "old")
    assert r.status == 0
    assert "scopes" not in bench.requests("oidc")[0][1]
    assert token_file(bench, START).exists()
    assert bench.run("whoami", "--profile", "old", keys=False).status == 0


@pytest.mark.parametrize("profile", ["p", "old"])
def test_botocore_reads_the_token(bench, profile):
    assert login(bench, "--profile", profile).status == 0
    got = subprocess.run(
        [sys.executable, "-c", READER, profile], text=True, check=False,
        capture_output=True, env={
            "PATH": os.environ["PATH"], "HOME": str(bench.home),
            "AWS_ENDPOINT_URL": bench.server.url,
            "AWS_EC2_METADATA_DISABLED": "true"})
    assert got.stdout == "ASIASSO1EXAMPLE\n", got.stderr
    assert bench.requests("portal")[-1][1]["bearer"] == "sso-access-secret"


def test_waits_for_a_person(bench):
    bench.server.world.s["tokens"] = [
        "authorization_pending", "slow_down", "drop",
        "authorization_pending", {}]
    assert login(bench, "--profile", "p").status == 0
    assert steps(bench).count("/token") == 5


def test_slow_down_is_heard(bench):
    """Five seconds more from then on, as the protocol says."""
    bench.server.world.s["tokens"] = ["slow_down", {}]
    began = time.monotonic()
    assert login(bench, "--profile", "p",
                 env={"CCDK_POLL_SCALE": "20"}).status == 0
    assert time.monotonic() - began >= (1 + 6) * 0.2


@pytest.mark.parametrize("error,text", [
    ("access_denied", "the login was refused on the page"),
    ("expired_token", "nobody agreed before the code expired; run the "
                      "command again"),
    ("invalid_grant", "words about invalid_grant")])
def test_refusals(bench, error, text):
    bench.server.world.s["tokens"] = ["authorization_pending", error]
    r = login(bench, "--profile", "p")
    assert r.status == 1 and text in r.err
    assert not token_file(bench, "work").exists()


def test_code_that_runs_out(bench):
    bench.server.world.s.update(tokens=["authorization_pending"],
                                expires_in=1)
    r = login(bench, "--profile", "p")
    assert r.status == 1
    assert "nobody agreed before the code expired" in r.err


def test_old_file_becomes_private(bench):
    file = token_file(bench, "work")
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    file.chmod(0o644)
    assert login(bench, "--profile", "p").status == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_which_session(bench):
    """By name, by AWS_PROFILE, through a role's source, or the only one."""
    assert login(bench, "--sso-session", "work").status == 0
    assert login(bench, env={"AWS_PROFILE": "p"}).status == 0
    bench.aws_file("config", SESSION + "[profile role]\nrole_arn = arn:x\n"
                   "source_profile = p\n")
    assert login(bench, "--profile", "role").status == 0
    token_file(bench, "work").unlink()
    assert login(bench).status == 0
    assert token_file(bench, "work").exists()


@pytest.mark.parametrize("config,args,text", [
    ("", ["--profile", "x"], "there is no profile 'x'"),
    ("", [], "there is no profile 'default'"),
    ("", ["--sso-session", "x"], "there is no [sso-session x]"),
    ("[sso-session x]\nsso_region = r\n", ["--sso-session", "x"],
     "[sso-session x] of the AWS configuration file lacks sso_start_url"),
    ("[profile x]\nsso_start_url = u\n", ["--profile", "x"],
     "profile 'x' lacks sso_region"),
    ("[profile x]\nregion = r\n", ["--profile", "x"],
     "profile 'x' has nothing to do with IAM Identity Center"),
    ("[profile x]\nlogin_session = arn\n", ["--profile", "x"],
     "run: aws login --profile x"),
    ("[profile x]\nsource_profile = y\n[profile y]\nsource_profile = x\n",
     ["--profile", "x"], "has nothing to do with IAM Identity Center"),
])
def test_bad_settings(bench, config, args, text):
    bench.aws_file("config", config)
    r = login(bench, *args)
    assert r.status == 1 and text in r.err
    assert bench.requests("oidc") == []


def test_browser(bench):
    note = bench.folder / "opened"
    r = bench.run("login", "--profile", "p", "--browser",
                  f"echo %u > {note}", keys=False)
    assert r.status == 0
    assert note.read_text() == \
        f"{bench.server.url}/page?user_code=ABCD-EFGH\n"


def test_address_is_no_command(bench):
    """What the service sends does not reach the shell unless it is plain."""
    bench.server.world.s["page"] = "https://x/$(touch pwned)"
    note = bench.folder / "opened"
    r = bench.run("login", "--profile", "p", "--browser",
                  f"echo %u > {note}", keys=False)
    assert r.status == 0 and "$(touch pwned)" in r.err
    assert not note.exists() and not (bench.folder / "pwned").exists()


def test_secrets_stay_inside(bench):
    r = login(bench, "--profile", "p", "-vvv", "--debug",
              env={"CCDK_TRACE": "all"})
    assert r.status == 0
    for secret in SECRETS:
        assert secret not in r.out + r.err


def test_interrupt(bench):
    """Ctrl-C ends the waiting at once and leaves nothing behind."""
    bench.server.world.s["tokens"] = ["authorization_pending"]
    p = subprocess.Popen(
        [*binary(), "login", "--profile", "p", "--no-browser"],
        cwd=bench.folder, stderr=subprocess.PIPE, text=True, env={
            "PATH": os.environ["PATH"], "HOME": str(bench.home),
            "AWS_ENDPOINT_URL": bench.server.url,
            "AWS_EC2_METADATA_DISABLED": "true"})
    while "Waiting" not in p.stderr.readline():
        pass
    p.send_signal(signal.SIGINT)
    assert p.wait(timeout=20) != 0
    p.stderr.close()
    assert not token_file(bench, "work").exists()


def test_named_where_a_login_is_missed(bench):
    r = bench.run("deploy", "S1", "--profile", "p", keys=False)
    assert r.status == 1
    assert r.err.count("Or run: ccdk login --profile p") == 1


# ---- with a browser of this machine ----------------------------------------

BROWSER = """#!/usr/bin/env python3
import pathlib, sys, urllib.request
url = sys.argv[1]
note = pathlib.Path(__file__).parent
(note / "opened").write_text(url)
if (note / "scan").exists():  # somebody else on this machine comes first
    port = url.split("127.0.0.1%3A")[1].split("%2F")[0]
    for path in ("/", "/oauth/callback", "/favicon.ico"):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}")
        except urllib.error.HTTPError as e:
            assert e.code == 404
(note / "answer").write_text(urllib.request.urlopen(url).read().decode())
"""


def pkce(b, *args, back=None, scan=False):
    """The browser runs beside, as xdg-open leaves it."""
    browser = b.folder / "browser.py"
    browser.write_text(BROWSER)
    if scan:
        (b.folder / "scan").touch()
    if back is not None:
        b.server.world.s["back"] = back
    return b.run("login", "--pkce", "--browser",
                 f"{sys.executable} {browser} %u >/dev/null 2>&1 &", *args,
                 keys=False)


def test_pkce(bench):
    r = pkce(bench, "--profile", "p", scan=True)
    assert r.status == 0, r.err
    assert "open this page in a browser of this machine" in r.err
    assert [a for a, _ in bench.requests("oidc")] == [
        "/client/register", "/authorize", "/token"]
    registered, authorized, asked = (p for _, p in bench.requests("oidc"))
    assert registered == {
        "clientName": "ccdk", "clientType": "public",
        "scopes": ["sso:account:access"],
        "grantTypes": ["authorization_code", "refresh_token"],
        "redirectUris": ["http://127.0.0.1/oauth/callback"],
        "issuerUrl": START}
    assert authorized["response_type"] == "code"
    assert authorized["code_challenge_method"] == "S256"
    assert authorized["scopes"] == "sso:account:access"
    assert authorized["redirect_uri"] == asked["redirectUri"]
    assert asked["redirectUri"].startswith("http://127.0.0.1:")
    assert len(asked["codeVerifier"]) == 64
    assert asked["code"] == "the/code"
    doc = json.loads(token_file(bench, "work").read_text())
    assert doc["accessToken"] == "sso-access-secret"
    deadline = time.monotonic() + 20
    answer = bench.folder / "answer"
    while not (answer.exists() and answer.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert answer.read_text() == \
        "You are logged in and may close this page.\n"


@pytest.mark.parametrize("back,text", [
    ({"state": "other"}, "the browser came back from another login"),
    ({"state": None}, "the browser came back from another login"),
    ({"code": None, "error": "access_denied"},
     "the login was refused on the page"),
    ({"code": None}, "the browser came back without a code"),
    ({"code": "wrong"}, "wrong proof")])
def test_pkce_refusals(bench, back, text):
    r = pkce(bench, "--profile", "p", back=back)
    assert r.status == 1 and text in r.err
    assert not token_file(bench, "work").exists()


def test_pkce_needs_a_session(bench):
    r = pkce(bench, "--profile", "old")
    assert r.status == 1 and "--pkce needs a profile with sso_session" in r.err


def test_pkce_secrets(bench):
    r = pkce(bench, "--profile", "p", "-vvv", "--debug")
    assert r.status == 0
    verifier = bench.requests("oidc")[-1][1]["codeVerifier"]
    for secret in (*SECRETS, verifier, "the/code"):
        assert secret not in r.out + r.err
