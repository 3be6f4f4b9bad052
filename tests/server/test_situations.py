"""Whole runs of `deploy` as they are seen: both streams and the exit status
are the reference's in the same situation. Then what deployments run into: an
operation in which nothing happens, a role that ends, failures deep down."""
import re
import time

import pytest

from harness import S3, STACK, Bench, good, stack_row, template
from test_deploy import (CREATED, MANY, NEVER, UPDATED, arn, existing, success)
from test_display import run

ROLE = "arn:aws:iam::111122223333:role/deploy"


def test_parameters_of_other_stacks_are_ignored(tmp_path):
    parts = template(Parameters={n: {"Type": "String"}
                                 for n in ("Foo", "Baz")})
    with Bench(tmp_path, {"operations": [good()]},
               {"S1": {"template": parts}}) as b:
        r = b.run("deploy", *NEVER, "--parameters", "Foo=bar",
                  "--parameters", "S1:Baz=x=y", "--parameters", "Other:Q=1",
                  "--tags", "a=b")
    assert (r.status, r.out, r.err) == (0, arn("S1"), success(CREATED))


def updated(name, i, n):
    """What is told about one of several stacks."""
    rows = UPDATED.replace("S1", name)
    return (f"{name}: creating CloudFormation changeset...\n"
            f"{name}: deploying... [{i}/{n}]\n{rows}\n✅  {name}\n\n"
            "✨  Deployment time: Ns\n\nOutputs:\n"
            f"{name}.Alpha = https://a\n{name}.Zed = z1\nStack ARN:\n")


def deployed_before():
    """A and the Bb that needs it, both with another template."""
    names = ("A", "Bb")
    return {"stacks": {n: existing()["S1"] for n in names},
            "operations": [good("UPDATE", n, cleanup=True, stack=n)
                           for n in names]}


def test_exclusively_and_by_force(tmp_path):
    with Bench(tmp_path, deployed_before(), MANY) as b:
        r = b.run("deploy", "Bb", "-e", "--force")
    assert (r.status, r.out) == (0, arn("Bb"))
    assert r.err == ("\n✨  Synthesis time: Ns\n\n" + updated("Bb", 1, 1) +
                     "\n✨  Total time: Ns\n\n")


def test_a_bar_for_several_at_once(tmp_path):
    with Bench(tmp_path, deployed_before(), MANY) as b:
        r = b.run("deploy", "Bb", "--concurrency", "2", "--force",
                  "--progress", "bar")
    assert (r.status, r.out) == (0, arn("A") + arn("Bb"))
    assert r.err == (
        "Including dependency stacks: A\n\n✨  Synthesis time: Ns\n\n"
        '⚠️ The --concurrency flag does not support --progress "bar". '
        'Switching to "events".\nA\n' + updated("A", 1, 2) + "Bb\n" +
        updated("Bb", 2, 2) + "\n✨  Total time: Ns\n\n")


def test_a_deletion_that_failed_before(tmp_path):
    with Bench(tmp_path, {"stacks": existing("DELETE_FAILED"),
                          "tolerates": ["DELETE_FAILED"],
                          "operations": [good("UPDATE", cleanup=True)]}) as b:
        r = b.run("deploy", *NEVER)
    assert (r.status, r.out, r.err) == (0, arn("S1"), success(UPDATED))
    assert "DeleteStack" not in r.actions()


@pytest.mark.parametrize("args", [NEVER, ()])
def test_an_app_that_is_not_there(tmp_path, args):
    with Bench(tmp_path) as b:
        b.app_option = "nothere"
        r = b.run("deploy", *args)
    assert (r.status, r.out) == (1, "")
    assert r.err == ("/bin/sh: 1: nothere: not found\n"
                     "nothere: Subprocess exited with error 127\n")
    assert r.actions() == []


# ---- the bar ----------------------------------------------------------------

