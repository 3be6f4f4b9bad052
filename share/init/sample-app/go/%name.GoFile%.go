package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

type %name.PascalCased%StackProps struct {
	awscdk.StackProps
}

// New%name.PascalCased%Stack is a topic whose messages arrive in a queue.
func New%name.PascalCased%Stack(scope constructs.Construct, id string, props *%name.PascalCased%StackProps) awscdk.Stack {
	var sprops awscdk.StackProps
	if props != nil {
		sprops = props.StackProps
	}
	stack := awscdk.NewStack(scope, &id, &sprops)

	queue := awssqs.NewQueue(stack, jsii.String("%name.PascalCased%Queue"), &awssqs.QueueProps{
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(300)),
	})
	topic := awssns.NewTopic(stack, jsii.String("%name.PascalCased%Topic"), nil)

	topic.AddSubscription(awssnssubscriptions.NewSqsSubscription(queue, nil))

	return stack
}

func main() {
	defer jsii.Close()

	app := awscdk.NewApp(nil)

	New%name.PascalCased%Stack(app, "%stackname%", &%name.PascalCased%StackProps{
		StackProps: awscdk.StackProps{
			Env: env(),
		},
	})

	app.Synth(nil)
}

// env says which account and region the stack is for. With nil it can be
// deployed to any, but it cannot look anything up there.
func env() *awscdk.Environment {
	return nil

	// the account and region of your AWS profile (import "os")
	// return &awscdk.Environment{
	// 	Account: jsii.String(os.Getenv("CDK_DEFAULT_ACCOUNT")),
	// 	Region:  jsii.String(os.Getenv("CDK_DEFAULT_REGION")),
	// }

	// one account and region, whoever deploys
	// return &awscdk.Environment{
	// 	Account: jsii.String("123456789012"),
	// 	Region:  jsii.String("us-east-1"),
	// }
}
