using Amazon.CDK;
using Amazon.CDK.AWS.SNS;
using Amazon.CDK.AWS.SNS.Subscriptions;
using Amazon.CDK.AWS.SQS;
using Constructs;

namespace %name.PascalCased%
{
    /// <summary>A topic whose messages arrive in a queue.</summary>
    public class %name.PascalCased%Stack : Stack
    {
        internal %name.PascalCased%Stack(Construct scope, string id, IStackProps props = null) : base(scope, id, props)
        {
            var queue = new Queue(this, "%name.PascalCased%Queue", new QueueProps
            {
                VisibilityTimeout = Duration.Seconds(300),
            });
            var topic = new Topic(this, "%name.PascalCased%Topic");

            topic.AddSubscription(new SqsSubscription(queue));
        }
    }
}
