import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Size } from '../../../domain/geometry.ts';
import { paint } from '../../instances/spans.ts';
import { randomFrom } from '../../testing/pictures.ts';
import { axisOf, type View } from '../instances/maskIn.ts';
import { type Axis, placed } from '../instances/sample.ts';
import type { QuerySet } from './querySet.ts';
import { type SegmentRules, segmentsIn } from './segments.ts';

const options = { scoreThreshold: 0.1, threshold: 0.5, maxInstances: 1000 };

/** Bumps on noise, and a class for each query with a score of its own. */
function randomSet(seed: number, count: number, classes: number, { width, height }: Size): QuerySet {
  const random = randomFrom(seed);
  const planes = Array.from({ length: count }, () => {
    const [x, y, radius] = [random() * width, random() * height, (0.1 + 0.4 * random()) * width];
    return Float32Array.from({ length: width * height }, (_, at) => {
      const away = ((at % width) - x) ** 2 + (Math.floor(at / width) - y) ** 2;
      return 4 * (1 - away / radius ** 2) + random();
    });
  });
  const probabilities = new Float64Array(count * classes);
  for (let query = 0; query < count; query++) {
    probabilities[query * classes + Math.floor(random() * classes)] = 0.2 + 0.8 * random();
  }
  const nothing = new Float64Array(count).fill(0.1);
  return { size: { width, height }, count, classes, probabilities, nothing, logitsOf: (query) => planes[query]! };
}

function at(plane: Float32Array, width: number, across: Axis, down: Axis, x: number, y: number): number {
  const [column, row] = [placed(across, x), placed(down, y)];
  const [left, top] = [Math.floor(column), Math.floor(row)];
  const [right, low] = [Math.min(left + 1, across.most), Math.min(top + 1, down.most)];
  const line = (from: number) =>
    plane[from * width + left]! * (1 - (column - left)) + plane[from * width + right]! * (column - left);
  return line(top) * (1 - (row - top)) + line(low) * (row - top);
}

const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));

/** The same rule with all masks at the picture's size, pixel by pixel. */
function segmentsSlowly(set: QuerySet, view: View, rules: SegmentRules): { class: number; map: Uint8Array }[] {
  const { width, height } = view.target;
  const isGrown = rules.sigmoidAt === 'input';
  const grid = isGrown ? rules.input : set.size;
  const scale = { x: grid.width / set.size.width, y: grid.height / set.size.height };
  const across = axisOf(view.window.x * scale.x, view.window.width * scale.x, width, 0, grid.width, grid.width);
  const down = axisOf(view.window.y * scale.y, view.window.height * scale.y, height, 0, grid.height, grid.height);
  const ownX = axisOf(0, set.size.width, grid.width, 0, set.size.width, set.size.width);
  const ownY = axisOf(0, set.size.height, grid.height, 0, set.size.height, set.size.height);
  const kept = Array.from({ length: set.count }, (_, query) => {
    const scores = [...set.probabilities.subarray(query * set.classes, (query + 1) * set.classes)];
    const score = Math.max(...scores);
    const logits = set.logitsOf(query);
    const plane =
      rules.sigmoidAt === 'picture'
        ? logits
        : rules.sigmoidAt === 'output'
          ? logits.map(sigmoid)
          : Float32Array.from({ length: grid.width * grid.height }, (_, index) =>
              sigmoid(at(logits, set.size.width, ownX, ownY, index % grid.width, Math.floor(index / grid.width))),
            );
    const worths = Float64Array.from({ length: width * height }, (_, pixel) => {
      const value = at(plane, grid.width, across, down, pixel % width, Math.floor(pixel / width));
      return score * (rules.sigmoidAt === 'picture' ? sigmoid(value) : value);
    });
    return { class: scores.indexOf(score), worths };
  });
  const winners = Int32Array.from({ length: width * height }, (_, pixel) => {
    let best = 0;
    for (let query = 1; query < kept.length; query++) {
      if (kept[query]!.worths[pixel]! > kept[best]!.worths[pixel]!) best = query;
    }
    return best;
  });
  const segments = new Map<string, { class: number; map: Uint8Array }>();
  for (const [query, { class: index, worths }] of kept.entries()) {
    const own = winners.reduce((sum, winner) => sum + (winner === query ? 1 : 0), 0);
    const covered = worths.reduce((sum, worth) => sum + (worth >= 0.5 ? 1 : 0), 0);
    if (own === 0 || covered === 0 || !(own / covered > rules.overlapThreshold)) continue;
    const key = rules.things.has(index) ? `thing ${query}` : `stuff ${index}`;
    const segment = segments.get(key) ?? { class: index, map: new Uint8Array(width * height) };
    for (let pixel = 0; pixel < winners.length; pixel++) if (winners[pixel] === query) segment.map[pixel] = 1;
    segments.set(key, segment);
  }
  return [...segments.values()];
}

const views: readonly [what: string, View][] = [
  ['a larger picture', { window: { x: 0, y: 0, width: 24, height: 20 }, target: { width: 70, height: 61 } }],
  ['a smaller picture', { window: { x: 0, y: 0, width: 24, height: 20 }, target: { width: 13, height: 11 } }],
  [
    'a picture in a letterbox',
    { window: { x: 0, y: 3.25, width: 24, height: 13.5 }, target: { width: 96, height: 54 } },
  ],
  ['a part one pixel wide', { window: { x: 9.5, y: 0, width: 5, height: 20 }, target: { width: 1, height: 40 } }],
];

