#!/usr/bin/env python3
"""ccdk beside the reference CLI over many pairs of templates.

usage: parity.py [--keep DIR] CCDK [diff] [cli]

diff: templates of real apps are mutated (seeded) into pairs; both tools
compare them with a CloudFormation on loopback that has the old side deployed,
many stacks a run, and a few by --template; what they print is compared byte
by byte. cli: list, synth and metadata over the apps of apps/ and over random
values: both streams and the exit status.

PARITY_PAIRS=N pairs (300), PARITY_SEED=N another set, PARITY_APPS=WORD only
the apps with WORD in their name, PARITY_SHOW=N how many differing ones are
shown.
"""
import concurrent.futures
import copy
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from commands import part_cli  # noqa: E402
from mutate import Mutator, plain  # noqa: E402
from server import Server  # noqa: E402
from tools import ROOT, environment, find_reference, run, show  # noqa: E402

PAIRS = int(os.environ.get("PARITY_PAIRS", "300"))
SEED = int(os.environ.get("PARITY_SEED", "1"))
PER_RUN = 20
STACK = "AWS::CloudFormation::Stack"
# options of a run; what a run prints is cut at its stacks' headers
OPTIONS = [[], [], [], ["--color"], ["--strict"], ["--context-lines", "1"],
           ["--quiet"], ["--strict", "--color", "--context-lines", "7"],
           ["--security-only"], ["--fail-on", "destructive"],
           ["--security-only", "--color", "--fail-on", "broadening"],
           ["--fail"]]
CRASHES = []  # (pair, message): the reference throws
COLUMNS = [None, "80", "120", "200"]


# ---- real templates ----------------------------------------------------

def synthesize(work):
    """The assemblies of tests/apps and of app.js beside this file."""
    env = environment(work, NODE_PATH=str(ROOT / "build/npm/node_modules"),
                      PYTHONDONTWRITEBYTECODE="1")
    env["PATH"] = str(ROOT / "build/venv/bin") + ":" + env["PATH"]
    env["CDK_CONTEXT_JSON"] = json.dumps({
        "aws:cdk:enable-path-metadata": True,
        "aws:cdk:enable-asset-metadata": True})

    def one(main):
        out = work / main.parent.name
        if (out / "manifest.json").exists():  # --keep
            return out
        done = subprocess.run(
            ["node" if main.suffix == ".js" else "python3", main.name],
            cwd=main.parent, env=dict(env, CDK_OUTDIR=str(out)),
            capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"parity: {main} failed:\n{done.stderr[-1500:]}")
        return out

    mains = sorted((ROOT / "tests/apps").glob("*/app.*")) + \
        [Path(__file__).resolve().parent / "app.js"]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, mains))


def templates(assemblies):
    """[(template, nested templates {logical id: template})]"""
    found = []
    for assembly in assemblies:
        for path in sorted(assembly.rglob("*.template.json")):
            if path.name.endswith(".nested.template.json"):
                continue
            t = json.loads(path.read_text(encoding="utf-8"))
            nested = {}
            for name, r in t.get("Resources", {}).items():
                asset = r.get("Metadata", {}).get("aws:asset:path", "")
                if r["Type"] == STACK and asset.endswith(".template.json"):
                    nested[name] = json.loads(
                        (path.parent / asset).read_text(encoding="utf-8"))
            found.append((t, nested))
    return found


# ---- pairs -------------------------------------------------------------

class Pair:
    def __init__(self, name, old, new, nested):
        self.name, self.old, self.new = name, old, new
        self.nested = nested  # {logical id: (old, new)}


def make_pairs(rng, bases):
    pool = [(name, r) for t, _ in bases
            for name, r in t.get("Resources", {}).items()]
    mutator = Mutator(rng, pool)
    pairs = []
    for i in range(PAIRS):
        base, nested = rng.choice(bases)
        old = mutator.template(base, rng.choice([0, 0, 1, 4]))
        new = mutator.template(old, rng.choice([0, 1, 1, 2, 3, 5, 8, 16]))
        inner = {}
        for name, t in nested.items():
            if isinstance(plain(new).get(name), dict):
                new["Resources"][name].setdefault("Metadata", {})[
                    "aws:asset:path"] = f"Pair{i:04}-{name}.nested.json"
                inner[name] = (mutator.template(t, rng.choice([0, 1])),
                               mutator.template(t, rng.choice([0, 2, 4])))
        for name, r in plain(new).items():
            m = r.get("Metadata")
            if isinstance(m, dict) and name not in inner and \
                    r.get("Type") == STACK:
                m.pop("aws:asset:path", None)  # of a file there is not
        pairs.append(Pair(f"Pair{i:04}", old, new, inner))
    return pairs


def manifest_metadata(pair, rng):
    """Paths in the manifest instead of the template, now and then."""
    metadata = {}
    if rng.random() < .5:
        for name, r in plain(pair.new).items():
            path = r.get("Metadata", {}).get("aws:cdk:path") \
                if isinstance(r.get("Metadata"), dict) else None
            if isinstance(path, str):
                metadata["/" + path] = [{"type": "aws:cdk:logicalId",
                                         "data": name}]
    return metadata


def write_json(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1),
                    encoding="utf-8")


