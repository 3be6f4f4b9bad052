// Texts that a YAML writer has to think about, where apps put them.
const ODD = [
  'y', 'Y', 'yes', 'Yes', 'YES', 'yEs', 'n', 'N', 'no', 'No', 'on', 'ON', 'off', 'Off', 'true', 'TRUE', 'tRUE', 'False', 'null', 'Null', 'nULL', '~', '~x',
  '0', '-0', '007', '08', '0o7', '0b1', '0b2', '0x', '0xF', '0XF', '1_000', '_1', '1__0', '1_', '12e03', '1e3', '1E3', '1e+3', '1e', 'e1', '.', '..', '...', '.5', '5.', '+.5', '-.5', '1.5e', '1.5e-7', '.inf', '-.Inf', '+.INF', '.iNf', '.nan', '.NaN', 'NaN', 'Infinity',
  '1:30', '-1:30', '1:60', '12:30:45', '12:30:45.5', '190:20:30.15', '1:2:3:4', '60:00', '0:0', '01:02',
  '2012-10-17', '2012-1-1', '2012-10-17T', '2012-10-17T01:02:03Z', '2012-10-17 01:02:03', '2012-10-17t1:02:03.4 +05:30', '2012-10-17T01:02', '12-10-17', '2012-13-45',
  '-', '--', '---', '--- a', '- a', '-a', '?', '? a', '?a', ':', ': a', ':a', 'a:', 'a: b', 'a:b', 'a :b', '#', '#a', 'a #b', 'a# b', 'a\t#b', ',', ', a', 'a, b', '[', '[a]', ']', '{', '{a}', '}', '&a', '*a', '!a', '!Ref a', '|', '|a', '>', '>-', '%', '%a', '@a', '`a', '=', '==', '<<', '<', "'", "''", "'a'", "it's", '"', '""', '"a"', 'a"b', `a'b"c`, '\\', 'a\\b', 'C:\\x', '\\n', '${a}', '${!a}',
  '', ' ', '  ', '\t', ' a', 'a ', '\ta', 'a\t', 'a\tb', '\n', '\n\n', 'a\n', 'a\n\n', '\na', '\n\na', 'a\nb', 'a\n\nb', 'a\n b', ' a\nb', '  a\n b\n', 'a\n ', 'a \nb', 'a\t\nb', 'a\n\tb', '\ta\nb', 'a\n#b', '#a\nb', 'a\n- b', '- a\n- b\n', 'a: b\nc: d\n', '\n a', ' \na', '\n ', ' \n', '\t\n', 'a\n\t', 'a\n \n', 'a\n\n ', '"a"\nb', "'a\nb'",
  'a\rb', 'a\r\nb', '\r', 'a\r\nb\r\n', '\u0000', '\u0001', '\u0007', '\b', '\v', '\f', '\u001b[31m', '\u007f', '\u0080', '\u0085', 'a\u0085b', '\u00a0', '\u00a0a', '\u2028', 'a\u2029b', '\ufeff', '\ufeffa', '\ufffd', '\ufffe', '\ud83d', '\ude00', '😀', '😀\n😀', 'ü', 'Größe: 3', '日本語', '日本語: x', '\u200b', 'é', 'e\u0301', '\u202e',
  'x'.repeat(79), 'x'.repeat(200), 'word '.repeat(40).trim(), 'word '.repeat(40), `${'word '.repeat(40)}\n${'word '.repeat(30)}`, `"${'q '.repeat(60)}"`, `a: ${'b '.repeat(70)}c`, `\r${'long text '.repeat(20)}\nand more\n\nand more`, `${'x'.repeat(50)}\r\n${'y'.repeat(50)}`,
];
const SCRIPT = '#!/bin/bash\nset -euo pipefail\n\ncat <<\'EOF\' >/etc/app.conf\n[main]\n\tkey = "value"   # trailing\n\n  indented: yes\nEOF\n\nif [[ "$1" == \'y\' ]]; then\n  echo -e "a\\tb"\nfi\n';

function stackOf(app, { Stack }, id = 'Odd', props) {
  return new Stack(app, id, { env: { account: '111122223333', region: 'us-east-1' }, ...props });
}

exports.values = (app, cdk) => {
  const s = stackOf(app, cdk);
  new cdk.CfnResource(s, 'List', { type: 'Acme::Odd::List', properties: { Values: ODD } });
  new cdk.CfnResource(s, 'Map', { type: 'Acme::Odd::Map', properties: Object.fromEntries(ODD.map((v, i) => [`K${i}`, v])) });
};

