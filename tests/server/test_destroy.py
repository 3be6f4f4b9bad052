"""`destroy` against the scripted endpoint, texts as the reference has them."""
import json

from harness import S3, Bench, console, stack_row, template

HEAD = "AWS::CloudFormation::Stack"


def stacks(*names, **more):
    return {n: {"StackStatus": "CREATE_COMPLETE", **more} for n in names}


def deleting(name="S1"):
    return {"events": [
        stack_row("DELETE_IN_PROGRESS", name),
        [0.3, "B", S3, "DELETE_IN_PROGRESS"],
        [0.8, "B", S3, "DELETE_COMPLETE"],
        stack_row("DELETE_COMPLETE", name, None, 1)]}


def rows(name):
    return f"""\
{name} |   0 | TIME | DELETE_IN_PROGRESS      | {HEAD} | \
{name} User Initiated
{name} |   0 | TIME | DELETE_IN_PROGRESS      | AWS::S3::Bucket            | \
B \n\
{name} |   1 | TIME | DELETE_COMPLETE         | AWS::S3::Bucket            | \
B \n\
{name} |   2 | TIME | DELETE_COMPLETE         | {HEAD} | {name} \n"""


MANY = {"A": {}, "Bb": {"deps": ["A"]}, "Cc": {}}


def test_force(tmp_path):
    with Bench(tmp_path, {"stacks": stacks("S1"),
                          "operations": [deleting()]}) as b:
        r = b.run("destroy", "--force")
    assert (r.status, r.out) == (0, "")
    assert r.err == ("S1: destroying... [1/1]\n" + rows("S1") +
                     "✅  S1: destroyed\n")
    sent = r.params("DeleteStack")[0]
    assert sent["StackName"].startswith("arn:")
    assert sent["DeploymentConfig.Mode"] == "STANDARD"
    assert sent["ClientRequestToken"]


def test_absent(tmp_path):
    with Bench(tmp_path) as b:
        r = b.run("destroy", "--force")
    assert (r.status, r.err) == (0, "S1: destroying... [1/1]\n"
                                 "✅  S1: destroyed\n")
    assert r.actions() == ["DescribeStacks"]


def test_failure_is_told_twice(tmp_path):
    op = {"final": "DELETE_FAILED",
          "reason": "The following resource(s) failed to delete: [B].",
          "events": [
              stack_row("DELETE_IN_PROGRESS"),
              [0.5, "B", S3, "DELETE_FAILED",
               "The bucket you tried to delete is not empty"],
              stack_row("DELETE_FAILED", reason="The following resource(s) "
                        "failed to delete: [B].", at=1)]}
    with Bench(tmp_path, {"stacks": stacks("S1"), "operations": [op]}) as b:
        r = b.run("destroy", "--force")
    text = ("The stack named S1 is in a failed state. You may need to delete "
            "it from the AWS console : DELETE_FAILED (The following "
            "resource(s) failed to delete: [B].): The bucket you tried to "
            "delete is not empty\n")
    assert r.status == 1
    assert r.err == (
        "S1: destroying... [1/1]\n"
        f"S1 |   0 | TIME | DELETE_IN_PROGRESS      | {HEAD} | "
        "S1 User Initiated\n"
        "S1 |   0 | TIME | DELETE_FAILED           | "
        "AWS::S3::Bucket            | B The bucket you tried to delete is "
        "not empty\n"
        f"S1 |   0 | TIME | DELETE_FAILED           | {HEAD} | S1 The "
        "following resource(s) failed to delete: [B].\n"
        "\nFailed resources:\n"
        "S1 | TIME | DELETE_FAILED           | AWS::S3::Bucket            | "
        "B The bucket you tried to delete is not empty\n"
        "❌  S1: destroy failed DeploymentError: " + text + text +
        "\nFirst cause: S1/B (AWS::S3::Bucket B)\n"
        f"  Console:    {console('S1')}\n"
        "\nNot deleted from S1:\n"
        "  B  AWS::S3::Bucket  phys-B\n"
        "    The bucket you tried to delete is not empty\n"
        "    held by: the objects in it\n"
        "    next: empty it (aws s3 rm s3://phys-B --recursive, and the old "
        "versions), then destroy again; autoDeleteObjects on the bucket does "
        "that\n"
        "To delete the stack and leave what is left in the account:\n"
        "  ccdk destroy S1 --retain B\n")


