import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../packages/server/src/domain/engineDoor.ts';
import { subscribe } from '../packages/server/src/domain/events.ts';
import { Fault } from '../packages/server/src/domain/fault.ts';
import { defaultLimits, type Limits } from '../packages/server/src/domain/limits.ts';
import {
  type ElementType,
  elementBytes,
  elementTypes,
  type NumberTensor,
  type Tensor,
} from '../packages/server/src/domain/tensor.ts';
import { openInProcess } from '../packages/server/src/engine/inProcess.ts';
import { openPool } from '../packages/server/src/engine/pool.ts';
import {
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
} from '../packages/server/src/graph/gen/onnx_pb.ts';
import { readModel, writeModel } from '../packages/server/src/graph/onnxFile.ts';
import { findModels } from '../packages/server/src/models/repository.ts';
import { redPicture } from './support/pictures.ts';
import { repository } from './support/repository.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';
import { graphOf, identity, slowIdentity, sumAndLess, writeTensorPackage, zerosOf } from './support/tensorPackages.ts';
import { writeRedMatte } from './support/tinyPackages.ts';
import { until } from './support/until.ts';

const onnxTypes: Readonly<Record<ElementType, DataType>> = {
  bool: DataType.BOOL,
  int8: DataType.INT8,
  int16: DataType.INT16,
  int32: DataType.INT32,
  int64: DataType.INT64,
  uint8: DataType.UINT8,
  uint16: DataType.UINT16,
  uint32: DataType.UINT32,
  uint64: DataType.UINT64,
  float16: DataType.FLOAT16,
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  string: DataType.STRING,
};

const models = temporaryFolder();
for (const type of elementTypes) writeTensorPackage(models, type, identity(onnxTypes[type], ['N', 'M']));
writeTensorPackage(models, 'scalar', identity(DataType.INT64, []));
writeTensorPackage(models, 'pair', sumAndLess());
writeTensorPackage(models, 'zeros', zerosOf());
writeTensorPackage(models, 'slow', slowIdentity(3));
writeTensorPackage(models, 'outside', withWeightsOutside(models));
writeTensorPackage(models, 'picky', picky());
writeTensorPackage(models, 'brain', identity(DataType.BFLOAT16, [2]));
writeRedMatte(models, 'matte');

async function openWorkers(limits: Partial<Limits> = {}, workers = 1): Promise<Engine> {
  const { engine, ready } = openPool({
    models: await findModels([models]),
    limits: { ...defaultLimits, ...limits },
    workers,
    threads: 1,
    workerBytesMax: 'auto',
  });
  after(() => engine.close({ graceMs: 0 }));
  await ready;
  return engine;
}

/** x + [1, 2], with the two numbers in a file beside the graph. */
function withWeightsOutside(root: string): Uint8Array {
  const model = readModel(
    graphOf({
      inputs: [{ name: 'x', type: DataType.FLOAT, dims: [2] }],
      outputs: [{ name: 'y', type: DataType.FLOAT, dims: [2] }],
      body: (write) => void write.add('Add', ['x', write.floats([1, 2])], {}, 'y'),
    }),
  );
  const [weights] = model.graph.initializer;
  const folder = writeTensorPackage(root, 'outside', new Uint8Array());
  writeFileSync(path.join(folder, 'weights.bin'), weights!.rawData);
  weights!.rawData = new Uint8Array();
  weights!.dataLocation = DataLocation.EXTERNAL;
  weights!.externalData = [{ $typeName: 'onnx.StringStringEntryProto', key: 'location', value: 'weights.bin' }];
  return writeModel(model);
}

/** Its free side must be even, which no file can say. */
function picky(): Uint8Array {
  return graphOf({
    inputs: [{ name: 'x', type: DataType.FLOAT, dims: ['N'] }],
    outputs: [{ name: 'y', type: DataType.FLOAT, dims: [2, 'half'] }],
    body: (write) => void write.add('Reshape', ['x', write.ints([2, -1])], {}, 'y'),
  });
}

/** Any bits, at an odd place of a larger buffer. */
function tensorOf(type: NumberTensor['type'], dims: readonly number[], offset = 1): NumberTensor {
  const length = dims.reduce((product, side) => product * side, 1) * elementBytes[type];
  const bytes = new Uint8Array(length + offset).subarray(offset);
  for (let at = 0; at < length; at++) bytes[at] = type === 'bool' ? at % 2 : (at * 37 + 0xf1) % 256;
  return { name: 'x', type, dims, bytes };
}

const floats = (name: string, values: readonly number[], dims = [values.length]): NumberTensor => {
  return { name, type: 'float32', dims, bytes: new Uint8Array(Float32Array.from(values).buffer) };
};

function floatsOf(tensor: Tensor | undefined): number[] {
  assert.ok(tensor?.type === 'float32');
  return [...new Float32Array(new Uint8Array(tensor.bytes).buffer)];
}

