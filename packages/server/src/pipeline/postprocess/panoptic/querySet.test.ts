import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tensor } from 'onnxruntime-node';
import { keptQueries } from './keptQueries.ts';
import { querySet } from './querySet.ts';

const last = { nullClass: 'last' } as const;

function outputs(dims: { classes?: number[]; masks?: number[] }, fill = 0, others: readonly [string, Tensor][] = []) {
  const tensor = (sides: number[], value = 0) =>
    new Tensor('float32', new Float32Array(sides.reduce((product, side) => product * side, 1)).fill(value), sides);
  return new Map<string, Tensor>([
    ...others,
    ['class_queries_logits', tensor(dims.classes ?? [1, 5, 4])],
    ['masks_queries_logits', tensor(dims.masks ?? [1, 5, 6, 8], fill)],
  ]);
}

test('a set has the masks’ size and probabilities without the null class, which may stand first or be none', () => {
  const logits = Float32Array.from([Math.log(1), Math.log(2), Math.log(5), Math.log(2)]);
  const given = new Map([
    ['class_queries_logits', new Tensor('float32', logits, [1, 1, 4])],
    ['masks_queries_logits', new Tensor('float32', new Float32Array(48), [1, 1, 6, 8])],
  ]);
  const shown = (values: Float64Array) => [...values].map((value) => Number(value.toFixed(6)));
  const set = querySet(given, last, 3, 'm:1');
  assert.deepEqual(set.size, { width: 8, height: 6 });
  assert.deepEqual([shown(set.probabilities), shown(set.nothing)], [[0.1, 0.2, 0.5], [0.2]]);
  const first = querySet(given, { nullClass: 'first' }, 3, 'm:1');
  assert.deepEqual([shown(first.probabilities), shown(first.nothing)], [[0.2, 0.5, 0.2], [0.1]]);
  const none = querySet(given, { nullClass: 'none' }, 4, 'm:1');
  assert.deepEqual([shown(none.probabilities), shown(none.nothing)], [[0.1, 0.2, 0.5, 0.2], [0]]);
});

test('a query that is most likely nothing is left out, and of the rest those at the threshold', () => {
  const row = (...shares: number[]) => shares.map((share) => Math.log(share));
  const logits = Float32Array.from(
    [row(0.6, 0.1, 0.3), row(0.3, 0.1, 0.6), row(0.1, 0.5, 0.4), row(0.2, 0.7, 0.1)].flat(),
  );
  const given = new Map([
    ['class_queries_logits', new Tensor('float32', logits, [1, 4, 3])],
    ['masks_queries_logits', new Tensor('float32', new Float32Array(4), [1, 4, 1, 1])],
  ]);
  const set = querySet(given, last, 2, 'm:1');
  const classes = (threshold: number, most = 9) => keptQueries(set, threshold, most).map((query) => query.class);
  assert.deepEqual(classes(0), [0, 1, 1]);
  assert.deepEqual(classes(0.55), [0, 1]);
  const alike = querySet(outputs({}), last, 3, 'm:1');
  assert.equal(keptQueries(alike, 0, 9)[4]!.class, 0, 'the first of equals');
  assert.deepEqual(
    keptQueries(set, 0, 1).map(({ score }) => score.toFixed(2)),
    ['0.70'],
  );
});

test('outputs that do not fit each other or the labels are told with both numbers', () => {
  assert.throws(
    () => querySet(outputs({ masks: [1, 6, 6, 8] }), last, 3, 'm:1'),
    /as many masks as classes \(float32 \[1,5,4\]\) but received float32 \[1,6,6,8\]/,
  );
  assert.throws(
    () => querySet(outputs({}), last, 4, 'm:1'),
    /each of the 4 labels of m:1 and one for nothing, 5 in all but received 4/,
  );
  assert.throws(
    () => querySet(outputs({ masks: [5, 6, 8] }), last, 3, 'm:1'),
    /mask logits, float \[1,Q,h,w\] but received float32 \[5,6,8\]/,
  );
});

test('outputs without a usual name are told by their shapes, boxes apart', () => {
  const boxes: [string, Tensor] = ['boxes', new Tensor('float32', new Float32Array(20), [1, 5, 4])];
  const given = new Map([...outputs({ classes: [1, 5, 8] }).values()].map((tensor, at) => [`o${at}`, tensor] as const));
  assert.equal(querySet(new Map([boxes, ...given]), last, 7, 'm:1').count, 5);
  assert.throws(
    () => querySet(new Map([boxes, ...given]), last, 9, 'm:1'),
    /one output of class logits, float \[1,Q,10\]/,
  );
});

test('NaN is refused, and infinities of half precision become its largest numbers', () => {
  const nan = querySet(outputs({}, Number.NaN), last, 3, 'm:1');
  assert.throws(() => nan.logitsOf(0), /scores that are numbers but received NaN/);
  const most = querySet(outputs({}, Number.POSITIVE_INFINITY), last, 3, 'm:1');
  assert.ok(most.logitsOf(4).every((logit) => logit === 65_504));
  const wrong = outputs({});
  wrong.set('class_queries_logits', new Tensor('float32', new Float32Array(20).fill(Number.NaN), [1, 5, 4]));
  assert.throws(() => querySet(wrong, last, 3, 'm:1'), /NaN/);
});
