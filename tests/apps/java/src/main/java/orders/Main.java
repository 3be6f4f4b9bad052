package orders;

import java.util.Map;
import software.amazon.awscdk.Annotations;
import software.amazon.awscdk.App;
import software.amazon.awscdk.CfnOutput;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Environment;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.Tags;
import software.amazon.awscdk.services.s3.assets.Asset;
import software.amazon.awscdk.services.sqs.Queue;
import software.constructs.Construct;

public final class Main {
    static final class Orders extends Stack {
        Orders(final Construct scope, final String id, final StackProps props) {
            super(scope, id, props);
            final Number seconds = (Number) getNode().tryGetContext("seconds");
            final Queue jobs = Queue.Builder.create(this, "Jobs")
                    .visibilityTimeout(Duration.seconds(seconds))
                    .build();
            final Asset note = Asset.Builder.create(this, "Note").path("note.txt").build();
            CfnOutput.Builder.create(this, "Url").value(jobs.getQueueUrl()).build();
            CfnOutput.Builder.create(this, "NoteUrl").value(note.getS3ObjectUrl()).build();
            Annotations.of(jobs).addWarningV2("orders:language", "written in Java");
        }
    }

    public static void main(final String[] args) {
        final App app = new App();
        final Map<String, String> variables = System.getenv();
        final Orders orders = new Orders(app, "Orders", StackProps.builder()
                .env(Environment.builder()
                        .account(variables.get("CDK_DEFAULT_ACCOUNT"))
                        .region(variables.get("CDK_DEFAULT_REGION"))
                        .build())
                .build());
        Tags.of(orders).add("language", "Java");
        app.synth();
    }
}
