import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outputFormOf } from '../../../packages/server/src/protocols/paddle-rpc/elemTypes.ts';
import type { InferReply } from '../../../packages/server/src/protocols/paddle-rpc/inferReply.ts';
import { readProtobuf } from '../../../packages/server/src/protocols/paddle-rpc/readProtobuf.ts';
import { writeJson } from '../../../packages/server/src/protocols/paddle-rpc/writeJson.ts';
import { writeProtobuf } from '../../../packages/server/src/protocols/paddle-rpc/writeProtobuf.ts';
import { askJson, askProto, encode, example, openPaddleRpc, type RequestInit } from './callers.ts';
import { floats, numbersOf, TensorEngine, tensor } from './tensorEngine.ts';

const place = await openPaddleRpc();
const { engine } = place;

const halves = Uint8Array.of(0, 0x3c, 0, 0xbc); // 1 and −1
const least = -(2n ** 63n);
const most = 2n ** 63n - 1n;

describe('paddle-rpc: tensors of a request', () => {
  const rows: [string, NonNullable<RequestInit['tensor']>[number], Record<string, unknown>, string, unknown[]][] = [
    [
      '0 INT64',
      { int64Data: [least, -1n, 127n, 128n, most], elemType: 0, shape: [5] },
      { int64_data: '[-9223372036854775808,-1,127,128,9223372036854775807]', shape: [5] },
      'int64',
      [least, -1n, 127n, 128n, most],
    ],
    [
      '1 FP32',
      { floatData: [0.5, -3.25e30, 0], elemType: 1, shape: [3] },
      { float_data: '[0.5,-3.25e30,0]', elem_type: 1, shape: [3] },
      'float32',
      [0.5, Math.fround(-3.25e30), 0],
    ],
    [
      '2 INT32',
      { intData: [-(2 ** 31), -1, 300, 2 ** 31 - 1], elemType: 2, shape: [2, 2] },
      { int_data: '[-2147483648,-1,300,2147483647]', elem_type: 2, shape: [2, 2] },
      'int32',
      [-(2 ** 31), -1, 300, 2 ** 31 - 1],
    ],
    [
      '5 FP16',
      { tensorContent: halves, elemType: 5, shape: [2] },
      { tensor_content: `"${Buffer.from(halves).toString('base64')}"`, elem_type: 5, shape: [2] },
      'float16',
      [0x3c00, 0xbc00],
    ],
    [
      '7 UINT8',
      { tensorContent: Uint8Array.of(0, 255), elemType: 7, shape: [2] },
      { tensor_content: '"AP8="', elem_type: 7, shape: [2] },
      'uint8',
      [0, 255],
    ],
    [
      '8 INT8',
      { tensorContent: Uint8Array.of(0, 255), elemType: 8, shape: [2] },
      { tensor_content: '"AP8="', elem_type: 8, shape: [2] },
      'int8',
      [0, -1],
    ],
    [
      '20 STRING',
      { data: ['pêche', ''], elemType: 20, shape: [2] },
      { data: '["pêche",""]', elem_type: 20, shape: [2] },
      'string',
      ['pêche', ''],
    ],
  ];
  for (const [title, message, fields, type, numbers] of rows) {
    it(`of elem_type ${title} reach the engine as ${type}, alike from protobuf and JSON`, async () => {
      await askProto(place, { tensor: [{ ...message, name: 'x', lod: [0, 1] }] });
      const fromProtobuf = engine.sent;
      const entries = Object.entries({ ...fields, name: '"x"', lod: '[0,1]' });
      const body = `{"tensor":[{${entries.map(([key, value]) => `"${key}":${typeof value === 'object' ? JSON.stringify(value) : value}`)}}]}`;
      const reply = await askJson(place, body);
      assert.equal(reply.status, 200, String(reply.bytes));
      for (const sent of [fromProtobuf, engine.sent]) {
        assert.deepEqual([sent.name, sent.type, sent.dims], ['x', type, [...message.shape!]]);
        assert.deepEqual(numbersOf(sent), numbers);
      }
    });
  }

  it('take the shape as it was sent, a scalar without any', async () => {
    await askProto(place, { tensor: [{ floatData: [7], elemType: 1, name: 'x' }] });
    assert.deepEqual(engine.sent.dims, []);
    await askProto(place, { tensor: [{ elemType: 1, name: 'x', shape: [0, 4] }] });
    assert.deepEqual(engine.sent.dims, [0, 4]);
  });

  it('may have integers in quotes and floats that are words, in JSON', async () => {
    await askJson(place, { tensor: [{ int64_data: ['-9223372036854775808', 7], shape: [2], name: 'x' }] });
    assert.deepEqual(numbersOf(engine.sent), [least, 7n]);
    await askJson(place, {
      tensor: [{ float_data: ['NaN', '-Infinity', 1], elem_type: 1, shape: [3], name: 'x' }],
    });
    assert.deepEqual(numbersOf(engine.sent), [Number.NaN, Number.NEGATIVE_INFINITY, 1]);
  });

  it('are known by their variable or their alias', async () => {
    const other = await openPaddleRpc({ feed: { image: 'x', scale: 's' }, fetch: { out: 'y' } });
    await askProto(other, {
      tensor: [
        { floatData: [1], elemType: 1, name: 's', aliasName: 'nonsense', shape: [1] },
        { floatData: [2], elemType: 1, name: 'whatever', aliasName: 'image', shape: [1] },
      ],
    });
    assert.deepEqual(
      other.engine.requests[0]!.inputs.map(({ name }) => name),
      ['s', 'x'],
    );
  });

  it('of types that the original skips are skipped while one is left', async () => {
    await askProto(place, {
      tensor: [
        { float64Data: [1], elemType: 3, name: 'scale', shape: [1] },
        { floatData: [2, 3], elemType: 1, name: 'x', shape: [1, 2] },
      ],
    });
    assert.deepEqual(
      engine.requests.at(-1)!.inputs.map(({ name }) => name),
      ['x'],
    );
  });

  it('may be millions of numbers, between which the event loop turns', async () => {
    const count = 3_000_000;
    const values = new Array(count).fill(-1);
    const body = encode({ tensor: [{ intData: values, elemType: 2, name: 'x', shape: [count] }] });
    const [sent] = (await readProtobuf(body, 'auto')).tensors;
    const { value: numbers, turns } = await countingTurns(sent!.numbers('int_data'));
    assert.equal(numbers.length, 4 * count);
    assert.ok(turns >= 20, `the event loop turned ${turns} times`);
    const reply: InferReply = {
      generation: '0.7',
      engineName: 'e',
      profileTimes: [],
      tensors: [
        { alias: 'y', tensor: floats('y', [count], values), form: outputFormOf('float32')! },
        {
          alias: 'z',
          tensor: tensor('int64', 'z', [10 ** 6], new BigInt64Array(10 ** 6)),
          form: outputFormOf('int64')!,
        },
      ],
    };
    assert.ok((await countingTurns(writeJson(reply))).turns >= 100);
    assert.ok((await countingTurns(writeProtobuf(reply))).turns >= 10);
  });
});

