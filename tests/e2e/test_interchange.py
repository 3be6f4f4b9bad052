"""Either tool goes on where the other stopped, in both directions."""
from conftest import ACCOUNT, REGION

HERE = f"aws://{ACCOUNT}/{REGION}"
NEVER = ("--require-approval", "never", "--progress", "events")


def resources(cloud, stack):
    found = cloud.client("cloudformation").describe_stack_resources(
        StackName=stack)["StackResources"]
    return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in found}


def test_deploying_in_turn(cloud, reference, assembly):
    one, two = assembly("queue"), assembly("queue", True)
    cloud.bootstrap()
    reference("deploy", "-a", one, *NEVER)
    done = cloud.ok("deploy", "-a", one, *NEVER)
    assert "Queues (no changes)" in done.text
    cloud.ok("deploy", "-a", two, *NEVER)
    done = reference("deploy", "-a", two, *NEVER)
    assert "Queues (no changes)" in done.text
    done = reference("diff", "-a", two, "--fail")
    assert "There were no differences" in done.text
    cloud.ok("destroy", "-a", two, "--force")
    assert cloud.stack("Queues") is None


def test_bootstrapping_in_turn(cloud, reference):
    """Descriptions differ, resources do not."""
    cloud.bootstrap("--trust", "111111111111", "--trust-for-lookup",
                    "222222222222", "--cloudformation-execution-policies",
                    "arn:aws:iam::aws:policy/AdministratorAccess")
    parameters = cloud.parameters("CDKToolkit")
    ours = resources(cloud, "CDKToolkit")
    reference("bootstrap", HERE)
    assert resources(cloud, "CDKToolkit") == ours
    assert cloud.parameters("CDKToolkit") == parameters
    outputs = cloud.outputs("CDKToolkit")
    cloud.bootstrap()
    assert resources(cloud, "CDKToolkit") == ours
    assert cloud.parameters("CDKToolkit") == parameters
    assert cloud.outputs("CDKToolkit") == outputs
