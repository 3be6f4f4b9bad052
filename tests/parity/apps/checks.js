// What is told about an app: annotations, policy reports, flags, missing context.
const env = { account: '111122223333', region: 'us-east-1' };

function bucket(scope, cdk, id = 'B') {
  return new cdk.aws_s3.Bucket(scope, id);
}

exports.infos = (app, cdk) => {
  const s = new cdk.Stack(app, 'Info', { env });
  cdk.Annotations.of(bucket(s, cdk)).addInfo('Just so you know');
  cdk.Annotations.of(s).addInfoV2('my:info', 'With an id');
};

exports.warnings = (app, cdk) => {
  const s = new cdk.Stack(app, 'Warn', { env });
  const b = bucket(s, cdk);
  cdk.Annotations.of(b).addWarning('No id');
  cdk.Annotations.of(b).addWarningV2('mine:b', 'With id');
  cdk.Annotations.of(s).addWarning('On the stack');
  cdk.Annotations.of(b.node.defaultChild).addWarning('On the resource [ack: in the text] and more');
  cdk.Annotations.of(b).addDeprecation('Bucket.old', 'Use new');
  cdk.Annotations.of(app).addWarning('On the app');
};

exports.repeated = (app, cdk) => {
  const s = new cdk.Stack(app, 'Repeat', { env }), t = new cdk.Stack(app, 'Again', { env });
  for (let i = 0; i < 9; i++) {
    const b = bucket(i % 3 ? s : t, cdk, `B${i}`);
    cdk.Annotations.of(b).addWarningV2('same:id', 'The same text');
    cdk.Annotations.of(b).addWarningV2(`id:${i}`, 'The same text');
    cdk.Annotations.of(b).addInfo('Twice');
    cdk.Annotations.of(b).addInfo('Twice');
    cdk.Annotations.of(b.node.defaultChild).addInfo('Twice');
  }
};

exports.errors = (app, cdk) => {
  const good = new cdk.Stack(app, 'Good', { env }), bad = new cdk.Stack(app, 'Bad', { env });
  bucket(good, cdk);
  cdk.Annotations.of(bucket(bad, cdk)).addError('Not allowed');
  cdk.Annotations.of(bad).addError('Not allowed either\n  second line\n\nfourth (Ns::Rule)');
  cdk.Annotations.of(bad).addWarning('And a warning');
  cdk.Annotations.of(bad).addInfo('And an info');
};

exports.acknowledged = (app, cdk) => {
  const s = new cdk.Stack(app, 'Ack', { env });
  const b = bucket(s, cdk), c = bucket(s, cdk, 'C');
  cdk.Annotations.of(b).addWarningV2('known:one', 'Known');
  cdk.Annotations.of(c).addWarningV2('known:one', 'Known');
  cdk.Annotations.of(b).acknowledgeWarning('known:one', 'we know');
  cdk.Validations.of(c).addWarning('other', 'Also known');
  cdk.Validations.of(c).acknowledge({ id: 'other', reason: 'because' }, { id: 'Plugin::never', reason: 'x' });
  cdk.Validations.of(c).addWarning('left', 'Not known');
  cdk.Validations.of(c).addError('left', 'Not known at all');
};

exports.texts = (app, cdk) => {
  const s = new cdk.Stack(app, 'Texts', { env });
  ['', ' ', 'a\tb', 'ends with newline\n', '\nstarts so', '\u001b[31mred\u001b[0m', 'bell\u0007', 'ü 日本 😀', '(x::y)', 'text (a::b) more', 'text (a::b) (c::d)', 'text (a:b)', 'a [ack: one] [ack: two]', '[ack: ]', '[ack: only]', 'tail [ack: x', '%s %d %', '${x}', 'x'.repeat(300), 'word '.repeat(60), '\u2028', '\r\nx'].forEach((text, i) => {
    cdk.Annotations.of(bucket(s, cdk, `B${i}`)).addWarning(text);
  });
};

exports.everywhere = (app, cdk) => {
  const st = new cdk.Stage(app, 'Prod', { env }), inner = new cdk.Stage(st, 'Eu');
  const stacks = [new cdk.Stack(app, 'Top', { env }), new cdk.Stack(st, 'A'), new cdk.Stack(inner, 'B')];
  stacks.forEach((s, i) => {
    cdk.Annotations.of(bucket(s, cdk)).addWarningV2(`w${i}`, `Stack ${i}`);
    cdk.Annotations.of(new cdk.aws_sqs.Queue(new cdk.NestedStack(s, 'N'), 'Q')).addInfo(`Nested ${i}`);
  });
  cdk.Annotations.of(st).addWarning('On the stage');
  cdk.Annotations.of(stacks[2]).addError('Deep error');
};

