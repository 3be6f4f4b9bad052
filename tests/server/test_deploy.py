"""`deploy` against the scripted endpoint. The expected texts are those of the
reference CLI in the same situation."""
import json

import pytest

from harness import (S3, Bench, console, failing, good, stack_row, template)

NEVER = ("--require-approval", "never")
SET_ARN = ("arn:aws:cloudformation:us-east-1:111122223333:changeSet/"
           "cdk-deploy-change-set/bbbb")


def arn(name):
    return f"arn:aws:cloudformation:us-east-1:111122223333:stack/{name}/" \
        f"aaaa-{name}\n"


def existing(status="UPDATE_COMPLETE", body=None, **more):
    text = json.dumps(body if body is not None
                      else {"Resources": {"Old": {"Type": "T::T::T"}}})
    return {"S1": {"StackStatus": status, "template": text, **more}}


CREATED = """\
S1 | 0/2 | TIME | CREATE_IN_PROGRESS      | AWS::CloudFormation::Stack | \
S1 User Initiated
S1 | 0/2 | TIME | CREATE_IN_PROGRESS      | AWS::S3::Bucket            | B \

S1 | 0/2 | TIME | CREATE_IN_PROGRESS      | AWS::S3::Bucket            | \
B Resource creation Initiated
S1 | 1/2 | TIME | CREATE_COMPLETE         | AWS::S3::Bucket            | B \

S1 | 2/2 | TIME | CREATE_COMPLETE         | AWS::CloudFormation::Stack | S1 \

"""
UPDATED = """\
S1 | 0/3 | TIME | UPDATE_IN_PROGRESS      | AWS::CloudFormation::Stack | \
S1 User Initiated
S1 | 0/3 | TIME | UPDATE_IN_PROGRESS      | AWS::S3::Bucket            | B \

S1 | 0/3 | TIME | UPDATE_IN_PROGRESS      | AWS::S3::Bucket            | \
B Resource creation Initiated
S1 | 1/3 | TIME | UPDATE_COMPLETE         | AWS::S3::Bucket            | B \

S1 | 2/3 | TIME | UPDATE_COMPLETE_CLEANUP | AWS::CloudFormation::Stack | S1 \

S1 | 2/3 | TIME | UPDATE_COMPLETE         | AWS::CloudFormation::Stack | S1 \

"""
OUTPUTS = "Outputs:\nS1.Alpha = https://a\nS1.Zed = z1\n"
FAILURE = ('Resource handler returned message: "bucket exists" '
           '(RequestToken: x, HandlerErrorCode: AlreadyExists)')


def success(rows="", outputs=OUTPUTS, suffix="", before="", prepared=True):
    making = "S1: creating CloudFormation changeset...\n" if prepared else ""
    return (f"\n✨  Synthesis time: Ns\n\n{making}{before}"
            f"S1: deploying... [1/1]\n{rows}\n✅  S1{suffix}\n\n"
            f"✨  Deployment time: Ns\n\n{outputs}Stack ARN:\n\n"
            "✨  Total time: Ns\n\n")


def failure(rest, prepared=True):
    making = "S1: creating CloudFormation changeset...\n" if prepared else ""
    return f"\n✨  Synthesis time: Ns\n\n{making}{rest}"


def test_new_stack(tmp_path):
    with Bench(tmp_path, {"operations": [good()]}) as b:
        r = b.run("deploy", *NEVER)
    assert (r.status, r.out, r.err) == (0, arn("S1"), success(CREATED))
    sent = r.params("CreateChangeSet")[0]
    assert sent["ChangeSetType"] == "CREATE"
    assert sent["Parameters"] == sent["Tags"] == ""
    assert sent["ImportExistingResources"] == "false"
    assert sent["IncludeNestedStacks"] == "true"
    assert sent["DeploymentConfig.Mode"] == "STANDARD"
    assert sent["ClientToken"].startswith("create")
    assert sent["Description"].endswith(sent["ClientToken"][6:])
    assert r.params("ExecuteChangeSet")[0]["ClientRequestToken"] \
        .startswith("exec")


def test_request_order_of_a_new_stack(tmp_path):
    with Bench(tmp_path, {"operations": [good()]}) as b:
        r = b.run("deploy", *NEVER)
    seen = [a for s, a, p in r.server.requests if s == "cloudformation" and
            a not in ("DescribeStackEvents", "GetTemplate") and
            p.get("StackName") != "CDKToolkit"]
    assert seen == ["DescribeStacks", "CreateChangeSet", "DescribeChangeSet",
                    "DescribeStacks", "DescribeChangeSet",
                    "ExecuteChangeSet", "DescribeStacks", "DescribeStacks"]
    # the events told the end, the state confirms it
    assert r.actions()[-2:] == ["DescribeStackEvents", "DescribeStacks"]


