"""`ccdk whoami`: who a run is, and which roles it can assume."""
import json

import pytest
from identity import Identity

HERE, THERE = "111122223333", "444455556666"


def role(name, account=HERE):
    return f"arn:aws:iam::{account}:role/{name}"


BOOTSTRAPPED = {
    "assumeRoleArn":
        "arn:${AWS::Partition}:iam::" + HERE + ":role/deploy-${AWS::Region}",
    "assumeRoleExternalId": "ext",
    "cloudFormationExecutionRoleArn":
        "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/cfn",
    "lookupRole": {"arn": role("look")}}


def roles(report, stack=0):
    return {r["use"]: r for r in report["stacks"][stack]["roles"]}


def report(result):
    return json.loads(result.out)


def test_text(tmp_path):
    with Identity(tmp_path) as b:
        r = b.run("whoami")
        assert (r.status, r.err) == (0, "")
        assert r.out == (
            "Region       us-east-1, from AWS_REGION\n"
            "Account      111122223333\n"
            "Principal    arn:aws:iam::111122223333:user/u\n"
            "Credentials  environment, key AKIA...MPLE\n"
            "Expires      not that we know\n")
        # asked of STS each time, whatever the cache says; no app is run
        b.run("whoami")
        assert b.server.actions("sts") == ["GetCallerIdentity"] * 2


def test_json(tmp_path):
    with Identity(tmp_path) as b:
        b.aws_file("config", "[profile p]\nregion = eu-west-1\n")
        b.aws_file("credentials", "[p]\naws_access_key_id = AKIAPROFILEEXAMPLE"
                   "\naws_secret_access_key = secret\n")
        r = b.run("whoami", "--json", "--profile", "p",
                  env={"AWS_REGION": ""})
        assert (r.status, r.err) == (0, "")
        assert report(r) == {
            "version": 1, "ok": True, "region": "eu-west-1",
            "regionFrom": "profile 'p'", "identity": {
                "account": HERE, "partition": "aws",
                "principal": f"arn:aws:iam::{HERE}:user/u",
                "userId": "AIDAEXAMPLE", "source": "profile 'p'",
                "accessKeyId": "AKIA...MPLE", "profile": "p",
                "profileFrom": "--profile", "expires": None},
            "accounts": {}, "stacks": []}


@pytest.mark.parametrize("args,env,expected", [
    (["--region", "eu-north-1"], {}, ["eu-north-1", "--region"]),
    ([], {"CDK_REGION": "eu-north-1"}, ["eu-north-1", "CDK_REGION"]),
    ([], {"AWS_DEFAULT_REGION": "x-1", "AWS_REGION": ""},
     ["x-1", "AWS_DEFAULT_REGION"]),
    ([], {"AWS_REGION": ""}, ["us-east-1", "built-in default"]),
])
def test_region_origin(tmp_path, args, env, expected):
    with Identity(tmp_path) as b:
        got = report(b.run("whoami", "--json", *args, env=env))
        assert [got["region"], got["regionFrom"]] == expected


def test_profile_origin(tmp_path):
    with Identity(tmp_path) as b:
        b.aws_file("credentials", "".join(
            f"[{n}]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
            "aws_secret_access_key = s\n" for n in "abc"))

        def origin(*args, **env):
            got = report(b.run("whoami", "--json", *args, keys=False,
                               env=env))
            return [got["identity"]["profile"],
                    got["identity"]["profileFrom"]]

        assert origin(AWS_PROFILE="a") == ["a", "AWS_PROFILE"]
        assert origin(AWS_DEFAULT_PROFILE="b") == ["b", "AWS_DEFAULT_PROFILE"]
        assert origin(CDK_PROFILE="b") == ["b", "CDK_PROFILE"]
        (tmp_path / "cdk.json").write_text('{"profile": "c"}')
        assert origin(AWS_PROFILE="a") == ["c", "cdk.json"]
        assert origin("--profile", "a") == ["a", "--profile"]


