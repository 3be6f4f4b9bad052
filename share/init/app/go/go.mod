module %name%

go %pin.go%

require (
	github.com/aws/aws-cdk-go/awscdk/v2 %cdk-version%
	github.com/aws/constructs-go/constructs/v10 %constructs-version%
	github.com/aws/jsii-runtime-go v%pin.jsii-runtime-go%
)
