"""What a failure is told to come from. The texts are those of the reference in
the same situation."""
import json

import pytest

from harness import S3, STACK, Bench, stack_row, template

NEVER = ("--require-approval", "never")
INNER = "arn:aws:cloudformation:us-east-1:111122223333:stack/S1-Inner-X/n1"
SET = "arn:aws:cloudformation:us-east-1:111122223333:changeSet/{}/bbbb"


def start(rest):
    return ("\n✨  Synthesis time: Ns\n\nS1: creating CloudFormation "
            f"changeset...\n{rest}")


def failed(reason, **more):
    return {"change_set": {"Status": "FAILED", "StatusReason": reason},
            **more}


def test_resources_that_would_not_be_kept(tmp_path):
    reason = ("CloudFormation is attempting to import some resources because "
              "they already exist in your account. The resources must have "
              "the DeletionPolicy attribute set to 'Retain' or "
              "'RetainExceptOnCreate' in the template for successful import. "
              "The affected resources are B ({BucketName=one}), Other "
              "({A=1,B=2})")
    with Bench(tmp_path, failed(reason)) as b:
        r = b.run("deploy", *NEVER, "--import-existing-resources")
    advice = """needs a DeletionPolicy of
  'Retain' or 'RetainExceptOnCreate'. Set the removal policy to \
'RemovalPolicy.RETAIN' or
  'RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE' (See
  https://docs.aws.amazon.com/cdk/v2/guide/resources.html#resources-removal)
"""
    one = advice.replace("needs a DeletionPolicy of\n  ",
                         "needs a DeletionPolicy of ")
    assert r.status == 1
    assert r.err.replace("\n  ", " ") == start(
        "Failed to create change set cdk-deploy-change-set:\n"
        "S1/B/Resource  (B)\n"
        "  Automatic import of existing resource B ({BucketName=one}) " + one +
        "\nS1/Other  (Other)\n"
        "  Automatic import of existing resource Other ({A=1,B=2}) " +
        one).replace("\n  ", " ")
    assert "DescribeEvents" not in r.actions()


RULES = {"Status": "HOOK_COMPLETE_FAILED", "HookStatusReason": "short",
         "Annotations": [
             {"AnnotationName": "FINE", "Status": "PASSED",
              "StatusMessage": "ok"},
             {"AnnotationName": "NO_PUBLIC", "Status": "FAILED",
              "StatusMessage": "  Buckets \n must  not be public ",
              "RemediationMessage": "Block it."},
             {"Status": "FAILED", "StatusMessage": "ab " * 140}]}
RULES_TEXT = ("NonCompliant Rules:\n\n[NO_PUBLIC]\n• Buckets must not be "
              "public\nRemediation: Block it.\n\n• ab ab\n  " +
              "\n  ".join(["ab " * 39 + "ab"] * 3) + "\n  " + "ab " * 11 +
              "a[...truncated]")


@pytest.mark.parametrize("results, text", [
    ({"r1": RULES}, RULES_TEXT),
    ({"r1": {"Status": "HOOK_COMPLETE_FAILED",
             "HookStatusReason": "a  long\nreason"}}, "a long reason"),
    ({"r1": {"Status": "HOOK_COMPLETE_SUCCEEDED"}}, "listed"),
])
def test_hooks_of_a_change_set(tmp_path, results, text):
    hooks = [{"HookResultId": "r1", "TypeName": "My::Hook::X",
              "Status": "HOOK_COMPLETE_FAILED", "FailureMode": "FAIL",
              "HookStatusReason": "listed"},
             {"HookResultId": "r2", "TypeName": "My::Hook::Y",
              "Status": "HOOK_COMPLETE_FAILED", "FailureMode": "WARN"}]
    with Bench(tmp_path, failed("hooks failed", hooks=hooks,
                                hook_results=results)) as b:
        r = b.run("deploy", *NEVER)
    assert r.err == start(
        "Failed to create change set cdk-deploy-change-set:\n"
        "S1  (AWS::CloudFormation::Stack)\n"
        f"  Hook 'My::Hook::X' failed: {text}\n")
    assert [p["HookResultId"] for p in r.params("GetHookResult")] == ["r1"]


