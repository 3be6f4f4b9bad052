"""Starts MiniStack on one loopback port, in the foreground.

usage: ministack_shim.py [PORT]          (default: $GATEWAY_PORT)

Settings that keep it to itself are made here, so that every caller gets them:
loopback only, no second listener, no state on disk.

Also the place for corrections where the emulator cannot do what AWS does; the
product never bends to an emulator. The pinned release needs none for a missing
change set, for stack names given as ARNs or for termination protection. Two
custom resources of the library run in functions that bring no SDK or command
of their own, because AWS's runtimes have them; here their work is done in
their place, with the objects that were published for them. And its stack events
all happen within a millisecond or two, which leaves them without an order; each
gets a millisecond of its own. A stack that ListStackResources does not find is
told in AWS's words, which are not those of the other actions.
"""
import datetime
import io
import os
import re
import sys
import urllib.parse
import urllib.request
import zipfile


def call(method, path, body=None, headers=None):
    url = f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}{path}"
    request = urllib.request.Request(url, data=body, method=method,
                                     headers=headers or {})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return reply.read()


def object_path(bucket, key):
    return f"/{bucket}/{urllib.parse.quote(key)}"


def deploy_to_bucket(request_type, props):
    """Custom::CDKBucketDeployment: zips of the asset bucket, unpacked."""
    target = props["DestinationBucketName"]
    if request_type != "Delete":
        for bucket, key in zip(props["SourceBucketNames"],
                               props["SourceObjectKeys"]):
            data = call("GET", object_path(bucket, key))
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for name in archive.namelist():
                    call("PUT", object_path(target, name), archive.read(name))
        return f"deployed-to-{target}", {
            "DestinationBucketArn": f"arn:aws:s3:::{target}",
            "SourceObjectKeys": props["SourceObjectKeys"]}
    return f"deployed-to-{target}", {}


def set_log_retention(request_type, props):
    """Custom::LogRetention: makes the log group, sets its retention."""
    group = props["LogGroupName"]
    if request_type != "Delete":
        from ministack.services import cloudwatch_logs

        cloudwatch_logs._create_log_group({"logGroupName": group})
        cloudwatch_logs._put_retention_policy({
            "logGroupName": group,
            "retentionInDays": int(props["RetentionInDays"])})
    return group, {"LogGroupName": group}


HANDLERS = {"Custom::CDKBucketDeployment": deploy_to_bucket,
            "Custom::LogRetention": set_log_retention}


def patch_custom_resources():
    from ministack.services.cloudformation import custom_resource

    original = custom_resource.invoke_custom_resource

    def invoke(request_type, logical_id, props, stack_name, stack_id,
               resource_type, physical_id=None, old_props=None):
        handler = HANDLERS.get(resource_type)
        if handler is None:
            return original(request_type, logical_id, props, stack_name,
                            stack_id, resource_type, physical_id, old_props)
        return handler(request_type, props)

    custom_resource.invoke_custom_resource = invoke


def patch_event_times():
    from ministack.services.cloudformation import stacks

    last = [datetime.datetime.min.replace(tzinfo=datetime.timezone.utc)]

    def increasing_now_iso():
        now = datetime.datetime.now(datetime.timezone.utc)
        last[0] = max(now, last[0] + datetime.timedelta(milliseconds=1))
        return last[0].strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    stacks.now_iso = increasing_now_iso


def patch_missing_stack():
    """Which words say that a stack is missing depends on the action."""
    from ministack.services.cloudformation import handlers

    original = handlers._list_stack_resources

    def list_stack_resources(params):
        status, headers, body = original(params)
        if status == 400:
            body = re.sub(rb"Stack \[([^\]]+)\] does not exist",
                          rb"Stack with id \1 does not exist", body)
        return status, headers, body

    handlers._ACTION_HANDLERS["ListStackResources"] = list_stack_resources


def main():
    port = sys.argv[1] if len(sys.argv) > 1 else os.environ["GATEWAY_PORT"]
    os.environ.update(
        GATEWAY_PORT=port,
        EDGE_PORT=port,
        BIND_HOST="127.0.0.1",
        MINISTACK_HOST="127.0.0.1",
        IOT_MTLS_ENABLED="0",
        PERSIST_STATE="0",
        LAMBDA_EXECUTOR="local",
    )
    sys.argv = ["ministack"]
    from ministack.app import main as run

    patch_custom_resources()
    patch_event_times()
    patch_missing_stack()
    run()


if __name__ == "__main__":
    main()
