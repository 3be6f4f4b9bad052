// One app per group of services, with an account and region of its own.
const env = { account: '111122223333', region: 'eu-central-1' };
const INLINE = 'exports.handler = async (event) => {\n\treturn { statusCode: 200, body: `ok ${event.path}` };\n};\n';

function vpcOf(s, { aws_ec2: ec2 }) {
  return new ec2.Vpc(s, 'Vpc', { availabilityZones: ['eu-central-1a', 'eu-central-1b'], natGateways: 1 });
}

function inline(s, { aws_lambda: lambda }, id = 'Fn', more = {}) {
  return new lambda.Function(s, id, {
    runtime: lambda.Runtime.NODEJS_20_X, handler: 'index.handler', code: lambda.Code.fromInline(INLINE), ...more,
  });
}

exports.storage = (app, cdk) => {
  const { Stack, Duration, RemovalPolicy, Size, aws_s3: s3, aws_kms: kms, aws_efs: efs, aws_backup: backup, aws_events: events, aws_fsx: fsx } = cdk;
  const s = new Stack(app, 'Storage', { env });
  const key = new kms.Key(s, 'Key', { enableKeyRotation: true, pendingWindow: Duration.days(7), description: 'Schlüssel für Ablage' });
  const logs = new s3.Bucket(s, 'Logs', { accessControl: s3.BucketAccessControl.LOG_DELIVERY_WRITE, objectOwnership: s3.ObjectOwnership.OBJECT_WRITER });
  new s3.Bucket(s, 'Data', {
    encryptionKey: key, bucketKeyEnabled: true, versioned: true, enforceSSL: true, serverAccessLogsBucket: logs, serverAccessLogsPrefix: '2024-01-01/',
    intelligentTieringConfigurations: [{ name: '1e3', prefix: 'no/', archiveAccessTierTime: Duration.days(90) }],
    lifecycleRules: [{ id: 'y', transitions: [{ storageClass: s3.StorageClass.GLACIER, transitionAfter: Duration.days(30) }], expiration: Duration.days(365), tagFilters: { state: 'off', n: '007' } }],
    inventories: [{ destination: { bucket: logs }, frequency: s3.InventoryFrequency.DAILY }], metrics: [{ id: 'Entire' }],
    cors: [{ allowedMethods: [s3.HttpMethods.GET], allowedOrigins: ['*'], maxAge: 3000 }], removalPolicy: RemovalPolicy.RETAIN,
  });
  const fs = new efs.FileSystem(s, 'Files', { vpc: vpcOf(s, cdk), lifecyclePolicy: efs.LifecyclePolicy.AFTER_14_DAYS, encrypted: true });
  fs.addAccessPoint('Point', { path: '/data', createAcl: { ownerGid: '1000', ownerUid: '1000', permissions: '0755' }, posixUser: { uid: '1000', gid: '0888' } });
  const plan = new backup.BackupPlan(s, 'Plan', { backupPlanRules: [new backup.BackupPlanRule({ ruleName: 'daily', scheduleExpression: events.Schedule.cron({ hour: '3', minute: '0' }), moveToColdStorageAfter: Duration.days(30) })] });
  plan.addSelection('All', { resources: [backup.BackupResource.fromEfsFileSystem(fs), backup.BackupResource.fromTag('stage', 'prod')] });
  new fsx.CfnFileSystem(s, 'Lustre', { fileSystemType: 'LUSTRE', storageCapacity: Size.gibibytes(1200).toGibibytes(), subnetIds: ['subnet-1'], lustreConfiguration: { weeklyMaintenanceStartTime: '1:00:00', deploymentType: 'SCRATCH_2' } });
};

