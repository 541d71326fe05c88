import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { create } from '@bufbuild/protobuf';
import type { ElementType } from '../../domain/tensor.ts';
import { halfToNumber, numberToHalf } from '../wire/halfFloat.ts';
import { type JsonObject, readJsonDocument } from '../wire/jsonDocument.ts';
import { configTypeOf, datatypeOf, datatypes, elementTypeOf } from './datatypes.ts';
import { InferTensorContentsSchema } from './gen/open_inference_pb.ts';
import { tensorOfContents } from './grpcTensors.ts';
import { jsonData } from './jsonData.ts';
import { tensorOfJson } from './jsonTensor.ts';
import { bytesOfTensor, tensorOfBytes } from './rawBytes.ts';
import { checkedDims, fromEngineTensor, toEngineTensor, type WireTensor } from './wireTensor.ts';

const bytesOf = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/** The same three elements in every form. */
const forms: readonly {
  readonly type: ElementType;
  readonly json: string;
  readonly raw: Uint8Array;
  readonly contents?: object;
}[] = [
  {
    type: 'bool',
    json: '[true,false,true]',
    raw: Uint8Array.of(1, 0, 1),
    contents: { boolContents: [true, false, true] },
  },
  {
    type: 'int8',
    json: '[-128,0,127]',
    raw: bytesOf(Int8Array.of(-128, 0, 127)),
    contents: { intContents: [-128, 0, 127] },
  },
  {
    type: 'int16',
    json: '[-32768,1,32767]',
    raw: bytesOf(Int16Array.of(-32768, 1, 32767)),
    contents: { intContents: [-32768, 1, 32767] },
  },
  {
    type: 'int32',
    json: '[-2147483648,1,2147483647]',
    raw: bytesOf(Int32Array.of(-(2 ** 31), 1, 2 ** 31 - 1)),
    contents: { intContents: [-(2 ** 31), 1, 2 ** 31 - 1] },
  },
  {
    type: 'int64',
    json: '[-9223372036854775808,9007199254740993,1]',
    raw: bytesOf(BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n, 1n)),
    contents: { int64Contents: [-(2n ** 63n), 2n ** 53n + 1n, 1n] },
  },
  { type: 'uint8', json: '[0,128,255]', raw: Uint8Array.of(0, 128, 255), contents: { uintContents: [0, 128, 255] } },
  {
    type: 'uint16',
    json: '[0,1,65535]',
    raw: bytesOf(Uint16Array.of(0, 1, 65535)),
    contents: { uintContents: [0, 1, 65535] },
  },
  {
    type: 'uint32',
    json: '[0,1,4294967295]',
    raw: bytesOf(Uint32Array.of(0, 1, 2 ** 32 - 1)),
    contents: { uintContents: [0, 1, 2 ** 32 - 1] },
  },
  {
    type: 'uint64',
    json: '[0,18446744073709551615,1]',
    raw: bytesOf(BigUint64Array.of(0n, 2n ** 64n - 1n, 1n)),
    contents: { uint64Contents: [0n, 2n ** 64n - 1n, 1n] },
  },
  { type: 'float16', json: '[0.5,-2,65504]', raw: bytesOf(Uint16Array.of(0x3800, 0xc000, 0x7bff)) },
  {
    type: 'float32',
    json: '[0.5,-2,16777216]',
    raw: bytesOf(Float32Array.of(0.5, -2, 16777216)),
    contents: { fp32Contents: [0.5, -2, 16777216] },
  },
  {
    type: 'float64',
    json: '[0.1,-2,1e+300]',
    raw: bytesOf(Float64Array.of(0.1, -2, 1e300)),
    contents: { fp64Contents: [0.1, -2, 1e300] },
  },
  {
    type: 'string',
    json: '["a","","ä€"]',
    raw: Buffer.from('\x01\0\0\0a\0\0\0\0\x05\0\0\0ä€'),
    contents: { bytesContents: [Buffer.from('a'), Buffer.alloc(0), Buffer.from('ä€')] },
  },
];

const dataOf = async (text: string) =>
  ((await readJsonDocument(Buffer.from(`{"data":${text}}`), { exactNumbers: true })) as JsonObject).data;
const jsonText = async (tensor: WireTensor) => Buffer.concat((await jsonData(tensor)).pieces).toString();