def test_expiry(tmp_path):
    with Identity(tmp_path) as b:
        r = b.run("whoami", env={
            "AWS_CREDENTIAL_EXPIRATION": "2099-01-01T00:00:00Z"})
        assert "Expires      2099-01-01T00:00:00Z, in " in r.out


def test_nobody(tmp_path):
    with Identity(tmp_path) as b:
        r = b.run("whoami", keys=False)
        assert r.status == 1
        assert r.out == "Region       us-east-1, from AWS_REGION\n"
        assert r.err == (
            "no credentials are configured; name a profile with --profile "
            "or AWS_PROFILE, or log in with 'ccdk login'\n")
        got = b.run("whoami", "--json", keys=False)
        assert got.status == 1
        assert report(got)["ok"] is False
        assert report(got)["identity"]["error"]


def test_profile_that_is_not_there(tmp_path):
    with Identity(tmp_path) as b:
        b.aws_file("config", "[profile production]\nregion = x\n")
        r = b.run("whoami", "--profile", "prodution")
        assert r.status == 1
        assert "profile: [prodution] in configuration/credentials file(s). " \
            "Did you mean 'production'?" in r.err
        # nothing is near
        r = b.run("whoami", "--profile", "quux")
        assert "Did you mean" not in r.err


def test_expired_already(tmp_path):
    """Fails at once, with what mends it, once."""
    with Identity(tmp_path, {"keys": {
            "AKIAIOSFODNN7EXAMPLE": {"error": "ExpiredToken"}}}) as b:
        r = b.run("whoami")
        assert r.status == 1
        assert r.err.count("The AWS credentials (environment) have expired "
                           "or are not valid any more: set AWS_ACCESS_KEY_ID "
                           "and its companions anew, or unset them to use a "
                           "profile.") == 1
        # asked again of its source, which has nothing new: no storm
        assert len(b.server.signers) == 1


def test_roles(tmp_path):
    with Identity(tmp_path, {}, {"S1": {"properties": BOOTSTRAPPED}}) as b:
        r = b.run("whoami", "S1", "--json")
        assert (r.status, r.err) == (0, "")
        got = roles(report(r))
        assert list(got) == ["deploy", "cloudformation", "lookup"]
        assert got["deploy"].pop("expires").endswith("Z")
        assert got["deploy"] == {
            "use": "deploy", "arn": role("deploy-us-east-1"),
            "externalId": "ext", "status": "assumed"}
        assert got["cloudformation"] == {
            "use": "cloudformation", "arn": role("cfn"),
            "status": "passed-on"}
        assert got["lookup"]["status"] == "assumed"
        asked = [p for s, a, p in b.server.requests if a == "AssumeRole"]
        assert [p["RoleArn"] for p in asked] == [role("deploy-us-east-1"),
                                                 role("look")]
        assert asked[0]["ExternalId"] == "ext"
        text = b.run("whoami", "--all").out
        assert "\nStack S1 (aws://111122223333/us-east-1)\n" in text
        assert f"  deploy          assumed           {role('deploy-us-east-1')}"\
            ", external id ext, until " in text


def test_role_that_falls_back(tmp_path):
    """The right account: a deployment would go on with base credentials."""
    with Identity(tmp_path, {"roles": {role("look"): {
            "error": "AccessDenied"}}}, {
                "S1": {"properties": BOOTSTRAPPED}}) as b:
        r = b.run("whoami", "S1", "--json")
        assert r.status == 0
        assert roles(report(r))["lookup"] == {
            "use": "lookup", "arn": role("look"),
            "status": "base-credentials", "expires": None,
            "message": f"no {role('look')} for you"}


def test_role_that_fails(tmp_path):
    """Another account: nothing to fall back to."""
    other = {"assumeRoleArn": role("deploy", THERE)}
    with Identity(tmp_path, {"roles": {role("deploy", THERE): {
            "error": "AccessDenied"}}}, {"S1": {"properties": other}}) as b:
        manifest = tmp_path / "asm" / "manifest.json"
        manifest.write_text(manifest.read_text().replace(HERE + "/", THERE +
                                                         "/"))
        r = b.run("whoami", "S1", "--json")
        assert r.status == 1
        got = report(r)
        assert got["ok"] is False and got["identity"]["account"] == HERE
        assert got["stacks"][0]["account"] == THERE
        assert roles(got)["deploy"]["status"] == "failed"
        assert roles(got)["deploy"]["message"].startswith(
            "Could not assume role in target account using current "
            "credentials (which are for account 111122223333)")


