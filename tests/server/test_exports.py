"""Exports that a stack drops while other stacks import them."""
import json

import pytest
import yaml

from exports import BUCKET, app, deployed, exporting, importing, outputs, world
from harness import Bench, good, template

NEVER = ("--require-approval", "never")


def order(r):
    """Which stacks were executed, in turn."""
    return [p["StackName"] for _, a, p in r.server.requests
            if a in ("ExecuteChangeSet", "UpdateStack")]


WAITING = ("S1: in two passes: Bb still imports S1:A, so it is kept until "
           "that stack is deployed, and removed at the end\n")


@pytest.mark.parametrize("method", ["change-set", "direct"])
@pytest.mark.parametrize("deps", [(), ("S1",)])
def test_two_passes(tmp_path, method, deps):
    new = exporting("B2", Description="new")
    with Bench(tmp_path, world(exporting("A"), importing("A")),
               app(new, importing("B2"), deps)) as b:
        r = b.run("deploy", *NEVER, "--all", "--method", method)
    assert r.status == 0, r.err
    assert order(r) == ["S1", "Bb", "S1"]
    assert outputs(r.server, "S1") == ["OutB2"]
    assert WAITING in r.err
    first = "S1: updating stack..." if method == "direct" \
        else "S1: creating CloudFormation changeset..."
    assert r.err.index(WAITING) < r.err.index(first)
    assert "✅  S1 (first of two passes)\n" in r.err
    assert "S1: deploying without the exports that were kept...\n" in r.err
    # stdout has each stack once
    assert [line.split("/")[1] for line in r.out.splitlines()] == ["Bb", "S1"]
    # one question per export that goes
    assert r.actions().count("ListImports") == 1


def test_forced(tmp_path):
    """The deployed template is not needed to find out, but to keep."""
    with Bench(tmp_path, world(exporting("A"), importing("A")),
               app(exporting(), template())) as b:
        r = b.run("deploy", *NEVER, "--all", "--force")
    assert r.status == 0, r.err
    assert order(r) == ["S1", "Bb", "S1"]
    assert outputs(r.server, "S1") == []


def test_same_name_in_another_region(tmp_path):
    """An importer is one of the export's own account and region."""
    with Bench(tmp_path, world(exporting("A"), importing("A")),
               app(exporting(), template())) as b:
        manifest = b.app / "manifest.json"
        text = json.loads(manifest.read_text())
        text["artifacts"]["Bb"]["environment"] = \
            "aws://111122223333/eu-west-1"
        manifest.write_text(json.dumps(text))
        r = b.run("deploy", *NEVER, "--all")
    assert r.status == 1
    assert "  S1:A: Bb imports it, and is no stack of this app\n" in r.err


def test_nothing_else_changed(tmp_path):
    """The first pass is what is deployed already."""
    with Bench(tmp_path, world(exporting("A"), importing("A")),
               app(exporting(), template())) as b:
        r = b.run("deploy", *NEVER, "--all", "--outputs-file", "o.json")
    assert r.status == 0, r.err
    assert order(r) == ["Bb", "S1"]
    assert outputs(r.server, "S1") == []


def test_what_the_export_needs_is_kept(tmp_path):
    old = exporting("A", bucket="Gone")
    with Bench(tmp_path, world(old, importing("A")),
               app(template(), template())) as b:
        r = b.run("deploy", *NEVER, "--all")
    assert r.status == 0, r.err
    sent = [yaml.safe_load(p["TemplateBody"]) for p in
            r.params("CreateChangeSet") if p["StackName"] == "S1"]
    assert sent == [{**template(), "Resources": {
        **template()["Resources"], "Gone": BUCKET},
        "Outputs": old["Outputs"]}, template()]
    assert "so it is kept (with Gone) until " \
        "that stack is deployed" in r.err


