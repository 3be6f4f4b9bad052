import * as cdk from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
// import * as sqs from 'aws-cdk-lib/aws-sqs';

export class %name.PascalCased%Stack extends cdk.Stack {
  constructor(scope: Construct, id: string, props?: cdk.StackProps) {
    super(scope, id, props);

    // Resources go here, for example:
    // new sqs.Queue(this, '%name.PascalCased%Queue', {
    //   visibilityTimeout: cdk.Duration.seconds(300),
    // });
  }
}
