import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { InstanceOutputSchema, type OutputOf } from '@segserve/contract';
import { Tensor } from 'onnxruntime-node';
import { randomNumbers } from '../packages/server/src/graph/testing/tinyNetwork.ts';
import type { Spans } from '../packages/server/src/pipeline/instances/spans.ts';
import { maskIn } from '../packages/server/src/pipeline/postprocess/instances/maskIn.ts';
import { bestFirst, suppressed } from '../packages/server/src/pipeline/postprocess/instances/nms.ts';
import { readStardist } from '../packages/server/src/pipeline/postprocess/instances/stardist.ts';
import { readYolo } from '../packages/server/src/pipeline/postprocess/instances/yolo.ts';
import { instancesIn } from '../packages/server/src/pipeline/postprocess/instances.ts';

/** What torchvision and PyTorch made of the same numbers; instances.py says how it was got. */
const recorded: Recorded = JSON.parse(readFileSync(new URL('reference/instances.json', import.meta.url), 'utf8'));

interface Recorded {
  readonly pasted: readonly { seed: number; width: number; height: number; side: number; masks: string[] }[];
  readonly suppressed: readonly { seed: number; threshold: number; kept: number[] }[];
  readonly yolo: readonly {
    seed: number;
    anchors: number;
    classes: number;
    k: number;
    found: { row: number; class: number; mask: string }[];
  }[];
  readonly stardist: {
    seed: number;
    rays: number;
    width: number;
    height: number;
    grid: number;
    found: { point: number; mask: string }[];
  };
}

type Corners = readonly [x1: number, y1: number, x2: number, y2: number];

function boxesIn(random: () => number, count: number, width: number, height: number, beyond: number): Corners[] {
  return Array.from({ length: count }, () => {
    const x = -beyond + random() * (width - 4);
    const y = -beyond + random() * (height - 4);
    return [x, y, x + 1 + random() * (width + beyond - x - 1), y + 1 + random() * (height + beyond - y - 1)];
  });
}

function numbers(random: () => number, count: number, least = 0, most = 1): Float32Array {
  return Float32Array.from({ length: count }, () => least + (most - least) * random());
}

function boxOf([left, top, right, bottom]: Corners) {
  return { left, top, right, bottom };
}

/** How many pixels, and a digest of which ones, as the record has it. */
function bits(spans: Spans, pixels: number): string {
  const bytes = Buffer.alloc(Math.ceil(pixels / 8));
  for (let at = 0; at < spans.length; at += 2) {
    for (let pixel = spans[at]!; pixel < spans[at + 1]!; pixel++)
      bytes[pixel >> 3] = bytes[pixel >> 3]! | (128 >> (pixel & 7));
  }
  const count = spans.reduce((sum, place, at) => (at % 2 === 0 ? sum - place : sum + place), 0);
  return `${count} ${createHash('sha256').update(bytes).digest('hex').slice(0, 24)}`;
}

for (const { seed, width, height, side, masks } of recorded.pasted) {
  test(`masks of ${side}×${side} are pasted into ${width}×${height} as torchvision pastes them, pixel by pixel`, () => {
    const random = randomNumbers(seed);
    const boxes = boxesIn(random, 6, width, height, 8);
    const planes = numbers(random, 6 * side * side);
    const view = { window: { x: 0, y: 0, width, height }, target: { width, height } };
    const made = boxes.map((corners, at) => {
      const data = planes.subarray(at * side * side, (at + 1) * side * side);
      const found = {
        class: 0,
        score: 1,
        box: boxOf(corners),
        shape: { kind: 'pasted', data, width: side, height: side },
      } as const;
      return bits(maskIn(view, found, 0.5), width * height);
    });
    assert.deepEqual(made, masks);
  });
}

