import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MasksSchema } from '@segserve/contract';
import sharp from 'sharp';
import { encode } from '../encode.ts';
import { Scene, type SceneParts } from '../scene.ts';
import { plan, randomFrom } from '../testing/pictures.ts';
import { tinySpec } from '../testing/tinySpec.ts';
import { statsOf } from './stats.ts';

const size = { width: 23, height: 17 };
const count = size.width * size.height;
const random = randomFrom(21);
const labels = Uint8Array.from({ length: count }, () => (random() < 0.5 ? 2 : random() * 2));
const score = Uint8Array.from({ length: count }, () => random() * 256);

function scene(parts: Partial<SceneParts> = {}): Scene {
  const spec = tinySpec({ background: 2 });
  const photo = () => Promise.reject(new Error('No answer of these shows the photo.'));
  return new Scene({ spec, threshold: 0.5, labels, alpha: undefined, score, photo, ...size, ...parts });
}

async function masksOf(of: Scene, foreground?: readonly number[]) {
  const { bytes, contentType } = await encode(of, plan('masks', { foreground }));
  assert.equal(contentType, 'application/json');
  return MasksSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
}

async function pixelsOfMask(png: string): Promise<number[]> {
  const picture = sharp(Buffer.from(png, 'base64'));
  const { channels, depth, width, height } = await picture.metadata();
  assert.deepEqual({ channels, depth, width, height }, { channels: 1, depth: 'uchar', ...size });
  return [...(await picture.toColourspace('b-w').raw().toBuffer())];
}

describe('masks', () => {
  for (const [name, parts] of [
    ['semantic', {}],
    ['16-bit', { labels: Uint16Array.from(labels, (value) => value * 150) }],
    ['matting', { spec: tinySpec({ task: 'matting' }), labels: undefined, alpha: score, score: undefined }],
    ['of one class', { labels: new Uint8Array(count).fill(1) }],
  ] as const) {
    it(`are together the class map, each pixel in one of them (${name})`, async () => {
      const of = scene(parts);
      const { width, height, masks } = await masksOf(of);
      assert.deepEqual({ width, height }, size);
      const found = new Array<number | undefined>(count).fill(undefined);
      for (const { id, png } of masks) {
        for (const [at, value] of (await pixelsOfMask(png)).entries()) {
          assert.ok(value === 0 || value === 255, String(value));
          if (value === 0) continue;
          assert.equal(found[at], undefined, 'in one mask only');
          found[at] = id;
        }
      }
      assert.deepEqual(found, [...of.labels.data]);
    });
  }

  it('say of their classes what the statistics say, largest first, the background too', async () => {
    for (const each of [scene(), scene({ score: undefined })]) {
      const { masks } = await masksOf(each);
      assert.deepEqual(
        masks.map(({ png, ...facts }) => facts),
        statsOf(each).classes.map(({ id, label, score: mean, pixels }) => ({ id, label, score: mean, pixels })),
      );
      assert.equal(masks[0]!.id, 2);
      assert.equal(masks.length, 3);
    }
  });

  it('of a matting model have the mean opacity of the foreground’s pixels as score', async () => {
    const matte = scene({ spec: tinySpec({ task: 'matting' }), labels: undefined, alpha: score, score: undefined });
    const front = [...score].filter((value) => value >= 128);
    const [mask] = (await masksOf(matte, [1])).masks;
    assert.equal(mask!.label, 'foreground');
    assert.equal(mask!.pixels, front.length);
    const mean = front.reduce((sum, value) => sum + value, 0) / front.length / 255;
    assert.ok(Math.abs(mask!.score! - mean) < 1e-9);
  });

  it('are made of the named classes alone, where these are present', async () => {
    assert.deepEqual((await masksOf(scene(), [0, 1])).masks.map(({ id }) => id).toSorted(), [0, 1]);
    assert.deepEqual((await masksOf(scene({ labels: new Uint8Array(count) }), [1])).masks, []);
  });
});
