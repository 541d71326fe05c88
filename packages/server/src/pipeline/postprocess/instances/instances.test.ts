import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type InstanceManifestSource, InstanceOutputSchema, type OutputOf } from '@segserve/contract';
import { Tensor } from 'onnxruntime-node';
import { spanCounts, spanRuns } from '../../instances/spanCounts.ts';
import { cropped, measured, spansOf } from '../../instances/spans.ts';
import { cocoString, readCocoString } from '../../regions/cocoRle.ts';
import { findComponents } from '../../regions/components.ts';
import { randomFrom } from '../../testing/pictures.ts';
import { instancesIn } from '../instances.ts';
import { readDense } from './dense.ts';
import type { Box } from './found.ts';
import { readFullMasks } from './fullMasks.ts';
import { maskIn } from './maskIn.ts';
import { bestFirst, type Candidate, iou, suppressed } from './nms.ts';
import { polygonSpans } from './polygonSpans.ts';
import { type Axis, spansAbove } from './sample.ts';
import { growSeeds } from './watershed.ts';

type Dense = Omit<Extract<InstanceManifestSource['output'], { family: 'dense' }>, 'family'>;

function randomBoxes(random: () => number, count: number, classes: number): Candidate[] {
  return Array.from({ length: count }, () => {
    const left = random() * 80;
    const top = random() * 80;
    const box = { left, top, right: left + random() * 40, bottom: top + random() * 40 };
    return { class: Math.floor(random() * classes), score: Math.round(random() * 50) / 50, box };
  });
}

/** Every pair is looked at. */
function bruteForce(list: readonly Candidate[], threshold: number, most: number): Candidate[] {
  const order = [...list.keys()].sort((a, b) => list[b]!.score - list[a]!.score || a - b);
  const gone = new Set<number>();
  const stayed: Candidate[] = [];
  for (const [rank, at] of order.entries()) {
    if (gone.has(at)) continue;
    stayed.push(list[at]!);
    for (const other of order.slice(rank + 1)) {
      if (list[other]!.class === list[at]!.class && iou(list[other]!.box, list[at]!.box) > threshold) gone.add(other);
    }
  }
  return stayed.slice(0, most);
}

describe('suppression', () => {
  it('keeps what looking at every pair keeps, whatever the boxes, ties in score included', () => {
    const random = randomFrom(5);
    for (let round = 0; round < 60; round++) {
      const list = randomBoxes(random, Math.floor(random() * 150), 1 + (round % 4));
      const threshold = random();
      const most = round % 3 === 0 ? 7 : 1000;
      assert.deepEqual(suppressed(bestFirst(list, 1000), threshold, most), bruteForce(list, threshold, most));
    }
  });

  it('finds no overlap in boxes without an area', () => {
    const point: Box = { left: 3, top: 3, right: 3, bottom: 3 };
    assert.equal(iou(point, point), 0);
    assert.equal(iou(point, { left: 0, top: 0, right: 9, bottom: 9 }), 0);
  });
});

/** Pixel by pixel. */
function plainSample(data: Float32Array, width: number, across: Axis, down: Axis, x: number, y: number): number {
  const place = ({ start, step, least, most }: Axis, at: number) =>
    Math.min(Math.max(start + (at + 0.5) * step - 0.5, least), most);
  const [px, py] = [place(across, x), place(down, y)];
  const [x0, y0] = [Math.floor(px), Math.floor(py)];
  const [x1, y1] = [Math.min(x0 + 1, across.most), Math.min(y0 + 1, down.most)];
  const [fx, fy] = [px - x0, py - y0];
  const at = (cx: number, cy: number) => data[cy * width + cx]!;
  return (at(x0, y0) * (1 - fx) + at(x1, y0) * fx) * (1 - fy) + (at(x0, y1) * (1 - fx) + at(x1, y1) * fx) * fy;
}