describe('tensors in every form', () => {
  for (const { type, json, raw, contents } of forms) {
    it(`${datatypes[type]}: bytes, JSON${contents ? ' and typed contents' : ''} are the same tensor`, async () => {
      assert.equal(elementTypeOf(datatypes[type], 'x'), type);
      const tensor = tensorOfBytes('x', type, [3], raw);
      assert.deepEqual(Buffer.from(bytesOfTensor(tensor)), Buffer.from(raw));
      assert.equal(`[${await jsonText(tensor)}]`, json);
      const fromJson = await tensorOfJson('x', type, [3], await dataOf(json));
      assert.deepEqual(Buffer.from(bytesOfTensor(fromJson)), Buffer.from(raw));
      if (contents === undefined) return;
      const fromContents = tensorOfContents('x', type, [3], create(InferTensorContentsSchema, contents));
      assert.deepEqual(Buffer.from(bytesOfTensor(fromContents)), Buffer.from(raw));
    });
  }

  it('bytes may lie unaligned', async () => {
    const raw = Buffer.concat([Buffer.of(9), bytesOf(Float32Array.of(0.5, 2))]).subarray(1);
    assert.equal(await jsonText(tensorOfBytes('x', 'float32', [2], raw)), '0.5,2');
  });

  it('nested JSON is flattened row by row, whatever the shape', async () => {
    for (const type of ['int32', 'bool'] as const) {
      const text = type === 'bool' ? '[[true,false],[false,true]]' : '[[1,0],[0,1]]';
      const { dims } = await tensorOfJson('x', type, [1, 4], await dataOf(text));
      assert.deepEqual(dims, [1, 4]);
    }
    const { name: _, ...texts } = await tensorOfJson('x', 'string', [2, 1], await dataOf('[["a"],["b"]]'));
    assert.deepEqual(texts, { type: 'bytes', dims: [2, 1], elements: [Buffer.from('a'), Buffer.from('b')] });
  });

  it('tensors without elements stay without', async () => {
    for (const text of ['[]', '[[],[]]']) {
      const tensor = await tensorOfJson('x', 'float32', [2, 0], await dataOf(text));
      assert.equal(bytesOfTensor(tensor).length, 0);
      assert.equal(await jsonText(tensor), '');
    }
    assert.equal(bytesOfTensor(tensorOfContents('x', 'int8', [0], undefined)).length, 0);
  });

  it('a megabyte of numbers is written whole, in pieces', async () => {
    const values = Float32Array.from({ length: 200_000 }, (_, index) => index / 8);
    const text = await jsonText({ name: 'x', type: 'float32', dims: [values.length], bytes: bytesOf(values) });
    assert.deepEqual(JSON.parse(`[${text}]`), [...values]);
    const read = await tensorOfJson('x', 'float32', [values.length], await dataOf(`[${text}]`));
    assert.deepEqual(Buffer.from(bytesOfTensor(read)), Buffer.from(bytesOf(values)));
  });

  it('NaN and the infinities are written as Triton writes them', async () => {
    const bytes = bytesOf(Float64Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY));
    assert.equal(await jsonText({ name: 'x', type: 'float64', dims: [3], bytes }), 'NaN,Infinity,-Infinity');
  });

  it('BYTES that are no text become base64 in JSON, all or none', async () => {
    const { pieces, isBase64 } = await jsonData({
      name: 'x',
      type: 'bytes',
      dims: [2],
      elements: [Buffer.of(0xff), Buffer.from('a')],
    });
    assert.equal(isBase64, true);
    assert.equal(Buffer.concat(pieces).toString(), '"/w==","YQ=="');
  });
});

