import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Region } from '../../domain/geometry.ts';
import type { Instance } from '../instances/instance.ts';
import { measured, paint, type Spans, spansOf } from '../instances/spans.ts';
import { Scene } from '../scene.ts';
import { instanceSpec } from '../testing/instanceGraphs.ts';
import { randomFrom } from '../testing/pictures.ts';
import { tinySpec } from '../testing/tinySpec.ts';
import { chunksOf } from './chunksOf.ts';
import { cropAround } from './cropAround.ts';
import { maskOfThing } from './maskOfThing.ts';
import { numbered, pasteMax, pasteOver, shiftedSpans } from './pasted.ts';

const random = randomFrom(7);
const upTo = (most: number) => 1 + Math.floor(random() * most);

/** A box inside a picture of this size. */
function boxIn(width: number, height: number): Region {
  const box = { width: upTo(width), height: upTo(height) };
  return {
    x: Math.floor(random() * (width - box.width + 1)),
    y: Math.floor(random() * (height - box.height + 1)),
    ...box,
  };
}

const inside = (inner: Region, outer: Region) =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

describe('a crop', () => {
  test('holds its box, lies inside the picture, and is the box itself without a margin', () => {
    for (let round = 0; round < 500; round++) {
      const picture = { x: 0, y: 0, width: upTo(200), height: upTo(200) };
      const box = boxIn(picture.width, picture.height);
      const crop = cropAround(box, random() * 2, picture);
      assert.ok(inside(box, crop) && inside(crop, picture));
      assert.deepEqual(cropAround(box, 0, picture), box);
    }
  });

  test('has the margin on each side where the picture reaches so far, a share of the longer side', () => {
    const box = { x: 40, y: 50, width: 20, height: 10 };
    assert.deepEqual(cropAround(box, 0.25, { width: 200, height: 200 }), { x: 35, y: 45, width: 30, height: 20 });
    assert.deepEqual(cropAround(box, 4, { width: 100, height: 100 }), { x: 0, y: 0, width: 100, height: 100 });
  });
});

describe('crops that go together', () => {
  test('are all of them, in order, few enough and small enough', () => {
    for (let round = 0; round < 200; round++) {
      const crops = Array.from({ length: Math.floor(random() * 30) }, () => ({ width: upTo(50), height: upTo(50) }));
      const [most, pixelsMax] = [upTo(8), 2500];
      const chunks = chunksOf(crops, most, pixelsMax);
      assert.deepEqual(
        chunks.flatMap(([from, to]) => crops.slice(from, to)),
        crops,
      );
      for (const [from, to] of chunks) {
        assert.ok(to > from && to - from <= most);
        const pixels = crops.slice(from, to).reduce((sum, { width, height }) => sum + width * height, 0);
        assert.ok(to - from === 1 || pixels <= pixelsMax);
      }
    }
  });
});

describe('what was found in a crop', () => {
  test('lies in the picture where the crop was', () => {
    for (let round = 0; round < 100; round++) {
      const [width, height] = [upTo(40), upTo(40)];
      const crop = boxIn(width, height);
      const mask = Uint8Array.from({ length: crop.width * crop.height }, () => Math.round(random()));
      const own = { x: 0, y: 0, width: crop.width, height: crop.height };
      const shifted = shiftedSpans(spansOf(mask, own, crop.width), crop, width);
      const painted = new Uint8Array(width * height);
      paint(painted, shifted, 1);
      assert.deepEqual(painted, naive(mask, crop, width, height));
      assert.deepEqual(shifted, spansOf(mask, crop, width));
    }
  });

  test('takes the larger opacity, and leaves what is under a crop’s background', () => {
    const [width, height] = [20, 15];
    const max = new Uint8Array(width * height);
    const over = new Uint8Array(width * height).fill(9);
    const [byMax, byOver] = [max.slice(), over.slice()];
    for (let round = 0; round < 20; round++) {
      const crop = boxIn(width, height);
      const part = Uint8Array.from({ length: crop.width * crop.height }, () => upTo(10) - 1);
      pasteMax(max, width, part, crop);
      pasteOver(over, width, part, crop, 9);
      for (const [at, value] of part.entries()) {
        const to = (crop.y + Math.floor(at / crop.width)) * width + crop.x + (at % crop.width);
        byMax[to] = Math.max(byMax[to]!, value);
        if (value !== 9) byOver[to] = value;
      }
    }
    assert.deepEqual(max, byMax);
    assert.deepEqual(over, byOver);
  });
});

test('instances are numbered by score, among equals the better thing’s, which is pasted later, first', () => {
  const found = [0.5, 0.9, 0.5, 0.1].map((score, at) => ({ ...instanceOf(Uint32Array.of(at, at + 1), 12), score }));
  const facts = numbered(found, 3).map(({ id, score, spans }) => [id, score, spans[0]]);
  assert.deepEqual(facts, [
    [1, 0.9, 1],
    [2, 0.5, 2],
    [3, 0.5, 0],
  ]);
});

describe('the mask of a thing', () => {
  const width = 12;
  const crop = { x: 2, y: 1, width: 8, height: 3 };
  const map = (rows: string) => Uint8Array.from(rows.replace(/\s/g, ''), (one) => Number(one));
  /** The thing is the fourth and fifth column of the crop. */
  const thing = instanceOf(spansOf(map('00011000'.repeat(3)), crop, width), width);
  const parts = { spec: tinySpec({ task: 'matting' }), width: 8, height: 3, threshold: 0.5, score: undefined };
  const photo = () => Promise.reject(new Error('no photo'));
  const alphaOf = (rows: string) => map(rows).map((value) => value * 255);

  test('is what of the foreground hangs together with it, without its neighbours', () => {
    const alpha = alphaOf('11000011 11011011 00110001');
    const found = new Scene({ ...parts, photo, labels: undefined, alpha });
    assert.deepEqual(maskOfThing(found, crop, thing, width), map('00000000 00011000 00110000'));
    const beside = new Scene({ ...parts, photo, labels: undefined, alpha: alphaOf('11000011 11000011 00000001') });
    assert.deepEqual(maskOfThing(beside, crop, thing, width), new Uint8Array(24));
  });

  test('is of several instances the one that shares most with it', () => {
    const spec = instanceSpec({ family: 'mask-rcnn' }, [8, 8], ['cell']);
    const own = { x: 0, y: 0, width: 8, height: 3 };
    const instances = ['11110000 11110000 00000000', '00001100 00011100 00011000', '00000011 00000011 00000011'].map(
      (rows) => instanceOf(spansOf(map(rows), own, 8), 8),
    );
    const found = new Scene({ ...parts, spec, photo, labels: undefined, alpha: undefined, instances });
    assert.deepEqual(maskOfThing(found, crop, thing, width), map('00001100 00011100 00011000'));
    const apart = new Scene({
      ...parts,
      spec,
      photo,
      labels: undefined,
      alpha: undefined,
      instances: instances.slice(2),
    });
    assert.deepEqual(maskOfThing(apart, crop, thing, width), new Uint8Array(24));
  });
});

function instanceOf(spans: Spans, width: number): Instance {
  return { id: 1, class: 0, score: 0.5, spans, ...measured(spans, width)! };
}

function naive(mask: Uint8Array, crop: Region, width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height }, (_, at) => {
    const [x, y] = [(at % width) - crop.x, Math.floor(at / width) - crop.y];
    const isIn = x >= 0 && y >= 0 && x < crop.width && y < crop.height;
    return isIn ? mask[y * crop.width + x]! : 0;
  });
}