describe('a mask that is stretched', () => {
  it('has the pixels that every single one of them would have, larger or smaller than its map', () => {
    const random = randomFrom(9);
    for (let round = 0; round < 80; round++) {
      const [width, height] = [1 + Math.floor(random() * 20), 1 + Math.floor(random() * 20)];
      const data = Float32Array.from({ length: width * height }, random);
      const [outWidth, outHeight] = [1 + Math.floor(random() * 60), 1 + Math.floor(random() * 40)];
      const across = {
        start: random() * 3 - 1,
        step: (width / outWidth) * (0.5 + random()),
        least: 0,
        most: width - 1,
      };
      const down = {
        start: random() * 3 - 1,
        step: (height / outHeight) * (0.5 + random()),
        least: 0,
        most: height - 1,
      };
      const x = Math.floor(random() * outWidth * 0.5);
      const clip = { x, y: 0, width: outWidth - x, height: outHeight };
      const spans = spansAbove({ data, width }, across, down, clip, outWidth, 0.5);
      const made = new Uint8Array(outWidth * outHeight);
      for (let at = 0; at < spans.length; at += 2) made.fill(1, spans[at]!, spans[at + 1]!);
      for (let y = 0; y < outHeight; y++) {
        for (let column = 0; column < outWidth; column++) {
          const value = plainSample(data, width, across, down, column, y);
          if (Math.abs(value - 0.5) < 1e-6) continue; // rounding decides
          const expected = column >= x && value > 0.5 ? 1 : 0;
          assert.equal(made[y * outWidth + column], expected, `round ${round}, ${column}, ${y}`);
        }
      }
      for (let at = 2; at < spans.length; at += 2) assert.ok(spans[at]! >= spans[at - 1]!, 'runs ascend');
    }
  });
});

/** Any mask: noise, a single pixel, everything, nothing, stripes. */
function masks(): { data: Uint8Array; width: number; height: number }[] {
  const random = randomFrom(77);
  const made = [];
  for (let round = 0; round < 60; round++) {
    const [width, height] = [1 + Math.floor(random() * 30), 1 + Math.floor(random() * 30)];
    const dense = random();
    const kinds = [
      () => (random() < dense ? 1 : 0),
      () => 1,
      () => 0,
      (at: number) => (at === width * height - 1 ? 1 : 0),
      (at: number) => at % 2,
      (at: number) => (at % width === 0 ? 1 : 0),
    ];
    const kind = kinds[round % kinds.length]!;
    made.push({ data: Uint8Array.from({ length: width * height }, (_, at) => kind(at)), width, height });
  }
  return made;
}

describe('runs of a mask', () => {
  it('become COCO’s run lengths, and these the mask again', () => {
    for (const { data, width, height } of masks()) {
      const spans = spansOf(data, { x: 0, y: 0, width, height }, width);
      const counts = readCocoString(cocoString(spanCounts(spans, { width, height })));
      assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        width * height,
      );
      const columns = new Uint8Array(width * height);
      for (let at = 0, place = 0; at < counts.length; at++) {
        if (at % 2 === 1) columns.fill(1, place, place + counts[at]!);
        place += counts[at]!;
      }
      const back = data.map((_, at) => columns[(at % width) * height + Math.floor(at / width)]!);
      assert.deepEqual(back, data);
      assert.ok(
        counts.every((count, at) => count > 0 || at === 0),
        'no empty runs',
      );
    }
  });

  it('become runs in rows that add up to the picture', () => {
    for (const { data, width, height } of masks()) {
      const runs = spanRuns(spansOf(data, { x: 0, y: 0, width, height }, width), { width, height });
      const back = runs.flatMap((run, at) => new Array<number>(run).fill(at % 2));
      assert.deepEqual(back, [...data]);
      assert.ok(
        runs.every((run, at) => run > 0 || at === 0),
        'no empty runs',
      );
    }
  });

  it('know their pixels, box and centre', () => {
    for (const { data, width, height } of masks()) {
      const spans = spansOf(data, { x: 0, y: 0, width, height }, width);
      const facts = measured(spans, width);
      const places = [...data.keys()].filter((at) => data[at] === 1);
      assert.equal(facts?.area ?? 0, places.length);
      if (!facts) continue;
      const [xs, ys] = [places.map((at) => at % width), places.map((at) => Math.floor(at / width))];
      const mean = (list: number[]) => list.reduce((sum, value) => sum + value + 0.5, 0) / list.length;
      assert.ok(Math.abs(facts.centroid.x - mean(xs)) < 1e-9 && Math.abs(facts.centroid.y - mean(ys)) < 1e-9);
      assert.deepEqual([facts.box.x, facts.box.y], [Math.min(...xs), Math.min(...ys)]);
      assert.deepEqual(
        [facts.box.width, facts.box.height],
        [Math.max(...xs) + 1 - facts.box.x, Math.max(...ys) + 1 - facts.box.y],
      );
      assert.deepEqual(spansOf(cropped(spans, width, facts.box), facts.box, width), spans);
    }
  });
});

