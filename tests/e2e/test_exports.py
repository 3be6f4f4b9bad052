"""An export goes that another stack imports: journeys of an app written with
the real library."""
from test_journeys import NEVER, deploy


def exports(cloud):
    # not from ListExports: the emulator never forgets one
    return [o["ExportName"] for o in cloud.stack("Producer").get("Outputs", [])
            if "ExportName" in o]


def queues(cloud):
    return cloud.client("sqs").list_queues().get("QueueUrls", [])


def test_two_passes(bootstrapped, assembly):
    cloud = bootstrapped
    linked, apart = assembly("exports"), assembly("exports", True)
    deploy(cloud, linked)
    assert len(exports(cloud)) == 1 and len(queues(cloud)) == 2
    done = deploy(cloud, apart)
    assert "Producer: in two passes: Consumer still imports" in done.err
    assert done.err.index("(first of two passes)") < \
        done.err.index("✅  Consumer") < done.err.index("✅  Producer\n\n")
    assert not exports(cloud) and len(queues(cloud)) == 1
    values = cloud.client("ssm").get_parameters_by_path(
        Path="/", Recursive=True)["Parameters"]
    assert "none" in [p["Value"] for p in values]
    done = deploy(cloud, apart)
    assert done.text.count("(no changes)") == 2, done


def test_importer_left_out(bootstrapped, assembly):
    cloud = bootstrapped
    linked, apart = assembly("exports"), assembly("exports", True)
    deploy(cloud, linked)
    done = cloud.run("deploy", "-a", apart, "Producer", *NEVER)
    assert done.status == 1
    assert "Consumer imports it, and is not part of this deployment" \
        in done.err
    assert len(exports(cloud)) == 1 and len(queues(cloud)) == 2


def test_protected_queue(bootstrapped, assembly):
    """The queue that goes with its export holds messages."""
    cloud = bootstrapped
    linked, apart = assembly("exports"), assembly("exports", True)
    deploy(cloud, linked)
    done = cloud.run("deploy", "-a", apart, "--all", "--protect-stateful",
                     *NEVER)
    assert done.status == 1
    assert "Producer/Shared/Resource  (AWS::SQS::Queue " in done.err
    assert len(exports(cloud)) == 1 and len(queues(cloud)) == 2
    cloud.ok("deploy", "-a", apart, "--all", "--protect-stateful",
             "--allow-data-loss", "Producer/Shared", *NEVER)
    assert len(queues(cloud)) == 1
    done = cloud.run("destroy", "-a", apart, "--all", "--force",
                     "--protect-stateful")
    assert done.status == 1 and len(queues(cloud)) == 1
    cloud.ok("destroy", "-a", apart, "--all", "--force",
             "--protect-stateful", "--allow-data-loss", "Producer/Kept")
    assert not queues(cloud)