START = r"""
\e[0m\e[0m
\e[0m✨  Synthesis time: Ns\e[0m
\e[0m\e[0m
\e[0m\e[1mS1\e[22m: creating CloudFormation changeset...\e[0m
\e[0m\e[1mS1\e[22m: deploying... [1/1]\e[0m
"""[1:]
EMPTY = "\\e[K[" + "·" * 58 + "] (0/2)"
HALF = "\\e[K[\\e[32m" + "█" * 29 + "\\e[39m" + "·" * 29 + "] (1/2)"
FULL = "\\e[K[\\e[32m" + "█" * 58 + "\\e[39m] (2/2)"
BLANK = "\\e[K"
OWN, BUCKET = (
    f"\\e[KTIME | \\e[32mCREATE_IN_PROGRESS     \\e[39m | {kind} | "
    f"\\e[32m\\e[1m{name}\\e[22m\\e[39m"
    for kind, name in (("AWS::CloudFormation::Stack", "S1"),
                       ("AWS::S3::Bucket           ", "B")))
FRAMES = [[EMPTY, BLANK, OWN], [EMPTY, BLANK, OWN, BUCKET],
          [HALF, BLANK, OWN, BLANK], [FULL, BLANK, BLANK, BLANK]]
END = r"""
\e[0m\e[32m\e[39m\e[0m
\e[0m\e[32m✅  S1\e[39m\e[0m
\e[0m\e[0m
\e[0m✨  Deployment time: Ns\e[0m
\e[0m\e[0m
\e[0mOutputs:\e[0m
\e[0m\e[36mS1\e[39m.\e[36mAlpha\e[39m = \e[4m\e[36mhttps://a\e[39m\e[24m\e[0m
\e[0m\e[36mS1\e[39m.\e[36mZed\e[39m = \e[4m\e[36mz1\e[39m\e[24m\e[0m
\e[0mStack ARN:\e[0m
\e[0marn:aws:cloudformation:us-east-1:111122223333:stack/S1/aaaa-S1\e[0m
\e[0m\e[0m
\e[0m✨  Total time: Ns\e[0m
\e[0m\e[0m
"""[1:]


def frames(text):
    """What is before the bar, each picture of it once, what is after it. The
    line with the time below the bar is left out: it is ours, and so is that
    the rest of the screen is cleared at the end."""
    text = re.sub(r"\d+:\d\d:\d\d [AP]M", "TIME", text)
    text = re.sub(r"( time: )[0-9.]+s", r"\1Ns", text).replace("\x1b", "\\e")
    first, *rest = re.split(r"\\e\[\d+A", text)
    at = first.index("\\e[K")
    last = rest.pop().removeprefix("\\e[J")
    pictures = []
    for part in [first[at:], *rest]:
        lines = [line for line in part.splitlines() if "elapsed" not in line]
        if [lines] != pictures[-1:]:
            pictures.append(lines)
    return first[:at], pictures, last


def test_bar_in_colours(tmp_path):
    op = good(per_poll=1, busy=6)
    with Bench(tmp_path, {"operations": [op]}) as b:
        status, text = run(b, "deploy", *NEVER, columns=100, rows=40,
                           color=True)
    assert status == 0
    before, pictures, after = frames(text)
    assert (before, after) == (START, END)
    nothing_yet, *shown, wiped = pictures
    assert nothing_yet == [EMPTY]
    assert set(wiped) == {BLANK}
    # two events may come between two pictures
    seen = [FRAMES.index(p) for p in shown]
    assert seen == sorted(seen)
    assert {0, 3} <= set(seen)


# ---- nothing happens --------------------------------------------------------

QUIET_SECONDS = 4


def quiet(verb="UPDATE", end="UPDATE_COMPLETE", seconds=QUIET_SECONDS):
    """It begins; then there is no event until it ends."""
    return {"seconds": seconds, "final": end, "outputs": {
        "Zed": "z1", "Alpha": "https://a"}, "events": [
            stack_row(f"{verb}_IN_PROGRESS"),
            [0.01, "B", S3, f"{verb}_IN_PROGRESS"],
            stack_row(end, reason=None, at=seconds)]}