const faultOf = (code: string, message = /./) => {
  return (error: unknown) => error instanceof Fault && error.code === code && message.test(error.message);
};

describe('Raw tensors through worker processes', { concurrency: false }, () => {
  test('Every element type passes bit for bit: unaligned, without elements, and text of any script', async () => {
    const worker = await openWorkers();
    const here = await openInProcess({ models: await findModels([models]), limits: defaultLimits, threads: 1 });
    after(() => here.close());
    for (const engine of [worker, here]) {
      for (const type of elementTypes) {
        assert.equal(engine.model(type).error, null);
        if (type === 'string') continue;
        for (const dims of [
          [3, 5],
          [0, 4],
        ]) {
          for (const offset of [0, 1, 3]) {
            const sent = tensorOf(type, dims, offset);
            const { outputs, model } = await engine.infer({ model: type, inputs: [sent] });
            assert.equal(model, `${type}:1`);
            const [got] = outputs;
            assert.ok(got && got.type !== 'string');
            assert.deepEqual({ ...got, bytes: [...got.bytes] }, { ...sent, name: 'y', bytes: [...sent.bytes] });
          }
        }
      }
      const strings = ['', 'grüße', '日本語', '👩‍🚀 \u{10ffff}', 'line\nline', '\ufeff'];
      const text = await engine.infer({
        model: 'string',
        inputs: [{ name: 'x', type: 'string', dims: [3, 2], strings }],
      });
      assert.deepEqual(text.outputs, [{ name: 'y', type: 'string', dims: [3, 2], strings }]);
      const none = await engine.infer({
        model: 'string',
        inputs: [{ name: 'x', type: 'string', dims: [0, 2], strings: [] }],
      });
      assert.deepEqual(none.outputs, [{ name: 'y', type: 'string', dims: [0, 2], strings: [] }]);
      const scalar = tensorOf('int64', []);
      const [back] = (await engine.infer({ model: 'scalar', inputs: [scalar] })).outputs;
      assert.ok(back?.type === 'int64');
      assert.deepEqual([back.dims, [...back.bytes]], [[], [...scalar.bytes]]);
    }
  });

  test('Several inputs and outputs go by name, in the order of the reply that was asked for', async () => {
    const engine = await openWorkers();
    const inputs = [floats('b', [3, 3], [1, 2]), floats('a', [1, 5], [1, 2])];
    const all = await engine.infer({ model: 'pair', inputs });
    assert.deepEqual(
      all.outputs.map(({ name }) => name),
      ['sum', 'less'],
    );
    assert.deepEqual(floatsOf(all.outputs[0]), [4, 8]);
    assert.ok(all.timings.infer > 0 && all.timings.queue >= 0 && all.timings.decode === 0);
    const turned = await engine.infer({ model: 'pair', inputs, outputs: ['less', 'sum'] });
    const [less, sum] = turned.outputs;
    assert.ok(less?.type === 'bool');
    assert.deepEqual([...less.bytes], [1, 0]);
    assert.deepEqual(floatsOf(sum), [4, 8]);
    assert.equal((await engine.infer({ model: 'pair', inputs, outputs: ['less'] })).outputs.length, 1);
  });

  test('A picture model answers through its exported graph too, and goes on answering pictures', async () => {
    const engine = await openWorkers();
    assert.equal(engine.model('matte').fused, true);
    assert.deepEqual(engine.signature('matte').inputs, [{ name: 'x', type: 'float32', dims: [null, 3, 32, 32] }]);
    const values = Array.from({ length: 3 * 32 * 32 }, (_, at) => at / 7);
    const raw = () => engine.infer({ model: 'matte', inputs: [floats('x', values, [1, 3, 32, 32])] });
    const picture = async () =>
      engine.segment({ model: 'matte', image: await redPicture(9), answers: [{ kind: 'alpha' }] });
    const [first, second] = await Promise.all([raw(), raw(), picture()]);
    for (const { outputs } of [first, second]) {
      assert.deepEqual(outputs[0]?.dims, [1, 1, 32, 32]);
      assert.deepEqual(floatsOf(outputs[0]), [...Float32Array.from(values.slice(0, 1024))]);
    }
  });

  test('Weights beside the graph are read, and a warm-up that free sides forbid is told, not hidden', async () => {
    const engine = await openWorkers();
    const { outputs } = await engine.infer({ model: 'outside', inputs: [floats('x', [10, 20])] });
    assert.deepEqual(floatsOf(outputs[0]), [11, 22]);
    const detail = engine.model('picky');
    assert.equal(detail.state, 'ready');
    assert.match(detail.fusion, /not warmed up: it has free sides and does not run with 1 for them/);
    assert.doesNotMatch(engine.model('outside').fusion, /not warmed up/);
    const even = await engine.infer({ model: 'picky', inputs: [floats('x', [1, 2, 3, 4])] });
    assert.deepEqual(even.outputs[0]?.dims, [2, 2]);
    const odd = engine.infer({ model: 'picky', inputs: [floats('x', [1, 2, 3])] });
    await assert.rejects(odd, faultOf('invalid_request', /^The graph does not run on these tensors: /));
  });

  test('A model without pictures says so, to whoever sends one and in its description', async () => {
    const engine = await openWorkers();
    const { task, answers, input } = engine.model('pair');
    assert.deepEqual({ task, answers, input: input.rule }, { task: 'tensor', answers: [], input: 'none' });
    const request = { model: 'pair', image: await redPicture(1), answers: [{ kind: 'alpha' }] } as const;
    await assert.rejects(engine.segment(request), faultOf('unknown_answer', /raw tensors/));
  });

  test('A graph with a type that cannot pass is refused by its name', async () => {
    const engine = await openWorkers();
    const { state, error } = engine.model('brain');
    assert.equal(state, 'failed');
    assert.match(error ?? '', /inputs and outputs of bool, .* but received "x" of bfloat16/);
    const sent = { name: 'x', type: 'uint16', dims: [2], bytes: new Uint8Array(4) } as const;
    await assert.rejects(engine.infer({ model: 'brain', inputs: [sent] }), faultOf('model_not_ready', /bfloat16/));
  });

  test('An output above the limit is refused by the worker, which lives on', async () => {
    const engine = await openWorkers({ tensorBytesMax: 2 ** 20 });
    const zeros = (count: bigint) =>
      engine.infer({
        model: 'zeros',
        inputs: [{ name: 'count', type: 'int64', dims: [1], bytes: new Uint8Array(BigInt64Array.of(count).buffer) }],
      });
    assert.equal((await zeros(2n ** 18n)).outputs[0]?.dims[0], 2 ** 18);
    await assert.rejects(
      zeros(2n ** 18n + 1n),
      faultOf('invalid_request', /at most 1048576 bytes but .* 1048580 bytes/),
    );
    await assert.rejects(zeros(2n ** 50n), faultOf('invalid_request'));
    assert.equal((await zeros(4n)).outputs[0]?.dims[0], 4);
    assert.equal(engine.status().workerRestarts, 0);
  });

  test('A deadline that passes while the graph runs ends the request, and the worker goes on', async () => {
    const engine = await openWorkers();
    const slow = (deadlineMs: number) => engine.infer({ model: 'slow', inputs: [floats('x', [7])], deadlineMs });
    await assert.rejects(slow(30), faultOf('deadline_exceeded'));
    assert.deepEqual(new Set(floatsOf((await slow(60_000)).outputs[0])), new Set([7]));
    assert.equal(engine.status().workerRestarts, 0);
  });

  test('A worker that is killed under tensors costs no answer', async (t) => {
    const engine = await openWorkers({}, 2);
    let kills = 0;
    const stop = subscribe('segserve:batch', ({ model, workerPid }) => {
      if (model !== 'slow:1' || kills > 0) return;
      kills += 1;
      setTimeout(() => process.kill(workerPid, 'SIGKILL'), 20);
    });
    t.after(stop);
    const answers = await Promise.all(
      [1, 2, 3, 4].map((value) => engine.infer({ model: 'slow', inputs: [floats('x', [value])] })),
    );
    assert.deepEqual(
      answers.map(({ outputs }) => floatsOf(outputs[0])[0]),
      [1, 2, 3, 4],
    );
    assert.equal(engine.status().workerRestarts, 1);
  });

  test('Tensors that kill their worker each time are refused by their digest', async (t) => {
    const engine = await openWorkers({}, 2);
    const stop = subscribe('segserve:batch', ({ model, workerPid }) => {
      if (model === 'slow:1') setTimeout(() => process.kill(workerPid, 'SIGKILL'), 5);
    });
    t.after(stop);
    const poison = () => engine.infer({ model: 'slow', inputs: [floats('x', [13])] });
    await assert.rejects(poison(), faultOf('worker_failed', /these tensors will be refused/));
    await assert.rejects(poison(), faultOf('poison_input'));
    stop();
    const good = await engine.infer({ model: 'slow', inputs: [floats('x', [14])] });
    assert.equal(floatsOf(good.outputs[0])[0], 14);
  });

  test('Unloading and loading under traffic loses no accepted request, and harms no other model', async () => {
    const engine = await openWorkers({}, 2);
    const refused: Fault[] = [];
    const wrong: unknown[] = [];
    const answered = { pair: 0, matte: 0 };
    let stopped = false;
    const ask = async (value: number) => {
      const inputs = [floats('a', [value, 0], [1, 2]), floats('b', [1, 0], [1, 2])];
      const { outputs } = await engine.infer({ model: 'pair', inputs });
      assert.equal(floatsOf(outputs[0])[0], value + 1);
      answered.pair += 1;
    };
    const caller = async (id: number) => {
      for (let turn = 0; !stopped; turn++) {
        await ask(id * 1000 + turn).catch(async (error: unknown) => {
          if (faultOf('model_not_ready', /unloaded|loading/)(error)) refused.push(error as Fault);
          else wrong.push(error);
          await sleep(2);
        });
      }
    };
    const image = await redPicture(5);
    const other = async () => {
      while (!stopped) {
        await engine.segment({ model: 'matte', image, answers: [{ kind: 'alpha' }] }).catch((e) => wrong.push(e));
        answered.matte += 1;
      }
    };
    const traffic = [...[1, 2, 3, 4, 5, 6].map(caller), other()];
    for (let round = 0; round < 5; round++) {
      const before = { ...answered };
      await until('requests are answered', () => answered.pair > before.pair + 5 && answered.matte > before.matte);
      await engine.unload('pair');
      assert.equal(engine.model('pair').state, 'unloaded');
      const atRest = answered.pair;
      await sleep(20);
      assert.equal(answered.pair, atRest, 'nothing of it runs any more');
      await engine.load('pair');
      assert.equal(engine.model('pair').state, 'ready');
    }
    stopped = true;
    await Promise.all(traffic);
    assert.deepEqual(wrong, []);
    assert.ok(refused.length > 0);
  });

  test('A worker that dies while it loads a model does not hold the load up: its successor opens the model', async (t) => {
    const engine = await openWorkers();
    await engine.unload('slow');
    const stop = subscribe('segserve:model', ({ model, event }) => {
      const pid = engine.status().workers[0]?.pid;
      if (model === 'slow:1' && event === 'loading' && pid) setTimeout(() => process.kill(pid, 'SIGKILL'), 10);
    });
    t.after(stop);
    await engine.load('slow');
    assert.equal(engine.status().workerRestarts, 1);
    const { outputs } = await engine.infer({ model: 'slow', inputs: [floats('x', [3])] });
    assert.equal(floatsOf(outputs[0])[0], 3);
  });

  test('A worker that replaces a dead one opens what is loaded and nothing else', async () => {
    const engine = await openWorkers();
    await engine.unload('pair');
    const [{ pid } = { pid: 0 }] = engine.status().workers;
    process.kill(pid, 'SIGKILL');
    await until('another worker is ready', () =>
      engine.status().workers.some((worker) => worker.pid !== pid && worker.state === 'ready'),
    );
    const inputs = [floats('a', [1, 1], [1, 2]), floats('b', [1, 1], [1, 2])];
    await assert.rejects(engine.infer({ model: 'pair', inputs }), faultOf('model_not_ready', /unloaded/));
    assert.doesNotMatch(engine.notReady() ?? '', /pair/);
    await engine.load('pair');
    assert.deepEqual(floatsOf((await engine.infer({ model: 'pair', inputs })).outputs[0]), [2, 2]);
  });
});

