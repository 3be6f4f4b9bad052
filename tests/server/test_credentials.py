"""Where credentials come from and how long they last, over whole runs: a
profile per account, roles for the tokens of build systems, credentials that
end in the middle, and an app that gets none."""
import hashlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from harness import binary, good
from identity import Identity

HERE, THERE = "111122223333", "444455556666"
FIRST, SECOND = "AKIAFIRSTEXAMPLE1111", "AKIASECONDEXAMPLE222"


def profile(name, key, token=""):
    return (f"[{name}]\naws_access_key_id = {key}\n"
            f"aws_secret_access_key = secret-of-{name}\n" +
            (f"aws_session_token = {token}\n" if token else ""))


def write_process(b, key, **more):
    (b.folder / "creds.json").write_text(json.dumps({
        "Version": 1, "AccessKeyId": key, "SecretAccessKey": "s",
        "SessionToken": "t", **more}))


def keys_of(b, action):
    return [k for a, k in b.server.signers if a == action]


# ---- a profile per account -------------------------------------------------

ACCOUNTS = {"keys": {FIRST: {"account": HERE}, SECOND: {"account": THERE}}}


def two_accounts(b):
    """S1 here, S2 there; each account with its profile."""
    manifest = b.app / "manifest.json"
    doc = json.loads(manifest.read_text())
    doc["artifacts"]["S2"]["environment"] = f"aws://{THERE}/us-east-1"
    manifest.write_text(json.dumps(doc))
    b.aws_file("credentials", profile("one", FIRST) + profile("two", SECOND))
    (b.folder / "cdk.json").write_text(json.dumps(
        {"profiles": {HERE: "one", THERE: "two"}}))


@pytest.fixture
def accounts(tmp_path):
    with Identity(tmp_path, {**ACCOUNTS, "operations": [good()]},
                  {"S1": {}, "S2": {}}) as b:
        two_accounts(b)
        yield b


def test_profile_per_account(accounts):
    r = accounts.run("deploy", "--all", "--require-approval=never",
                     keys=False)
    assert r.status == 0, r.err
    created = [(p["StackName"], k) for (_, a, p), (_, k) in zip(
        [q for q in accounts.server.requests
         if q[0] in ("sts", "cloudformation")], accounts.server.signers)
        if a == "CreateChangeSet"]
    assert created == [("S1", FIRST), ("S2", SECOND)]


def test_profile_per_account_in_whoami(accounts):
    r = accounts.run("whoami", "--all", "--json", keys=False)
    # the run's own are none; the profiles of the accounts work
    assert r.status == 1
    got = json.loads(r.out)
    assert got["accounts"][THERE]["profile"] == "two"
    assert got["accounts"][THERE]["profileFrom"] == "profiles"
    assert got["accounts"][THERE]["account"] == THERE
    assert [s["roles"][0]["status"] for s in got["stacks"]] == \
        ["base-credentials"] * 2
    r = accounts.run("whoami", env={"AWS_PROFILE": "one"}, keys=False)
    assert r.status == 0
    assert f"\nFor account {THERE}\nAccount      {THERE}\n" in r.out


def test_line_beats_profiles(accounts):
    """--profile is for the whole run."""
    r = accounts.run("whoami", "--all", "--json", "--profile", "one",
                     keys=False)
    got = json.loads(r.out)
    assert got["accounts"] == {}
    assert [s["roles"][0]["status"] for s in got["stacks"]] == [
        "base-credentials", "failed"]
    assert got["stacks"][1]["roles"][0]["message"] == (
        f"Need to perform AWS calls for account {THERE}, but the current "
        f"credentials are for {HERE}")


def test_profile_of_another_account(accounts):
    """Of use to assume a role with, and said so."""
    (accounts.folder / "cdk.json").write_text(json.dumps(
        {"profiles": {THERE: "one"}}))
    r = accounts.run("whoami", env={"AWS_PROFILE": "one"}, keys=False)
    assert "Warning      the profile is for another account" in r.out


