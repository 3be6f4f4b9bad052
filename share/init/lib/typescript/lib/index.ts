// import * as cdk from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
// import * as sqs from 'aws-cdk-lib/aws-sqs';

export interface %name.PascalCased%Props {
  // what users of the construct may set
}

export class %name.PascalCased% extends Construct {
  constructor(scope: Construct, id: string, props: %name.PascalCased%Props = {}) {
    super(scope, id);

    // Resources go here, for example:
    // new sqs.Queue(this, '%name.PascalCased%Queue', {
    //   visibilityTimeout: cdk.Duration.seconds(300),
    // });
  }
}
