import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pixels } from '../../domain/image.ts';
import { randomFrom } from '../testing/pictures.ts';
import { resizeAlpha } from './alpha.ts';
import { boxMean } from './boxMean.ts';
import { refineAlpha } from './refine.ts';

const growth = { across: 4, down: 4 };

function photoOf(width: number, height: number, color: (x: number, y: number) => readonly number[]): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) for (let x = 0; x < width; x++, at += 3) data.set(color(x, y), at);
  return { data, width, height, channels: 3 };
}

describe('boxMean', () => {
  it('gives what a slow sum gives, also where the window is larger than the map', () => {
    const random = randomFrom(5);
    for (const [width, height] of [
      [1, 1],
      [1, 9],
      [9, 1],
      [13, 7],
    ] as const) {
      const map = Float32Array.from({ length: width * height }, () => Math.floor(random() * 256));
      for (const [radiusX, radiusY] of [
        [0, 0],
        [1, 2],
        [3, 1],
        [20, 30],
      ] as const) {
        const means = boxMean(map, { width, height }, radiusX, radiusY);
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            const near = [...map].filter((_, index) => {
              return Math.abs((index % width) - x) <= radiusX && Math.abs(Math.floor(index / width) - y) <= radiusY;
            });
            const mean = near.reduce((sum, value) => sum + value, 0) / near.length;
            assert.ok(Math.abs(means[y * width + x]! - mean) < 1e-3, `${width}×${height}, ${radiusX}, ${radiusY}`);
          }
        }
      }
    }
  });
});

describe('refineAlpha', () => {
  const [width, height] = [160, 120];
  const random = randomFrom(7);
  const noisy = photoOf(width, height, () => [random() * 256, random() * 256, random() * 256]);

  it('leaves a constant alpha as it is, whatever the photo shows', () => {
    for (const value of [0, 1, 127, 254, 255]) {
      const alpha = new Uint8Array(width * height).fill(value);
      assert.deepEqual(refineAlpha(alpha, noisy, growth), alpha);
    }
  });

  it('leaves every alpha as it is where the photo shows nothing', () => {
    const alpha = Uint8Array.from({ length: width * height }, (_, index) => (index % width) * 1.6);
    assert.deepEqual(
      refineAlpha(
        alpha,
        photoOf(width, height, () => [90, 120, 30]),
        growth,
      ),
      alpha,
    );
  });

  it('brings an edge back that the model has only seen at a quarter of the size, soft and a pixel too far out', () => {
    const truthAt = (x: number, y: number) => Math.min(Math.max(30 - Math.hypot(x - 80, y - 60) + 0.5, 0), 1);
    const truth = Uint8Array.from({ length: width * height }, (_, index) => {
      return Math.round(truthAt(index % width, Math.floor(index / width)) * 255);
    });
    const photo = photoOf(width, height, (x, y) => {
      const share = truthAt(x, y);
      const grain = random() * 8;
      return [200 * share + 40 * (1 - share) + grain, 150 * share + 90 * (1 - share) + grain, 60 + grain];
    });
    const small = { width: width / 4, height: height / 4 };
    const whole = { x: 0, y: 0, width, height };
    const low = resizeAlpha(truth, { width, height }, whole, small, 'linear');
    const seen = low.map((_, index) => {
      const near = [-1, 0, 1, -small.width, small.width].map((step) => low[index + step] ?? 0);
      return Math.max(...near);
    });
    const grown = resizeAlpha(seen, small, { x: 0, y: 0, ...small }, { width, height }, 'linear');
    const error = (alpha: Uint8Array) =>
      Math.sqrt(alpha.reduce((sum, value, index) => sum + (value - truth[index]!) ** 2, 0) / alpha.length);
    const [before, after] = [error(grown), error(refineAlpha(grown, photo, growth))];
    assert.ok(after < before / 3, `${before} became ${after}`);
  });

  it('takes pictures of one pixel, of one row and of one column, with and without transparency', () => {
    for (const [wide, high] of [
      [1, 1],
      [1, 10_000],
      [10_000, 1],
      [2, 3],
    ] as const) {
      for (const channels of [3, 4] as const) {
        const data = Uint8Array.from({ length: wide * high * channels }, () => random() * 256);
        const alpha = Uint8Array.from({ length: wide * high }, () => random() * 256);
        const photo: Pixels = { data, width: wide, height: high, channels };
        assert.equal(refineAlpha(alpha, photo, { across: wide / 256, down: high / 256 }).length, wide * high);
      }
    }
  });

  it('bounds the cells of a large picture that the model sees at its own size', () => {
    const [wide, high] = [2400, 1200];
    const photo: Pixels = { data: new Uint8Array(wide * high * 3), width: wide, height: high, channels: 3 };
    const alpha = new Uint8Array(wide * high).fill(200);
    assert.deepEqual(refineAlpha(alpha, photo, { across: 1, down: 1 }), alpha);
  });
});
