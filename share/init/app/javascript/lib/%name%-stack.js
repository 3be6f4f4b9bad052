const { Stack } = require('aws-cdk-lib/core');
// const { Duration } = require('aws-cdk-lib/core');
// const sqs = require('aws-cdk-lib/aws-sqs');

class %name.PascalCased%Stack extends Stack {
  /**
   * @param {import('constructs').Construct} scope
   * @param {string} id
   * @param {import('aws-cdk-lib/core').StackProps=} props
   */
  constructor(scope, id, props) {
    super(scope, id, props);

    // Resources go here, for example:
    // new sqs.Queue(this, '%name.PascalCased%Queue', {
    //   visibilityTimeout: Duration.seconds(300),
    // });
  }
}

module.exports = { %name.PascalCased%Stack };
