import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instances } from '@segserve/contract';
import {
  clickAt,
  firstPlane,
  jobFor,
  openClicking,
  promptPlan,
  segmented,
  twoSquaresPng,
} from '../testing/clicking.ts';
import type { Candidate } from './decodePrompts.ts';

const image = await twoSquaresPng();
const everything = { pointsPerSide: 2, predIouThreshold: 0.5, stabilityThreshold: 0.9, nmsThreshold: 0.5, minArea: 0 };

/** 32×32 logits of which the upper 19 rows show the picture: `high` in a rectangle, −5 elsewhere. */
function rectangle(left: number, top: number, right: number, bottom: number, high: number, score: number): Candidate {
  const data = new Float32Array(32 * 32).fill(-5);
  for (let y = top; y < bottom; y++) data.fill(high, y * 32 + left, y * 32 + right);
  return { width: 32, height: 32, data, score };
}

/** What is found where each point of the grid has these candidates. */
async function found(candidates: readonly Candidate[], changes: Partial<typeof everything> = {}) {
  const model = await openClicking();
  model.decode = async ({ tokens }) => tokens.map(() => [...candidates]);
  const job = await jobFor(image, promptPlan({ everything: { ...everything, ...changes } }), ['instances']);
  const { answers } = await segmented(model, job);
  await model.close();
  return (JSON.parse(Buffer.from(answers[0]!.bytes).toString()) as Instances).instances.map(({ score }) => score);
}

test('a mask that changes when its level moves is left out', async () => {
  const [sure, unsure] = [rectangle(2, 2, 8, 8, 5, 0.9), rectangle(12, 2, 18, 8, 0.5, 0.8)];
  assert.deepEqual(await found([sure, unsure]), [0.9]);
  assert.deepEqual(await found([sure, unsure], { stabilityThreshold: 0 }), [0.9, 0.8]);
});

test('a mask in the padding alone is none', async () => {
  assert.deepEqual(await found([rectangle(2, 22, 30, 30, 5, 0.9), rectangle(2, 2, 8, 8, 5, 0.7)]), [0.7]);
});

test('what a mask has in the padding does not decide whether it overlaps another', async () => {
  // Both are the same rectangle in the picture; one goes on far below it.
  assert.deepEqual(await found([rectangle(2, 10, 30, 19, 5, 0.9), rectangle(2, 10, 30, 32, 5, 0.8)]), [0.9]);
});

test('of overlapping masks the one with the highest predicted IoU stays, and masks below the least IoU do not count', async () => {
  const list = [rectangle(2, 2, 12, 12, 5, 0.6), rectangle(2, 2, 12, 13, 5, 0.8), rectangle(2, 2, 12, 12, 5, 0.4)];
  assert.deepEqual(await found(list), [0.8]);
  assert.deepEqual(await found([...list, rectangle(20, 2, 30, 12, 5, 0.7)]), [0.8, 0.7]);
  assert.deepEqual(await found(list, { nmsThreshold: 0.95 }), [0.8, 0.6]);
});

test('masks grow as their family has it, unless the manifest says how', async () => {
  const alphaOf = async (output: object) => {
    const model = await openClicking({ names: 'sam' }, { output });
    const made = await firstPlane(
      await segmented(model, await jobFor(image, promptPlan({ things: [{ points: [clickAt(50, 50)] }] }), ['alpha'])),
    );
    await model.close();
    return Buffer.from(made).toString('base64');
  };
  const [staged, direct] = [await alphaOf({ upsample: 'input' }), await alphaOf({ upsample: 'direct' })];
  assert.notEqual(staged, direct);
  assert.equal(await alphaOf({ family: 'sam' }), staged);
  assert.equal(await alphaOf({ family: 'sam2' }), direct);
  assert.equal(await alphaOf({ family: 'efficientsam' }), direct);
});