describe('tensors that are none', () => {
  const json: readonly [type: ElementType, dims: readonly number[], data: string, message: RegExp][] = [
    ['float32', [2], '[1]', /Expected 2 elements in "x" for its shape \[2\] but received 1/],
    ['float32', [2], '[1,"2"]', /to hold numbers but received a string|to hold numbers/],
    ['float32', [2], '[true,false]', /to hold numbers/],
    ['float32', [2], '3', /to be an array/],
    ['float32', [2], '{}', /to be an array/],
    ['int8', [1], '[128]', /-128 to 127 but received 128/],
    ['int32', [1], '[1.5]', /whole numbers .* but received 1\.5/],
    ['uint64', [1], '[-1]', /whole numbers from 0/],
    ['int64', [1], '[9223372036854775808]', /whole numbers/],
    ['bool', [1], '[2]', /0 to 1 but received 2/],
    ['bool', [1], '["true"]', /true or false/],
    ['string', [1], '[1]', /to hold texts/],
    ['string', [1], '[true]', /to hold texts/],
    ['string', [2], '["a"]', /Expected 2 elements/],
  ];
  for (const [type, dims, data, message] of json) {
    it(`${datatypes[type]} [${dims}] of ${data} is refused`, async () => {
      const value = await dataOf(data);
      await assert.rejects(tensorOfJson('x', type, dims, value), { code: 'invalid_request', message });
    });
  }

  it('bytes of another length are refused', () => {
    assert.throws(() => tensorOfBytes('x', 'float32', [2], Buffer.alloc(7)), /Expected 8 bytes in "x".*received 7/);
    assert.throws(() => tensorOfBytes('x', 'float32', [2], Buffer.alloc(12)), /received 12/);
  });

  const broken: readonly [name: string, count: number, bytes: readonly number[], message: RegExp][] = [
    ['ends in a length', 1, [1, 0, 0], /received 3 bytes at the end/],
    ['ends in an element', 1, [5, 0, 0, 0, 1], /a length of 5 with 1 bytes left/],
    ['has a length of 4 GB', 1, [255, 255, 255, 255], /a length of 4294967295 with 0 bytes left/],
    ['has too few elements', 2, [0, 0, 0, 0], /Expected 2 elements.*received 1/],
    ['has too many elements', 1, [0, 0, 0, 0, 0, 0, 0, 0], /Expected 1 elements.*received 2/],
  ];
  for (const [name, count, bytes, message] of broken) {
    it(`BYTES that ${name} are refused`, () => {
      assert.throws(() => tensorOfBytes('x', 'string', [count], Uint8Array.from(bytes)), {
        code: 'invalid_request',
        message,
      });
    });
  }

  it('datatypes that cannot pass are refused by name', () => {
    assert.throws(() => elementTypeOf('BF16', 'x'), /received BF16\. BF16 has no place/);
    assert.throws(() => elementTypeOf('float', 'x'), /one of BOOL, .*received float/);
    assert.throws(() => elementTypeOf('', 'x'), /received nothing/);
    assert.equal(datatypeOf('bfloat16'), 'BF16');
    assert.equal(datatypeOf('complex64'), 'COMPLEX64');
    assert.deepEqual(['string', 'bfloat16', 'int8', 'complex64'].map(configTypeOf), [
      'TYPE_STRING',
      'TYPE_BF16',
      'TYPE_INT8',
      'TYPE_INVALID',
    ]);
  });

  it('shapes that are none are refused', () => {
    for (const sides of [[-1], [1.5], [Number.NaN], [2 ** 60], [2 ** 30, 2 ** 30], new Array(33).fill(1)]) {
      assert.throws(() => checkedDims(sides, 'x'), { code: 'invalid_request' }, String(sides));
    }
    assert.deepEqual(checkedDims([2n, 0n], 'x'), [2, 0]);
  });

  it('typed contents stand in the list of their type, within its range', () => {
    const contents = (fields: object) => create(InferTensorContentsSchema, fields);
    assert.throws(
      () => tensorOfContents('x', 'float32', [1], contents({ fp64Contents: [1] })),
      /`fp32_contents`.*`fp64_contents`/,
    );
    assert.throws(() => tensorOfContents('x', 'uint8', [1], contents({ uintContents: [256] })), /0 to 255/);
    assert.throws(
      () => tensorOfContents('x', 'float16', [1], contents({ fp32Contents: [1] })),
      /FP16 has no typed contents/,
    );
    assert.throws(() => tensorOfContents('x', 'float32', [2], contents({ fp32Contents: [1] })), /Expected 2 elements/);
    assert.throws(() => tensorOfContents('x', 'float32', [2], undefined), /Expected 2 elements .* received 0/);
  });

  it('the engine gets text, and bytes that are none are refused', () => {
    const text: WireTensor = { name: 'x', type: 'bytes', dims: [1], elements: [Buffer.from('ä')] };
    assert.deepEqual(toEngineTensor(text), { name: 'x', type: 'string', dims: [1], strings: ['ä'] });
    assert.deepEqual(fromEngineTensor(toEngineTensor(text)), text);
    assert.throws(() => toEngineTensor({ ...text, elements: [Buffer.of(0xff)] }), /element 0 of "x" to be UTF-8/);
  });
});

describe('FP16', () => {
  it('every half survives the way there and back', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = halfToNumber(bits);
      if (Number.isNaN(value)) assert.ok(Number.isNaN(halfToNumber(numberToHalf(value))));
      else assert.equal(numberToHalf(value), bits);
    }
  });

  it('numbers between two halves go to the nearer one, of two equally near to the even one', () => {
    const cases: readonly [number, number][] = [
      [1 + 2 ** -11, 0x3c00],
      [1 + 3 * 2 ** -11, 0x3c02],
      [1 + 2 ** -11 + 2 ** -20, 0x3c01],
      [65519, 0x7bff],
      [65520, 0x7c00],
      [1e10, 0x7c00],
      [-1e10, 0xfc00],
      [2 ** -25, 0],
      [1.5 * 2 ** -24, 2],
      [2 ** -14 - 2 ** -26, 0x0400],
      [1.9999, 0x4000],
    ];
    for (const [value, bits] of cases) assert.equal(numberToHalf(value).toString(16), bits.toString(16), String(value));
  });
});
