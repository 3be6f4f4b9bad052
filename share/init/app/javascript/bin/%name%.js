#!/usr/bin/env node
const cdk = require('aws-cdk-lib/core');
const { %name.PascalCased%Stack } = require('../lib/%name%-stack');

const app = new cdk.App();
new %name.PascalCased%Stack(app, '%stackname%', {
  // As it stands the stack can be deployed to any account and region, but it
  // cannot look anything up there. Choose one of these to tie it to a place:

  // the account and region of your AWS profile
  // env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },

  // one account and region, whoever deploys
  // env: { account: '123456789012', region: 'us-east-1' },
});
