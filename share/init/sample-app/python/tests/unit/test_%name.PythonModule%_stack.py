import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template

from %name.PythonModule%.%name.PythonModule%_stack import %name.PascalCased%Stack


@pytest.fixture(scope="module")
def template():
    return Template.from_stack(%name.PascalCased%Stack(cdk.App(), "%name.StackName%"))


def test_messages_stay_hidden_for_five_minutes(template):
    template.has_resource_properties("AWS::SQS::Queue", {"VisibilityTimeout": 300})


def test_the_queue_is_subscribed_to_the_topic(template):
    template.resource_count_is("AWS::SNS::Topic", 1)
    template.has_resource_properties(
        "AWS::SNS::Subscription",
        {"Protocol": "sqs", "TopicArn": {"Ref": Match.any_value()}},
    )
