// The demo's app: jobs wait in a queue, a function works them off, a parameter
// tells others where the queue is.
const path = require('path');
const { App, Stack, CfnOutput, Duration, aws_lambda: lambda, aws_sqs: sqs, aws_ssm: ssm } =
  require('aws-cdk-lib');

const app = new App({ analyticsReporting: false });
const stack = new Stack(app, 'Jobs', {
  env: { account: '000000000000', region: 'us-east-1' },
});
const queue = new sqs.Queue(stack, 'Queue', { visibilityTimeout: Duration.seconds(30) });
const worker = new lambda.Function(stack, 'Worker', {
  runtime: lambda.Runtime.PYTHON_3_12,
  handler: 'index.handler',
  code: lambda.Code.fromAsset(path.join(__dirname, 'worker')),
});
queue.grantConsumeMessages(worker);
new ssm.StringParameter(stack, 'Where', {
  parameterName: '/jobs/queue', stringValue: queue.queueName,
});
new CfnOutput(stack, 'QueueUrl', { value: queue.queueUrl });
