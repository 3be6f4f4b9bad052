// Apps for the benchmark, written with the real library.
// SHAPE=stacks COUNT=50: that many independent stacks.
// SHAPE=assets COUNT=200 SEED=x: one stack with that many small file assets.
const fs = require('fs');
const os = require('os');
const path = require('path');
const { App, Stack, aws_sns: sns, aws_s3_assets: assets } = require('aws-cdk-lib');

const app = new App({ analyticsReporting: false });
const count = Number(process.env.COUNT);
const env = { account: '000000000000', region: 'us-east-1' };

if (process.env.SHAPE === 'stacks') {
  for (let i = 0; i < count; i++) {
    const stack = new Stack(app, `Bench${i}`, { env });
    new sns.Topic(stack, 'Topic', { displayName: `topic ${i}` });
  }
} else {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-assets-'));
  const stack = new Stack(app, `Assets${process.env.SEED}`, { env });
  new sns.Topic(stack, 'Topic');
  for (let i = 0; i < count; i++) {
    const file = path.join(dir, `file${i}.txt`);
    fs.writeFileSync(file, `${process.env.SEED} ${i}\n`.repeat(40));
    new assets.Asset(stack, `Asset${i}`, { path: file });
  }
}
app.synth();