exports.databases = (app, cdk) => {
  const { Stack, Duration, RemovalPolicy, SecretValue, aws_rds: rds, aws_dynamodb: ddb, aws_ec2: ec2, aws_elasticache: cache, aws_neptune: neptune, aws_docdb: docdb } = cdk;
  const s = new Stack(app, 'Databases', { env });
  const vpc = vpcOf(s, cdk);
  new rds.DatabaseCluster(s, 'Aurora', {
    engine: rds.DatabaseClusterEngine.auroraPostgres({ version: rds.AuroraPostgresEngineVersion.VER_16_4 }), vpc, writer: rds.ClusterInstance.serverlessV2('w'),
    readers: [rds.ClusterInstance.provisioned('r', { instanceType: ec2.InstanceType.of(ec2.InstanceClass.R6G, ec2.InstanceSize.LARGE) })],
    parameters: { 'rds.force_ssl': '1', 'log_min_duration_statement': '1_000' }, backup: { retention: Duration.days(7), preferredWindow: '02:00-03:00' }, cloudwatchLogsExports: ['postgresql'],
  });
  new rds.DatabaseInstance(s, 'Mysql', {
    engine: rds.DatabaseInstanceEngine.mysql({ version: rds.MysqlEngineVersion.VER_8_0_39 }), vpc, multiAz: true, credentials: rds.Credentials.fromPassword('admin', SecretValue.ssmSecure('/db/pass', '1')), preferredMaintenanceWindow: 'Sun:23:45-Mon:00:15', removalPolicy: RemovalPolicy.SNAPSHOT,
  });
  const table = new ddb.TableV2(s, 'Global', { partitionKey: { name: 'pk', type: ddb.AttributeType.STRING }, sortKey: { name: 'sk', type: ddb.AttributeType.NUMBER }, billing: ddb.Billing.onDemand(), replicas: [{ region: 'us-west-2', deletionProtection: true }], timeToLiveAttribute: 'ttl' });
  table.addGlobalSecondaryIndex({ indexName: 'by-date', partitionKey: { name: '2024-05-06', type: ddb.AttributeType.STRING } });
  const old = new ddb.Table(s, 'Scaled', { partitionKey: { name: 'id', type: ddb.AttributeType.BINARY }, billingMode: ddb.BillingMode.PROVISIONED, readCapacity: 5 });
  old.autoScaleReadCapacity({ minCapacity: 1, maxCapacity: 50 }).scaleOnUtilization({ targetUtilizationPercent: 75.5 });
  new cache.CfnReplicationGroup(s, 'Redis', { replicationGroupDescription: 'on', engine: 'redis', engineVersion: '7.0', cacheNodeType: 'cache.t4g.micro', numNodeGroups: 2, snapshotWindow: '05:00-06:00', transitEncryptionEnabled: true });
  new neptune.CfnDBCluster(s, 'Graph', { iamAuthEnabled: true, backupRetentionPeriod: 3 });
  new docdb.DatabaseCluster(s, 'Docs', { masterUser: { username: 'root1' }, instanceType: ec2.InstanceType.of(ec2.InstanceClass.R5, ec2.InstanceSize.LARGE), vpc });
};

exports.serverless = (app, cdk) => {
  const { Stack, Duration, Fn, aws_lambda: lambda, aws_apigateway: apigw, aws_apigatewayv2: v2, aws_apigatewayv2_integrations: integrations, aws_logs: logs, aws_lambda_destinations: dest, aws_lambda_event_sources: sources, aws_sqs: sqs, aws_kinesis: kinesis } = cdk;
  const s = new Stack(app, 'Serverless', { env, description: 'API: one function, two front doors' });
  const dead = new sqs.Queue(s, 'Dead', { fifo: true, contentBasedDeduplication: true });
  const fn = inline(s, cdk, 'Fn', { timeout: Duration.minutes(1), memorySize: 1024, environment: { EMPTY: '', ON: 'on', OCTAL: '0755', VERSION: '1.10', DATE: '2012-10-17', JSON: '{"a": [1, 2]}', MULTI: 'one\ntwo\n', TILDE: '~', HEX: '0xff', SPACED: ' x ', URL: 'https://example.com/?a=b#c', COLON: 'a: b' }, tracing: lambda.Tracing.ACTIVE, logRetention: logs.RetentionDays.ONE_MONTH, onFailure: new dest.SqsDestination(new sqs.Queue(s, 'Failed')), architecture: lambda.Architecture.ARM_64 });
  fn.addEventSource(new sources.KinesisEventSource(new kinesis.Stream(s, 'Stream', { shardCount: 2 }), { startingPosition: lambda.StartingPosition.TRIM_HORIZON, filters: [lambda.FilterCriteria.filter({ data: { n: lambda.FilterRule.isEqual('1e3') } })] }));
  fn.addAlias('live', { provisionedConcurrentExecutions: 1 });
  fn.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.NONE, cors: { allowedOrigins: ['*'] } });
  const api = new apigw.LambdaRestApi(s, 'Rest', { handler: fn, proxy: false, deployOptions: { loggingLevel: apigw.MethodLoggingLevel.INFO, accessLogFormat: apigw.AccessLogFormat.jsonWithStandardFields(), accessLogDestination: new apigw.LogGroupLogDestination(new logs.LogGroup(s, 'Access')) } });
  const model = api.addModel('Pet', { schema: { type: apigw.JsonSchemaType.OBJECT, required: ['name'], properties: { name: { type: apigw.JsonSchemaType.STRING, pattern: '^[a-z]+$' }, age: { type: apigw.JsonSchemaType.NUMBER, minimum: 0.5 } } } });
  api.root.addResource('pets').addMethod('POST', new apigw.MockIntegration({ requestTemplates: { 'application/json': '#set($a = $input.json("$"))\n{"statusCode": 200}\n\n' }, integrationResponses: [{ statusCode: '200', responseParameters: { 'method.response.header.X': "'y'" } }] }), { requestModels: { 'application/json': model }, apiKeyRequired: true });
  api.addUsagePlan('Plan', { throttle: { rateLimit: 10.5, burstLimit: 2 }, quota: { limit: 1e6, period: apigw.Period.MONTH } });
  const http = new v2.HttpApi(s, 'Http', { corsPreflight: { allowMethods: [v2.CorsHttpMethod.ANY], allowOrigins: ['*'] } });
  http.addRoutes({ path: '/{proxy+}', methods: [v2.HttpMethod.ANY], integration: new integrations.HttpLambdaIntegration('Any', fn) });
  new sqs.CfnQueuePolicy(s, 'P', { queues: [dead.queueUrl], policyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: Fn.getAtt('Dead', 'Arn') }] } });
};