def test_unchanged_stack_is_skipped(tmp_path):
    same = existing(body=template(), Outputs=[
        {"OutputKey": "Zed", "OutputValue": "z1"},
        {"OutputKey": "Alpha", "OutputValue": "https://a"}])
    with Bench(tmp_path, {"stacks": same}) as b:
        r = b.run("deploy", *NEVER)
    assert (r.status, r.out) == (0, arn("S1"))
    assert r.err == success(suffix=" (no changes)", prepared=False)
    assert "CreateChangeSet" not in r.actions()
    assert r.actions()[-1] == "DeleteChangeSet"


def test_key_order_of_the_template_counts(tmp_path):
    swapped = {"Resources": {"B": dict(reversed(list(
        template()["Resources"]["B"].items())))}}
    with Bench(tmp_path, {"stacks": existing(body=swapped),
                          "operations": [good("UPDATE")]}) as b:
        r = b.run("deploy", *NEVER)
    assert "CreateChangeSet" in r.actions()


def test_update(tmp_path):
    with Bench(tmp_path, {"stacks": existing(), "operations": [
            good("UPDATE", cleanup=True)]}) as b:
        r = b.run("deploy", *NEVER)
    assert (r.status, r.out, r.err) == (0, arn("S1"), success(UPDATED))
    assert r.params("CreateChangeSet")[0]["ChangeSetType"] == "UPDATE"
    order = [a for a in r.actions() if "ChangeSet" in a]
    assert order[:3] == ["DeleteChangeSet", "DescribeChangeSet",
                         "CreateChangeSet"]


def test_events_told_bit_by_bit(tmp_path):
    op = good("UPDATE", cleanup=True, per_poll=1, busy=3)
    with Bench(tmp_path, {"stacks": existing(), "operations": [op]}) as b:
        r = b.run("deploy", *NEVER)
    assert r.err == success(UPDATED)


FAILED_ROWS = f"""\
S1: deploying... [1/1]
S1 | 0/3 | TIME | UPDATE_IN_PROGRESS      | AWS::CloudFormation::Stack | \
S1 User Initiated
S1 | 0/3 | TIME | UPDATE_IN_PROGRESS      | AWS::S3::Bucket            | B \

S1 | 0/3 | TIME | UPDATE_IN_PROGRESS      | AWS::SNS::Topic            | C \

S1 | 0/3 | TIME | UPDATE_FAILED           | AWS::SNS::Topic            | \
C Resource creation cancelled
S1 | 0/3 | TIME | UPDATE_FAILED           | AWS::S3::Bucket            | \
B {FAILURE}
S1 | 0/3 | TIME | UPDATE_ROLLBACK_IN_PROG | AWS::CloudFormation::Stack | \
S1 The following resource(s) failed to create: [B, C]. Rollback requested \
by user.
S1 | 1/3 | TIME | DELETE_COMPLETE         | AWS::S3::Bucket            | B \

S1 | 2/3 | TIME | UPDATE_ROLLBACK_COMPLET | AWS::CloudFormation::Stack | S1 \


Failed resources:
S1 | TIME | UPDATE_FAILED           | AWS::S3::Bucket            | \
B {FAILURE}
"""
WHY = f"""\
❌  S1 failed to deploy
‣ DeploymentError: Resource updates failed:
S1/B/Resource  (AWS::S3::Bucket B)
  {FAILURE}

First cause: S1/B/Resource (AWS::S3::Bucket B)
  Request:    x
  Cancelled:  1 other resource was cancelled because of this
  Console:    {console("S1")}
"""


def test_failed_update_says_what_and_where(tmp_path):
    with Bench(tmp_path, {"stacks": existing(),
                          "operations": [failing()]}) as b:
        r = b.run("deploy", *NEVER, "--outputs-file", "o.json")
        assert not (tmp_path / "o.json").exists()
    assert (r.status, r.out) == (1, "")
    assert r.err == failure(FAILED_ROWS + WHY)


def test_errors_only(tmp_path):
    with Bench(tmp_path, {"stacks": existing(),
                          "operations": [failing()]}) as b:
        r = b.run("deploy", *NEVER, "--progress", "errors-only")
    assert r.err == failure(
        "S1: deploying... [1/1]\n"
        f"S1 | UPDATE_FAILED | AWS::S3::Bucket | B {FAILURE}\n" + WHY)


def test_failed_creation(tmp_path):
    with Bench(tmp_path, {"operations": [failing("CREATE")]}) as b:
        r = b.run("deploy", *NEVER, "--progress", "errors-only")
    assert r.err == failure(
        "S1: deploying... [1/1]\n"
        f"S1 | CREATE_FAILED | AWS::S3::Bucket | B {FAILURE}\n" + WHY)


def test_failed_creation_is_deleted_first(tmp_path):
    gone = {"events": []}
    with Bench(tmp_path, {"stacks": existing("ROLLBACK_COMPLETE"),
                          "operations": [gone, good()]}) as b:
        r = b.run("deploy", *NEVER)
    assert r.err == success(CREATED)
    assert r.actions()[1] == "DeleteStack"
    assert r.params("DeleteStack")[0]["StackName"] == arn("S1").strip()
    assert r.params("CreateChangeSet")[0]["ChangeSetType"] == "CREATE"


