package main

import (
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

func newOrders(scope constructs.Construct, id string, props *awscdk.StackProps) awscdk.Stack {
	stack := awscdk.NewStack(scope, &id, props)
	seconds := stack.Node().TryGetContext(jsii.String("seconds")).(float64)
	jobs := awssqs.NewQueue(stack, jsii.String("Jobs"), &awssqs.QueueProps{
		VisibilityTimeout: awscdk.Duration_Seconds(&seconds),
	})
	note := awss3assets.NewAsset(stack, jsii.String("Note"), &awss3assets.AssetProps{
		Path: jsii.String("note.txt"),
	})
	awscdk.NewCfnOutput(stack, jsii.String("Url"), &awscdk.CfnOutputProps{Value: jobs.QueueUrl()})
	awscdk.NewCfnOutput(stack, jsii.String("NoteUrl"), &awscdk.CfnOutputProps{Value: note.S3ObjectUrl()})
	awscdk.Annotations_Of(jobs).AddWarningV2(jsii.String("orders:language"), jsii.String("written in Go"))
	return stack
}

func main() {
	defer jsii.Close()

	app := awscdk.NewApp(nil)
	orders := newOrders(app, "Orders", &awscdk.StackProps{Env: &awscdk.Environment{
		Account: jsii.String(os.Getenv("CDK_DEFAULT_ACCOUNT")),
		Region:  jsii.String(os.Getenv("CDK_DEFAULT_REGION")),
	}})
	awscdk.Tags_Of(orders).Add(jsii.String("language"), jsii.String("Go"), nil)
	app.Synth(nil)
}
