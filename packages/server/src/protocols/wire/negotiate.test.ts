import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nearest } from './nearest.ts';
import { essenceOf, preferredType } from './negotiate.ts';
import { serverTiming } from './serverTiming.ts';

describe('preferredType', () => {
  const available = ['image/png', 'image/webp', 'application/json'];
  const cases: [string | undefined, string | undefined][] = [
    [undefined, 'image/png'],
    ['*/*', 'image/png'],
    ['image/*', 'image/png'],
    ['image/webp', 'image/webp'],
    ['image/png;q=0.5, image/webp', 'image/webp'],
    ['application/json, */*;q=0.1', 'application/json'],
    ['text/html', undefined],
    ['image/png;q=0', undefined],
    ['nonsense', undefined],
  ];
  for (const [accept, expected] of cases) {
    it(`gives ${expected} for Accept: ${accept}`, () => assert.equal(preferredType(accept, available), expected));
  }
});

describe('media types', () => {
  it('are read without parameters', () => {
    assert.equal(essenceOf('Image/PNG; q=1'), 'image/png');
    assert.equal(essenceOf(undefined), '');
  });
});

describe('nearest', () => {
  it('finds what was meant and nothing where nothing is near', () => {
    assert.equal(nearest('anwser', ['answer', 'format']), 'answer');
    assert.equal(nearest('Quality', ['answer', 'quality']), 'quality');
    assert.equal(nearest('banana', ['answer', 'format']), undefined);
    assert.equal(nearest('x'.repeat(100_000), ['answer']), undefined);
  });
});

describe('serverTiming', () => {
  it('lists the stages and the total', () => {
    const timings = { queue: 0.25, decode: 9, preprocess: 0, infer: 30.06, postprocess: 1, encode: 2 };
    assert.match(
      serverTiming({ timings }, 45),
      /^queue;dur=0\.3, decode;dur=9\.0, .*infer;dur=30\.1, .*total;dur=45\.0$/,
    );
    const stages = [{ name: 'cut', ms: 7, runs: 2 }];
    assert.match(
      serverTiming({ timings, stages, embedding: { outcome: 'hit' } }, 45),
      /^embedding;desc=hit, queue;dur=0\.3, .*stage-cut;dur=7\.0, total;dur=45\.0$/,
    );
  });
});
