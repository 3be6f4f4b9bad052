// Every kind of lookup whose key carries the question, by the real library.
const cdk = require('aws-cdk-lib');
const ec2 = require('aws-cdk-lib/aws-ec2');
const elb = require('aws-cdk-lib/aws-elasticloadbalancingv2');
const kms = require('aws-cdk-lib/aws-kms');
const route53 = require('aws-cdk-lib/aws-route53');
const ssm = require('aws-cdk-lib/aws-ssm');

const app = new cdk.App();
// no lookup role: the emulator's account is not bootstrapped
const stack = new cdk.Stack(app, 'Lookups', {
	env: { account: '123456789012', region: 'us-east-1' },
	synthesizer: new cdk.CliCredentialsStackSynthesizer(),
});
const out = {};

out.size = ssm.StringParameter.valueFromLookup(stack, '/app/size');
if (!process.env.ONE) {
	const vpc = ec2.Vpc.fromLookup(stack, 'Vpc', { tags: { Name: 'a:b' } });
	out.vpc = vpc.vpcId;
	out.zones = stack.availabilityZones.join();
	out.zone = route53.HostedZone.fromLookup(stack, 'Zone', {
		domainName: 'example.com', privateZone: true, vpcId: vpc.vpcId,
	}).hostedZoneId;
	out.image = new ec2.LookupMachineImage({
		name: 'lookup-*', filters: { 'root-device-type': ['standard', 'ebs'] },
	}).getImage(stack).imageId;
	out.key = kms.Key.fromLookup(stack, 'Key', {
		aliasName: 'alias/app',
	}).keyId;
	out.group = ec2.SecurityGroup.fromLookupByName(stack, 'Group', 'web',
	    vpc).securityGroupId;
	out.balancer = elb.ApplicationLoadBalancer.fromLookup(stack, 'Alb', {
		loadBalancerTags: { use: 'web', stage: 'x:y' },
	}).loadBalancerArn;
	out.listener = elb.ApplicationListener.fromLookup(stack, 'Listener', {
		loadBalancerTags: { use: 'web' }, listenerPort: 80,
		listenerProtocol: elb.ApplicationProtocol.HTTP,
	}).listenerArn;
}
for (const [name, value] of Object.entries(out))
	new cdk.CfnOutput(stack, name, { value });