def test_no_question_without_need(tmp_path):
    """Nothing removed, or nobody who imports: the requests of before."""
    with Bench(tmp_path / "a", world(exporting("A"), importing("A")),
               app({**exporting("A"), "Description": "x"},
                   importing("A"))) as b:
        kept = b.run("deploy", *NEVER, "--all")
    with Bench(tmp_path / "b", world(exporting("A"), importing("A")),
               app({**exporting("A"), "Description": "x"},
                   importing("A"))) as b:
        off = b.run("deploy", *NEVER, "--all", "--no-two-pass")
    assert kept.status == off.status == 0
    # how often a running stack is looked at depends on the time it takes
    polls = ("DescribeStacks", "DescribeStackEvents")
    assert [a for a in kept.actions() if a not in polls] == \
        [a for a in off.actions() if a not in polls]
    first = kept.actions().index("ExecuteChangeSet")
    assert kept.actions()[:first] == off.actions()[:first]
    assert "ListImports" not in kept.actions()


def test_export_that_nobody_imports(tmp_path):
    with Bench(tmp_path, world(exporting("A"), template()),
               app(exporting(), template())) as b:
        r = b.run("deploy", *NEVER, "--all")
    assert r.status == 0, r.err
    assert order(r) == ["S1"]
    assert r.actions().count("ListImports") == 1
    assert "two passes" not in r.err


def test_importer_is_deployed_first_anyway(tmp_path):
    with Bench(tmp_path, world(exporting("A"), importing("A")), {
            "Bb": {"template": template()},
            "S1": {"template": exporting(), "deps": ["Bb"]}}) as b:
        r = b.run("deploy", *NEVER, "--all")
    assert r.status == 0, r.err
    assert order(r) == ["Bb", "S1"]
    assert "two passes" not in r.err


def test_importer_that_is_not_selected(tmp_path):
    with Bench(tmp_path, world(exporting("A"), importing("A")),
               app(exporting(), template())) as b:
        r = b.run("deploy", *NEVER, "S1")
        assert r.status == 1
        assert r.err.endswith("""\
S1 was not changed, because its new template drops exports that are in use in \
aws://111122223333/us-east-1:
  S1:A: Bb imports it, and is not part of this deployment (its new template \
does not need it any more: select it too)
Deploy the stacks that import them first or, when they do not need them any \
more, together with this one; or keep the export (exportValue() in the app)
""")
        assert "CreateChangeSet" not in r.actions()
        r = b.run("deploy", *NEVER, "S1", "Bb")
    assert r.status == 0


def test_importer_that_still_needs_it(tmp_path):
    with Bench(tmp_path, world(exporting("A"), importing("A")),
               app(exporting(), importing("A"))) as b:
        r = b.run("deploy", *NEVER, "--all")
    assert r.status == 1
    assert ("  S1:A: Bb imports it at Resources.Q.Properties.QueueName."
            "Fn::Join, in its new template too\n") in r.err
    assert not order(r)


def test_importer_of_another_app(tmp_path):
    scenario = world(exporting("A"), importing("A"))
    scenario["stacks"]["Foreign"] = scenario["stacks"].pop("Bb")
    with Bench(tmp_path, scenario, {"S1": {"template": exporting()}}) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 1
    assert "  S1:A: Foreign imports it, and is no stack of this app\n" in r.err


def test_switched_off(tmp_path):
    with Bench(tmp_path, world(exporting("A"), importing("A")),
               app(exporting(), template())) as b:
        r = b.run("deploy", *NEVER, "--all", "--no-two-pass")
    assert r.status == 1
    assert "cannot be deleted as it is in use by Bb" in r.err
    assert "ListImports" not in r.actions()


def test_only_prepared(tmp_path):
    with Bench(tmp_path, world(exporting("A"), importing("A")),
               app(exporting(), template())) as b:
        r = b.run("deploy", *NEVER, "--all", "--method",
                  "prepare-change-set")
    assert r.status == 0, r.err
    assert ("S1: the change set removes exports that are in use (S1:A); it "
            "can only be executed after the stacks that import them\n"
            ) in r.err


def test_failure_between_the_passes(tmp_path):
    failed = {"action": "ExecuteChangeSet", "stack": "Bb", "kind": "error",
              "code": "ValidationError", "message": "no"}
    scenario = world(exporting("A"), importing("A"), faults=[failed])
    with Bench(tmp_path, scenario, app(exporting(), template())) as b:
        r = b.run("deploy", *NEVER, "--all")
        assert r.status == 1
        assert ("S1 still has exports that its template does not have any "
                "more: the second pass was not reached. Deploy again to "
                "remove them.\n") in r.err
        # and again: it converges
        r = b.run("deploy", *NEVER, "--all")
    assert r.status == 0, r.err
    assert outputs(r.server, "S1") == []


