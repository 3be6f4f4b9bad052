#!/usr/bin/env python3
"""Every option that the reference CLI's own --help tells of, tried on ours.

The help of each of its commands is read (and kept below build/, per release);
each option has to be in ours with the same names, type, default and choices,
and is then put on a command line in every form it has: nothing may be taken
for unknown, and a command that is not built yet has to say so by its name.

usage: reference_options.py     CCDK names the program, REFERENCE_CDK the other
"""
import concurrent.futures
import dataclasses
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
CCDK = os.environ.get("CCDK", str(TOP / "build/ccdk"))
REFERENCE = os.environ.get(
    "REFERENCE_CDK", str(TOP / "build/npm/node_modules/.bin/cdk"))
CACHE = TOP / "build/reference-help"
# what a command line ends with that got past its options
ENDS = ("Unable to load plug-in 'x'", " is not available in this version")
# values of options whose text is looked at before the command runs
VALUES = {"proxy": "http://127.0.0.1:9"}
# these read no settings, so that the plug-in does not stop them
WITHOUT_SETTINGS = ("docs", "version")


@dataclasses.dataclass
class Option:
    names: list  # long ones, the first is the option's
    letters: list
    type: str
    default: str
    choices: list

    @property
    def name(self):
        return self.names[0]


# ---- reading help --------------------------------------------------------

def entries(text, title):
    """(head, the text beside and below it) of a section of two columns; heads
    that are too long go on in the next line."""
    found, inside = [], False
    for line in text.splitlines():
        if not line.startswith(" "):
            inside = line.strip() == title if line.strip() else inside
            continue
        m = re.match(r"  ([^\s\[].*?)(?:  +(.*)|$)", line)
        if not inside:
            continue
        if m and found and (m[1][0] not in "-c" or found[-1][0][-1] == ","):
            found[-1][0] += " " * found[-1][0].endswith(",") + m[1]
            found[-1][1] += " " + (m[2] or "")
        elif m:
            found.append([m[1], m[2] or ""])
        elif found:
            found[-1][1] += " " + line.strip()
    return found


def option(head, text):
    names = [n.lstrip("-") for n in head.split(", ") if n.startswith("--")]
    letters = [n[1:] for n in head.split(", ") if not n.startswith("--")]
    kind = re.search(r"\[(string|boolean|number|array|count)\]", text)
    default = re.search(r"\[default: (.*?)\]+(?:\s|$)", text + " ")
    if default and default[1].startswith("["):
        default = re.search(r"\[default: (\[.*?\])\]", text)
    choices = re.search(r"\[choices: (.*?)\]", text)
    return Option(names, letters, kind[1] if kind else "none",
                  default[1] if default else None,
                  re.findall(r'"(.*?)"', choices[1]) if choices else [])


def read_options(text):
    found = [option(*e) for e in entries(text, "Options:")
             if e[0].startswith("-")]
    return {o.name: o for o in found}


def read_commands(text):
    """{name: (positional, aliases)}"""
    found = {}
    for head, rest in entries(text, "Commands:"):
        _, name, *positional = head.split()
        aliases = re.search(r"\[aliases: (.*?)\]", rest)
        found[name] = (positional, aliases[1].split(", ") if aliases else [])
    return found


def environment(home):
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("AWS_", "CDK_", "CCDK_")) and k != "CI"}
    env.update(HOME=str(home), CDK_HOME=f"{home}/.cdk", NO_COLOR="1",
               CDK_DISABLE_CLI_TELEMETRY="true", NODE_NO_WARNINGS="1",
               AWS_EC2_METADATA_DISABLED="true")
    return env


def run(program, args, home, **more):
    done = subprocess.run([program, *args], cwd=home, capture_output=True,
                          env={**environment(home), **more}, text=True,
                          stdin=subprocess.DEVNULL, timeout=120)
    return done.returncode, done.stdout, done.stderr


def help_of(program, command, home):
    args = [command, "--help"] if command else ["--help"]
    status, out, err = run(program, args, home)
    if status or "Options:" not in out:
        sys.exit(f"{program} {' '.join(args)}: status {status}\n{err}")
    return out


def all_help(program, home):
    """{command or "": help}"""
    main = help_of(program, "", home)
    names = list(read_commands(main))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        texts = pool.map(lambda n: help_of(program, n, home), names)
        return {"": main, **dict(zip(names, texts))}


def reference_help(home):
    version = run(REFERENCE, ["--version"], home)[1].split()[0]
    kept = CACHE / f"{version}.json"
    if kept.exists():
        return json.loads(kept.read_text())
    texts = all_help(REFERENCE, home)
    CACHE.mkdir(parents=True, exist_ok=True)
    part = CACHE / f".{os.getpid()}"
    part.write_text(json.dumps(texts))
    part.rename(kept)
    return texts


# ---- trying --------------------------------------------------------------

def camel(name):
    return re.sub("-([a-z])", lambda m: m[1].upper(), name)


def forms(o, command):
    """Each way to write the option, as words of a command line."""
    if o.type in ("boolean", "count"):
        spelled = [[f"--{n}"] for n in o.names] + [[f"-{x}"] for x in o.letters]
        spelled += [[f"--{camel(n)}"] for n in o.names if "-" in n]
        if o.type == "count":
            return spelled + [[f"-{x * 3}"] for x in o.letters]
        return spelled + [[f"--{o.name}={v}"] for v in ("true", "false")] + \
            [[f"--no-{n}"] for n in o.names] + [[f"--{o.name}", "false"]]
    values = o.choices or [VALUES.get(o.name) or {
        "number": "3"}.get(o.type, "k=v")]
    if o.name == "unstable":
        values = [command]
    v = values[0]
    spelled = [[f"--{o.name}", x] for x in values]
    spelled += [[f"--{n}={v}"] for n in o.names]
    spelled += [[f"--{camel(n)}", v] for n in o.names[:1] if "-" in n]
    spelled += [w for x in o.letters for w in ([f"-{x}", v], [f"-{x}{v}"])]
    if o.type == "array":
        spelled.append([f"--{o.name}", v, f"--{o.name}", v])
    return spelled


