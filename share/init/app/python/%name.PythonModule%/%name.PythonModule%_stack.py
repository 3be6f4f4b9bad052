from aws_cdk import (
    # Duration,
    Stack,
    # aws_sqs as sqs,
)
from constructs import Construct


class %name.PascalCased%Stack(Stack):
    def __init__(self, scope: Construct, construct_id: str, **kwargs) -> None:
        super().__init__(scope, construct_id, **kwargs)

        # Resources go here, for example:
        # sqs.Queue(
        #     self,
        #     "%name.PascalCased%Queue",
        #     visibility_timeout=Duration.seconds(300),
        # )