describe('a polygon', () => {
  it('that lies outside has no pixels, and one that reaches over the edge only those inside', () => {
    const size = { width: 10, height: 8 };
    assert.equal(polygonSpans([20, 20, 30, 20, 30, 30], size).length, 0);
    assert.equal(polygonSpans([-9, -9, -1, -9, -1, -1], size).length, 0);
    assert.deepEqual(measured(polygonSpans([-5, -5, 3, -5, 3, 2, -5, 2], size), 10)?.box, {
      x: 0,
      y: 0,
      width: 3,
      height: 2,
    });
    assert.equal(measured(polygonSpans([-5, -5, 50, -5, 50, 50, -5, 50], size), 10)?.area, 80);
  });
});

const width = 96;
const height = 64;

/** Discs as [x, y, radius]: 1 inside; and the distance to the nearest border, 0…1 of the largest. */
function discs(list: readonly (readonly [number, number, number])[]) {
  const foreground = new Float32Array(width * height);
  const distance = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (const [cx, cy, radius] of list) {
        const inside = radius - Math.hypot(x - cx, y - cy);
        if (inside > 0) {
          foreground[y * width + x] = 1;
          distance[y * width + x] = Math.max(distance[y * width + x]!, inside / radius);
        }
      }
    }
  }
  return { foreground, distance };
}

function denseIn(planes: readonly Float32Array[], words: Dense, target = { width, height }) {
  const data = new Float32Array(planes.length * width * height);
  for (const [at, plane] of planes.entries()) data.set(plane, at * width * height);
  const outputs = new Map([['y', new Tensor('float32', data, [1, planes.length, height, width])]]);
  const output = InstanceOutputSchema.parse({ family: 'dense', ...words }) as OutputOf<'dense'>;
  const { find } = readDense(outputs, output, 'nchw', 0);
  const view = { window: { x: 0, y: 0, width, height }, target };
  return instancesIn(view, find, { scoreThreshold: 0, maxInstances: 65_535, threshold: 0.5 });
}

