"""`diff` of real apps against what the emulator holds, beside the reference:
both tools look at the same stacks and must say the same."""
import pytest

NEVER = ("--require-approval", "never", "--progress", "events")
LOOK = ("cdk-diff-change-set-",)


@pytest.fixture
def same(cloud, reference):
    """Runs both; fails where they differ. The text without the reference's
    stack traces of refused change sets."""

    def run(*args, **kw):
        theirs = reference("diff", *args, any=True, **kw)
        ours = cloud.run("diff", *args, **kw)
        assert (ours.out, ours.err) == (theirs.out, theirs.err)
        assert ours.status == theirs.status
        return ours

    return run


def change_sets(cloud, stack):
    found = cloud.client("cloudformation").list_change_sets(StackName=stack)
    return [s["ChangeSetName"] for s in found["Summaries"]
            if s["ChangeSetName"].startswith(LOOK)]


def test_nested(bootstrapped, assembly, same):
    cloud = bootstrapped
    one, two = assembly("nested"), assembly("nested", True)
    for asm in (one, two):
        new = same("-a", asm, "--method=template")
        assert "Stack Plain (" in new.text and "Stack Deep" in new.text
    cloud.ok("deploy", "-a", one, "--all", *NEVER)
    none = same("-a", one, "--method=template", "--fail")
    assert none.status == 0 and none.text.count("no differences") == 4
    for args in ((), ("--strict",), ("--context-lines", "1"), ("--quiet",),
                 ("--security-only",), ("--processed",),
                 ("--fail-on", "destructive"), ("--fail-on", "broadening")):
        text = same("-a", two, "--method=template", *args).text
    assert "Number of stacks with differences: " in text
    whole = same("-a", two, "--method=template", "--fail")
    assert whole.status == 1
    assert "[+] AWS::SSM::Parameter" in whole.text
    assert "sqs:SendMessage" in whole.text
    assert "Outer-Middle" in whole.text and "Number of stacks with " \
        "differences: 5" in whole.text


def test_change_set(bootstrapped, assembly, same):
    cloud = bootstrapped
    one, two = assembly("queue"), assembly("queue", True)
    same("-a", one)  # a stack that does not exist yet
    assert cloud.stack("Queues") is None
    cloud.ok("deploy", "-a", one, *NEVER)
    for args in ((), ("--method=change-set",), ("--no-change-set",)):
        done = same("-a", two, "--fail", *args)
        assert done.status == 1 and "VisibilityTimeout" in done.text
        assert change_sets(cloud, "Queues") == []
    done = same("-a", one, "--fail", "--method=change-set")
    assert done.status == 0 and "There were no differences" in done.text


def test_files(bootstrapped, assembly, same, tmp_path):
    """What is deployed, once more from files: the same text."""
    cloud, one, two = bootstrapped, assembly("queue"), assembly("queue", True)
    cloud.ok("deploy", "-a", one, *NEVER)
    body = cloud.client("cloudformation").get_template(StackName="Queues")
    deployed = same("-a", two, "--method=template")
    file = one / "Queues.template.json"
    assert str(body["TemplateBody"])
    from_file = same("-a", two, "--template", file)
    assert deployed.text.split("\n", 1)[1] == from_file.text.split("\n", 1)[1]
    yaml = tmp_path / "t.yaml"
    yaml.write_text(cloud.ok("synth", "-a", one, "Queues").out)
    assert same("-a", two, "--template", yaml).text == from_file.text
    against = cloud.ok("diff", "-a", two, "--against", one)
    assert "VisibilityTimeout" in against.text


def test_moves(bootstrapped, assembly, same):
    cloud = bootstrapped
    one, two = assembly("moves"), assembly("moves", True)
    assert "refactoring" not in same("-a", two, "--include-moves").text
    cloud.ok("deploy", "-a", one, "--all", *NEVER)
    for args in ((), ("--method=template",), ("--security-only",),
                 ("Data", "--fail-on", "destructive")):
        same("-a", two, "--include-moves", *args)
    text = same("-a", two, "--include-moves", "--method=template",
                "--fail-on", "destructive").text
    for a, b in (("Data.Queue", "Data.JobsQueue"), ("Data.Table", "Api.Table"),
                 ("Data.Two", "Data.Three")):
        assert f"(OR move to {b}" in text and f"(OR move from {a}" in text
    assert "run 'cdk refactor' to keep it)" in text
    against = cloud.ok("diff", "-a", two, "--against", one, "--include-moves")
    assert against.text.count("refactoring") == text.count("refactoring")
