from aws_cdk import (
    Duration,
    Stack,
    aws_sns as sns,
    aws_sns_subscriptions as subscriptions,
    aws_sqs as sqs,
)
from constructs import Construct


class %name.PascalCased%Stack(Stack):
    """A topic whose messages arrive in a queue."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs) -> None:
        super().__init__(scope, construct_id, **kwargs)

        queue = sqs.Queue(
            self,
            "%name.PascalCased%Queue",
            visibility_timeout=Duration.seconds(300),
        )
        topic = sns.Topic(self, "%name.PascalCased%Topic")

        topic.add_subscription(subscriptions.SqsSubscription(queue))
