// What a folder can look like: synthesizers, assets, artifacts, old versions.
const fs = require('fs');
const path = require('path');
const env = { account: '111122223333', region: 'us-east-1' };

function assets(s, cdk) {
  const { aws_s3_assets: a, aws_ecr_assets: e, aws_lambda: lambda } = cdk;
  new a.Asset(s, 'File', { path: path.join(__dirname, 'included.yaml') });
  new a.Asset(s, 'Folder', { path: __dirname, exclude: ['*.js'], displayName: 'the folder' });
  new lambda.Function(s, 'Fn', { runtime: lambda.Runtime.NODEJS_20_X, handler: 'main.x', code: lambda.Code.fromAsset(__dirname, { exclude: ['[!m]*'] }) });
  if (!s.noImage) new e.DockerImageAsset(s, 'Image', { directory: __dirname, file: 'included.yaml', buildArgs: { A: 'yes' } });
}

function rewrite(folder, change, name = 'manifest.json') {
  const file = path.join(folder, name);
  const m = JSON.parse(fs.readFileSync(file, 'utf8'));
  fs.writeFileSync(file, JSON.stringify(change(m) || m, null, 1));
}

exports.assets = (app, cdk) => assets(new cdk.Stack(app, 'Assets', { env }), cdk);

exports.unstaged = {
  context: { 'aws:cdk:disable-asset-staging': true },
  build(app, cdk) { assets(new cdk.Stack(app, 'Unstaged', { env }), cdk); },
};

exports.legacy = (app, cdk) => {
  assets(new cdk.Stack(app, 'Legacy', { env, synthesizer: new cdk.LegacyStackSynthesizer() }), cdk);
  const st = new cdk.Stage(app, 'Old', { env });
  const s = new cdk.Stack(st, 'Inner', { synthesizer: new cdk.LegacyStackSynthesizer() });
  assets(s, cdk);
  assets(new cdk.NestedStack(s, 'Nested'), cdk);
};

exports.synthesizers = (app, cdk) => {
  assets(new cdk.Stack(app, 'Own', { env, synthesizer: new cdk.DefaultStackSynthesizer({ qualifier: 'mine', fileAssetsBucketName: 'files-${AWS::Region}', bucketPrefix: 'a/', generateBootstrapVersionRule: false, deployRoleExternalId: 'x' }) }), cdk);
  assets(new cdk.Stack(app, 'Cli', { env, synthesizer: new cdk.CliCredentialsStackSynthesizer({ qualifier: 'cli' }) }), cdk);
  assets(new cdk.Stack(app, 'Tags', { env, synthesizer: new cdk.DefaultStackSynthesizer({ deployRoleAdditionalOptions: { Tags: [{ Key: 'a', Value: 'b' }] } }) }), cdk);
  new cdk.aws_sqs.Queue(new cdk.Stack(app, 'Bare', { env, synthesizer: new cdk.BootstraplessSynthesizer({}) }), 'Q');
};

exports.rules = (app, cdk) => {
  // beside the bootstrap rule another one, and only it
  const s = new cdk.Stack(app, 'Both', { env });
  new cdk.aws_sqs.Queue(s, 'Q');
  new cdk.CfnRule(s, 'Mine', { assertions: [{ assert: cdk.Fn.conditionEquals('a', 'a') }] });
  new cdk.aws_sqs.Queue(new cdk.Stack(app, 'One', { env }), 'Q');
};

exports.plain = {
  context: { 'aws:cdk:enable-path-metadata': false, 'aws:cdk:version-reporting': false, 'aws:cdk:disable-version-reporting': true },
  props: { analyticsReporting: false, treeMetadata: false, outputsMetadata: false },
  build(app, cdk) { new cdk.aws_sqs.Queue(new cdk.Stack(app, 'Plain', { env }), 'Q'); },
};

