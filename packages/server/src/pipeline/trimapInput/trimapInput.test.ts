import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TrimapInputSchema } from '@segserve/contract';
import sharp, { type Sharp } from 'sharp';
import type { ImageHeader } from '../../domain/image.ts';
import { defaultLimits } from '../../domain/limits.ts';
import { readHeader } from '../header.ts';
import { randomFrom } from '../testing/pictures.ts';
import { keepKnown } from './keepKnown.ts';
import { readTrimap, trimapBytes } from './readTrimap.ts';
import { trimapAt, trimapIn } from './trimapIn.ts';
import { trimapPlanes, withTrimapPlanes } from './trimapPlanes.ts';

const { background: B, unknown: U, foreground: F } = trimapBytes;
const headerOf = (width: number, height: number, rest: Partial<ImageHeader> = {}): ImageHeader => ({
  format: 'png',
  storedWidth: width,
  storedHeight: height,
  orientation: 1,
  width,
  height,
  ...rest,
});

/** A trimap file of these grey values, in one row. */
async function fileOf(grey: readonly number[], write = (image: Sharp) => image.png()) {
  const raw = { width: grey.length, height: 1, channels: 1 as const };
  const image = await write(sharp(Uint8Array.from(grey), { raw }).toColourspace('b-w')).toBuffer();
  return { image, header: await readHeader(image, defaultLimits) };
}

describe('readTrimap', () => {
  it('takes a tenth from black and from white as known, and all between as unknown', async () => {
    const { data } = await readTrimap(await fileOf([0, 25, 26, 128, 229, 230, 255]));
    assert.deepEqual([...data], [B, B, U, U, U, F, F]);
  });

  it('reads grey, RGB, RGBA, palettes and 16 bits alike', async () => {
    const grey = [0, 128, 255, 128, 0];
    const forms: ((image: Sharp) => Sharp)[] = [
      (image) => image.png(),
      (image) => image.toColourspace('srgb').png(),
      (image) => image.toColourspace('srgb').ensureAlpha(0.2).png(),
      (image) => image.toColourspace('srgb').png({ palette: true }),
      (image) => image.toColourspace('grey16').png(),
      (image) => image.webp({ lossless: true }),
    ];
    for (const form of forms) {
      const { data } = await readTrimap(await fileOf(grey, form));
      assert.deepEqual([...data], [B, U, F, U, B], form.toString());
    }
  });

  it('refuses class numbers, which look black, and takes a trimap of background alone', async () => {
    await assert.rejects(readTrimap(await fileOf([0, 1, 2])), {
      code: 'invalid_request',
      message: /brightest value is 2/,
    });
    assert.deepEqual([...(await readTrimap(await fileOf([0, 0]))).data], [B, B]);
  });

  it('says that it is the trimap that cannot be decoded', async () => {
    const { image, header } = await fileOf([0, 128, 255]);
    const cut = { image: image.subarray(0, image.length - 20), header };
    await assert.rejects(readTrimap(cut), {
      code: 'corrupt_image',
      message: /^Of the trimap: Expected a complete PNG/,
    });
  });
});

describe('trimapIn', () => {
  const trimap = { data: Uint8Array.from([B, U, U, F]), width: 4, height: 1 };

  it('puts it where the picture stands in the input, with background around', () => {
    const placement = { input: { width: 6, height: 3 }, region: { x: 1, y: 1, width: 4, height: 1 } };
    const rows = [B, B, B, B, B, B, B, B, U, U, F, B, B, B, B, B, B, B];
    assert.deepEqual([...trimapIn(trimap, headerOf(4, 1), placement)], rows);
  });

  it('takes the nearest pixel, of a trimap of another scale too', () => {
    assert.deepEqual([...trimapAt(trimap, headerOf(400, 100), { width: 8, height: 1 })], [B, B, U, U, U, U, F, F]);
    assert.deepEqual([...trimapAt(trimap, headerOf(4, 1), { width: 2, height: 1 })], [U, F]);
  });

  it('shows the part of the picture that is looked at', () => {
    const part = { x: 200, y: 0, width: 200, height: 100 };
    const header = headerOf(400, 100, { width: 200, height: 100, part });
    assert.deepEqual([...trimapAt(trimap, header, { width: 4, height: 1 })], [U, U, F, F]);
  });

  it('looks where a turned picture is upright', () => {
    const header = headerOf(100, 400, {
      orientation: 6,
      width: 400,
      height: 100,
      part: { x: 200, y: 0, width: 200, height: 100 },
    });
    assert.deepEqual([...trimapAt(trimap, header, { width: 2, height: 1 })], [U, F]);
  });
});

describe('trimapPlanes', () => {
  const pixels = Uint8Array.from([B, U, F, F]);
  const shape = { layout: 'nchw', n: 1, area: 4 } as const;

  it('writes one channel of the numbers that the manifest names', () => {
    assert.deepEqual([...trimapPlanes(pixels, TrimapInputSchema.parse({}), shape)], [0, 0.5, 1, 1]);
    const rule = TrimapInputSchema.parse({ values: [-1, 0, 3] });
    assert.deepEqual([...trimapPlanes(pixels, rule, shape)], [-1, 0, 3, 3]);
  });

  it('writes a channel for each class, in the manifest’s order', () => {
    const planes = [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 1],
    ];
    const rule = TrimapInputSchema.parse({ encoding: 'onehot' });
    assert.deepEqual([...trimapPlanes(pixels, rule, shape)], planes.flat());
    const other = TrimapInputSchema.parse({ encoding: 'onehot', channels: ['foreground', 'background'] });
    assert.deepEqual([...trimapPlanes(pixels, other, shape)], [planes[2], planes[0]].flat());
    const interleaved = trimapPlanes(pixels, rule, { ...shape, layout: 'nhwc' });
    assert.deepEqual([...interleaved], [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1]);
  });

  it('stands behind the colours of each picture of a batch', () => {
    const two = { n: 2, area: 2 };
    const rule = TrimapInputSchema.parse({});
    const colors = Float32Array.from([1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16]);
    const planar = withTrimapPlanes(colors, pixels, rule, { layout: 'nchw', ...two });
    assert.deepEqual([...planar], [1, 2, 3, 4, 5, 6, 0, 0.5, 11, 12, 13, 14, 15, 16, 1, 1]);
    const mixed = withTrimapPlanes(colors, pixels, rule, { layout: 'nhwc', ...two });
    assert.deepEqual([...mixed], [1, 2, 3, 0, 4, 5, 6, 0.5, 11, 12, 13, 1, 14, 15, 16, 1]);
  });
});

describe('keepKnown', () => {
  it('gives what the trimap knows to the bit, and leaves the rest', () => {
    const random = randomFrom(5);
    const alpha = Uint8Array.from({ length: 300 }, () => random() * 256);
    const trimap = Uint8Array.from({ length: 300 }, () => random() * 3);
    const before = Uint8Array.from(alpha);
    const kept = keepKnown(alpha, trimap);
    for (const [at, says] of trimap.entries()) assert.equal(kept[at], says === B ? 0 : says === F ? 255 : before[at]);
    assert.deepEqual(alpha, before, 'what it was given is not changed');
  });
});
