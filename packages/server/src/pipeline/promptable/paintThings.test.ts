import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomFrom } from '../testing/pictures.ts';
import type { Candidate } from './decodePrompts.ts';
import { type PaintOptions, paintThings } from './paintThings.ts';
import type { FoundThing } from './shownThings.ts';

const side = { width: 6, height: 4 };

/** High in columns `from` to `to`, low elsewhere. */
function columns(from: number, to: number, high: number, score: number): Candidate {
  const data = Float32Array.from({ length: 24 }, (_, at) => (at % 6 >= from && at % 6 < to ? high : -20));
  return { ...side, data, score };
}

function painted(things: readonly FoundThing[], changes: Partial<PaintOptions> = {}) {
  return paintThings(
    { of: side, things },
    {
      growth: { input: side, region: { x: 0, y: 0, ...side }, upsample: 'direct' },
      target: side,
      threshold: 0.5,
      soft: true,
      minArea: 0,
      ...changes,
    },
  );
}

const row = (alpha: Uint8Array) => [...alpha.subarray(6, 12)];

test('where things overlap the opacity is that of the most opaque', () => {
  const [weak, strong] = [columns(0, 4, 1, 0.5), columns(2, 6, 2, 0.5)];
  const expected = [186, 186, 225, 225, 225, 225];
  assert.deepEqual(row(painted([weak, strong]).alpha), expected);
  assert.deepEqual(row(painted([strong, weak]).alpha), expected);
});

test('things have the numbers that they were asked for under, or that of their score; the highest score comes first', () => {
  const things = [columns(0, 2, 5, 0.3), columns(2, 4, 5, 0.9), columns(4, 6, 5, 0.6)];
  const facts = (list: readonly FoundThing[]) => painted(list).instances.map(({ id, score }) => [id, score]);
  assert.deepEqual(facts(things.map((thing, at) => ({ ...thing, number: at + 1 }))), [
    [2, 0.9],
    [3, 0.6],
    [1, 0.3],
  ]);
  assert.deepEqual(facts(things), [
    [1, 0.9],
    [2, 0.6],
    [3, 0.3],
  ]);
});

test('a predicted IoU beyond 0 and 1 is brought there', () => {
  const scores = painted([columns(0, 2, 5, 1.02), columns(2, 4, 5, -0.1)]).instances.map(({ score }) => score);
  assert.deepEqual(scores, [1, 0]);
});

test('edges are those of the masks where softness is not wanted; small things are left out then too', () => {
  const things = [columns(0, 2, 1, 0.5), columns(3, 4, 1, 0.5)];
  const hard = painted(things, { soft: false, minArea: 5 });
  assert.deepEqual(row(hard.alpha), [255, 255, 0, 0, 0, 0]);
  assert.equal(hard.instances.length, 1);
  assert.equal(hard.instances[0]!.area, 8);
});

test('what is faintly opaque stays so, also far from what is part of the thing, and where nothing is', () => {
  const faint = columns(0, 2, -3, 0.9);
  assert.deepEqual(row(painted([faint]).alpha), [12, 12, 0, 0, 0, 0]);
});

test('masks are the same with soft edges and with hard ones', () => {
  const random = randomFrom(4);
  for (let run = 0; run < 200; run++) {
    const thing = { ...side, data: Float32Array.from({ length: 24 }, () => 6 * random() - 4), score: 1 };
    const target = { width: 5 + Math.floor(random() * 40), height: 5 + Math.floor(random() * 40) };
    const threshold = 0.1 + 0.8 * random();
    const changes = { target, threshold };
    const [soft, hard] = [painted([thing], { ...changes, soft: true }), painted([thing], { ...changes, soft: false })];
    assert.deepEqual(hard.instances, soft.instances, `run ${run}`);
    for (const [at, opacity] of hard.alpha.entries())
      assert.equal(opacity, soft.alpha[at]! >= threshold * 255 ? 255 : 0);
  }
});

test('a mask without a pixel is no thing', () => {
  const { alpha, instances } = painted([columns(0, 0, 0, 0.9)]);
  assert.deepEqual([alpha.every((opacity) => opacity === 0), instances.length], [true, 0]);
});

test('the threshold is an opacity', () => {
  const half = Math.log(0.7 / 0.3);
  const area = (threshold: number) => painted([columns(1, 3, half, 1)], { threshold }).instances[0]?.area ?? 0;
  assert.deepEqual([area(0.69), area(0.71)], [8, 0]);
  assert.equal(area(0), 8, 'what is wholly transparent is part of nothing');
});
