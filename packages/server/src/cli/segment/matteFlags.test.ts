import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../usageError.ts';
import { chooseAnswers } from './chooseAnswers.ts';

const chosen = (words: Parameters<typeof chooseAnswers>[0]) => chooseAnswers(words, 'matting', undefined);

test('Flags about mattes reach the answers that they mean something to', () => {
  const flags = { background: 'blur', blur: '0.05', band: '9', decontaminate: true };
  assert.deepEqual(chosen({ as: 'cutout,composite,trimap,tensor,alpha', ...flags }), [
    { kind: 'cutout', format: 'png', decontaminate: true },
    { kind: 'composite', format: 'jpeg', decontaminate: true, background: 'blur', blur: 0.05 },
    { kind: 'trimap', format: 'png', band: 9 },
    { kind: 'tensor', format: 'npy' },
    { kind: 'alpha', format: 'png' },
  ]);
});

test('Without --decontaminate nothing is said of it', () => {
  assert.deepEqual(chosen({ as: 'composite' }), [{ kind: 'composite', format: 'jpeg' }]);
});

test('A transparent composite becomes a PNG, and a tensor stays NPY beside pictures of one format', () => {
  assert.equal(chosen({ as: 'composite', background: 'transparent' })[0]?.format, 'png');
  assert.deepEqual(
    chosen({ as: 'alpha,tensor', format: 'webp' }).map(({ format }) => format),
    ['webp', 'npy'],
  );
});

test('What a flag about mattes may be is said when it is something else', () => {
  for (const [words, expected] of [
    [
      { background: 'red' },
      /--background: expected #rrggbb, #rrggbbaa, transparent, blur or the file of a picture, found "red"\./,
    ],
    [{ blur: '1' }, /--blur: expected a number from 0 to 0\.25, found "1"\./],
    [{ band: '2.5' }, /--band: expected a whole number from 0 to 4096, found "2\.5"\./],
    [{ background: 'transparent', format: 'jpeg' }, /--format: composite is written as png, webp, avif, not as jpeg\./],
  ] as const) {
    const thrown = (error: unknown) => error instanceof UsageError && expected.test(error.message);
    assert.throws(() => chosen({ as: 'composite', ...words }), thrown);
  }
});
