import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManifestSchema } from '@segserve/contract';
import { parse } from 'yaml';
import { configOf } from '../../config/loadConfig.ts';
import { oldFile, oldFolder } from './oldFolder.testSupport.ts';
import { paddlesegServingReader } from './paddleseg-serving.ts';

const segConf = `%YAML:1.0
SIZE: [513, 500]
MEAN: [104.008, 116.669, 122.675]
STD: [1.0, 1.0, 1.0]
CHANNELS: 3
CLASS_NUM: 2
MODEL_NAME: "human_segmentation"
`;
const folder = {
  'gflags.conf':
    '--enable_model_toolkit\n--seg_conf_file=./conf/seg_conf.yaml\n--num_threads=1\n--port=8866\n--bthread_concurrency=4\n',
  'seg_conf.yaml': segConf,
  'model_toolkit.prototxt':
    'engines { name: "human_segmentation" type: "FLUID_GPU_ANALYSIS" reloadable_type: "timestamp_ne" model_data_path: "./data/x" runtime_thread_num: 0 batch_infer_size: 0 }',
  'service.prototxt': 'services { name: "ImageSegService" workflows: "workflow1" }',
  'workflow.prototxt': 'workflows { name: "workflow1" workflow_type: "Sequence" }',
};
const keysOf = (notes: readonly { key: string }[]) => notes.map(({ key }) => key);

test('The folder conf gives port, channels and model, and a model.yaml with size, mean and deviation', async () => {
  const old = oldFolder('/old/conf', folder);
  assert.equal(await paddlesegServingReader.recognises(old), true);
  const { config, notes } = await paddlesegServingReader.migrate(old);
  assert.deepEqual(config.wires, [
    {
      name: 'paddleseg-serving',
      host: '0.0.0.0',
      port: 8866,
      channels: 3,
      models: { human_segmentation: 'portrait' },
    },
  ]);
  assert.equal(configOf(config).wires[0]!.name, 'paddleseg-serving');
  assert.deepEqual(keysOf(notes), [
    'gflags.conf --num_threads',
    'gflags.conf --bthread_concurrency',
    'seg_conf.yaml SIZE, MEAN, STD, CLASS_NUM',
    'engines.model_data_path',
    'engines.type',
    'profile',
  ]);
  const skeleton = notes[2]!.says
    .split('\n')
    .filter((line) => line.startsWith('  '))
    .join('\n');
  assert.match(notes[2]!.says, /human_segmentation in the place of portrait/);
  const { task, input, output } = ManifestSchema.parse(parse(skeleton));
  assert.deepEqual(input.size, { rule: 'fixed', width: 513, height: 500 });
  assert.deepEqual([input.channels, input.scale, input.mean], ['bgr', 1, [104.008, 116.669, 122.675]]);
  assert.deepEqual([task, output.kind, output.foreground], ['matting', 'probabilities', 1]);
});

test('The port of service.prototxt wins, and the flag names another seg_conf', async () => {
  const four = segConf
    .replace('CHANNELS: 3', 'CHANNELS: 4')
    .replace(/MEAN.*/, 'MEAN: [127.5, 127.5, 127.5, 127.5]')
    .replace(/STD.*/, 'STD: [1, 1, 1, 1]')
    .replace('human_segmentation', 'Image Seg');
  const old = oldFolder('/old/conf', {
    ...folder,
    'gflags.conf': '--seg_conf_file=./conf/seg_conf2.yaml\n--port=1',
    'seg_conf2.yaml': four,
    'service.prototxt': 'port: 8011 services { name: "ImageSegService" }',
  });
  const { config, notes } = await paddlesegServingReader.migrate(old);
  assert.deepEqual(config.wires, [
    { name: 'paddleseg-serving', host: '0.0.0.0', port: 8011, channels: 4, models: { 'Image Seg': 'portrait' } },
  ]);
  const keys = keysOf(notes);
  for (const key of ['seg_conf.yaml CHANNELS', 'engines', 'engines "human_segmentation"'])
    assert.ok(keys.includes(key), key);
});

test('Of more than two classes only the winner can be told: a semantic model', async () => {
  const old = oldFolder('/old/conf', { 'seg_conf.yaml': segConf.replace('CLASS_NUM: 2', 'CLASS_NUM: 3') });
  const { says } = (await paddlesegServingReader.migrate(old)).notes[0]!;
  const skeleton = says
    .split('\n')
    .filter((line) => line.startsWith('  '))
    .join('\n');
  const { task, labels, background } = ManifestSchema.parse(parse(skeleton));
  assert.deepEqual([task, labels, background], ['semantic', ['background', 'class 1', 'class 2'], 0]);
});

test('The file seg_conf.yaml alone is enough', async () => {
  const old = oldFile('/old/conf/seg_conf.yaml', segConf);
  assert.equal(await paddlesegServingReader.recognises(old), true);
  const [wire] = (await paddlesegServingReader.migrate(old)).config.wires ?? [];
  assert.equal((wire as { channels?: number }).channels, 3);
});

test('What is missing or wrong is named by file and key', async () => {
  const broken: [string, RegExp][] = [
    [segConf.replace(/SIZE.*\n/, ''), /seg_conf\.yaml: SIZE to be a list of width and height but received nothing/],
    [segConf.replace('CHANNELS: 3', 'CHANNELS: 5'), /CHANNELS to be 3 or 4 but received 5/],
    [segConf.replace(/MEAN.*/, 'MEAN: [1]'), /MEAN to be a list of 3 numbers but received \[1\]/],
    [segConf.replace(/MODEL_NAME.*/, 'MODEL_NAME: 3'), /MODEL_NAME to be a text but received 3/],
    [`${segConf}: :`, /not valid YAML/],
  ];
  for (const [text, message] of broken) {
    const old = oldFolder('/old/conf', { ...folder, 'seg_conf.yaml': text });
    await assert.rejects(paddlesegServingReader.migrate(old), { code: 'config_invalid', message });
  }
  const none = oldFolder('/old/conf', { 'service.prototxt': folder['service.prototxt'] });
  await assert.rejects(paddlesegServingReader.migrate(none), /seg_conf\.yaml in \/old\/conf/);
  const port = oldFolder('/old/conf', { ...folder, 'gflags.conf': '--port=x' });
  await assert.rejects(paddlesegServingReader.migrate(port), /gflags\.conf --port from 1 to 65535/);
});

test('Other folders are left to other readers', async () => {
  assert.equal(await paddlesegServingReader.recognises(oldFolder('/x', { 'config.yml': 'a: 1' })), false);
  assert.equal(await paddlesegServingReader.recognises(oldFile('/x/config.yml', 'MODEL_NAME: x')), false);
});
