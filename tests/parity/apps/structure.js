// How apps are put together: stages, nested stacks, references, dependencies.
const A = '111122223333', B = '444455556666';
const env = (region = 'us-east-1', account = A) => ({ env: { account, region } });

function queue(stack, { aws_sqs: sqs }, id = 'Q', props) {
  return new sqs.Queue(stack, id, props);
}

exports.empty = () => {};

exports['no-resources'] = (app, { Stack }) => {
  new Stack(app, 'Bare');
};

exports.single = (app, cdk) => {
  queue(new cdk.Stack(app, 'Only'), cdk);
};

exports.names = (app, cdk) => {
  for (const [id, stackName] of [['a', undefined], ['B', 'Other'], ['With-Dash', 'with-dash'], ['C123', 'C123'], ['lower', 'LOWER'], ['yes', 'on'], ['x'.repeat(90), undefined]]) {
    queue(new cdk.Stack(app, id, { stackName, description: `described: ${id}` }), cdk);
  }
};

exports.chain = (app, cdk) => {
  // also one that is not a chain
  const stacks = ['S1', 'S2', 'S3', 'S4', 'S5'].map((id) => new cdk.Stack(app, id, env()));
  stacks.forEach((s) => queue(s, cdk));
  for (let i = 1; i < 5; i++) stacks[i].addDependency(stacks[i - 1], 'because');
  stacks[4].addDependency(stacks[0]);
  const wide = new cdk.Stack(app, 'A-Wide', env());
  queue(wide, cdk);
  stacks.forEach((s) => wide.addDependency(s));
  queue(new cdk.Stack(app, 'Alone', env('eu-west-1', B)), cdk);
};