for (const { seed, threshold, kept } of recorded.suppressed) {
  test(`boxes that overlap by more than ${threshold} are suppressed within their class as torchvision does it`, () => {
    const random = randomNumbers(seed);
    const boxes = boxesIn(random, 120, 100, 80, 0);
    const scores = Array.from({ length: 120 }, random);
    const rows = boxes.map((corners, at) => ({
      at,
      box: boxOf(corners),
      score: scores[at]!,
      class: Math.floor(random() * 3),
    }));
    assert.deepEqual(
      suppressed(bestFirst(rows, 120), threshold, 120).map(({ at }) => at),
      kept,
    );
  });
}

for (const { seed, anchors, classes, k, found } of recorded.yolo) {
  for (const head of ['v8', 'v5'] as const) {
    test(`rows of ${head} with ${classes} classes and ${k} prototypes give the masks that PyTorch gives`, () => {
      const random = randomNumbers(seed);
      const boxes = boxesIn(random, anchors, 80, 48, 4);
      const scores = numbers(random, anchors * classes);
      const coefficients = numbers(random, anchors * k, -3, 3);
      const prototypes = numbers(random, k * 16 * 20, -1, 1);
      const rows = boxes.map(([x1, y1, x2, y2], at) => [
        ...[(x1 + x2) / 2, (y1 + y2) / 2 + 8, x2 - x1, y2 - y1],
        ...(head === 'v5' ? [1] : []),
        ...scores.subarray(at * classes, (at + 1) * classes),
        ...coefficients.subarray(at * k, (at + 1) * k),
      ]);
      const columns = rows[0]!.length;
      const predictions =
        head === 'v5'
          ? new Tensor('float32', Float32Array.from(rows.flat()), [1, anchors, columns])
          : new Tensor(
              'float32',
              Float32Array.from(
                { length: anchors * columns },
                (_, at) => rows[at % anchors]![Math.floor(at / anchors)]!,
              ),
              [1, columns, anchors],
            );
      const outputs = new Map([
        ['predictions', predictions],
        ['prototypes', new Tensor('float32', prototypes, [1, k, 16, 20])],
      ]);
      const output = InstanceOutputSchema.parse({ family: 'yolo', head, iouThreshold: 0.45 }) as OutputOf<'yolo'>;
      const find = readYolo(outputs, output, { first: 0, count: classes }, { width: 80, height: 64 });
      const view = { window: { x: 0, y: 8, width: 80, height: 48 }, target: { width: 160, height: 96 } };
      const options = { scoreThreshold: 0.6, maxInstances: 20, threshold: 0.5 };
      const things = find(options);
      assert.deepEqual(
        things.map((thing) => thing.class),
        found.map((one) => one.class),
      );
      assert.deepEqual(
        things.map((thing) => bits(maskIn(view, thing, 0.5), 160 * 96)),
        found.map(({ mask }) => mask),
      );
      assert.equal(instancesIn(view, find, options).length, found.filter(({ mask }) => !mask.startsWith('0 ')).length);
    });
  }
}

test('star-convex polygons are drawn and suppressed as a plain loop does it', () => {
  const { seed, rays, width, height, grid, found } = recorded.stardist;
  const random = randomNumbers(seed);
  const probability = numbers(random, width * height);
  const distances = numbers(random, width * height * rays).map((value) => 3 + 5 * value);
  const outputs = new Map([
    ['probability', new Tensor('float32', probability, [1, 1, height, width])],
    ['distances', new Tensor('float32', distances, [1, rays, height, width])],
  ]);
  const output = InstanceOutputSchema.parse({ family: 'stardist' }) as OutputOf<'stardist'>;
  const input = { width: width * grid, height: height * grid };
  const find = readStardist(outputs, output, 'nchw', 0, input);
  const view = { window: { x: 0, y: 0, ...input }, target: input };
  const made = find({ scoreThreshold: 0.7, maxInstances: 1000, threshold: 0.5 });
  assert.deepEqual(
    made.map((thing) => bits(maskIn(view, thing, 0.5), input.width * input.height)),
    found.map(({ mask }) => mask),
  );
});
