// Services for data, delivery, watching and management; most of them have only
// resources as CloudFormation has them.
const env = { account: '111122223333', region: 'us-west-2' };

exports.pipelines = (app, cdk) => {
  const { Stack, Duration, aws_codepipeline: cp, aws_codepipeline_actions: actions, aws_codebuild: cb, aws_s3: s3, aws_codedeploy: cd, aws_codecommit: cc, SecretValue } = cdk;
  const s = new Stack(app, 'Delivery', { env });
  const source = new cp.Artifact('Source'), built = new cp.Artifact();
  const project = new cb.PipelineProject(s, 'Build', {
    buildSpec: cb.BuildSpec.fromObjectToYaml({ version: '0.2', env: { variables: { A: 'yes', B: '1e3', C: 'a: b', D: 'x\ny' } }, phases: { build: { commands: ['echo "$A" > x', 'test -f y || exit 1', '- not a list', 'a #b'] } }, artifacts: { files: ['**/*'], 'base-directory': 'out' } }),
    environment: { buildImage: cb.LinuxBuildImage.STANDARD_7_0, computeType: cb.ComputeType.LARGE, privileged: true }, environmentVariables: { TOKEN: { type: cb.BuildEnvironmentVariableType.SECRETS_MANAGER, value: 'x:y' }, NUM: { value: 10 } }, cache: cb.Cache.local(cb.LocalCacheMode.DOCKER_LAYER), timeout: Duration.hours(2),
  });
  new cb.Project(s, 'Plain', { buildSpec: cb.BuildSpec.fromObject({ version: 0.2, phases: { install: { 'runtime-versions': { nodejs: 20 } } } }), source: cb.Source.gitHub({ owner: 'o', repo: 'r', webhookFilters: [cb.FilterGroup.inEventOf(cb.EventAction.PUSH).andBranchIs('main')] }) });
  new cp.Pipeline(s, 'Pipe', {
    pipelineType: cp.PipelineType.V2, restartExecutionOnUpdate: true, crossAccountKeys: true,
    stages: [
      { stageName: 'Source', actions: [new actions.CodeStarConnectionsSourceAction({ actionName: 'Git', owner: 'o', repo: 'r', branch: 'on', output: source, connectionArn: 'arn:aws:codestar-connections:us-west-2:111122223333:connection/x' })] },
      { stageName: 'Build', actions: [new actions.CodeBuildAction({ actionName: 'Make', project, input: source, outputs: [built] }), new actions.ManualApprovalAction({ actionName: 'Ask', additionalInformation: 'Really?\n\n  - yes\n  - no\n', runOrder: 2 })] },
      { stageName: 'Deploy', actions: [new actions.CloudFormationCreateUpdateStackAction({ actionName: 'Cfn', stackName: 'X', templatePath: built.atPath('t.json'), adminPermissions: false, parameterOverrides: { P: 'null' } }), new actions.S3DeployAction({ actionName: 'S3', bucket: new s3.Bucket(s, 'Site'), input: built, cacheControl: [actions.CacheControl.maxAge(Duration.hours(12))] })] },
    ],
  });
  new cd.LambdaDeploymentGroup(s, 'Group', { alias: new cdk.aws_lambda.Alias(s, 'Alias', { aliasName: 'live', version: new cdk.aws_lambda.Function(s, 'Fn', { runtime: cdk.aws_lambda.Runtime.PYTHON_3_12, handler: 'index.h', code: cdk.aws_lambda.Code.fromInline('def h(e, c):\n    return "a: b"\n') }).currentVersion }), deploymentConfig: cd.LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES });
  new cc.Repository(s, 'Repo', { repositoryName: 'n', description: '' });
  new cdk.aws_amplify.CfnApp(s, 'A', { name: 'x', accessToken: SecretValue.secretsManager('token').unsafeUnwrap() });
};