def test_roles_of_a_profile(accounts):
    """Its partition is in the names; it is named when a role fails."""
    roles = {name: f"arn:aws-cn:iam::{THERE}:role/{name}"
             for name in ("deploy", "look")}
    manifest = accounts.app / "manifest.json"
    doc = json.loads(manifest.read_text())
    doc["artifacts"]["S2"]["properties"].update({
        "assumeRoleArn": "arn:${AWS::Partition}:iam::${AWS::AccountId}:"
                         "role/deploy",
        "lookupRole": {"arn": "arn:${AWS::Partition}:iam::"
                              "${AWS::AccountId}:role/look"}})
    manifest.write_text(json.dumps(doc))
    accounts.server.world.s.update(
        keys={SECOND: {"account": THERE,
                       "arn": f"arn:aws-cn:iam::{THERE}:user/u"}},
        roles={roles["look"]: {"error": "AccessDenied"}})
    r = accounts.run("diff", "S2", "--method=template", keys=False)
    assert r.status == 0
    assert (f"credentials of profile 'two' could not be used to assume "
            f"'{roles['look']}', but are for the right account. Proceeding "
            "anyway.") in r.err
    r = accounts.run("whoami", "S2", "--json", keys=False)
    assert [(x["arn"], x["status"])
            for x in json.loads(r.out)["stacks"][0]["roles"]] == [
        (roles["deploy"], "assumed"), (roles["look"], "base-credentials")]


def test_profile_that_does_not_fit(accounts):
    (accounts.folder / "cdk.json").write_text(json.dumps(
        {"profiles": {THERE: "one"}}))
    r = accounts.run("deploy", "S2", "--require-approval=never", keys=False)
    assert r.status == 1
    assert (f"Need to perform AWS calls for account {THERE}, but the "
            f"credentials of profile 'one' are for {HERE}") in r.err


@pytest.mark.parametrize("value,text", [
    ("x", '"profiles" in cdk.json has to be an object'),
    ({"12": "x"}, "'12' is no account, which has twelve digits"),
    ({HERE: ""}, f"account {HERE} needs the name of a profile"),
    ({HERE: 1}, f"account {HERE} needs the name of a profile")])
def test_bad_profiles(accounts, value, text):
    (accounts.folder / "cdk.json").write_text(json.dumps(
        {"profiles": value}))
    r = accounts.run("ls")
    assert r.status == 1 and text in r.err


# ---- identity tokens of build systems --------------------------------------

ROLE = f"arn:aws:iam::{HERE}:role/ci"


@pytest.fixture
def build(tmp_path):
    with Identity(tmp_path, {"operations": [good()]}) as b:
        yield b


def github(b, **more):
    return {"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "42",
            "ACTIONS_ID_TOKEN_REQUEST_URL":
                f"{b.server.url}/idtoken?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-secret", **more}


def exchanges(b):
    return [p for _, a, p in b.server.requests
            if a == "AssumeRoleWithWebIdentity"]


def test_github(build):
    r = build.run("whoami", "--oidc-role", ROLE, env=github(build))
    assert r.status == 0
    assert f"role '{ROLE}' for the token of GitHub Actions" in r.out
    assert build.requests("idtoken") == [("/idtoken", {
        "api-version": "2.0", "audience": "sts.amazonaws.com",
        "authorization": "Bearer request-secret"})]
    assert exchanges(build) == [{
        "RoleArn": ROLE, "RoleSessionName": "github-42",
        "WebIdentityToken": "jwt-secret"}]
    # it beats the keys of the environment, and the call is not signed
    assert build.server.signers == [
        ("AssumeRoleWithWebIdentity", None),
        ("GetCallerIdentity", "ASIAIOSFODNN7EXAMPLE")]


def test_gitlab(build):
    r = build.run("whoami", "--oidc-role", ROLE, env={
        "GITLAB_CI": "true", "CI_JOB_ID": "7",
        "GITLAB_OIDC_TOKEN": "gitlab-jwt"})
    assert r.status == 0
    assert exchanges(build) == [{
        "RoleArn": ROLE, "RoleSessionName": "gitlab-7",
        "WebIdentityToken": "gitlab-jwt"}]


