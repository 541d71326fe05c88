import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomFrom } from '../testing/pictures.ts';
import { type Growth, growerOf, growLogits, type LogitPlane } from './growLogits.ts';
import { cutPlane, maskFacts, wholePlane } from './maskFacts.ts';
import { opacityOfLogit } from './opacityOfLogits.ts';

const random = randomFrom(77);
const upTo = (most: number) => 1 + Math.floor(random() * most);

/** A blob of high numbers somewhere in low ones, or none at all. */
function blob(width: number, height: number): LogitPlane {
  const data = Float32Array.from({ length: width * height }, () => -9 - random());
  const [x, y, right, bottom] = [upTo(width) - 1, upTo(height) - 1, upTo(width), upTo(height)];
  for (let row = y; row < bottom; row++) for (let at = x; at < right; at++) data[row * width + at] = 12 * random() - 4;
  return { data, width, height };
}

function someGrowth(): Growth {
  const input = { width: 8 + upTo(40), height: 8 + upTo(40) };
  const region = { x: 0, y: 0, width: upTo(input.width), height: upTo(input.height) };
  if (random() < 0.5) {
    region.x = Math.floor(random() * (input.width - region.width + 1));
    region.y = Math.floor(random() * (input.height - region.height + 1));
  }
  return {
    input,
    region,
    upsample: random() < 0.5 ? 'input' : 'direct',
    target: { width: upTo(60), height: upTo(60) },
  };
}

function grown(plane: LogitPlane, growth: Growth, above?: number): { data: Float32Array; made: Uint8Array } {
  const { width, height } = growth.target;
  const data = new Float32Array(width * height).fill(-99);
  const made = new Uint8Array(width * height);
  const take = (row: Float32Array, x: number, y: number) => {
    data.set(row, y * width + x);
    made.fill(1, y * width + x, y * width + x + row.length);
  };
  growLogits(plane, growerOf(plane, growth), take, above);
  return { data, made };
}

test('of a mask that is grown only where it may be higher than a level nothing higher is missing, and nothing differs', () => {
  let [higher, spared] = [0, 0];
  for (let run = 0; run < 400; run++) {
    const plane = blob(4 + upTo(60), 4 + upTo(60));
    const growth = someGrowth();
    const level = 6 * random() - 3;
    const [whole, part] = [grown(plane, growth), grown(plane, growth, level)];
    assert.ok(whole.made.every((made) => made === 1));
    for (const [at, number] of whole.data.entries()) {
      if (part.made[at] === 1) assert.equal(part.data[at], number);
      else assert.ok(number <= level, `run ${run}: ${number} at ${at} is above ${level}`);
      higher += number > level ? 1 : 0;
      spared += 1 - part.made[at]!;
    }
  }
  assert.ok(higher > 1000 && spared > 1000, `${higher} higher, ${spared} spared`);
});

test('what is kept of a mask grows as all of it would, wherever it is higher than the level', () => {
  for (let run = 0; run < 400; run++) {
    const plane = blob(4 + upTo(60), 4 + upTo(60));
    const growth = someGrowth();
    const window = { x: 0, y: 0, width: plane.width, height: plane.height };
    const { area, box } = maskFacts(plane, window, 0);
    if (area === 0) continue;
    const cut = cutPlane(plane, box, growth.input);
    const [all, kept] = [grown(plane, growth, 0), grown(wholePlane(cut), growth, 0)];
    assert.deepEqual(kept.made, all.made);
    assert.deepEqual(kept.data, all.data);
  }
});

test('opacity rises with the logit, and is half or more exactly above 0', () => {
  let last = 0;
  for (let logit = -12; logit <= 12; logit += 0.0005) {
    const opacity = opacityOfLogit(logit);
    assert.ok(opacity >= last && Math.abs(opacity - 255 / (1 + Math.exp(-logit))) <= 1);
    last = opacity;
  }
  assert.equal(opacityOfLogit(0), 127);
  assert.equal(opacityOfLogit(1e-6), 128);
  assert.equal(opacityOfLogit(Number.NEGATIVE_INFINITY), 0);
  assert.equal(opacityOfLogit(Number.POSITIVE_INFINITY), 255);
});
