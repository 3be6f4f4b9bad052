"""Approvals of all stacks asked together, before anything is touched."""
import json

import pytest

from harness import S3, Bench
from test_deploy import NO_TTY, ROLE, TABLES
from test_terminal import talk

THREE = {"A": {"template": ROLE}, "B": {}, "C": {"template": ROLE}}
MANY = ("deploy", "-a", "asm", "--all", "--progress", "errors-only",
        "--concurrency", "3")
QUESTION = ("Stacks A, C include security-sensitive updates and "
            "\"--require-approval\" is set to 'broadening'.\nDo you wish to "
            "deploy these 2 stacks, and 1 that needs no approval? (y/n) ")
READS = {"GetCallerIdentity", "DescribeStacks", "GetTemplate"}


def tables(name):
    return TABLES.replace("Stack S1", f"Stack {name}")


def changes(b):
    return [a for a in b.server.actions() if a not in READS]


@pytest.mark.parametrize("answer, status", [(b"y\n", 0), (b"n\n", 1),
                                            (b"\x03", 1)])
def test_on_a_terminal(tmp_path, answer, status):
    with Bench(tmp_path, {"operations": [{}]}, THREE) as b:
        got, text = talk(b, MANY, [answer])
        stacks = {n: s["StackStatus"] for n, s in b.server.world.stacks.items()}
        changed = changes(b)
    assert got == status, text
    assert text.count("(y/n)") == 1
    shown = text.index("Stack A\nIAM Statement Changes")
    assert shown < text.index("Stack C\nIAM Statement Changes") < \
        text.index(QUESTION)
    assert "Stack B\n" not in text
    if status:
        assert ("Deployment cancelled" in text) == (answer == b"n\n")
        assert stacks == {} and changed == []
    else:
        assert stacks == {n: "CREATE_COMPLETE" for n in "ABC"}


def test_nothing_to_ask(tmp_path):
    with Bench(tmp_path, {"operations": [{}]}, {"A": {}, "B": {}}) as b:
        got, text = talk(b, MANY, [])
        assert got == 0, text
        assert "(y/n)" not in text
        assert len(b.server.world.stacks) == 2


def test_off(tmp_path):
    """As the reference does."""
    with Bench(tmp_path, {}, THREE) as b:
        got, text = talk(b, [*MANY, "--no-approve-first"], [])
    assert got == 1
    assert "but concurrency is greater than 1" in text
    assert "Looking for" not in text


def test_without_a_terminal(tmp_path):
    with Bench(tmp_path, {"operations": [{}]}, THREE) as b:
        r = b.run("deploy", "--all", "--approve-first")
        assert changes(b) == []
        assert b.server.world.stacks == {}
    assert r.status == 1
    assert r.err == (
        "\n✨  Synthesis time: Ns\n\n"
        "Looking for changes that need approval...\n" + tables("A") +
        tables("C") + "Stack includes security-sensitive updates" + NO_TTY)


def test_yes(tmp_path):
    with Bench(tmp_path, {"operations": [{}]}, THREE) as b:
        r = b.run("deploy", "--all", "--approve-first", "--yes",
                  "--concurrency", "3")
        assert len(b.server.world.stacks) == 3
    assert r.status == 0, r.err
    assert tables("A") + tables("C") + QUESTION.replace(
        "(y/n) ", "(auto-confirmed)\n") in r.err
    # once, not again with the change sets
    assert r.err.count("IAM Statement Changes") == 2


def test_without_the_option_nothing_is_read_first(tmp_path):
    with Bench(tmp_path, {"operations": [{}]}, THREE) as b:
        b.run("deploy", "B", "--concurrency", "3")
        usual = b.server.actions()
        assert "Looking" not in b.run("deploy", "B", "--concurrency", "3").err
    assert usual[:2] == ["DescribeStacks", "CreateChangeSet"]


def test_one_stack_at_a_time(tmp_path):
    with Bench(tmp_path, {"operations": [{}]},
               {"A": {"template": ROLE}, "B": {}}) as b:
        got, text = talk(b, ["deploy", "-a", "asm", "--all",
                             "--approve-first"], [b"y\n"])
        assert len(b.server.world.stacks) == 2
    assert got == 0
    assert ("Stack A includes security-sensitive updates and "
            "\"--require-approval\" is set to 'broadening'.\nDo you wish to "
            "deploy this stack, and 1 that needs no approval? (y/n)") in text


