import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { bestFirst, suppressed } from '../packages/server/src/pipeline/postprocess/instances/nms.ts';
import { gridOf } from '../packages/server/src/pipeline/promptable/everything.ts';
import { type Growth, growerOf, growLogits } from '../packages/server/src/pipeline/promptable/growLogits.ts';
import { maskFacts } from '../packages/server/src/pipeline/promptable/maskFacts.ts';
import { areaMeans } from '../packages/server/src/pipeline/promptable/startMask.ts';

/** What PyTorch and NumPy made of the same inputs: test/reference/prompts.py. */
const recorded: Recorded = JSON.parse(readFileSync(path.join(import.meta.dirname, 'reference/prompts.json'), 'utf8'));

type Pair = readonly [number, number];

interface Sampled {
  readonly length: number;
  readonly every7: readonly number[];
}

interface Recorded {
  readonly growing: readonly {
    readonly seed: number;
    readonly mask: Pair;
    readonly input: Pair;
    readonly seen: Pair;
    readonly picture: Pair;
    readonly staged: Sampled;
    readonly direct?: Sampled;
  }[];
  readonly judging: readonly {
    readonly seed: number;
    readonly width: number;
    readonly height: number;
    readonly level: number;
    readonly area: number;
    readonly stability: number;
    readonly box: readonly number[];
  }[];
  readonly suppressing: readonly {
    readonly seed: number;
    readonly count: number;
    readonly threshold: number;
    readonly kept: readonly number[];
  }[];
  readonly grids: readonly {
    readonly side: number;
    readonly width: number;
    readonly height: number;
    readonly points: readonly Pair[];
  }[];
  readonly averaging: readonly {
    readonly seed: number;
    readonly width: number;
    readonly height: number;
    readonly to: Pair;
    readonly means: readonly number[];
  }[];
}

/** The generator of prompts.py. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

function plane(seed: number, [width, height]: Pair) {
  const next = numbersFrom(seed);
  return { width, height, data: Float32Array.from({ length: width * height }, () => -10 + 20 * next()) };
}

function grown(source: ReturnType<typeof plane>, growth: Growth): Float32Array {
  const out = new Float32Array(growth.target.width * growth.target.height);
  growLogits(source, growerOf(source, growth), (row, x, y) => out.set(row, y * growth.target.width + x));
  return out;
}

function assertSampled(made: Float32Array, { length, every7 }: Sampled): void {
  assert.equal(made.length, length);
  for (const [at, value] of every7.entries()) {
    assert.ok(Math.abs(made[at * 7]! - value) < 1e-3, `number ${at * 7}: ${made[at * 7]}, torch ${value}`);
  }
}

test('masks grow as torch grows them, in SAM’s two steps and in one', () => {
  for (const { seed, mask, input, seen, picture, staged, direct } of recorded.growing) {
    const growth = {
      input: { width: input[0], height: input[1] },
      region: { x: 0, y: 0, width: seen[0], height: seen[1] },
      target: { width: picture[0], height: picture[1] },
    };
    assertSampled(grown(plane(seed, mask), { ...growth, upsample: 'input' }), staged);
    if (direct) assertSampled(grown(plane(seed, mask), { ...growth, upsample: 'direct' }), direct);
  }
});

test('stability, area and box of masks are NumPy’s', () => {
  for (const { seed, width, height, level, area, stability, box } of recorded.judging) {
    const window = { x: 2, y: 1, width: width - 3, height: height - 3 };
    const facts = maskFacts(plane(seed, [width, height]), window, level);
    assert.equal(facts.area, area);
    assert.ok(Math.abs(facts.stability - stability) < 1e-9);
    assert.deepEqual([facts.box.left, facts.box.top, facts.box.right, facts.box.bottom], box);
  }
});

test('of overlapping masks the same ones stay', () => {
  for (const { seed, count, threshold, kept } of recorded.suppressing) {
    const next = numbersFrom(seed);
    const list = Array.from({ length: count }, (_, at) => {
      const [left, top] = [Math.floor(next() * 40), Math.floor(next() * 40)];
      const [right, bottom] = [left + 1 + Math.floor(next() * 24), top + 1 + Math.floor(next() * 24)];
      return { at, class: 0, box: { left, top, right, bottom }, score: next() };
    });
    assert.deepEqual(
      suppressed(bestFirst(list, count), threshold, count).map(({ at }) => at),
      kept,
    );
  }
});

test('points of a grid stand in the middles of equal parts', () => {
  for (const { side, width, height, points } of recorded.grids) {
    const made = gridOf(side, { width, height }).map(({ points: [point] }) => [point!.x, point!.y]);
    assert.equal(made.length, points.length);
    for (const [at, [x, y]] of made.entries()) {
      assert.ok(
        Math.abs(x! - points[at]![0]) < 1e-5 && Math.abs(y! - points[at]![1]) < 1e-5,
        `point ${at}: ${x}, ${y}`,
      );
    }
  }
});

test('a mask to start from is averaged over the area of each place', () => {
  for (const { seed, width, height, to, means } of recorded.averaging) {
    const made = areaMeans(plane(seed, [width, height]), { width: to[0], height: to[1] });
    for (const [at, value] of means.entries()) assert.ok(Math.abs(made[at]! - value) < 1e-4, `${made[at]}, ${value}`);
  }
});
