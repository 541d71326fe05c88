import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PanopticOutputSchema, type PanopticOutputSource } from '@segserve/contract';
import type { TensorSpec } from '../domain/tensor.ts';
import { queryOutputs } from './queryOutputs.ts';

function outputsFor(words: Partial<PanopticOutputSource>, outputs: readonly (readonly [string, (number | null)[]])[]) {
  const output = PanopticOutputSchema.parse({ family: 'queries', ...words });
  const specs = outputs.map(([name, dims]): TensorSpec => ({ name, type: 'float32', dims }));
  return queryOutputs({ ref: 'scenes:1', labels: 3, output }, { inputs: [], outputs: specs });
}

const hidden = ['hidden', [1, 256, 12, 12]] as const;

test('only the two outputs that are read are asked for, by their usual names or by those of the manifest', () => {
  const mask2Former = ['class_queries_logits', 'masks_queries_logits'];
  const usual = [hidden, [mask2Former[0]!, [1, 5, 4]], [mask2Former[1]!, [1, 5, 8, 8]]] as const;
  assert.deepEqual(
    outputsFor(
      {},
      usual.map(([name, dims]) => [name, [...dims]] as const),
    ),
    mask2Former,
  );
  const detr = [
    ['logits', [null, 5, 4]],
    ['pred_boxes', [null, 5, 4]],
    ['pred_masks', [null, 5, 8, 8]],
  ] as const;
  assert.deepEqual(
    outputsFor(
      {},
      detr.map(([name, dims]) => [name, [...dims]] as const),
    ),
    ['logits', 'pred_masks'],
  );
  const own = { classes: 'a', masks: 'b' };
  assert.deepEqual(
    outputsFor(own, [
      ['b', [1, 5, 8, 8]],
      ['hidden', [1, 2]],
      ['a', [1, 5, 4]],
    ]),
    ['a', 'b'],
  );
});

test('all outputs are asked for where only their shapes can tell', () => {
  assert.deepEqual(
    outputsFor({}, [
      ['x', [1, 5, 4]],
      ['y', [1, 5, 8, 8]],
    ]),
    ['x', 'y'],
  );
});

test('numbers that do not fit are told before a run, as far as the graph says them', () => {
  const pair = (classes: (number | null)[], masks: (number | null)[]) =>
    outputsFor({}, [
      ['logits', classes],
      ['pred_masks', masks],
    ]);
  assert.throws(() => pair([1, 5, 4], [1, 6, 8, 8]), /"logits" has 5 queries but received 6 in "pred_masks"/);
  assert.throws(
    () => pair([1, 5, 6], [1, 5, 8, 8]),
    /4 scores for each query, one for each of the 3 labels of scenes:1/,
  );
  assert.equal(pair([1, null, 4], [1, 6, 8, 8]).length, 2);
  assert.equal(pair([1, 5, null], [1, 5, 8, 8]).length, 2);
});