def test_protected(tmp_path):
    with Bench(tmp_path, {"stacks": stacks(
            "S1", EnableTerminationProtection=True)}) as b:
        r = b.run("destroy", "--force")
    text = ("Stack [S1] cannot be deleted while TerminationProtection is "
            "enabled\n")
    assert r.status == 1
    hint = ("S1 has termination protection; nothing was deleted. To delete "
            "it, set terminationProtection to false in the app, deploy that, "
            "then destroy again.\n")
    assert r.err == ("S1: destroying... [1/1]\n" + hint +
                     "❌  S1: destroy failed DeploymentError: " + text + text)


def test_depending_stacks_go_first(tmp_path):
    with Bench(tmp_path, {"stacks": stacks("A", "Bb"), "operations": [
            deleting("Bb"), deleting("A")]}, MANY) as b:
        r = b.run("destroy", "A", "--force")
    assert r.err == (
        "Including depending stacks: Bb\nBb: destroying... [1/2]\n" +
        rows("Bb") + "✅  Bb: destroyed\nA: destroying... [2/2]\n" +
        rows("A") + "✅  A: destroyed\n")


def test_order_of_unrelated_stacks(tmp_path):
    with Bench(tmp_path, {}, MANY) as b:
        r = b.run("destroy", "*", "--force")
    assert r.err == (
        "Bb: destroying... [1/3]\n✅  Bb: destroyed\n"
        "Cc: destroying... [2/3]\n✅  Cc: destroyed\n"
        "A: destroying... [3/3]\n✅  A: destroyed\n")


def test_no_match(tmp_path):
    with Bench(tmp_path) as b:
        r = b.run("destroy", "--force", "Foo")
    assert (r.status, r.err) == (0, "Foo does not exist.\n"
                                 "No stacks match the name(s): Foo\n")


def test_suggestion(tmp_path):
    with Bench(tmp_path, {}, MANY) as b:
        r = b.run("destroy", "--force", "a")
    assert (r.status, r.err) == (0, "a does not exist. Do you mean A?\n"
                                 "No stacks match the name(s): a\n")


def test_without_a_terminal(tmp_path):
    with Bench(tmp_path, {"stacks": stacks("S1")}) as b:
        r = b.run("destroy")
    assert (r.status, r.err) == (1, (
        "Destroying stacks is an irreversible action, but terminal (TTY) is "
        "not attached so we are unable to get a confirmation from the user\n"
    ))
    assert r.actions() == []


def test_yes(tmp_path):
    with Bench(tmp_path, {"stacks": stacks("A", "Bb", "Cc"),
                          "operations": [{"events": []}]}, MANY) as b:
        r = b.run("destroy", "--all", "--yes")
    assert r.status == 0
    assert r.err.startswith("Are you sure you want to delete: A, Bb, Cc "
                            "(auto-confirmed)\nBb: destroying... [1/3]\n")


def test_first_failure_stops_the_rest(tmp_path):
    bad = {"final": "DELETE_FAILED", "events": []}
    with Bench(tmp_path, {"stacks": stacks("A", "Bb"),
                          "operations": [bad]},
               {"A": {"template": template()}, "Bb": {"deps": ["A"]}}) as b:
        r = b.run("destroy", "--all", "--force")
    assert r.status == 1
    assert "A: destroying" not in r.err


# ---- what holds a stack, and how to go on -----------------------------------