def test_a_stack_that_is_stuck(tmp_path):
    """It is waited for, without asking more often than the reference does."""
    with Bench(tmp_path, {"stacks": existing(), "operations": [quiet()]}) as b:
        start = time.monotonic()
        r = b.run("deploy", *NEVER)
        # of waits, which pass a hundred times faster here
        waited = (time.monotonic() - start) * 100
    assert (r.status, r.out) == (0, arn("S1"))
    assert r.err == success(
        "S1 | 0/3 | TIME | UPDATE_IN_PROGRESS      | "
        "AWS::CloudFormation::Stack | S1 User Initiated\n"
        "S1 | 0/3 | TIME | UPDATE_IN_PROGRESS      | AWS::S3::Bucket"
        "            | B \n"
        "S1 | 1/3 | TIME | UPDATE_COMPLETE         | "
        "AWS::CloudFormation::Stack | S1 \n")
    done = r.actions()[r.actions().index("ExecuteChangeSet"):]
    assert 10 < done.count("DescribeStackEvents") <= waited / 2 + 2
    assert done.count("DescribeStacks") <= waited / 5 + 2


def test_a_stuck_stack_that_fails_in_the_end(tmp_path):
    """Without a resource that failed the stack's own word is told."""
    op = {**quiet(end="UPDATE_ROLLBACK_COMPLETE", seconds=1),
          "reason": "it took too long"}
    with Bench(tmp_path, {"stacks": existing(), "operations": [op]}) as b:
        r = b.run("deploy", *NEVER, "--progress", "errors-only")
    assert (r.status, r.out) == (1, "")
    assert ("❌  S1 failed to deploy\n‣ DeploymentError: Resource updates "
            "failed (UPDATE_ROLLBACK_COMPLETE): it took too long\n") in r.err


# ---- a role that does not last ----------------------------------------------

def with_role():
    return {"S1": {"properties": {"assumeRoleArn": ROLE}}}


def assumed(r):
    return r.server.actions("sts").count("AssumeRole")


def test_a_role_that_ends_while_waiting(tmp_path):
    """It is assumed anew before it ends, as often as it takes."""
    with Bench(tmp_path, {"role_seconds": 2, "stacks": existing(),
                          "operations": [quiet()]}, with_role()) as b:
        r = b.run("deploy", *NEVER)
    assert (r.status, r.out) == (0, arn("S1"))
    assert "expired" not in r.err
    assert 2 <= assumed(r) <= 6
    assert r.actions().count("ExecuteChangeSet") == 1


EXPIRED = {"kind": "error", "code": "ExpiredToken", "status": 403, "message":
           "The security token included in the request is expired"}


def test_a_role_that_is_told_to_have_ended(tmp_path):
    """Whatever the clock says, AWS's word is taken for it."""
    with Bench(tmp_path, {"stacks": existing(), "operations": [
            good("UPDATE", cleanup=True, per_poll=1, busy=4)], "faults": [
                {"action": "DescribeStackEvents", "nth": 3, **EXPIRED}]},
               with_role()) as b:
        r = b.run("deploy", *NEVER)
    assert (r.status, r.err) == (0, success(UPDATED))
    assert assumed(r) == 2


def test_a_role_that_cannot_be_assumed_again(tmp_path):
    """The deployment goes on in AWS, which is said, and is not begun anew."""
    denied = {"action": "AssumeRole", "nth": 2, "times": 1000, "kind": "error",
              "code": "AccessDenied", "status": 403,
              "message": "not allowed any more"}
    with Bench(tmp_path, {"role_seconds": 2, "stacks": existing(),
                          "operations": [quiet()], "faults": [denied]},
               with_role()) as b:
        r = b.run("deploy", *NEVER)
        state = b.server.world.stacks["S1"]["StackStatus"]
    assert r.status == 1
    assert state == "UPDATE_IN_PROGRESS"
    assert r.err.endswith(
        "❌  S1 failed to deploy\n‣ AccessDenied: the credentials of the role "
        f"'{ROLE}' have expired and cannot be renewed: not allowed any more\n")
    assert "This deployment can be continued: ccdk resume " in r.err
    assert r.actions().count("ExecuteChangeSet") == 1


