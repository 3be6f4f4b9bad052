#!/usr/bin/env python3
"""ccdk beside the reference CLI over many pairs of templates.

usage: parity.py [--keep DIR] CCDK [diff] [changes] [moves] [cli]

diff: templates of real apps are mutated (seeded) into pairs; both tools
compare them with a CloudFormation on loopback that has the old side deployed,
many stacks a run, and a few by --template; what they print is compared byte
by byte. changes: pairs with a made-up change set each, by --method=auto and
change-set; every request is compared too. moves: groups of stacks whose
resources are renamed and moved, by --include-moves; what is asked to find the
moves is compared too. cli: list, synth and metadata over the apps of apps/ and
over random values: both streams and the exit status.

PARITY_PAIRS=N pairs (300), PARITY_SETS=N change sets (150), PARITY_GROUPS=N
groups (100), PARITY_SEED=N another set, PARITY_APPS=WORD only the apps with
WORD in their name, PARITY_SHOW=N how many differing ones are shown.
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
from changes import ChangeSets  # noqa: E402
from commands import part_cli  # noqa: E402
from moves import Mover  # noqa: E402
from mutate import Mutator, plain  # noqa: E402
from server import Server  # noqa: E402
from tools import ROOT, environment, find_reference, run, show  # noqa: E402

PAIRS = int(os.environ.get("PARITY_PAIRS", "300"))
SETS = int(os.environ.get("PARITY_SETS", "150"))
GROUPS = int(os.environ.get("PARITY_GROUPS", "100"))
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
            t.setdefault("Resources", {})
            nested = {}
            for name, r in t.get("Resources", {}).items():
                asset = r.get("Metadata", {}).get("aws:asset:path", "")
                if r["Type"] == STACK and asset.endswith(".template.json"):
                    nested[name] = json.loads(
                        (path.parent / asset).read_text(encoding="utf-8"))
            found.append((t, nested))
    return found


# ---- pairs -------------------------------------------------------------

def without_files(t):
    """Nested stacks in it have no template of their own here."""
    for r in plain(t).values():
        m = r.get("Metadata")
        if isinstance(m, dict) and r.get("Type") == STACK:
            m.pop("aws:asset:path", None)
    return t


class Pair:
    def __init__(self, name, old, new, nested):
        self.name, self.old, self.new = name, old, new
        self.nested = nested  # {logical id: (old, new)}


def make_pairs(rng, bases, count):
    pool = [(name, r) for t, _ in bases
            for name, r in t.get("Resources", {}).items()]
    mutator = Mutator(rng, pool)
    pairs = []
    for i in range(count):
        base, nested = rng.choice(bases)
        old = mutator.template(base, rng.choice([0, 0, 1, 4]))
        new = mutator.template(old, rng.choice([0, 1, 1, 2, 3, 5, 8, 16]))
        inner = {}
        for name, t in nested.items():
            if isinstance(plain(new).get(name), dict):
                new["Resources"][name].setdefault("Metadata", {})[
                    "aws:asset:path"] = f"Pair{i:04}-{name}.nested.json"
                inner[name] = tuple(
                    without_files(mutator.template(t, rng.choice(times)))
                    for times in ([0, 1], [0, 2, 4]))
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
    pairs = make_pairs(rng, templates(synthesize(work)), PAIRS)
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


# ---- change sets -------------------------------------------------------

SET_OPTIONS = [[], ["--method=change-set"], ["--color"], ["--strict"],
               ["--method=change-set", "--security-only"],
               ["--fail-on", "destructive"], ["--quiet"],
               ["--change-set-name", "mine", "--fail"]]
RANDOM = ("ClientToken", "ClientRequestToken", "Description", "Version")


def crash(result):
    """The message of a reference that broke down rather than complained."""
    status, _, err = result
    last = (err.strip().splitlines() or [""])[-1]
    broken = re.search("Cannot (read|use|convert|set|destructure)|ENOENT|"
                       "is not (a function|iterable|a constructor)|"
                       "must not contain control characters", last)
    return last if status and broken else None


def without_trace(text):
    """JavaScript's stack and the fields of an error, behind its message."""
    return re.sub(r"\n(\x1b\[\d+m)* +at (_?[A-Z]|async|process)[\s\S]*?\n"
                  r"(\x1b\[\d+m)*}(\x1b\[\d+m)*\n", "\n", text)