def test_failed_creation_that_cannot_be_deleted(tmp_path):
    stuck = {"final": "DELETE_FAILED", "reason": "B is not empty"}
    with Bench(tmp_path, {"stacks": existing("ROLLBACK_COMPLETE"),
                          "operations": [stuck]}) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 1
    assert r.err == failure(
        "The stack named S1 is in a failed state. You may need to delete it "
        "from the AWS console : DELETE_FAILED (B is not empty)\n",
        prepared=False)


def test_failed_change_set(tmp_path):
    cs = {"Status": "FAILED", "StatusReason": "Some other reason"}
    with Bench(tmp_path, {"change_set": cs}) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 1
    assert r.err == failure(
        "Failed to create change set cdk-deploy-change-set:\n"
        "S1  (AWS::CloudFormation::Stack)\n  Some other reason\n")
    assert "DeleteChangeSet" not in r.actions()


def test_early_validation(tmp_path):
    cs = {"Status": "FAILED", "StatusReason": "The following hook(s)/"
          "validation failed: [AWS::EarlyValidation::PropertyValidation]."}
    event = {"EventType": "VALIDATION_ERROR", "LogicalResourceId": "B",
             "ResourceType": S3, "ValidationName": "PROPERTY_VALIDATION",
             "ValidationStatus": "FAILED", "ValidationFailureMode": "FAIL",
             "ValidationStatusReason": "Unsupported property [Foo]",
             "ValidationPath": "/Resources/B/Properties/Foo"}
    with Bench(tmp_path, {"change_set": cs, "failed_events": [event]}) as b:
        r = b.run("deploy", *NEVER)
    assert r.err == failure(
        "Early validation failed for change set cdk-deploy-change-set:\n"
        "S1/B/Resource  (AWS::S3::Bucket B)\n"
        "  Unsupported property [Foo] (at /Resources/B/Properties/Foo)\n")


EMPTY = {"Status": "FAILED", "Changes": [], "StatusReason":
         "The submitted information didn't contain changes. Submit different "
         "information to create a change set."}


def test_empty_change_set(tmp_path):
    with Bench(tmp_path, {"stacks": existing(), "change_set": EMPTY}) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 0
    assert r.err == success(suffix=" (no changes)", outputs="")
    assert r.actions()[-1] == "DeleteChangeSet"


def test_force_with_an_empty_change_set_warns(tmp_path):
    with Bench(tmp_path, {"stacks": existing(body=template()),
                          "change_set": EMPTY}) as b:
        r = b.run("deploy", *NEVER, "--force")
    assert r.err == success(suffix=" (no changes)", outputs="", before=(
        "You used the --force flag, but CloudFormation reported that the "
        "deployment would not make any changes.\n"
        "According to CloudFormation, all resources are already up-to-date "
        "with the state in your CDK app.\n\n"
        "You cannot use the --force flag to get rid of changes you made in "
        "the console. Try using\n"
        "CloudFormation drift detection instead: https://docs.aws.amazon.com"
        "/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html\n"))


@pytest.mark.parametrize("how", [("--no-execute",),
                                 ("--method", "prepare-change-set")])
def test_prepare_only(tmp_path, how):
    with Bench(tmp_path) as b:
        r = b.run("deploy", *NEVER, *how)
    assert (r.status, r.out) == (0, arn("S1"))
    assert r.err == success(outputs="", before=(
        f"Changeset {SET_ARN} created and waiting in review for manual "
        "execution (--no-execute)\n"))
    assert "ExecuteChangeSet" not in r.actions()


def test_prepare_only_never_skips(tmp_path):
    with Bench(tmp_path, {"stacks": existing(body=template())}) as b:
        r = b.run("deploy", *NEVER, "--no-execute")
    assert "CreateChangeSet" in r.actions()


def test_pending_change_set_is_awaited(tmp_path):
    with Bench(tmp_path, {"change_set": {"pending": 2},
                          "operations": [good()]}) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 0
    assert r.actions().count("DescribeChangeSet") == 4


def test_direct_creation(tmp_path):
    rows = """\
S1: creating stack...
S1 |   0 | TIME | CREATE_IN_PROGRESS      | AWS::CloudFormation::Stack | \
S1 User Initiated
S1 |   1 | TIME | CREATE_COMPLETE         | AWS::S3::Bucket            | B \

S1 |   2 | TIME | CREATE_COMPLETE         | AWS::CloudFormation::Stack | S1 \

"""
    op = {"events": [stack_row("CREATE_IN_PROGRESS"),
                     [0.5, "B", S3, "CREATE_COMPLETE"],
                     stack_row("CREATE_COMPLETE", reason=None, at=0.7)]}
    with Bench(tmp_path, {"operations": [op]}) as b:
        r = b.run("deploy", *NEVER, "--method", "direct")
    assert r.err == success(rows, outputs="", prepared=False)
    assert not [a for a in r.actions() if "ChangeSet" in a]
    assert r.params("CreateStack")[0]["ClientRequestToken"] \
        .startswith("create")


