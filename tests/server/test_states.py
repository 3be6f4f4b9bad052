"""Every state of a stack with every way to deploy, destroy and roll back: the
outcome is the reference's, which states.py has recorded."""
import pytest

import states

CASES = states.cases()
RECORDED = states.load()


@pytest.mark.parametrize("name", CASES)
def test_state(tmp_path, name):
    ours = states.outcome(tmp_path, CASES[name])
    assert ours == RECORDED[name]


def test_all_statuses_are_played():
    source = (states.ROOT / "lib/deploy/status.c").read_text()
    assert all(f'"{s}"' in source for s in states.STATUSES)
    assert source.count("{ \"") == len(states.STATUSES)
