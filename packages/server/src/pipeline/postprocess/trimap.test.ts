import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomFrom } from '../testing/pictures.ts';
import { dilate } from './dilate.ts';
import { bandFor, trimapOf } from './trimap.ts';

describe('dilate', () => {
  it('reaches exactly the pixels within the distance', () => {
    const random = randomFrom(13);
    for (const [width, height] of [
      [1, 1],
      [17, 1],
      [1, 17],
      [31, 23],
    ] as const) {
      const mask = Uint8Array.from({ length: width * height }, () => Number(random() < 0.02));
      for (const radius of [1, 2, 5, 40]) {
        const slow = mask.map((_, index) =>
          Number(
            mask.some((set, other) => {
              const across = (index % width) - (other % width);
              const down = Math.floor(index / width) - Math.floor(other / width);
              return set === 1 && across * across + down * down <= radius * radius;
            }),
          ),
        );
        assert.deepEqual(dilate(mask, { width, height }, radius), slow, `${width}×${height}, radius ${radius}`);
      }
    }
  });
});

describe('trimapOf', () => {
  const size = { width: 101, height: 101 };
  const distance = (index: number) => Math.hypot((index % 101) - 50, Math.floor(index / 101) - 50);
  const disc = Uint8Array.from({ length: 101 * 101 }, (_, index) => (distance(index) <= 30 ? 255 : 0));

  it('puts a band of the asked width on both sides of a disc’s edge', () => {
    const trimap = trimapOf(disc, size, 6);
    const row = [...trimap.subarray(50 * 101, 51 * 101)];
    // inside ends at 80: 81 is background; 75…80 lie within 6 of it, 81…86 within 6 of 80
    assert.deepEqual(
      row
        .slice(50)
        .map((value) => (value === 255 ? 'F' : value === 128 ? '?' : '.'))
        .join(''),
      `${'F'.repeat(25)}${'?'.repeat(12)}${'.'.repeat(14)}`,
    );
    trimap.forEach((value, index) => {
      if (distance(index) < 23) assert.equal(value, 255);
      if (distance(index) > 37.5) assert.equal(value, 0);
      if (distance(index) > 25.5 && distance(index) < 35) assert.equal(value, 128);
    });
  });

  it('leaves only half-transparent pixels unknown with a band of 0', () => {
    assert.deepEqual(
      [...trimapOf(Uint8Array.of(0, 12, 13, 128, 242, 243, 255), { width: 7, height: 1 }, 0)],
      [0, 0, 128, 128, 128, 255, 255],
    );
  });

  it('has a band of a hundredth of the longer side by default, and at least one pixel', () => {
    assert.equal(bandFor({ width: 1920, height: 1080 }), 19);
    assert.equal(bandFor({ width: 1, height: 1 }), 1);
  });
});
