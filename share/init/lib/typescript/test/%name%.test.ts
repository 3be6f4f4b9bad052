import * as cdk from 'aws-cdk-lib/core';
import { Template } from 'aws-cdk-lib/assertions';
import { %name.PascalCased% } from '../lib/index';

test('the construct starts without resources', () => {
  const app = new cdk.App();
  const stack = new cdk.Stack(app, 'TestStack');
  new %name.PascalCased%(stack, 'TestConstruct');
  const template = Template.fromStack(stack);

  // Once there is a queue, say so instead:
  // template.hasResourceProperties('AWS::SQS::Queue', { VisibilityTimeout: 300 });
  expect(template.toJSON().Resources).toBeUndefined();
});
