#!/bin/sh
# An app with feature flags; only the first one changes its template.
seconds=30
case $CDK_CONTEXT_JSON in
*'"@aws-cdk/z:one":true'*) seconds=60 ;;
esac

user() {
	case $CDK_CONTEXT_JSON in
	*"\"$1\":true"*) echo ', "userValue": true' ;;
	*"\"$1\":\"true\""*) echo ', "userValue": "true"' ;;
	*"\"$1\":false"*) echo ', "userValue": false' ;;
	esac
}

cat >"$CDK_OUTDIR/A.json" <<END
{"Resources": {"Q": {"Type": "AWS::SQS::Queue",
	"Properties": {"VisibilityTimeout": $seconds}}}}
END
echo '{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}' >"$CDK_OUTDIR/B.json"
cat >"$CDK_OUTDIR/manifest.json" <<END
{"version": "55.0.0", "artifacts": {
"A": {"type": "aws:cloudformation:stack",
	"environment": "aws://unknown-account/unknown-region",
	"properties": {"templateFile": "A.json"}},
"B": {"type": "aws:cloudformation:stack",
	"environment": "aws://unknown-account/unknown-region",
	"properties": {"templateFile": "B.json"}},
"flags": {"type": "cdk:feature-flag-report", "properties": {
	"module": "aws-cdk-lib", "flags": {
	"@aws-cdk/z:one": {"recommendedValue": true, "explanation": "First",
		"unconfiguredBehavesLike": {"v2": false}
		$(user @aws-cdk/z:one)},
	"@aws-cdk/y:two": {"recommendedValue": true
		$(user @aws-cdk/y:two)},
	"@aws-cdk/x:three": {"recommendedValue": "true",
		"unconfiguredBehavesLike": {"v2": "false"}
		$(user @aws-cdk/x:three)},
	"@aws-cdk/w:four": {"recommendedValue": false,
		"unconfiguredBehavesLike": {"v2": true}
		$(user @aws-cdk/w:four)},
	"@aws-cdk/v:list": {"recommendedValue": ["aws", "aws-cn"]},
	"@aws-cdk/s:B": {"recommendedValue": true $(user @aws-cdk/s:B)},
	"@aws-cdk/s:a": {"recommendedValue": true $(user @aws-cdk/s:a)},
	"@aws-cdk/aws-kms:defaultKeyPolicies": {"recommendedValue": true}}}},
"more": {"type": "cdk:feature-flag-report", "properties": {
	"module": "Other", "flags": {
	"m:two": {"recommendedValue": true},
	"m:one": {"recommendedValue": false, "userValue": true}}}}}}
END
