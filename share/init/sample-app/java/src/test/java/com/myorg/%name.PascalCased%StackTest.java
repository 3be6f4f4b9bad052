package com.myorg;

import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awscdk.App;
import software.amazon.awscdk.assertions.Template;

public class %name.PascalCased%StackTest {
    private final Template template =
            Template.fromStack(new %name.PascalCased%Stack(new App(), "TestStack"));

    @Test
    public void messagesStayHiddenForFiveMinutes() {
        template.hasResourceProperties("AWS::SQS::Queue", Map.of("VisibilityTimeout", 300));
    }

    @Test
    public void queueIsSubscribedToTopic() {
        template.resourceCountIs("AWS::SNS::Topic", 1);
        template.hasResourceProperties("AWS::SNS::Subscription", Map.of("Protocol", "sqs"));
    }
}