def asked(calls):
    """Every request but for what is random in it, by stack: ccdk works on
    several at once. That a nested stack is described before its template is
    read, and a missing stack asked for nested ones, is the reference's own."""
    lines = []
    for f in calls:
        if f["Action"] in ("GetCallerIdentity", "ListStackResources") or (
                f["Action"] == "DescribeStacks" and
                "-" in f["StackName"].split("/")[0]):
            continue
        lines.append(re.sub(
            r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID",
            " ".join(f"{k}={v}" for k, v in sorted(f.items())
                     if k not in RANDOM)))
    return sorted(lines, key=the_pair)


def the_pair(line):
    found = re.search(r"Pair\d+", line)
    return found[0] if found else ""


def compare_sets(number, pairs, tools, work, rng):
    """[(pair name, text of ccdk, of the reference, options)]; the reference
    ends at a pair that fails, the others are compared by themselves."""
    options = SET_OPTIONS[number % len(SET_OPTIONS)]
    folder = work / f"sets{number}-{pairs[0].name}"
    assembly(folder / "assembly", pairs, rng)
    stacks = deployed(pairs, rng)
    sets = {p.name: ChangeSets(rng).answer(p.old, p.new) for p in pairs}
    for p in pairs:
        if rng.random() < .05:
            del stacks[p.name]
    results, calls = [], []
    with Server(stacks, change_sets=sets) as server:
        for tool in tools:
            home = folder / f"home{len(results)}"
            home.mkdir()
            server.server.calls.clear()
            results.append(run(tool, [
                "diff", "-a", str(folder / "assembly"), *options], folder,
                environment(home, AWS_ENDPOINT_URL=server.url,
                            CCDK_POLL_SCALE="1")))
            calls.append(asked(server.server.calls))
            results[-1] = (*results[-1][:2], without_trace(results[-1][2]))
            (folder / f"out{len(results)}").write_text(results[-1][2])
    last = [the_pair(c) for c in calls[1]]
    found, rest = [], []
    if results[1][0] and "Number of stacks with" not in results[1][2]:
        done = [p.name for p in pairs].index(last[-1]) if last else 0
        rest = pairs[done + 1:]
        if crash(results[1]):
            CRASHES.append((pairs[done].name, crash(results[1])))
            return compare_more(number, rest, tools, work, rng)
        # those behind it are under way already
        calls[0] = [c for c in calls[0] if the_pair(c) <= pairs[done].name]
    found = differing(results, pairs, options)
    if calls[0] != calls[1]:
        found.append((f"{pairs[0].name} calls", "\n".join(calls[0]),
                      "\n".join(calls[1]), options))
    return found + compare_more(number, rest, tools, work, rng)


def compare_more(number, pairs, tools, work, rng):
    return compare_sets(number, pairs, tools, work, rng) if pairs else []


def part_changes(tools, work):
    rng = random.Random(SEED + 7)
    pairs = make_pairs(rng, templates(synthesize(work)), SETS)
    before = len(CRASHES)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(compare_sets, i // 10, pairs[i:i + 10], tools,
                            work, random.Random(SEED * 1000 + i))
                for i in range(0, len(pairs), 10)]
        found = [f for j in jobs for f in j.result()]
    show(found)
    for name, message in CRASHES[before:]:
        print(f"skipped {name}: the reference ends with: {message[:100]}")
    total = len(pairs) - (len(CRASHES) - before)
    print(f"changes: {total - min(total, len(found))} of {total} identical",
          flush=True)
    return found


# ---- moves -------------------------------------------------------------

MOVE_OPTIONS = [[], [], [], ["--color"], ["--quiet"], ["--strict"],
                ["--fail-on", "destructive"], ["--security-only"],
                ["--security-only", "--fail-on", "destructive"],
                ["--fail-on", "destructive", "--color"]]