def test_named_variable(build):
    """Of any build system, and before the one that is found."""
    (build.folder / "cdk.json").write_text(json.dumps(
        {"oidcRole": ROLE, "oidcTokenVariable": "MY_TOKEN"}))
    r = build.run("whoami", env=github(build, MY_TOKEN="my-jwt",
                                       CDK_ROLE_SESSION_NAME="a b/c"))
    assert r.status == 0
    assert exchanges(build)[0]["WebIdentityToken"] == "my-jwt"
    assert exchanges(build)[0]["RoleSessionName"] == "a@b@c"
    assert build.requests("idtoken") == []


def test_china_has_its_audience(build):
    build.run("whoami", "--oidc-role", "arn:aws-cn:iam::1:role/r",
              env=github(build))
    assert build.requests("idtoken")[0][1]["audience"] == \
        "sts.amazonaws.com.cn"


def test_role_of_the_file_is_for_build_systems(build):
    """At a desk there is no token: the chain as ever. In a build system the
    role beats a profile of the file, but not one of the line."""
    build.aws_file("credentials", profile("p", FIRST))
    (build.folder / "cdk.json").write_text(json.dumps(
        {"oidcRole": ROLE, "profile": "p"}))

    def source(*args, **env):
        r = build.run("whoami", "--json", *args, env=env, keys=False)
        return json.loads(r.out)["identity"].get("source")

    assert source() == "profile 'p'"
    assert source(**github(build)) == \
        f"role '{ROLE}' for the token of GitHub Actions"
    assert source("--profile", "p", **github(build)) == "profile 'p'"


def test_role_and_profile_on_the_line(build):
    r = build.run("whoami", "--oidc-role", ROLE, "--profile", "p")
    assert r.status == 1 and "mutually exclusive" in r.err


@pytest.mark.parametrize("env,text", [
    ({}, "GITLAB_OIDC_TOKEN is not set; define it under 'id_tokens'"),
    ({"GITHUB_ACTIONS": "true"}, "permission 'id-token: write'"),
    ({"GITLAB_CI": "true"}, "GITLAB_OIDC_TOKEN is not set"),
    ({"CDK_OIDC_TOKEN_VARIABLE": "MINE"}, "MINE is not set")])
def test_no_token(build, env, text):
    r = build.run("whoami", "--oidc-role", ROLE, env=env)
    assert r.status == 1 and text in r.err


@pytest.mark.parametrize("told,text", [
    (403, "GitHub answered the request for an identity token with status "
          "403"),
    ("", "GitHub answered without an identity token")])
def test_github_says_no(build, told, text):
    build.server.world.s["identity_token"] = told
    r = build.run("whoami", "--oidc-role", ROLE, env=github(build))
    assert r.status == 1 and text in r.err


def test_sts_says_no(build):
    build.server.world.s["roles"] = {ROLE: {"error": "AccessDenied"}}
    r = build.run("whoami", "--oidc-role", ROLE, env=github(build))
    assert r.status == 1
    assert f"assuming '{ROLE}' with a web identity: no {ROLE} for you" in r.err


def test_secrets_of_the_exchange(build):
    r = build.run("deploy", "S1", "--require-approval=never", "-vvv",
                  "--debug", "--oidc-role", ROLE,
                  env=github(build, CCDK_TRACE="all"))
    assert r.status == 0
    for secret in ("request-secret", "jwt-secret", "role-secret",
                   "role-token"):
        assert secret not in r.out + r.err


WATCH = """#!/usr/bin/env python3
# the line and the environment of every process that is there
import pathlib, sys
for p in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        sys.stderr.write((p / "cmdline").read_text().replace("\\0", " ") + "\\n")
    except OSError:
        pass
"""


