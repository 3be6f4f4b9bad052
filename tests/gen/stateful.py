#!/usr/bin/env python3
"""Resource types that hold data, as one sorted table.

usage: stateful.py stateful.txt db.json.gz >share/data/stateful.tsv

stateful.txt beside this file is the list, written by hand; db.json.gz the
service database of the reference release (see spec.py), which has to know
every type and property that the list names. A line of the table:

  type TAB kind TAB what is lost TAB "snapshot" or nothing TAB unless property

sorted by bytes, so that it is searched in place.
"""
import gzip
import json
import sys


def read(path):
    """[(type, kind, holds, snapshot, unless)] and what is wrong with it."""
    rows, wrong, kind, holds = [], [], None, None
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            if not line[0].isspace():
                kind, colon, holds = (s.strip() for s in line.partition(":"))
                if not (colon and kind and holds):
                    wrong.append(f"line {number}: no heading")
                continue
            name, rest = words[0], words[1:]
            snapshot = rest[:1] == ["snapshot"]
            rest = rest[snapshot:]
            unless = rest[1] if rest[:1] == ["unless"] and len(rest) == 2 \
                else ""
            if kind is None or (rest and not unless):
                wrong.append(f"line {number}: {line.strip()}")
            rows.append((name, kind, holds, "snapshot" if snapshot else "",
                         unless))
    return rows, wrong


def main(path, database):
    rows, wrong = read(path)
    with gzip.open(database) as f:
        entities = json.load(f)["schema"]["resource"]["entities"]
    known = {e["cloudFormationType"]: e.get("properties", {})
             for e in entities}
    names = [r[0] for r in rows]
    wrong += [f"{n}: twice" for n in set(names) if names.count(n) > 1]
    wrong += [f"{n}: no such type" for n in names if n not in known]
    wrong += [f"{r[0]}: no property {r[4]}" for r in rows
              if r[4] and r[4] not in known.get(r[0], {})]
    if wrong:
        sys.exit("\n".join([f"{path}:", *sorted(wrong)]))
    print("# written by tests/gen/stateful.py from stateful.txt")
    for row in sorted(rows, key=lambda r: r[0].encode()):
        print("\t".join(row))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
