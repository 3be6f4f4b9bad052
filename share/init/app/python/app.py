#!/usr/bin/env python3
import os

import aws_cdk as cdk

from %name.PythonModule%.%name.PythonModule%_stack import %name.PascalCased%Stack

app = cdk.App()
%name.PascalCased%Stack(
    app,
    "%stackname%",
    # As it stands the stack can be deployed to any account and region, but it
    # cannot look anything up there. Choose one of these to tie it to a place:

    # the account and region of your AWS profile
    # env=cdk.Environment(
    #     account=os.getenv("CDK_DEFAULT_ACCOUNT"),
    #     region=os.getenv("CDK_DEFAULT_REGION"),
    # ),

    # one account and region, whoever deploys
    # env=cdk.Environment(account="123456789012", region="us-east-1"),
)

app.synth()
