#!/usr/bin/env python3
"""What deploy, destroy and rollback do with a stack in each of its states.

A case is a scenario and a command line; its outcome is the exit status, both
streams and the requests in order, without what differs from run to run. The
reference's outcomes stand in states.json; with it installed,

    states.py [WORD...]

runs it over all cases (or those whose name has one of the words), writes them
there anew and tells what changed.
"""
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import ROOT, S3, Bench, stack_row

HERE = Path(__file__).resolve().parent
RECORDED = HERE / "states.json"
REFERENCE = ROOT / "build/npm/node_modules/.bin/cdk"
STATUSES = (
    "CREATE_COMPLETE", "CREATE_FAILED", "CREATE_IN_PROGRESS",
    "DELETE_COMPLETE", "DELETE_FAILED", "DELETE_IN_PROGRESS",
    "IMPORT_COMPLETE", "IMPORT_IN_PROGRESS", "IMPORT_ROLLBACK_COMPLETE",
    "IMPORT_ROLLBACK_FAILED", "IMPORT_ROLLBACK_IN_PROGRESS",
    "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED",
    "ROLLBACK_IN_PROGRESS", "UPDATE_COMPLETE",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_FAILED",
    "UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED",
    "UPDATE_ROLLBACK_IN_PROGRESS")
DEPLOY = ("deploy", "S1", "--require-approval", "never")
METHODS = {
    "change-set": DEPLOY,
    "prepare": (*DEPLOY, "--method=prepare-change-set"),
    "execute": (*DEPLOY, "--method=execute-change-set"),
    "direct": (*DEPLOY, "--method=direct"),
    "direct-no-rollback": (*DEPLOY, "--method=direct", "--no-rollback"),
    "express": (*DEPLOY, "--express"),
    "express-rollback": (*DEPLOY, "--express", "--rollback"),
    "no-rollback": (*DEPLOY, "--no-rollback"),
    "revert-drift": (*DEPLOY, "--revert-drift"),
    "import-existing": (*DEPLOY, "--import-existing-resources"),
    "force": (*DEPLOY, "--force"),
    "destroy": ("destroy", "S1", "--force"),
    "destroy-express": ("destroy", "S1", "--force", "--express"),
    "rollback": ("rollback", "S1"),
    "rollback-force": ("rollback", "S1", "--force"),
    "rollback-orphan": ("rollback", "S1", "--orphan", "B", "--orphan", "C"),
}
PROPERTIES = {"requiresBootstrapStackVersion": 6,
              "bootstrapStackVersionSsmParameter": "/cdk/version"}
OLD = json.dumps({"Resources": {"Old": {"Type": "T::T::T"}}})
REPLACING = {"Changes": [{"Type": "Resource", "ResourceChange": {
    "PolicyAction": "ReplaceAndDelete", "Action": "Modify",
    "LogicalResourceId": "B", "ResourceType": S3, "Replacement": "True",
    "Scope": ["Properties"], "Details": []}}]}
EMPTY = {"Status": "FAILED", "StatusReason": "The submitted information "
         "didn't contain changes. Submit different information to create a "
         "change set."}
READY = {"S1/cdk-deploy-change-set": {"Changes": [{
    "Type": "Resource", "ResourceChange": {
        "Action": "Add", "LogicalResourceId": "B", "ResourceType": S3,
        "Scope": [], "Details": []}}]}}


def stack(status, reason=None, **more):
    s = {"StackStatus": status, "template": OLD, **more}
    if reason:
        s["StackStatusReason"] = reason
    return {"S1": s}


def scenario(stacks, **more):
    return {"stacks": stacks, "parameters": {"/cdk/version": "30"},
            "change_sets": READY if stacks else {},
            "operations": [{"busy": 0}], **more}


def failed_rollback(final="UPDATE_ROLLBACK_FAILED", skipped=(), busy=3):
    """One that fails, seen well before the stack is done."""
    rows = [stack_row("UPDATE_ROLLBACK_IN_PROGRESS"),
            [0, "B", S3, "UPDATE_FAILED", "the bucket is locked"],
            [0, "C", S3, "UPDATE_FAILED", "the bucket is gone"],
            *[[0, name, S3, "UPDATE_COMPLETE",
               "Resource skipped during UpdateRollback"] for name in skipped],
            stack_row(final, reason="The following resource(s) failed to "
                      "update: [B, C].")]
    # after it was begun, by anybody's clock, and before what comes next
    return {"final": final, "busy": busy, "events": [
        [0.06 + i / 1000, *row[1:]] for i, row in enumerate(rows)]}


