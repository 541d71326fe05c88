import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Manifest, ManifestSchema } from '@segserve/contract';
import { parse } from 'yaml';
import { configOf } from '../../config/loadConfig.ts';
import { oldFile, oldFolder } from './oldFolder.testSupport.ts';
import { paddlesegDeployReader } from './paddleseg-deploy.ts';

async function made(deploy: string): Promise<{ manifest: Manifest; keys: string[] }> {
  const { config, notes } = await paddlesegDeployReader.migrate(oldFile('/export/PP-HumanSeg v2/deploy.yaml', deploy));
  assert.deepEqual(configOf(config).wires, []);
  const { says } = notes.find(({ key }) => key === 'Deploy')!;
  const skeleton = says
    .split('\n')
    .filter((line) => line.startsWith('  '))
    .join('\n');
  return { manifest: ManifestSchema.parse(parse(skeleton)), keys: notes.map(({ key }) => key) };
}
const deployOf = (transforms: string, rest = '') =>
  `Deploy:\n  model: model.pdmodel\n  params: model.pdiparams\n${rest}  transforms:\n${transforms}`;

test('A segmentation model becomes a semantic manifest of fixed size', async () => {
  const { manifest, keys } = await made(
    deployOf(
      '  - type: Resize\n    target_size: [192, 160]\n  - type: Normalize\n',
      '  output_op: softmax\n  output_dtype: float32\n  input_shape: [null, 3, null, null]\n',
    ),
  );
  assert.deepEqual(manifest.input.size, { rule: 'fixed', width: 192, height: 160 });
  assert.deepEqual(
    [manifest.input.channels, manifest.input.mean, manifest.input.std],
    ['rgb', [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]],
  );
  assert.deepEqual(
    [manifest.name, manifest.task, manifest.output.kind],
    ['pp-humanseg-v2', 'semantic', 'probabilities'],
  );
  assert.equal(manifest.labels, 'labels.txt');
  assert.deepEqual(keys, ['Deploy']);
});

test('A matting model becomes a matting manifest, with notes where the sizes differ', async () => {
  const { manifest, keys } = await made(
    deployOf(
      '  - type: LoadImages\n  - type: LimitShort\n    max_short: 512\n  - type: ResizeToIntMult\n    mult_int: 32\n  - type: Normalize\n    mean: [0.1, 0.2, 0.3]\n',
    ),
  );
  assert.deepEqual([manifest.task, manifest.output.kind, manifest.labels], ['matting', 'probabilities', undefined]);
  assert.deepEqual(manifest.input.size, { rule: 'shortSide', pixels: 512, multiple: 32, maxSide: 4096 });
  assert.deepEqual(manifest.input.mean, [0.1, 0.2, 0.3]);
  assert.deepEqual(keys, [
    'Deploy.transforms LimitShort.max_short',
    'Deploy.transforms ResizeToIntMult.mult_int',
    'Deploy',
  ]);
});

const sizes: [string, object, string[]][] = [
  ['  - type: ResizeByLong\n    long_size: 640\n', { rule: 'longSide', pixels: 640 }, []],
  [
    '  - type: ResizeByShort\n    short_size: 300\n    max_size: 900\n',
    { rule: 'shortSide', pixels: 300, maxSide: 900 },
    [],
  ],
  ['  - type: LimitLong\n    max_long: 1024\n', { rule: 'free', maxSide: 1024 }, []],
  ['  - type: Resize\n', { rule: 'fixed', width: 512, height: 512 }, []],
  [
    '  - type: Padding\n    target_size: [513, 300]\n',
    { rule: 'fixed', width: 513, height: 300 },
    ['Deploy.transforms Padding'],
  ],
  ['  - type: PaddingByAspectRatio\n', { rule: 'free' }, ['Deploy.transforms PaddingByAspectRatio']],
];
for (const [transform, size, expected] of sizes) {
  test(`${/\w+$/m.exec(transform)?.[0]} becomes ${JSON.stringify(size)}`, async () => {
    const { manifest, keys } = await made(deployOf(`${transform}  - type: Normalize\n`, '  output_op: none\n'));
    assert.deepEqual({ ...manifest.input.size, ...size }, manifest.input.size);
    assert.equal(manifest.output.kind, 'logits');
    for (const key of expected) assert.ok(keys.includes(key), key);
  });
}

test('A graph of one size fixes the size, and what is not normalised is told of', async () => {
  const { manifest, keys } = await made(
    deployOf('  - type: ResizeByLong\n    long_size: 640\n', '  input_shape: [1, 3, 256, 512]\n  extra: 1\n'),
  );
  assert.deepEqual(manifest.input.size, { rule: 'fixed', width: 512, height: 256 });
  assert.deepEqual(keys, ['Deploy.transforms', 'Deploy.input_shape', 'Deploy.output_op', 'Deploy', 'Deploy.extra']);
});

test('A folder with a deploy.yaml is recognised, other YAML is not', async () => {
  const old = oldFolder('/export/x', { 'deploy.yaml': deployOf('  - type: Normalize\n') });
  assert.equal(await paddlesegDeployReader.recognises(old), true);
  assert.equal((await paddlesegDeployReader.migrate(old)).notes.length > 0, true);
  assert.equal(await paddlesegDeployReader.recognises(oldFile('/x.yml', 'transforms: []')), false);
});

test('What is wrong is named by its key', async () => {
  const broken: [string, RegExp][] = [
    ['Deploy: 3', /deploy\.yaml: Deploy to be keys and values but received 3/],
    ['Deploy:\n  model: x', /Deploy\.transforms to be a list but received nothing/],
    [deployOf('  - 3\n'), /Deploy\.transforms\[0\] to be keys and values/],
    [deployOf('  - type: ResizeByLong\n'), /ResizeByLong\.long_size to be a whole number .* but received nothing/],
    [deployOf('  - type: Normalize\n    mean: [1, 2]\n'), /Normalize\.mean to be three numbers, or one/],
  ];
  for (const [text, message] of broken) {
    await assert.rejects(paddlesegDeployReader.migrate(oldFile('/x/deploy.yaml', text)), {
      code: 'config_invalid',
      message,
    });
  }
});