def test_what_was_not_shown_is_refused(tmp_path):
    """While people think, somebody else takes the role away: the template
    that was there grants the role already, so nothing was shown."""
    there = {"A": {"StackStatus": "UPDATE_COMPLETE",
                   "template": json.dumps(ROLE)}}
    new = {"Resources": {**ROLE["Resources"],
                         "B": {"Type": S3, "Properties": {}}}}
    class Moving(Bench):
        def moved(self):
            self.server.world.stacks["A"]["template"] = '{"Resources":{}}'

    with Moving(tmp_path, {"stacks": there, "operations": [{}]},
                {"A": {"template": new}, "C": {"template": ROLE}}) as b:
        plain = b.server.api.CreateChangeSet

        def create(params):
            b.moved()
            return plain(params)

        b.server.api.CreateChangeSet = create
        r = b.run("deploy", "--all", "--approve-first", "--yes",
                  "--keep-going")
        assert b.server.world.sets.keys() == {("C", "cdk-deploy-change-set")}
        assert b.server.world.stacks["A"]["StackStatus"] == "UPDATE_COMPLETE"
        assert b.server.world.stacks["C"]["StackStatus"] == "CREATE_COMPLETE"
    assert r.status == 1
    assert ("Stack A includes security-sensitive updates that were not among "
            "those that were approved; it was not deployed.") in r.err
    assert tables("A") in r.err


def test_less_than_was_shown_is_fine(tmp_path):
    two = {"Resources": {"R": ROLE["Resources"]["R"],
                         "Q": ROLE["Resources"]["R"]}}
    old = {"Resources": {"Q": ROLE["Resources"]["R"]}}
    there = {"A": {"StackStatus": "UPDATE_COMPLETE",
                   "template": '{"Resources":{"X":{"Type":"T::T::T"}}}'}}
    with Bench(tmp_path, {"stacks": there, "operations": [{}]},
               {"A": {"template": two}}) as b:
        plain = b.server.api.CreateChangeSet

        def create(params):
            b.server.world.stacks["A"]["template"] = json.dumps(old)
            return plain(params)

        b.server.api.CreateChangeSet = create
        r = b.run("deploy", "--all", "--approve-first", "--yes")
        assert r.status == 0, r.err
    assert "ExecuteChangeSet" in r.actions()


def test_any_change(tmp_path):
    """Stacks in which nothing changes are not asked about; tags count."""
    same = {"Resources": {"B": {"Type": S3, "Properties": {}}}}
    there = {n: {"StackStatus": "UPDATE_COMPLETE",
                 "template": json.dumps(same)} for n in "AB"}
    with Bench(tmp_path, {"stacks": there, "operations": [{}]},
               {"A": {"template": same}, "B": {
                   "template": same,
                   "properties": {"tags": {"team": "x"}}}}) as b:
        r = b.run("deploy", "--all", "--approve-first", "--yes",
                  "--require-approval", "any-change")
        assert r.status == 0, r.err
    assert "Stack B includes updates and" in r.err
    assert "✅  A (no changes)" in r.err and "✅  B\n" in r.err


def test_destructive(tmp_path):
    there = {"A": {"StackStatus": "UPDATE_COMPLETE",
                   "template": '{"Resources":{"Old":{"Type":"T::T::T"}}}'}}
    cs = {"Changes": [{"Type": "Resource", "ResourceChange": {
        "Action": "Remove", "LogicalResourceId": "Old",
        "ResourceType": "T::T::T", "Scope": [], "Details": []}}]}
    with Bench(tmp_path, {"stacks": there, "change_set": cs,
                          "operations": [{}]}, {"A": {}, "B": {}}) as b:
        r = b.run("deploy", "--all", "--approve-first", "--yes",
                  "--require-approval", "destructive")
        assert r.status == 0, r.err
    assert ("Destructive changes:\n  A: T::T::T Old will be destroyed\n\n"
            "Stack A includes destructive updates and") in r.err
    assert r.err.count("Destructive changes") == 1


def test_trouble_while_looking(tmp_path):
    fault = {"action": "DescribeStacks", "stack": "C", "times": 99,
             "code": "AccessDenied", "message": "not C", "status": 403}
    with Bench(tmp_path, {"faults": [fault], "operations": [{}]},
               THREE) as b:
        r = b.run("deploy", "--all", "--approve-first", "--yes")
        assert (r.status, changes(b)) == (1, [])
        assert r.err.endswith("not C\n")
        r = b.run("deploy", "--all", "--approve-first", "--yes",
                  "--keep-going")
        assert r.status == 1
        assert set(b.server.world.stacks) == {"A", "B"}
