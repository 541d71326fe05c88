import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../usageError.ts';
import { chooseAnswers, sizeOf } from './chooseAnswers.ts';

const usage = (expected: RegExp) => (error: unknown) => error instanceof UsageError && expected.test(error.message);

test('--size is width by height, or the model’s own', () => {
  assert.deepEqual(sizeOf('640x480'), { width: 640, height: 480 });
  assert.equal(sizeOf('model'), 'model');
  assert.equal(sizeOf(undefined), undefined);
  for (const wrong of ['640', '0x5', 'small']) {
    assert.throws(() => sizeOf(wrong), usage(new RegExp(`--size: expected WIDTHxHEIGHT.*found "${wrong}"`)));
  }
});

test('A classification model’s answer is its best classes, as many as --top-k says', () => {
  assert.deepEqual(chooseAnswers({}, 'classification', undefined), [{ kind: 'topk', format: 'json' }]);
  assert.deepEqual(chooseAnswers({ topK: '3' }, 'classification', 'json'), [{ kind: 'topk', format: 'json', topK: 3 }]);
  assert.throws(() => chooseAnswers({ topK: '0' }, 'classification', undefined), usage(/--top-k: .*from 1 to 1000/));
  assert.deepEqual(chooseAnswers({ topK: '3' }, 'semantic', undefined), [{ kind: 'color', format: 'png' }]);
});

test('A model that takes tensors is nothing to segment with', () => {
  assert.throws(() => chooseAnswers({}, 'tensor', undefined), usage(/takes tensors, not pictures/));
});

test('--classes says which masks are wanted', () => {
  assert.deepEqual(chooseAnswers({ as: 'masks', classes: 'cat,3' }, 'semantic', undefined), [
    { kind: 'masks', format: 'json', classes: ['cat', 3] },
  ]);
});

test('A half-transparent background makes a PNG', () => {
  const words = { as: 'composite', background: '#00000080' };
  assert.equal(chooseAnswers(words, 'matting', undefined)[0]?.format, 'png');
  assert.throws(() => chooseAnswers(words, 'matting', 'jpeg'), usage(/written as png, webp, avif, not as jpeg/));
});

test('Options of masks, scores and instances go to the answers that know them', () => {
  const words = {
    as: 'labels,scores,uncertainty',
    minArea: '5',
    fillHoles: '7',
    merge: 'car+bus:vehicle',
    measure: 'entropy',
    depth: '16',
  } as const;
  const tidy = { minArea: 5, fillHoles: 7, merge: [{ classes: ['car', 'bus'], label: 'vehicle' }] };
  assert.deepEqual(chooseAnswers(words, 'semantic', undefined), [
    { kind: 'labels', format: 'png', ...tidy },
    { kind: 'scores', format: 'npy', depth: 16 },
    { kind: 'uncertainty', format: 'png', measure: 'entropy', depth: 16 },
  ]);
  assert.deepEqual(chooseAnswers({}, 'instance', undefined), [{ kind: 'overlay', format: 'jpeg' }]);
  assert.throws(() => chooseAnswers({ fillHoles: '-1' }, 'semantic', undefined), usage(/--fill-holes: .*whole number/));
  assert.throws(
    () => chooseAnswers({ merge: 'car' }, 'semantic', undefined),
    usage(/--merge: expected classes and a name/),
  );
});