exports.containers = (app, cdk) => {
  const { Stack, Duration, aws_ecs: ecs, aws_ecs_patterns: patterns, aws_ecr: ecr, aws_ec2: ec2, aws_batch: batch, aws_servicediscovery: sd } = cdk;
  const s = new Stack(app, 'Containers', { env });
  const vpc = vpcOf(s, cdk);
  const cluster = new ecs.Cluster(s, 'Cluster', { vpc, containerInsightsV2: ecs.ContainerInsights.ENABLED, defaultCloudMapNamespace: { name: 'svc.local', type: sd.NamespaceType.DNS_PRIVATE } });
  const repo = new ecr.Repository(s, 'Repo', { imageScanOnPush: true, lifecycleRules: [{ maxImageCount: 9, tagPatternList: ['v*'] }] });
  const service = new patterns.ApplicationLoadBalancedFargateService(s, 'Web', {
    cluster, cpu: 512, desiredCount: 2, circuitBreaker: { rollback: true }, propagateTags: ecs.PropagatedTagSource.SERVICE,
    taskImageOptions: { image: ecs.ContainerImage.fromEcrRepository(repo, '1.10'), containerPort: 8080, environment: { DEBUG: 'no', PORT: '8080', EMPTY: '' }, entryPoint: ['/bin/sh', '-c'], command: ['echo "a: b" && exec ./run --flag=\'x y\'\n'], dockerLabels: { 'com.example/a': 'true' } },
  });
  service.targetGroup.configureHealthCheck({ path: '/health?x=1&y=2', healthyHttpCodes: '200-299,301', interval: Duration.seconds(15) });
  service.service.autoScaleTaskCount({ maxCapacity: 10 }).scaleOnRequestCount('Req', { requestsPerTarget: 1000, targetGroup: service.targetGroup });
  new patterns.ScheduledFargateTask(s, 'Nightly', { cluster, schedule: cdk.aws_applicationautoscaling.Schedule.expression('rate(1 day)'), scheduledFargateTaskImageOptions: { image: ecs.ContainerImage.fromRegistry('busybox'), memoryLimitMiB: 512 } });
  new batch.JobQueue(s, 'Queue', { priority: 10, computeEnvironments: [{ order: 1, computeEnvironment: new batch.FargateComputeEnvironment(s, 'Env', { vpc, maxvCpus: 16, spot: true }) }] });
  const def = new ecs.Ec2TaskDefinition(s, 'Ec2', { networkMode: ecs.NetworkMode.AWS_VPC, volumes: [{ name: 'v', host: { sourcePath: '/ecs' } }] });
  def.addContainer('c', { image: ecs.ContainerImage.fromRegistry('nginx'), memoryLimitMiB: 64, healthCheck: { command: ['CMD-SHELL', 'curl -f http://localhost/ || exit 1'] } }).addMountPoints({ sourceVolume: 'v', containerPath: '/x', readOnly: true });
};

