"""What the parts of parity.py share: the two programs and how they are run."""
import difflib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NODE_MODULES = ROOT / "build/npm/node_modules"
SHOW = int(os.environ.get("PARITY_SHOW", "5"))


def find_reference():
    given = os.environ.get("REFERENCE_CDK")
    found = given or NODE_MODULES / ".bin/cdk"
    if not os.path.exists(found):
        sys.exit("parity: the reference CLI is missing; run tests/setup.sh")
    return str(found)


def environment(home, **more):
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("AWS_", "CDK_", "CCDK_"))
           and k not in ("CI", "COLUMNS", "FORCE_COLOR", "NO_COLOR")}
    env.update(HOME=str(home), CDK_HOME=f"{home}/.cdk",
               AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE",
               AWS_SECRET_ACCESS_KEY="not-a-secret", AWS_REGION="us-east-1",
               AWS_EC2_METADATA_DISABLED="true",
               CDK_DISABLE_CLI_TELEMETRY="true", NODE_NO_WARNINGS="1", **more)
    return env


def run(tool, args, cwd, env):
    # each has a home of its own, so that no cache is shared
    done = subprocess.run([tool, *args, "--no-notices"], cwd=cwd, env=env,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=600)
    text = [s.decode("utf-8", "surrogateescape")
            for s in (done.stdout, done.stderr)]
    return done.returncode, *text


def show(found):
    for name, ours, theirs, options in found[:SHOW]:
        print(f"--- {name} {' '.join(options)}")
        for line in list(difflib.unified_diff(
                theirs.splitlines(), ours.splitlines(), "reference", "ccdk",
                lineterm="", n=4))[:60]:
            print("    " + line.replace("\x1b", "^["))
