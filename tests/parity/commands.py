"""list, synth and metadata over the apps of apps/ and over assemblies of random
values: stdout, stderr and status.

PARITY_APPS=WORD takes only the apps with WORD in their name, PARITY_MADE_UP=N
so many random assemblies (8), PARITY_SEED=N another set of them.
"""
import concurrent.futures
import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import made_up
from tools import NODE_MODULES, environment, run, show

APPS = Path(__file__).resolve().parent / "apps"
STACK = "aws:cloudformation:stack"
NESTED = "cdk:cloud-assembly"
MADE_UP = int(os.environ.get("PARITY_MADE_UP", "8"))
SEED = os.environ.get("PARITY_SEED", "1")
SHOWN = 3  # stacks of an app whose templates are printed

# Each app gets the next one of these; all get what cases_of() adds.
DETAILS = [["--long"], ["--long", "--json"], ["-d"], ["-d", "-j"],
           ["-l", "-d"], ["--show-dependencies", "--long", "--json"],
           ["--json"], ["--long", "**"], ["-dl", "*/*"]]
PATTERNS = [["*"], ["**"], ["*/*"], ["!{first}"], ["{first}", "{last}"],
            ["{last}"], ["[A-P]*", "-d"], ["{lower}"], ["!*", "*/**"],
            ["{first}*", "--ci"], ["@({first}|{last})"], ["?*", "!{last}"]]
SYNTHS = [["-q", "{first}"], ["--strict"], ["--ignore-errors", "{first}"],
          ["--no-validation"], ["--validation", "{last}"], ["**"],
          ["{last}", "--ci"], ["{first}", "-e", "--color"], ["-q", "**"],
          ["{first}", "--strict", "--ignore-errors"], ["*/*", "--ci"],
          ["{last}", "--no-validation", "-q"], ["{last}", "-j", "--strict"],
          ["{last}", "--color", "--ignore-errors"], ["{lower}"],
          ["--ci", "-q", "--ignore-errors", "**"]]
METADATA = [["{first}"], ["{last}", "-j"], ["{last}"], ["{first}", "--json"],
            ["{first}", "{last}"], ["*"]]


def synthesize(work):
    """The folders of the assemblies, all made by one process."""
    env = environment(work, NODE_PATH=str(NODE_MODULES))
    word = os.environ.get("PARITY_APPS", "")

    def main(*args):
        done = subprocess.run(["node", APPS / "main.js", *args], cwd=work,
                              env=env, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"parity: apps failed:\n{done.stderr[-1500:]}")
        return done.stdout

    names = [n for n in main().split() if word in n]
    missing = [n for n in names if not (work / n / "manifest.json").exists()]
    if missing:
        main(str(work), *missing)
    return [work / n for n in names]


def stack_paths(folder):
    """Hierarchical ids, in the order of the manifests."""
    with open(folder / "manifest.json", encoding="utf-8") as f:
        artifacts = json.load(f).get("artifacts", {})
    paths = [a.get("displayName", name) for name, a in artifacts.items()
             if a["type"] == STACK]
    for a in artifacts.values():
        if a["type"] == NESTED:
            paths += stack_paths(folder / a["properties"]["directoryName"])
    return paths


def cases_of(folder, number):
    """The command lines for one app."""
    paths = stack_paths(folder) or ["None"]
    words = {"first": paths[0], "last": paths[-1], "lower": paths[0].lower()}

    def of(rotation):
        return [w.replace("{first}", words["first"]).replace(
            "{last}", words["last"]).replace("{lower}", words["lower"])
            for w in rotation[number % len(rotation)]]

    yield ["list"]
    yield ["ls", *of(DETAILS)]
    yield ["list", *of(PATTERNS)]
    for path in paths[:SHOWN]:
        yield ["synth", path]
    yield ["synth", paths[-1], "--json"]
    yield ["synth"]
    yield ["synth", *of(SYNTHS)]
    yield ["metadata", *of(METADATA)]


def compare(case, tools, work):
    folder, number, args = case
    # where traces point into and where they do not
    cwd = APPS if number % 2 else folder
    where = "." if cwd == folder else str(folder)
    texts = []
    for n, tool in enumerate(tools):
        home = work / f"home{n}"
        home.mkdir(exist_ok=True)
        status, out, err = run(
            tool, [*args, "-a", where, "--no-lookups"], cwd,
            environment(home))
        texts.append(f"{out}\n-- stderr\n{err}\n-- status {status}\n")
    return (folder.name, *texts, args) if texts[0] != texts[1] else None


def part_cli(tools, work):
    folder = work / "apps"
    folder.mkdir(exist_ok=True)
    found = synthesize(folder)
    cases = list(itertools.chain.from_iterable(
        ((f, i, args) for args in cases_of(f, i))
        for i, f in enumerate(found)))
    random = work / "made-up"
    shutil.rmtree(random, ignore_errors=True)  # --keep
    cases += made_up.cases(random, SEED, MADE_UP)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        differing = list(filter(None, pool.map(
            lambda c: compare(c, tools, work), cases)))
    show(differing)
    print(f"cli: {len(cases) - len(differing)} of {len(cases)} identical, "
          f"{len(found)} apps and {MADE_UP} made up", flush=True)
    return differing