def test_a_hook_that_cannot_be_asked_about(tmp_path):
    hooks = [{"HookResultId": "gone", "TypeName": "My::Hook::X",
              "Status": "HOOK_FAILED", "FailureMode": "FAIL",
              "HookStatusReason": "listed"}]
    with Bench(tmp_path, failed("hooks failed", hooks=hooks)) as b:
        r = b.run("deploy", *NEVER)
    assert ("Could not fetch extra detail for Hook invocation gone (no such "
            "result). Run again with -v to see the full error.\n") in r.err
    assert "  Hook 'My::Hook::X' failed: listed\n" in r.err


def test_a_hook_that_fails_a_resource(tmp_path):
    hook = {"HookType": "My::Hook::X", "HookStatus": "HOOK_COMPLETE_FAILED",
            "HookInvocationId": "r1", "HookStatusReason": "short",
            "HookFailureMode": "FAIL"}
    op = {"final": "ROLLBACK_COMPLETE", "events": [
        stack_row("CREATE_IN_PROGRESS"),
        [0.3, "B", S3, "CREATE_IN_PROGRESS", None, hook],
        [0.5, "B", S3, "CREATE_FAILED",
         "The following hook(s) failed: [My::Hook::X]"],
        stack_row("ROLLBACK_IN_PROGRESS", "S1", "Rollback", 0.6),
        stack_row("ROLLBACK_COMPLETE", "S1", None, 1)]}
    rules = {"Status": "HOOK_COMPLETE_FAILED",
             "HookStatusReason": "bucket is public"}
    with Bench(tmp_path, {"operations": [op],
                          "hook_results": {"r1": rules}}) as b:
        r = b.run("deploy", *NEVER, "--progress", "errors-only")
    assert ("S1 | CREATE_FAILED | AWS::S3::Bucket | B The following hook(s) "
            "failed: [My::Hook::X] : bucket is public\n") in r.err


def nested_app():
    """S1 with a nested template of the assembly."""
    inner = {"Type": STACK, "Properties": {}, "Metadata": {
        "aws:cdk:path": "S1/Inner.NestedStack/Inner.NestedStackResource",
        "aws:asset:path": "inner.nested.template.json"}}
    return {"S1": {"template": template() | {"Resources": {
        "B": template()["Resources"]["B"], "Inner": inner}}}}


def write_inner(b):
    (b.app / "inner.nested.template.json").write_text(json.dumps(
        {"Resources": {"T": {"Type": "AWS::SNS::Topic", "Metadata": {
            "aws:cdk:path": "S1/Inner/T/Resource"}}}}))


def test_nested_change_set(tmp_path):
    name = "cdk-deploy-change-set"
    inner = SET.format("inner-set")
    scenario = failed(
        f"Nested change set {inner} was not successfully created: "
        "Currently in FAILED.", change_sets={"S1-Inner-X/inner-set": {
            "Status": "FAILED", "StatusReason": "inner reason"}},
        failed_events=[{"LogicalResourceId": "T", "ResourceType":
                        "AWS::SNS::Topic", "ValidationStatusReason": "bad",
                        "ValidationPath": "/Resources/T"}])
    scenario["change_set"]["Changes"] = [{"Type": "Resource",
        "ResourceChange": {"Action": "Add", "LogicalResourceId": "Inner",
                           "PhysicalResourceId": INNER, "ResourceType": STACK,
                           "ChangeSetId": inner, "Scope": [],
                           "Details": []}}]
    with Bench(tmp_path, scenario, nested_app()) as b:
        write_inner(b)
        r = b.run("deploy", *NEVER)
    assert r.err == start(
        "Failed to create change set inner-set:\n"
        "S1/Inner/T/Resource  (AWS::SNS::Topic T)\n  bad (at /Resources/T)\n")
    assert r.params("DescribeEvents")[0]["ChangeSetName"] == "inner-set"
    assert name not in r.err