def test_secrets_are_no_arguments(build):
    """Nor in a file of the home or the temporary folder that is not a token
    of its own, while the run builds with a child of ours."""
    watch = build.folder / "watch.py"
    watch.write_text(WATCH)
    watch.chmod(0o755)
    spare = build.folder / "tmp"
    spare.mkdir()
    write_process(build, FIRST, SecretAccessKey="process-secret",
                  SessionToken="process-token")
    build.aws_file("config", "[profile p]\ncredential_process = cat "
                   f"{build.folder}/creds.json\n")
    r = build.run("deploy", "S1", "--require-approval=never", "--profile",
                  "p", "--build", str(watch),
                  env={"TMPDIR": str(spare),
                       "AWS_SECRET_ACCESS_KEY": "env-secret"})
    assert r.status == 0
    assert "watch.py" in r.err
    left = "".join(f.read_text() for d in (spare, build.home, build.app)
                   for f in d.rglob("*") if f.is_file())
    assert "111122223333" in left  # the account cache
    for secret in ("process-secret", "process-token", "env-secret",
                   "role-secret"):
        assert secret not in r.out + r.err + left


# ---- credentials that end in the middle ------------------------------------

def test_rotated_file(tmp_path):
    """A session in the credentials file ends while a stack is deployed; what
    stands in the file by then is used from there on."""
    with Identity(tmp_path, {"keys": {FIRST: {}}, "operations": [
            good(busy=4)]}) as b:
        b.aws_file("credentials", profile("p", FIRST, "first-token"))

        def rotate(action, n):
            if action == "ExecuteChangeSet":
                b.aws_file("credentials", profile("p", SECOND, "new-token"))
                b.server.world.s["keys"] = {
                    FIRST: {"error": "ExpiredToken"}, SECOND: {}}

        b.server.on_call = rotate
        r = b.run("deploy", "S1", "--require-approval=never", "--profile",
                  "p", keys=False)
        assert r.status == 0, r.err
        assert "expired" not in r.err
        polls = keys_of(b, "DescribeStacks")
        assert polls[-1] == SECOND and FIRST in polls
        # one refused request, then the new ones
        after = [k for _, k in b.server.signers][
            [a for a, _ in b.server.signers].index("ExecuteChangeSet") + 1:]
        assert after.count(FIRST) <= 2


def test_new_login(tmp_path):
    """The role's base ends; the process gives another one by then."""
    role = f"arn:aws:iam::{HERE}:role/deploy"
    with Identity(tmp_path, {
            "keys": {FIRST: {}, "ASIAROLEONE": {}, "ASIAROLETWO": {}},
            "roles": {role: {"key": "ASIAROLEONE"}},
            "operations": [good(busy=4)]},
            {"S1": {"properties": {"assumeRoleArn": role}}}) as b:
        write_process(b, FIRST)
        b.aws_file("config", "[profile p]\ncredential_process = cat "
                   f"{b.folder}/creds.json\n")

        def rotate(action, n):
            if action == "ExecuteChangeSet":
                write_process(b, SECOND)
                gone = {"error": "ExpiredToken"}
                b.server.world.s.update(
                    keys={FIRST: gone, "ASIAROLEONE": gone, SECOND: {},
                          "ASIAROLETWO": {}},
                    roles={role: {"key": "ASIAROLETWO"}})

        b.server.on_call = rotate
        r = b.run("deploy", "S1", "--require-approval=never", "--profile",
                  "p", keys=False)
        assert r.status == 0, r.err
        assert keys_of(b, "AssumeRole") == [FIRST, FIRST, SECOND]
        assert keys_of(b, "DescribeStacks")[-1] == "ASIAROLETWO"


SSO = ("[profile p]\nsso_session = work\nsso_account_id = 111122223333\n"
       "sso_role_name = dev\n[sso-session work]\n"
       "sso_start_url = https://x.example/start\nsso_region = eu-west-1\n")


def log_in(b, token):
    """As 'aws sso login' leaves it."""
    file = b.home / ".aws/sso/cache" / (
        hashlib.sha1(b"work").hexdigest() + ".json")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({
        "startUrl": "https://x.example/start", "region": "eu-west-1",
        "accessToken": token, "expiresAt": "2099-01-01T00:00:00Z"}))


