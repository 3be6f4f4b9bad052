const { Duration, Stack } = require('aws-cdk-lib/core');
const sns = require('aws-cdk-lib/aws-sns');
const subscriptions = require('aws-cdk-lib/aws-sns-subscriptions');
const sqs = require('aws-cdk-lib/aws-sqs');

/** A topic whose messages arrive in a queue. */
class %name.PascalCased%Stack extends Stack {
  /**
   * @param {import('constructs').Construct} scope
   * @param {string} id
   * @param {import('aws-cdk-lib/core').StackProps=} props
   */
  constructor(scope, id, props) {
    super(scope, id, props);

    const queue = new sqs.Queue(this, '%name.PascalCased%Queue', {
      visibilityTimeout: Duration.seconds(300),
    });
    const topic = new sns.Topic(this, '%name.PascalCased%Topic');

    topic.addSubscription(new subscriptions.SqsSubscription(queue));
  }
}

module.exports = { %name.PascalCased%Stack };
