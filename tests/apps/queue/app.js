// A queue, its dead-letter queue and a parameter that names it.
// `-c change=yes` doubles the visibility timeout and adds a second queue.
const { App, Stack, CfnOutput, Duration, RemovalPolicy, aws_sqs: sqs, aws_ssm: ssm } =
  require('aws-cdk-lib');

class Queues extends Stack {
  constructor(scope, id, props) {
    super(scope, id, props);
    const changed = this.node.tryGetContext('change') === 'yes';
    const dead = new sqs.Queue(this, 'Dead', { retentionPeriod: Duration.days(14) });
    const jobs = new sqs.Queue(this, 'Jobs', {
      visibilityTimeout: Duration.seconds(changed ? 60 : 30),
      deadLetterQueue: { queue: dead, maxReceiveCount: 3 },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new ssm.StringParameter(this, 'Name', {
      parameterName: '/queues/jobs', stringValue: jobs.queueName,
    });
    if (changed) new sqs.Queue(this, 'Late');
    new CfnOutput(this, 'JobsUrl', { value: jobs.queueUrl });
  }
}

const app = new App({ analyticsReporting: false });
new Queues(app, 'Queues', { env: { account: '000000000000', region: 'us-east-1' } });
