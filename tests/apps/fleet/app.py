"""Four stacks that are deployed together: Base and, on top of it, Top; Side by
itself; Wrong, which cannot be created, and After, which waits for it.

Base takes parameters, a number with leading zeros among them.
"""
import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from constructs import Construct


class Base(cdk.Stack):
    def __init__(self, scope: Construct, name: str, **kwargs) -> None:
        super().__init__(scope, name, **kwargs)
        for key in ("Account", "Ratio"):
            value = cdk.CfnParameter(self, key, default="unset")
            ssm.StringParameter(self, f"Is{key}", parameter_name=f"/{key}",
                                string_value=value.value_as_string)
        self.queue = sqs.Queue(self, "Jobs")
        cdk.CfnOutput(self, "Url", value=self.queue.queue_url)


class Top(cdk.Stack):
    def __init__(self, scope: Construct, name: str, **kwargs) -> None:
        super().__init__(scope, name, **kwargs)
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal(
            "lambda.amazonaws.com"))
        cdk.CfnOutput(self, "RoleName", value=role.role_name)


class Side(cdk.Stack):
    def __init__(self, scope: Construct, name: str, **kwargs) -> None:
        super().__init__(scope, name, **kwargs)
        topic = cdk.CfnResource(self, "Topic", type="AWS::SNS::Topic")
        cdk.CfnOutput(self, "Arn", value=topic.ref)


class Wrong(cdk.Stack):
    def __init__(self, scope: Construct, name: str, **kwargs) -> None:
        super().__init__(scope, name, **kwargs)
        nobody = (f"arn:aws:lambda:{self.region}:{self.account}:function:"
                  "nobody")
        cdk.CfnResource(self, "Broken", type="Custom::Broken",
                        properties={"ServiceToken": nobody})


app = cdk.App(analytics_reporting=False)
env = cdk.Environment(account="000000000000", region="us-east-1")
base = Base(app, "Base", env=env)
Top(app, "Top", env=env).add_dependency(base)
wrong = Wrong(app, "Wrong", env=env)
Side(app, "After", env=env).add_dependency(wrong)
Side(app, "Side", env=env)
app.synth()
