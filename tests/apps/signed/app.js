// A stack without roles of its own: every call is made, and signed, with the
// caller's credentials.
const path = require('path');
const { App, Stack, CliCredentialsStackSynthesizer, aws_sns: sns, aws_s3_assets: assets } =
  require('aws-cdk-lib');

const app = new App({ analyticsReporting: false });
const stack = new Stack(app, 'Signed', {
  env: { account: '123456789012', region: 'us-east-1' },
  synthesizer: new CliCredentialsStackSynthesizer(),
});
new sns.Topic(stack, 'Topic', { displayName: 'signed' });
new assets.Asset(stack, 'Note', { path: path.join(__dirname, 'note with spaces.txt') });
