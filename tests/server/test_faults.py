"""Something goes wrong with every single request of a command.

Two stacks, the second needs the first; both have a file asset, roles to assume
and a bootstrap version to check. They are created, updated by change set or
directly, rolled back and destroyed. Each request is spoiled in every way, once (the
command copes) and for good (it ends with an error that says what happened); in
no case is anything executed twice, and a run without faults brings the same
end.
"""
import concurrent.futures
import json
import re

import pytest

from harness import Bench, good, template

WORKERS = 16  # they wait more than they compute
ROLE = "arn:${AWS::Partition}:iam::111122223333:role"
DEPLOY = ("deploy", "--all", "--require-approval", "never")
LOST = r"no reply from '127\.0\.0\.1:\d+': .*tried \d+ times"
# {kind: (fault, what the error says when it does not go away)}
KINDS = {
    "reset": ({"kind": "drop"}, LOST),
    "lost": ({"kind": "lose"}, LOST),
    "timeout": ({"kind": "stall"}, LOST),
    "500": ({"code": "InternalFailure", "status": 500,
             "message": "it broke"}, "it broke"),
    "503": ({"code": "ServiceUnavailable", "status": 503,
             "message": "not now"}, "not now"),
    "throttled": ({"kind": "throttle"}, "Rate exceeded"),
    "truncated": ({"kind": "truncate"}, LOST),
    "malformed": ({"kind": "garble"},
                  r"the reply to \w+ .*cannot be read: .*tried \d+ times"),
    "expired": ({"code": "ExpiredToken", "status": 403, "message":
                 "The security token included in the request is expired"},
                r"expired"),
}
# What has no body cannot be cut.
BARE = {"truncated": ("PUT", "HEAD"), "malformed": ("PUT", "HEAD")}
# Nobody can say that credentials have ended but their source; and theirs are
# in the environment.
OWN_CREDENTIALS = ("AssumeRole", "GetCallerIdentity")
# What the command ends with is told with how often it was tried.
TOLD = ("CreateChangeSet", "ExecuteChangeSet", "UpdateStack", "DeleteStack")
# Each attempt of these takes real time.
SLOW = ("timeout", "throttled")
# The command does without: the credentials at hand, an event log with gaps.
NOT_NEEDED = ("AssumeRole", "DescribeStackEvents")
NO_NEED = "No stacks were in a state that could be rolled back"
PARAMETERS = {"/cdk/version": "30"}
OLD = {n: {"StackStatus": "CREATE_COMPLETE", "template": "{}",
           "EnableTerminationProtection": True} for n in ("A", "B")}


def operation(verb):
    return [{"stack": n, **good(verb, n), "busy": 0} for n in ("A", "B")]


SITUATIONS = {
    "create": (DEPLOY, {"operations": operation("CREATE")}),
    "update": (DEPLOY, {"operations": operation("UPDATE"), "stacks": OLD}),
    "directly": ((*DEPLOY, "--method=direct"), {
        "operations": operation("UPDATE"), "stacks": OLD}),
    "rollback": (("rollback", "--all"), {
        "operations": operation("UPDATE_ROLLBACK"), "stacks": {
            "A": {"StackStatus": "UPDATE_FAILED"},
            "B": {"StackStatus": "UPDATE_ROLLBACK_FAILED"}}}),
    "destroy": (("destroy", "--all", "--force"), {
        "operations": [{"stack": n, "events": [], "busy": 0}
                       for n in ("A", "B")],
        "stacks": {n: {"StackStatus": "CREATE_COMPLETE"}
                   for n in ("A", "B")}}),
}


def stacks():
    return {n: {
        "template": template(Outputs={"Name": {"Value": n}}),
        "deps": [f"{n}.assets", *(["A"] if n == "B" else [])],
        "properties": {
            "assumeRoleArn": f"{ROLE}/deploy",
            "cloudFormationExecutionRoleArn": f"{ROLE}/exec",
            "stackTemplateAssetObjectUrl":
                f"s3://assets-111122223333-us-east-1/{n}.json",
            "requiresBootstrapStackVersion": 6,
            "bootstrapStackVersionSsmParameter": "/cdk/version"}}
        for n in ("A", "B")}