def test_direct_update_without_changes(tmp_path):
    with Bench(tmp_path, {"stacks": existing(), "faults": [
            {"action": "UpdateStack", "code": "ValidationError",
             "message": "No updates are to be performed."}]}) as b:
        r = b.run("deploy", *NEVER, "--method", "direct")
    assert r.err == success("S1: updating stack...\n", outputs="",
                            suffix=" (no changes)", prepared=False)


def test_execute_a_change_set(tmp_path):
    with Bench(tmp_path, {
            "stacks": {"S1": {"StackStatus": "REVIEW_IN_PROGRESS"}},
            "change_sets": {"S1/cdk-deploy-change-set": {"Changes": [
                {"Type": "Resource", "ResourceChange": {
                    "Action": "Add", "LogicalResourceId": "B",
                    "ResourceType": S3}}]}},
            "operations": [good()]}) as b:
        r = b.run("deploy", *NEVER, "--method", "execute-change-set", "S1",
                  "--outputs-file", "o.json")
        written = (tmp_path / "o.json").read_text()
    assert (r.status, r.out) == (0, "✅  S1\n")
    assert r.err == (
        "✨  Synthesis time: Ns\nS1: deploying... [1/1]\n" + CREATED +
        "✨  Deployment time: Ns\n" + OUTPUTS + "Stack ARN:\n" + arn("S1") +
        "The following log groups are added:\n✨  Total time: Ns\n")
    assert json.loads(written) == {"S1": {"Zed": "z1", "Alpha": "https://a"}}
    assert "CreateChangeSet" not in r.actions()


@pytest.mark.parametrize("status", ["UPDATE_FAILED", "CREATE_FAILED",
                                    "UPDATE_ROLLBACK_FAILED"])
def test_paused_stack_asks(tmp_path, status):
    with Bench(tmp_path, {"stacks": existing(status),
                          "tolerates": [status]}) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 1
    assert r.err == failure(
        "S1: deploying... [1/1]\n❌  S1 failed to deploy\n"
        f"‣ TtyNotAttached: Stack is in a paused fail state ({status}) and "
        'command line arguments do not include "--no-rollback", but terminal '
        "(TTY) is not attached so we are unable to get a confirmation from "
        "the user\n")
    assert "ExecuteChangeSet" not in r.actions()


REPLACING = {"Changes": [{"Type": "Resource", "ResourceChange": {
    "PolicyAction": "ReplaceAndDelete", "Action": "Modify",
    "LogicalResourceId": "B", "ResourceType": S3, "Replacement": "True",
    "Scope": ["Properties"], "Details": []}}]}


def test_replacement_without_rollback_asks(tmp_path):
    with Bench(tmp_path, {"stacks": existing(),
                          "change_set": REPLACING}) as b:
        r = b.run("deploy", *NEVER, "--no-rollback")
    assert r.err == failure(
        "S1: deploying... [1/1]\n❌  S1 failed to deploy\n"
        "‣ TtyNotAttached: Change includes a replacement which cannot be "
        "deployed while rollback is disabled, but terminal (TTY) is not "
        "attached so we are unable to get a confirmation from the user\n")


def test_no_rollback_is_sent(tmp_path):
    with Bench(tmp_path, {"stacks": existing(),
                          "operations": [good("UPDATE")]}) as b:
        r = b.run("deploy", *NEVER, "-R")
    assert r.params("ExecuteChangeSet")[0]["DisableRollback"] == "true"


def test_forced_replacement_switches_rollback_on(tmp_path):
    with Bench(tmp_path, {"stacks": existing(), "change_set": REPLACING,
                          "operations": [good("UPDATE", cleanup=True)]}) as b:
        r = b.run("deploy", *NEVER, "--no-rollback", "--force")
    assert r.status == 0
    assert ("Change includes a replacement which cannot be deployed while "
            "rollback is disabled. Proceeding with deployment with rollback "
            "enabled (--force).\nS1: creating CloudFormation changeset...\n"
            ) in r.err
    assert "DisableRollback" not in r.params("ExecuteChangeSet")[0]


VERSIONED = {"S1": {"properties": {
    "requiresBootstrapStackVersion": 6, "bootstrapStackVersionSsmParameter":
    "/cdk-bootstrap/hnb659fds/version"}}}


@pytest.mark.parametrize("status, call", [
    ("UPDATE_FAILED", "RollbackStack"),
    ("UPDATE_ROLLBACK_FAILED", "ContinueUpdateRollback")])
