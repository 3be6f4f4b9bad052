"""The completion scripts in the shells themselves. Names of stacks come from
the last assembly; the app, which would leave a file, is never run."""
import os
import pty
import select
import shlex
import shutil
import subprocess
import time

import pytest

from conftest import CCDK, ROOT, clean_env

ASSEMBLIES = ROOT / "tests" / "cli" / "_asm"
SECONDS = 30


def need(shell):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")


@pytest.fixture
def project(tmp_path):
    """A folder with an assembly, and the program in the path."""
    if " " in CCDK.strip():
        pytest.skip("the program is run through another one")
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "ccdk").symlink_to(CCDK)
    work = tmp_path / "work"
    work.mkdir()
    shutil.copytree(ASSEMBLIES / "stages", work / "cdk.out")
    (work / "cdk.json").write_text('{"app": "touch ran"}')
    env = clean_env(tmp_path)
    env["PATH"] = f"{bin_}:{env['PATH']}"
    env["TERM"] = "vt100"
    yield work, env
    assert not (work / "ran").exists()


def bash(project, *words):
    """What the function offers for the last of the words."""
    work, env = project
    need("bash")
    script = (
        "source <(ccdk completion bash)\n"
        f"COMP_WORDS=({' '.join(map(shlex.quote, words))})\n"
        f"COMP_CWORD={len(words) - 1}\n_ccdk\n"
        "((${#COMPREPLY[@]})) && printf '%s\\n' \"${COMPREPLY[@]}\"\n:\n")
    done = subprocess.run(["bash", "--norc", "--noprofile", "-c", script],
                          cwd=work, env=env, capture_output=True, text=True,
                          timeout=SECONDS, check=True)
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]


def test_bash_stacks(project):
    everything = ["Base", "Prod/X", "Prod/Y", "Dev/X", "Prod/Eu/Z"]
    for command in ("deploy", "synth", "synthesize", "ls", "metadata"):
        assert bash(project, "ccdk", command, "") == everything
    assert bash(project, "ccdk", "deploy", "Prod/") == [
        "Prod/X", "Prod/Y", "Prod/Eu/Z"]
    assert bash(project, "ccdk", "deploy", "Base", "De") == ["Dev/X"]
    assert bash(project, "ccdk", "deploy", "nope") == []
    assert bash(project, "ccdk", "bootstrap", "") == []


def test_bash_other_folder(project):
    work, _ = project
    shutil.copytree(ASSEMBLIES / "several", work / "other")
    for option in (["-a"], ["--app"], ["-o"], ["--output", "="]):
        assert bash(project, "ccdk", "deploy", *option, "other", "") == [
            "A", "B", "Team/C"]


def test_bash_the_rest(project):
    assert bash(project, "ccdk", "completion", "") == ["bash", "zsh", "fish"]
    assert bash(project, "ccdk", "assets", "") == ["list", "verify", "prune"]
    assert bash(project, "ccdk", "init", "s") == ["sample-app"]
    assert bash(project, "ccdk", "login", "--no-") == [
        o for o in bash(project, "ccdk", "login", "--no-")
        if not o.startswith("--no-no-")]
    assert "deploy" in bash(project, "ccdk", "dep")
    assert "--require-approval" in bash(project, "ccdk", "deploy", "--req")
    assert bash(project, "ccdk", "deploy", "--require-approval", "n") == [
        "never"]


def test_bash_names_are_only_names(project):
    """Whatever stands in a manifest is text, never a command."""
    work, _ = project
    manifest = work / "cdk.out" / "manifest.json"
    manifest.write_text(manifest.read_text().replace(
        '"Base"', '"$(touch ran)`touch ran`;a b"', 1))
    assert bash(project, "ccdk", "deploy", "$")[0] == (
        "\\$\\(touch\\ ran\\)\\`touch\\ ran\\`\\;a\\ b")


def typed(shell, project, setup, keys, wanted):
    """A shell on a terminal: types and reads until `wanted` is there."""
    work, env = project
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(work)
        os.execvpe(shell[0], shell, env)
    text, deadline = "", time.monotonic() + SECONDS
    try:
        os.write(fd, setup.encode() + b"echo set''up\n")
        sent = False
        while time.monotonic() < deadline and wanted not in text:
            if not select.select([fd], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(fd, 65536)
            except OSError:
                break
            if not data:
                break
            text += data.decode("utf-8", "replace")
            if not sent and "setup" in text:
                sent, text = True, ""
                os.write(fd, keys.encode())
    finally:
        os.close(fd)
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    assert wanted in text, text


def test_bash_on_a_terminal(project):
    need("bash")
    typed(["bash", "--norc", "--noprofile", "-i"], project,
          "source <(ccdk completion bash)\n", "ccdk deploy De\t", "Dev/X")


def test_zsh_on_a_terminal(project):
    need("zsh")
    work, _ = project
    functions = work.parent / "functions"
    functions.mkdir()
    typed(["zsh", "-f", "-i"], project,
          f"ccdk completion zsh >{functions}/_ccdk\n"
          f"fpath=({functions} $fpath)\nautoload -Uz compinit\n"
          f"compinit -u -d {work.parent}/dump\n",
          "ccdk deploy De\t", "Dev/X")


def test_fish(project):
    need("fish")
    work, env = project

    def offered(line):
        done = subprocess.run(
            ["fish", "-N", "-c", "ccdk completion fish | source; "
             f"complete -C {shlex.quote(line)}"], cwd=work, env=env,
            capture_output=True, text=True, timeout=SECONDS, check=True)
        return sorted(l.split("\t")[0] for l in done.stdout.splitlines())

    assert offered("ccdk deploy P") == ["Prod/Eu/Z", "Prod/X", "Prod/Y"]
    assert offered("ccdk ls De") == ["Dev/X"]
    assert offered("ccdk completion ") == ["bash", "fish", "zsh"]


def test_called_cdk(project):
    """A link of that name completes its own."""
    work, env = project
    (work.parent / "bin" / "cdk").symlink_to(CCDK)
    for shell in ("bash", "zsh", "fish"):
        text = subprocess.run(["cdk", "completion", shell], cwd=work, env=env,
                              capture_output=True, text=True,
                              timeout=SECONDS, check=True).stdout
        assert "ccdk" not in text and "cdk" in text
