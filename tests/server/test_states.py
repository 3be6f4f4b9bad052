"""Every state of a stack with every way to deploy, destroy and roll back: the
outcome is the reference's, which states.py has recorded."""
import pytest

import states

CASES = states.cases()
RECORDED = states.load()


# What only we say.
OURS = ("S1 has termination protection; nothing was deleted. To delete it, set "
        "terminationProtection to false in the app, deploy that, then destroy "
        "again.",)
# What we say below an error.
NOTES = ("First cause: ", "Console: ", "The rollback of S1 has failed ")
# Two operations close together: whose the rows are is a matter of clocks.
ROUNDS = ("rollback fails with --force",)
CHANGING = ("Create", "Update", "Delete", "Execute", "Rollback", "Continue")


def changes(requests):
    return [r for r in requests if r.startswith(CHANGING)]


def missing_from(some, all_):
    """The first of some that does not come in all, in that order."""
    rest = iter(all_)
    return next((r for r in some if r not in rest), None)


def common(lines):
    """Without what only we say."""
    at = next((i for i, x in enumerate(lines) if x.startswith(NOTES)),
              len(lines))
    if at < len(lines):
        lines = [*lines[:at - (lines[at - 1] == "")], ""]
    return [x for x in lines if x not in OURS]


def without_rows(lines):
    return [x for x in lines if x and not x.startswith(
        ("S1 | ", "Failed resources:"))]


@pytest.mark.parametrize("name", CASES)
def test_state(tmp_path, name):
    """What changes something is the same; of what the reference reads we may
    leave out some."""
    ours = states.outcome(tmp_path, CASES[name])
    theirs = RECORDED[name]
    if name in ROUNDS:
        assert without_rows(ours["err"]) == without_rows(theirs["err"])
    else:
        assert common(ours["err"]) == theirs["err"]
    assert ours["out"] == theirs["out"]
    assert ours["status"] == theirs["status"]
    assert changes(ours["requests"]) == changes(theirs["requests"])
    assert missing_from(ours["requests"], theirs["requests"]) is None


def test_all_statuses_are_played():
    source = (states.ROOT / "lib/cfn/status.c").read_text()
    assert all(f'"{s}"' in source for s in states.STATUSES)
    assert source.count("{ \"") == len(states.STATUSES)


def test_rollback_gives_up(tmp_path):
    """After ten rounds; the reference says so, too."""
    ours = states.outcome(tmp_path, (states.scenario(
        states.stack("UPDATE_ROLLBACK_FAILED"),
        operations=[states.failed_rollback(busy=1)]),
        states.METHODS["rollback-force"]))
    assert ours["status"] == 1
    assert len(changes(ours["requests"])) == 10
    assert ours["err"][-3:] == [
        " ❌  S1 failed: Rollback did not finish after a large number of "
        "iterations; stopping because it looks like we're not making "
        "progress anymore. You can retry if rollback was progressing as "
        "expected.",
        "Rollback failed (use --force to orphan failing resources)", ""]