exports.traces = {
  context: { 'aws:cdk:enable-stack-trace': true, '@aws-cdk/core:enableStackTrace': true },
  build(app, cdk) {
    process.env.CDK_DEBUG = 'true';
    const s = new cdk.Stack(app, 'Traced', { env });
    for (let i = 0; i < 7; i++) cdk.Annotations.of(bucket(s, cdk, `B${i}`)).addWarningV2('traced', 'Where?');
    (function here() { cdk.Annotations.of(s).addError('Here'); })();
    delete process.env.CDK_DEBUG;
  },
};

const SEVERITIES = ['fatal', 'error', 'warning', 'info', 'high', 'CUSTOM', undefined, ''];

class Policy {
  constructor(name, violations, success = false, more = {}) { Object.assign(this, { name, violations, success, more }); }

  validate(context) {
    const templatePath = context.templatePaths[0];
    return { success: this.success, violations: this.violations(templatePath), ...this.more };
  }
}

const RULES = (templatePath) => SEVERITIES.map((severity, i) => ({
  ruleName: `rule ${i}`, description: `Rule ${i}: keep it\n  indented`, severity, fix: i % 2 ? `Do this (${i})` : undefined,
  ruleMetadata: i % 3 ? { doc: 'https://example.com', 'n': '1' } : undefined,
  violatingResources: Array.from({ length: i }, (_, n) => ({ resourceLogicalId: `R${n}`, templatePath, locations: ['Properties.X', 'Properties.Y.0'] })),
}));

function resources(s, cdk) {
  for (let i = 0; i < 8; i++) {
    new cdk.CfnResource(s, `R${i}`, { type: 'AWS::SNS::Topic' });
  }
}

exports.policy = (app, cdk) => {
  const s = new cdk.Stack(app, 'Policy', { env });
  resources(s, cdk);
  cdk.Validations.of(app).addPlugins(new Policy('my plugin', RULES));
};

exports['policy-fine'] = (app, cdk) => {
  resources(new cdk.Stack(app, 'Fine', { env }), cdk);
  cdk.Validations.of(app).addPlugins(new Policy('quiet', () => [], true, { pluginVersion: '1.0', metadata: { a: 'b' } }));
};

exports['policy-warns'] = (app, cdk) => {
  const s = new cdk.Stack(app, 'Warns', { env });
  resources(s, cdk);
  cdk.Annotations.of(s).addWarning('And an annotation');
  cdk.Validations.of(app).addPlugins(new Policy('soft', (t) => RULES(t).filter((r) => r.severity === 'warning'), true));
};

exports['policy-broken'] = (app, cdk) => {
  resources(new cdk.Stack(app, 'Broken', { env }), cdk);
  cdk.Validations.of(app).addPlugins({ name: 'throws', validate() { throw new Error('out of order:\n  really'); } }, new Policy('works', RULES));
};

exports['policy-paths'] = (app, cdk) => {
  const st = new cdk.Stage(app, 'St', { env });
  const one = new cdk.Stack(app, 'One', { env }), two = new cdk.Stack(st, 'Two');
  resources(one, cdk);
  resources(two, cdk);
  const at = (constructPath, more) => ({ ruleName: 'p', description: `at ${constructPath}`, violatingResources: [{ constructPath, locations: [], ...more }], severity: 'error' });
  cdk.Validations.of(app).addPlugins(new Policy('paths', () => [at('One'), at('One/R1'), at('St/Two/R1'), at('St'), at('Nowhere/X'), at('OneMore'), { ruleName: 'none', description: 'no resource', violatingResources: [] }]));
  cdk.Validations.of(st).addPlugins(new Policy('inner', RULES));
};

exports['built-in'] = {
  props: { builtinCloudFormationValidation: true },
  build(app, cdk) {
    const s = new cdk.Stack(app, 'Checked', { env });
    new cdk.aws_gamelift.CfnFleet(s, 'Fleet', { name: 'f' });
    const b = new cdk.aws_s3.CfnBucket(s, 'B', { bucketName: 'UPPER_case' });
    b.addPropertyOverride('NoSuchProperty', 1);
    new cdk.CfnResource(s, 'Wrong', { type: 'AWS::SQS::Queue', properties: { VisibilityTimeout: 'many', DelaySeconds: 99999 } });
    new cdk.CfnOutput(s, 'O', { value: cdk.Fn.getAtt('Nothing', 'Arn').toString() });
  },
};