def add_assets(folder):
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    for n in ("A", "B"):
        manifest["artifacts"][f"{n}.assets"] = {
            "type": "cdk:asset-manifest", "properties": {
                "file": f"{n}.assets.json",
                "requiresBootstrapStackVersion": 6,
                "bootstrapStackVersionSsmParameter": "/cdk/version"}}
        (folder / f"{n}.assets.json").write_text(json.dumps({
            "version": "36.0.0", "dockerImages": {}, "files": {f"{n}1": {
                "displayName": f"{n} template", "source": {
                    "path": f"{n}.template.json", "packaging": "file"},
                "destinations": {"here": {
                    "bucketName": "assets-111122223333-us-east-1",
                    "objectKey": f"{n}.json", "region": "us-east-1",
                    "assumeRoleArn": f"{ROLE}/publish"}}}}}))
    path.write_text(json.dumps(manifest))


class World(Bench):
    def __init__(self, folder, situation, **more):
        self.line, scenario = SITUATIONS[situation]
        super().__init__(folder, json.loads(json.dumps(
            {"parameters": PARAMETERS, **scenario, **more})), stacks())
        add_assets(self.app)

    def go(self, kind=None):
        attempts = {"AWS_MAX_ATTEMPTS": "2"} if kind in SLOW else {}
        return self.run(*self.line, env={"CCDK_IDLE_SECONDS": "1",
                                         **attempts})

    def final(self):
        w = self.server.world
        return ({n: s["StackStatus"] for n, s in w.stacks.items()},
                sorted(b[:2] for b in w.begun), sorted(w.objects))


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """{situation: ([(action, which of them)], end)}: nothing goes wrong."""
    ret = {}
    for situation in SITUATIONS:
        with World(tmp_path_factory.mktemp("clean"), situation) as b:
            r = b.go()
            assert r.status == 0, r.err
            counts, found = {}, []
            for _, action, _ in b.server.requests:
                counts[action] = counts.get(action, 0) + 1
                found.append((action, counts[action]))
            ret[situation] = found, b.final()
    return ret


def check(folder, situation, end, fault, kind, wanted):
    """One case; what is wrong with it, or None. wanted is the status of the
    spoiled run, None for either."""
    folder.mkdir(parents=True)
    with World(folder, situation, faults=[fault]) as b:
        r = b.go(kind)
        if wanted is not None and r.status != wanted:
            return f"ended with {r.status}:\n{r.err}"
        if r.status and not re.search(KINDS[kind][1], r.err):
            return f"unclear:\n{r.err}"
        if r.status and fault["action"] in TOLD and kind in ("500", "503") \
                and not re.search(r"\w+ was tried \d+ times\n$", r.err):
            return f"does not say how often:\n{r.err}"
        b.server.world.s["faults"] = []
        again = b.go()
        if again.status and NO_NEED not in again.err:
            return f"the next run failed:\n{r.err}\n----\n{again.err}"
        if b.final() != end:
            return f"ended otherwise: {b.final()} {end}\n{r.err}"
    return None


def sweep(tmp_path, cases):
    """All of them; the failures as one text."""
    def one(i):
        name, *rest = cases[i]
        wrong = check(tmp_path / str(i), *rest)
        return f"== {name}: {wrong}" if wrong else None

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        return "\n".join(filter(None, pool.map(one, range(len(cases)))))


def is_possible(kind, action):
    return action not in BARE.get(kind, ())


def is_played(situation, kind):
    """What is slow once, and of some what may happen twice."""
    if situation in ("directly", "rollback"):
        return kind in ("lost", "truncated", "malformed", "500")
    return situation == "create" or kind != "timeout"


PAIRS = [(s, k) for s in SITUATIONS for k in KINDS if is_played(s, k)]


@pytest.mark.parametrize("situation, kind", PAIRS)
def test_once(tmp_path, clean, situation, kind):
    requests, end = clean[situation]
    cases = []
    for action, nth in requests:
        fault = {"action": action, "nth": nth, **KINDS[kind][0]}
        copes = not (kind == "expired" and action in OWN_CREDENTIALS)
        if is_possible(kind, action):
            cases.append((f"{action} {nth}", situation, end, fault, kind,
                          0 if copes else None))
    wrong = sweep(tmp_path, cases)
    assert not wrong, wrong


@pytest.mark.parametrize("situation, kind", PAIRS)
def test_for_good(tmp_path, clean, situation, kind):
    requests, end = clean[situation]
    cases = []
    for action in dict(requests):
        fault = {"action": action, "times": 1000, **KINDS[kind][0]}
        if is_possible(kind, action):
            goes_on = action in NOT_NEEDED and not (
                kind == "expired" and action in OWN_CREDENTIALS)
            cases.append((action, situation, end, fault, kind,
                          0 if goes_on else 1))
    wrong = sweep(tmp_path, cases)
    assert not wrong, wrong