exports.watching = (app, cdk) => {
  const { Stack, Duration, Aws, aws_cloudwatch: cw, aws_cloudwatch_actions: act, aws_logs: logs, aws_sns: sns, aws_synthetics: syn, aws_xray: xray, aws_cloudtrail: trail, aws_config: config } = cdk;
  const s = new Stack(app, 'Watching', { env });
  const m = new cw.Metric({ namespace: 'My/App', metricName: 'Latency', dimensionsMap: { Stage: 'on', Zone: '1.0' }, statistic: 'p99.9', unit: cw.Unit.MILLISECONDS, color: '#ff0000', label: 'Wartezeit [ms]: ${AVG}' });
  const rate = new cw.MathExpression({ expression: 'IF(a > 1e3, a / b * 100, 0)', usingMetrics: { a: m, b: m.with({ statistic: 'Sum' }) }, label: '100% "sicher"' });
  const alarm = rate.createAlarm(s, 'Alarm', { threshold: 99.95, evaluationPeriods: 3, datapointsToAlarm: 2, treatMissingData: cw.TreatMissingData.NOT_BREACHING, alarmDescription: 'Line 1\r\nLine 2\r\n', comparisonOperator: cw.ComparisonOperator.LESS_THAN_THRESHOLD });
  alarm.addAlarmAction(new act.SnsAction(new sns.Topic(s, 'Page')));
  new cw.CompositeAlarm(s, 'Both', { alarmRule: cw.AlarmRule.allOf(cw.AlarmRule.fromAlarm(alarm, cw.AlarmState.ALARM), cw.AlarmRule.fromBoolean(true)) });
  new cw.Dashboard(s, 'Board', { start: '-P7D', widgets: [[new cw.TextWidget({ markdown: '# Titel\n\n* a\n* [b](https://example.com)\n', width: 24 })], [new cw.GraphWidget({ title: 'Überblick', left: [m, rate], leftYAxis: { min: 0, max: 1e21 }, leftAnnotations: [{ value: 1e-7, label: 'tiny' }], period: Duration.minutes(1) }), new cw.SingleValueWidget({ metrics: [m] }), new cw.LogQueryWidget({ logGroupNames: ['/a'], queryLines: ['fields @message', 'filter @message like /"x"/'] })]] });
  const group = new logs.LogGroup(s, 'Group', { logGroupName: `/app/${Aws.STACK_NAME}`, retention: logs.RetentionDays.INFINITE });
  group.addMetricFilter('Errors', { filterPattern: logs.FilterPattern.all(logs.FilterPattern.stringValue('$.level', '=', 'ERROR'), logs.FilterPattern.numberValue('$.n', '>', 1.5)), metricNamespace: 'x', metricName: 'y', metricValue: '$.n', defaultValue: 0 });
  new logs.QueryDefinition(s, 'Query', { queryDefinitionName: 'q', queryString: new logs.QueryString({ fields: ['@timestamp'], parseStatements: ['@message "[*] *" as level, text'], sort: '@timestamp desc', limit: 20 }) });
  new syn.Canary(s, 'Canary', { runtime: syn.Runtime.SYNTHETICS_NODEJS_PUPPETEER_9_1, schedule: syn.Schedule.rate(Duration.minutes(5)), test: syn.Test.custom({ code: syn.Code.fromInline('exports.handler = async () => {};\n// ends without newline'), handler: 'index.handler' }), environmentVariables: { URL: 'https://example.com' } });
  new xray.CfnSamplingRule(s, 'Rule', { samplingRule: { ruleName: 'r', priority: 1, fixedRate: 0.05, reservoirSize: 1, serviceName: '*', serviceType: '*', host: '*', httpMethod: '*', urlPath: '*', resourceArn: '*', version: 1 } });
  new trail.Trail(s, 'Trail', { sendToCloudWatchLogs: true });
  new config.ManagedRule(s, 'Config', { identifier: 'ACCESS_KEYS_ROTATED', inputParameters: { maxAccessKeyAge: 60 }, maximumExecutionFrequency: config.MaximumExecutionFrequency.TWELVE_HOURS });
};