exports['on-synth'] = (app, cdk) => {
  const st = new cdk.Stage(app, 'Later', { env });
  const s = new cdk.Stack(st, 'Inner');
  cdk.Annotations.of(bucket(s, cdk)).addError('Only with the stage');
  bucket(new cdk.Stack(app, 'Main', { env }), cdk);
};

exports['validate-on-synth'] = {
  build(app, cdk) {
    bucket(new cdk.Stack(app, 'Main', { env }), cdk);
    cdk.Annotations.of(bucket(new cdk.Stack(new cdk.Stage(app, 'Eager', { env }), 'Inner'), cdk)).addError('Checked although not chosen');
  },
  after(folder) {
    const fs = require('fs');
    const file = `${folder}/assembly-Eager/manifest.json`;
    const m = JSON.parse(fs.readFileSync(file, 'utf8'));
    Object.values(m.artifacts).forEach((a) => { if (a.type === 'aws:cloudformation:stack') a.properties.validateOnSynth = true; });
    fs.writeFileSync(file, JSON.stringify(m, null, 1));
  },
};

exports['flags-all'] = {
  context: require('aws-cdk-lib/recommended-feature-flags.json'),
  build(app, cdk) { bucket(new cdk.Stack(app, 'Flags', { env }), cdk); },
};

exports['flags-some'] = {
  context: { '@aws-cdk/core:newStyleStackSynthesis': false, '@aws-cdk/aws-iam:minimizePolicies': false, '@aws-cdk/core:stackRelativeExports': 'yes', '@aws-cdk/aws-s3:createDefaultLoggingPolicy': null, '@aws-cdk/core:unknownFlag': true },
  build(app, cdk) { bucket(new cdk.Stack(app, 'Flags', { env }), cdk); bucket(new cdk.Stack(app, 'Two', { env }), cdk); },
};

exports.missing = {
  build(app, cdk) {
    const { aws_ec2: ec2, aws_route53: r53, aws_ssm: ssm, aws_kms: kms, aws_elasticloadbalancingv2: elb } = cdk;
    const s = new cdk.Stack(app, 'Lookup', { env });
    const vpc = ec2.Vpc.fromLookup(s, 'Vpc', { tags: { Name: 'a: b' } });
    ec2.SecurityGroup.fromLookupByName(s, 'Sg', 'default', vpc);
    r53.HostedZone.fromLookup(s, 'Zone', { domainName: 'example.com' });
    kms.Key.fromLookup(s, 'Key', { aliasName: 'alias/x' });
    elb.ApplicationListener.fromLookup(s, 'L', { loadBalancerTags: { a: 'b' }, listenerPort: 443 });
    new cdk.CfnOutput(s, 'P', { value: ssm.StringParameter.valueFromLookup(s, '/a/b') });
    new cdk.CfnOutput(s, 'Az', { value: s.availabilityZones.join() });
    new cdk.CfnOutput(s, 'Ami', { value: ec2.MachineImage.lookup({ name: 'al2023-*', owners: ['amazon'] }).getImage(s).imageId });
  },
};

exports.found = {
  context: { 'availability-zones:account=111122223333:region=us-east-1': ['us-east-1a', 'us-east-1f'], 'ssm:account=111122223333:parameterName=/a/b:region=us-east-1': 'yes' },
  build(app, cdk) {
    const s = new cdk.Stack(app, 'Found', { env });
    new cdk.CfnOutput(s, 'Az', { value: s.availabilityZones.join() });
    new cdk.CfnOutput(s, 'P', { value: cdk.aws_ssm.StringParameter.valueFromLookup(s, '/a/b') });
  },
};

exports['provider-error'] = {
  context: { 'ssm:account=111122223333:parameterName=/a/b:region=us-east-1': { $providerError: 'SSM parameter not available', $dontSaveContext: true } },
  build(app, cdk) {
    const s = new cdk.Stack(app, 'Refused', { env });
    new cdk.CfnOutput(s, 'P', { value: cdk.aws_ssm.StringParameter.valueFromLookup(s, '/a/b') });
  },
};