exports.kubernetes = (app, cdk) => {
  const { Stack, aws_eks: eks, aws_lambda: lambda } = cdk;
  const s = new Stack(app, 'Cluster', { env });
  const cluster = new eks.Cluster(s, 'Eks', { version: eks.KubernetesVersion.V1_31, vpc: vpcOf(s, cdk), defaultCapacity: 1, kubectlLayer: lambda.LayerVersion.fromLayerVersionArn(s, 'Layer', 'arn:aws:lambda:eu-central-1:111122223333:layer:kubectl:1') });
  cluster.addManifest('App', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm' }, data: { yes: 'yes', 'n': 'null', 'cfg.yml': 'a:\n  - 1\n  - "2"\n' } });
  cluster.addHelmChart('Chart', { chart: 'nginx', values: { replicas: 2, on: true, name: '1.0' } });
  cluster.addFargateProfile('F', { selectors: [{ namespace: 'default', labels: { fargate: 'yes' } }] });
};

exports.messaging = (app, cdk) => {
  const { Stack, Duration, aws_sns: sns, aws_sqs: sqs, aws_sns_subscriptions: subs, aws_events: events, aws_events_targets: targets, aws_pipes: pipes, aws_scheduler: scheduler, aws_scheduler_targets: st, aws_amazonmq: mq, aws_msk: msk, aws_kinesisfirehose: firehose, aws_s3: s3 } = cdk;
  const s = new Stack(app, 'Messaging', { env });
  const topic = new sns.Topic(s, 'Topic', { fifo: true, displayName: 'Wichtig: lesen!', contentBasedDeduplication: true });
  const queue = new sqs.Queue(s, 'Queue', { fifo: true, visibilityTimeout: Duration.hours(1) });
  topic.addSubscription(new subs.SqsSubscription(queue, { rawMessageDelivery: true, filterPolicy: { kind: sns.SubscriptionFilter.stringFilter({ allowlist: ['yes', 'no', '1'], matchPrefixes: ['x-'] }), size: sns.SubscriptionFilter.numericFilter({ between: { start: 1.5, stop: 1e21 } }) } }));
  const bus = new events.EventBus(s, 'Bus', { eventBusName: 'orders' });
  bus.archive('Archive', { eventPattern: { source: events.Match.prefix('com.') }, retention: Duration.days(30) });
  new events.Rule(s, 'Rule', { eventBus: bus, eventPattern: { detail: { amount: events.Match.greaterThan(100.25), 'state': events.Match.anythingBut('ON', 'OFF'), flag: [true, null] }, source: ['a.b'] }, targets: [new targets.EventBus(events.EventBus.fromEventBusArn(s, 'Other', 'arn:aws:events:us-east-1:111122223333:event-bus/x')), new targets.LambdaFunction(inline(s, cdk), { event: events.RuleTargetInput.fromText(`at ${events.EventField.time}:\n "${events.EventField.fromPath('$.detail.x')}"`) })] });
  new scheduler.Schedule(s, 'At', { schedule: scheduler.ScheduleExpression.at(new Date(Date.UTC(2031, 0, 1))), target: new st.SqsSendMessage(new sqs.Queue(s, 'Plain'), { input: scheduler.ScheduleTargetInput.fromObject({ y: 'n' }) }) });
  new pipes.CfnPipe(s, 'Pipe', { roleArn: 'arn:aws:iam::111122223333:role/x', source: queue.queueArn, target: bus.eventBusArn, sourceParameters: { filterCriteria: { filters: [{ pattern: '{ "body": { "n": [ { "numeric": [ ">", 3 ] } ] } }' }] } } });
  new mq.CfnBroker(s, 'Mq', { brokerName: 'b', deploymentMode: 'SINGLE_INSTANCE', engineType: 'RABBITMQ', engineVersion: '3.13', hostInstanceType: 'mq.t3.micro', publiclyAccessible: false, autoMinorVersionUpgrade: true, users: [{ username: 'u', password: '{{resolve:secretsmanager:x}}' }], maintenanceWindowStartTime: { dayOfWeek: 'MONDAY', timeOfDay: '22:45', timeZone: 'Europe/Berlin' } });
  new msk.CfnServerlessCluster(s, 'Msk', { clusterName: 'k', vpcConfigs: [{ subnetIds: ['subnet-1'] }], clientAuthentication: { sasl: { iam: { enabled: true } } } });
  new firehose.DeliveryStream(s, 'Fire', { destination: new firehose.S3Bucket(new s3.Bucket(s, 'Sink'), { dataOutputPrefix: 'year=!{timestamp:yyyy}/', errorOutputPrefix: 'err/!{firehose:error-output-type}/' }) });
};

exports.workflows = (app, cdk) => {
  const { Stack, Duration, aws_stepfunctions: sfn, aws_stepfunctions_tasks: tasks, aws_sns: sns, aws_dynamodb: ddb } = cdk;
  const s = new Stack(app, 'Flow', { env });
  const fn = inline(s, cdk);
  const table = new ddb.Table(s, 'T', { partitionKey: { name: 'id', type: ddb.AttributeType.STRING } });
  const done = new sfn.Succeed(s, 'Done', { comment: 'fertig ✓' });
  const put = new tasks.DynamoPutItem(s, 'Put', { table, item: { id: tasks.DynamoAttributeValue.fromString(sfn.JsonPath.stringAt('$.id')), n: tasks.DynamoAttributeValue.fromNumber(1.0) } });
  const call = new tasks.LambdaInvoke(s, 'Call', { lambdaFunction: fn, resultSelector: { 'out.$': '$.Payload' }, retryOnServiceExceptions: true });
  call.addCatch(new sfn.Fail(s, 'Broken', { error: 'E', cause: 'something: "bad"' }), { errors: ['States.ALL'], resultPath: '$.error' });
  const each = new sfn.Map(s, 'Each', { maxConcurrency: 5, itemsPath: '$.items' }).itemProcessor(put);
  const both = new sfn.Parallel(s, 'Both').branch(each).branch(new tasks.SnsPublish(s, 'Tell', { topic: new sns.Topic(s, 'News'), message: sfn.TaskInput.fromText('line\nline\n') }));
  const choice = new sfn.Choice(s, 'Which').when(sfn.Condition.and(sfn.Condition.isPresent('$.x'), sfn.Condition.stringMatches('$.x', 'y*')), call.next(done)).otherwise(both);
  new sfn.StateMachine(s, 'Machine', { definitionBody: sfn.DefinitionBody.fromChainable(new sfn.Wait(s, 'Wait', { time: sfn.WaitTime.timestampPath('$.at') }).next(choice)), timeout: Duration.minutes(5), tracingEnabled: true });
  new sfn.StateMachine(s, 'Text', { definitionBody: sfn.DefinitionBody.fromString('{\n  "StartAt": "A",\n  "States": { "A": { "Type": "Pass", "End": true, "Result": "${what}" } }\n}\n'), definitionSubstitutions: { what: 'yes' }, stateMachineType: sfn.StateMachineType.EXPRESS });
};

exports.access = (app, cdk) => {
  const { Stack, Duration, aws_iam: iam, aws_cognito: cognito, aws_secretsmanager: sm, aws_sso: sso, aws_organizations: org, aws_verifiedpermissions: vp, SecretValue } = cdk;
  const s = new Stack(app, 'Access', { env });
  const pool = new cognito.UserPool(s, 'Pool', { selfSignUpEnabled: true, userVerification: { emailSubject: 'Hallo {username}', emailBody: 'Ihr Code:\n\n\t{####}\n\nBis bald\n' }, passwordPolicy: { minLength: 12, tempPasswordValidity: Duration.days(3) }, customAttributes: { when: new cognito.DateTimeAttribute(), n: new cognito.NumberAttribute({ min: 1, max: 10 }) }, mfa: cognito.Mfa.REQUIRED, mfaSecondFactor: { otp: true, sms: false } });
  pool.addDomain('D', { cognitoDomain: { domainPrefix: 'my-app' } });
  pool.addClient('C', { oAuth: { flows: { authorizationCodeGrant: true }, callbackUrls: ['https://example.com/cb?x=1'] }, accessTokenValidity: Duration.minutes(61) });
  const secret = new sm.Secret(s, 'Secret', { generateSecretString: { secretStringTemplate: JSON.stringify({ user: 'a "b"' }), generateStringKey: 'p', excludeCharacters: '"@/\\ \'`' } });
  new sm.Secret(s, 'Fixed', { secretObjectValue: { a: SecretValue.unsafePlainText('1e3'), b: secret.secretValueFromJson('p') } });
  const oidc = new iam.OpenIdConnectProvider(s, 'Oidc', { url: 'https://token.example.com', clientIds: ['sts.amazonaws.com'], thumbprints: ['0'.repeat(40)] });
  const role = new iam.Role(s, 'Role', { assumedBy: new iam.WebIdentityPrincipal(oidc.openIdConnectProviderArn, { StringLike: { 'token.example.com:sub': 'repo:org/*:ref:refs/heads/main' } }), maxSessionDuration: Duration.hours(12), permissionsBoundary: iam.ManagedPolicy.fromAwsManagedPolicyName('PowerUserAccess'), description: "it's \"quoted\" & <tagged>" });
  role.addToPolicy(new iam.PolicyStatement({ sid: 'Null', actions: ['*'], resources: ['*'], conditions: { Null: { 'aws:TokenIssueTime': 'true' }, DateGreaterThan: { 'aws:CurrentTime': '2024-01-01T00:00:00Z' }, NumericLessThan: { 'aws:MultiFactorAuthAge': '3600' }, IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '2001:db8::/32'] } } }));
  new iam.SamlProvider(s, 'Saml', { metadataDocument: iam.SamlMetadataDocument.fromXml('<?xml version="1.0"?>\n<EntityDescriptor\n\tx="y">\n</EntityDescriptor>') });
  new sso.CfnPermissionSet(s, 'Set', { instanceArn: 'arn:aws:sso:::instance/i', name: 'n', sessionDuration: 'PT8H', inlinePolicy: { Statement: [] } });
  new org.CfnPolicy(s, 'Scp', { name: 'deny', type: 'SERVICE_CONTROL_POLICY', content: { Statement: [{ Effect: 'Deny', Action: 'off' }] } });
  new vp.CfnPolicyStore(s, 'Store', { validationSettings: { mode: 'STRICT' }, schema: { cedarJson: '{"NS":{}}' } });
};

