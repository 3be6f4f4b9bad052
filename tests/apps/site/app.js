// A website bucket and the deployment of a folder into it, which brings a
// custom resource, a layer and a zip asset along. `-c change=yes` publishes
// other pages.
const path = require('path');
const { App, Stack, CfnOutput, RemovalPolicy, aws_s3: s3, aws_s3_deployment: deployment } =
  require('aws-cdk-lib');

class Site extends Stack {
  constructor(scope, id, props) {
    super(scope, id, props);
    const changed = this.node.tryGetContext('change') === 'yes';
    const bucket = new s3.Bucket(this, 'Pages', {
      websiteIndexDocument: 'index.html',
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new deployment.BucketDeployment(this, 'Upload', {
      sources: [deployment.Source.asset(path.join(__dirname, changed ? 'pages2' : 'pages'))],
      destinationBucket: bucket,
    });
    new CfnOutput(this, 'BucketName', { value: bucket.bucketName });
  }
}

const app = new App({ analyticsReporting: false });
new Site(app, 'Site', { env: { account: '000000000000', region: 'us-east-1' } });
