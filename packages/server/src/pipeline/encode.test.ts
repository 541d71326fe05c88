import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StatsSchema } from '@segserve/contract';
import sharp from 'sharp';
import type { Pixels } from '../domain/image.ts';
import { encodePng } from './encode/png.ts';
import { statsOf } from './encode/stats.ts';
import { encode } from './encode.ts';
import { Scene, type SceneParts } from './scene.ts';
import { pixelsOf, plainPixels, plan, randomFrom } from './testing/pictures.ts';
import { tinySpec } from './testing/tinySpec.ts';

const size = { width: 6, height: 4 };
const labels = Uint8Array.from({ length: 24 }, (_, index) => index % 3);
const grey: Pixels = { data: plainPixels(6, 4, [100, 100, 100]), channels: 3, ...size };

function scene(parts: Partial<SceneParts> = {}): Scene {
  return new Scene({
    spec: tinySpec(),
    threshold: 0.5,
    labels,
    alpha: undefined,
    score: undefined,
    photo: async () => grey,
    ...size,
    ...parts,
  });
}

describe('encodePng', () => {
  it('gives back smooth numbers as they were, and in fewer bytes than without the line above', async () => {
    const data = Uint8Array.from({ length: 64 * 64 }, (_, index) => (index % 64) * 3 + (index >> 6) * 5);
    const image = { data, width: 64, height: 64 };
    const smooth = await encodePng({ ...image, smooth: true });
    assert.deepEqual(new Uint8Array(await sharp(smooth).toColourspace('b-w').raw().toBuffer()), data);
    assert.ok(smooth.length < (await encodePng(image)).length);
  });

  it('gives every number back, of 8 and of 16 bits', async () => {
    const random = randomFrom(3);
    const bytes = Uint8Array.from({ length: 35 }, () => random() * 256);
    const eight = await sharp(await encodePng({ data: bytes, width: 7, height: 5 }))
      .toColourspace('b-w')
      .raw()
      .toBuffer();
    assert.deepEqual([...eight], [...bytes]);
    const words = Uint16Array.from({ length: 35 }, () => random() * 65_536);
    const picture = sharp(await encodePng({ data: words, width: 7, height: 5 }));
    assert.equal((await picture.metadata()).depth, 'ushort');
    const sixteen = await picture.toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
    assert.deepEqual(new Uint16Array(sixteen.buffer, sixteen.byteOffset, 35), words);
  });

  it('shows each number in its colour of the palette', async () => {
    const palette = Uint8Array.of(1, 2, 3, 40, 50, 60);
    const png = await encodePng({ data: Uint8Array.of(0, 1), width: 2, height: 1, palette });
    assert.deepEqual([...(await pixelsOf(png)).data], [...palette]);
    assert.equal((await sharp(png).metadata()).isPalette, true);
  });
});

describe('labels', () => {
  it('stands in the PNG and in the WebP as it is', async () => {
    for (const format of ['png', 'webp'] as const) {
      const answer = await encode(scene(), plan('labels', { format }));
      const { data, channels } = await pixelsOf(answer.bytes);
      assert.deepEqual(
        [...labels],
        [...data].filter((_, index) => index % channels === 0),
        format,
      );
      assert.equal(answer.contentType, `image/${format}`);
    }
  });

  it('has 16 bits above 256 classes, and then no WebP', async () => {
    const spec = { ...tinySpec(), labels: Array.from({ length: 300 }, (_, index) => `class ${index}`) };
    const wide = scene({ spec, labels: Uint16Array.from(labels, (value) => value * 140) });
    const answer = await encode(wide, plan('labels'));
    const picture = sharp(answer.bytes);
    assert.equal((await picture.metadata()).depth, 'ushort');
    await assert.rejects(encode(wide, plan('labels', { format: 'webp' })), { code: 'unknown_answer' });
  });
});

describe('color', () => {
  it('shows the classes in their colours', async () => {
    const { data } = await pixelsOf((await encode(scene(), plan('color'))).bytes);
    assert.deepEqual([...data.subarray(0, 9)], [200, 0, 0, 0, 200, 0, 0, 0, 200]);
  });

  it('shows a class beyond the palette in black, and more than 256 classes as RGB', async () => {
    const { bytes } = await encode(scene({ labels: labels.map((value) => value + 1) }), plan('color'));
    const plte = Buffer.from(bytes).indexOf('PLTE');
    assert.equal(Buffer.from(bytes).readUInt32BE(plte - 4), 4 * 3, 'strict readers refuse an index beyond the palette');
    const eight = await pixelsOf(bytes);
    assert.deepEqual([...eight.data.subarray(0, 9)], [0, 200, 0, 0, 0, 200, 0, 0, 0]);
    const wide = scene({ labels: Uint16Array.from(labels, (value) => (value === 2 ? 700 : value)) });
    const { data } = await pixelsOf((await encode(wide, plan('color'))).bytes);
    assert.deepEqual([...data.subarray(0, 9)], [200, 0, 0, 0, 200, 0, 0, 0, 0]);
  });
});

