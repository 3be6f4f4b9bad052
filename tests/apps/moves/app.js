// Two stacks that get sorted out: with `-c change=yes` a queue and its policy
// get a construct around them, a table moves to the stack that uses it, and
// one of two equal topics is renamed.
const { App, Stack, RemovalPolicy, aws_dynamodb: ddb, aws_iam: iam, aws_sns: sns, aws_sqs: sqs,
  aws_ssm: ssm } = require('aws-cdk-lib');
const { Construct } = require('constructs');

const app = new App({ analyticsReporting: false });
const changed = app.node.tryGetContext('change') === 'yes';
const env = { account: '000000000000', region: 'us-east-1' };
const data = new Stack(app, 'Data', { env });
const api = new Stack(app, 'Api', { env });

const around = changed ? new Construct(data, 'Jobs') : data;
const queue = new sqs.Queue(around, 'Queue');
queue.addToResourcePolicy(new iam.PolicyStatement({
  actions: ['sqs:SendMessage'], resources: [queue.queueArn],
  principals: [new iam.ServicePrincipal('events.amazonaws.com')],
}));
new sns.Topic(data, 'One');
new sns.Topic(data, changed ? 'Three' : 'Two');

const table = new ddb.Table(changed ? api : data, 'Table', {
  partitionKey: { name: 'id', type: ddb.AttributeType.STRING },
  removalPolicy: RemovalPolicy.DESTROY,
});
new ssm.StringParameter(api, 'TableName', { stringValue: table.tableName });
