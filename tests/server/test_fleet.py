"""Many stacks at once, and waiting for one: who asks AWS what, and how often.

Operations end by the clock here ("seconds"); a percentage in CCDK_POLL_SCALE
shortens our own intervals along with them."""
import collections
import math
import time

import pytest

from harness import Bench, good, stack_row, template

NEVER = ("--require-approval", "never")
# requests a second and burst, ten times what AWS is said to allow: all our
# intervals are a tenth in these tests
LIMITS = {"DescribeStacks": [100, 200], "DescribeStackEvents": [100, 200],
          "CreateChangeSet": [50, 100], "ExecuteChangeSet": [50, 100],
          "GetTemplate": [100, 200], "DescribeChangeSet": [100, 200],
          "DeleteStack": [50, 100], "*": [200, 400]}
TENTH = {"CCDK_POLL_SCALE": "10"}


def names(n):
    return [f"S{i}" for i in range(n)]


def fleet(n, **more):
    return {name: dict(more) for name in names(n)}


def executed(r):
    return collections.Counter(
        p["StackName"] for p in r.params("ExecuteChangeSet"))


def listings(r):
    return [p for p in r.params("DescribeStacks") if "StackName" not in p]


def deploy_all(b, *args, env=None, timeout=300):
    return b.run("deploy", "--all", *NEVER, *args, env=env or TENTH,
                 timeout=timeout)


def test_a_thousand_stacks(tmp_path):
    """In one account that throttles: nothing fails, nothing is done twice."""
    with Bench(tmp_path, {"operations": [{"seconds": [0.3, 1.2]}],
                          "limits": LIMITS}, fleet(1000)) as b:
        r = deploy_all(b, "--concurrency", "1000", timeout=600)
        states = {s["StackStatus"] for s in b.server.world.stacks.values()}
        throttled = b.server.world.throttled
    assert r.status == 0, r.err[-2000:]
    assert states == {"CREATE_COMPLETE"}
    went = [p for p in r.params("ExecuteChangeSet")]
    # a throttled one is sent again with the same token
    tokens = {p["ClientRequestToken"] for p in went}
    assert len(tokens) == 1000
    assert "Rate exceeded" not in r.err
    assert throttled < len(r.actions()) / 10
    assert r.err.count("✅") == 1000
    # much less than two loops for each stack would take
    polls = collections.Counter(r.actions())
    assert polls["DescribeStackEvents"] < 4 * 1000
    assert len(listings(r)) > 0


def test_several_environments(tmp_path):
    """One poller each; a stack of the same name elsewhere is another one."""
    role = "arn:aws:iam::444455556666:role/deploy"
    stacks = {}
    for i in range(24):
        where = ("111122223333/us-east-1", "111122223333/eu-west-1",
                 "444455556666/us-east-1")[i % 3]
        stacks[f"S{i}"] = {"environment": f"aws://{where}", "properties": {
            "assumeRoleArn": role} if where.startswith("4444") else {}}
    with Bench(tmp_path, {"operations": [{"seconds": [0.3, 1]}]},
               stacks) as b:
        r = deploy_all(b, "--concurrency", "24")
    assert r.status == 0, r.err
    assert set(executed(r).values()) == {1} and len(executed(r)) == 24


def test_listing_is_denied(tmp_path):
    """Then it stays with single looks, for good and without a word."""
    denied = {"action": "DescribeStacks", "stack": "", "times": 10**6,
              "code": "AccessDenied", "status": 403, "message": "User is not "
              "authorized to perform: cloudformation:DescribeStacks"}
    with Bench(tmp_path, {"operations": [{"seconds": [0.5, 1.5]}],
                          "faults": [denied]}, fleet(40)) as b:
        r = deploy_all(b, "--concurrency", "40")
    assert r.status == 0, r.err
    assert len(listings(r)) == 1
    assert "not authorized" not in r.err
    assert r.err.count("✅") == 40


def test_a_listing_tells_many(tmp_path):
    """Pages are followed, and stacks of others on them do no harm."""
    others = {f"Other{i}": {"StackStatus": "CREATE_COMPLETE"}
              for i in range(15)}
    with Bench(tmp_path, {"stacks": others, "list_page": 10,
                          "operations": [{"seconds": [0.5, 1.5]}]},
               fleet(60)) as b:
        r = deploy_all(b, "--concurrency", "60")
    assert r.status == 0, r.err
    assert any("NextToken" in p for p in listings(r))
    assert r.err.count("✅") == 60


@pytest.mark.parametrize("fault", [
    {"kind": "throttle"}, {"kind": "drop"},
    {"kind": "error", "status": 503, "code": "ServiceUnavailable"}],
    ids=["throttled", "dropped", "503"])