const shared = process.env.SEGSERVE_SHARED ?? path.resolve(repository, '../shared');
const classifier = path.join(shared, 'models', 'cls-shufflenet-v2-12-int8.onnx');
const skip = existsSync(classifier) ? false : `no ${path.basename(classifier)} in ${shared}; set SEGSERVE_SHARED`;

test('A real classifier runs as it was exported: a thousand scores that depend on the picture', { skip }, async () => {
  const root = temporaryFolder();
  writeTensorPackage(root, 'shufflenet', readFileSync(classifier));
  const engine = await openInProcess({ models: await findModels([root]), limits: defaultLimits, threads: 2 });
  after(() => engine.close());
  assert.equal(engine.model('shufflenet').error, null);
  const { inputs, outputs } = engine.signature('shufflenet');
  assert.equal(inputs.length, 1, 'weights are no inputs');
  const [input] = inputs;
  assert.ok(input && outputs[0]);
  assert.deepEqual(input.dims.slice(1), [3, 224, 224]);
  const scores = async (value: (at: number) => number) => {
    const dims = [1, 3, 224, 224];
    const values = Array.from({ length: 3 * 224 * 224 }, (_, at) => value(at));
    const result = await engine.infer({ model: 'shufflenet', inputs: [floats(input.name, values, dims)] });
    assert.deepEqual(result.outputs[0]?.dims, [1, 1000]);
    return floatsOf(result.outputs[0]);
  };
  const flat = await scores(() => 0);
  const striped = await scores((at) => (at % 16 < 8 ? 2 : -2));
  assert.ok([...flat, ...striped].every(Number.isFinite));
  assert.notDeepEqual(flat, striped);
  assert.deepEqual(await scores(() => 0), flat, 'the same numbers again');
});
