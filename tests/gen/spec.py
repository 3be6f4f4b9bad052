#!/usr/bin/env python3
"""Resource facts the differ needs, as one sorted table.

usage: spec.py db.json.gz >share/data/cfn-spec.tsv

db.json.gz is the service database that the reference release ships beside its
package.json (the format of npm @aws-cdk/aws-service-spec). One line per type
that has any fact, sorted by bytes so that the table is searched in place:

  type TAB scrutiny TAB replacing properties TAB maybe replacing TAB prop:scrutiny

Lists are space separated in the database's property order, which decides the
order of equal rows in the IAM tables. The first line says where it came from.
"""
import gzip
import hashlib
import json
import os
import sys


def scrutiny(record):
    value = record.get("scrutinizable")
    return "" if value in (None, "None") else value


def row(entity):
    props = entity.get("properties", {})
    by_kind = {"yes": [], "maybe": []}
    looked_at = []
    for name, prop in props.items():
        by_kind.get(prop.get("causesReplacement"), []).append(name)
        if scrutiny(prop):
            looked_at.append(f"{name}:{scrutiny(prop)}")
    facts = [scrutiny(entity), " ".join(by_kind["yes"]),
             " ".join(by_kind["maybe"]), " ".join(looked_at)]
    return "\t".join([entity["cloudFormationType"], *facts]) if any(facts) else None


def main(path):
    with open(path, "rb") as f:
        raw = f.read()
    version = "unknown"
    package = os.path.join(os.path.dirname(os.path.abspath(path)), "package.json")
    if os.path.exists(package):
        with open(package, encoding="utf-8") as f:
            info = json.load(f)
        version = f"{info['name']}@{info['version']}"
    db = json.loads(gzip.decompress(raw))
    rows = (row(e) for e in db["schema"]["resource"]["entities"])
    lines = sorted(filter(None, rows), key=lambda s: s.split("\t")[0].encode())
    digest = hashlib.sha256(raw).hexdigest()
    print(f"# {os.path.basename(path)} of {version} sha256:{digest}")
    sys.stdout.write("".join(line + "\n" for line in lines))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
