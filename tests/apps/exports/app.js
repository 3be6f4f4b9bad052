// One stack uses a queue of another. `-c change=yes` ends that, and the queue
// with it; their order stays.
const { App, Stack, aws_sqs: sqs, aws_ssm: ssm } = require('aws-cdk-lib');

const app = new App({ analyticsReporting: false });
const env = { account: '000000000000', region: 'us-east-1' };
const linked = app.node.tryGetContext('change') !== 'yes';

const producer = new Stack(app, 'Producer', { env });
new sqs.Queue(producer, 'Kept');
const shared = linked ? new sqs.Queue(producer, 'Shared') : undefined;

const consumer = new Stack(app, 'Consumer', { env });
consumer.addDependency(producer);
new ssm.StringParameter(consumer, 'Target', {
  stringValue: shared ? shared.queueArn : 'none',
});
