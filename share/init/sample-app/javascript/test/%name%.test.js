const cdk = require('aws-cdk-lib/core');
const { Match, Template } = require('aws-cdk-lib/assertions');
const { %name.PascalCased%Stack } = require('../lib/%name%-stack');

const app = new cdk.App();
const template = Template.fromStack(new %name.PascalCased%Stack(app, 'TestStack'));

test('messages stay hidden for five minutes', () => {
  template.hasResourceProperties('AWS::SQS::Queue', { VisibilityTimeout: 300 });
});

test('the queue is subscribed to the topic', () => {
  template.resourceCountIs('AWS::SNS::Topic', 1);
  template.hasResourceProperties('AWS::SNS::Subscription', {
    Protocol: 'sqs',
    TopicArn: { Ref: Match.anyValue() },
  });
});
