// Templates to mutate: one stack per subject, written with the real library,
// so that the shapes are those that people diff.
const path = require('path');
const {
  App, Stack, NestedStack, CfnParameter, CfnCondition, CfnMapping, CfnOutput, Fn, Tags, Duration,
  RemovalPolicy, Aws,
  aws_apigateway: apigw, aws_cloudwatch: cw, aws_dynamodb: ddb, aws_ec2: ec2, aws_ecs: ecs,
  aws_events: events, aws_events_targets: targets, aws_iam: iam, aws_kms: kms, aws_lambda: lambda,
  aws_lambda_event_sources: sources, aws_logs: logs, aws_rds: rds, aws_s3: s3, aws_sns: sns,
  aws_sns_subscriptions: subs, aws_sqs: sqs, aws_sso: sso, aws_stepfunctions: sfn,
  aws_elasticloadbalancingv2: elb, aws_cloudfront: cf, aws_cloudfront_origins: origins,
} = require('aws-cdk-lib');

const app = new App({ analyticsReporting: true });
const env = { account: '111122223333', region: 'us-east-1' };
const stack = (name) => new Stack(app, name, { env });

{
  const s = stack('Network');
  const vpc = new ec2.Vpc(s, 'Vpc', { availabilityZones: ['us-east-1a', 'us-east-1b'] });
  const a = new ec2.SecurityGroup(s, 'Front', { vpc, description: 'front, für alle' });
  const b = new ec2.SecurityGroup(s, 'Back', { vpc, allowAllOutbound: false });
  a.addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'https');
  a.addIngressRule(ec2.Peer.ipv4('10.0.0.0/8'), ec2.Port.tcpRange(8000, 8100));
  a.addIngressRule(ec2.Peer.anyIpv6(), ec2.Port.allIcmp());
  b.connections.allowFrom(a, ec2.Port.tcp(5432));
  b.addEgressRule(ec2.Peer.prefixList('pl-12345678'), ec2.Port.allTraffic());
  new rds.DatabaseInstance(s, 'Db', {
    vpc, securityGroups: [b], engine: rds.DatabaseInstanceEngine.postgres({
      version: rds.PostgresEngineVersion.VER_16 }),
  });
  const lb = new elb.ApplicationLoadBalancer(s, 'Lb', { vpc, securityGroup: a });
  lb.addListener('Http', { port: 80, open: true, defaultAction: elb.ListenerAction.fixedResponse(200) });
}
{
  const s = stack('Access');
  const key = new kms.Key(s, 'Key', { enableKeyRotation: true, alias: 'alias/parity' });
  const bucket = new s3.Bucket(s, 'Files', {
    encryptionKey: key, enforceSSL: true, versioned: true,
    lifecycleRules: [{ expiration: Duration.days(30), prefix: 'tmp/' }, { abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    cors: [{ allowedMethods: [s3.HttpMethods.GET, s3.HttpMethods.PUT], allowedOrigins: ['*'] }],
  });
  const role = new iam.Role(s, 'Role', {
    assumedBy: new iam.CompositePrincipal(new iam.ServicePrincipal('lambda.amazonaws.com'),
      new iam.AccountPrincipal('444455556666').withConditions({ StringEquals: { 'sts:ExternalId': 'x1' } })),
    managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('ReadOnlyAccess')],
    inlinePolicies: { own: new iam.PolicyDocument({ statements: [
      new iam.PolicyStatement({ actions: ['s3:Get*', 's3:List*'], resources: ['*'] }),
      new iam.PolicyStatement({ effect: iam.Effect.DENY, notActions: ['s3:*'], notResources: ['arn:aws:s3:::x'] }),
    ] }) },
  });
  bucket.grantReadWrite(role);
  key.grantDecrypt(role);
  const user = new iam.User(s, 'User');
  const group = new iam.Group(s, 'Group');
  group.addUser(user);
  new iam.ManagedPolicy(s, 'Managed', { groups: [group], roles: [role], statements: [
    new iam.PolicyStatement({ actions: ['ec2:Describe*'], resources: ['*'],
      conditions: { Bool: { 'aws:SecureTransport': 'true' } } })] });
  new sso.CfnPermissionSet(s, 'Set', { instanceArn: 'arn:aws:sso:::instance/ssoins-1', name: 'admins',
    managedPolicies: ['arn:aws:iam::aws:policy/AdministratorAccess'],
    inlinePolicy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
    customerManagedPolicyReferences: [{ name: 'one', path: '/p/' }] });
  new sso.CfnAssignment(s, 'Assignment', { instanceArn: 'arn:aws:sso:::instance/ssoins-1',
    permissionSetArn: 'arn:aws:sso:::permissionSet/x', principalId: 'p', principalType: 'GROUP',
    targetId: '111122223333', targetType: 'AWS_ACCOUNT' });
}
{
  const s = stack('Events');
  const table = new ddb.Table(s, 'Table', {
    partitionKey: { name: 'pk', type: ddb.AttributeType.STRING },
    sortKey: { name: 'sk', type: ddb.AttributeType.NUMBER }, stream: ddb.StreamViewType.NEW_IMAGE });
  table.addGlobalSecondaryIndex({ indexName: 'byName', partitionKey: { name: 'n', type: ddb.AttributeType.STRING } });
  const dead = new sqs.Queue(s, 'Dead', { retentionPeriod: Duration.days(14) });
  const queue = new sqs.Queue(s, 'Queue', { deadLetterQueue: { queue: dead, maxReceiveCount: 3 }, enforceSSL: true });
  const topic = new sns.Topic(s, 'Topic', { displayName: 'Größe' });
  topic.addSubscription(new subs.SqsSubscription(queue));
  const fn = new lambda.Function(s, 'Fn', {
    runtime: lambda.Runtime.NODEJS_20_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => {\n  return 1;\n};\n'),
    environment: { TABLE: table.tableName, QUEUE: queue.queueUrl, N: '10' }, timeout: Duration.seconds(30),
  });
  fn.addEventSource(new sources.SqsEventSource(queue));
  fn.addEventSource(new sources.DynamoEventSource(table, { startingPosition: lambda.StartingPosition.LATEST }));
  table.grantReadWriteData(fn);
  fn.addPermission('Invoke', { principal: new iam.ServicePrincipal('s3.amazonaws.com'), sourceArn: 'arn:aws:s3:::b', sourceAccount: Aws.ACCOUNT_ID });
  new events.Rule(s, 'Nightly', { schedule: events.Schedule.cron({ hour: '2' }), targets: [new targets.LambdaFunction(fn), new targets.SqsQueue(queue)] });
  new sfn.StateMachine(s, 'Flow', { definitionBody: sfn.DefinitionBody.fromChainable(
    new sfn.Wait(s, 'W', { time: sfn.WaitTime.duration(Duration.seconds(5)) }).next(new sfn.Pass(s, 'P'))) });
  new cw.Alarm(s, 'Alarm', { metric: fn.metricErrors(), threshold: 1.5, evaluationPeriods: 3 });
  new cw.Dashboard(s, 'Dash', { widgets: [[new cw.GraphWidget({ left: [fn.metricErrors()], title: 'Fehler – Übersicht' })]] });
}
{
  const s = stack('Web');
  const param = new CfnParameter(s, 'Stage', { type: 'String', default: 'beta', allowedValues: ['beta', 'prod'] });
  const size = new CfnParameter(s, 'Size', { type: 'Number', default: 3 });
  const isProd = new CfnCondition(s, 'IsProd', { expression: Fn.conditionEquals(param, 'prod') });
  new CfnMapping(s, 'Sizes', { mapping: { beta: { memory: '128', count: 1 }, prod: { memory: '1024', count: 3 } } });
  const bucket = new s3.Bucket(s, 'Site', { removalPolicy: RemovalPolicy.DESTROY, websiteIndexDocument: 'index.html' });
  const logBucket = new s3.Bucket(s, 'Log');
  logBucket.node.defaultChild.cfnOptions.condition = isProd;
  new cf.Distribution(s, 'Cdn', { defaultBehavior: { origin: origins.S3BucketOrigin.withOriginAccessControl(bucket) }, comment: 'cdn' });
  const api = new apigw.RestApi(s, 'Api', { deployOptions: { stageName: 'v1', throttlingRateLimit: 10 } });
  const r = api.root.addResource('items');
  r.addMethod('GET', new apigw.MockIntegration({ integrationResponses: [{ statusCode: '200' }] }), { methodResponses: [{ statusCode: '200' }] });
  r.addCorsPreflight({ allowOrigins: ['https://example.com'] });
  new logs.LogGroup(s, 'Logs', { logGroupName: Fn.join('/', ['', 'parity', param.valueAsString]), retention: logs.RetentionDays.ONE_WEEK });
  new CfnOutput(s, 'Url', { value: bucket.bucketWebsiteUrl, description: 'where the site is', exportName: 'SiteUrl' });
  new CfnOutput(s, 'Count', { value: Fn.findInMap('Sizes', param.valueAsString, 'count'), condition: isProd });
  Tags.of(s).add('team', 'web'); Tags.of(s).add('cost', '100');
}
{
  const s = stack('Containers');
  const vpc = new ec2.Vpc(s, 'Vpc', { availabilityZones: ['us-east-1a'], natGateways: 0,
    subnetConfiguration: [{ name: 'pub', subnetType: ec2.SubnetType.PUBLIC }] });
  const cluster = new ecs.Cluster(s, 'Cluster', { vpc });
  const def = new ecs.FargateTaskDefinition(s, 'Def', { cpu: 256, memoryLimitMiB: 512 });
  def.addContainer('main', { image: ecs.ContainerImage.fromRegistry('nginx:1.27'), portMappings: [{ containerPort: 80 }],
    environment: { A: '1', B: 'two' }, logging: ecs.LogDrivers.awsLogs({ streamPrefix: 'x' }) });
  const service = new ecs.FargateService(s, 'Service', { cluster, taskDefinition: def, desiredCount: 2, assignPublicIp: true });
  service.connections.allowFromAnyIpv4(ec2.Port.tcp(80));
  service.autoScaleTaskCount({ maxCapacity: 4 }).scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: 60 });
}
{
  const s = stack('Parent');
  const topic = new sns.Topic(s, 'Topic');
  class Inner extends NestedStack {
    constructor(scope, id, t) {
      super(scope, id);
      const q = new sqs.Queue(this, 'Q');
      new sns.Subscription(this, 'S', { topic: t, protocol: sns.SubscriptionProtocol.SQS, endpoint: q.queueArn });
      const role = new iam.Role(this, 'R', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
      q.grantConsumeMessages(role);
    }
  }
  new Inner(s, 'Inner', topic);
}
app.synth();
