"""`diff` with a change set against the scripted endpoint: how it is read and
put away. Passes with CCDK naming the reference, too."""
import json

from harness import Bench

TOPIC = "AWS::SNS::Topic"


def stack(value):
    return {"Resources": {"T": {"Type": TOPIC, "Properties": {
        "TopicName": value}}}}


def listing(*details):
    return [{"Type": "Resource", "ResourceChange": {
        "Action": "Modify", "LogicalResourceId": "T", "ResourceType": TOPIC,
        "Scope": ["Properties"], "Details": list(details)}}]


def detail(name, recreation):
    return {"Target": {"Attribute": "Properties", "Name": name,
                       "RequiresRecreation": recreation},
            "Evaluation": "Static", "ChangeSource": "DirectModification"}


NEVER = listing(detail("TopicName", "Never"))


def bench(tmp_path, changes, old="a", new="b", faults=(), **fields):
    return Bench(tmp_path, {
        "stacks": {"S1": {"template": json.dumps(stack(old))}},
        "change_set": {"Changes": changes, **fields},
        "faults": list(faults)}, {"S1": {"template": stack(new),
                                         "metadata": {}}})


def values_asked(r):
    return [p.get("IncludePropertyValues")
            for p in r.params("DescribeChangeSet")]


def test_the_change_set_decides(tmp_path):
    with bench(tmp_path, NEVER) as b:
        r = b.run("diff")
    assert "[~] AWS::SNS::Topic T\n └─ [~] TopicName\n" in r.err
    assert values_asked(r) == ["true"]


def test_incomplete_by_its_own_word(tmp_path):
    warning = "[WARN] --include-property-values option can return " \
        "incomplete ChangeSet data because: x"
    with bench(tmp_path, [], new={"Ref": "P"}, StatusReason=warning) as b:
        r = b.run("diff")
    assert values_asked(r) == ["true", "false"]


def test_something_hidden_is_asked_about_once(tmp_path):
    """A reference that the change set does not list may be the same."""
    with bench(tmp_path, [], new={"Ref": "AWS::StackName"}) as b:
        r = b.run("diff")
    assert values_asked(r) == ["true", "false"]
    assert r.err.endswith("Stack S1 (aws://111122223333/us-east-1)\n"
                          "There were no differences\n\n\n✨  Number of "
                          "stacks with differences: 0\n\n")


def test_of_repeated_details_the_last_counts(tmp_path):
    changes = listing(detail("TopicName", "Never"),
                      detail("TopicName", "Always"))
    with bench(tmp_path, changes) as b:
        r = b.run("diff")
    assert "[~] AWS::SNS::Topic T replace\n" in r.err


def undeletable(nth):
    return {"action": "DeleteChangeSet", "nth": nth, "times": 9,
            "code": "AccessDenied", "message": "not for you", "status": 403}


def test_what_cannot_be_put_away_fails(tmp_path):
    with bench(tmp_path, NEVER, faults=[undeletable(2)]) as b:
        r = b.run("diff")
    assert r.status == 0
    assert "Could not create a change set, will base the diff on template " \
        "differences" in r.err
    assert "[~] AWS::SNS::Topic T replace\n" in r.err


def test_and_by_force(tmp_path):
    with bench(tmp_path, NEVER, faults=[undeletable(2)]) as b:
        r = b.run("diff", "--method=change-set")
    assert r.status == 1
    assert "Could not create a change set, and '--method=change-set' was " \
        "specified." in r.err
    assert "not for you" in r.err


def test_a_refused_one(tmp_path):
    """Hooks may have refused it, and who may deploy may not see them."""
    denied = {"action": "ListHookResults", "code": "AccessDenied",
              "message": "not for you", "status": 403, "times": 9}
    with bench(tmp_path, [], faults=[denied], Status="FAILED",
               StatusReason="no such thing") as b:
        r = b.run("diff", "--change-set-name", "mine")
    assert r.status == 0
    assert """ failed: DeploymentError: Failed to create change set mine:
S1  (AWS::CloudFormation::Stack)
  no such thing

   Could not fetch extra hook failure detail for change set mine (not for \
you). Run again with -v to see the full error.
""" in r.err