def good_rollback(skipped=()):
    return failed_rollback("UPDATE_ROLLBACK_COMPLETE", skipped)


def states():
    for status in STATUSES:
        for method, line in METHODS.items():
            yield f"{status} {method}", scenario(stack(status)), line
    for method, line in METHODS.items():
        yield f"absent {method}", scenario({}), line
        if method != "execute":
            continue
        yield "no-change-set execute", scenario(
            stack("UPDATE_COMPLETE"), change_sets={}), line


def replacements():
    for status in ("UPDATE_COMPLETE", "UPDATE_FAILED", "CREATE_FAILED",
                   "UPDATE_ROLLBACK_FAILED"):
        for method in ("change-set", "no-rollback", "express", "force"):
            yield (f"{status} replacing {method}", scenario(
                stack(status), change_set=REPLACING, tolerates=[status]),
                METHODS[method])
    for method in ("express", "express-rollback", "no-rollback"):
        for change, name in ((REPLACING, " replacing"), ({}, "")):
            yield f"UPDATE_FAILED of express{name} {method}", scenario(
                stack("UPDATE_FAILED",
                      DeploymentConfig={"Mode": "EXPRESS"}),
                change_set=change), METHODS[method]


def empty():
    for status in ("UPDATE_COMPLETE", "REVIEW_IN_PROGRESS", "UPDATE_FAILED",
                   "ROLLBACK_COMPLETE"):
        for method in ("change-set", "prepare", "force", "revert-drift"):
            yield f"{status} empty {method}", scenario(
                stack(status), change_set=EMPTY), METHODS[method]


def rollbacks():
    paused = stack("UPDATE_ROLLBACK_FAILED", "it did not work")
    force, plain = METHODS["rollback-force"], METHODS["rollback"]
    skipped = good_rollback(["B", "C"])
    yield "rollback fails", scenario(
        stack("UPDATE_FAILED"), operations=[failed_rollback()]), plain
    yield "rollback fails with --force", scenario(
        stack("UPDATE_FAILED"),
        operations=[failed_rollback(), skipped]), force
    yield "rollback fails again", scenario(
        paused, operations=[failed_rollback()]), plain
    yield "rollback orphans", scenario(paused, operations=[skipped]), force
    yield "rollback orphans what is named", scenario(
        paused, operations=[skipped]), METHODS["rollback-orphan"]
    yield "rollback removes the stack", scenario(
        stack("CREATE_FAILED"), operations=[
            {"final": "GONE", "busy": 0}]), plain
    yield "rollback of a failed rollback, with its reason", scenario(
        stack("ROLLBACK_FAILED", "a reason")), plain
    yield "rollback without need, with a reason", scenario(
        stack("UPDATE_COMPLETE", "a reason")), plain
    yield "rollback --force --orphan", scenario(paused), (*force, "--orphan",
                                                          "B")
    yield "rollback, old bootstrap", scenario(
        paused, parameters={"/cdk/version": "22"}), plain
    yield "rollback, no bootstrap", scenario(paused, parameters={}), plain
    yield "rollback, unchecked bootstrap", scenario(
        paused, parameters={}), (*plain, "--no-validate-bootstrap-version")
    yield "rollback, role", scenario(paused), (*plain, "--role-arn", "arn:r")
    for name, line in {
            "all": ("rollback", "--all"), "none": ("rollback",),
            "two": ("rollback", "S1", "S2"), "no match": ("rollback", "Zz"),
            "pattern": ("rollback", "S*"), "ci": ("rollback", "S1", "--ci"),
            "errors": ("rollback", "S1", "--progress", "errors-only")
            }.items():
        two = {**stack("UPDATE_COMPLETE"), "S2": {
            "StackStatus": "UPDATE_ROLLBACK_FAILED"}}
        yield f"rollback of two stacks, {name}", scenario(
            two, two_stacks=True), line
    yield "rollback of two stacks, the first fails", scenario(
        {**paused, "S2": {"StackStatus": "UPDATE_ROLLBACK_FAILED"}},
        operations=[failed_rollback(), {"busy": 0}],
        two_stacks=True), ("rollback", "--all")
    yield "rollback refused", scenario(paused, faults=[{
        "action": "ContinueUpdateRollback", "code": "AccessDenied",
        "message": "no such right", "status": 403}]), plain


