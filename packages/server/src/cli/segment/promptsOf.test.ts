import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../usageError.ts';
import { type PromptWords, promptsOf } from './promptsOf.ts';

const ofClick = (words: PromptWords) => promptsOf(words, 'click:1', 'promptable');

test('repeated flags are the points and boxes of one request', () => {
  assert.deepEqual(ofClick({ point: ['120,80', '200,90,0'] }), {
    points: [
      { x: 120, y: 80, label: 1 },
      { x: 200, y: 90, label: 0 },
    ],
    multimask: false,
  });
  assert.deepEqual(ofClick({ box: ['10,10,200,300', '1,2,3.5,4'], multimask: true }), {
    boxes: [
      { x0: 10, y0: 10, x1: 200, y1: 300 },
      { x0: 1, y0: 2, x1: 3.5, y1: 4 },
    ],
    multimask: true,
  });
  assert.deepEqual(ofClick({ everything: true }), { everything: true, multimask: false });
});

test('a model that takes no prompts gets none, and a flag that gives it one is refused by name', () => {
  assert.equal(promptsOf({}, 'portrait:1', 'matting'), undefined);
  for (const [words, flag] of [
    [{ point: ['1,2'] }, '--point'],
    [{ box: ['1,2,3,4'] }, '--box'],
    [{ everything: true }, '--everything'],
    [{ multimask: true }, '--multimask'],
  ] as const) {
    const thrown = ({ message }: Error) => message.startsWith(`${flag}: portrait:1 takes no prompts; `);
    assert.throws(() => promptsOf(words, 'portrait:1', 'matting'), thrown);
  }
});

test('a promptable model without a prompt is refused with the flags that make one', () => {
  for (const words of [{}, { multimask: true }]) {
    assert.throws(
      () => ofClick(words),
      /click:1 has to be told what to segment\. Add --point x,y, --box .* or --everything/,
    );
  }
});

test('flags that are wrong name themselves, what they may be and what was found', () => {
  for (const [words, message] of [
    [{ point: ['120'] }, /^--point: expected x,y or x,y,label .*, found "120"\.$/],
    [{ point: ['1,2', '1,2,7'] }, /^--point: .*, found "1,2,7"\.$/],
    [{ point: ['1,2;3,4'] }, /^--point: .*, found "1,2;3,4"\.$/],
    [{ box: ['1,2,3'] }, /^--box: expected x0,y0,x1,y1, .*, found "1,2,3"\.$/],
    [{ everything: true, point: ['1,2'] }, /^--everything stands alone\. Leave it or --point out\.$/],
    [{ everything: true, box: ['1,2,3,4'] }, /^--everything stands alone\. Leave it or --box out\.$/],
    [{ box: Array(65).fill('1,2,3,4') }, /^--box: expected at most 64 of them, found 65\.$/],
    [{ point: Array(1025).fill('1,2') }, /^--point: expected at most 1024 of them, found 1025\.$/],
  ] as const) {
    assert.throws(() => ofClick(words), { name: 'UsageError', message });
  }
  assert.throws(() => ofClick({ point: [''] }), UsageError);
});
