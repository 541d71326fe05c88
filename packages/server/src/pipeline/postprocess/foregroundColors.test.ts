import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pixels } from '../../domain/image.ts';
import { foregroundColors } from './foregroundColors.ts';
import { softCells } from './softCells.ts';

const [width, height] = [120, 80];
const [front, behind] = [
  [210, 60, 30],
  [20, 180, 90],
] as const;
/** A soft slope of 10 pixels from background, left, to foreground. */
const alpha = Uint8Array.from({ length: width * height }, (_, index) => {
  return Math.min(Math.max(((index % width) - 50) * 24, 0), 255);
});

function mixed(opacities: Uint8Array): Pixels {
  const data = new Uint8Array(width * height * 3);
  opacities.forEach((opacity, pixel) => {
    for (let channel = 0; channel < 3; channel++) {
      data[pixel * 3 + channel] = Math.round((front[channel]! * opacity + behind[channel]! * (255 - opacity)) / 255);
    }
  });
  return { data, width, height, channels: 3 };
}

describe('foregroundColors', () => {
  it('finds the colour that was in front of a colour that shone through', () => {
    const colors = foregroundColors(mixed(alpha), alpha);
    alpha.forEach((opacity, pixel) => {
      if (opacity === 0) return;
      for (let channel = 0; channel < 3; channel++) {
        const difference = Math.abs(colors[pixel * 3 + channel]! - front[channel]!);
        assert.ok(
          difference <= 16 && (difference * opacity) / 255 <= 5,
          `opacity ${opacity}: ${difference} of 255 off`,
        );
      }
    });
  });

  it('leaves the photo alone, and opaque pixels as they are', () => {
    const photo = mixed(alpha);
    const before = new Uint8Array(photo.data);
    const colors = foregroundColors(photo, alpha);
    assert.deepEqual(photo.data, before);
    alpha.forEach((opacity, pixel) => {
      if (opacity !== 255) return;
      assert.deepEqual(colors.subarray(pixel * 3, pixel * 3 + 3), before.subarray(pixel * 3, pixel * 3 + 3));
    });
  });

  it('gives the photo’s colours where no pixel is half-transparent', () => {
    const hard = alpha.map((opacity) => (opacity > 127 ? 255 : 0));
    const photo = mixed(alpha);
    assert.deepEqual(foregroundColors(photo, hard), photo.data);
  });

  it('estimates once for several answers of one picture', () => {
    const photo = mixed(alpha);
    assert.equal(foregroundColors(photo, alpha), foregroundColors(photo, alpha));
    assert.notEqual(foregroundColors(photo, alpha), foregroundColors(mixed(alpha), alpha));
  });

  it('takes pictures of one pixel, of one row and of one column', () => {
    for (const [wide, high] of [
      [1, 1],
      [1, 10_000],
      [10_000, 1],
    ] as const) {
      const data = new Uint8Array(wide * high * 3).fill(100);
      const opacities = new Uint8Array(wide * high).fill(128);
      const colors = foregroundColors({ data, width: wide, height: high, channels: 3 }, opacities);
      assert.ok(colors.every((value) => Math.abs(value - 100) <= 1));
    }
  });
});

describe('softCells', () => {
  it('marks the cells that hold half-transparent pixels, and is nothing where there is none', () => {
    const map = new Uint8Array(20);
    map[19] = 255;
    assert.equal(softCells(map, { width: 5, height: 4 }, 2), undefined);
    map[7] = 1;
    map[14] = 254;
    assert.deepEqual([...softCells(map, { width: 5, height: 4 }, 2)!], [0, 1, 0, 0, 0, 1]);
  });
});
