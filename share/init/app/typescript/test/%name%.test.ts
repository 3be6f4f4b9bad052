import * as cdk from 'aws-cdk-lib/core';
import { Template } from 'aws-cdk-lib/assertions';
import { %name.PascalCased%Stack } from '../lib/%name%-stack';

test('the stack starts without resources', () => {
  const app = new cdk.App();
  const stack = new %name.PascalCased%Stack(app, 'TestStack');
  const template = Template.fromStack(stack);

  // Once there is a queue, say so instead:
  // template.hasResourceProperties('AWS::SQS::Queue', { VisibilityTimeout: 300 });
  expect(template.toJSON().Resources).toBeUndefined();
});
