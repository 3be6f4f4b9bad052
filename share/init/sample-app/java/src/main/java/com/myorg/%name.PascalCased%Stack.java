package com.myorg;

import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.services.sns.Topic;
import software.amazon.awscdk.services.sns.subscriptions.SqsSubscription;
import software.amazon.awscdk.services.sqs.Queue;
import software.constructs.Construct;

/** A topic whose messages arrive in a queue. */
public class %name.PascalCased%Stack extends Stack {
    public %name.PascalCased%Stack(final Construct scope, final String id) {
        this(scope, id, null);
    }

    public %name.PascalCased%Stack(final Construct scope, final String id, final StackProps props) {
        super(scope, id, props);

        final Queue queue = Queue.Builder.create(this, "%name.PascalCased%Queue")
                .visibilityTimeout(Duration.seconds(300))
                .build();
        final Topic topic = Topic.Builder.create(this, "%name.PascalCased%Topic")
                .build();

        topic.addSubscription(new SqsSubscription(queue));
    }
}