def test_new_sso_login(tmp_path):
    """The session is ended by an administrator, somebody logs in again."""
    with Identity(tmp_path, {"keys": {FIRST: {}}, "portal": {"one": FIRST},
                             "operations": [good(busy=4)]}) as b:
        b.aws_file("config", SSO)
        log_in(b, "one")

        def again(action, n):
            if action == "ExecuteChangeSet":
                log_in(b, "two")
                b.server.world.s.update(
                    keys={FIRST: {"error": "ExpiredToken"}, SECOND: {}},
                    portal={"two": SECOND})

        b.server.on_call = again
        r = b.run("deploy", "S1", "--require-approval=never", "--profile",
                  "p", keys=False)
        assert r.status == 0, r.err
        assert keys_of(b, "DescribeStacks")[-1] == SECOND
        assert [p["bearer"] for _, p in b.requests("portal")] == [
            "one", "two"]


def test_sso_session_is_over(tmp_path):
    """Nobody logs in again: the command that helps is named."""
    with Identity(tmp_path, {"keys": {FIRST: {}}, "portal": {"one": FIRST},
                             "operations": [good(busy=4)]}) as b:
        b.aws_file("config", SSO)
        log_in(b, "one")

        def end(action, n):
            if action == "ExecuteChangeSet":
                b.server.world.s.update(
                    keys={FIRST: {"error": "ExpiredToken"}}, portal={})

        b.server.on_call = end
        r = b.run("deploy", "S1", "--require-approval=never", "--profile",
                  "p", keys=False)
        assert r.status == 1
        assert r.err.count("run 'ccdk login --profile p'") == 1


def test_ended_for_good(tmp_path):
    """Nothing new at the source: fails at once and names what mends it."""
    with Identity(tmp_path, {"keys": {FIRST: {}},
                             "operations": [good(busy=4)]}) as b:
        b.aws_file("credentials", profile("p", FIRST, "first-token"))

        def end(action, n):
            if action == "ExecuteChangeSet":
                b.server.world.s["keys"] = {FIRST: {"error": "ExpiredToken"}}

        b.server.on_call = end
        r = b.run("deploy", "S1", "--require-approval=never", "--profile",
                  "p", keys=False)
        assert r.status == 1
        assert r.err.count("The AWS credentials (profile 'p') have expired "
                           "or are not valid any more: put new keys into "
                           "profile 'p'.") == 1


def test_account_from_the_cache(tmp_path):
    """The account is remembered, the token has ended since: the first call
    says so at once."""
    with Identity(tmp_path, {"keys": {FIRST: {}}}) as b:
        b.aws_file("credentials", profile("p", FIRST, "t"))
        assert b.run("ls", "--profile", "p", keys=False).status == 0
        b.server.world.s["keys"] = {FIRST: {"error": "ExpiredToken"}}
        r = b.run("deploy", "S1", "--profile", "p", keys=False)
        assert r.status == 1
        assert "put new keys into profile 'p'." in r.err


# ---- roles -----------------------------------------------------------------

