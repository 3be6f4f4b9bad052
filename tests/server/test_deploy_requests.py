"""What `deploy` sends for its options, and what makes it leave a stack alone.
Everything here also holds for the reference CLI."""
import json

import pytest

from harness import Bench, good, template
from test_deploy import NEVER, existing

ALARM = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:{}"
TOPIC = "arn:aws:sns:us-east-1:111122223333:{}"
SSM = "AWS::SSM::Parameter::Value<String>"


def run(folder, *args, stack=None, deployed=None, ops=None):
    """One stack with its template deployed already, unless told otherwise."""
    s = stack or {}
    old = deployed if deployed is not None else {}
    stacks = existing(body=s.get("template", template()), **old) \
        if old is not False else {}
    with Bench(folder, {"stacks": stacks, "operations": ops or [
            good("UPDATE" if stacks else "CREATE")]}, {"S1": s}) as b:
        return b.run("deploy", *NEVER, *args)


def made(r):
    """The one change set that was asked for; None: it was skipped."""
    assert r.status == 0, r.err
    sets = r.params("CreateChangeSet")
    assert len(sets) < 2
    skipped = "✅  S1 (no changes)" in r.err
    assert skipped == (not sets)
    return sets[0] if sets else None


def members(p, name):
    at, found = f"{name}.member.", []
    for i in range(1, 20):
        if f"{at}{i}" in p:
            found.append(p[f"{at}{i}"])
        else:
            part = {k[len(f"{at}{i}."):]: v for k, v in p.items()
                    if k.startswith(f"{at}{i}.")}
            found += [part] if part else []
    return found


# -- no stacks --------------------------------------------------------------

@pytest.mark.parametrize("args, status", [((), 1),
                                          (("--ignore-no-stacks",), 0)])
def test_no_stacks(tmp_path, args, status):
    with Bench(tmp_path) as b:
        manifest = json.loads((b.app / "manifest.json").read_text())
        manifest["artifacts"] = {}
        (b.app / "manifest.json").write_text(json.dumps(manifest))
        r = b.run("deploy", *NEVER, *args)
    assert (r.status, r.out, r.actions()) == (status, "", [])
    assert "This app contains no stacks\n" in r.err
    assert ("Synthesis time" in r.err) == (status == 0)


# -- tags -------------------------------------------------------------------

TAGS = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]


def test_same_tags_are_no_change(tmp_path):
    s = {"properties": {"tags": {"b": "2", "a": "1"}}}
    assert made(run(tmp_path, stack=s, deployed={"Tags": TAGS})) is None


@pytest.mark.parametrize("own, args, want", [
    ({"a": "1"}, (), [TAGS[0]]),
    ({"a": "1", "b": "x"}, (), [TAGS[0], {"Key": "b", "Value": "x"}]),
    ({"a": "1", "b": "2"}, ("--tags", "c=3"), [{"Key": "c", "Value": "3"}]),
    ({}, (), []),
])
def test_other_tags_are_a_change(tmp_path, own, args, want):
    s = {"properties": {"tags": own}}
    sent = made(run(tmp_path, *args, stack=s, deployed={"Tags": TAGS}))
    assert members(sent, "Tags") == want


# -- notification topics ----------------------------------------------------

def test_topics_of_option_and_stack(tmp_path):
    s = {"properties": {"notificationArns": [TOPIC.format("own")]}}
    sent = made(run(tmp_path, "--notification-arns", TOPIC.format("given"),
                    stack=s))
    assert members(sent, "NotificationARNs") == [TOPIC.format("given"),
                                                 TOPIC.format("own")]


@pytest.mark.parametrize("own, changed", [
    (["b", "a"], False), (["a"], True), (["a", "b", "c"], True),
    (None, True)])
def test_topics_are_a_set(tmp_path, own, changed):
    s = {"properties": {"notificationArns": [TOPIC.format(n) for n in own]}} \
        if own else {}
    r = run(tmp_path, stack=s, deployed={
        "NotificationARNs": [TOPIC.format("a"), TOPIC.format("b")]})
    sent = made(r)
    assert (sent is not None) == changed
    if own is None:
        assert members(sent, "NotificationARNs") == []


# -- rollback triggers ------------------------------------------------------

def triggers(*names, minutes=None):
    c = {"RollbackTriggers": [{"Arn": ALARM.format(n),
                               "Type": "AWS::CloudWatch::Alarm"}
                              for n in names]}
    return {"RollbackConfiguration": {
        **c, **({} if minutes is None else
                {"MonitoringTimeInMinutes": minutes})}}


ALARMS = "--rollback-trigger-alarm-arns"


@pytest.mark.parametrize("args, changed", [
    ((), False),
    ((ALARMS, ALARM.format("b"), ALARMS, ALARM.format("a"),
      "--monitoring-time-minutes", "5"), False),
    ((ALARMS, ALARM.format("a"), ALARMS, ALARM.format("b")), True),
    ((ALARMS, ALARM.format("a"), "--monitoring-time-minutes", "5"), True),
    ((ALARMS, "NONE"), True),
])
def test_rollback_triggers(tmp_path, args, changed):
    sent = made(run(tmp_path, *args, deployed=triggers("a", "b", minutes=5)))
    assert (sent is not None) == changed
    if "NONE" in args:
        assert sent["RollbackConfiguration.RollbackTriggers"] == ""


