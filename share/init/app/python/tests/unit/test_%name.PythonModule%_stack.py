import aws_cdk as cdk
from aws_cdk.assertions import Template

from %name.PythonModule%.%name.PythonModule%_stack import %name.PascalCased%Stack


def test_the_stack_starts_without_resources():
    stack = %name.PascalCased%Stack(cdk.App(), "%name.StackName%")
    template = Template.from_stack(stack)

    # Once there is a queue, say so instead:
    # template.has_resource_properties("AWS::SQS::Queue", {"VisibilityTimeout": 300})
    assert "Resources" not in template.to_json()