exports.keys = (app, cdk) => {
  const s = stackOf(app, cdk);
  new cdk.CfnResource(s, 'Keys', { type: 'Acme::Odd::Keys', properties: Object.fromEntries(ODD.map((v, i) => [v, i])) });
  new cdk.CfnResource(s, 'Nested', { type: 'Acme::Odd::Keys', properties: Object.fromEntries(ODD.map((v) => [v, { [v]: [v] }])) });
};

exports.descriptions = (app, cdk) => {
  ODD.forEach((v, i) => {
    if (v.length < 500 && i % 12 === 0) stackOf(app, cdk, `D${i}`, { description: v });
  });
};

exports.numbers = (app, cdk) => {
  const s = stackOf(app, cdk);
  const n = [0, -0, 1, -1, 1.0, 0.1, 1.5, 1e3, 1e20, 1e21, 1e22, 123456789012345680000, 9007199254740993, 1e-6, 1e-7, 1.5e-7, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 1 / 3, 100, 1e100, -1e-10, 4294967296, 2 ** 53, 2 ** 63, 2 ** 64, 0.000001234, 123456.789e3];
  new cdk.CfnResource(s, 'N', { type: 'Acme::Odd::Numbers', properties: { List: n, Map: Object.fromEntries(n.map((v) => [v, v])), Flags: [true, false], Order: { b: 1, 10: 2, a: 3, 9: 4, '-1': 5, '01': 6, 4294967294: 7, 4294967295: 8, 4294967296: 9, '1.5': 10, 1: 11 } } });
};

exports.shapes = (app, cdk) => {
  const s = stackOf(app, cdk);
  let deep = 'end';
  for (let i = 0; i < 60; i++) deep = i % 2 ? [deep] : { k: deep };
  new cdk.CfnResource(s, 'S', { type: 'Acme::Odd::Shapes', properties: { Deep: deep, Lists: [[1, 2], [3, [4, [5, []]]], [[[]]], [{}, { a: 1, b: [1] }, { a: { b: 1 }, c: 2 }], [[{ a: 1, b: 2 }, 'x'], 'a\nb', ['a\nb', { t: 'a\n b\n' }]]], Empty: { a: {}, b: [], c: '', d: { e: {} } } } });
};

exports.scripts = (app, cdk) => {
  const { Fn, aws_lambda: lambda, aws_ec2: ec2, aws_ssm: ssm } = cdk;
  const s = stackOf(app, cdk, 'Scripts', { description: SCRIPT.slice(0, 200) });
  [SCRIPT, SCRIPT.trimEnd(), `${SCRIPT}\n\n`, SCRIPT.replace(/\n/g, '\r\n'), SCRIPT.replace(/\t/g, ' '), `\n${SCRIPT}`, `  ${SCRIPT}`, `${SCRIPT} `, SCRIPT.replace(/^/gm, '  ')].forEach((text, i) => {
    new lambda.CfnFunction(s, `F${i}`, { role: 'r', code: { zipFile: text } });
    new ec2.CfnInstance(s, `I${i}`, { userData: Fn.base64(Fn.sub(text.replace('$1', '${AWS::Region}'))) });
    new ssm.CfnDocument(s, `D${i}`, { content: { c: [text, { n: text }] } });
  });
  new cdk.CfnOutput(s, 'Join', { value: Fn.join('\n', ['a', Fn.ref('AWS::Region'), '', 'b']) });
  new cdk.CfnOutput(s, 'Json', { value: JSON.stringify({ a: 'b', c: ['"', '\'', '\n'] }) });
  new cdk.CfnOutput(s, 'Pretty', { value: JSON.stringify({ a: { b: ['c', 1, null] } }, null, 4) });
};

exports.tags = (app, cdk) => {
  const s = stackOf(app, cdk, 'Tagged', { tags: Object.fromEntries(ODD.filter((v) => /^[\w .:/=+@-]{1,100}$/.test(v) && v.trim()).slice(0, 45).map((v, i) => [`${v}.${i}`, v])) });
  new cdk.aws_sqs.Queue(s, 'Q');
};

exports.metadata = (app, cdk) => {
  const s = stackOf(app, cdk);
  ODD.forEach((v, i) => {
    new cdk.CfnResource(s, `R${i}`, { type: 'Acme::Odd::Note', properties: {} }).node.addMetadata(v || 'none', { text: v, list: [v, null, 1.5] }, { stackTrace: i % 40 === 0 });
  });
  s.node.addMetadata('plain', ODD);
};