def test_question_that_is_not_allowed(tmp_path):
    """It may be that nobody imports it: CloudFormation decides."""
    denied = {"action": "ListImports", "kind": "error",
              "code": "AccessDenied", "message": "no", "status": 403}
    with Bench(tmp_path, world(exporting("A"), template(), faults=[denied]),
               app(exporting(), template())) as b:
        r = b.run("deploy", *NEVER, "--all")
    assert r.status == 0
    assert ("S1: cannot ask who imports what it does not export any more: "
            "no\n") in r.err
    assert outputs(r.server, "S1") == []


def test_question_that_fails(tmp_path):
    broken = {"action": "ListImports", "kind": "error", "times": 99,
              "code": "ValidationError", "message": "what?"}
    with Bench(tmp_path, world(exporting("A"), importing("A"),
                               faults=[broken]),
               app(exporting(), template())) as b:
        r = b.run("deploy", *NEVER, "--all")
    assert r.status == 1
    assert "asking who imports what it does not export any more: what?" \
        in r.err
    assert not order(r)


def nested_world():
    """Bb has the importer inside."""
    w = world(exporting("A"), {"Resources": {
        "Child": {"Type": "AWS::CloudFormation::Stack"}}})
    arn = "arn:aws:cloudformation:us-east-1:111122223333:stack/Bb/aaaa-Bb"
    w["stacks"]["Bb-Child-1X"] = deployed(importing("A"), ParentId=arn,
                                          RootId=arn)
    return w


def test_nested_importer_in_its_new_template(tmp_path):
    parent = {"Resources": {"Child": {
        "Type": "AWS::CloudFormation::Stack",
        "Metadata": {"aws:asset:path": "child.json"}}}}
    with Bench(tmp_path, nested_world(), app(exporting(), parent)) as b:
        (b.app / "child.json").write_text(json.dumps(importing("A")))
        r = b.run("deploy", *NEVER, "--all")
    assert r.status == 1
    assert ("  S1:A: Bb-Child-1X imports it at Child: Resources.Q.Properties."
            "QueueName.Fn::Join, in its new template too\n") in r.err


def test_nested_importer_that_goes(tmp_path):
    """Its stack is gone with its parent's update, in the emulated world too
    late for the first look."""
    w = nested_world()
    with Bench(tmp_path, w, app(exporting(), template())) as b:
        stacks = b.server.world.stacks

        def hook(when, action, params):
            if when == "performed" and action == "ExecuteChangeSet" and \
                    "Bb" in json.dumps(params):
                stacks.pop("Bb-Child-1X", None)
        b.server.hook = hook
        r = b.run("deploy", *NEVER, "--all")
    assert r.status == 0, r.err
    assert WAITING in r.err
    assert order(r) == ["Bb", "S1"]


def test_chain_goes_from_its_end(tmp_path):
    """Bb imports from S1 and exports to Cc; all let go at once."""
    bb = {**importing("A"), "Outputs": {"OutM": {
        "Value": {"Ref": "Q"}, "Export": {"Name": "Bb:M"}}}}
    cc = {"Resources": {"F": {"Type": "AWS::SQS::Queue", "Properties": {
        "QueueName": {"Fn::ImportValue": "Bb:M"}}}}}
    scenario = {"stacks": {"S1": deployed(exporting("A")),
                           "Bb": deployed(bb), "Cc": deployed(cc)},
                "operations": [{"events": []}]}
    # what Bb exports is what it imports: both go together
    with Bench(tmp_path, scenario, {
            "S1": {"template": exporting(Description="d")},
            "Bb": {"template": template(), "deps": ["S1"]},
            "Cc": {"template": template(), "deps": ["Bb"]}}) as b:
        r = b.run("deploy", *NEVER, "--all")
    assert r.status == 0, r.err
    assert order(r) == ["S1", "Bb", "Cc", "Bb", "S1"]
    assert "so it is kept (with Q) until " \
        "that stack is deployed" in r.err