describe('cells', () => {
  const touching = discs([
    [24, 32, 14],
    [48, 32, 14],
    [80, 30, 10],
  ]);

  it('that touch are told apart by their distances, and together cover the foreground', () => {
    const cells = denseIn([touching.foreground, touching.distance], {
      foreground: { channel: 0 },
      distance: { channel: 1 },
      seedThreshold: 0.6,
    });
    assert.equal(cells.length, 3);
    const covered = new Uint8Array(width * height);
    for (const { spans } of cells) {
      for (let at = 0; at < spans.length; at += 2) {
        for (let pixel = spans[at]!; pixel < spans[at + 1]!; pixel++) covered[pixel] = covered[pixel]! + 1;
      }
    }
    assert.deepEqual(covered, Uint8Array.from(touching.foreground));
  });

  it('are one where nothing tells them apart, and none where nothing is a seed', () => {
    assert.equal(denseIn([touching.foreground], { foreground: { channel: 0 } }).length, 2);
    const none = { foreground: { channel: 0 }, distance: { channel: 1 }, seedThreshold: 2 };
    assert.equal(denseIn([touching.foreground, touching.distance], none).length, 0);
  });

  it('may be a single pixel each, at the picture’s corners too', () => {
    const plane = new Float32Array(width * height);
    const places = [0, width - 1, (height - 1) * width, width * height - 1, 30 * width + 40];
    for (const at of places) plane[at] = 1;
    const cells = denseIn([plane], { foreground: { channel: 0 } });
    assert.deepEqual(
      cells.map(({ area, spans }) => [area, spans[0]]).sort((a, b) => a[1]! - b[1]!),
      places.toSorted((a, b) => a - b).map((at) => [1, at]),
    );
    const grown = denseIn([plane], { foreground: { channel: 0 } }, { width: width * 3, height: height * 3 });
    assert.equal(grown.length, 5);
    assert.ok(grown.every(({ area }) => area >= 5 && area <= 9));
  });

  it('are left out below the score threshold, which is their mean probability', () => {
    const plane = Float32Array.from({ length: width * height }, (_, at) => (at === 9 ? 0.6 : at === 99 ? 0.9 : 0));
    const outputs = new Map([['y', new Tensor('float32', plane, [1, 1, height, width])]]);
    const output = InstanceOutputSchema.parse({ family: 'dense', foreground: { channel: 0 } }) as OutputOf<'dense'>;
    const scores = (scoreThreshold: number) =>
      readDense(outputs, output, 'nchw', 0)
        .find({ scoreThreshold, maxInstances: 9, threshold: 0.5 })
        .map(({ score }) => score.toFixed(1));
    assert.deepEqual([scores(0), scores(0.7)], [['0.9', '0.6'], ['0.9']]);
  });

  it('grow from seeds of as many pixels as the manifest says', () => {
    const plane = new Float32Array(width * height);
    plane[0] = plane[500] = plane[501] = plane[502] = 1;
    const areas = (seedArea: number) =>
      denseIn([plane], { foreground: { channel: 0 }, seedArea }).map(({ area }) => area);
    assert.deepEqual([areas(1).length, areas(2), areas(3), areas(4)], [2, [3], [3], []]);
  });

  it('are told apart by a border, which is shared between them', () => {
    const foreground = new Float32Array(width * height).fill(0.9);
    const boundary = Float32Array.from(foreground, (_, at) => (at % width === 48 ? 0.8 : 0));
    const cells = denseIn([foreground, boundary], { foreground: { channel: 0 }, boundary: { channel: 1 } });
    assert.deepEqual(
      cells.map(({ box }) => [box.x, box.width]).sort((a, b) => a[0]! - b[0]!),
      [
        [0, 49],
        [49, 47],
      ],
    );
  });

  it('take the activation that the manifest names', () => {
    const logits = touching.foreground.map((value) => (value > 0 ? 4 : -4));
    const nothing = new Float32Array(width * height);
    assert.equal(
      denseIn([logits], { foreground: { channel: 0, activation: 'sigmoid' } })[0]!.score.toFixed(4),
      '0.9820',
    );
    assert.equal(
      denseIn([nothing, logits], { foreground: { channel: 1, activation: 'softmax' } })[0]!.score.toFixed(4),
      '0.9820',
    );
  });

  it('grown larger leave no pixel to two of them', () => {
    const cells = denseIn(
      [touching.foreground, touching.distance],
      { foreground: { channel: 0 }, distance: { channel: 1 }, seedThreshold: 0.6 },
      { width: 250, height: 170 },
    );
    const covered = new Uint8Array(250 * 170);
    for (const { spans } of cells) {
      for (let at = 0; at < spans.length; at += 2) {
        for (let pixel = spans[at]!; pixel < spans[at + 1]!; pixel++) covered[pixel] = covered[pixel]! + 1;
      }
    }
    assert.ok(covered.every((count) => count <= 1));
  });

  it('say which channel there is when the manifest names another', () => {
    assert.throws(() => denseIn([touching.foreground], { foreground: { channel: 3 } }), {
      code: 'model_invalid',
      message: /output.foreground.channel from 0 to 0 in float32 \[1,1,64,96\] but received 3/,
    });
    const broken = touching.foreground.slice();
    broken[5] = Number.NaN;
    assert.throws(() => denseIn([broken], { foreground: { channel: 0 } }), /scores that are numbers/);
  });
});

describe('watershed', () => {
  it('gives instances that hang together, one for each seed, and covers all that a seed reaches, whatever the picture', () => {
    const random = randomFrom(123);
    for (let round = 0; round < 40; round++) {
      const size = { width: 5 + Math.floor(random() * 40), height: 5 + Math.floor(random() * 40) };
      const dense = 0.5 + random() / 2;
      const inside = Uint8Array.from({ length: size.width * size.height }, () => (random() < dense ? 1 : 0));
      const heights = Float32Array.from(inside, () => random());
      const seedThreshold = 0.7 + random() * 0.3;
      const { ids, count } = growSeeds(heights, inside, size, seedThreshold, 1);
      const classes = Array.from({ length: count }, (_, at) => at + 1);
      const parts = findComponents({ ...size, data: ids.slice(), classes }, 0);
      assert.equal(parts.list.length, count, 'each is one connected part');
      const whole = findComponents({ ...size, data: inside.slice(), classes: [1] }, 0);
      const reached = new Set(
        [...ids.keys()]
          .filter((at) => ids[at] !== 0)
          .map((at) => whole.at(at % size.width, Math.floor(at / size.width))),
      );
      for (const [at, id] of ids.entries()) {
        const part = inside[at] === 1 ? whole.at(at % size.width, Math.floor(at / size.width)) : -1;
        assert.equal(id !== 0, reached.has(part));
      }
    }
  });

  it('shares a plain between two seeds by their distance', () => {
    const size = { width: 21, height: 1 };
    const heights = new Float32Array(21).fill(0.5);
    heights[0] = heights[20] = 1;
    const { ids } = growSeeds(heights, new Uint8Array(21).fill(1), size, 0.9, 1);
    assert.deepEqual([ids[9], ids[11]], [1, 2]);
  });
});

