#!/usr/bin/env python3
"""Writes tests/vectors/credentials/table.json: for each configuration of
credential_rows.py the access key that is used in the end, or "none", as

  botocore    an independent reader finds it, and
  reference   the reference CLI does, when --cdk names it; without it, the
              column of an earlier run is kept, or botocore's is taken.

Where the two differ on purpose the row says why ("differs"); a difference
without a reason, or a reason without a difference, ends this program. Run from
the top of the tree with a Python that has botocore; the file is committed.

usage: credential_table.py [--cdk PATH]"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
sys.path.insert(0, str(ROOT / "tests" / "gen"))
from credential_rows import ROWS  # noqa: E402
from credstub import Server, lay_out  # noqa: E402

TABLE = ROOT / "tests" / "vectors" / "credentials" / "table.json"
# in a process of its own: botocore reads HOME when it is loaded
READER = """
import sys, botocore.session
s = botocore.session.Session(profile=sys.argv[1] or None)
c = s.create_client("sts", region_name="us-east-1")
c.get_caller_identity()
"""


def run(argv, env, home):
    subprocess.run(argv, env={"PATH": os.environ["PATH"], **env}, cwd=home,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=120, check=False)


def ask(server, row, argv):
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        env = lay_out(row, home, server.url)
        env.update(CDK_DISABLE_CLI_TELEMETRY="true",
                   AWS_MAX_ATTEMPTS="1")
        run(argv, env, home)
    return server.take_signer()


def by_botocore(server, row):
    return ask(server, row, [sys.executable, "-c", READER,
                             row.get("profile", "")])


def by_reference(server, row, cdk):
    option = ["--profile", row["profile"]] if "profile" in row else []
    return ask(server, row, [cdk, "ls", "--no-notices", "--app", "true",
                             *option])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cdk")
    cdk = parser.parse_args().cdk
    old = {}
    if TABLE.exists():
        old = {r["name"]: r for r in json.loads(TABLE.read_text())}
    server, table, wrong = Server(), [], []
    for name, row in ROWS.items():
        botocore = by_botocore(server, row)
        if cdk:
            reference = by_reference(server, row, cdk)
        else:
            reference = old.get(name, {}).get("reference", botocore)
        if (botocore != reference) != ("differs" in row):
            wrong.append(f"{name}: botocore {botocore}, reference "
                         f"{reference}, reason {row.get('differs')}")
        table.append({"name": name, **row, "botocore": botocore,
                      "reference": reference})
    server.close()
    print("\n".join(wrong))
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text(json.dumps(table, indent=1) + "\n")
    print(f"{len(table)} rows, "
          f"{sum('differs' in r for r in table)} differ on purpose")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
