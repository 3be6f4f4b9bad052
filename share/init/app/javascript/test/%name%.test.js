const cdk = require('aws-cdk-lib/core');
const { Template } = require('aws-cdk-lib/assertions');
const { %name.PascalCased%Stack } = require('../lib/%name%-stack');

test('the stack starts without resources', () => {
  const app = new cdk.App();
  const stack = new %name.PascalCased%Stack(app, 'TestStack');
  const template = Template.fromStack(stack);

  // Once there is a queue, say so instead:
  // template.hasResourceProperties('AWS::SQS::Queue', { VisibilityTimeout: 300 });
  expect(template.toJSON().Resources).toBeUndefined();
});