describe('finished masks', () => {
  const output = (words: object = {}) =>
    InstanceOutputSchema.parse({ family: 'full-masks', ...words }) as OutputOf<'full-masks'>;
  const outputs = (masks: Tensor) =>
    new Map([
      ['dets', new Tensor('float32', Float32Array.of(2, 2, 6, 6, 0.9, 0, 0, 8, 8, 0.1, 0, 0, 0, 0, 0), [1, 3, 5])],
      ['labels', new Tensor('int64', BigInt64Array.of(1n, 0n, -1n), [1, 3])],
      ['masks', masks],
    ]);
  const values = Float32Array.from({ length: 3 * 64 }, (_, at) => (at % 8 < 5 ? 1 : 0));
  const view = { window: { x: 0, y: 0, width: 8, height: 8 }, target: { width: 16, height: 16 } };
  const options = { scoreThreshold: 0.05, maxInstances: 9, threshold: 0.5 };
  const boxes = (of: readonly { box: unknown; class: number }[]) =>
    of.map(({ class: index, box }) => ({ index, ...(box as object) }));

  it('lie over the whole picture, as numbers or as yes and no', () => {
    const all = [
      new Tensor('float32', values, [1, 3, 8, 8]),
      new Tensor('bool', Uint8Array.from(values), [1, 3, 8, 8]),
      new Tensor('uint8', Uint8Array.from(values), [3, 8, 8]),
    ];
    for (const masks of all) {
      const found = readFullMasks(outputs(masks), output(), { first: 0, count: 2 }, { width: 8, height: 8 });
      assert.deepEqual(boxes(instancesIn(view, found, options)), [
        { index: 1, x: 0, y: 0, width: 10, height: 16 },
        { index: 0, x: 0, y: 0, width: 10, height: 16 },
      ]);
    }
  });

  it('are cut to their boxes, and are logits, where the manifest says so', () => {
    const masks = new Tensor(
      'float32',
      values.map((value) => (value > 0 ? 3 : -3)),
      [1, 3, 8, 8],
    );
    const find = readFullMasks(
      outputs(masks),
      output({ cropToBoxes: true, masksAre: 'logits' }),
      { first: 0, count: 2 },
      { width: 8, height: 8 },
    );
    assert.deepEqual(boxes(instancesIn(view, find, { ...options, scoreThreshold: 0.5 })), [
      { index: 1, x: 4, y: 4, width: 6, height: 8 },
    ]);
  });

  it('whose class is −1 pad a finished list, and are nothing, whatever the threshold', () => {
    const masks = new Tensor('float32', values, [1, 3, 8, 8]);
    const find = readFullMasks(outputs(masks), output(), { first: 0, count: 2 }, { width: 8, height: 8 });
    assert.equal(find({ ...options, scoreThreshold: 0 }).length, 2);
  });

  it('must be as many as the detections', () => {
    const masks = new Tensor('float32', values.slice(64), [1, 2, 8, 8]);
    assert.throws(
      () => readFullMasks(outputs(masks), output(), { first: 0, count: 2 }, { width: 8, height: 8 }),
      /a mask for each of 3 detections but received int64 \[1,3\] and float32 \[1,2,8,8\]/,
    );
  });
});

describe('many instances', () => {
  it('400 cells at 1080p are found in a time that a request can wait for', { timeout: 30_000 }, () => {
    const list = Array.from(
      { length: 400 },
      (_, at) => [2 + (at % 24) * 4, 2 + Math.floor(at / 24) * 3.6, 1.9] as const,
    );
    const { foreground, distance } = discs(list);
    const cells = denseIn(
      [foreground, distance],
      { foreground: { channel: 0 }, distance: { channel: 1 }, seedThreshold: 0.4 },
      { width: 1920, height: 1080 },
    );
    assert.ok(cells.length >= 300, `${cells.length}`);
  });

  it('300 masks that all fill a 1080p picture too', { timeout: 30_000 }, () => {
    const data = new Float32Array(160 * 160).fill(1);
    const area = { left: 0, top: 0, right: 640, bottom: 640 };
    const shape = { kind: 'plane', crop: false, plane: () => ({ data, width: 160, height: 160, area }) } as const;
    const view = { window: { x: 0, y: 140, width: 640, height: 360 }, target: { width: 1920, height: 1080 } };
    for (let at = 0; at < 300; at++) {
      const spans = maskIn(view, { class: 0, score: 1, box: area, shape }, 0.5);
      assert.equal(measured(spans, 1920)?.area, 1920 * 1080);
    }
  });
});