@pytest.mark.parametrize("point", ["received", "performed", "answered"])
def test_killed_at_every_request(tmp_path, point):
    """Whatever was reached: going on ends with the stack as the app has it."""
    import test_journal  # which has its stacks from here

    nth = 0
    while True:
        nth += 1
        with Bench(tmp_path / str(nth), world(exporting("A"), importing("A")),
                   app(exporting("B2", Description="new"), importing("B2"),
                       ["S1"])) as b:
            if not test_journal.kill_at(b, point, nth):
                break
            r = test_journal.go_on(b)
            assert r.status == 0, (nth, r.err)
            assert outputs(b.server, "S1") == ["OutB2"], (nth, r.err)
            assert not b.server.world.importers("S1:A")
            assert not test_journal.journals(b)
    assert nth > 12


def test_with_protected_data(tmp_path):
    """A bucket kept for the first pass is told of before it."""
    old = exporting("A", bucket="Gone")
    with Bench(tmp_path, world(old, importing("A")),
               app(template(), template())) as b:
        r = b.run("deploy", *NEVER, "--all", "--protect-stateful")
        assert r.status == 1
        assert r.err.endswith("--allow-data-loss S1.Gone\n")
        assert not order(r)
        r = b.run("deploy", *NEVER, "--all", "--protect-stateful",
                  "--allow-data-loss", "S1.Gone")
    assert r.status == 0, r.err
    assert order(r) == ["S1", "Bb", "S1"]


def test_changed_value(tmp_path):
    """CloudFormation refuses that too; what to do is told."""
    op = {"final": "UPDATE_ROLLBACK_COMPLETE", "reason":
          "Export S1:A cannot be updated as it is in use by Bb"}
    with Bench(tmp_path, world(exporting("A"), importing("A"),
                               operations=[op]),
               {"S1": {"template": exporting("A", bucket="Other")}}) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 1
    assert ("S1: what an export stands for cannot change while it is "
            "imported. Export the new value under another name") in r.err


def test_approved_once(tmp_path):
    """What both passes do is one question."""
    old = exporting("A", bucket="Gone")
    with Bench(tmp_path, world(old, importing("A")),
               app(template(), template())) as b:
        status, text = b.converse(
            r"\(y/n\)", [b"y\n"] * 4, "deploy", "--all",
            "--require-approval", "destructive", "--progress", "events")
    assert status == 0, text
    assert text.count("(y/n)") == 2, text  # S1, and Bb that loses its queue
    assert text.index("two passes") < text.index("(y/n)")


def test_events(tmp_path):
    old = exporting("A", bucket="Gone")
    with Bench(tmp_path, world(old, importing("A")),
               app(template(), template())) as b:
        r = b.run("deploy", *NEVER, "--all", "--json", "--protect-stateful",
                  "--allow-data-loss", "Gone")
    assert r.status == 0, r.err
    events = [json.loads(line) for line in r.out.splitlines()]
    told = {e["event"]: e for e in events}
    assert told["stack.twoPasses"]["exports"] == ["S1:A"]
    assert told["stack.twoPasses"]["importers"] == ["Bb"]
    guarded = [e for e in events if e["event"] == "stack.guarded"]
    assert guarded[0]["refused"] is False
    finding = guarded[0]["findings"][0]
    assert (finding["logicalId"], finding["event"], finding["fate"],
            finding["allowed"]) == ("Gone", "delete", "lost", True)
    assert [e["stack"] for e in events
            if e["event"] == "stack.succeeded"] == ["Bb", "S1"]


def test_several_at_once(tmp_path):
    with Bench(tmp_path, world(exporting("A", "B2"), importing("A", "B2")),
               app(exporting("New"), importing("New"), ["S1"])) as b:
        r = b.run("deploy", *NEVER, "--all", "--concurrency", "4")
    assert r.status == 0, r.err
    assert outputs(r.server, "S1") == ["OutNew"]
    assert r.actions().count("ListImports") == 2


def test_operations_of_the_harness(tmp_path):
    """A first deployment exports nothing that could go."""
    with Bench(tmp_path, {"operations": [good()]}) as b:
        r = b.run("deploy", *NEVER)
    assert r.status == 0 and "ListImports" not in r.actions()
