import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { queryGraph } from '../pipeline/testing/queryGraph.ts';
import { queryScoresName, withQueryScores } from './queryScores.ts';
import { runModel } from './testing/runModel.ts';

const [classes, masks] = ['class_queries_logits', 'masks_queries_logits'];
const growths = [undefined, { input: 'pixel_values', layout: 'nchw' }] as const;

/** Of a picture whose left half is red: the scores of two classes, where queries 0 and 1 are sure of red and of the rest. */
async function scores(growTo: (typeof growths)[number], broken?: true | number, logits: [number, number] = [9, -9]) {
  const queries = [
    { logits: [logits[0], logits[1], -9], mask: [8, 0, 0, -4] as const },
    { logits: [logits[1], logits[0], -9], mask: [-8, 0, 0, 4] as const },
  ];
  const graph = queryGraph({ input: [8, 8], queries, ...(broken === undefined ? {} : { broken }) });
  const wanted = { classes, masks, nullClass: 'last' as const, count: 2, ...(growTo && { growTo }) };
  const red = Float32Array.from({ length: 3 * 64 }, (_, at) => (at < 64 && at % 8 < 4 ? 1 : 0));
  const answer = await runModel(withQueryScores(graph, wanted), { pixel_values: { data: red, dims: [1, 3, 8, 8] } });
  return answer[queryScoresName]!;
}

describe('scores of queries', () => {
  for (const growTo of growths) {
    const where = growTo ? 'grown' : 'as they are';

    test(`masks ${where}: each class is where its query is`, async () => {
      const { data, dims } = await scores(growTo);
      const side = growTo ? 8 : 2;
      assert.deepEqual(dims, [1, 2, side, side]);
      const [left, right] = [data[0] as number, data[side - 1] as number];
      assert.ok(left > 0.9 && right < 0.1, `${left}, ${right}`);
    });

    test(`masks ${where}: NaN in a mask or a class is NaN in every score`, async () => {
      for (const { data } of [await scores(growTo, true), await scores(growTo, undefined, [Number.NaN, 0])]) {
        assert.ok((data as Float32Array).every(Number.isNaN), `${data}`);
      }
    });

    test(`masks ${where}: infinities, to which half precision overflows, are the surest numbers`, async () => {
      const { data } = await scores(growTo, Number.POSITIVE_INFINITY, [
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
      ]);
      const side = growTo ? 8 : 2;
      assert.ok(!(data as Float32Array).some(Number.isNaN), `${data}`);
      assert.deepEqual([data[0], data[side - 1]], [1, 0]);
    });
  }
});
