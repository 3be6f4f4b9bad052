package main

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
)

func TestStackStartsWithoutResources(t *testing.T) {
	stack := New%name.PascalCased%Stack(awscdk.NewApp(nil), "TestStack", nil)
	template := assertions.Template_FromStack(stack, nil)

	// Once there is a queue, say so instead:
	// template.HasResourceProperties(jsii.String("AWS::SQS::Queue"), map[string]any{
	// 	"VisibilityTimeout": 300,
	// })
	if _, found := (*template.ToJSON())["Resources"]; found {
		t.Error("the stack has resources")
	}
}
