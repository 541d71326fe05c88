import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import sharp from 'sharp';
import { open, type SegmentOptions, type Segserve } from '../packages/server/src/index.ts';
import { plainPixels, png, quarters } from '../packages/server/src/pipeline/testing/pictures.ts';
import { pixelsOf } from './support/pictures.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';
import { writeRedMatte } from './support/tinyPackages.ts';

type Rgb = readonly [number, number, number];

const root = temporaryFolder();
writeRedMatte(root, 'red');
const [width, height] = [48, 32];
const red: Rgb = [255, 0, 0];
const green: Rgb = [0, 255, 0];
const blue: Rgb = [0, 0, 255];
const white: Rgb = [255, 255, 255];

/** Nothing of it is foreground: the composite is the background picture alone. */
const nothing = await png(plainPixels(width, height, [0, 255, 90]), width, height);
/** Red, green, blue and white quarters. */
const colors = (wide: number, high: number) => png(quarters(wide, high), wide, high);

let segserve: Segserve;
before(async () => {
  segserve = await open({ model: 'red', folders: [root], threads: 1 });
});

async function composite(image: Uint8Array, options: SegmentOptions, by = segserve) {
  const { answers } = await by.segment(image, { answer: ['composite'], format: 'png', ...options });
  const { data, width, height, channels } = await pixelsOf(answers[0]!.bytes);
  assert.equal(channels, 3);
  const at = (x: number, y: number): number[] => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
  return { at, width, height };
}

function near(found: readonly number[], expected: Rgb, within = 2): void {
  const apart = Math.max(...expected.map((value, channel) => Math.abs(value - found[channel]!)));
  assert.ok(apart <= within, `expected ${expected}, found ${found}`);
}

describe('a composite on a picture', { timeout: 60_000 }, () => {
  test('has the size of the photo, whatever the background’s own', async () => {
    for (const [wide, high] of [
      [48, 32],
      [10, 90],
      [300, 20],
      [1, 1],
    ] as const) {
      for (const backgroundFit of ['cover', 'contain', 'stretch'] as const) {
        const made = await composite(nothing, { backgroundImage: await colors(wide, high), backgroundFit });
        assert.deepEqual([made.width, made.height], [width, height]);
      }
    }
  });

  test('is covered by it, its middle in the middle, unless told otherwise', async () => {
    const made = await composite(nothing, { backgroundImage: await colors(400, 64) });
    // Twice the photo's height, so that its middle 96 columns are seen: red | green above, blue | white below.
    near(made.at(12, 8), red);
    near(made.at(36, 8), green);
    near(made.at(12, 24), blue);
    near(made.at(36, 24), white);
  });

  test('shows all of it with white around, or stretched, where that is asked for', async () => {
    const wide = await colors(96, 16);
    const contained = await composite(nothing, { backgroundImage: wide, backgroundFit: 'contain' });
    for (const y of [2, 9, 22, 30]) near(contained.at(10, y), white);
    near(contained.at(6, 13), red);
    near(contained.at(40, 13), green);
    near(contained.at(6, 18), blue);
    const stretched = await composite(nothing, { backgroundImage: wide, backgroundFit: 'stretch' });
    near(stretched.at(6, 4), red);
    near(stretched.at(40, 4), green);
    near(stretched.at(6, 28), blue);
  });

  test('mixes both by the opacity, in encoded values', async () => {
    const opacity = 102;
    const photo = await png(plainPixels(width, height, [opacity, 200, 40]), width, height);
    const backgroundImage = await png(plainPixels(width, height, [10, 20, 250]), width, height);
    const made = await composite(photo, { backgroundImage });
    const mixed = [opacity, 200, 40].map((value, channel) =>
      Math.round((value * opacity + [10, 20, 250][channel]! * (255 - opacity)) / 255),
    ) as unknown as Rgb;
    near(made.at(20, 20), mixed, 0);
  });

  test('has it upright, in sRGB, and white where it is clear', async () => {
    const turned = await sharp(await colors(64, 96))
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 100 })
      .toBuffer();
    // Turned right by a quarter: what was low on the left is high on the left.
    const upright = await composite(nothing, { backgroundImage: turned });
    near(upright.at(12, 8), blue, 12);
    near(upright.at(36, 8), red, 12);
    for (const times of [1, 4]) {
      const plain = await png(plainPixels(20 * times, 15 * times, [0, 200, 0]), 20 * times, 15 * times);
      const p3 = await sharp(plain).withIccProfile('p3').png().toBuffer();
      const data = await sharp(p3, { ignoreIcc: true }).raw().toBuffer();
      assert.ok(data[0]! > 30, 'the file holds other numbers than the colour has in sRGB');
      near((await composite(nothing, { backgroundImage: p3 })).at(20, 20), [0, 200, 0], 3);
    }
    const clear = await sharp({ create: { width: 8, height: 8, channels: 4, background: '#ff000000' } })
      .png()
      .toBuffer();
    near((await composite(nothing, { backgroundImage: clear })).at(20, 20), white, 0);
  });

  test('keeps its place where a region of the photo is answered in the whole', async () => {
    const region = { x: 0, y: 0, width: 24, height: 16 };
    const backgroundImage = await colors(width, height);
    const made = await composite(nothing, { backgroundImage, region, regionOnly: false });
    assert.deepEqual([made.width, made.height], [width, height]);
    near(made.at(36, 24), white);
    near(made.at(36, 8), green);
    const part = await composite(nothing, { backgroundImage, region });
    assert.deepEqual([part.width, part.height], [24, 16]);
    near(part.at(18, 4), green);
  });

  test('fills answers of another size', async () => {
    const made = await composite(nothing, { backgroundImage: await colors(96, 64), size: { width: 20, height: 60 } });
    assert.deepEqual([made.width, made.height], [20, 60]);
    near(made.at(4, 10), red);
  });

  test('stands beside composites on colours, which name their own background', async () => {
    const backgroundImage = await colors(width, height);
    near((await composite(nothing, { backgroundImage, background: 'image' })).at(6, 6), red);
    const refused = composite(nothing, { backgroundImage, background: '#010203' });
    await assert.rejects(refused, { code: 'invalid_request', message: /no background picture where no answer/ });
  });

  test('goes with its picture to a worker process', async () => {
    await using pool = await open({ model: 'red', folders: [root], threads: 1, workers: 1 });
    const made = await composite(nothing, { backgroundImage: await colors(width, height) }, pool);
    near(made.at(36, 8), green);
    near(made.at(12, 24), blue);
  });

  test('says whose fault a bad background is', async () => {
    const good = await colors(width, height);
    const cases: readonly [SegmentOptions, string, RegExp][] = [
      [{ background: 'image' }, 'invalid_request', /a background picture .* received none/],
      [{ backgroundImage: Buffer.from('text') }, 'unsupported_image', /^Of the background picture: /],
      [{ backgroundImage: good.subarray(0, good.length - 30) }, 'corrupt_image', /^Of the background picture: /],
      [{ backgroundImage: good, answer: ['alpha'] }, 'invalid_request', /no background picture/],
    ];
    for (const [options, code, message] of cases) await assert.rejects(composite(nothing, options), { code, message });
  });

  test('holds the background to the limits of every picture', async () => {
    const limits = { imagePixelsMax: 3000 };
    await using small = await open({ model: 'red', folders: [root], threads: 1, limits });
    const refused = composite(nothing, { backgroundImage: await colors(100, 100) }, small);
    await assert.rejects(refused, { code: 'image_too_large', message: /^Of the background picture: .*100×100/ });
  });
});
