"""Two stacks of which one, S1, exports what the other, Bb, imports."""
import json

import yaml

BUCKET = {"Type": "AWS::S3::Bucket"}


def exporting(*names, bucket="B", **more):
    """A template with a bucket and one export of it per name."""
    return {"Resources": {bucket: BUCKET}, **more, **({"Outputs": {
        f"Out{n}": {"Value": {"Ref": bucket}, "Export": {"Name": f"S1:{n}"}}
        for n in names}} if names else {})}


def importing(*names):
    return {"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {
        "QueueName": {"Fn::Join": ["", [
            {"Fn::ImportValue": f"S1:{n}"} for n in names]]}}}}}


def deployed(body, **more):
    return {"StackStatus": "UPDATE_COMPLETE", "template": json.dumps(body),
            "Outputs": [{"OutputKey": k, "OutputValue": "v",
                         "ExportName": o["Export"]["Name"]}
                        for k, o in body.get("Outputs", {}).items()], **more}


def world(old_s1, old_bb, **more):
    return {"stacks": {"S1": deployed(old_s1), "Bb": deployed(old_bb)},
            "operations": [{"events": []}], **more}


def app(s1, bb, deps=()):
    return {"S1": {"template": s1}, "Bb": {"template": bb,
                                           "deps": list(deps)}}


def outputs(server, name):
    return list(yaml.safe_load(server.world.stacks[name]["template"])
                .get("Outputs", {}))
