// A stack that goes wherever the credentials point, beside stacks of fixed
// regions. `-c change=yes` gives every topic another display name.
const { App, Stack, CfnOutput, aws_sns: sns } = require('aws-cdk-lib');

class Place extends Stack {
  constructor(scope, id, props) {
    super(scope, id, props);
    const changed = this.node.tryGetContext('change') === 'yes';
    const topic = new sns.Topic(this, 'Topic', { displayName: changed ? 'new' : 'old' });
    new CfnOutput(this, 'TopicArn', { value: topic.topicArn });
  }
}

const app = new App({ analyticsReporting: false });
new Place(app, 'Anywhere');
new Place(app, 'West', { env: { account: '000000000000', region: 'us-west-2' } });
new Place(app, 'East', { env: { account: '000000000000', region: 'us-east-1' } });
