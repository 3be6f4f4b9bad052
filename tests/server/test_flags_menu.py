"""The dialogue of `flags --interactive`, on a terminal."""
import json
import os
import re
import shutil

import pytest

from harness import ROOT, binary, converse

QUESTION = re.compile(r"\(1-\d+\) |\(y/n\) ")


def talk(folder, answers):
    """Types the next answer at every question; (status, text)."""
    shutil.copy(ROOT / "tests/cli/flags/app.sh", folder)
    (folder / "cdk.json").write_text(json.dumps(
        {"app": "sh app.sh", "context": {"@aws-cdk/s:B": False}}))
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb",
           "NO_COLOR": "1", "AWS_EC2_METADATA_DISABLED": "true"}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
        if name in os.environ:
            env[name] = os.environ[name]
    status, text = converse(
        [*binary(), "flags", "--unstable=flags", "-i"], folder, env, QUESTION,
        [a.encode() + b"\n" for a in answers])
    context = json.loads((folder / "cdk.json").read_text())["context"]
    return status, text, context


def test_exit(tmp_path):
    status, text, context = talk(tmp_path, ["5"])
    assert status == 0
    assert "  4  Modify a specific flag\n  5  Exit\n" in text
    assert "Menu (1-5)" in text
    assert context == {"@aws-cdk/s:B": False}


def test_not_in_the_menu(tmp_path):
    assert talk(tmp_path, ["what"])[0] == 0


def test_one_flag_and_again(tmp_path):
    status, text, context = talk(tmp_path, ["4", "1", "1", "y", "5"])
    assert status == 0, text
    assert "Setting flag '@aws-cdk/z:one' to: true\n" in text
    assert "     ├─ [-] 30\n     └─ [+] 60\n" in text
    assert context == {"@aws-cdk/s:B": False, "@aws-cdk/z:one": True}


def test_declined(tmp_path):
    status, text, context = talk(tmp_path, ["4", "1", "1", "n"])
    assert status == 1
    assert text.endswith("Flag update cancelled\n")
    assert context == {"@aws-cdk/s:B": False}


@pytest.mark.parametrize("choice, one, four, old", [
    ("1", True, False, True), ("2", True, False, False),
    ("3", False, True, False)])
def test_many(tmp_path, choice, one, four, old):
    status, _, context = talk(tmp_path, [choice, "y"])
    assert status == 0
    assert context["@aws-cdk/z:one"] is one
    assert context["@aws-cdk/w:four"] is four
    assert context["@aws-cdk/s:B"] is old