@pytest.mark.parametrize("args, want", [
    (sum(([ALARMS, ALARM.format(i)] for i in range(6)), []),
     "a maximum of 5 rollback triggers can be specified, got 6\n"),
    ([ALARMS, ALARM.format("a"), "--monitoring-time-minutes", "181"],
     "monitoring time must be a whole number between 0 and 180 minutes, got "
     "181\n"),
    ([ALARMS, ALARM.format("a"), "--monitoring-time-minutes", "1.5"],
     "monitoring time must be a whole number between 0 and 180 minutes, got "
     "1.5\n"),
])
def test_bad_rollback_triggers(tmp_path, args, want):
    r = run(tmp_path, *args)
    assert r.status == 1
    assert r.err.endswith(want)
    assert "CreateChangeSet" not in r.actions()


# -- termination protection -------------------------------------------------

@pytest.mark.parametrize("before, after", [(True, False), (False, True)])
def test_termination_protection_alone(tmp_path, before, after):
    r = run(tmp_path, stack={"properties": {"terminationProtection": after}},
            deployed={"EnableTerminationProtection": before})
    assert made(r)
    assert r.params("UpdateTerminationProtection") == [
        {"StackName": "S1",
         "EnableTerminationProtection": str(after).lower()}]


def test_termination_protection_that_is_on(tmp_path):
    r = run(tmp_path, stack={"properties": {"terminationProtection": True}},
            deployed={"EnableTerminationProtection": True})
    assert made(r) is None
    assert r.params("UpdateTerminationProtection") == []


# -- role, imports, drift ---------------------------------------------------

ROLE = "arn:aws:iam::111122223333:role/{}"


@pytest.mark.parametrize("args, want", [
    ((), ROLE.format("own")),
    (("--role-arn", ROLE.format("given")), ROLE.format("given"))])
def test_role_of_cloudformation(tmp_path, args, want):
    s = {"properties": {"cloudFormationExecutionRoleArn":
                        "arn:${AWS::Partition}:iam::${AWS::AccountId}:"
                        "role/own"}}
    r = run(tmp_path, *args, stack=s, deployed=False)
    assert made(r)["RoleARN"] == want


def test_role_alone_is_no_change(tmp_path):
    assert made(run(tmp_path, "--role-arn", ROLE.format("x"))) is None


@pytest.mark.parametrize("args, want", [
    ((), "false"), (("--import-existing-resources",), "true")])
def test_imports(tmp_path, args, want):
    r = run(tmp_path, *args, deployed=False)
    assert made(r)["ImportExistingResources"] == want


def test_drift_is_never_skipped(tmp_path):
    sent = made(run(tmp_path, "--revert-drift"))
    assert sent["DeploymentMode"] == "REVERT_DRIFT"


def test_without_drift_no_mode(tmp_path):
    assert "DeploymentMode" not in made(run(tmp_path, deployed=False))


# -- parameters -------------------------------------------------------------

def formal(kind="String", **more):
    return {"template": template(Parameters={"P": {"Type": kind, **more}})}


def old(value, resolved=None):
    p = {"ParameterKey": "P", "ParameterValue": value}
    return {"Parameters": [{**p, **({"ResolvedValue": resolved}
                                    if resolved else {})}]}


def parameter(sent):
    p = members(sent, "Parameters")
    assert len(p) <= 1
    return (p[0].get("ParameterValue", p[0].get("UsePreviousValue"))
            if p else None)


@pytest.mark.parametrize("stack, deployed, args, want", [
    # nothing given: the value stays
    (formal(), old("x"), (), None),
    # the same value is no change, another one is
    (formal(), old("x"), ("--parameters", "P=x"), None),
    (formal(), old("x"), ("--parameters", "P=y"), "y"),
    (formal(), old("x"), ("--parameters", "P="), ""),
    # the stack's own value wins, that of another stack is none
    (formal(), old("x"), ("--parameters", "S1:P=y", "--parameters", "P=z"),
     "y"),
    (formal(), old("x"), ("--parameters", "S2:P=y"), None),
    # without previous values the default counts
    (formal(Default="d"), old("x"), ("--no-previous-parameters",), "none"),
    (formal(Default="d"), old("d"), ("--no-previous-parameters",), None),
    # what stands behind a name of SSM may have changed, unless it is marked
    (formal(SSM, Default="/n"), old("/n", "v"), (), "true"),
    (formal(SSM, Default="/n", Description="x [cdk:skip]"), old("/n"), (),
     None),
    # of a resolved value that one is compared
    (formal(SSM, Default="/n", Description="x [cdk:skip]"), old("/n", "v"),
     (), None),
    (formal(SSM, Default="/n", Description="x [cdk:skip]"), old("/n", "v"),
     ("--parameters", "P=/n"), "/n"),
])
def test_parameters(tmp_path, stack, deployed, args, want):
    sent = made(run(tmp_path, *args, stack=stack, deployed=deployed))
    if want is None:
        assert sent is None
    elif want == "none":
        assert members(sent, "Parameters") == []
    else:
        assert parameter(sent) == want


@pytest.mark.parametrize("stack, deployed, want", [
    (formal(Default="d"), {}, "none"), ({}, old("x"), "none")])
def test_parameters_that_come_and_go(tmp_path, stack, deployed, want):
    sent = made(run(tmp_path, stack=stack, deployed=deployed))
    assert want == "none" and members(sent, "Parameters") == []


# -- states -----------------------------------------------------------------

def test_a_failed_state_is_never_skipped(tmp_path):
    r = run(tmp_path, "--no-rollback",
            deployed={"status": "UPDATE_FAILED"})
    assert made(r)
