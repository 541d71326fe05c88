import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Tensor } from '../../../packages/server/src/domain/tensor.ts';
import { askJson, askProto, example, exampleMessage, openPaddleRpc } from './callers.ts';
import { floats, tensor } from './tensorEngine.ts';

const place = await openPaddleRpc();
const { engine } = place;

const halves = Uint8Array.of(0, 0x3c, 0, 0xbc); // 1 and −1
const most = 2n ** 63n - 1n;

describe('paddle-rpc: tensors of a reply', () => {
  const rows: [Tensor, Record<string, unknown>, string][] = [
    [
      tensor('int64', 'y', [3], BigInt64Array.of(-1n, most, 0n)),
      { elemType: 0, int64Data: [-1n, most, 0n] },
      '"int64_data":[-1,9223372036854775807,0],"shape":[3]',
    ],
    [
      floats('y', [4], [0.1, 2, Number.NaN, Number.NEGATIVE_INFINITY]),
      { elemType: 1, floatData: [Math.fround(0.1), 2, Number.NaN, Number.NEGATIVE_INFINITY] },
      '"float_data":[0.10000000149011612,2.0,"NaN","-Infinity"],"elem_type":1,"shape":[4]',
    ],
    [
      tensor('int32', 'y', [3], Int32Array.of(-5, 70_000, 0)),
      { elemType: 2, intData: [-5, 70_000, 0] },
      '"int_data":[-5,70000,0],"elem_type":2,"shape":[3]',
    ],
    [
      tensor('float16', 'y', [2], halves),
      { elemType: 5, tensorContent: halves },
      '"elem_type":5,"shape":[2],"name":"y","alias_name":"y","tensor_content":"ADwAvA=="',
    ],
    [
      tensor('uint8', 'y', [2], Uint8Array.of(0, 255)),
      { elemType: 7, tensorContent: Uint8Array.of(0, 255) },
      '"elem_type":7,"shape":[2],"name":"y","alias_name":"y","tensor_content":"AP8="',
    ],
    [
      tensor('int8', 'y', [1], Int8Array.of(-1)),
      { elemType: 8, tensorContent: Uint8Array.of(255) },
      '"elem_type":8,"shape":[1],"name":"y","alias_name":"y","tensor_content":"/w=="',
    ],
    [
      tensor('float64', 'y', [1], Float64Array.of(0.1)),
      { elemType: 3, float64Data: [0.1] },
      '"float64_data":[0.1],"elem_type":3,"shape":[1]',
    ],
    [
      tensor('int16', 'y', [2], Int16Array.of(-2, 9)),
      { elemType: 4, intData: [-2, 9] },
      '"int_data":[-2,9],"elem_type":4,"shape":[2]',
    ],
    [
      tensor('bool', 'y', [2], Uint8Array.of(1, 0)),
      { elemType: 9, boolData: [true, false] },
      '"bool_data":[true,false],"elem_type":9,"shape":[2]',
    ],
    [
      { type: 'string', name: 'y', dims: [2], strings: ['a"b', 'é'] },
      { elemType: 20, data: ['a"b', 'é'] },
      '"data":["a\\"b","é"],"elem_type":20,"shape":[2]',
    ],
  ];
  for (const [given, fields, text] of rows) {
    it(`of ${given.type} travel with their elem_type, as protobuf and as JSON`, async () => {
      const usual = engine.outputs;
      engine.outputs = [given];
      try {
        const { outputs } = await askProto(place, { tensor: [{ elemType: 1, floatData: [1], name: 'x', shape: [1] }] });
        const sent = outputs[0]!.tensor[0]!;
        for (const [name, value] of Object.entries(fields)) {
          const received = sent[name as keyof typeof sent];
          assert.deepEqual(
            received instanceof Uint8Array ? [...received] : received,
            value instanceof Uint8Array ? [...value] : value,
          );
        }
        assert.deepEqual(sent.shape, [...given.dims]);
        const reply = String((await askJson(place, example)).bytes);
        assert.ok(reply.includes(text), `${reply} has ${text}`);
      } finally {
        engine.outputs = usual;
      }
    });
  }

  it('may be long lists, in JSON too', async () => {
    const usual = engine.outputs;
    const numbers = Array.from({ length: 20_000 }, (_, at) => at);
    engine.outputs = [tensor('int32', 'y', [20_000], Int32Array.from(numbers)), { ...floats('z', [], [0.5]) }];
    try {
      const { outputs } = JSON.parse(String((await askJson(place, { ...example, fetch_var_names: [] })).bytes));
      assert.deepEqual(outputs[0].tensor[0].int_data, numbers);
      const [first, scalar] = (await askProto(place, { ...exampleMessage, fetchVarNames: [] })).outputs[0]!.tensor;
      assert.deepEqual(first!.intData, numbers);
      assert.deepEqual([scalar!.floatData, scalar!.shape], [[0.5], []]);
    } finally {
      engine.outputs = usual;
    }
  });

  it('of a type without a number fail by name', async () => {
    const usual = engine.outputs;
    engine.outputs = [tensor('uint32', 'y', [1], Uint32Array.of(1))];
    try {
      const reply = await askJson(place, example);
      assert.equal(reply.status, 500);
      assert.match(String(reply.bytes), /\[E-5100\].*"y" is of uint32/);
    } finally {
      engine.outputs = usual;
    }
  });

  it('with an empty list of numbers leave it out in JSON', async () => {
    const usual = engine.outputs;
    engine.outputs = [floats('y', [0], [])];
    try {
      assert.deepEqual((await askProto(place, exampleMessage)).outputs[0]!.tensor[0]!.shape, [0]);
      const reply = String((await askJson(place, example)).bytes);
      assert.match(reply, /"tensor":\[\{"elem_type":1,"shape":\[0\],"name":"y","alias_name":"y"\}\]/);
    } finally {
      engine.outputs = usual;
    }
  });
});
