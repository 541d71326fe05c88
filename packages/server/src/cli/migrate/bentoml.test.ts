import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bentomlWireSchema } from '../../config/wires/bentoml.ts';
import { bentomlReader } from './bentoml.ts';
import type { OldConfig } from './migration.ts';

const saved = `version: 0.9.1
kind: BentoService
metadata:
  created_at: 2020-10-09 10:52:08.543453
  service_name: PytorchImageSegment
  service_version: 20201009125205_5509D4
  module_name: pytorch_image_segment
env:
  pip_packages:
  - torch==1.6.0
  conda_env:
    name: bentoml-default-conda-env
  python_version: 3.7.7
apis:
- name: predict
  docs: "BentoService inference API 'predict', input: 'FileInput', output: 'DefaultOutput'"
  input_type: FileInput
  output_type: DefaultOutput
  mb_max_batch_size: 16
  mb_max_latency: 500
  batch: true
  output_config:
    cors: '*'
artifacts:
- name: net
  artifact_type: PytorchModelArtifact
`;

const folder = (text: string): OldConfig => ({
  path: '/bundles/PytorchImageSegment/20201009125205_5509D4',
  isFolder: true,
  text: '',
  files: ['bentoml.yml', 'Dockerfile'],
  read: async (relative) => (relative === 'bentoml.yml' ? text : undefined),
});
const file = (text: string): OldConfig => ({ ...folder(''), isFolder: false, text });

async function wireOf(text: string) {
  const { config, notes } = await bentomlReader.migrate(folder(text));
  const [wire] = config.wires ?? [];
  assert.ok(typeof wire === 'object' && wire.name === 'bentoml');
  bentomlWireSchema.parse(wire);
  return { wire, notes: notes.map(({ key, says }) => `${key}: ${says}`) };
}

describe('bentomlReader', () => {
  it('recognises the folder of a bundle and its bentoml.yml', async () => {
    assert.equal(await bentomlReader.recognises(folder(saved)), true);
    assert.equal(await bentomlReader.recognises(file(saved)), true);
    assert.equal(await bentomlReader.recognises(file('kind: Deployment\n')), false);
    assert.equal(await bentomlReader.recognises({ ...folder(saved), files: ['serving.yml'] }), false);
  });

  it('carries over service, version and APIs', async () => {
    const { wire } = await wireOf(saved);
    assert.deepEqual(wire, {
      name: 'bentoml',
      version: '0.9',
      service: 'PytorchImageSegment',
      serviceVersion: '20201009125205_5509D4',
      models: { net: 'portrait' },
      apis: [
        {
          name: 'predict',
          input: 'FileInput',
          batch: true,
          mbMaxBatchSize: 16,
          mbMaxLatencyMs: 500,
          cors: '*',
          docs: "BentoService inference API 'predict', input: 'FileInput', output: 'DefaultOutput'",
        },
      ],
    });
  });

  it('notes what has no meaning here: weights, Python, conda, code', async () => {
    const { notes } = await wireOf(saved);
    for (const start of [
      'artifacts[0]: The weights of net (PytorchModelArtifact)',
      'apis[0].mb_max_batch_size: ',
      'metadata.created_at: ',
      'metadata.module_name: ',
      'env.pip_packages: ',
      'env.conda_env: ',
      'env.python_version: ',
    ]) {
      assert.ok(
        notes.some((note) => note.startsWith(start)),
        start,
      );
    }
    assert.equal(notes.length, 7);
  });

  it('speaks 0.13 for bundles of 0.11 and later', async () => {
    for (const [version, line] of [
      ['0.7.8', '0.9'],
      ['0.10.1', '0.9'],
      ['0.11.0', '0.13'],
      ['0.13.1+5.gabc', '0.13'],
    ] as const) {
      const { wire } = await wireOf(saved.replace('version: 0.9.1', `version: ${version}`));
      assert.equal(wire.version, line);
    }
  });

  it('carries over adapters with their settings, and notes those that take no pictures', async () => {
    const { wire, notes } = await wireOf(`version: 0.13.1
kind: BentoService
apis:
- name: compare
  route: v1/compare
  input_type: MultiImageInput
  output_type: JsonOutput
  input_config: {input_names: [original, compared], accept_image_formats: ['.JPG'], pilmode: L}
- name: table
  input_type: DataframeInput
  output_type: TfTensorOutput
  batch: false
artifacts:
- {name: encoder, artifact_type: OnnxModelArtifact}
`);
    assert.deepEqual(wire.apis, [
      {
        name: 'compare',
        route: 'v1/compare',
        input: 'MultiImageInput',
        acceptImageFormats: ['.jpg'],
        inputNames: ['original', 'compared'],
        model: 'encoder',
      },
      { name: 'table', input: 'FileInput', model: 'encoder', batch: false },
    ]);
    const keys = notes.map((note) => note.split(':')[0]);
    for (const key of ['apis[0].input_config.pilmode', 'apis[1].input_type', 'apis[1].output_type']) {
      assert.ok(keys.includes(key), key);
    }
  });

  it('says what is wrong with a file that cannot be read', async () => {
    for (const [text, says] of [
      ['kind: BentoService\napis: 3\n', /`apis` of bentoml.yml to be a list of mappings but received 3/],
      ['kind: BentoService\napis: [{input_type: FileInput}]\n', /`apis\[0\].name` of bentoml.yml/],
      ['kind: BentoService\nmetadata: x\n', /`metadata` of bentoml.yml to be a mapping/],
      ['kind: [', /Expected bentoml.yml to be YAML/],
    ] as const) {
      await assert.rejects(bentomlReader.migrate(file(text)), { code: 'config_invalid', message: says });
    }
  });
});
