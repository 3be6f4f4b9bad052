#!/usr/bin/env python3
"""Runs `ccdk diff` over recorded cases and compares what it prints.

usage: run.py [--binary FILE | --tool FILE] [-v] [NAME...]

Cases live in tests/diff/cases/{synthetic,changeset} and, when there is a
parity checkout, ../shared/parity/diff/public (CCDK_PARITY_DIR overrides the
`diff` folder). NAME picks cases by number or by "public/0012".

A case has old.json or old.yaml, new.json, expected.txt (stderr) and case.txt
(args, env, exit). Change set cases are served by a small endpoint here that
answers as CloudFormation would. --tool runs build/.../difftool instead, which
knows no manifests and no options but those of the text.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

import endpoint

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOOL_FLAGS = {"--strict", "--quiet", "--color", "--security-only"}


def parity_dir():
    given = os.environ.get("CCDK_PARITY_DIR")
    return given or os.path.join(ROOT, "..", "shared", "parity", "diff")


def read(path, default=""):
    if not os.path.exists(path):
        return default
    with open(path, encoding="utf-8", newline="") as f:
        return f.read()


class Case:
    def __init__(self, group, path):
        self.group = group
        self.path = path
        self.name = f"{group}/{os.path.basename(path)}"
        self.expected = read(os.path.join(path, "expected.txt"))
        self.stdout = read(os.path.join(path, "expected.stdout.txt"))
        self.args, self.env, self.exit = [], {}, 0
        if group == "public":
            self.args = ["--fail"]
            self.exit = int(read(os.path.join(path, "exit"), "0"))
        for line in read(os.path.join(path, "case.txt")).splitlines():
            key, _, value = line.partition(": ")
            if key == "args":
                self.args = value.split()
            elif key == "env":
                self.env = dict(v.split("=", 1) for v in value.split())
            elif key == "exit":
                self.exit = int(value)

    def file(self, name):
        path = os.path.join(self.path, name)
        return path if os.path.exists(path) else None

    def stack(self):
        return "S" if self.group == "public" else "S1"


def find_cases(names):
    found = []
    for group, base in (("synthetic", os.path.join(HERE, "cases")),
                        ("changeset", os.path.join(HERE, "cases")),
                        ("public", parity_dir())):
        folder = os.path.join(base, group)
        if not os.path.isdir(folder):
            print(f"skipped: no {group} cases")
            continue
        for name in sorted(os.listdir(folder)):
            case = Case(group, os.path.join(folder, name))
            if not names or name in names or case.name in names:
                found.append(case)
    return found


def assembly(case, folder):
    """A minimal cloud assembly around new.json."""
    out = os.path.join(folder, "assembly")
    os.mkdir(out)
    stack = case.stack()
    shutil.copyfile(case.file("new.json"),
                    os.path.join(out, f"{stack}.template.json"))
    env = "aws://111122223333/us-east-1" if case.group == "changeset" \
        else "aws://unknown-account/unknown-region"
    manifest = {"version": "36.0.0", "artifacts": {stack: {
        "type": "aws:cloudformation:stack", "environment": env,
        "properties": {"templateFile": f"{stack}.template.json"},
        "displayName": stack}}}
    if case.file("manifest.json"):
        manifest = json.loads(read(case.file("manifest.json")))
        for artifact in manifest["artifacts"].values():
            name = artifact.get("properties", {}).get("templateFile")
            if name:
                shutil.copyfile(case.file("new.json"),
                                os.path.join(out, name))
    with open(os.path.join(out, "manifest.json"), "w", encoding="utf-8") as f:
        json.dump(manifest, f)
    return out


def environment(case, extra):
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("AWS_", "CDK_", "CCDK_"))
           and k not in ("CI", "COLUMNS", "FORCE_COLOR", "NO_COLOR")}
    env.update(case.env)
    env.update(extra)
    return env


def run_binary(binary, case, folder):
    app = assembly(case, folder)
    command = [binary, "diff", "--no-notices", "--app", app]
    old = case.file("old.json") or case.file("old.yaml")
    extra = {"HOME": folder, "CDK_HOME": os.path.join(folder, ".cdk")}
    server = None
    if case.group == "changeset":
        server = endpoint.start(read(old), read(case.file("changes.json")))
        extra.update(AWS_ENDPOINT_URL=server.url,
                     AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE",
                     AWS_SECRET_ACCESS_KEY="not-a-secret",
                     AWS_EC2_METADATA_DISABLED="true",
                     AWS_REGION="us-east-1", CCDK_POLL_SCALE="1")
    else:
        name = os.path.basename(old) if old else "nosuch.json"
        if old:
            shutil.copyfile(old, os.path.join(folder, name))
        command += ["--template", name]
    try:
        return subprocess.run(command + case.args, cwd=folder, timeout=120,
                              env=environment(case, extra),
                              stdin=subprocess.DEVNULL, capture_output=True)
    finally:
        if server:
            server.stop()


def run_tool(tool, case, folder):
    flags, rest = [], list(case.args)
    while rest:
        arg = rest.pop(0)
        if arg == "--context-lines":
            flags += [arg, rest.pop(0)]
        elif arg in TOOL_FLAGS:
            flags.append(arg)
        elif arg != "--fail":
            return None
    if case.file("manifest.json") or case.stdout:
        return None
    old = case.file("old.json") or case.file("old.yaml")
    command = [tool, old, case.file("new.json"), "--name", case.stack()]
    if case.group == "changeset":
        path = os.path.join(folder, "cs.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"Changes": json.loads(
                read(case.file("changes.json")))}, f)
        flags += ["--change-set", path]
    return subprocess.run(command + flags, env=environment(case, {}),
                          stdin=subprocess.DEVNULL, capture_output=True)


def verdict(case, result, tool):
    """None when all is well, else what differs."""
    err = result.stderr.decode("utf-8", "surrogateescape")
    out = result.stdout.decode("utf-8", "surrogateescape")
    expected = case.expected
    if tool:
        lines = expected.splitlines(keepends=True)
        if lines and lines[0].startswith("Hold on"):
            lines = lines[2:]
        expected = "".join(lines).replace(
            " (aws://111122223333/us-east-1)", "")
    elif result.returncode != case.exit:
        return f"exit {result.returncode}, expected {case.exit}"
    if err != expected:
        return "stderr"
    if out != case.stdout:
        return "stdout"
    return None


def show(case, result):
    with tempfile.NamedTemporaryFile("wb", suffix=".txt") as f:
        f.write(result.stderr)
        f.flush()
        subprocess.run(["diff", "-u", os.path.join(case.path, "expected.txt"),
                        f.name], check=False)
    sys.stdout.flush()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--binary", default=os.environ.get(
        "CCDK", os.path.join(ROOT, "build", "ccdk")))
    ap.add_argument("--tool")
    ap.add_argument("-v", action="store_true")
    ap.add_argument("names", nargs="*")
    a = ap.parse_args()
    passed = failed = skipped = 0
    for case in find_cases(a.names):
        folder = tempfile.mkdtemp(prefix="ccdk-diff-")
        try:
            result = run_tool(a.tool, case, folder) if a.tool \
                else run_binary(os.path.abspath(a.binary), case, folder)
        finally:
            shutil.rmtree(folder)
        if result is None:
            skipped += 1
            print(f"skipped: {case.name}")
            continue
        why = verdict(case, result, a.tool)
        if why is None:
            passed += 1
        else:
            failed += 1
            print(f"not ok: {case.name} ({why})")
            if a.v:
                show(case, result)
    if skipped:
        print(f"{skipped} skipped")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
