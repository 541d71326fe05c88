import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fault } from '../domain/fault.ts';
import type { ModelSignature, Tensor } from '../domain/tensor.ts';
import { checkTensors } from './checkTensors.ts';

const signature: ModelSignature = {
  inputs: [
    { name: 'x', type: 'float32', dims: [null, 3] },
    { name: 'flag', type: 'bool', dims: [] },
    { name: 'words', type: 'string', dims: [null] },
    { name: 'free', type: 'uint8', dims: [], anyRank: true },
  ],
  outputs: [
    { name: 'y', type: 'float32', dims: [null, 3] },
    { name: 'z', type: 'bfloat16', dims: [1] },
  ],
};
const x: Tensor = { name: 'x', type: 'float32', dims: [2, 3], bytes: new Uint8Array(24) };
const flag: Tensor = { name: 'flag', type: 'bool', dims: [], bytes: Uint8Array.of(1) };
const words: Tensor = { name: 'words', type: 'string', dims: [2], strings: ['ü', '😀'] };
const free: Tensor = { name: 'free', type: 'uint8', dims: [2, 0, 5], bytes: new Uint8Array(0) };
const check = (inputs: readonly Tensor[], outputs: readonly string[] | undefined = ['y'], bytesMax = 1000) =>
  checkTensors('m:1', signature, { inputs, ...(outputs ? { outputs } : {}) }, bytesMax);

describe('checkTensors', () => {
  it('takes what fits: free sides, scalars, text, tensors without elements, in any order', () => {
    const work = check([words, free, x, flag]);
    assert.deepEqual(work.outputs, ['y']);
    assert.deepEqual(work.inputs, [words, free, x, flag]);
  });

  const rows: readonly [what: string, inputs: readonly Tensor[], message: RegExp][] = [
    ['an unknown name', [{ ...x, name: 'X' }], /inputs of m:1 \(x, flag, words, free\) but received "X"/],
    ['an input that is missing', [x, words, free], /input "flag" of m:1 \(bool \[\]\) but received none of that name/],
    ['an input that comes twice', [x, x, flag, words, free], /input "x" of m:1 once but received it twice/],
    ['another type', [{ ...x, type: 'float64' }], /input "x" of m:1 as float32 but received float64/],
    ['fewer sides', [{ ...x, dims: [6] }], /input "x" of m:1 as \[\?,3\] but received \[6\]/],
    ['more sides', [{ ...x, dims: [2, 3, 1] }], /as \[\?,3\] but received \[2,3,1\]/],
    ['another fixed side', [{ ...x, dims: [3, 2] }], /as \[\?,3\] but received \[3,2\]/],
    ['a negative side', [{ ...x, dims: [-1, 3] }], /sides that are whole numbers but received \[-1,3\]/],
    ['a broken side', [{ ...x, dims: [0.5, 3] }], /sides that are whole numbers/],
    ['sides that are no number', [{ ...x, dims: [Number.NaN, 3] }], /sides that are whole numbers/],
    ['a product that no length can be', [{ ...x, dims: [2 ** 52, 3] }], /sides that are whole numbers/],
    [
      'a product that would wrap round to the length',
      [{ ...free, dims: [2 ** 32, 2 ** 32], bytes: new Uint8Array(0) }],
      /sides that are whole numbers/,
    ],
    ['too few bytes', [{ ...x, bytes: new Uint8Array(23) }], /24 bytes for input "x".* but received 23/],
    ['too many bytes', [{ ...x, bytes: new Uint8Array(25) }], /24 bytes for input "x".* but received 25/],
    ['a bool that is neither', [{ ...flag, bytes: Uint8Array.of(2) }], /bytes 0 or 1 .* but received 2 at 0/],
    ['too few strings', [{ ...words, strings: ['a'] }], /2 strings for input "words".* but received 1/],
    ['text with NUL', [{ ...words, strings: ['a', 'b\0c'] }], /without NUL .* string 1/],
    ['half a surrogate pair', [{ ...words, strings: ['\ud800', 'b'] }], /half surrogates .* string 0/],
  ];
  for (const [what, inputs, message] of rows) {
    it(`refuses ${what}`, () => {
      const names = new Set(inputs.map(({ name }) => name));
      const rest = what.includes('missing') ? [] : [x, flag, words, free].filter(({ name }) => !names.has(name));
      assert.throws(
        () => check([...inputs, ...rest]),
        (fault: Fault) => {
          assert.equal(fault.code, 'invalid_request');
          assert.match(fault.message, message);
          assert.ok(fault.expected && fault.received);
          return true;
        },
      );
    });
  }

  it('refuses unknown outputs, outputs named twice, and types that cannot pass', () => {
    const all = [x, flag, words, free];
    assert.throws(() => check(all, ['Y']), { message: /outputs of m:1 \(y, z\) but received "Y"/ });
    assert.throws(() => check(all, ['y', 'y']), { message: /output "y" of m:1 once/ });
    assert.throws(() => check(all, ['z']), {
      code: 'invalid_request',
      message: /output "z" of m:1, which is bfloat16/,
    });
  });

  it('means all outputs when none is named', () => {
    const one: ModelSignature = { inputs: [], outputs: [signature.outputs[0]!] };
    assert.deepEqual(checkTensors('m:1', one, { inputs: [] }, 1).outputs, ['y']);
    assert.deepEqual(checkTensors('m:1', one, { inputs: [], outputs: [] }, 1).outputs, ['y']);
  });

  it('bounds the sum of all bytes, text among them', () => {
    // 24 + 1 + 2 + 4 + 0
    assert.doesNotThrow(() => check([x, flag, words, free], ['y'], 31));
    assert.throws(() => check([x, flag, words, free], ['y'], 30), {
      code: 'body_too_large',
      message: /at most 30 bytes but received 31/,
    });
  });
});
