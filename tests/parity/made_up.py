"""Assemblies nobody wrote: templates and metadata of random texts, keys, numbers
and shapes, seeded. They look for what the apps of apps/ do not have."""
import json
import random

PIECES = (list(" \t\n\r-?:,[]{}#&*!|>'\"%@`=~<.\\/+_0123456789eExoOybnNTtFf") +
          ["yes", "no", "on", "off", "null", "true", ".inf", ".nan", "0x", "0o",
           "1e", "2012-10-17", "T01:02:03", "Z", ": ", " #", "- ", "? ", "\n\n",
           "\n ", " \n", "\r\n", "---", "...", "é", "日本", "😀", "\u0085",
           "\u00a0", "\u2028", "\ufeff", "\u0000", "\u001b", "\u007f",
           "\ud83d", "${x}", "word ", "a", "Arn", "https://x/y?z", "12:30:45"])


def text(rng):
    size = rng.choice([0, 1, 1, 2, 2, 3, 3, 4, 6, 10, 40])
    return "".join(rng.choice(PIECES) for _ in range(size))


def number(rng):
    return rng.choice([
        lambda: rng.randrange(-100, 100), lambda: rng.getrandbits(80),
        lambda: rng.random(), lambda: rng.uniform(-1e3, 1e3),
        lambda: rng.random() * 10 ** rng.randrange(-20, 25),
        lambda: float(rng.randrange(-9, 9)), lambda: -0.0])()


def value(rng, depth=0):
    kind = rng.random()
    if depth < 5 and kind < .25:
        return [value(rng, depth + 1) for _ in range(rng.choice([0, 1, 2, 4]))]
    if depth < 5 and kind < .55:
        return {text(rng): value(rng, depth + 1)
                for _ in range(rng.choice([0, 1, 2, 4, 8]))}
    if kind < .65:
        return number(rng)
    return rng.choice([True, False, None]) if kind < .7 else text(rng)


def rule(rng):
    """The reference ends at odd brackets and at a second "::"."""
    return "".join(rng.choice("aB1_-@/. ") for _ in range(rng.randrange(9)))


def metadata(rng):
    kinds = ["aws:cdk:info", "aws:cdk:warning", "aws:cdk:error", "x"]
    entry = {"type": rng.choice(kinds), "data": rng.choice(
        [text(rng), text(rng) + " [ack: " + rule(rng) + "]",
         text(rng) + " (" + rule(rng) + "::" + rule(rng) + ")"])}
    if rng.random() < .3:
        entry["trace"] = [
            rng.choice(["f (", "new X (", "", "("]) +
            rng.choice(["/a/b.js", "/n/node_modules/x/y.js", "node:fs", "c.js",
                        "/a/prop-injectable.js"]) +
            rng.choice(["", ":1", ":1:2", ":12:34"]) + rng.choice(["", ")"])
            for _ in range(rng.randrange(4))]
    return [entry]


def assembly(folder, seed):
    """One stack of many values, alone in a folder."""
    rng = random.Random(seed)
    folder.mkdir(parents=True)
    template = {"Description": text(rng), "Resources": {
        f"R{i}": {"Type": "A::B::C", "Properties": {"V": value(rng)}}
        for i in range(400)}}
    # json escapes half a surrogate pair, as a file may have it
    (folder / "T.json").write_text(json.dumps(template))
    (folder / "manifest.json").write_text(json.dumps({
        "version": "48.0.0", "artifacts": {"S": {
            "type": "aws:cloudformation:stack",
            "environment": "aws://unknown-account/unknown-region",
            "properties": {"templateFile": "T.json"},
            "metadata": {f"/S/{text(rng)}{i}": metadata(rng)
                         for i in range(60)}}}}))
    return folder


def cases(work, seed, count):
    """(folder, number, command line)"""
    for n in range(count):
        folder = assembly(work / f"made-up-{seed}-{n}", f"{seed}-{n}")
        for args in (["synth", "S", "--ignore-errors"],
                     ["synth", "S", "-j", "--strict"], ["metadata", "S"]):
            yield folder, n, args