exports.network = (app, cdk) => {
  const { Stack, Tags, aws_ec2: ec2, aws_route53: r53, aws_elasticloadbalancingv2: elb, aws_networkfirewall: fw, aws_vpclattice: lattice, aws_globalaccelerator: ga, aws_wafv2: waf } = cdk;
  const s = new Stack(app, 'Network', { env });
  const vpc = new ec2.Vpc(s, 'Vpc', {
    ipAddresses: ec2.IpAddresses.cidr('10.20.0.0/16'), availabilityZones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'], ipProtocol: ec2.IpProtocol.DUAL_STACK,
    subnetConfiguration: [{ name: 'web', subnetType: ec2.SubnetType.PUBLIC, cidrMask: 24 }, { name: 'app', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }, { name: 'db', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, reserved: false }],
    gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } }, flowLogs: { all: { trafficType: ec2.FlowLogTrafficType.REJECT } }, restrictDefaultSecurityGroup: true,
  });
  Tags.of(vpc).add('kubernetes.io/role/elb', '1');
  vpc.addInterfaceEndpoint('Ecr', { service: ec2.InterfaceVpcEndpointAwsService.ECR });
  const sg = new ec2.SecurityGroup(s, 'Sg', { vpc, allowAllIpv6Outbound: true });
  sg.addIngressRule(ec2.Peer.ipv6('::/0'), ec2.Port.icmpPing(), 'ping: yes');
  sg.addIngressRule(ec2.Peer.securityGroupId('sg-0123456789abcdef0'), ec2.Port.udpRange(500, 4500));
  const zone = new r53.HostedZone(s, 'Zone', { zoneName: 'example.com', vpcs: [vpc], comment: '  two blanks first' });
  new r53.TxtRecord(s, 'Txt', { zone, values: ['v=spf1 include:_spf.example.com ~all', 'a "quoted" one', 'x'.repeat(300)] });
  new r53.MxRecord(s, 'Mx', { zone, values: [{ priority: 10, hostName: 'mail.example.com' }] });
  new r53.ARecord(s, 'Geo', { zone, recordName: '*', target: r53.RecordTarget.fromIpAddresses('192.0.2.1'), geoLocation: r53.GeoLocation.country('NO'), setIdentifier: 'no' });
  const lb = new elb.ApplicationLoadBalancer(s, 'Lb', { vpc, internetFacing: true, http2Enabled: false, idleTimeout: cdk.Duration.seconds(4000) });
  const listener = lb.addListener('L', { port: 80, defaultAction: elb.ListenerAction.redirect({ port: '443', protocol: 'HTTPS', permanent: true }) });
  listener.addAction('Fixed', { priority: 7, conditions: [elb.ListenerCondition.pathPatterns(['/a*']), elb.ListenerCondition.queryStrings([{ key: 'y', value: 'n' }])], action: elb.ListenerAction.fixedResponse(503, { messageBody: '<html>\r\n  <p>später</p>\r\n</html>\r\n', contentType: 'text/html' }) });
  new fw.CfnRuleGroup(s, 'Rules', { capacity: 100, ruleGroupName: 'r', type: 'STATEFUL', ruleGroup: { rulesSource: { rulesString: 'drop tcp any any -> any any (msg:"no: \\"x\\""; sid:1;)\n# comment\n\n' } } });
  new lattice.CfnServiceNetwork(s, 'Lattice', { authType: 'NONE' });
  new ga.Accelerator(s, 'Ga');
  new waf.CfnWebACL(s, 'Acl', { scope: 'REGIONAL', defaultAction: { allow: {} }, visibilityConfig: { cloudWatchMetricsEnabled: true, metricName: 'm', sampledRequestsEnabled: false }, rules: [{ name: 'rate', priority: 0, action: { block: { customResponse: { responseCode: 429 } } }, statement: { rateBasedStatement: { limit: 2000, aggregateKeyType: 'IP' } }, visibilityConfig: { cloudWatchMetricsEnabled: false, metricName: 'r', sampledRequestsEnabled: false } }] });
};