def failed(*rows, name="S1", reason="The following resource(s) failed to "
           "delete: [B].", final="DELETE_FAILED"):
    return {"final": final, "reason": reason, "events": [
        stack_row("DELETE_IN_PROGRESS", name), *rows,
        stack_row(final, name, reason, 1)]}


def test_nested_stack_stands_for_what_is_in_it(tmp_path):
    inner = "arn:aws:cloudformation:us-east-1:111122223333:stack/In/x"
    op = failed(
        [0.1, "In", HEAD, "DELETE_IN_PROGRESS", None,
         {"PhysicalResourceId": inner}],
        [0.2, "In", HEAD, "DELETE_FAILED", "The following resource(s) failed "
         "to delete: [Group].", {"PhysicalResourceId": inner}],
        [0.3, "Odd", "Custom::Odd", "DELETE_FAILED", "something new"])
    events = {inner: [[0.15, "Group", "AWS::EC2::SecurityGroup",
                       "DELETE_FAILED", "resource sg-1 has a dependent "
                       "object (Service: Ec2, Status Code: 400)"]]}
    with Bench(tmp_path, {"stacks": stacks("S1"), "operations": [op],
                          "events": events}) as b:
        r = b.run("destroy", "--force")
    assert r.status == 1
    assert r.err.endswith(
        "\nNot deleted from S1:\n"
        "  Group  AWS::EC2::SecurityGroup  phys-Group\n"
        "    resource sg-1 has a dependent object (Service: Ec2, Status "
        "Code: 400)\n"
        "    held by: a network interface or another security group that "
        "uses it\n"
        "    next: find them with: aws ec2 describe-network-interfaces; "
        "those of a deleted Lambda function go by themselves within the "
        "hour\n"
        "  Odd  Custom::Odd  phys-Odd\n"
        "    something new\n"
        "To delete the stack and leave what is left in the account:\n"
        "  ccdk destroy S1 --retain In --retain Odd\n")


def test_export_in_use(tmp_path):
    reason = ("Delete canceled. Cannot delete export Net:Vpc as it is in use "
              "by Web.")
    op = failed(final="UPDATE_COMPLETE", reason=reason)
    with Bench(tmp_path, {
            "stacks": {**stacks("S1"), **stacks(
                "Web", "Api", template=importing("Net:Vpc"))},
            "operations": [op]}) as b:
        r = b.run("destroy", "--force")
    assert r.status == 1
    assert "\nFailed to destroy S1: UPDATE_COMPLETE\n" in r.err
    assert r.err.endswith(
        "\nNot deleted from S1:\n"
        "  export Net:Vpc is used by Api, Web\n"
        "Destroy the stacks that use the export first, or deploy them "
        "without it.\n")


def test_retain(tmp_path):
    with Bench(tmp_path, {"stacks": {"S1": {
            "StackStatus": "DELETE_FAILED"}}}) as b:
        r = b.run("destroy", "--force", "--retain", "B", "--retain", "C")
    assert r.status == 0
    sent = r.params("DeleteStack")[0]
    assert sent["RetainResources.member.1"] == "B"
    assert sent["RetainResources.member.2"] == "C"


def test_retain_is_only_for_failed_deletions(tmp_path):
    with Bench(tmp_path, {"stacks": stacks("S1")}) as b:
        r = b.run("destroy", "--force", "--retain", "B")
    assert r.status == 1 and "DeleteStack" not in r.actions()
    assert ("stack 'S1' is in CREATE_COMPLETE: CloudFormation keeps single "
            "resources (--retain) only of a stack whose deletion has failed"
            ) in r.err


def test_retain_is_for_one_stack(tmp_path):
    with Bench(tmp_path, {"stacks": stacks("A", "Bb")}, MANY) as b:
        r = b.run("destroy", "A", "--force", "--retain", "B")
    assert r.status == 1 and r.actions() == []
    assert "--retain names resources of one stack, but 2 are" in r.err


# ---- a dry run --------------------------------------------------------------