exports.artifacts = {
  build(app, cdk) {
    const s = new cdk.Stack(app, 'Artifacts', { env });
    new cdk.aws_sqs.Queue(s, 'Q');
    cdk.attachCustomSynthesis(s, {
      onSynthesize(session) {
        fs.writeFileSync(path.join(session.outdir, 'note.txt'), 'x');
        session.assembly.addArtifact('Note', { type: 'none', properties: { file: 'note.txt' }, metadata: { '/x': [{ type: 'y', data: 1 }] } });
      },
    });
  },
  after: (folder) => rewrite(folder, (m) => {
    m.artifacts.Unknown = { type: 'acme:unknown', properties: { deep: [1, { a: null }] } };
    m.extra = { not: 'known' };
    m.artifacts.Artifacts.properties.novel = true;
  }),
};

// the library of today, the manifest of another time
const VERSIONS = ['1.0.0', '5.0.0', '9.9.9', '10.0.0', '36.0.0', '48.2.0-beta.1', '55.99.1'];
for (const version of VERSIONS) {
  exports[`version-${version}`] = {
    build(app, cdk) {
      const s = new cdk.Stack(app, 'Versioned', { env }), st = new cdk.Stage(app, 'St', { env });
      new cdk.aws_sqs.Queue(s, 'Q');
      new cdk.aws_sqs.Queue(new cdk.Stack(st, 'In'), 'Q');
    },
    after: (folder) => rewrite(folder, (m) => { m.version = version; }),
  };
}

exports.inline = {
  // metadata in the manifest, as before it had files of its own
  build(app, cdk) {
    const s = new cdk.Stack(app, 'Inline', { env });
    cdk.Annotations.of(new cdk.aws_sqs.Queue(s, 'Q')).addWarning('in the manifest');
    new cdk.aws_sqs.Queue(s, 'R').node.addMetadata('x', ['y']);
  },
  after: (folder) => rewrite(folder, (m) => {
    const a = m.artifacts.Inline;
    if (a.additionalMetadataFile) {
      a.metadata = { ...JSON.parse(fs.readFileSync(path.join(folder, a.additionalMetadataFile), 'utf8')), '/Inline/Q': [{ type: 'own', data: { z: 1 }, trace: ['a (b:1:2)'] }] };
      delete a.additionalMetadataFile;
    }
    fs.rmSync(path.join(folder, 'validation-report.json'), { force: true });
  }),
};

exports['both-metadata'] = {
  build: exports.inline.build,
  after: (folder) => rewrite(folder, (m) => {
    m.artifacts.Inline.metadata = { '/Inline/Q': [{ type: 'first' }, { type: 'aws:cdk:error', data: 'from the manifest' }], '/New': [{ type: 'aws:cdk:info', data: 'z' }], '/1': [] };
    fs.rmSync(path.join(folder, 'validation-report.json'), { force: true });
  }),
};

exports['no-names'] = {
  // without display names, as before they were written
  build(app, cdk) {
    const st = new cdk.Stage(app, 'Prod', { env });
    new cdk.aws_sqs.Queue(new cdk.Stack(st, 'In'), 'Q');
    new cdk.aws_sqs.Queue(new cdk.Stack(app, 'Out', { stackName: 'renamed' }), 'Q');
  },
  after(folder) {
    for (const name of ['manifest.json', 'assembly-Prod/manifest.json']) {
      rewrite(folder, (m) => { Object.values(m.artifacts).forEach((a) => delete a.displayName); }, name);
    }
  },
};

exports['odd-names'] = {
  build: exports['no-names'].build,
  after: (folder) => rewrite(folder, (m) => {
    m.artifacts.Out.displayName = 'With blank/ünï [x] {a,b} (c)';
    m.artifacts.Out.properties.stackName = 'yes';
  }),
};

exports['template-odd'] = {
  // a template nobody's library would write
  build(app, cdk) { new cdk.aws_sqs.Queue(new cdk.Stack(app, 'Hand', { env }), 'Q'); },
  after: (folder) => fs.writeFileSync(path.join(folder, 'Hand.template.json'), '{"Rules": {"CheckBootstrapVersion": 1, "10": {}, "2": []}, "b": "\\u00e9\\ud800", "__proto__": {"x": 1}, "a": -0.0, "a": 1E400, "10": 1.10, "9": 100000000000000000000000, "toString": "y", "constructor": null, "Resources": []}'),
};