exports.machines = (app, cdk) => {
  const { Stack, Duration, Fn, aws_ec2: ec2, aws_autoscaling: asg, aws_imagebuilder: ib, aws_ssm: ssm } = cdk;
  const s = new Stack(app, 'Machines', { env });
  const vpc = vpcOf(s, cdk);
  const data = ec2.UserData.forLinux({ shebang: '#!/bin/bash -xe' });
  data.addCommands('yum update -y', "cat > /etc/x <<'E'", '\tkey: "value" # no comment', '  ', 'E', '', 'echo done\t');
  data.addSignalOnExitCommand(new ec2.Instance(s, 'One', { vpc, instanceType: new ec2.InstanceType('t4g.nano'), machineImage: ec2.MachineImage.latestAmazonLinux2023({ cpuType: ec2.AmazonLinuxCpuType.ARM_64 }), requireImdsv2: true, blockDevices: [{ deviceName: '/dev/xvda', volume: ec2.BlockDeviceVolume.ebs(30, { volumeType: ec2.EbsDeviceVolumeType.GP3, iops: 3000, throughput: 125 }) }] }));
  const group = new asg.AutoScalingGroup(s, 'Group', {
    vpc, minCapacity: 1, maxCapacity: 4, launchTemplate: new ec2.LaunchTemplate(s, 'Lt', { machineImage: ec2.MachineImage.genericLinux({ 'eu-central-1': 'ami-0123456789abcdef0' }), instanceType: new ec2.InstanceType('c7g.large'), userData: data, role: new cdk.aws_iam.Role(s, 'Lr', { assumedBy: new cdk.aws_iam.ServicePrincipal('ec2.amazonaws.com') }), spotOptions: { maxPrice: 0.05 } }),
    updatePolicy: asg.UpdatePolicy.rollingUpdate({ pauseTime: Duration.minutes(5), minSuccessPercentage: 50 }), signals: asg.Signals.waitForAll({ timeout: Duration.minutes(10) }), groupMetrics: [asg.GroupMetrics.all()],
  });
  group.scaleOnSchedule('Morning', { schedule: asg.Schedule.cron({ hour: '8', minute: '30' }), desiredCapacity: 4 });
  group.scaleOnMetric('Steps', { metric: new cdk.aws_cloudwatch.Metric({ namespace: 'X', metricName: 'y' }), scalingSteps: [{ upper: 1, change: -1 }, { lower: 5, change: +1 }, { lower: 10.5, change: +3 }] });
  const win = ec2.UserData.forWindows({ persist: true });
  win.addCommands('Write-Host "C:\\Temp\\x y"', '$env:PATH += ";C:\\bin"');
  new ec2.Instance(s, 'Win', { vpc, instanceType: new ec2.InstanceType('t3.large'), machineImage: ec2.MachineImage.latestWindows(ec2.WindowsVersion.WINDOWS_SERVER_2022_ENGLISH_FULL_BASE), userData: win, detailedMonitoring: true });
  new ec2.CfnInstance(s, 'Init', { imageId: 'ami-1', userData: Fn.base64(Fn.sub('#!/bin/sh\n/opt/aws/bin/cfn-init -s ${AWS::StackName} -r Init\n\n')) })
    .addOverride('Metadata.AWS::CloudFormation::Init.config', { files: { '/etc/cfn/x.conf': { content: '[main]\nstack=\n\ninterval=1\n', mode: '000400', owner: 'root' } }, services: { sysvinit: { 'cfn-hup': { enabled: 'true', ensureRunning: 'true' } } }, commands: { '01_a': { command: 'echo "a"; echo \'b\'' }, '2': { command: 'true' }, '10': { command: 'false' } } });
  new ib.CfnComponent(s, 'Component', { name: 'c', platform: 'Linux', version: '1.0.0', data: 'name: x\nschemaVersion: 1.0\nphases:\n  - name: build\n    steps:\n      - name: y\n        action: ExecuteBash\n        inputs:\n          commands:\n            - |\n              echo 1\n' });
  new ssm.CfnDocument(s, 'Doc', { content: { schemaVersion: '2.2', mainSteps: [{ action: 'aws:runShellScript', name: 'x', inputs: { runCommand: ['{{ command }}', '', ' ', 'true'] } }] }, documentType: 'Command' });
};

