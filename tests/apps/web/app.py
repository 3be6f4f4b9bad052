"""A table, a function that reads it and a REST API in front of it.

The function's log retention is set by a custom resource, so the app carries a
file asset of the library beside its own. `-c change=yes` renames the table's
second index and changes the function's code.
"""
import os

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct


class Web(cdk.Stack):
    def __init__(self, scope: Construct, name: str, **kwargs) -> None:
        super().__init__(scope, name, **kwargs)
        changed = self.node.try_get_context("change") == "yes"
        table = dynamodb.Table(
            self, "Notes",
            partition_key=dynamodb.Attribute(
                name="id", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        here = os.path.dirname(os.path.abspath(__file__))
        reader = lambda_.Function(
            self, "Reader",
            runtime=lambda_.Runtime.PYTHON_3_12,
            handler="index.handler",
            code=lambda_.Code.from_asset(os.path.join(here, "reader")),
            environment={"TABLE": table.table_name,
                         "GREETING": "bonjour" if changed else "hello"},
            log_retention=logs.RetentionDays.ONE_WEEK,
        )
        table.grant_read_data(reader)
        api = apigateway.LambdaRestApi(self, "Api", handler=reader)
        cdk.CfnOutput(self, "TableName", value=table.table_name)
        cdk.CfnOutput(self, "FunctionName", value=reader.function_name)
        cdk.CfnOutput(self, "ApiId", value=api.rest_api_id)


app = cdk.App(analytics_reporting=False)
Web(app, "Web", env=cdk.Environment(account="000000000000",
                                    region="us-east-1"))
app.synth()