def test_place_in_a_nested_template(tmp_path):
    op = {"final": "ROLLBACK_COMPLETE", "busy": 2, "events": [
        stack_row("CREATE_IN_PROGRESS"),
        [0.1, "Inner", STACK, "CREATE_IN_PROGRESS", None,
         {"PhysicalResourceId": INNER}],
        [2, "Inner", STACK, "CREATE_FAILED", "Embedded stack failed",
         {"PhysicalResourceId": INNER}],
        stack_row("ROLLBACK_IN_PROGRESS", "S1", "Rollback", 2.6),
        stack_row("ROLLBACK_COMPLETE", "S1", None, 3)]}
    rows = [[0.5, "T", "AWS::SNS::Topic", "CREATE_FAILED", "bad name"],
            [0.6, "Unknown", "AWS::SNS::Topic", "CREATE_FAILED", "too"]]
    with Bench(tmp_path, {"operations": [op], "events": {INNER: rows}},
               nested_app()) as b:
        write_inner(b)
        r = b.run("deploy", *NEVER, "--progress", "errors-only")
    assert ("‣ DeploymentError: Resource updates failed:\n"
            "S1/Inner/T/Resource  (AWS::SNS::Topic T)\n  bad name\n\n"
            "S1/Nested stack Inner/Unknown  (AWS::SNS::Topic Unknown)\n"
            "  too\n") in r.err
    if "First cause" in r.err:  # not the reference's
        assert "First cause: S1/Inner/T/Resource (AWS::SNS::Topic T)\n" \
            "  Reason:     bad name\n  Nested in:  S1 > Inner\n" in r.err


SERVICE = "arn:aws:ecs:us-east-1:111122223333:service/Cl/Sv"
LOGS = "https://us-east-1.console.aws.amazon.com/cloudwatch/home?" \
    "region=us-east-1#logsV2:log-groups/log-group/"
TASKS = "https://us-east-1.console.aws.amazon.com/ecs/v2/clusters/{}/" \
    "services/Sv/tasks?status=STOPPED&region=us-east-1"


def fails(kind, reason, physical="phys-B"):
    return [{"final": "ROLLBACK_COMPLETE", "events": [
        stack_row("CREATE_IN_PROGRESS"),
        [0.5, "B", kind, "CREATE_FAILED", reason,
         {"PhysicalResourceId": physical}],
        stack_row("ROLLBACK_IN_PROGRESS", "S1", "Rollback", 0.6),
        stack_row("ROLLBACK_COMPLETE", "S1", None, 1)]}]


def block(r):
    """What is told about the place, without what only we say."""
    text = r.err[r.err.index("‣ DeploymentError: Resource updates failed:"):]
    return text.split("\n\nFirst cause")[0].rstrip("\n").split("\n")[1:]


def ecs(**answers):
    return {"operations": fails("AWS::ECS::Service", "no steady state",
                                SERVICE),
            "answers": {
                "DescribeServices": {"services": [{"taskDefinition": "td:1"}]},
                "ListTasks": {"taskArns": ["arn:x/Cl/t1", "arn:x/Cl/t2"]},
                "DescribeTasks": {"tasks": [{
                    "stoppedReason": "Essential container in task exited",
                    "containers": [{"name": "app", "exitCode": 3},
                                   {"name": "side", "exitCode": 0,
                                    "reason": "OutOfMemory"}]}]},
                "DescribeTaskDefinition": {"taskDefinition": {
                    "containerDefinitions": [{
                        "name": "app", "logConfiguration": {
                            "logDriver": "awslogs", "options": {
                                "awslogs-group": "/my group",
                                "awslogs-stream-prefix": "p"}}}]}},
                "FilterLogEvents": {"events": [
                    {"message": f"line {i} \n"} for i in range(52)]},
                **answers}}


def test_ecs_service(tmp_path):
    with Bench(tmp_path, ecs()) as b:
        r = b.run("deploy", *NEVER, "--progress", "errors-only")
        asked = [p for s, a, p in b.server.requests if a == "FilterLogEvents"]
    assert block(r) == [
        "S1/B/Resource  (AWS::ECS::Service B)", "  no steady state", "",
        "   Task stopped: Essential container in task exited",
        '   Container "app" exited with code 3',
        '   Container "side": OutOfMemory',
        "   (1 other failed task(s) not shown)",
        "   Tasks: " + TASKS.format("Cl"), "",
        "   ... (2 earlier lines omitted)",
        *[f"   line {i}" for i in range(2, 52)],
        "   (showing logs from last failed task; 1 other failed task(s) "
        "available in console)",
        "   Logs: " + LOGS + "$252Fmy$2520group"]
    assert [(p["logGroupName"], p["logStreamNames"], p["limit"])
            for p in asked] == [("/my group", ["p/app/t1"], 1000)]