class Suite:
    def __init__(self, home):
        self.home = home
        self.passed = self.failed = 0

    def check(self, good, what, why=""):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"not ok - {what}: {why}")

    def compare(self, command, ours, theirs):
        """The table, as both tools tell it."""
        for name, o in theirs.items():
            self.check(ours.get(name) == o, f"{command} --{name}",
                       f"{ours.get(name)} instead of {o}")

    def line(self, command, words, **env):
        stop = [] if command in WITHOUT_SETTINGS else ["-p", "x"]
        stop.append(f"--unstable={command}")
        status, out, err = run(CCDK, [command, *stop, *words], self.home,
                               CDK_BROWSER="true", **env)
        return status, out + err

    def accepted(self, command, words, text, status):
        if "Unknown option" in text:
            return text.splitlines()[0][:120]
        ends = status == 0 if command in WITHOUT_SETTINGS else any(
            e in text for e in ENDS) and status == 1
        if " is not available in this version" in text:
            ends = f"ccdk {command} is not available" in text
        return None if ends else f"{' '.join(words)}: " + text[-160:]

    def try_forms(self, command, options):
        """The n-th form of all options together; who excludes another one
        waits for the next line."""
        left = [(o, f) for o in options for f in forms(o, command)]
        while left:
            line, words, later = set(), [], []
            for o, form in left:
                if o.name in line:
                    later.append((o, form))
                    continue
                line.add(o.name)
                words += form
            later += self.try_line(command, words, [
                (o, f) for o, f in left if (o, f) not in later])
            left = later

    def try_line(self, command, words, group):
        """What is to be tried again because two exclude each other."""
        status, text = self.line(command, words)
        clash = re.search(r"Arguments (\S+) and (\S+) are mutually", text)
        if clash and len(group) > 1:
            out = [g for g in group if clash[2] in g[0].names]
            rest = [g for g in group if g not in out]
            return self.try_line(command, [w for _, f in rest for w in f],
                                 rest) + out
        wrong = self.accepted(command, words, text, status)
        if wrong and len(group) > 1:  # whose fault?
            for o, form in group:
                self.try_line(command, form, [(o, form)])
            return []
        for _, form in group:
            self.check(not wrong, f"{command} {' '.join(form)}", wrong)
        return []

    def try_single(self, command, o):
        """What only one kind of option answers to."""
        what = f"{command} --{o.name}"
        if o.choices:
            want = (f'Argument: {o.name}, Given: "bogus", Choices: ' +
                    ", ".join(f'"{c}"' for c in o.choices))
            status, text = self.line(command, [f"--{o.name}", "bogus"])
            self.check(status == 1 and want in text, f"{what} bogus", text[-200:])
            status, text = self.line(command, [], **{
                "CDK_" + o.name.upper().replace("-", "_"): "bogus"})
            self.check(status == 1 and want in text, f"{what} from CDK_*",
                       text[-200:])
        elif o.type in ("string", "number"):
            want = f"--{o.name} can only be specified once, but got: 1, 2"
            status, text = self.line(command, [f"--{o.name}", "1",
                                               f"--{o.name}=2"])
            self.check(status == 1 and want in text, f"{what} twice",
                       text[-200:])
        if o.type == "number":
            want = f"--{o.name} must be a number, but got: much"
            status, text = self.line(command, [f"--{o.name}=much"])
            self.check(status == 1 and want in text, f"{what} much",
                       text[-200:])

    def command(self, name, ours, theirs, common):
        for flag in ("--help", "-h"):
            status, out, _ = run(CCDK, [name, flag], self.home)
            self.check(status == 0 and "Options:" in out, f"{name} {flag}")
        options = [o for o in theirs.values()
                   if o.name not in ("help", "version", "plugin")]
        marked = " (not in this version)" in out
        says = f"ccdk {name} is not available" in "".join(
            run(CCDK, [name], self.home)[1:])
        self.check(marked == says, f"{name} in the help", out[:100])
        self.compare(name, ours, theirs)
        self.try_forms(name, options)
        for o in options:
            if o.name not in common or name == "list":
                self.try_single(name, o)


def main():
    if not os.path.exists(REFERENCE):
        print("skipped: the reference CLI is not installed\n"
              "0 passed, 0 failed, 1 skipped")
        return 0
    with tempfile.TemporaryDirectory(prefix="ccdk-options-") as home:
        theirs, ours = reference_help(home), all_help(CCDK, home)
        suite = Suite(home)
        wanted, have = (read_commands(h[""].replace("ccdk ", "cdk "))
                        for h in (theirs, ours))
        common = read_options(theirs[""])
        suite.compare("", read_options(ours[""]), common)
        for name, told in wanted.items():
            suite.check(have.get(name) == told, f"command {name}",
                        f"{have.get(name)} instead of {told}")
            suite.command(name, read_options(ours.get(name, "")),
                          read_options(theirs[name]), common)
        # the opposite, so that silence means something
        status, text = suite.line("list", ["--bogus-one", "x"])
        suite.check("Unknown option(s): --bogus-one, --bogusOne" in text,
                    "unknown option", text)
        print(f"{len(wanted)} commands of the reference")
        print(f"{suite.passed} passed, {suite.failed} failed")
    return 1 if suite.failed or suite.passed < 1000 else 0


if __name__ == "__main__":
    sys.exit(main())
