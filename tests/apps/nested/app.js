// Stacks in stacks in a stack, beside a stack of its own.
// `-c change=yes` changes each level, replaces a queue that the outer stack
// refers to, grants more, and adds one nested stack.
const { App, Stack, NestedStack, CfnOutput, Duration, aws_iam: iam, aws_sqs: sqs,
  aws_ssm: ssm } = require('aws-cdk-lib');

class Deep extends NestedStack {
  constructor(scope, id, queue) {
    super(scope, id);
    const changed = this.node.tryGetContext('change') === 'yes';
    const role = new iam.Role(this, 'Worker', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    queue.grantConsumeMessages(role);
    if (changed) queue.grantSendMessages(role);
  }
}

class Middle extends NestedStack {
  constructor(scope, id) {
    super(scope, id);
    const changed = this.node.tryGetContext('change') === 'yes';
    this.queue = new sqs.Queue(this, 'Jobs', {
      queueName: changed ? 'jobs-two' : 'jobs-one',
      visibilityTimeout: Duration.seconds(changed ? 60 : 30),
    });
    new Deep(this, 'Deep', this.queue);
  }
}

class Extra extends NestedStack {
  constructor(scope, id) {
    super(scope, id);
    new ssm.StringParameter(this, 'Flag', { stringValue: 'größer' });
  }
}

const app = new App({ analyticsReporting: false });
const env = { account: '000000000000', region: 'us-east-1' };
const outer = new Stack(app, 'Outer', { env });
const middle = new Middle(outer, 'Middle');
new ssm.StringParameter(outer, 'Name', { stringValue: middle.queue.queueName });
new CfnOutput(outer, 'Url', { value: middle.queue.queueUrl });
if (app.node.tryGetContext('change') === 'yes') new Extra(outer, 'Extra');

const plain = new Stack(app, 'Plain', { env });
new sqs.Queue(plain, 'Queue', {
  retentionPeriod: Duration.days(app.node.tryGetContext('change') === 'yes' ? 4 : 2),
});
