package com.myorg;

import software.amazon.awscdk.App;
import software.amazon.awscdk.StackProps;
// import software.amazon.awscdk.Environment;

public final class %name.PascalCased%App {
    public static void main(final String[] args) {
        App app = new App();

        new %name.PascalCased%Stack(app, "%stackname%", StackProps.builder()
                // As it stands the stack can be deployed to any account and
                // region, but it cannot look anything up there. Choose one of
                // these to tie it to a place:

                // the account and region of your AWS profile
                // .env(Environment.builder()
                //         .account(System.getenv("CDK_DEFAULT_ACCOUNT"))
                //         .region(System.getenv("CDK_DEFAULT_REGION"))
                //         .build())

                // one account and region, whoever deploys
                // .env(Environment.builder()
                //         .account("123456789012")
                //         .region("us-east-1")
                //         .build())
                .build());

        app.synth();
    }
}