exports.data = (app, cdk) => {
  const { Stack, aws_glue: glue, aws_athena: athena, aws_emr: emr, aws_redshift: rs, aws_opensearchservice: os, aws_lakeformation: lf, aws_kinesisanalytics: ka, aws_quicksight: qs, aws_sagemaker: sm, aws_timestream: ts, aws_dms: dms } = cdk;
  const s = new Stack(app, 'Data', { env });
  new glue.CfnTable(s, 'Table', { catalogId: s.account, databaseName: 'd', tableInput: { name: 't', parameters: { 'projection.enabled': 'true', 'projection.date.range': '2020-01-01,NOW', 'skip.header.line.count': '1', EXTERNAL: 'TRUE' }, storageDescriptor: { columns: [{ name: 'no', type: 'decimal(10,2)' }, { name: 'y', type: 'struct<a:int,b:array<string>>' }], location: 's3://b/p/', serdeInfo: { parameters: { 'field.delim': '\t', 'escape.delim': '\\', 'quoteChar': '"', 'line.delim': '\n' } } } } });
  new glue.CfnJob(s, 'Job', { role: 'r', command: { name: 'glueetl', pythonVersion: '3', scriptLocation: 's3://b/s.py' }, defaultArguments: { '--job-language': 'python', '--enable-metrics': '', '--conf': 'spark.x=1 --conf spark.y=2' }, glueVersion: '4.0', maxRetries: 0 });
  new athena.CfnNamedQuery(s, 'Query', { database: 'd', queryString: '-- comment: first\nSELECT "a", \'b\'\nFROM t\n  WHERE x = 1\n    AND y <> \'no\';\n\n' });
  new emr.CfnCluster(s, 'Emr', { name: 'e', jobFlowRole: 'j', serviceRole: 's', releaseLabel: 'emr-7.1.0', instances: { masterInstanceGroup: { instanceCount: 1, instanceType: 'm5.xlarge' } }, configurations: [{ classification: 'spark', configurationProperties: { maximizeResourceAllocation: 'true', 'x.y': '0b1' } }] });
  new rs.CfnCluster(s, 'Redshift', { clusterType: 'single-node', dbName: 'off', masterUsername: 'u', nodeType: 'ra3.large', preferredMaintenanceWindow: 'sun:10:30-sun:11:00' });
  new os.Domain(s, 'Search', { version: os.EngineVersion.OPENSEARCH_2_19, capacity: { dataNodes: 3, masterNodes: 3 }, zoneAwareness: { availabilityZoneCount: 3 }, enforceHttps: true, nodeToNodeEncryption: true, encryptionAtRest: { enabled: true }, fineGrainedAccessControl: { masterUserName: 'm' }, advancedOptions: { 'rest.action.multi.allow_explicit_index': 'false' } });
  new lf.CfnPermissions(s, 'Perm', { dataLakePrincipal: { dataLakePrincipalIdentifier: 'IAM_ALLOWED_PRINCIPALS' }, resource: { databaseResource: { name: 'd' } }, permissions: ['ALL'] });
  new ka.CfnApplicationV2(s, 'Flink', { runtimeEnvironment: 'FLINK-1_20', serviceExecutionRole: 'r', applicationConfiguration: { environmentProperties: { propertyGroups: [{ propertyGroupId: '0', propertyMap: { '1': 'one', '10': 'ten', a: 'NULL', '01': 'x' } }] } } });
  new qs.CfnDataSet(s, 'Set', { name: 'n', importMode: 'SPICE', physicalTableMap: { '1': { customSql: { dataSourceArn: 'a', name: 'q', sqlQuery: 'select 1\n', columns: [{ name: 'c', type: 'INTEGER' }] } } } });
  new sm.CfnEndpointConfig(s, 'Ml', { productionVariants: [{ initialVariantWeight: 0.1, modelName: 'm', variantName: 'v', initialInstanceCount: 1, instanceType: 'ml.m5.large' }] });
  new ts.CfnTable(s, 'Ts', { databaseName: 'd', retentionProperties: { MemoryStoreRetentionPeriodInHours: '24', MagneticStoreRetentionPeriodInDays: '007' } });
  new dms.CfnReplicationTask(s, 'Dms', { migrationType: 'full-load', replicationInstanceArn: 'a', sourceEndpointArn: 'b', targetEndpointArn: 'c', tableMappings: JSON.stringify({ rules: [{ 'rule-id': '1', 'object-locator': { 'schema-name': '%' } }] }, null, 2) });
};