# ---- failures ---------------------------------------------------------------

def nested(name, *inside):
    """A nested stack's ARN, and its rows in the stack around it."""
    arn_ = f"arn:aws:cloudformation:us-east-1:111122223333:stack/{name}/n1"
    own = {"PhysicalResourceId": arn_}
    logical = name.rsplit("-", 1)[-1]
    return arn_, [[0.1, logical, STACK, "UPDATE_IN_PROGRESS", None, own],
                  *inside,
                  [0.9, logical, STACK, "UPDATE_FAILED",
                   "Embedded stack was not successfully updated", own]]


def test_a_failure_deep_in_nested_stacks(tmp_path):
    """Two levels down; the stacks around it are not what failed."""
    deeper, deeper_rows = nested("S1-Inner-Deeper")
    inner, inner_rows = nested("S1-Inner")
    op = {"final": "UPDATE_ROLLBACK_COMPLETE", "busy": 3, "events": [
        stack_row("UPDATE_IN_PROGRESS"), *inner_rows,
        stack_row("UPDATE_ROLLBACK_IN_PROGRESS", "S1", "Rollback", 1),
        stack_row("UPDATE_ROLLBACK_COMPLETE", "S1", None, 2)]}
    rows = [[0.3, "T", "AWS::SNS::Topic", "UPDATE_FAILED", "bad name"],
            [0.4, "U", "AWS::SNS::Topic", "UPDATE_FAILED",
             "Resource update cancelled"]]
    with Bench(tmp_path, {"stacks": existing(), "operations": [op], "events": {
            inner: deeper_rows, deeper: rows}}) as b:
        r = b.run("deploy", *NEVER, "--progress", "errors-only")
    assert r.status == 1
    assert ("‣ DeploymentError: Resource updates failed:\n"
            "S1/Nested stack Inner/Nested stack Deeper/T  "
            "(AWS::SNS::Topic T)\n  bad name\n") in r.err
    assert "First cause: " in r.err
    assert "Nested in:  S1 > Inner > Deeper\n" in r.err
    assert "resource was cancelled because of this\n" in r.err
    assert "(AWS::SNS::Topic U)" not in r.err


def test_a_rollback_that_fails(tmp_path):
    op = {"final": "UPDATE_ROLLBACK_FAILED", "reason": "The following "
          "resource(s) failed to update: [B].", "events": [
              stack_row("UPDATE_IN_PROGRESS"),
              [0.2, "B", S3, "UPDATE_FAILED", "no"],
              stack_row("UPDATE_ROLLBACK_IN_PROGRESS", "S1", "Rollback", 0.3),
              [0.4, "B", S3, "UPDATE_FAILED", "no way back"],
              stack_row("UPDATE_ROLLBACK_FAILED", "S1", None, 0.5)]}
    with Bench(tmp_path, {"stacks": existing(), "operations": [op]}) as b:
        r = b.run("deploy", *NEVER, "--progress", "errors-only")
    assert (r.status, r.out) == (1, "")
    assert ("‣ DeploymentError: Resource updates failed:\n"
            "S1/B/Resource  (AWS::S3::Bucket B)\n  no\n  no way back\n") \
        in r.err
    assert ("\n  Rollback:   S1/B/Resource (AWS::S3::Bucket B) failed too: no "
            "way back\n") in r.err


def test_a_rollback_that_failed_before(tmp_path):
    """CloudFormation takes no change set then; what does help is named."""
    with Bench(tmp_path, {"stacks": {"S1": {
            "StackStatus": "UPDATE_ROLLBACK_FAILED", "template": "{}"}}}) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 1
    assert "state and can not be updated" in r.err
    assert r.err.rstrip().endswith(
        "The rollback of S1 has failed and comes first: ccdk rollback S1 "
        "(--orphan ID leaves a resource out of it)")