KEEPING = {"Resources": {
    "B": {"Type": S3, "DeletionPolicy": "Retain"},
    "Gone": {"Type": S3, "DeletionPolicy": "Retain"},
    "Db": {"Type": "AWS::RDS::DBInstance"},
    "Q": {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Delete"},
    "In": {"Type": HEAD}}}


def importing(*names):
    return json.dumps({"Resources": {"Q": {
        "Type": "AWS::SQS::Queue", "Properties": {
            "Tags": [{"Fn::ImportValue": n} for n in names]}}}})


def keeping():
    """A with nested stack In, B needs A's export."""
    return {
        "stacks": {
            "A": {"StackStatus": "UPDATE_COMPLETE",
                  "template": json.dumps(KEEPING),
                  "EnableTerminationProtection": True,
                  "Outputs": [{"OutputKey": "O", "OutputValue": "v",
                               "ExportName": "A:O"},
                              {"OutputKey": "P", "OutputValue": "v",
                               "ExportName": "A:P"},
                              {"OutputKey": "N", "OutputValue": "v"}],
                  "_resources": {
                      "B": {"ResourceType": S3},
                      "Db": {"ResourceType": "AWS::RDS::DBInstance"},
                      "Q": {"ResourceType": "AWS::SQS::Queue"},
                      "Gone": {"ResourceType": S3,
                               "ResourceStatus": "DELETE_COMPLETE"},
                      "In": "Inner"}},
            "Inner": {"StackStatus": "UPDATE_COMPLETE", "ParentId":
                      "arn:parent", "template": json.dumps({"Resources": {
                          "Log": {"Type": "AWS::Logs::LogGroup",
                                  "DeletionPolicy": "RetainExceptOnCreate"}
                      }}), "_resources": {"Log": {
                          "ResourceType": "AWS::Logs::LogGroup"}}},
            "Bb": {"StackStatus": "CREATE_COMPLETE", "_resources": {
                "Q": {"ResourceType": "AWS::SQS::Queue"}},
                "template": importing("A:O", "A:P")},
            "Other": {"StackStatus": "CREATE_COMPLETE",
                      "template": importing("A:O")}}}


def test_dry_run(tmp_path):
    with Bench(tmp_path, keeping(), MANY) as b:
        r = b.run("destroy", "--all", "--dry-run")
    assert r.status == 0
    place = "aws://111122223333/us-east-1"
    assert r.out == (
        f"1. Bb ({place}, CREATE_COMPLETE)\n"
        "   1 resource\n"
        "2. Cc: is not deployed\n"
        f"3. A ({place}, UPDATE_COMPLETE)\n"
        "   5 resources, 1 of them in nested stacks\n"
        f"   stays: {S3} B (phys-B)\n"
        "   goes, after a snapshot: AWS::RDS::DBInstance Db (phys-Db)\n"
        "   stays: AWS::Logs::LogGroup In.Log (phys-Log)\n"
        "   refused: termination protection is on\n"
        "   refused: export A:O is used by Other\n")
    assert r.err == "Nothing was deleted (--dry-run).\n"
    assert not b.server.world.executed
    assert set(r.actions()) <= {"DescribeStacks", "GetTemplate",
                                "ListStackResources", "ListImports"}


def preview(r):
    first = json.loads(r.out.splitlines()[0])
    assert (first["schemaVersion"], first["event"]) == (1, "destroy.preview")
    return first["stacks"]


def test_dry_run_as_json(tmp_path):
    with Bench(tmp_path, keeping(), MANY) as b:
        r = b.run("destroy", "A", "--dry-run", "--json", "--exclusively")
    assert r.status == 0
    a, = preview(r)
    assert a["stackName"] == a["id"] == "A" and a["deployed"]
    assert a["terminationProtection"] is True
    assert (a["resources"], a["resourcesInNestedStacks"]) == (5, 1)
    assert [(k["logicalId"], k["policy"]) for k in a["kept"]] == [
        ("B", "Retain"), ("Db", "Snapshot"),
        ("In.Log", "RetainExceptOnCreate")]
    assert a["exportsInUse"] == [
        {"export": "A:O", "usedBy": ["Bb", "Other"]},
        {"export": "A:P", "usedBy": ["Bb"]}]


# ---- without an app ---------------------------------------------------------

def test_by_name_importers_go_first(tmp_path):
    scenario = keeping()
    scenario["stacks"]["A"]["EnableTerminationProtection"] = False
    with Bench(tmp_path, scenario) as b:
        b.app_option = "false"  # would fail
        r = b.run("destroy", "--stack-name", "A", "--stack-name", "Other",
                  "--stack-name", "Bb", "--stack-name", "A", "--force",
                  "--role-arn", "arn:${AWS::Partition}:iam::1:role/r")
    assert r.status == 0, r.err
    assert r.err == (
        "Other: destroying... [1/3]\n✅  Other: destroyed\n"
        "Bb: destroying... [2/3]\n✅  Bb: destroyed\n"
        "A: destroying... [3/3]\n✅  A: destroyed\n")
    assert [p["StackName"].split("/")[1] for p in r.params("DeleteStack")] \
        == ["Other", "Bb", "A"]
    assert {p["RoleARN"] for p in r.params("DeleteStack")} == {
        "arn:aws:iam::1:role/r"}


def test_by_name_asks(tmp_path):
    with Bench(tmp_path, keeping()) as b:
        r = b.run("destroy", "--stack-name", "Bb")
        assert r.status == 1 and not b.server.world.executed
        assert r.err.startswith("Destroying stacks is an irreversible action")
        r = b.run("destroy", "--stack-name", "Bb", "--yes")
    assert r.status == 0
    assert r.err.startswith(
        "Are you sure you want to delete: Bb (auto-confirmed)\n")


def test_by_name_refusals(tmp_path):
    with Bench(tmp_path, keeping()) as b:
        r = b.run("destroy", "--stack-name", "Bb", "--stack-name", "Nope",
                  "--force")
        assert r.status == 1
        assert r.err == (
            "there is no stack 'Nope' in aws://111122223333/us-east-1: check "
            "the name, --region and --profile\n")
        r = b.run("destroy", "--stack-name", "Inner", "--force")
        assert r.status == 1
        assert r.err == ("stack 'Inner' is nested in 'arn:parent' and goes "
                         "with it\n")
        r = b.run("destroy", "--stack-name", "Bb", "S1", "--force")
        assert r.status == 1
        assert "leave out 'S1', which names stacks of one" in r.err
        r = b.run("destroy", "--stack-name", "Bb", "--all", "--force")
        assert (r.status, r.err) == (
            1, "--stack-name and --all cannot be given together\n")
        assert not b.server.world.executed


def test_by_name_dry_run(tmp_path):
    with Bench(tmp_path, keeping()) as b:
        r = b.run("destroy", "--stack-name", "A", "--stack-name", "Bb",
                  "--dry-run", "--json")
        assert not b.server.world.executed
    bb, a = preview(r)
    assert (bb["stackName"], a["stackName"]) == ("Bb", "A")
    assert a["exportsInUse"] == [{"export": "A:O", "usedBy": ["Other"]}]


def test_by_name_retry(tmp_path):
    """The line that is told at the end works."""
    op = failed([0.5, "B", S3, "DELETE_FAILED", "not empty"])
    with Bench(tmp_path, {"stacks": stacks("S1"), "operations": [
            op, {"events": []}]}) as b:
        r = b.run("destroy", "--stack-name", "S1", "--force")
        line = r.err.splitlines()[-1]
        assert line == "  ccdk destroy --stack-name S1 --retain B"
        r = b.run(*line.split()[1:], "--force")
        assert r.status == 0 and "S1" not in b.server.world.stacks