def test_forced_rollback_comes_first(tmp_path, status, call):
    back = {"final": "UPDATE_ROLLBACK_COMPLETE", "events": [
        [9, "B", S3, "UPDATE_COMPLETE"],
        stack_row("UPDATE_ROLLBACK_COMPLETE", reason=None, at=10)]}
    with Bench(tmp_path, {
            "stacks": existing(status), "tolerates": [status],
            "parameters": {"/cdk-bootstrap/hnb659fds/version": "30"},
            "operations": [back, good("UPDATE", cleanup=True)]},
            VERSIONED) as b:
        r = b.run("deploy", *NEVER, "--force")
    more = "Continuing rollback of stack S1\n" if "ROLLBACK" in status else ""
    assert r.status == 0
    assert r.err == success((
        f"Stack is in a paused fail state ({status}) and command line "
        'arguments do not include "--no-rollback". Rolling back first '
        "(--force).\n\n✨  Synthesis time: Ns\n\nRolling back S1\n" + more +
        "S1 |   1 | TIME | UPDATE_COMPLETE         | "
        "AWS::S3::Bucket            | B \n"
        "S1 |   2 | TIME | UPDATE_ROLLBACK_COMPLET | "
        "AWS::CloudFormation::Stack | S1 \n"
        "\n✨  Rollback time: Ns\n\n"
        "S1: creating CloudFormation changeset...\n") + UPDATED)
    assert len(r.params(call)) == 1
    assert "DisableRollback" not in r.params("ExecuteChangeSet")[0]


def test_rollback_needs_a_newer_bootstrap(tmp_path):
    with Bench(tmp_path, {
            "stacks": existing("UPDATE_FAILED"),
            "parameters": {"/cdk-bootstrap/hnb659fds/version": "22"}},
            VERSIONED) as b:
        r = b.run("deploy", *NEVER, "--force")
    assert r.status == 1
    assert "Rolling back S1\n\n ❌  S1 failed: S1: " in r.err
    assert ("This CDK deployment requires bootstrap stack version '23', found "
            "'22'") in r.err
    assert r.err.endswith(
        "❌  S1 failed to deploy\n‣ RollbackFailed: Rollback failed (use "
        "--force to orphan failing resources)\n")


def test_parameters_and_tags(tmp_path):
    t = template(Parameters={"Foo": {"Type": "String"},
                             "Baz": {"Type": "String"},
                             "Own": {"Type": "String", "Default": "d"}})
    with Bench(tmp_path, {"operations": [good()]},
               {"S1": {"template": t}}) as b:
        r = b.run("deploy", *NEVER, "--parameters", "Foo=bar",
                  "--parameters", "S1:Baz=x=y", "--parameters", "Other:Q=1",
                  "--tags", "a=b", "--tags", "bad")
    assert r.err.startswith(
        "Tags argument is not an assignment (key=value): bad\n")
    sent = r.params("CreateChangeSet")[0]
    assert {k: v for k, v in sent.items() if k.startswith("P")} == {
        "Parameters.member.1.ParameterKey": "Foo",
        "Parameters.member.1.ParameterValue": "bar",
        "Parameters.member.2.ParameterKey": "Baz",
        "Parameters.member.2.ParameterValue": "x=y"}
    assert sent["Tags.member.1.Key"] == "a"
    assert sent["Tags.member.1.Value"] == "b"


def test_missing_parameters(tmp_path):
    t = template(Parameters={"A": {"Type": "String"},
                             "B": {"Type": "String"}})
    with Bench(tmp_path, {}, {"S1": {"template": t}}) as b:
        r = b.run("deploy", *NEVER)
    assert r.err == failure("The following CloudFormation Parameters are "
                            "missing a value: A, B\n", prepared=False)


def test_previous_parameter_values(tmp_path):
    t = template(Parameters={"A": {"Type": "String"}})
    stacks = existing(Parameters=[{"ParameterKey": "A",
                                   "ParameterValue": "1"}])
    with Bench(tmp_path, {"stacks": stacks, "operations": [good("UPDATE")]},
               {"S1": {"template": t}}) as b:
        r = b.run("deploy", *NEVER)
    sent = r.params("CreateChangeSet")[0]
    assert sent["Parameters.member.1.UsePreviousValue"] == "true"


@pytest.mark.parametrize("args, text", [
    (("--method", "direct", "--no-execute"),
     "Can not supply both --[no-]execute and --method at the same time"),
    (("--monitoring-time-minutes", "5"),
     "--monitoring-time-minutes requires --rollback-trigger-alarm-arns"),
    (("--method", "direct", "--change-set-name", "x"),
     "--change-set-name cannot be used with --method=direct"),
    (("--method", "execute-change-set"),
     "--method=execute-change-set requires exactly one stack"),
    (("--method", "execute-change-set", "S1", "--force"),
     "--force cannot be used with --method=execute-change-set"),
    (("--hotswap", "--hotswap-fallback"),
     "Can not supply both --hotswap and --hotswap-fallback at the same time"),
    (("S1", "--all"), "You must either specify a list of Stacks or the "
     "`--all` argument"),
])
def test_options_that_do_not_go_together(tmp_path, args, text):
    with Bench(tmp_path) as b:
        r = b.run("deploy", *args)
    assert (r.status, r.out, r.err) == (1, "", text + "\n")
    assert r.actions() == []