def bootstraps():
    line = METHODS["change-set"]
    denied = [{"action": "GetParameter", "times": 9, "status": 400, "code":
               "AccessDeniedException", "message": "you may not"}]
    yield "bootstrap too old", scenario(
        {}, parameters={"/cdk/version": "5"}), line
    yield "bootstrap missing", scenario({}, parameters={}), line
    yield "bootstrap no number", scenario(
        {}, parameters={"/cdk/version": "many"}), line
    yield "bootstrap denied", scenario({}, faults=denied), line


def deletions():
    for status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED"):
        yield f"{status} stays", scenario(stack(status), operations=[
            {"busy": 0, "final": "DELETE_FAILED", "reason": "B is in use"}]), \
            METHODS["change-set"]
    yield "UPDATE_COMPLETE destroy, protected", scenario(stack(
        "UPDATE_COMPLETE", EnableTerminationProtection=True)), \
        METHODS["destroy"]
    yield "UPDATE_COMPLETE destroy, then as before", scenario(
        stack("UPDATE_COMPLETE"), operations=[
            {"busy": 0, "final": "UPDATE_COMPLETE"}]), METHODS["destroy"]
    yield "disappears", scenario(stack("UPDATE_COMPLETE"), operations=[
        {"busy": 0, "final": "GONE"}]), METHODS["change-set"]


def cases():
    """{name: (scenario, line)}"""
    ret = {}
    for maker in (states, replacements, empty, rollbacks, bootstraps,
                  deletions):
        for name, script, line in maker():
            assert name not in ret, name
            ret[name] = (script, line)
    return ret


# ---- outcomes ---------------------------------------------------------------

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
POLLS = ("DescribeStacks", "DescribeChangeSet")


def of_request(action, params):
    text = " ".join(f"{k}={v}" for k, v in sorted(params.items())
                    if k not in ("TemplateBody", "NextToken"))
    return re.sub(UUID, "UUID", f"{action} {text}".rstrip())


def lines(text):
    return re.sub(UUID, "UUID", text).split("\n")


def requests(server):
    """Two clocks drive the looks at events and at the stack: the former are
    left out, of several of the latter in a row one stays."""
    ret = []
    for _, action, params in server.requests:
        if action == "DescribeStackEvents":
            continue
        text = of_request(action, params)
        if action in POLLS and text in ret[-1:]:
            continue
        ret.append(text)
    return ret


def outcome(folder, case, env=None):
    script, line = case
    script = json.loads(json.dumps(script))
    names = ["S1", "S2"] if script.pop("two_stacks", False) else ["S1"]
    with Bench(folder, script, {n: {"properties": PROPERTIES}
                                for n in names}) as b:
        r = b.run(*line, env=env)
        return {"status": r.status, "out": lines(r.out), "err": lines(r.err),
                "requests": requests(b.server)}


# ---- recording --------------------------------------------------------------

def record_one(name, case):
    """None when the reference does not come to an end."""
    print(name, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        try:
            return outcome(Path(folder), case, {
                "NODE_OPTIONS": f"--require={HERE / 'fast_timers.cjs'}"})
        except subprocess.TimeoutExpired:
            return None


def load():
    """{name: outcome}; equal ones are stored once, with their names."""
    stored = json.loads(RECORDED.read_text()) if RECORDED.exists() else []
    return {name: of_status(o["outcome"], name)
            for o in stored for name in o["cases"]}


def of_status(o, name):
    """Outcomes are stored with @ for the status that a case begins in."""
    status = name.split(" ")[0]
    if status not in STATUSES:
        return o
    return json.loads(re.sub("@", status, json.dumps(o)))


def save(outcomes):
    groups = {}
    for name in sorted(outcomes):
        status, text = name.split(" ")[0], json.dumps(outcomes[name])
        assert "@" not in text, text
        if status in STATUSES:
            text = re.sub(rf"\b{status}\b", "@", text)
        groups.setdefault(text, []).append(name)
    RECORDED.write_text(json.dumps(
        [{"cases": names, "outcome": json.loads(text)}
         for text, names in groups.items()],
        indent=1, ensure_ascii=False) + "\n")


def main(words):
    os.environ["CCDK"] = str(REFERENCE)
    known = load()
    wanted = {n: c for n, c in cases().items()
              if not words or any(w in n for w in words)}
    kept = {n: o for n, o in known.items()
            if n in cases() and n not in wanted}
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        fresh = dict(zip(wanted, pool.map(record_one, wanted,
                                          wanted.values())))
    for name, o in list(fresh.items()):
        if o is None:
            print("no end:", name)
            del fresh[name]
        elif known.get(name) != o:
            print("changed:" if name in known else "new:", name)
    save({**kept, **fresh})


if __name__ == "__main__":
    main(sys.argv[1:])
