import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PackageManifestSchema } from '@segserve/contract';
import { parse } from 'yaml';
import { configOf } from '../../config/loadConfig.ts';
import { oldFile, oldFolder } from './oldFolder.testSupport.ts';
import { paddleRpcReader } from './paddle-rpc.ts';

const conf = `
feed_var {
  name: "img"
  alias_name: "image"
  is_lod_tensor: false
  feed_type: 1
  shape: 3
}
feed_var { name: "scale" alias_name: "scale" feed_type: 3 shape: 1 }
fetch_var {
  name: "tmp_75"
  alias_name: "alpha"
  is_lod_tensor: true
  fetch_type: 1
  shape: 1
}
`;

test('A converted model gives its aliases in their order, and a model.yaml to begin with', async () => {
  const old = oldFolder('/old/Serving_Server', { 'serving_server_conf.prototxt': conf, 'model.pdmodel': '' });
  assert.equal(await paddleRpcReader.recognises(old), true);
  const { config, notes } = await paddleRpcReader.migrate(old);
  assert.deepEqual(config, {
    models: ['models'],
    wires: [
      {
        name: 'paddle-rpc',
        host: '0.0.0.0',
        feed: { image: 'img', scale: 'scale' },
        fetch: { alpha: 'tmp_75' },
        models: { GeneralInferOp_0: 'serving_server' },
      },
    ],
  });
  assert.equal(configOf(config).wires[0]!.name, 'paddle-rpc');
  const keys = notes.map(({ key }) => key);
  assert.deepEqual(keys, ['--port', 'feed_var "scale".feed_type', 'fetch_var "alpha".is_lod_tensor', 'model']);
  const skeleton = notes
    .at(-1)!
    .says.split('\n')
    .filter((line) => line.startsWith('  '))
    .join('\n');
  assert.equal(PackageManifestSchema.parse(parse(skeleton)).name, 'serving_server');
});

test('The file alone is enough', async () => {
  const old = oldFile('/old/x/serving_server_conf.prototxt', conf);
  assert.equal(await paddleRpcReader.recognises(old), true);
  const [wire] = (await paddleRpcReader.migrate(old)).config.wires ?? [];
  assert.deepEqual((wire as { fetch?: unknown }).fetch, { alpha: 'tmp_75' });
});

const workdir = {
  'infer_service.prototxt': 'port: 27008\nservices { name: "GeneralModelService" workflows: "workflow1" }',
  'workflow.prototxt': `workflows {
    name: "workflow1" workflow_type: "Sequence"
    nodes { name: "GeneralReaderOp_0" type: "GeneralReaderOp" }
    nodes { name: "general_infer_0" type: "GeneralInferOp" dependencies { name: "GeneralReaderOp_0" mode: "RO" } }
    nodes { name: "GeneralResponseOp_0" type: "GeneralResponseOp" dependencies { name: "general_infer_0" mode: "RO" } }
  }`,
  'resource.prototxt': 'model_toolkit_path: "workdir" model_toolkit_file: "a" cube_config_path: "c"',
  'general_infer_0/model_toolkit.prototxt':
    'engines { name: "general_infer_0" type: "PADDLE_INFER" model_dir: "/models/BiSeNet V2" runtime_thread_num: 2 use_gpu: true }',
  'general_infer_0/general_model.prototxt': conf,
};

test('A work folder gives port, engine name and aliases, and a note for what has no meaning here', async () => {
  const old = oldFolder('/old/workdir', workdir);
  assert.equal(await paddleRpcReader.recognises(old), true);
  const { config, notes } = await paddleRpcReader.migrate(old);
  assert.deepEqual(config.wires, [
    {
      name: 'paddle-rpc',
      host: '0.0.0.0',
      port: 27008,
      feed: { image: 'img', scale: 'scale' },
      fetch: { alpha: 'tmp_75' },
      models: { general_infer_0: 'bisenet-v2' },
    },
  ]);
  const keys = notes.map(({ key }) => key);
  for (const key of ['resource.prototxt cube_config_path', 'engines.runtime_thread_num', 'engines.use_gpu']) {
    assert.ok(keys.includes(key), `${key} in ${keys}`);
  }
  assert.ok(!keys.includes('--port'));
});

test('Several inference operators and another service are told of', async () => {
  const two = workdir['workflow.prototxt'].replace(
    'nodes { name: "GeneralResponseOp_0"',
    'nodes { name: "second" type: "GeneralInferOp" }\n nodes { name: "GeneralResponseOp_0"',
  );
  const service = 'services { name: "Other" } services { name: "GeneralModelService" merger: "m" }';
  const old = oldFolder('/old/w', { ...workdir, 'workflow.prototxt': two, 'infer_service.prototxt': service });
  const { config, notes } = await paddleRpcReader.migrate(old);
  assert.deepEqual(Object.keys((config.wires![0] as { models: object }).models), ['second']);
  const keys = notes.map(({ key }) => key);
  for (const key of ['services "Other"', 'services.merger', 'workflow.prototxt', '--port'])
    assert.ok(keys.includes(key), key);
});

test('What is wrong is named by file and line', async () => {
  const broken: [string, RegExp][] = [
    ['feed_var { alias_name: "x" }', /serving_server_conf\.prototxt:1: a name in feed_var/],
    ['feed_var { name: "a" }', /at least one fetch_var/],
    ['feed_var { name: 3 }', /:1: expected `name` to be a text in quotes/],
    ['feed_var { name: "a" } feed_var { name: "b" alias_name: "a" }', /an alias of its own but received "a" again/],
    ['feed_var {', /expected "}", found the end of the file/],
  ];
  for (const [text, message] of broken) {
    const old = oldFolder('/old/m', { 'serving_server_conf.prototxt': text });
    await assert.rejects(paddleRpcReader.migrate(old), { code: 'config_invalid', message });
  }
});

test('Other folders and files are left to other readers', async () => {
  assert.equal(await paddleRpcReader.recognises(oldFolder('/x', { 'config.yml': '' })), false);
  assert.equal(await paddleRpcReader.recognises(oldFile('/x/config.yml', 'http_port: 1')), false);
  const seg = { 'infer_service.prototxt': 'services { name: "ImageSegService" }' };
  assert.equal(await paddleRpcReader.recognises(oldFolder('/x', seg)), false);
});