DEPLOY = f"arn:aws:iam::{HERE}:role/deploy"
LOOK = f"arn:aws:iam::{HERE}:role/look"
OPTIONS = {"Tags": [{"Key": "team", "Value": "x y"}, {"Key": "b",
                                                      "Value": "2"}],
           "DurationSeconds": 1800, "Policy": '{"Version":"2012-10-17"}',
           "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]}
STACK = {"S1": {"properties": {
    "assumeRoleArn": DEPLOY, "assumeRoleExternalId": "e1",
    "assumeRoleAdditionalOptions": OPTIONS, "lookupRole": {
        "arn": LOOK, "assumeRoleExternalId": "e2",
        "assumeRoleAdditionalOptions": {"RoleSessionName": "mine"}}}}}


def test_session_tags_and_policies(tmp_path):
    """As the reference sends them; TransitiveTagKeys are the tags' keys."""
    with Identity(tmp_path, {"operations": [good()]}, STACK) as b:
        r = b.run("deploy", "S1", "--require-approval=never",
                  env={"CDK_ROLE_SESSION_NAME": "me"})
        assert r.status == 0
        assert r.params("AssumeRole") == [{
            "RoleArn": DEPLOY, "ExternalId": "e1", "RoleSessionName": "me",
            "DurationSeconds": "1800", "Policy": '{"Version":"2012-10-17"}',
            "PolicyArns.member.1.arn":
                "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "Tags.member.1.Key": "team", "Tags.member.1.Value": "x y",
            "Tags.member.2.Key": "b", "Tags.member.2.Value": "2",
            "TransitiveTagKeys.member.1": "team",
            "TransitiveTagKeys.member.2": "b"}]
        b.server.requests.clear()
        r = b.run("diff", "S1", "--method=template")
        assert r.params("AssumeRole") == [{
            "RoleArn": LOOK, "ExternalId": "e2", "RoleSessionName": "mine"}]


@pytest.mark.parametrize("denied,args,lines", [
    ([DEPLOY], ["deploy", "S1", "--require-approval=never"], [
        f"current credentials could not be used to assume '{DEPLOY}', but "
        "are for the right account. Proceeding anyway."]),
    ([LOOK], ["diff", "S1", "--method=template"], [
        f"current credentials could not be used to assume '{LOOK}', but are "
        "for the right account. Proceeding anyway.",
        f"Lookup role {LOOK} was not assumed. Proceeding with default "
        "credentials."])])
def test_fallback(tmp_path, denied, args, lines):
    with Identity(tmp_path, {"operations": [good()], "roles": {
            d: {"error": "AccessDenied"} for d in denied}}, STACK) as b:
        r = b.run(*args)
        assert r.status == 0
        assert "\n".join(lines) + "\n" in r.err


def test_expired_while_assuming(tmp_path):
    with Identity(tmp_path, {"roles": {DEPLOY: {"error": "ExpiredToken"},
                                       LOOK: {"error": "ExpiredToken"}}},
                  STACK) as b:
        r = b.run("deploy", "S1", "--require-approval=never")
        assert r.status == 1
        assert (f"Assuming role failed: ExpiredToken\n‣ ExpiredToken: no "
                f"{DEPLOY} for you\n") in r.err
        r = b.run("diff", "S1", "--method=template")
        assert (f"Assuming role failed: ExpiredToken\nno {LOOK} for you\n"
                ) in r.err


def test_interrupted_process(tmp_path):
    """Ctrl-C while a credential_process hangs ends both at once."""
    with Identity(tmp_path) as b:
        b.aws_file("config", "[profile p]\ncredential_process = echo $$ > "
                   f"{tmp_path}/pid; exec sleep 600\n")
        p = subprocess.Popen(
            [*binary(), "whoami", "--profile", "p"], cwd=tmp_path,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={"PATH": os.environ["PATH"], "HOME": str(b.home)})
        pid = tmp_path / "pid"
        while not (pid.exists() and pid.read_text().strip()):
            assert p.poll() is None
            time.sleep(0.01)
        os.killpg(p.pid, signal.SIGINT)
        assert p.wait(timeout=20) != 0
        child = int(pid.read_text())
        for _ in range(200):
            if not os.path.exists(f"/proc/{child}"):
                break
            time.sleep(0.05)
        else:
            pytest.fail("the process is still there")


# ---- the app ---------------------------------------------------------------

APP = """#!/usr/bin/env python3
import json, os, pathlib, sys
out = pathlib.Path(os.environ["CDK_OUTDIR"])
out.mkdir(exist_ok=True)
# our parent is a shell, its parent is the program
def above(pid):
    return open(f"/proc/{pid}/stat").read().rsplit(")")[-1].split()[1]
pid = str(os.getppid())
while open(f"/proc/{pid}/comm").read().strip() != "ccdk":
    pid = above(pid)
try:
    open(f"/proc/{pid}/environ").read()
    parent = "read"
except PermissionError:
    parent = "refused"
json.dump({"env": dict(os.environ), "parent": parent},
          open(out.parent / "seen.json", "w"))
context = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}"))
key = "ssm:account=111122223333:parameterName=/p:region=us-east-1"
missing = [] if key in context else [{
    "key": key, "provider": "ssm", "props": {
        "account": "111122223333", "region": "us-east-1",
        "parameterName": "/p"}}]
(out / "t.json").write_text('{"Resources": {"A": {"Type": "A::B::C"}}}')
(out / "manifest.json").write_text(json.dumps({
    "version": "36.0.0", "missing": missing, "artifacts": {"S": {
        "type": "aws:cloudformation:stack",
        "environment": "aws://111122223333/us-east-1",
        "properties": {"templateFile": "t.json"}}}}))
"""
GIVEN = {"AWS_SESSION_TOKEN": "env-token", "AWS_PROFILE": "p",
         "AWS_WEB_IDENTITY_TOKEN_FILE": "f", "AWS_ROLE_ARN": "r",
         "AMAZON_SECRET_ACCESS_KEY": "s", "AWS_SECURITY_TOKEN": "t",
         "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost/x",
         "AWS_CONTAINER_AUTHORIZATION_TOKEN": "t",
         "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"}


def synth(b, *args, env=None):
    app = b.folder / "app.py"
    app.write_text(APP)
    app.chmod(0o755)
    program = binary()
    if os.getuid() == 0:
        # where somebody else may run it
        shutil.copy(program[-1], b.folder / "ccdk")
        program = [str(b.folder / "ccdk")]
    line = [*program, "synth", "--app", str(app), "-q", *args]
    base = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(b.home),
            "CDK_HOME": str(b.home / ".cdk"), "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": b.server.url, "CCDK_POLL_SCALE": "1",
            "AWS_ACCESS_KEY_ID": FIRST, "AWS_SECRET_ACCESS_KEY": "env-secret",
            **{k: v for k, v in os.environ.items()
               if k.endswith("_OPTIONS")}, **(env or {})}
    demote = None
    if os.getuid() == 0:
        # root may read everybody's memory: be somebody else
        for path in [b.folder, *b.folder.rglob("*")]:
            os.chown(path, 65534, 65534)

        def demote():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
    p = subprocess.run(line, cwd=b.folder, env=base, text=True,
                       capture_output=True, stdin=subprocess.DEVNULL,
                       preexec_fn=demote, check=False, timeout=120)
    assert p.returncode == 0, p.stderr
    return json.loads((b.folder / "seen.json").read_text())


