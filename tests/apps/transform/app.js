// A template written by hand, taken in whole: its transform needs
// CAPABILITY_AUTO_EXPAND. `-c change=yes` sets its parameter.
const path = require('path');
const { App, Stack, cloudformation_include: include } = require('aws-cdk-lib');

class Included extends Stack {
  constructor(scope, id, props) {
    super(scope, id, props);
    const changed = this.node.tryGetContext('change') === 'yes';
    new include.CfnInclude(this, 'Template', {
      templateFile: path.join(__dirname, 'template.yaml'),
      parameters: { Suffix: changed ? 'second' : 'first' },
    });
  }
}

const app = new App({ analyticsReporting: false });
new Included(app, 'Included', { env: { account: '000000000000', region: 'us-east-1' } });