def test_ecs_service_without_tasks_and_logs(tmp_path):
    event = "(service Sv) was unable to place a task: it failed"
    with Bench(tmp_path, ecs(
            ListTasks={"taskArns": []},
            DescribeServices={"services": [{
                "taskDefinition": "td:1",
                "events": [{"message": "fine"}, {"message": event}]}]},
            DescribeTaskDefinition={"taskDefinition": {
                "containerDefinitions": [{"name": "app"}]}})) as b:
        r = b.run("deploy", *NEVER, "--progress", "errors-only")
    assert block(r)[3:] == [
        "   " + event, "   Tasks: " + TASKS.format("Cl"), "",
        "   No CloudWatch Logs configuration found. Enable logging to see "
        "container output on failure.", "   Example:",
        '     taskDefinition.addContainer("app", {', "       // ...",
        "       logging: ecs.LogDrivers.awsLogs({ streamPrefix: "
        '"my-service" }),', "     });"]


def test_ecs_service_that_is_gone(tmp_path):
    with Bench(tmp_path, ecs(DescribeServices={"services": []})) as b:
        r = b.run("deploy", *NEVER, "--progress", "errors-only")
    assert block(r)[3:] == [
        "   The service and its tasks were removed during rollback, so "
        "container-level failure detail is unavailable.",
        "   Re-run the deployment with `--no-rollback` to retain the failed "
        "tasks and see why they stopped."]


def custom(token, group=None, **answers):
    function = {"Type": "AWS::Lambda::Function", "Properties": {}}
    if group:
        function["Properties"]["LoggingConfig"] = {"LogGroup": group}
    body = {"Resources": {
        "B": {"Type": "Custom::Thing", "Properties": {"ServiceToken": token}},
        "F": function, "G": {"Type": "AWS::Logs::LogGroup",
                             "Properties": {}}}}
    return {"operations": fails(
        "Custom::Thing", "Received response status [FAILED] from custom "
        "resource. Message returned: no (RequestId: 9-f)"),
            "stack_resources": {"F": ["My-Fn", "AWS::Lambda::Function"],
                                "G": ["my-group", "AWS::Logs::LogGroup"]},
            "answers": answers}, {"S1": {"template": body}}


@pytest.mark.parametrize("token", [
    {"Fn::GetAtt": ["F", "Arn"]},
    "arn:aws:lambda:us-east-1:111122223333:function:My-Fn"])
def test_custom_resource(tmp_path, token):
    lines = ["START RequestId: 1 Version: 2\n",
             "2026-01-31T12:00:00.000Z\t1-2\tINFO\thello\tthere\n",
             "2026-01-31T12:00:00.000Z\t1-2\tERROR\tworse\n",
             json.dumps({"level": "WARN", "message": "as json"}),
             json.dumps({"errorMessage": "boom", "stackTrace": ["at x"]}),
             json.dumps({"type": "platform.report"}),
             json.dumps({"other": 1}), "plain\n", "{broken",
             "REPORT RequestId: 1"]
    scenario, stacks = custom(token, FilterLogEvents={
        "events": [{"message": line} for line in lines]})
    with Bench(tmp_path, scenario, stacks) as b:
        r = b.run("deploy", *NEVER, "--progress", "errors-only")
        asked = [p for s, a, p in b.server.requests if a == "FilterLogEvents"]
    assert block(r)[2:] == [
        "", "   Logs from /aws/lambda/My-Fn:", "   INFO  hello\tthere",
        "   ERROR worse", "   WARN  as json", "   boom", "at x",
        '   {"other": 1}', "   plain", "   {broken",
        "   Logs: " + LOGS + "$252Faws$252Flambda$252FMy-Fn"]
    assert asked[0]["endTime"] - asked[0]["startTime"] == 17 * 60 * 1000
    assert len(asked) == 1


@pytest.mark.parametrize("group, answers, shown", [
    ({"Ref": "G"}, {}, "my-group"), ("fixed", {}, "fixed"),
    (None, {"GetFunctionConfiguration": {
        "LoggingConfig": {"LogGroup": "configured"}}}, "configured"),
    (None, {}, "$252Faws$252Flambda$252FMy-Fn")])
