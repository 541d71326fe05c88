import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerKinds, type ModelDetail } from '@segserve/contract';
import { checkOptions } from './checkOptions.ts';
import { chooseAnswers } from './chooseAnswers.ts';
import { FakeEngine } from './fakeEngine.test-support.ts';

const model: ModelDetail = { ...new FakeEngine().model('portrait'), answers: [...answerKinds] };
const chosen = (fields: Record<string, unknown>, accept?: string) =>
  chooseAnswers(model, checkOptions(fields), accept).answers;

test('each answer gets the options that mean something to it', () => {
  const fields = {
    answer: 'alpha,cutout,composite,trimap,tensor',
    background: '#112233',
    blur: '0.05',
    band: '7',
    decontaminate: 'false',
  };
  assert.deepEqual(chosen({ ...fields, response: 'json' }), [
    { kind: 'alpha', format: 'png' },
    { kind: 'cutout', format: 'png', decontaminate: false },
    { kind: 'composite', format: 'jpeg', decontaminate: false, background: '#112233', blur: 0.05 },
    { kind: 'trimap', format: 'png', band: 7 },
    { kind: 'tensor', format: 'npy' },
  ]);
});

test('decontaminate is a truth in JSON, and the word for it in queries and forms', () => {
  for (const value of [true, 'true']) {
    assert.equal(chosen({ answer: 'cutout', decontaminate: value })[0]!.decontaminate, true);
  }
  for (const wrong of ['yes', '1', 0]) {
    assert.throws(() => checkOptions({ decontaminate: wrong }), /`decontaminate` to be a boolean/);
  }
});

test('what a background, a blur, a band and a refinement may be is said when they are something else', () => {
  assert.throws(
    () => checkOptions({ background: 'red' }),
    /#rrggbb, #rrggbbaa, transparent, blur or image but received red/,
  );
  assert.throws(() => checkOptions({ blur: '0.3' }), /a number of at most 0.25/);
  assert.throws(() => checkOptions({ band: '-1' }), /a number of at least 0/);
  assert.throws(() => checkOptions({ band: '1.5' }), /a whole number/);
  assert.throws(() => checkOptions({ refine: 'snake' }), /one of none, guided/);
});

test('a transparent composite comes in a format that has transparency', () => {
  const fields = { answer: 'composite', background: 'transparent' };
  assert.equal(chosen(fields, '*/*')[0]!.format, 'png');
  assert.equal(chosen(fields, 'image/webp')[0]!.format, 'webp');
  assert.throws(() => chosen({ ...fields, format: 'jpeg' }), /one of png, webp, avif as the format of composite/);
  assert.equal(chosen({ answer: 'composite' }, 'image/*')[0]!.format, 'jpeg');
});

test('Accept: application/x-npy alone asks for the tensor', () => {
  assert.deepEqual(chosen({}, 'application/x-npy'), [{ kind: 'tensor', format: 'npy' }]);
});

test('a background picture is told how it is to fill the frame', () => {
  const fields = { answer: 'composite,cutout', background: 'image', backgroundFit: 'contain', response: 'json' };
  assert.deepEqual(chosen(fields), [
    { kind: 'composite', format: 'jpeg', background: 'image', backgroundFit: 'contain' },
    { kind: 'cutout', format: 'png' },
  ]);
  assert.throws(() => checkOptions({ backgroundFit: 'fill' }), /one of cover, contain, stretch/);
});
