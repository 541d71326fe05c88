import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { place } from '../domain/geometry.ts';
import type { ImageHeader } from '../domain/image.ts';
import { defaultLimits } from '../domain/limits.ts';
import { decodeFull, decodeToInput } from './decode.ts';
import { readHeader } from './header.ts';
import { pixelsOf, plainPixels, png, quarters, rgb } from './testing/pictures.ts';
import { tinySpec } from './testing/tinySpec.ts';

async function full(bytes: Uint8Array) {
  return decodeFull(bytes, await readHeader(bytes, defaultLimits));
}

async function toInput(bytes: Uint8Array, input: Parameters<typeof tinySpec>[0] = {}) {
  const manifest = tinySpec(input).manifest.input;
  const header = await readHeader(bytes, defaultLimits);
  return decodeToInput(bytes, header, place(header, manifest), manifest);
}

function assertNear(pixels: Uint8Array, expected: readonly number[], tolerance: number, what: string): void {
  for (let index = 0; index < pixels.length; index++) {
    const wanted = expected[index % expected.length]!;
    const off = Math.abs(pixels[index]! - wanted);
    assert.ok(off <= tolerance, `${what}: byte ${index} is ${pixels[index]}, wanted ${wanted} ± ${tolerance}`);
  }
}

describe('decoding', () => {
  it('turns every orientation of EXIF upright, for the model and for the photo', async () => {
    const upright = { full: quarters(20, 12), input: await toInput(await png(quarters(20, 12), 20, 12)) };
    for (let orientation = 1; orientation <= 8; orientation++) {
      for (const format of ['png', 'tiff', 'webp'] as const) {
        const bytes = await storedAs(orientation)
          .withMetadata({ orientation })
          .toFormat(format, { lossless: true, compression: 'deflate' } as object)
          .toBuffer();
        const photo = await full(bytes);
        assert.deepEqual([photo.width, photo.height], [20, 12], `${format} ${orientation}`);
        assertNear(photo.data, [...upright.full], 0, `photo, ${format}, orientation ${orientation}`);
        assertNear(await toInput(bytes), [...upright.input], 0, `input, ${format}, orientation ${orientation}`);
      }
    }
  });

  it('turns a large JPEG upright too, where the decoder works at reduced scale', async () => {
    for (let orientation = 1; orientation <= 8; orientation++) {
      const bytes = await storedAs(orientation, 800, 480)
        .withMetadata({ orientation })
        .jpeg({ quality: 95 })
        .toBuffer();
      const input = await toInput(bytes, {
        input: { size: { rule: 'fixed', width: 20, height: 12 }, kernel: 'linear' },
      });
      assertNear(input.subarray(0, 3), [255, 0, 0], 12, `upper left, orientation ${orientation}`);
      assertNear(input.subarray(19 * 3, 60), [0, 255, 0], 12, `upper right, orientation ${orientation}`);
      assertNear(input.subarray(11 * 60, 11 * 60 + 3), [0, 0, 255], 12, `lower left, orientation ${orientation}`);
    }
  });

  const color = [200, 60, 30] as const;
  const kinds: readonly [name: string, make: (picture: Sharp) => Sharp, tolerance: number][] = [
    [
      'an sRGB profile',
      (picture) => picture.withIccProfile('srgb').jpeg({ quality: 100, chromaSubsampling: '4:4:4' }),
      2,
    ],
    [
      'a Display P3 profile',
      (picture) => picture.withIccProfile('p3').jpeg({ quality: 100, chromaSubsampling: '4:4:4' }),
      3,
    ],
    ['a Display P3 profile in PNG', (picture) => picture.withIccProfile('p3').png(), 2],
    ['a Display P3 profile in WebP', (picture) => picture.withIccProfile('p3').webp({ lossless: true }), 2],
    ['CMYK', (picture) => picture.toColourspace('cmyk').withIccProfile('cmyk').jpeg({ quality: 100 }), 14],
    ['16 bits', (picture) => picture.toColourspace('rgb16').png(), 0],
    ['16 bits and a Display P3 profile', (picture) => picture.toColourspace('rgb16').withIccProfile('p3').png(), 2],
    ['a palette', (picture) => picture.png({ palette: true, colours: 8 }), 4],
    ['AVIF', (picture) => picture.avif({ lossless: true }), 2],
    ['TIFF with JPEG inside', (picture) => picture.tiff({ compression: 'jpeg', quality: 100 }), 3],
    ['TIFF tiles', (picture) => picture.tiff({ compression: 'deflate', tile: true }), 0],
  ];
  for (const [name, make, tolerance] of kinds) {
    it(`keeps the colour of a picture with ${name}, to ${tolerance} of 255`, async () => {
      const bytes = await make(rgb(plainPixels(40, 30, color), 40, 30)).toBuffer();
      const photo = await full(bytes);
      assert.equal(photo.channels, 3);
      assertNear(photo.data, color, tolerance, 'photo');
      assertNear(await toInput(bytes), color, tolerance, 'input');
    });
  }

  it('would give other colours without the profile', async () => {
    const bytes = await rgb(plainPixels(40, 30, color), 40, 30)
      .withIccProfile('p3')
      .png()
      .toBuffer();
    const { data } = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer({ resolveWithObject: true });
    assert.ok(Math.abs(data[0]! - color[0]) > 8, 'the test picture is no test');
  });

  it('makes grey pictures RGB, of 1, 8 and 16 bits', async () => {
    const grey = rgb(plainPixels(10, 10, [90, 90, 90]), 10, 10);
    const bilevel = rgb(plainPixels(10, 10, [255, 255, 255]), 10, 10).toColourspace('b-w');
    for (const [bytes, value] of [
      [await grey.clone().toColourspace('b-w').png().toBuffer(), 90],
      [await grey.clone().toColourspace('grey16').png().toBuffer(), 90],
      [await grey.clone().toColourspace('b-w').jpeg({ quality: 100 }).toBuffer(), 90],
      [await bilevel.png({ palette: true, colours: 2 }).toBuffer(), 255],
      [await bilevel.tiff({ bitdepth: 1, compression: 'none' }).toBuffer(), 255],
    ] as const) {
      const photo = await full(bytes);
      assert.equal(photo.channels, 3);
      assertNear(photo.data, [value], 1, 'grey');
      assertNear(await toInput(bytes), [value], 1, 'grey input');
    }
  });

  it('keeps the colours of a GIF, which comes with an alpha channel', async () => {
    const bytes = await rgb(plainPixels(40, 30, color), 40, 30)
      .gif()
      .toBuffer();
    assertNear((await full(bytes)).data, [...color, 255], 4, 'photo');
    assertNear(await toInput(bytes), color, 4, 'input');
  });

  it('lays transparency on white for the model, so that hidden colours tell nothing', async () => {
    const data = Buffer.alloc(20 * 20 * 4);
    for (let at = 0; at < data.length; at += 4) data.set([255, 0, 0, at < data.length / 2 ? 0 : 255], at);
    const picture = sharp(data, { raw: { width: 20, height: 20, channels: 4 } });
    for (const bytes of [
      await picture.clone().png().toBuffer(),
      await picture.clone().webp({ lossless: true, exact: true }).toBuffer(),
    ]) {
      const input = await toInput(bytes, { input: { size: { rule: 'fixed', width: 20, height: 20 } } });
      assertNear(input.subarray(0, 600), [255], 0, 'hidden');
      assertNear(input.subarray(600), [255, 0, 0], 0, 'shown');
      const photo = await full(bytes);
      assert.equal(photo.channels, 4);
      assert.equal(photo.data[3], 0);
    }
  });

  it('takes the first page of an animation and of a TIFF', async () => {
    const frames = Buffer.concat([plainPixels(8, 6, [255, 0, 0]), plainPixels(8, 6, [0, 0, 255])]);
    const strip = sharp(frames, { raw: { width: 8, height: 12, channels: 3, pageHeight: 6 } });
    for (const bytes of [
      await strip.clone().gif().toBuffer(),
      await strip.clone().webp({ lossless: true }).toBuffer(),
    ]) {
      const photo = await full(bytes);
      assert.deepEqual([photo.width, photo.height], [8, 6]);
      assertNear(photo.data, photo.channels === 4 ? [255, 0, 0, 255] : [255, 0, 0], 4, 'first frame');
    }
  });

  it('pads a letterbox with the manifest’s colour around the picture', async () => {
    const bytes = await png(plainPixels(10, 10, [9, 9, 9]), 10, 10);
    const input = await toInput(bytes, {
      input: { size: { rule: 'fixed', width: 20, height: 10 }, fit: 'letterbox', pad: [1, 2, 3] },
    });
    const row = [...Array(5).fill([1, 2, 3]), ...Array(10).fill([9, 9, 9]), ...Array(5).fill([1, 2, 3])].flat();
    assertNear(input, row, 0, 'row');
  });

  it('gives the whole picture where the graph resizes', async () => {
    const bytes = await png(quarters(31, 17), 31, 17);
    assert.deepEqual(Buffer.from(await toInput(bytes, { input: { resizeIn: 'graph' } })), quarters(31, 17));
  });

  it('refuses a JPEG, a PNG and a WebP that end too early', async () => {
    const noise = Buffer.from(Array.from({ length: 60 * 60 * 3 }, (_, index) => (index * 7919) % 251));
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const) {
      const bytes = await rgb(noise, 60, 60).toFormat(format).toBuffer();
      const header = await readHeader(bytes, defaultLimits);
      await assert.rejects(
        decodeFull(bytes.subarray(0, bytes.length * 0.6), header),
        { code: 'corrupt_image' },
        format,
      );
    }
  });

  it('refuses a picture whose pixels are more or fewer than its header said', async () => {
    const bytes = await png(quarters(30, 20), 30, 20);
    const header = await readHeader(bytes, defaultLimits);
    for (const storedWidth of [29, 31, 3000]) {
      const lie: ImageHeader = { ...header, storedWidth, width: storedWidth };
      await assert.rejects(decodeFull(bytes, lie), { code: 'corrupt_image' });
      const { input } = tinySpec().manifest;
      await assert.rejects(decodeToInput(bytes, lie, place(lie, input), input), { code: 'corrupt_image' });
    }
  });

  it('keeps the decoder’s own words out of the message', async () => {
    const bytes = await rgb(quarters(60, 60), 60, 60).jpeg().toBuffer();
    const header = await readHeader(bytes, defaultLimits);
    await assert.rejects(decodeFull(bytes.subarray(0, -200), header), (fault: Error) => {
      assert.doesNotMatch(fault.message, /vips|libjpeg|\//i);
      assert.ok(fault.cause instanceof Error);
      return true;
    });
  });

  it('says the same as sharp of an ordinary photo', async () => {
    const bytes = await rgb(quarters(64, 48), 64, 48).jpeg().toBuffer();
    assert.deepEqual((await full(bytes)).data, (await pixelsOf(bytes)).data);
  });
});

/** For each stored pixel the upright one, by EXIF orientation. */
const sources: Readonly<Record<number, (x: number, y: number, right: number, bottom: number) => [number, number]>> = {
  1: (x, y) => [x, y],
  2: (x, y, right) => [right - x, y],
  3: (x, y, right, bottom) => [right - x, bottom - y],
  4: (x, y, _, bottom) => [x, bottom - y],
  5: (x, y) => [y, x],
  6: (x, y, right) => [right - y, x],
  7: (x, y, right, bottom) => [right - y, bottom - x],
  8: (x, y, _, bottom) => [y, bottom - x],
};

/** The quarters as a camera stores them that was held otherwise. */
function storedAs(orientation: number, width = 20, height = 12): Sharp {
  const upright = quarters(width, height);
  const [w, h] = orientation >= 5 ? [height, width] : [width, height];
  const stored = Buffer.alloc(upright.length);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const [fromX, fromY] = sources[orientation]!(x, y, width - 1, height - 1);
      upright.copy(stored, (y * w + x) * 3, (fromY * width + fromX) * 3, (fromY * width + fromX) * 3 + 3);
    }
  }
  return rgb(stored, w, h);
}