def test_custom_resource_without_logs(tmp_path, group, answers, shown):
    scenario, stacks = custom({"Fn::GetAtt": "F.Arn"}, group,
                              FilterLogEvents={"events": []}, **answers)
    with Bench(tmp_path, scenario, stacks) as b:
        r = b.run("deploy", *NEVER, "--progress", "errors-only")
    name = shown.replace("$252F", "/")
    assert block(r)[3:] == [
        f"   Logs from {name}:", "   No log events found around the time of "
        "failure. The function may not have produced output, or logging may "
        "not be configured.", "   Logs: " + LOGS + shown]


def test_logs_that_cannot_be_read(tmp_path):
    scenario, stacks = custom({"Ref": "F"})
    with Bench(tmp_path, scenario, stacks) as b:
        r = b.run("deploy", *NEVER, "--progress", "errors-only")
    assert block(r)[4] == (
        "   Could not fetch logs (the log group may not exist, or the "
        "credentials lack logs:FilterLogEvents). See the console link below.")


def test_long_messages(tmp_path):
    """Broken at blanks and newlines; other newlines stay where they are."""
    reason = ("one two\nthree " + "x" * 130 + " y " + "word " * 30 + "\n" +
              "z" * 119 + "  end")
    with Bench(tmp_path, {"operations": fails(S3, reason)}) as b:
        r = b.run("deploy", *NEVER, "--progress", "errors-only")
    text = "\n".join(block(r)[1:])
    assert text == (
        "  one two\nthree\n  " + "x" * 130 + "\n  y " + "word " * 22 +
        "word\n  " + "word " * 7 + "\n  " + "z" * 119 + " \n  end")


# ---- CloudTrail -------------------------------------------------------------

RESOURCES = {"MyRole": ["S1-MyRole-ABC", "AWS::IAM::Role"],
             "B": ["S1-B-DEF", "AWS::Lambda::Function"],
             "Short": ["abc", "AWS::IAM::Role"],
             "Queue": ["S1-Queue-GHI", "AWS::SQS::Queue"]}
LATER = ("CloudTrail delivery can lag up to 15 minutes behind the failure; "
         "re-run `cdk diagnose` in a few minutes to check for additional "
         "control-plane errors (e.g. AccessDenied).")


def session(role, name):
    return {"arn": f"arn:aws:sts::111122223333:assumed-role/{role}/{name}",
            "sessionContext": {"sessionIssuer": {
                "arn": f"arn:aws:iam::111122223333:role/{role}"}}}


def refused(who, event="PutObject", code="AccessDenied", message="no",
            source="s3.amazonaws.com"):
    return {"userIdentity": who, "eventSource": source, "eventName": event,
            "errorCode": code, "errorMessage": message}


def with_trail(trail, kind="AWS::Lambda::Function", resources=None, **more):
    return {"operations": fails(kind, "no"), "trail": trail,
            "stack_resources": RESOURCES if resources is None else resources,
            **more}


def trail_of(folder, scenario, *args):
    """The lines below the problem, and what CloudTrail was asked."""
    with Bench(folder, scenario) as b:
        r = b.run("deploy", *NEVER, "--progress", "errors-only", *args)
    assert r.status == 1
    return block(r)[2:], [p for _, a, p in r.server.requests
                          if a == "LookupEvents"], r


def test_calls_that_were_refused(tmp_path):
    role = session("S1-MyRole-ABC", "x")
    lines, asked, _ = trail_of(tmp_path, with_trail([
        [-290, refused(role)],
        [0.1, refused(role, message="the same, later")],
        [0.2, refused(session("Other", "S1-B-DEF"), "Query", "Throttled",
                      source="dynamodb.amazonaws.com")],
        # neither a name nor an error of the stack's
        [0.3, refused(session("XS1-MyRole-ABC", "x"), "A")],
        [0.3, refused(session("S1-MyRole", "abc"), "B")],
        [0.3, refused(session("S1-Queue-GHI", "x"), "C")],
        [0.3, {**refused(role, "D"), "errorCode": None}],
        [0.3, refused(role, "E", "Client.DryRunOperation")],
        [-400, refused(role, "TooEarly")]]))
    assert lines == [
        "",
        "   Throttled on dynamodb.amazonaws.com:Query — no",
        "",
        "   MyRole (AWS::IAM::Role): AccessDenied on "
        "s3.amazonaws.com:PutObject — no (2 occurrences, earliest shown)",
        "", "   " + LATER]
    assert asked[0]["MaxResults"] == 50
    assert asked[0]["EndTime"] - asked[0]["StartTime"] == \
        pytest.approx(7 * 60)


