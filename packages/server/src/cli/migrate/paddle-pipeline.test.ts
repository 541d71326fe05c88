import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf } from '../../config/loadConfig.ts';
import type { OldConfig } from './migration.ts';
import { paddlePipelineReader } from './paddle-pipeline.ts';

const fileOf = (text: string): OldConfig => ({
  path: '/old/config.yml',
  isFolder: false,
  text,
  files: ['config.yml'],
  read: async () => undefined,
});

const whole = `
rpc_port: 9998
http_port: 27008
worker_num: 4
build_dag_each_worker: false
dag:
  is_thread_op: true
  retry: 2
  use_profile: true
  tracer: { interval_s: 10 }
op:
  matting:
    concurrency: 2
    timeout: 3000
    retry: 2
    batch_size: 4
    auto_batching_timeout: 10
    local_service_conf:
      client_type: local_predictor
      model_config: serving_server
      device_type: 1
      devices: "0"
      fetch_list: [tmp_75]
      ir_optim: true
`;

test('Ports, operators, time-outs and profiling are carried over, and every other key gets a note', async () => {
  const { config, notes } = await paddlePipelineReader.migrate(fileOf(whole));
  assert.deepEqual(config.wires, [
    {
      name: 'paddle-pipeline',
      host: '0.0.0.0',
      port: 27008,
      grpcPort: 9998,
      useProfile: true,
      ops: { matting: { timeoutMs: 3000, retry: 2 } },
    },
  ]);
  const keys = notes.map(({ key }) => key);
  for (const key of [
    'worker_num',
    'dag.tracer',
    'op.matting.batch_size',
    'op.matting.local_service_conf.model_config',
  ]) {
    assert.ok(keys.includes(key), key);
  }
  assert.equal(configOf(config).wires[0]?.port, 27008);
});

test('With one port only, everything is spoken there', async () => {
  const { config } = await paddlePipelineReader.migrate(fileOf('rpc_port: 9998\nop: {}\n'));
  assert.deepEqual(config.wires, [{ name: 'paddle-pipeline', host: '0.0.0.0', port: 9998, ops: {} }]);
});

test('Operators whose order stands in code elsewhere are said to need it', async () => {
  const { notes } = await paddlePipelineReader.migrate(fileOf('http_port: 9999\nop: {a: {}, b: {}}\n'));
  assert.ok(notes.some(({ key, says }) => key === 'op' && says.includes('`input`')));
});

test('A wrong port and a file without any are errors that say so', async () => {
  await assert.rejects(
    paddlePipelineReader.migrate(fileOf('http_port: 80\nop: {}')),
    /http_port from 1024 to 65535.*80/,
  );
  await assert.rejects(paddlePipelineReader.migrate(fileOf('http_port: "x"\nop: {}')), /http_port from 1024/);
  await assert.rejects(paddlePipelineReader.migrate(fileOf('op: {}\ndag: {}')), /rpc_port or http_port/);
  await assert.rejects(paddlePipelineReader.migrate(fileOf('http_port: [')), /not valid YAML/);
});

test('It recognises a pipeline’s file and no other YAML', () => {
  assert.ok(paddlePipelineReader.recognises(fileOf(whole)));
  assert.ok(!paddlePipelineReader.recognises(fileOf('Deploy:\n  model: model.pdmodel\n')));
});