@pytest.mark.parametrize("args, text", [
    (("--notification-arns", "foo"),
     "Notification arn foo is not a valid arn for an SNS topic"),
    (("--notification-arns", "arn:aws:sns:us-east-1:111122223333:x.fifo"),
     "Notification arn arn:aws:sns:us-east-1:111122223333:x.fifo is not a "
     "valid arn for an SNS topic"),
    (("--rollback-trigger-alarm-arns", "foo"),
     "rollback trigger arn foo is not a valid CloudWatch alarm arn"),
])
def test_bad_arns(tmp_path, args, text):
    with Bench(tmp_path) as b:
        r = b.run("deploy", *NEVER, *args)
    assert r.status == 1
    assert r.err == failure(text + "\n", prepared=False)


def test_alarms_and_topics_are_sent(tmp_path):
    alarm = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:a"
    topic = "arn:aws:sns:us-east-1:111122223333:t"
    with Bench(tmp_path, {"operations": [good()]}) as b:
        r = b.run("deploy", *NEVER, "--rollback-trigger-alarm-arns", alarm,
                  "--monitoring-time-minutes", "5", "--notification-arns",
                  topic)
    sent = r.params("CreateChangeSet")[0]
    p = "RollbackConfiguration."
    assert sent[p + "RollbackTriggers.member.1.Arn"] == alarm
    assert sent[p + "MonitoringTimeInMinutes"] == "5"
    assert sent["NotificationARNs.member.1"] == topic


def test_termination_protection(tmp_path):
    with Bench(tmp_path, {"operations": [good()]}, {"S1": {"properties": {
            "terminationProtection": True}}}) as b:
        r = b.run("deploy", *NEVER)
    at = r.actions().index("UpdateTerminationProtection")
    assert r.actions()[at - 1] == "DescribeChangeSet"
    assert r.params("UpdateTerminationProtection")[0] == {
        "StackName": "S1", "EnableTerminationProtection": "true"}


def test_outputs_file(tmp_path):
    with Bench(tmp_path, {"operations": [good()]}) as b:
        b.run("deploy", *NEVER, "--outputs-file", "made/here/o.json")
        text = (tmp_path / "made/here/o.json").read_text()
    assert text == ('{\n  "S1": {\n    "Zed": "z1",\n'
                    '    "Alpha": "https://a"\n  }\n}\n')


# -- large templates --------------------------------------------------------

LARGE = {"S1": {"template": template(Metadata={"x": "y" * 60000})}}


def test_large_template_without_bootstrap(tmp_path):
    with Bench(tmp_path, {}, LARGE) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 1
    assert r.err == failure(
        'The template for stack "S1" is 59KiB. Templates larger than 50KiB '
        "must be uploaded to S3.\nRun the following command in order to "
        "setup an S3 bucket in this environment, and then re-deploy:\n\n "
        "\t$ cdk bootstrap aws://111122223333/us-east-1\n\n"
        'Template too large to deploy ("cdk bootstrap" is required)\n',
        prepared=False)


def test_large_template_is_uploaded(tmp_path):
    toolkit = {"CDKToolkit": {"Outputs": [
        {"OutputKey": "BucketName", "OutputValue": "assets"},
        {"OutputKey": "BucketDomainName",
         "OutputValue": "assets.s3.us-east-1.amazonaws.com"},
        {"OutputKey": "BootstrapVersion", "OutputValue": "30"}]}}
    with Bench(tmp_path, {"stacks": toolkit, "operations": [good()]},
               LARGE) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 0, r.err
    put = [p for _, a, p in r.server.requests if a == "PUT"]
    assert len(put) == 1
    assert put[0]["path"].startswith("/assets/cdk/S1/")
    assert put[0]["path"].endswith(".yml")
    url = r.params("CreateChangeSet")[0]["TemplateURL"]
    assert url == ("https://assets.s3.us-east-1.amazonaws.com" +
                   put[0]["path"].removeprefix("/assets"))


# -- several stacks ---------------------------------------------------------

MANY = {"A": {}, "Cc": {"template": {"Resources": {}}}, "Bb": {"deps": ["A"]}}


def told(name, i, n):
    return CREATED.replace("S1", name), (
        f"{name}\n{name}: creating CloudFormation changeset...\n"
        f"{name}: deploying... [{i}/{n}]\n"
        + CREATED.replace("S1", name) +
        f"\n✅  {name}\n\n✨  Deployment time: Ns\n\n"
        f"Outputs:\n{name}.Alpha = https://a\n{name}.Zed = z1\nStack ARN:\n")


