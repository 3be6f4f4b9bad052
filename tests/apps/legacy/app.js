// Assets as stack metadata and parameters: the way of the first libraries,
// which LegacyStackSynthesizer still goes.
const path = require('path');
const { App, CfnOutput, CfnResource, LegacyStackSynthesizer, Stack, Stage,
  aws_ecr_assets: ecr, aws_s3_assets: s3 } = require('aws-cdk-lib');

const env = { account: '111122223333', region: 'us-east-1' };
const here = (name) => path.join(__dirname, name);

function stack(scope, id, image) {
  const s = new Stack(scope, id, { env, tags: { team: 'blue' },
    synthesizer: new LegacyStackSynthesizer() });
  const file = new s3.Asset(s, 'File', { path: here('data.json') });
  const zip = new s3.Asset(s, 'Zip', { path: here('code') });
  new CfnResource(s, 'Topic', { type: 'AWS::SNS::Topic', properties: {
    DisplayName: file.s3ObjectUrl, TopicName: zip.s3ObjectKey } });
  if (image) {
    const i = new ecr.DockerImageAsset(s, 'Image', { directory: here('img'),
      buildArgs: { LEVEL: '1' } });
    new CfnOutput(s, 'Uri', { value: i.imageUri });
  }
}

const app = new App({ analyticsReporting: false, treeMetadata: false });
stack(app, 'Files', false);
stack(app, 'Image', true);
stack(new Stage(app, 'Prod'), 'Nested', false);
app.synth();