exports.devices = (app, cdk) => {
  const { Stack, aws_iot: iot, aws_medialive: ml, aws_location: loc, aws_greengrassv2: gg, aws_iotsitewise: sw, aws_ivs: ivs, aws_gamelift: gl } = cdk;
  const s = new Stack(app, 'Devices', { env });
  new iot.CfnTopicRule(s, 'Rule', { topicRulePayload: { sql: "SELECT *, topic(2) AS id FROM 'a/+/b' WHERE n > 1e3", awsIotSqlVersion: '2016-03-23', actions: [{ republish: { roleArn: 'r', topic: '$$aws/x/#' } }], ruleDisabled: false } });
  new iot.CfnPolicy(s, 'Policy', { policyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'iot:*', Resource: 'arn:aws:iot:*:*:topic/${iot:Connection.Thing.ThingName}/*' }] } });
  new gg.CfnComponentVersion(s, 'Gg', { inlineRecipe: '---\nRecipeFormatVersion: "2020-01-25"\nComponentName: com.x\n...\n' });
  new sw.CfnAssetModel(s, 'Model', { assetModelName: 'm', assetModelProperties: [{ name: 'n', dataType: 'DOUBLE', type: { typeName: 'Metric', metric: { expression: 'avg(x)', variables: [], window: { tumbling: { interval: '5m', offset: '-1:30' } } } } }] });
  new ml.CfnInputSecurityGroup(s, 'Live', { whitelistRules: [{ cidr: '0.0.0.0/0' }] });
  new loc.CfnGeofenceCollection(s, 'Geo', { collectionName: 'g' });
  new ivs.CfnChannel(s, 'Ivs', { latencyMode: 'LOW', authorized: false });
  new gl.CfnAlias(s, 'Game', { name: 'g', routingStrategy: { type: 'TERMINAL', message: 'gone   ' } });
};

exports.management = (app, cdk) => {
  const { Stack, CfnStack, aws_servicecatalog: sc, aws_ssm: ssm, aws_budgets: budgets, aws_appconfig: ac, aws_cloudformation: cfn, aws_ram: ram, aws_chatbot: chatbot, aws_fis: fis, aws_dlm: dlm, aws_guardduty: gd, aws_ssmincidents: inc } = cdk;
  const s = new Stack(app, 'Management', { env });
  class Product extends sc.ProductStack {
    constructor(scope, id) { super(scope, id); new cdk.aws_sqs.Queue(this, 'Q'); }
  }
  new sc.CloudFormationProduct(s, 'Product', { productName: 'p', owner: 'o', productVersions: [{ productVersionName: '1.0', cloudFormationTemplate: sc.CloudFormationTemplate.fromProductStack(new Product(s, 'Inner')) }] });
  for (const [i, value] of ['yes', '1e3', '0o7', '0x1F', 'null', ' lead', 'trail ', 'a\tb', '2024-02-30', '12:30:45', '🙂', '=', '~', '-', '?', '.5', '5.', '+1', '1_000', '0b101', '<<', 'Off'].entries()) {
    new ssm.StringParameter(s, `P${i}`, { parameterName: `/p/${i}`, stringValue: value });
  }
  new budgets.CfnBudget(s, 'Budget', { budget: { budgetType: 'COST', timeUnit: 'MONTHLY', budgetLimit: { amount: 1234567890.12, unit: 'USD' } }, notificationsWithSubscribers: [{ notification: { comparisonOperator: 'GREATER_THAN', notificationType: 'ACTUAL', threshold: 80 }, subscribers: [{ address: 'a@example.com', subscriptionType: 'EMAIL' }] }] });
  new ac.CfnHostedConfigurationVersion(s, 'Config', { applicationId: 'a', configurationProfileId: 'b', contentType: 'application/x-yaml', content: 'flags:\n  new: yes\n  rate: 1.0\n' });
  new CfnStack(s, 'Other', { templateUrl: 'https://example.com/t.json', parameters: { P: '1' }, notificationArns: [] });
  new cfn.CfnHookTypeConfig(s, 'Hook', { typeName: 'A::B::C', configuration: '{"CloudFormationConfiguration":{"HookConfiguration":{"FailureMode":"FAIL"}}}' });
  new ram.CfnResourceShare(s, 'Share', { name: 's', allowExternalPrincipals: false });
  new chatbot.SlackChannelConfiguration(s, 'Slack', { slackChannelConfigurationName: 'c', slackChannelId: 'C0123', slackWorkspaceId: 'T0123' });
  new fis.CfnExperimentTemplate(s, 'Fis', { description: 'off', roleArn: 'r', stopConditions: [{ source: 'none' }], targets: {}, actions: { wait: { actionId: 'aws:fis:wait', parameters: { duration: 'PT5M' } } } });
  new dlm.CfnLifecyclePolicy(s, 'Dlm', { description: 'd', state: 'ENABLED', executionRoleArn: 'r', policyDetails: { resourceTypes: ['VOLUME'], targetTags: [{ key: 'backup', value: 'true' }], schedules: [{ name: 's', createRule: { interval: 12, intervalUnit: 'HOURS', times: ['09:00'] }, retainRule: { count: 5 } }] } });
  new gd.CfnDetector(s, 'Guard', { enable: true });
  new inc.CfnReplicationSet(s, 'Incident', { regions: [{ regionName: 'us-west-2' }] });
};