def test_stack_without_roles(tmp_path):
    with Identity(tmp_path) as b:
        got = roles(report(b.run("whoami", "S1", "--json")))
        assert got == {"deploy": {
            "use": "deploy", "arn": None, "status": "base-credentials",
            "expires": None}}


def test_asset_roles(tmp_path):
    """Each role of the destinations once, files and images apart."""
    def dest(kind, **more):
        return {"assumeRoleArn": "arn:${AWS::Partition}:iam::"
                "${AWS::AccountId}:role/" + kind,
                "assumeRoleExternalId": "pub", **more}

    with Identity(tmp_path, {"roles": {role("images"): {
            "error": "AccessDenied"}}}, {
                "S1": {"deps": ["S1.assets"]}}) as b:
        file = tmp_path / "asm" / "manifest.json"
        manifest = json.loads(file.read_text())
        manifest["artifacts"]["S1.assets"] = {
            "type": "cdk:asset-manifest",
            "properties": {"file": "S1.assets.json"}}
        file.write_text(json.dumps(manifest))
        (tmp_path / "asm" / "S1.assets.json").write_text(json.dumps({
            "version": "36.0.0", "files": {
                n: {"source": {"path": "x"}, "destinations": {"d": dest(
                    "files", bucketName="b", objectKey=n)}}
                for n in ("a", "b", "c")},
            "dockerImages": {"i": {
                "source": {"directory": "x"}, "destinations": {"d": dest(
                    "images", repositoryName="r", imageTag="t")}}}}))
        r = b.run("whoami", "S1", "--json")
        assert r.status == 0
        got = [x for x in report(r)["stacks"][0]["roles"]]
        assert [(x["use"], x["arn"], x["status"]) for x in got] == [
            ("deploy", None, "base-credentials"),
            ("publish-files", role("files"), "assumed"),
            ("publish-images", role("images"), "base-credentials")]
        assert all(x["externalId"] == "pub" for x in got[1:])


def test_unknown_stack(tmp_path):
    with Identity(tmp_path) as b:
        r = b.run("whoami", "Nope")
        assert r.status == 1 and r.out == ""
        assert "Nope" in r.err


def test_secrets_stay_inside(tmp_path):
    with Identity(tmp_path, {}, {"S1": {"properties": BOOTSTRAPPED}}) as b:
        r = b.run("whoami", "S1", "-vvv", "--debug", env={
            "CCDK_TRACE": "all", "AWS_SECRET_ACCESS_KEY": "base-secret-key",
            "AWS_SESSION_TOKEN": "base-session-token"})
        assert r.status == 0
        for secret in ("base-secret-key", "base-session-token",
                       "role-secret", "role-token", "AKIAIOSFODNN7EXAMPLE"):
            assert secret not in r.out + r.err


def test_profile_that_is_not_used(tmp_path):
    """Keys of the environment come before AWS_PROFILE."""
    with Identity(tmp_path) as b:
        got = report(b.run("whoami", "--json", env={"AWS_PROFILE": "p"}))
        assert got["identity"]["source"] == "environment"
        assert "profile" not in got["identity"]


def test_role_of_a_profile(tmp_path):
    with Identity(tmp_path) as b:
        b.aws_file("config", "[profile p]\nsource_profile = q\nrole_arn = "
                   f"{role('work')}\n[profile q]\naws_access_key_id = "
                   "AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n")
        r = b.run("whoami", env={"AWS_PROFILE": "p"}, keys=False)
        assert f"role '{role('work')}' of profile 'p', key ASIA" in r.out
        assert "Profile      p, from AWS_PROFILE\n" in r.out
        assert "Expires      20" in r.out