def test_state_that_cannot_be_read_for_a_while(tmp_path, fault):
    """Even after all attempts of a request the wait goes on; said once."""
    with Bench(tmp_path, {"operations": [good()], "faults": [
            {"action": "DescribeStacks", "nth": 3, "times": 20,
             **fault}]}) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 0, r.err
    assert r.err.count("Reading the state of the stack failed") == 1
    assert r.actions().count("ExecuteChangeSet") == 1
    assert "S1.Alpha = https://a" in r.err


def test_states_of_a_fleet_that_cannot_be_read_for_a_while(tmp_path):
    with Bench(tmp_path, {"operations": [{"seconds": [0.3, 1]}], "faults": [
            {"action": "DescribeStacks", "stack": "", "times": 25,
             "kind": "throttle"}]}, fleet(30)) as b:
        r = deploy_all(b, "--concurrency", "30")
    assert r.status == 0, r.err
    assert "Rate exceeded" not in r.err


def test_events_that_cannot_be_read_for_a_while(tmp_path):
    with Bench(tmp_path, {"operations": [good(busy=3)], "faults": [
            {"action": "DescribeStackEvents", "times": 14,
             "kind": "throttle"}]}) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 0, r.err
    assert r.err.count("Reading the events failed; the operation goes on, "
                       "and reading will be tried again: Rate exceeded") == 1
    assert "S1 | 2/2 |" in r.err, "the rows come when they can be read"


def test_no_leave_to_read_the_state(tmp_path):
    """That does not pass by itself: an error as ever."""
    with Bench(tmp_path, {"operations": [good()], "faults": [
            {"action": "DescribeStacks", "nth": 3, "code": "AccessDenied",
             "message": "no leave", "status": 403, "times": 99}]}) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 1
    assert "no leave" in r.err


def test_state_comes_after_the_events(tmp_path):
    """The events tell the end early, the state has the last word."""
    with Bench(tmp_path, {"operations": [good(busy=6)]}) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 0
    after = r.actions()[r.actions().index("ExecuteChangeSet") + 1:]
    assert after.count("DescribeStacks") == 7
    assert r.err.count("| CREATE_COMPLETE         | AWS::CloudF") == 1


def test_end_that_no_event_tells(tmp_path):
    """As with a clock of ours that is ahead: the events seem older."""
    op = good()
    op["events"] = op["events"][:-1]
    with Bench(tmp_path, {"operations": [op]}) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 0
    assert r.actions()[-1] == "DescribeStackEvents"


def test_failure_in_a_fleet(tmp_path):
    """Its events are read before it is told, also when a listing told it."""
    bad = {"final": "ROLLBACK_COMPLETE", "seconds": 0.5, "events": [
        [0.1, "B", "AWS::S3::Bucket", "CREATE_FAILED", "bucket exists"]]}
    with Bench(tmp_path, {"operations": [bad]}, fleet(12)) as b:
        r = deploy_all(b, "--concurrency", "12")
    assert r.status == 1
    assert "bucket exists" in r.err


@pytest.mark.parametrize("many", [3, 60])
def test_deleting_a_fleet(tmp_path, many):
    """A deleted stack is on no listing any more: it is asked for by ARN."""
    stacks = {n: {"StackStatus": "CREATE_COMPLETE"} for n in names(many)}
    with Bench(tmp_path, {"stacks": stacks, "operations": [
            {"seconds": [0.2, 0.8]}]}, fleet(many)) as b:
        r = b.run("destroy", "--all", "--force", "--concurrency", str(many),
                  env=TENTH)
        left = dict(b.server.world.stacks)
    assert r.status == 0, r.err
    assert left == {}
    assert r.actions().count("DeleteStack") == many
    assert r.err.count(": destroyed") == many


def reference_requests(seconds):
    """What two loops send: the state at once and every 5 s until it is the
    end, events every 2 s, and once more."""
    states = 1 + math.ceil(seconds / 5)
    events = max(0, math.ceil(5 * (states - 1) / 2) - 1)
    return states + events + 1


@pytest.mark.parametrize("seconds", [0, 1.2, 3.1, 4.5, 6.7, 9.7])
def test_no_more_requests_than_the_reference(tmp_path, seconds):
    """In real time; the end is noticed soon."""
    with Bench(tmp_path, {"operations": [{"seconds": seconds}]}) as b:
        r = b.run("deploy", *NEVER, env={"CCDK_POLL_SCALE": "100"})
        late = time.time() - b.server.world.ended["S1"]
    assert r.status == 0
    after = r.actions()[r.actions().index("ExecuteChangeSet") + 1:]
    # three of those that only the reference sends before
    assert len(after) <= reference_requests(seconds) + 3, after
    assert late < 10  # bench.py measures how soon


def test_stack_that_comes_to_nothing(tmp_path):
    """REVIEW_IN_PROGRESS for ever is an end after some looks."""
    op = {"final": "REVIEW_IN_PROGRESS", "busy": 0, "events": [
        stack_row("CREATE_IN_PROGRESS")]}
    with Bench(tmp_path, {"operations": [op]},
               {"S1": {"template": template()}}) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 1
    assert "REVIEW_IN_PROGRESS" in r.err