for (const sigmoidAt of ['output', 'input', 'picture'] as const) {
  for (const [what, view] of views) {
    test(`masks whose sigmoid is taken at the ${sigmoidAt} make the segments of ${what} that looking at every pixel makes`, () => {
      for (let seed = 1; seed <= 6; seed++) {
        const set = randomSet(seed, 12, 4, { width: 24, height: 20 });
        const input = { width: 60, height: 50 };
        const rules = { assign: 'weighted', sigmoidAt, input, overlapThreshold: 0.3, things: new Set([0, 1]) } as const;
        const made = segmentsIn(set, view, rules, options).map(({ class: index, spans }) => {
          const map = new Uint8Array(view.target.width * view.target.height);
          paint(map, spans, 1);
          return `${index} ${map.join('')}`;
        });
        const slow = segmentsSlowly(set, view, rules).map((one) => `${one.class} ${one.map.join('')}`);
        assert.deepEqual(made.toSorted(), slow.toSorted(), `seed ${seed}`);
      }
    });
  }
}

for (const assign of ['weighted', 'logits'] as const) {
  test(`segments by ${assign} share no pixel, count as they measure, and have stuff once`, () => {
    for (let seed = 10; seed < 20; seed++) {
      const [, view] = views[seed % 3]!;
      const set = randomSet(seed, 15, 4, { width: 24, height: 20 });
      const input = { width: 48, height: 40 };
      const rules = { assign, sigmoidAt: 'input', input, overlapThreshold: 0.2, things: new Set([0]) } as const;
      const segments = segmentsIn(set, view, rules, options);
      const pixels = view.target.width * view.target.height;
      const seen = new Uint8Array(pixels);
      for (const [index, { id, spans, area, score }] of segments.entries()) {
        assert.equal(id, index + 1);
        assert.ok(score > 0.1 && score <= (segments[index - 1]?.score ?? 1), 'the best first');
        let own = 0;
        for (let from = 0; from < spans.length; from += 2) {
          for (let pixel = spans[from]!; pixel < spans[from + 1]!; pixel++, own++) {
            assert.equal(seen[pixel], 0, 'no pixel is in two');
            seen[pixel] = 1;
          }
        }
        assert.equal(own, area);
      }
      const stuff = segments.map((one) => one.class).filter((one) => one !== 0);
      assert.equal(new Set(stuff).size, stuff.length);
      if (assign === 'logits') assert.ok(seen.every((value) => value === 1));
    }
  });
}

const square = { width: 4, height: 4 };
const own = { window: { x: 0, y: 0, ...square }, target: square };

/** Queries of one class each, sure of it to these degrees, whose masks are drawn: `#` inside. */
function drawnSet(
  queries: readonly { readonly class: number; readonly score: number; readonly mask: string }[],
): QuerySet {
  const classes = 3;
  const probabilities = new Float64Array(queries.length * classes);
  for (const [query, one] of queries.entries()) probabilities[query * classes + one.class] = one.score;
  const planes = queries.map(({ mask }) =>
    Float32Array.from(mask.replaceAll(' ', ''), (sign) => (sign === '#' ? 9 : -9)),
  );
  const nothing = new Float64Array(queries.length);
  return { size: square, count: queries.length, classes, probabilities, nothing, logitsOf: (query) => planes[query]! };
}

const left = { class: 0, score: 0.9, mask: '#... #... #... #...' };
const right = { class: 0, score: 0.6, mask: '.### .### .### .###' };
const flat = { assign: 'weighted', sigmoidAt: 'output', overlapThreshold: 0.8, input: square } as const;

test('the score of stuff that several queries found is their mean by pixels', () => {
  const set = drawnSet([left, right]);
  const [only, ...others] = segmentsIn(set, own, { ...flat, things: new Set<number>() }, options);
  assert.deepEqual([only!.area, Number(only!.score.toFixed(6)), others.length], [16, 0.675, 0]);
  assert.equal(segmentsIn(set, own, { ...flat, things: new Set([0]) }, options).length, 2);
});

test('of queries that are worth the same the first wins', () => {
  for (const assign of ['weighted', 'logits'] as const) {
    const set = drawnSet([
      { ...left, class: 1 },
      { ...left, class: 2 },
      { ...right, class: 0 },
    ]);
    const made = segmentsIn(set, own, { ...flat, assign, things: new Set([0, 1, 2]) }, options);
    assert.deepEqual(made.map((one) => one.class).toSorted(), assign === 'weighted' ? [0, 1] : [0], assign);
  }
});

test('by DETR’s rule whoever wins four pixels leaves them to others, and whoever wins five stays', () => {
  const rules = { ...flat, assign: 'logits', things: new Set([0, 1]) } as const;
  const areas = (...queries: Parameters<typeof drawnSet>[0]) =>
    segmentsIn(drawnSet(queries), own, rules, options).map((one) => [one.class, one.area]);
  assert.deepEqual(areas(left, { ...right, class: 1 }), [[1, 16]]);
  assert.deepEqual(
    areas({ ...left, mask: '#... #... #... ##..' }, { ...right, class: 1, mask: '.### .### .### ..##' }),
    [
      [0, 5],
      [1, 11],
    ],
  );
  assert.deepEqual(areas(left), [[0, 16]]);
});

test('queries beyond maxInstances are no rivals of the best', () => {
  const set = randomSet(3, 12, 4, { width: 24, height: 20 });
  const [, view] = views[0]!;
  const rules = { assign: 'logits', sigmoidAt: 'output', overlapThreshold: 0.8, input: set.size } as const;
  const [only, ...others] = segmentsIn(
    set,
    view,
    { ...rules, things: new Set([0, 1, 2, 3]) },
    { ...options, maxInstances: 1 },
  );
  assert.deepEqual([only!.area, others.length], [70 * 61, 0]);
  assert.equal(only!.score, Math.max(...set.probabilities));
});
