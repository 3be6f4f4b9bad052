// The same stack in two accounts, each with a profile of its own.
const cdk = require('aws-cdk-lib');
const sqs = require('aws-cdk-lib/aws-sqs');

class Queue extends cdk.Stack {
  constructor(scope, id, props) {
    super(scope, id, props);
    new sqs.Queue(this, 'Jobs', { queueName: `jobs-${id}` });
  }
}

const app = new cdk.App();
for (const [id, account] of [['Dev', '111111111111'],
  ['Prod', '222222222222']]) {
  new Queue(app, id, { env: { account, region: 'us-east-1' } });
}
