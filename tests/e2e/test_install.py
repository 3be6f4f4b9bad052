"""`make install`: what lands where, and that one copied file is a whole
installation."""
import os
import shutil
import subprocess
from pathlib import Path

from conftest import ACCOUNT, REGION, ROOT


def make(*args):
    env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    build = os.environ.get("CCDK_BUILD", "")
    flavour = Path(build).name.replace("-", ",") if build else "release"
    if flavour != "release":
        args = (*args, f"SANITIZE={flavour}")
    subprocess.run(["make", "-s", *args], cwd=ROOT, env=env, check=True)


def files_below(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*")
                  if not p.is_dir())


def test_install_and_uninstall(tmp_path):
    dest = tmp_path / "dest"
    make("install", f"DESTDIR={dest}", "PREFIX=/usr")
    installed = files_below(dest)
    assert "usr/bin/ccdk" in installed
    assert "usr/share/man/man1/ccdk.1" in installed
    assert "usr/share/man/man1/ccdk-deploy.1" in installed
    assert "usr/share/bash-completion/completions/ccdk" in installed
    make("uninstall", f"DESTDIR={dest}", "PREFIX=/usr")
    assert files_below(dest) == []


def test_one_copied_file_still_bootstraps(cloud, tmp_path):
    dest = tmp_path / "dest"
    make("install", f"DESTDIR={dest}", "PREFIX=/usr")
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(dest / "usr/bin/ccdk", alone / "ccdk")
    shutil.rmtree(dest)
    done = subprocess.run(
        [alone / "ccdk", "bootstrap", f"aws://{ACCOUNT}/{REGION}"], cwd=alone,
        capture_output=True, text=True, env=cloud.emulator.env(alone))
    assert done.returncode == 0, done.stderr
    assert cloud.stack("CDKToolkit")["StackStatus"] == "CREATE_COMPLETE"