describe('overlay', () => {
  it('mixes photo and class colour by the opacity', async () => {
    for (const [opacity, expected] of [
      [0, [100, 100, 100]],
      [0.5, [150, 50, 50]],
      [1, [200, 0, 0]],
    ] as const) {
      const { data } = await pixelsOf((await encode(scene(), plan('overlay', { format: 'png', opacity }))).bytes);
      assert.deepEqual([...data.subarray(0, 3)], expected);
    }
  });

  it('leaves the background as it is', async () => {
    const { data } = await pixelsOf(
      (await encode(scene({ spec: tinySpec({ background: 0 }) }), plan('overlay', { format: 'png' }))).bytes,
    );
    assert.deepEqual([...data.subarray(0, 6)], [100, 100, 100, 50, 150, 50]);
  });

  it('puts a transparent photo on white', async () => {
    const data = Buffer.alloc(24 * 4, 0);
    const photo: Pixels = { data, channels: 4, ...size };
    const made = await pixelsOf(
      (await encode(scene({ photo: async () => photo }), plan('overlay', { format: 'png', opacity: 0 }))).bytes,
    );
    assert.ok(made.data.every((value) => value === 255));
  });

  for (const format of ['jpeg', 'png', 'webp', 'avif'] as const) {
    it(`has the picture’s size as ${format}`, async () => {
      const { width, height } = await sharp((await encode(scene(), plan('overlay', { format }))).bytes).metadata();
      assert.deepEqual({ width, height }, size);
    });
  }
});

describe('cutout', () => {
  const alpha = Uint8Array.from({ length: 24 }, (_, index) => (index < 12 ? 0 : index * 10));
  const spec = tinySpec({ task: 'matting' });

  for (const format of ['png', 'webp', 'avif'] as const) {
    it(`has colours only where something is to be seen, as ${format}`, async () => {
      const { bytes } = await encode(scene({ spec, labels: undefined, alpha }), plan('cutout', { format }));
      const { data, channels } = await pixelsOf(bytes);
      assert.equal(channels, 4);
      if (format === 'png') assert.ok(data.subarray(0, 48).every((value) => value === 0));
      assert.ok(data[3]! <= (format === 'avif' ? 4 : 0)); // AVIF's alpha is lossy
      assert.ok(Math.abs(data[23 * 4 + 3]! - 230) <= 4);
      assert.ok(Math.abs(data[23 * 4]! - 100) <= 6);
    });
  }

  it('multiplies with the transparency that the photo came with', async () => {
    const data = Buffer.from(Array.from({ length: 24 }, (_, index) => [10, 20, 30, index === 23 ? 128 : 0]).flat());
    const photo: Pixels = { data, channels: 4, ...size };
    const { bytes } = await encode(scene({ spec, labels: undefined, alpha, photo: async () => photo }), plan('cutout'));
    const made = (await pixelsOf(bytes)).data;
    assert.ok(made.subarray(0, 92).every((value) => value === 0));
    assert.deepEqual([...made.subarray(92)], [10, 20, 30, Math.round((230 * 128) / 255)]);
  });

  it('says which side WebP cannot hold', async () => {
    const long = { width: 20_000, height: 1 };
    const photo: Pixels = { data: Buffer.alloc(60_000), channels: 3, ...long };
    const wide = scene({ spec, labels: undefined, alpha: new Uint8Array(20_000), photo: async () => photo, ...long });
    await assert.rejects(encode(wide, plan('cutout', { format: 'webp' })), {
      code: 'image_too_large',
      received: '20000×1',
    });
  });
});

describe('alpha', () => {
  it('comes back without loss, as PNG and as WebP', async () => {
    const alpha = Uint8Array.from({ length: 24 }, (_, index) => index * 11);
    for (const format of ['png', 'webp'] as const) {
      const { bytes } = await encode(
        scene({ spec: tinySpec({ task: 'matting' }), labels: undefined, alpha }),
        plan('alpha', { format }),
      );
      const { data, channels } = await pixelsOf(bytes);
      assert.deepEqual(
        [...alpha],
        [...data].filter((_, index) => index % channels === 0),
        format,
      );
    }
  });
});

describe('stats', () => {
  it('says for each class present what a slow count says', async () => {
    const random = randomFrom(11);
    const [width, height] = [37, 23];
    const data = Uint8Array.from({ length: width * height }, () => (random() < 0.7 ? 1 : random() * 2.2));
    const score = Uint8Array.from({ length: width * height }, () => random() * 256);
    const stats = statsOf(scene({ labels: data, score, width, height }));
    assert.deepEqual(
      StatsSchema.parse(
        JSON.parse(
          Buffer.from((await encode(scene({ labels: data, score, width, height }), plan('stats'))).bytes).toString(),
        ),
      ),
      stats,
    );
    assert.deepEqual(
      stats.classes.map(({ id }) => id),
      [1, 0, 2],
    );
    for (const found of stats.classes) {
      const places = [...data.keys()].filter((index) => data[index] === found.id);
      const [xs, ys] = [places.map((index) => index % width), places.map((index) => Math.floor(index / width))];
      const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
      assert.equal(found.pixels, places.length);
      assert.equal(found.share, places.length / (width * height));
      assert.deepEqual(found.box, {
        x: Math.min(...xs),
        y: Math.min(...ys),
        width: Math.max(...xs) - Math.min(...xs) + 1,
        height: Math.max(...ys) - Math.min(...ys) + 1,
      });
      assert.ok(Math.abs(found.centroid.x - mean(xs) - 0.5) < 1e-9);
      assert.ok(Math.abs(found.centroid.y - mean(ys) - 0.5) < 1e-9);
      assert.ok(Math.abs(found.score! - mean(places.map((index) => score[index]!)) / 255) < 1e-9);
    }
  });

  it('has no score where the model gives labels only', () => {
    assert.ok(statsOf(scene()).classes.every(({ score }) => score === null));
  });

  it('takes the opacity for a matting model’s score', () => {
    const alpha = new Uint8Array(24).fill(255, 0, 6).fill(51, 6);
    const { classes } = statsOf(scene({ spec: tinySpec({ task: 'matting' }), labels: undefined, alpha }));
    assert.deepEqual(
      classes.map(({ label, pixels, color, score }) => ({ label, pixels, color, score })),
      [
        { label: 'background', pixels: 18, color: '#000000', score: 0.8 },
        { label: 'foreground', pixels: 6, color: '#ff8000', score: 1 },
      ],
    );
  });
});