def assembly(folder, pairs, rng):
    shutil.rmtree(folder.parent, ignore_errors=True)  # --keep
    folder.mkdir(parents=True)
    artifacts = {}
    for p in pairs:
        write_json(folder / f"{p.name}.template.json", p.new)
        for name, (_, new) in p.nested.items():
            write_json(folder / f"{p.name}-{name}.nested.json", new)
        artifacts[p.name] = {
            "type": "aws:cloudformation:stack",
            "environment": "aws://111122223333/us-east-1",
            "properties": {"templateFile": f"{p.name}.template.json"},
            "metadata": manifest_metadata(p, rng), "displayName": p.name}
    write_json(folder / "manifest.json",
               {"version": "36.0.0", "artifacts": artifacts})


def mangle(value):
    """What GetTemplate does to characters beyond ASCII."""
    return re.sub("[^\x00-\x7f]", "?", json.dumps(value, ensure_ascii=False))


def deployed(pairs, rng):
    stacks = {}
    for p in pairs:
        as_stored = rng.choice([mangle, copy.deepcopy])
        stacks[p.name] = as_stored(p.old)
        for name, (old, _) in p.nested.items():
            if rng.random() < .8:
                stacks[f"{p.name}-{name}"] = as_stored(old)
    return stacks


def cut(text, pairs):
    """{name: its part}; what is before the first header is ''."""
    parts, name = {"": ""}, ""
    known = {p.name for p in pairs}
    for line in text.splitlines(keepends=True):
        m = re.match(r"(?:\x1b\[\d+m)*Stack (?:\x1b\[\d+m)*(\w+)", line)
        if m and m[1] in known:
            name = m[1]
        if "Number of stacks with differences" in line:
            name = "count"
        parts[name] = parts.get(name, "") + line
    return parts


def compare_run(number, pairs, tools, work, rng):
    """[(pair name, text of ccdk, of the reference)], those that differ."""
    options = OPTIONS[number % len(OPTIONS)]
    state = rng.getstate()
    folder = work / f"run{number}"
    assembly(folder / "assembly", pairs, rng)
    columns = rng.choice(COLUMNS)
    results = []
    with Server(deployed(pairs, rng)) as server:
        for tool in tools:
            home = folder / f"home{len(results)}"
            home.mkdir()
            env = environment(home, AWS_ENDPOINT_URL=server.url)
            if columns:
                env["COLUMNS"] = columns
            server.server.calls.clear()
            results.append(run(tool, [
                "diff", "-a", str(folder / "assembly"), "--method",
                "template", *options], folder, env))
        last = [f["StackName"] for f in server.server.calls
                if "StackName" in f]
    if results[1][0] and "Number of stacks with" not in results[1][2]:
        # the reference ends at a pair it cannot handle; go on without it
        name = re.search(r"Pair\d+", last[-1])[0] if last else pairs[0].name
        CRASHES.append((name, results[1][2].strip().splitlines()[-1]))
        rng.setstate(state)
        rest = [p for p in pairs if p.name != name]
        return compare_run(number, rest, tools, work, rng) if rest else []
    return differing(results, pairs, options)


def differing(results, pairs, options):
    found = []
    ours, theirs = (cut(r[1] + r[2], pairs) for r in results)
    for name in {**theirs, **ours}:
        if ours.get(name) != theirs.get(name):
            found.append((name or "start", ours.get(name, ""),
                          theirs.get(name, ""), options))
    if results[0][0] != results[1][0]:
        found.append(("status", f"{results[0][0]}\n", f"{results[1][0]}\n",
                      options))
    return found


def compare_file(pair, tools, work, rng):
    """One pair by --template."""
    folder = work / f"file-{pair.name}"
    assembly(folder / "assembly", [pair], rng)
    write_json(folder / "old.json", pair.old)
    results = []
    for tool in tools:
        results.append(run(tool, ["diff", "-a", str(folder / "assembly"),
                                  "--template", "old.json"], folder,
                           environment(folder)))
    return differing(results, [pair], ["--template"])


def part_diff(tools, work):
    rng = random.Random(SEED)
    pairs = make_pairs(rng, templates(synthesize(work)))
    by_file = pairs[::25]
    jobs = []
    found, bad = [], set()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for i in range(0, len(pairs), PER_RUN):
            jobs.append(pool.submit(compare_run, i // PER_RUN,
                                    pairs[i:i + PER_RUN], tools, work,
                                    random.Random(SEED * 1000 + i)))
        for p in by_file:
            jobs.append(pool.submit(compare_file, p, tools, work,
                                    random.Random(SEED)))
        for job in jobs:
            differs = job.result()
            found += differs
            bad |= {name for name, *_ in differs}
    total = len(pairs) + len(by_file)
    show(found)
    for name, message in CRASHES:
        print(f"skipped {name}: the reference ends with: {message[:100]}")
    total -= len(CRASHES)
    # a part outside of the pairs (count, status) counts as one, too
    same = total - min(total, len(found))
    print(f"diff: {same} of {total} identical", flush=True)
    return found


def main():
    args = sys.argv[1:]
    keep = args[:1] == ["--keep"] and Path(args[1]).resolve()
    args = args[2:] if keep else args
    tools = [str(Path(args[0]).resolve()), find_reference()]
    work = keep or Path(tempfile.mkdtemp(prefix="ccdk-parity-"))
    work.mkdir(exist_ok=True)
    try:
        found = []
        for part in args[1:] or ["diff", "cli"]:
            found += {"diff": part_diff, "cli": part_cli}[part](tools, work)
    finally:
        if not keep:
            shutil.rmtree(work, ignore_errors=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
