"""Two stages of the same system, each a stateful and a stateless stack.

The stateless stack refers to the other one's bucket and topic, which become
exports and imports. `-c change=yes` adds a queue to the stateless one.
"""
import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from constructs import Construct


class Stateful(cdk.Stack):
    def __init__(self, scope: Construct, name: str, **kwargs) -> None:
        super().__init__(scope, name, **kwargs)
        self.bucket = s3.Bucket(self, "Files",
                                removal_policy=cdk.RemovalPolicy.DESTROY)
        self.topic = sns.Topic(self, "Events")


class Stateless(cdk.Stack):
    def __init__(self, scope: Construct, name: str, *, state: Stateful,
                 changed: bool, **kwargs) -> None:
        super().__init__(scope, name, **kwargs)
        ssm.StringParameter(self, "Bucket",
                            string_value=state.bucket.bucket_name)
        ssm.StringParameter(self, "Topic", string_value=state.topic.topic_arn)
        sqs.Queue(self, "Inbox")
        if changed:
            sqs.Queue(self, "Outbox")


class System(cdk.Stage):
    def __init__(self, scope: Construct, name: str, **kwargs) -> None:
        super().__init__(scope, name, **kwargs)
        changed = self.node.try_get_context("change") == "yes"
        state = Stateful(self, "State")
        Stateless(self, "Work", state=state, changed=changed)


app = cdk.App(analytics_reporting=False)
for stage in ("Beta", "Prod"):
    System(app, stage, env=cdk.Environment(account="000000000000",
                                           region="us-east-1"))
app.synth()