def group_assembly(folder, stacks, rng):
    shutil.rmtree(folder.parent, ignore_errors=True)  # --keep
    folder.mkdir(parents=True)
    artifacts = {}
    for i, s in enumerate(stacks):
        write_json(folder / f"{s.id}.template.json", s.new)
        env = f"111122223333/{s.region}" if s.region else \
            "unknown-account/unknown-region"
        artifacts[s.id] = {
            "type": "aws:cloudformation:stack", "environment": f"aws://{env}",
            "properties": {"templateFile": f"{s.id}.template.json",
                           "stackName": s.name},
            "dependencies": [stacks[i - 1].id]
            if i and rng.random() < .3 else []}
        if s.display:
            artifacts[s.id]["displayName"] = s.display
    write_json(folder / "manifest.json",
               {"version": "36.0.0", "artifacts": artifacts})


def asked_for_moves(calls):
    """The calls that nothing but the search for moves makes, in order but
    for those that go out together."""
    asked = []
    for f in calls:
        if f["Action"] == "ListStacks":
            asked.append(sorted(f.items()))
        elif f["Action"] == "GetTemplate" and "TemplateStage" not in f:
            asked.append(["template", f["StackName"]])
    return sorted(map(str, asked))


def deployed_group(mover, stacks, rng):
    known = {}
    for s in stacks:
        if not s.old:
            continue
        known[s.name] = mangle(s.old) if rng.random() < .3 else s.old
        for name, t in mover.inner(s.old).items():
            known[f"{s.name}-{name}"] = t
    known["Stranger"] = stacks[0].new
    return known


def compare_group(number, tools, work, rng, bases):
    mover = Mover(rng, bases)
    stacks = mover.group(number)
    options = list(MOVE_OPTIONS[number % len(MOVE_OPTIONS)])
    if rng.random() < .2:
        one = rng.choice(stacks)
        options.append(one.display or one.id)
    folder = work / f"group{number}"
    for s in stacks:
        mover.inner(s.new)  # drops paths of files there are not
    group_assembly(folder / "assembly", stacks, rng)
    for path, t in mover.nested.items():
        write_json(folder / "assembly" / path, without_files(t))
    known = deployed_group(mover, stacks, rng)
    results, asked = [], []
    with Server(known, {s.name: s.region or "us-east-1" for s in stacks},
                {s.name: s.state for s in stacks}) as server:
        for tool in tools:
            home = folder / f"home{len(results)}"
            home.mkdir()
            server.server.calls.clear()
            results.append(run(tool, [
                "diff", "-a", str(folder / "assembly"), "--method",
                "template", "--include-moves", *options], folder,
                environment(home, AWS_ENDPOINT_URL=server.url)))
            asked.append(asked_for_moves(server.server.calls))
    name = f"group {number}"
    if crash(results[1]):
        CRASHES.append((name, crash(results[1])))
        return [], 0
    found = differing(results, [], options)
    if asked[0] != asked[1]:
        found.append(("asked", *("\n".join(a) + "\n" for a in asked),
                      options))
    moves = results[1][2].count("via refactoring)")
    return [(f"{name} {n}", *rest) for n, *rest in found], moves


def part_moves(tools, work):
    bases = templates(synthesize(work))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(compare_group, i, tools, work,
                            random.Random(SEED * 1000 + i), bases)
                for i in range(GROUPS)]
        results = [j.result() for j in jobs]
    found = [f for differs, _ in results for f in differs]
    show(found)
    skipped = [c for c in CRASHES if c[0].startswith("group")]
    for name, message in skipped:
        print(f"skipped {name}: the reference ends with: {message[:100]}")
    total = GROUPS - len(skipped)
    same = total - sum(1 for differs, _ in results if differs)
    print(f"moves: {same} of {total} identical, "
          f"{sum(n for _, n in results)} moves shown", flush=True)
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
        parts = {"diff": part_diff, "changes": part_changes,
                 "moves": part_moves, "cli": part_cli}
        for part in args[1:] or parts:
            found += parts[part](tools, work)
    finally:
        if not keep:
            shutil.rmtree(work, ignore_errors=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