def test_all_stacks(tmp_path):
    with Bench(tmp_path, {"operations": [good(name="A"), good(name="Bb")]},
               MANY) as b:
        r = b.run("deploy", *NEVER, "--all")
    assert (r.status, r.out) == (0, arn("A") + arn("Bb"))
    assert r.err == ("\n✨  Synthesis time: Ns\n\n" + told("A", 1, 3)[1] +
                     "Cc\nCc: stack has no resources, skipping deployment.\n"
                     + told("Bb", 2, 3)[1] + "\n✨  Total time: Ns\n\n")


def test_dependencies_are_included(tmp_path):
    with Bench(tmp_path, {"operations": [good(name="A"), good(name="Bb")]},
               MANY) as b:
        r = b.run("deploy", *NEVER, "Bb", "--concurrency", "2",
                  "--progress", "bar")
    assert r.err == (
        "Including dependency stacks: A\n\n✨  Synthesis time: Ns\n\n"
        '⚠️ The --concurrency flag does not support --progress "bar". '
        'Switching to "events".\n' + told("A", 1, 2)[1] + told("Bb", 2, 2)[1]
        + "\n✨  Total time: Ns\n\n")


def test_exclusively(tmp_path):
    with Bench(tmp_path, {"operations": [good(name="Bb")]}, MANY) as b:
        r = b.run("deploy", *NEVER, "Bb", "-e")
    assert (r.status, r.out) == (0, arn("Bb"))


@pytest.mark.parametrize("args, text", [
    (("Zzz",), "No stacks match the name(s) Zzz"),
    ((), "Since this app includes more than a single stack, specify which "
     "stacks to use (wildcards are supported) or specify `--all`\n"
     "Stacks: A · Cc · Bb"),
])
def test_selection_errors(tmp_path, args, text):
    with Bench(tmp_path, {}, MANY) as b:
        r = b.run("deploy", *args)
    assert (r.status, r.err) == (1, text + "\n")


def test_failure_keeps_dependents_back(tmp_path):
    with Bench(tmp_path, {"operations": [failing("CREATE", "A")]},
               MANY) as b:
        r = b.run("deploy", *NEVER, "--all", "--progress", "errors-only")
    assert r.status == 1
    assert "❌  A failed to deploy\n" in r.err
    assert "Bb" not in r.err
    assert "Total time" not in r.err


def test_emptied_stack_is_deleted(tmp_path):
    gone = {"events": [stack_row("DELETE_IN_PROGRESS"),
                       stack_row("DELETE_COMPLETE", reason=None, at=1)]}
    with Bench(tmp_path, {"stacks": existing(), "operations": [gone]},
               {"S1": {"template": {"Resources": {}}}}) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 0
    assert "S1: stack has no resources, deleting existing stack.\n" in r.err
    assert "✅  S1: deployed\n" in r.err
    assert "DeleteStack" in r.actions()


# -- nested stacks ----------------------------------------------------------

def test_events_of_nested_stacks(tmp_path):
    child = ("arn:aws:cloudformation:us-east-1:111122223333:stack/"
             "S1-Child-X/cccc")
    nested = [0.2, "Child", "AWS::CloudFormation::Stack"]
    op = {"events": [
        stack_row("CREATE_IN_PROGRESS"),
        [*nested, "CREATE_IN_PROGRESS", None, {"PhysicalResourceId": child}],
        [3, *nested[1:], "CREATE_COMPLETE", None,
         {"PhysicalResourceId": child}],
        stack_row("CREATE_COMPLETE", reason=None, at=4)]}
    inner = {child: [[1, "Q", "AWS::SQS::Queue", "CREATE_IN_PROGRESS"],
                     [2, "Q", "AWS::SQS::Queue", "CREATE_COMPLETE"]]}
    with Bench(tmp_path, {"operations": [op], "events": inner}) as b:
        r = b.run("deploy", *NEVER)
    rows = [line for line in r.err.splitlines() if " | " in line]
    assert rows[2:4] == [
        "S1-Child-X | 0/2 | TIME | CREATE_IN_PROGRESS      | "
        "AWS::SQS::Queue            | Q ",
        "S1-Child-X | 0/2 | TIME | CREATE_COMPLETE         | "
        "AWS::SQS::Queue            | Q "]
    assert rows[4].startswith("S1 | 1/2 |")


# -- a bad line -------------------------------------------------------------

@pytest.mark.parametrize("fault", [
    {"action": "DescribeStacks", "nth": 2, "kind": "throttle", "times": 2},
    {"action": "DescribeStackEvents", "nth": 1, "kind": "drop"},
    {"action": "DescribeStacks", "nth": 3, "kind": "truncate"},
    {"action": "DescribeChangeSet", "nth": 1, "kind": "error",
     "status": 503, "code": "ServiceUnavailable"},
    {"action": "CreateChangeSet", "nth": 1, "kind": "throttle"},
])
def test_troubles_that_pass(tmp_path, fault):
    with Bench(tmp_path, {"operations": [good()], "faults": [fault]}) as b:
        r = b.run("deploy", *NEVER)
    assert (r.status, r.err) == (0, success(CREATED))


