"""How the program gets on with AWS as a network service: throttled fleets,
retry modes, clocks that are off, replies that are cut or packed, connections
that are kept."""
import time

import pytest

from assets import Assets, file_asset
from harness import Bench, good

NEVER = ("--require-approval", "never")
ROLE = "arn:aws:iam::111122223333:role/deploy"


def calm(tries=100, **more):
    """Settings under which a run does not keep a pace by itself."""
    return {"AWS_RETRY_MODE": "legacy", "AWS_MAX_ATTEMPTS": str(tries),
            **more}


# ---- a fleet ----------------------------------------------------------------

FLEET = [f"S{i}" for i in range(200)]


def deploy_fleet(folder, env):
    """200 stacks at once against an AWS that lets 60 of each kind of call
    through a second; its operations are over at the second look."""
    folder.mkdir()
    scenario = {"limits": {"*": [60, 60]},
                "operations": [{**good(), "events": []}]}
    with Bench(folder, scenario, {name: {} for name in FLEET}) as b:
        start = time.monotonic()
        r = b.run("deploy", "--all", *NEVER, "--concurrency", "200", env=env,
                  timeout=300)
        print(env, r.status, len(b.server.requests), b.server.world.throttled,
              time.monotonic() - start)
        return r, len(b.server.requests), b.server.world.throttled


def test_fleet_does_not_throttle_itself(tmp_path):
    paced, requests, throttled = deploy_fleet(tmp_path / "paced", {})
    assert paced.status == 0, paced.err[-2000:]
    for name in FLEET:
        assert f" ✅  {name}\n" in paced.err or f"✅  {name}\n" in paced.err
    assert throttled < requests / 3
    # with patience alone it works, and costs far more
    calm_, more, refused = deploy_fleet(tmp_path / "calm", calm(1000))
    assert calm_.status == 0
    assert requests < more * 0.7
    assert throttled < refused / 3
    # and with the usual patience it does not
    usual, _, _ = deploy_fleet(tmp_path / "usual",
                               {"AWS_RETRY_MODE": "legacy"})
    assert usual.status == 1 and "Rate exceeded" in usual.err


# ---- retry modes and attempts -----------------------------------------------

def always(action="DescribeStacks", **fault):
    return {"faults": [{"action": action, "times": 10000, **fault}]}


@pytest.mark.parametrize("env,config,tries", [
    ({}, "", 7),
    ({"AWS_MAX_ATTEMPTS": "2"}, "", 2),
    ({"AWS_MAX_ATTEMPTS": "1"}, "", 1),
    ({}, "max_attempts = 4\n", 4),
    ({"AWS_MAX_ATTEMPTS": "2"}, "max_attempts = 4\n", 2),
    ({"AWS_RETRY_MODE": "standard"}, "", 7),
    ({}, "retry_mode = adaptive\n", 7),
    ({"AWS_RETRY_MODE": "legacy"}, "max_attempts = 3\n", 3),
])
@pytest.mark.parametrize("fault", [
    {"kind": "error", "status": 503, "code": "ServiceUnavailable"},
    {"kind": "drop"}], ids=["503", "drop"])
def test_attempts(tmp_path, env, config, tries, fault):
    """The reference's number unless one is set, as the SDKs read it."""
    (tmp_path / "home/.aws").mkdir(parents=True)
    (tmp_path / "home/.aws/config").write_text(f"[default]\n{config}")
    with Bench(tmp_path, always(**fault)) as b:
        r = b.run("deploy", *NEVER, env=env)
    assert r.status == 1
    # a kept connection that turns out dead is replaced without a word
    spare = fault["kind"] == "drop"
    assert tries <= len(r.actions()) <= tries + spare
    assert set(r.actions()) == {"DescribeStacks"}
    assert "is not used" not in r.err


@pytest.mark.parametrize("env,text", [
    ({"AWS_MAX_ATTEMPTS": "many"}, "AWS_MAX_ATTEMPTS is 'many' and is not "
     "used: it must be a number from 1 to 1000"),
    ({"AWS_MAX_ATTEMPTS": "0"}, "AWS_MAX_ATTEMPTS is '0' and is not used: it "
     "must be a number from 1 to 1000"),
    ({"AWS_RETRY_MODE": "brave"}, "AWS_RETRY_MODE is 'brave' and is not "
     "used: it can be legacy, standard or adaptive"),
])
def test_settings_that_cannot_be_read(tmp_path, env, text):
    """The reference does not look at them: no reason to stop."""
    with Bench(tmp_path, {"operations": [good()]}) as b:
        r = b.run("deploy", *NEVER, env=env)
    assert r.status == 0
    assert r.err.count(text) == 1


def test_retry_quota(tmp_path):
    """In standard mode a service that is down is not asked for ever: 500
    tokens are 50 retries for all the stacks of a run together."""
    names = {f"S{i}": {} for i in range(40)}
    down = always(kind="error", status=503, code="ServiceUnavailable")
    for mode, most in (("standard", 40 + 50), ("legacy", 40 * 7)):
        folder = tmp_path / mode
        folder.mkdir()
        with Bench(folder, down, names) as b:
            r = b.run("deploy", "--all", *NEVER, "--concurrency", "40",
                      env={"AWS_RETRY_MODE": mode})
        assert r.status == 1
        assert 40 <= len(r.actions()) <= most
        assert mode == "standard" or len(r.actions()) > 90


