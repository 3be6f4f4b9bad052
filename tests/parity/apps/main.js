// Synthesizes the apps of this folder, one assembly each.
// usage: node main.js OUT [NAME...]     without OUT: prints the names
const fs = require('fs');
const path = require('path');
const cdk = require('aws-cdk-lib');

const SUBJECTS = ['services', 'platforms', 'structure', 'strings', 'checks', 'layouts'];
// as the command line would inject it
const CONTEXT = {
  'aws:cdk:enable-path-metadata': true,
  'aws:cdk:enable-asset-metadata': true,
  'aws:cdk:version-reporting': true,
  'aws:cdk:bundling-stacks': [],
  '@aws-cdk/core:failSynthOnValidationErrors': false,
};

const apps = {};
for (const subject of SUBJECTS) {
  for (const [name, app] of Object.entries(require(`./${subject}.js`))) {
    apps[`${subject}-${name}`] = typeof app === 'function' ? { build: app } : app;
  }
}

function synthesize(name, folder) {
  const { build, context = {}, props = {}, after } = apps[name];
  const app = new cdk.App({
    outdir: folder,
    context: { ...CONTEXT, ...context },
    // the built-in rules take longer than all apps together
    builtinCloudFormationValidation: false,
    ...props,
  });
  build(app, cdk);
  app.synth();
  if (after) after(folder);
}

const [out, ...chosen] = process.argv.slice(2);
if (!out) {
  console.log(Object.keys(apps).join('\n'));
} else {
  for (const name of chosen.length ? chosen : Object.keys(apps)) {
    const folder = path.join(out, name);
    fs.rmSync(folder, { recursive: true, force: true });
    try {
      synthesize(name, folder);
    } catch (e) {
      console.error(`${name}: ${e.stack}`);
      process.exit(1);
    }
  }
  // a plugin that complains has the library set it at the very end
  process.on('exit', () => { process.exitCode = 0; });
}