def test_the_most_telling_caller(tmp_path):
    """A function in a role of the stack: its session has the function's name;
    and who the credentials were given to counts before all."""
    given = {**session("S1-MyRole-ABC", "x"), "inScopeOf": {
        "credentialsIssuedTo":
            "arn:aws:lambda:us-east-1:111122223333:function:S1-B-DEF"}}
    lines, _, _ = trail_of(tmp_path, with_trail([
        [0.1, refused(session("S1-MyRole-ABC", "S1-B-DEF"), "One")],
        [1.2, refused(given, "Two", message=None)],
        [2.3, {"userIdentity": {"arn": "S1-B-DEF"}, "errorCode": "Odd"}]]))
    assert lines == [
        "", "   AccessDenied on s3.amazonaws.com:One — no",
        "   AccessDenied on s3.amazonaws.com:Two", "   Odd on ?:?",
        "", "   " + LATER]


def test_many_refused_calls(tmp_path):
    role = session("S1-MyRole-ABC", "x")
    rows = [[-i / 10, refused(role, "Same")] for i in range(500)]
    rows += [[i - 200, refused(role, f"Older{i}")] for i in range(7)]
    lines, asked, _ = trail_of(tmp_path, with_trail(rows))
    name = "   MyRole (AWS::IAM::Role): AccessDenied on s3.amazonaws.com:"
    assert lines[1] == (name + "Same — no (500 occurrences, earliest shown)")
    assert lines[2:] == [
        "", "   (only the most recent 500 CloudTrail events in the window "
        "were checked)", "   " + LATER]
    tokens = [p.get("NextToken") for p in asked
              if p["MaxResults"] == 50]
    assert tokens == [None, *(str(50 * i) for i in range(1, 10))]


def test_more_kinds_of_refused_calls_than_are_shown(tmp_path):
    role = session("S1-MyRole-ABC", "x")
    lines, _, _ = trail_of(tmp_path, with_trail(
        [[i - 20, refused(role, f"E{i}")] for i in range(8)]))
    name = "   MyRole (AWS::IAM::Role): AccessDenied on s3.amazonaws.com:"
    assert lines[1:6] == [f"{name}E{i} — no" for i in range(5)]
    assert lines[6:] == [
        "", "   (3 more distinct CloudTrail error event(s) not shown)",
        "   " + LATER]


def test_a_role_that_was_rolled_back(tmp_path):
    """Nothing but the events knows it any more."""
    scenario = with_trail(
        [[0.2, refused(session("S1-B-XYZ", "x"))]], "AWS::IAM::Role", {},
        operations=fails("AWS::IAM::Role", "no", "S1-B-XYZ"))
    lines, _, _ = trail_of(tmp_path, scenario)
    assert lines == ["", "   AccessDenied on s3.amazonaws.com:PutObject — no",
                     "", "   " + LATER]


def test_a_stack_without_roles_is_not_looked_up(tmp_path):
    lines, asked, _ = trail_of(tmp_path, with_trail(
        [[0.2, refused(session("S1-MyRole-ABC", "x"))]], S3,
        {"Queue": RESOURCES["Queue"]}))
    assert (lines, asked) == ([], [])


@pytest.mark.parametrize("code, told", [
    ("AccessDeniedException",
     "Could not query CloudTrail for control-plane errors: the lookup role is "
     "missing the `cloudtrail:LookupEvents` permission. Grant it to surface "
     "errors (e.g. AccessDenied) that resource logs may not show.\n"),
    ("InvalidMaxResultsException", "")])
def test_cloudtrail_that_cannot_be_asked(tmp_path, code, told):
    lines, _, r = trail_of(tmp_path, with_trail([], faults=[
        {"action": "LookupEvents", "code": code, "message": "x"}]))
    assert lines == []
    assert ("CloudTrail" in r.err) == bool(told)
    assert told in r.err
