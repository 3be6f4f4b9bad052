package com.myorg;

import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;
import software.amazon.awscdk.App;
import software.amazon.awscdk.assertions.Template;

public class %name.PascalCased%Test {
    @Test
    public void stackStartsWithoutResources() {
        Template template = Template.fromStack(new %name.PascalCased%Stack(new App(), "TestStack"));

        // Once there is a queue, say so instead:
        // template.hasResourceProperties("AWS::SQS::Queue", Map.of("VisibilityTimeout", 300));
        assertFalse(template.toJSON().containsKey("Resources"));
    }
}