def test_denied(tmp_path):
    with Bench(tmp_path, {"faults": [
            {"action": "DescribeStacks", "code": "AccessDenied",
             "message": "User is not authorized to perform: "
             "cloudformation:DescribeStacks", "status": 403}]}) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 1
    assert r.err == failure("User is not authorized to perform: "
                            "cloudformation:DescribeStacks\n",
                            prepared=False)


def test_final_events_that_cannot_be_read(tmp_path):
    with Bench(tmp_path, {"operations": [good(busy=0)], "faults": [
            {"action": "DescribeStackEvents", "code": "AccessDenied",
             "message": "no", "status": 403}]}) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 0
    assert ("Could not read the final stack events, the event log may be "
            "incomplete (AccessDenied). Run again with -v to see the full "
            "error.\n") in r.err


# -- approval ---------------------------------------------------------------

ROLE = {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {
    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {
            "Service": "lambda.amazonaws.com"}}]}}}}}
TABLES = """\
Stack S1
IAM Statement Changes
┌───┬──────────┬────────┬────────────────┬──────────────────────────────┬───────────┐
│   │ Resource │ Effect │ Action         │ Principal                    │ Condition │
├───┼──────────┼────────┼────────────────┼──────────────────────────────┼───────────┤
│ + │ ${R.Arn} │ Allow  │ sts:AssumeRole │ Service:lambda.amazonaws.com │           │
└───┴──────────┴────────┴────────────────┴──────────────────────────────┴───────────┘
(NOTE: There may be security-related changes not in this list. See https://github.com/aws/aws-cdk/issues/1299)


"""
NO_TTY = (", but terminal (TTY) is not attached so we are unable to get a "
          "confirmation from the user\n")


def test_broadened_permissions_need_a_terminal(tmp_path):
    with Bench(tmp_path, {}, {"S1": {"template": ROLE}}) as b:
        r = b.run("deploy")
        left = dict(b.server.world.stacks)
    assert r.status == 1
    assert r.err == failure(
        TABLES + "Stack includes security-sensitive updates" + NO_TTY)
    assert left == {}, "the stack of the review has to go"
    assert r.actions()[-1] == "DescribeStacks"
    assert r.actions().count("DeleteStack") == 1


def test_refused_update_leaves_no_change_set(tmp_path):
    with Bench(tmp_path, {"stacks": existing()},
               {"S1": {"template": ROLE}}) as b:
        r = b.run("deploy")
        assert b.server.world.sets == {}
        assert "S1" in b.server.world.stacks
    assert r.status == 1
    assert r.actions()[-1] == "DeleteChangeSet"


def test_yes(tmp_path):
    with Bench(tmp_path, {"operations": [good()]},
               {"S1": {"template": ROLE}}) as b:
        r = b.run("deploy", "--yes")
    assert r.status == 0
    assert r.err == success(CREATED, before=TABLES + (
        "Stack includes security-sensitive updates and \"--require-approval\""
        " is set to 'broadening'.\nDo you wish to deploy these changes? "
        "(auto-confirmed)\n"))


def test_any_change(tmp_path):
    with Bench(tmp_path) as b:
        r = b.run("deploy", "--require-approval", "any-change")
    assert r.err == failure(
        "Stack S1\nResources\n[+] AWS::S3::Bucket B B\n\n\n"
        "Stack includes updates" + NO_TTY)


def test_destructive(tmp_path):
    with Bench(tmp_path, {"stacks": existing(), "change_set": {
            "Changes": [{"Type": "Resource", "ResourceChange": {
                "Action": "Remove", "LogicalResourceId": "Old",
                "ResourceType": "T::T::T", "Scope": [], "Details": []}}]}}
               ) as b:
        r = b.run("deploy", "--require-approval", "destructive")
    assert r.err == failure(
        "Stack S1\nResources\n[-] T::T::T Old destroy\n"
        "[+] AWS::S3::Bucket B B\n\n\n"
        "Destructive changes:\n  S1: T::T::T Old will be destroyed\n\n"
        "Stack includes destructive updates" + NO_TTY)


def test_nothing_broadened_is_not_asked(tmp_path):
    with Bench(tmp_path, {"operations": [good()]}) as b:
        r = b.run("deploy")
    assert (r.status, r.err) == (0, success(CREATED))


def test_two_stacks_with_one_name(tmp_path):
    same = {"properties": {"stackName": "Shared"}}
    with Bench(tmp_path, {}, {"A": same, "B": same}) as b:
        r = b.run("deploy", "--all")
    assert (r.status, r.out, r.actions()) == (1, "", [])
    assert r.err == (
        "'A' and 'B' both deploy to the stack 'Shared' in "
        "aws://111122223333/us-east-1, so one would overwrite the other; "
        "give one of them another stackName\n")
