// The same app is in this folder's neighbours, in the other languages.
const path = require('path');
const { App, Annotations, CfnOutput, Duration, Stack, Tags } = require('aws-cdk-lib');
const { Asset } = require('aws-cdk-lib/aws-s3-assets');
const { Queue } = require('aws-cdk-lib/aws-sqs');

class Orders extends Stack {
  constructor(scope, id, props) {
    super(scope, id, props);
    const jobs = new Queue(this, 'Jobs', {
      visibilityTimeout: Duration.seconds(this.node.tryGetContext('seconds')),
    });
    const note = new Asset(this, 'Note', { path: path.join(__dirname, 'note.txt') });
    new CfnOutput(this, 'Url', { value: jobs.queueUrl });
    new CfnOutput(this, 'NoteUrl', { value: note.s3ObjectUrl });
    Annotations.of(jobs).addWarningV2('orders:language', 'written in JavaScript');
  }
}

const app = new App();
const orders = new Orders(app, 'Orders', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
Tags.of(orders).add('language', 'JavaScript');
