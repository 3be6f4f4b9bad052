using Amazon.CDK;
using Constructs;

namespace %name.PascalCased%
{
    public class %name.PascalCased%Stack : Stack
    {
        internal %name.PascalCased%Stack(Construct scope, string id, IStackProps props = null) : base(scope, id, props)
        {
            // Resources go here, for example (using Amazon.CDK.AWS.SQS):
            // new Queue(this, "%name.PascalCased%Queue", new QueueProps
            // {
            //     VisibilityTimeout = Duration.Seconds(300),
            // });
        }
    }
}
