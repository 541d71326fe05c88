import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pixels } from '../../domain/image.ts';
import type { AnswerPlan } from '../../domain/request.ts';
import { encode } from '../encode.ts';
import { Scene } from '../scene.ts';
import { pixelsOf, plan, randomFrom } from '../testing/pictures.ts';
import { tinySpec } from '../testing/tinySpec.ts';

const size = { width: 16, height: 9 };
const random = randomFrom(21);
const photo: Pixels = { data: Uint8Array.from({ length: 432 }, () => random() * 256), channels: 3, ...size };
const alpha = Uint8Array.from({ length: 144 }, () => random() * 256);

function scene(parts: { photo?: Pixels; alpha?: Uint8Array } = {}): Scene {
  const shown = parts.photo ?? photo;
  return new Scene({
    spec: tinySpec({ task: 'matting' }),
    threshold: 0.5,
    labels: undefined,
    alpha: parts.alpha ?? alpha,
    score: undefined,
    photo: async () => shown,
    width: shown.width,
    height: shown.height,
  });
}

const composite = async (changes: Partial<AnswerPlan>, from = scene()) =>
  pixelsOf((await encode(from, plan('composite', { format: 'png', ...changes }))).bytes);

describe('composite', () => {
  it('is αF + (1 − α)B in the picture’s own values', async () => {
    const background = { kind: 'color', rgb: [255, 0, 200] } as const;
    const { data, channels } = await composite({ background, decontaminate: false });
    assert.equal(channels, 3);
    alpha.forEach((opacity, pixel) => {
      for (let channel = 0; channel < 3; channel++) {
        const shown = photo.data[pixel * 3 + channel]! * opacity + background.rgb[channel]! * (255 - opacity);
        assert.equal(data[pixel * 3 + channel], Math.round(shown / 255));
      }
    });
  });

  it('takes the old background out of half-transparent pixels unless told not to', async () => {
    const wide = { width: 60, height: 20 };
    const slope = Uint8Array.from({ length: 1200 }, (_, index) => Math.min(Math.max(((index % 60) - 20) * 30, 0), 255));
    const data = Uint8Array.from({ length: 3600 }, (_, at) => {
      const opacity = slope[Math.floor(at / 3)]! / 255;
      return Math.round([200, 40, 40][at % 3]! * opacity + [0, 255, 0][at % 3]! * (1 - opacity));
    });
    const from = scene({ photo: { data, channels: 3, ...wide }, alpha: slope });
    const greenest = async (decontaminate: boolean) => {
      const background = { kind: 'color', rgb: [200, 40, 40] } as const;
      const { data: made } = await composite({ background, decontaminate }, from);
      return Math.max(...made.filter((_, at) => at % 3 === 1));
    };
    assert.ok((await greenest(true)) <= 46);
    assert.ok((await greenest(false)) > 80);
  });

  it('on a transparent background is the cut-out', async () => {
    const made = await encode(scene(), plan('composite', { format: 'png', background: { kind: 'transparent' } }));
    assert.deepEqual(made.bytes, (await encode(scene(), plan('cutout'))).bytes);
  });

  it('blurs the background without the foreground’s colours in it', async () => {
    const wide = { width: 90, height: 60 };
    const hard = Uint8Array.from({ length: 5400 }, (_, index) => (index % 90 < 45 ? 255 : 0));
    const data = Uint8Array.from({ length: 16_200 }, (_, at) => {
      const x = Math.floor(at / 3) % 90;
      return x < 45 ? [255, 0, 0][at % 3]! : [0, 0, x % 2 === 0 ? 100 : 140][at % 3]!;
    });
    const from = scene({ photo: { data, channels: 3, ...wide }, alpha: hard });
    const { data: made } = await composite({ background: { kind: 'blur', sigma: 0.05 } }, from);
    for (let pixel = 0; pixel < 5400; pixel++) {
      const [red, , blue] = made.subarray(pixel * 3, pixel * 3 + 3);
      if (pixel % 90 < 45) assert.equal(red, 255);
      else assert.ok(red! <= 1 && Math.abs(blue! - 120) <= 4, `${pixel % 90}: ${red}, ${blue}`);
    }
  });

  it('shows the background where the photo itself is transparent', async () => {
    const data = Uint8Array.from({ length: 576 }, (_, at) => (at % 4 === 3 ? 0 : 77));
    const background = { kind: 'color', rgb: [1, 2, 3] } as const;
    const made = await composite({ background }, scene({ photo: { data, channels: 4, ...size } }));
    assert.ok(made.data.every((value, at) => value === (at % 3) + 1));
  });

  it('takes pictures of one pixel, of one row and of one column on every background', async () => {
    for (const [width, height] of [
      [1, 1],
      [1, 10_000],
      [10_000, 1],
    ] as const) {
      const data = new Uint8Array(width * height * 3).fill(50);
      const from = scene({
        photo: { data, channels: 3, width, height },
        alpha: new Uint8Array(width * height).fill(99),
      });
      for (const sigma of [0, 0.02, 0.25]) {
        const made = await composite({ background: { kind: 'blur', sigma } }, from);
        assert.deepEqual([made.width, made.height], [width, height]);
        assert.ok(made.data.every((value) => Math.abs(value - 50) <= 1));
      }
    }
  });
});