def test_server_names_a_pause(tmp_path):
    """It makes a pause longer, by five seconds at most; a percent of that in
    this test, where the reference's pauses are up to 20 ms."""
    fault = {"action": "DescribeStacks", "kind": "error", "status": 503,
             "code": "ServiceUnavailable"}
    for headers, least in (({}, 0), ({"Retry-After": "3600"}, 0.05),
                           ({"x-amz-retry-after": "4000"}, 0.04)):
        folder = tmp_path / (list(headers) + ["none"])[0]
        folder.mkdir()
        with Bench(folder, {"operations": [good()], "faults": [
                {**fault, "headers": headers}]}) as b:
            start = time.monotonic()
            r = b.run("deploy", *NEVER)
            took = time.monotonic() - start
        assert r.status == 0
        assert least <= took < 30


# ---- clocks -----------------------------------------------------------------

@pytest.mark.parametrize("ahead", [86400, -86400, 7200, -400])
def test_clock_that_is_off(tmp_path, ahead):
    """AWS's time is taken over with the first refusal, also for how long the
    credentials of a role last: it is assumed once."""
    stacks = {f"S{i}": {"properties": {"assumeRoleArn": ROLE}}
              for i in range(3)}
    with Bench(tmp_path, {"clock": ahead, "role_seconds": 3600,
                          "operations": [good(name=n) for n in stacks]},
               stacks) as b:
        r = b.run("deploy", "--all", *NEVER)
    assert r.status == 0, r.err
    assert b.server.actions("sts").count("AssumeRole") == 1
    # one refusal each for what is sent before the time is known
    assert b.server.actions("sts").count("GetCallerIdentity") == 2
    assert len(r.actions()) == len(calls_without_skew(tmp_path / "same",
                                                      stacks))


def calls_without_skew(folder, stacks):
    folder.mkdir()
    with Bench(folder, {"operations": [good(name=n) for n in stacks]},
               stacks) as b:
        r = b.run("deploy", "--all", *NEVER)
    assert r.status == 0
    return r.actions()


# ---- replies and connections ------------------------------------------------

def test_connections_are_kept(tmp_path):
    """One stack after the other needs one connection."""
    names = {f"S{i}": {} for i in range(10)}
    with Bench(tmp_path, {"operations": [good()]}, names) as b:
        r = b.run("deploy", "--all", *NEVER)
    assert r.status == 0
    assert len(b.server.requests) > 50
    assert b.server.connections <= 2


def test_connections_of_a_fleet_are_kept(tmp_path):
    """Many at once need no more than there are threads."""
    names = {f"S{i}": {} for i in range(30)}
    with Bench(tmp_path, {"operations": [good()]}, names) as b:
        r = b.run("deploy", "--all", *NEVER, "--concurrency", "8")
    assert r.status == 0
    assert len(b.server.requests) > 150
    assert b.server.connections <= 10


@pytest.mark.parametrize("kind", ["truncate", "gzip", "drop"])
def test_odd_replies(tmp_path, kind):
    """A reply that is cut short is asked for again; one that a proxy packed
    is unpacked."""
    faults = [{"action": a, "kind": kind, "nth": n} for a, n in (
        ("GetCallerIdentity", 1), ("DescribeStacks", 1),
        ("DescribeChangeSet", 1), ("ExecuteChangeSet", 1),
        ("DescribeStackEvents", 2))]
    with Bench(tmp_path, {"operations": [good(busy=2)],
                          "faults": faults}) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 0, r.err
    assert "S1.Alpha = https://a" in r.err
    again = 1 if kind == "gzip" else 2
    assert len(r.params("GetCallerIdentity")) == again


def test_no_leave_is_asked_for(tmp_path):
    """Expect: 100-continue would cost a round trip for each upload."""
    template = {"Resources": {f"R{i}": {"Type": "AWS::SNS::Topic",
                                        "Metadata": {"m": "x" * 1000}}
                              for i in range(40)}}
    seen = []
    with Bench(tmp_path, {"operations": [good()]},
               {"S1": {"template": template}}) as b:
        handler = b.server.RequestHandlerClass

        class Noted(handler):
            def handle_expect_100(self):
                seen.append(self.path)
                return super().handle_expect_100()

        b.server.RequestHandlerClass = Noted
        r = b.run("deploy", *NEVER)
    assert r.status == 0
    assert seen == []


def test_bucket_of_another_region(tmp_path):
    """The redirect is not followed, as by the reference; where the bucket is
    is said, and nothing is sent there."""
    files = {"zz": file_asset({"path": "f.txt", "packaging": "file"},
                              "k.txt", "Code")}
    with Assets(tmp_path, files, scenario={
            "buckets": {"assets": {"elsewhere": "eu-west-1"}}}) as b:
        (b.app / "f.txt").write_text("x")
        r = b.publish()
        assert r.status == 1
        assert b.sequence() == ["list", "location"]
    assert ("My-S: fail: The bucket you are attempting to access must be "
            "addressed using the specified endpoint. Please send all future "
            "requests to this endpoint. (the bucket is in region "
            "'eu-west-1')\n") in r.err