exports.include = (app, cdk) => {
  const { Stack, CfnResource, CustomResource, Fn, aws_sam: sam, custom_resources: cr, cloudformation_include: inc } = cdk;
  const path = require('path');
  const s = new Stack(app, 'Include', { env });
  new inc.CfnInclude(s, 'Old', { templateFile: path.join(__dirname, 'included.yaml'), parameters: { Replaced: 'on' } });
  new CfnResource(s, 'Raw', { type: 'Acme::Thing::Any', properties: { A: null, B: [null, {}, [], ''], C: { '2': 'two', '1': 'one', 'x y': 1, 'a:b': 2, '': 3, 'yes': true }, D: 1e21, E: -0, F: 1.0, G: 123456789012345680000, H: 5e-324, I: '\u0007\u001b', J: '\u0085\u00a0\u2028', K: 'a\u0000b' } });
  new CustomResource(s, 'Custom', { serviceToken: 'arn:aws:sns:us-west-2:111122223333:t', resourceType: 'Custom::Thing-1', properties: { List: [1, 2.50, true, 'false'], Deep: { a: { b: { c: { d: [[[['x']]]] } } } } } });
  new cr.AwsCustomResource(s, 'Call', { onUpdate: { service: 'S3', action: 'listBuckets', physicalResourceId: cr.PhysicalResourceId.of('1e3') }, policy: cr.AwsCustomResourcePolicy.fromSdkCalls({ resources: cr.AwsCustomResourcePolicy.ANY_RESOURCE }) });
  new sam.CfnFunction(s, 'Sam', { codeUri: 's3://b/k', handler: 'i.h', runtime: 'python3.12', events: { Api: { type: 'Api', properties: { path: '/x', method: 'get' } } } });
  s.addTransform('AWS::LanguageExtensions');
  s.templateOptions.metadata = { 'AWS::CloudFormation::Interface': { ParameterGroups: [{ Label: { default: 'Größe & Zahl' }, Parameters: ['Replaced'] }] }, 'cfn-lint': { config: { ignore_checks: ['W1'] } } };
  s.exportValue(Fn.importValue('Shared-Out'), { name: 'Re-Out' });
};

exports.regions = (app, cdk) => {
  const { Stack, Fn, Aws, CfnOutput, aws_s3: s3, aws_iam: iam } = cdk;
  for (const [id, region] of [['China', 'cn-north-1'], ['Gov', 'us-gov-west-1'], ['Any', undefined]]) {
    const s = new Stack(app, id, { env: region && { account: '444455556666', region } });
    const b = new s3.Bucket(s, 'B', { enforceSSL: true });
    new iam.Role(s, 'R', { assumedBy: new iam.ServicePrincipal('states.amazonaws.com') });
    new CfnOutput(s, 'Arn', { value: `arn:${Aws.PARTITION}:s3:::${b.bucketName}` });
    new CfnOutput(s, 'Zone', { value: Fn.select(0, Fn.getAzs()) });
    new CfnOutput(s, 'Suffix', { value: s.formatArn({ service: 'x', resource: 'y', resourceName: s.urlSuffix }) });
  }
};
