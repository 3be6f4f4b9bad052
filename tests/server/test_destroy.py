"""`destroy` against the scripted endpoint, texts as the reference has them."""
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
        f"  Console:    {console('S1')}\n")


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
                     "❌  S1: destroy failed ValidationError: " + text + text)


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