/** How often the event loop turned while something was made. */
async function countingTurns<Value>(made: Promise<Value>): Promise<{ value: Value; turns: number }> {
  let turns = 0;
  let counting = true;
  const turn = () => {
    turns++;
    if (counting) setImmediate(turn);
  };
  setImmediate(turn);
  const value = await made;
  counting = false;
  return { value, turns };
}

describe('paddle-rpc: what is fetched', () => {
  const names = async (settings: Parameters<typeof openPaddleRpc>[0], fetchVarNames: string[]) => {
    const other = await openPaddleRpc(settings);
    other.engine.outputs = [floats('a', [1], [1]), floats('b', [1], [2])];
    const { outputs } = await askProto(other, {
      tensor: [{ elemType: 1, floatData: [1], name: 'x', shape: [1] }],
      fetchVarNames,
    });
    await other.close();
    return outputs[0]!.tensor.map(({ name, aliasName, floatData }) => `${name} as ${aliasName} = ${floatData}`);
  };
  const fetch = { second: 'b', first: 'a' };

  it('is everything in the order of the configuration when nothing is named', async () => {
    assert.deepEqual(await names({ fetch }, []), ['b as second = 2', 'a as first = 1']);
  });

  it('is everything in the order of the graph without a configuration', async () => {
    assert.deepEqual(await names({}, []), ['a as a = 1', 'b as b = 2']);
  });

  it('comes in the order of the aliases that are named', async () => {
    assert.deepEqual(await names({ fetch }, ['first', 'second']), ['a as first = 1', 'b as second = 2']);
  });

  it('is the first one for a name that is not known, as often as it is named', async () => {
    const again = await openPaddleRpc({ fetch: { out: 'y' } });
    await askProto(again, {
      tensor: [{ elemType: 1, floatData: [1], name: 'x', shape: [1] }],
      fetchVarNames: ['a', 'b'],
    });
    assert.deepEqual(again.engine.requests[0]!.outputs, ['y']);
    assert.deepEqual(await names({ fetch }, ['nope', 'first', 'b']), [
      'b as second = 2',
      'a as first = 1',
      'b as second = 2',
    ]);
  });
});

describe('paddle-rpc: the model', () => {
  it('is the one of the configuration, and its engine name stands in the reply', async () => {
    const other = await openPaddleRpc({ models: { general_infer_0: 'scene:2' } });
    const reply = await askJson(other, example);
    assert.match(String(reply.bytes), /"engine_name":"general_infer_0"/);
    assert.equal(other.engine.requests[0]!.model, 'scene:2');
    assert.ok(other.engine instanceof TensorEngine);
  });
});