exports.web = (app, cdk) => {
  const { Stack, Duration, aws_cloudfront: cf, aws_cloudfront_origins: origins, aws_s3: s3, aws_certificatemanager: acm, aws_amplify: amplify, aws_appsync: appsync, aws_lambda: lambda } = cdk;
  const s = new Stack(app, 'Web', { env: { account: env.account, region: 'us-east-1' } });
  const site = new s3.Bucket(s, 'Site', { websiteIndexDocument: 'index.html', websiteErrorDocument: '404.html', websiteRoutingRules: [{ condition: { httpErrorCodeReturnedEquals: '404' }, replaceKey: s3.ReplaceKey.prefixWith('#!/') }] });
  const fn = new cf.Function(s, 'Rewrite', { code: cf.FunctionCode.fromInline('function handler(event) {\n  var r = event.request;\n  if (!r.uri.includes(".")) { r.uri += "/index.html"; }\n  return r;\n}\n'), runtime: cf.FunctionRuntime.JS_2_0 });
  new cf.Distribution(s, 'Cdn', {
    defaultBehavior: { origin: origins.S3BucketOrigin.withOriginAccessControl(site), functionAssociations: [{ function: fn, eventType: cf.FunctionEventType.VIEWER_REQUEST }], responseHeadersPolicy: new cf.ResponseHeadersPolicy(s, 'Headers', { securityHeadersBehavior: { contentSecurityPolicy: { contentSecurityPolicy: "default-src 'self'; img-src *", override: true }, strictTransportSecurity: { accessControlMaxAge: Duration.days(365), includeSubdomains: true, override: true } }, customHeadersBehavior: { customHeaders: [{ header: 'X-On', value: 'on', override: false }] } }) },
    additionalBehaviors: { '/api/*': { origin: new origins.HttpOrigin('api.example.com', { customHeaders: { 'X-Key': '0123' }, readTimeout: Duration.seconds(59) }), cachePolicy: new cf.CachePolicy(s, 'Cache', { queryStringBehavior: cf.CacheQueryStringBehavior.allowList('y', 'n'), defaultTtl: Duration.seconds(0) }) } },
    certificate: acm.Certificate.fromCertificateArn(s, 'Cert', 'arn:aws:acm:us-east-1:111122223333:certificate/11111111-2222-3333-4444-555555555555'), domainNames: ['www.example.com'], errorResponses: [{ httpStatus: 404, responsePagePath: '/404.html', ttl: Duration.minutes(5) }], geoRestriction: cf.GeoRestriction.denylist('NO', 'SE'), comment: 'x: y # z', priceClass: cf.PriceClass.PRICE_CLASS_100,
  });
  new acm.Certificate(s, 'New', { domainName: '*.example.com', subjectAlternativeNames: ['example.com'], validation: acm.CertificateValidation.fromEmail() });
  new amplify.CfnApp(s, 'Amplify', { name: 'a', buildSpec: 'version: 1\nfrontend:\n  phases:\n    build:\n      commands: ["npm ci", "npm run build"]\n', customRules: [{ source: '</^[^.]+$/>', target: '/index.html', status: '200' }], environmentVariables: [{ name: 'N', value: '1' }] });
  const api = new appsync.CfnGraphQLApi(s, 'Graph', { name: 'g', authenticationType: 'API_KEY', xrayEnabled: true });
  new appsync.CfnGraphQLSchema(s, 'Schema', { apiId: api.attrApiId, definition: 'type Query {\n  """doc: "x""""\n  f(y: Boolean = true): [String!]!\n}\n\nschema { query: Query }\n' });
  new appsync.CfnResolver(s, 'Resolver', { apiId: api.attrApiId, typeName: 'Query', fieldName: 'f', requestMappingTemplate: '{"version": "2018-05-29",\n#if($ctx.args.y)\n  "y": true\n#end\n}', runtime: { name: 'APPSYNC_JS', runtimeVersion: '1.0.0' } });
  new cf.experimental.EdgeFunction(s, 'Edge', { runtime: lambda.Runtime.NODEJS_20_X, handler: 'i.h', code: lambda.Code.fromInline('exports.h = 1') });
};