@pytest.fixture
def app():
    # pytest's own folders are closed to other users
    with tempfile.TemporaryDirectory() as folder, Identity(
            Path(folder), {"parameters": {"/p": "value"}}) as b:
        b.aws_file("credentials", profile("p", SECOND))
        yield b


def test_app_as_the_reference_has_it(app):
    seen = synth(app, env=GIVEN)["env"]
    assert seen["AWS_SECRET_ACCESS_KEY"] == "env-secret"
    assert all(seen[k] == v for k, v in GIVEN.items())


@pytest.mark.parametrize("how", ["option", "file"])
def test_isolated_app(app, how):
    """Not a word of credentials, and lookups work all the same."""
    args = ["--isolate-app"] if how == "option" else []
    if how == "file":
        (app.folder / "cdk.json").write_text('{"isolateApp": true}')
    seen = synth(app, *args, env=GIVEN)
    left = {k: v for k, v in seen["env"].items()
            if k.startswith(("AWS_", "AMAZON_", "ACTIONS_"))}
    assert left == {
        "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": app.server.url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
    assert seen["env"]["CDK_DEFAULT_ACCOUNT"] == HERE
    # looked up on our side, told to the app in its second run
    assert "value" in seen["env"]["CDK_CONTEXT_JSON"]
    assert ("json", "GetParameter", {"Name": "/p"}) in app.server.requests


def test_nobody_reads_our_memory(app):
    """What we hold is not to be had by way of /proc either."""
    assert synth(app)["parent"] == "read"
    assert synth(app, "--isolate-app")["parent"] == "refused"
    assert synth(app, env={"CCDK_NO_DUMP": "1"})["parent"] == "refused"
