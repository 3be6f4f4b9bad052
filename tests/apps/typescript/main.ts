import { Annotations, App, CfnOutput, Duration, Stack, StackProps, Tags } from 'aws-cdk-lib';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

class Orders extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const seconds: number = this.node.tryGetContext('seconds');
    const jobs = new Queue(this, 'Jobs', { visibilityTimeout: Duration.seconds(seconds) });
    const note = new Asset(this, 'Note', { path: `${__dirname}/../note.txt` });
    new CfnOutput(this, 'Url', { value: jobs.queueUrl });
    new CfnOutput(this, 'NoteUrl', { value: note.s3ObjectUrl });
    Annotations.of(jobs).addWarningV2('orders:language', 'written in TypeScript');
  }
}

const app = new App();
const orders = new Orders(app, 'Orders', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
Tags.of(orders).add('language', 'TypeScript');