exports.references = (app, cdk) => {
  const { Stack, CfnOutput, Fn, aws_s3: s3, aws_iam: iam, aws_lambda: lambda } = cdk;
  const one = new Stack(app, 'Producer', env()), two = new Stack(app, 'Consumer', env()), three = new Stack(app, 'Third', env());
  const bucket = new s3.Bucket(one, 'Bucket');
  const role = new iam.Role(two, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  bucket.grantReadWrite(role);
  new CfnOutput(two, 'Name', { value: Fn.join('-', [bucket.bucketName, 'x', Fn.select(1, Fn.split('/', bucket.bucketArn))]) });
  new lambda.CfnFunction(three, 'F', { role: role.roleArn, code: { zipFile: 'x' } });
  one.exportValue(bucket.bucketDomainName);
};

exports['cross-region'] = {
  build(app, cdk) {
    const { Stack, aws_certificatemanager: acm, aws_cloudfront: cf, aws_cloudfront_origins: origins, aws_route53: r53 } = cdk;
    const us = new Stack(app, 'Certs', { ...env(), crossRegionReferences: true });
    const eu = new Stack(app, 'Site', { ...env('eu-west-1'), crossRegionReferences: true });
    const zone = r53.HostedZone.fromHostedZoneAttributes(us, 'Zone', { hostedZoneId: 'Z0123', zoneName: 'example.com' });
    const certificate = new acm.Certificate(us, 'Cert', { domainName: 'example.com', validation: acm.CertificateValidation.fromDns(zone) });
    new cf.Distribution(eu, 'Cdn', { certificate, domainNames: ['example.com'], defaultBehavior: { origin: new origins.HttpOrigin('o.example.com') } });
  },
};

exports.nested = (app, cdk) => {
  const { Stack, NestedStack, CfnParameter, Duration } = cdk;
  const s = new Stack(app, 'Outer', { ...env(), tags: { team: 'a b', 'cost:center': '0042' } });
  const level1 = new NestedStack(s, 'One', { description: 'level 1', timeout: Duration.minutes(5), notificationArns: ['arn:aws:sns:us-east-1:111122223333:t'] });
  const level2 = new NestedStack(level1, 'Two', { parameters: { Given: 'off' } });
  new CfnParameter(level2, 'Given');
  const q = queue(s, cdk), inner = queue(level2, cdk), other = queue(new NestedStack(s, 'Sibling'), cdk);
  new cdk.CfnOutput(level2, 'Up', { value: q.queueUrl });
  new cdk.CfnOutput(s, 'Down', { value: inner.queueArn });
  new cdk.CfnOutput(level1, 'Side', { value: other.queueName });
};

function stage(cdk, app, id, props, deps) {
  const st = new cdk.Stage(app, id, props);
  const base = new cdk.Stack(st, 'Base'), api = new cdk.Stack(st, 'Api', { stackName: `${id}-fixed` });
  const q = queue(base, cdk);
  new cdk.CfnOutput(api, 'Url', { value: q.queueUrl });
  (deps || []).forEach((d) => api.addDependency(d));
  return { st, base, api };
}

exports.stages = (app, cdk) => {
  stage(cdk, app, 'Dev', env());
  stage(cdk, app, 'Prod', env('eu-west-1', B));
  stage(cdk, app, 'Named', { ...env(), stageName: 'other' });
};

exports['stages-and-stacks'] = (app, cdk) => {
  queue(new cdk.Stack(app, 'Shared', env()), cdk);
  const { st } = stage(cdk, app, 'Live', env());
  const inner = stage(cdk, st, 'Eu', env('eu-central-1'));
  stage(cdk, inner.st, 'West', env('eu-west-3'));
  queue(new cdk.Stack(app, 'Zed', env()), cdk);
};

exports['only-stages'] = (app, cdk) => {
  stage(cdk, app, 'One', env());
};

exports['stage-policy'] = (app, cdk) => {
  const st = new cdk.Stage(app, 'Deep', { ...env(), permissionsBoundary: cdk.PermissionsBoundary.fromName('cdk-${Qualifier}-boundary-${AWS::AccountId}') });
  const s = new cdk.Stack(st, 'Roles', { tags: { a: '1', yes: 'no' }, terminationProtection: true });
  new cdk.aws_iam.Role(s, 'R', { assumedBy: new cdk.aws_iam.AccountRootPrincipal() });
  cdk.Tags.of(st).add('stage', 'deep');
  cdk.Aspects.of(st).add(new cdk.Tag('aspect', 'x: y'));
};

exports.pipeline = (app, cdk) => {
  const { Stack, pipelines } = cdk;
  const s = new Stack(app, 'Pipeline', env());
  const pipeline = new pipelines.CodePipeline(s, 'P', {
    crossAccountKeys: true, dockerEnabledForSynth: true,
    synth: new pipelines.ShellStep('Synth', { input: pipelines.CodePipelineSource.connection('o/r', 'main', { connectionArn: 'arn:aws:codestar-connections:us-east-1:111122223333:connection/x' }), commands: ['npm ci', 'npx cdk synth', "echo 'done: yes' # ok"], env: { NODE_ENV: 'production', FLAG: 'no' } }),
  });
  for (const [id, account] of [['Beta', A], ['Gamma', B]]) {
    const { st } = stage(cdk, app, id, env('us-east-1', account));
    pipeline.addStage(st, { pre: [new pipelines.ManualApprovalStep(`Ok${id}`, { comment: 'ja?\nnein?' })], post: [new pipelines.ShellStep('Test', { commands: ['curl -Ssf "$URL" | grep -q "a: b"'] })] });
  }
};

exports.protection = (app, cdk) => {
  const { Stack, Tags, CfnParameter, CfnRule, CfnCondition, CfnMapping, CfnOutput, Fn } = cdk;
  const s = new Stack(app, 'Guarded', { ...env(), terminationProtection: true, description: 'yes', tags: { Owner: 'Jürgen', Empty: '', Date: '2024-01-01', Bool: 'true' }, analyticsReporting: false, notificationArns: ['arn:aws:sns:us-east-1:111122223333:one'] });
  const p = new CfnParameter(s, 'P', { type: 'CommaDelimitedList', default: 'a,b', description: ' leading blank', allowedPattern: '^[a-z,"\']*$', constraintDescription: 'no: upper case', noEcho: true });
  const n = new CfnParameter(s, 'N', { type: 'Number', default: 0.1, minValue: -1, maxValue: 1e10 });
  new CfnParameter(s, 'Ssm', { type: 'AWS::SSM::Parameter::Value<String>', default: '/a/b' });
  new CfnParameter(s, 'Vpc', { type: 'AWS::EC2::VPC::Id' });
  const c = new CfnCondition(s, 'C', { expression: Fn.conditionOr(Fn.conditionEquals(n.valueAsString, '1'), Fn.conditionContains(['a', 'b'], Fn.select(0, p.valueAsList))) });
  new CfnRule(s, 'Own', { ruleCondition: Fn.conditionEquals(n, 1), assertions: [{ assert: Fn.conditionNot(Fn.conditionEquals(p, '')), assertDescription: 'needs p' }] });
  new CfnMapping(s, 'Lazy', { lazy: true, mapping: { '1': { '2': 'x', '1': 'y' }, 'us-east-1': { on: 'off', n: 1.50 } } });
  new CfnMapping(s, 'Map', { mapping: { k: { v: 'yes', list: ['1', 'no'] } } });
  new CfnOutput(s, 'O', { value: 'null', condition: c, exportName: Fn.sub('${AWS::StackName}:o'), description: '#not a comment' });
  new CfnOutput(s, 'Sub', { value: Fn.sub('a ${x}\n\tb ${!Literal}\n', { x: Fn.base64('~') }) });
  Tags.of(queue(s, cdk)).add('only', 'here', { priority: 300 });
  Tags.of(s).remove('Empty');
};

exports.overrides = (app, cdk) => {
  const { Stack, CfnDeletionPolicy, RemovalPolicy, Fn } = cdk;
  const s = new Stack(app, 'Overrides', env());
  const q = queue(s, cdk), r = q.node.defaultChild;
  r.addPropertyOverride('RedrivePolicy.maxReceiveCount', '1e3');
  r.addPropertyOverride('Tags.0', { Key: 'a', Value: 'y' });
  r.addOverride('Weird', { '': 'empty key', ' ': 'blank', '-': 'dash', '? x': 1, 'a: b': 2, '#c': 3, 'no': 4, '12': 5, '1.5': 6, 'multi\nline': 7, '"q"': 8, "it's": 9, ünïcode: 10, '0x1': 11, 'null': 12, '!tag': 13, '*a': 14, '&a': 15, '<<': 16, '=': 17, '@x': 18, '%x': 19, '`x': 20, '|': 21, '>': 22, '2020-01-01': 23, '~': 24 });
  r.addMetadata('note', ['', [[]], [{}], [[1, [2, [3]]], { a: [{ b: [{ c: 1, d: 2 }] }] }]]);
  r.addDeletionOverride('Properties.VisibilityTimeout');
  r.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE;
  r.cfnOptions.creationPolicy = { resourceSignal: { count: 1, timeout: 'PT5M' } };
  r.overrideLogicalId('Fixed');
  q.applyRemovalPolicy(RemovalPolicy.RETAIN);
  s.templateOptions.templateFormatVersion = '2010-09-09';
  s.addDependency(new Stack(app, 'Before', env()), 'first');
  new cdk.CfnResource(s, 'Dep', { type: 'AWS::SNS::Topic', properties: { X: Fn.conditionIf('C', Fn.ref('AWS::NoValue'), Fn.getAtt('Fixed', 'Arn')), Y: Fn.cidr('10.0.0.0/16', 3, '8'), Z: Fn.transform('AWS::Include', { Location: 's3://b/k' }), L: Fn.len([1, 2]), J: Fn.toJsonString({ a: 'b' }) } }).addDependency(r);
};

exports.many = (app, cdk) => {
  for (let i = 0; i < 60; i++) {
    const s = new cdk.Stack(app, `Stack${i}`, env(i % 2 ? 'us-east-1' : 'ap-southeast-2'));
    queue(s, cdk);
    if (i > 3 && i % 7 === 0) s.addDependency(app.node.findChild(`Stack${i - 2}`));
  }
};

exports.large = (app, cdk) => {
  const s = new cdk.Stack(app, 'Large', env());
  for (let i = 0; i < 250; i++) queue(s, cdk, `Q${i}`, { queueName: `q-${i}`, visibilityTimeout: cdk.Duration.seconds(i) });
};

exports.agnostic = (app, cdk) => {
  const { Stack, Aws, CfnOutput } = cdk;
  const s = new Stack(app, 'Anywhere');
  new CfnOutput(s, 'Where', { value: `${Aws.REGION}/${Aws.ACCOUNT_ID} in ${s.partition}` });
  const half = new Stack(app, 'Half', { env: { region: 'eu-north-1' } });
  new CfnOutput(half, 'Zones', { value: cdk.Fn.join(',', half.availabilityZones) });
  new CfnOutput(new Stack(app, 'Account', { env: { account: B } }), 'Az', { value: 'x' });
};

exports['deep-dependencies'] = (app, cdk) => {
  // between stages and below them: by constructs, not by stacks
  const st = new cdk.Stage(app, 'S', env());
  const stacks = ['Vpc', 'Db', 'Cache', 'Api', 'Web'].map((id) => new cdk.Stack(st, id));
  const [vpc, db, cache, api, web] = stacks.map((s) => queue(s, cdk));
  db.node.addDependency(vpc);
  cache.node.addDependency(vpc);
  api.node.addDependency(db, cache);
  web.node.addDependency(api);
  stacks[4].addDependency(stacks[0]);
};
