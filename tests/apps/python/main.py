import os

from aws_cdk import (Annotations, App, CfnOutput, Duration, Environment, Stack,
                     Tags, aws_s3_assets as assets, aws_sqs as sqs)
from constructs import Construct


class Orders(Stack):
    def __init__(self, scope: Construct, construct_id: str, **kwargs) -> None:
        super().__init__(scope, construct_id, **kwargs)
        seconds = self.node.try_get_context("seconds")
        jobs = sqs.Queue(self, "Jobs",
                         visibility_timeout=Duration.seconds(seconds))
        note = assets.Asset(self, "Note", path="note.txt")
        CfnOutput(self, "Url", value=jobs.queue_url)
        CfnOutput(self, "NoteUrl", value=note.s3_object_url)
        Annotations.of(jobs).add_warning_v2("orders:language",
                                            "written in Python")


app = App()
orders = Orders(app, "Orders", env=Environment(
    account=os.getenv("CDK_DEFAULT_ACCOUNT"),
    region=os.getenv("CDK_DEFAULT_REGION")))
Tags.of(orders).add("language", "Python")
app.synth()
