import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import { defaultLimits } from '../packages/server/src/domain/limits.ts';
import { openPackage } from '../packages/server/src/engine/openPackage.ts';
import { open, type SegmentOptions } from '../packages/server/src/index.ts';
import { findModels } from '../packages/server/src/models/repository.ts';
import { readHeader } from '../packages/server/src/pipeline/header.ts';
import type { Opened } from '../packages/server/src/pipeline/opened.ts';
import type { Outcome } from '../packages/server/src/pipeline/pipeline.ts';
import { plan } from '../packages/server/src/pipeline/testing/pictures.ts';
import { pixelsOf } from './support/pictures.ts';
import { repository } from './support/repository.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';
import { writeRedMatte } from './support/tinyPackages.ts';
import { type TrimapNetwork, writeTrimapModel } from './support/trimapPackages.ts';

/** What NumPy makes of the same picture and trimap; trimap.py says how it was got. */
const recorded: Recorded = JSON.parse(readFileSync(new URL('reference/trimap.json', import.meta.url), 'utf8'));

interface Recorded {
  readonly side: number;
  readonly mean: [number, number, number];
  readonly std: [number, number, number];
  readonly alpha: Readonly<Record<'rgb' | 'bgr', string>>;
}

const { side, mean, std } = recorded;
const root = temporaryFolder();
const forms: readonly TrimapNetwork[] = [
  { input: 'own', encoding: 'value' },
  { input: 'own', encoding: 'onehot' },
  { input: 'channels', encoding: 'value' },
  { input: 'channels', encoding: 'onehot' },
  { input: 'own', encoding: 'onehot', layout: 'nhwc' },
  { input: 'channels', encoding: 'value', layout: 'nhwc' },
  { input: 'own', encoding: 'value', half: true },
  { input: 'channels', encoding: 'onehot', half: true },
];

/** By the same formulas as trimap.py. */
function pictureBytes(): { rgb: Uint8Array; grey: Uint8Array } {
  const rgb = new Uint8Array(side * side * 3);
  const grey = new Uint8Array(side * side);
  for (let y = 0, at = 0; y < side; y++) {
    for (let x = 0; x < side; x++, at++) {
      const far = (x - 32) ** 2 + (y - 28) ** 2;
      const inside = far < 340;
      rgb[at * 3] = inside ? 200 - ((x * 3 + y) % 50) : 40 + ((x + y * 2) % 60);
      rgb[at * 3 + 1] = inside ? 90 + ((x * 5) % 40) : 130 + ((y * 3) % 50);
      rgb[at * 3 + 2] = inside ? 60 + ((x * y) % 30) : 150 + ((x * 7 + y * 5) % 70);
      grey[at] = far < 200 ? 255 : far < 520 ? 128 : 0;
    }
  }
  return { rgb, grey };
}

const { rgb, grey } = pictureBytes();
const pngOf = (data: Uint8Array, channels: 1 | 3, width = side, height = side) =>
  sharp(data, { raw: { width, height, channels } }).png().toBuffer();
const picture = await pngOf(rgb, 3);
const trimap = await pngOf(grey, 1);

/** One channel of an answer. */
async function planeOf(bytes: Uint8Array): Promise<Uint8Array> {
  const { data, channels, width, height } = await pixelsOf(bytes);
  return Uint8Array.from({ length: width * height }, (_, pixel) => data[pixel * channels]!);
}

async function alphaOf(model: string, image: Uint8Array, options: SegmentOptions): Promise<Uint8Array> {
  await using segserve = await open({ model, folders: [root], threads: 1 });
  const { answers } = await segserve.segment(image, { answer: ['alpha'], ...options });
  return planeOf(answers[0]!.bytes);
}

async function opened(name: string): Promise<Opened> {
  const [spec] = (await findModels([path.join(root, name)])) as [Parameters<typeof openPackage>[0]];
  return openPackage(spec, { threads: 1, limits: defaultLimits });
}

let made = 0;
function written(network: TrimapNetwork, changes: Parameters<typeof writeTrimapModel>[3] = {}): string {
  made += 1;
  writeTrimapModel(root, `trimap${made}`, { side, ...network }, changes);
  return `trimap${made}`;
}

describe('a matting model that takes a trimap', { timeout: 60_000 }, () => {
  test('sees picture and trimap as NumPy does, in every form in which graphs take them', async () => {
    for (const form of forms) {
      for (const channels of ['rgb', 'bgr'] as const) {
        const { input, encoding, layout = 'nchw' } = form;
        const rule = { ...(input === 'own' ? { name: 'trimap' } : {}), encoding };
        const changes = {
          input: {
            size: { rule: 'fixed' as const, width: side, height: side },
            layout,
            channels,
            mean,
            std,
            trimap: rule,
          },
        };
        const alpha = await alphaOf(written({ ...form, answers: 'affinity' }, changes), picture, { trimap });
        const expected = Buffer.from(recorded.alpha[channels], 'base64');
        const most = alpha.reduce((worst, value, at) => Math.max(worst, Math.abs(value - expected[at]!)), 0);
        assert.ok(most <= (form.half ? 3 : 1), `${JSON.stringify({ ...form, channels })}: off by ${most}`);
      }
    }
  });

  test('says what the network says where the trimap does not know, and elsewhere what the trimap says', async () => {
    for (const form of forms) {
      const alpha = await alphaOf(written(form), picture, { trimap });
      for (const [at, value] of grey.entries()) {
        assert.equal(alpha[at], value === 0 ? 0 : 255, JSON.stringify(form)); // this network is sure of what is unknown
      }
    }
  });

  test('keeps what is known to the bit in a photo of any size, with edges that follow the photo, and in a part of it', async () => {
    const model = written({ input: 'own', encoding: 'value', answers: 'affinity' });
    const [width, height] = [150, 150];
    const large = await sharp(picture).resize(width, height, { kernel: 'cubic' }).png().toBuffer();
    const known = await planeOf(await sharp(trimap).resize(width, height, { kernel: 'nearest' }).png().toBuffer());
    const largeTrimap = await pngOf(known, 1, width, height);
    for (const options of [{}, { refine: 'guided' as const }]) {
      const alpha = await alphaOf(model, large, { trimap: largeTrimap, ...options });
      checkKnown(alpha, known);
      assert.ok(
        alpha.some((value) => value > 20 && value < 235),
        'the network has its say in between',
      );
    }
    const region = { x: 40, y: 30, width: 70, height: 60 };
    const part = known.filter((_, at) => isIn(region, at % width, Math.floor(at / width)));
    checkKnown(await alphaOf(model, large, { trimap: largeTrimap, region }), part);
    const whole = await alphaOf(model, large, { trimap: largeTrimap, region, regionOnly: false });
    checkKnown(
      whole,
      known.map((value, at) => (isIn(region, at % width, Math.floor(at / width)) ? value : 0)),
    );
  });

  test('takes a trimap of another scale, and none of another shape', async () => {
    const model = written({ input: 'channels', encoding: 'value' });
    const half = await sharp(trimap)
      .resize(side / 2, side / 2, { kernel: 'nearest' })
      .png()
      .toBuffer();
    const alpha = await alphaOf(model, picture, { trimap: half });
    checkKnown(alpha, await planeOf(await sharp(half).resize(side, side, { kernel: 'nearest' }).png().toBuffer()));
    const wide = await pngOf(grey, 1, side * 2, side / 2);
    const refused = alphaOf(model, picture, { trimap: wide });
    await assert.rejects(refused, { code: 'invalid_request', message: /shape \(64×64\) but received 128×32/ });
  });

  test('stands in a letterbox with the trimap in the same place', async () => {
    const input = {
      size: { rule: 'fixed' as const, width: side, height: side },
      fit: 'letterbox' as const,
      trimap: { name: 'trimap' },
    };
    const model = written({ input: 'own', encoding: 'value' }, { input });
    const [width, height] = [64, 32];
    const upper = grey.subarray(0, width * height);
    const wide = await pngOf(rgb.subarray(0, width * height * 3), 3, width, height);
    const alpha = await alphaOf(model, wide, { trimap: await pngOf(upper, 1, width, height) });
    for (const [at, value] of upper.entries()) assert.equal(alpha[at], value === 0 ? 0 : 255);
  });

  test('shares runs between pictures, each with its own trimap', async () => {
    // Of this one the network says everywhere that it is unknown: with the other it would not.
    const unknown = await pngOf(
      grey.map(() => 128),
      1,
    );
    const trimaps = [trimap, unknown, unknown, trimap, unknown];
    const header = await readHeader(picture, defaultLimits);
    const jobs = trimaps.map((image) => {
      return {
        image: picture,
        header,
        answers: [plan('alpha')],
        threshold: 0.5,
        extras: { trimap: { image, header } },
      };
    });
    for (const fixed of [{}, { batch: 2 }, { batch: 3 }]) {
      const model = await opened(
        written({ input: 'channels', encoding: 'value', ...fixed }, { batching: { run: 'together' } }),
      );
      const outcomes: Outcome[] = [];
      await model.segment(jobs, (index, outcome) => {
        outcomes[index] = outcome;
      });
      await model.close();
      for (const [index, outcome] of outcomes.entries()) {
        assert.ok('result' in outcome);
        const { answers, batchSize } = outcome.result;
        assert.ok(batchSize > 1 || index === 4, `one run for several, not ${batchSize}`);
        const alpha = await planeOf(answers[0]!.bytes);
        const isUnknown = trimaps[index] === unknown;
        assert.ok(
          alpha.every((value, at) => value === (grey[at] === 0 && !isUnknown ? 0 : 255)),
          `picture ${index}`,
        );
      }
    }
  });

  test('says what is missing or too much', async () => {
    const model = written({ input: 'own', encoding: 'value' });
    writeRedMatte(root, 'plain');
    const cases: readonly [string, SegmentOptions, RegExp][] = [
      [model, {}, /Expected a trimap beside the picture, which trimap\d+:1 needs .* received none/],
      ['plain', { trimap }, /plain:1 takes no trimap/],
      [model, { trimap, flips: 'horizontal' }, /leave tile, flips and scales out/],
      [model, { trimap, tile: 'auto' }, /leave tile, flips and scales out/],
      [model, { trimap: Buffer.from('no picture') }, /^Of the trimap: /],
      [
        model,
        {
          trimap: await pngOf(
            grey.map((value) => value >> 7),
            1,
          ),
        },
        /brightest value is 1/,
      ],
    ];
    for (const [name, options, message] of cases) {
      await assert.rejects(alphaOf(name, picture, options), (error: Error & { code?: string }) => {
        assert.match(error.message, message);
        assert.ok(['invalid_request', 'unsupported_image'].includes(error.code ?? ''), error.code);
        return true;
      });
    }
  });
});

describe('a manifest with a trimap', { timeout: 60_000 }, () => {
  const size = { rule: 'fixed' as const, width: side, height: side };

  test('is refused where it says another number of channels, or another input, than the graph', async () => {
    const cases: readonly [TrimapNetwork, object, RegExp][] = [
      [{ input: 'channels', encoding: 'value' }, { encoding: 'onehot' }, /6 channels in input "x" .* \[\?,4,64,64\]/],
      [{ input: 'own', encoding: 'onehot' }, { name: 'trimap' }, /1 channels in input "trimap" .* \[\?,3,64,64\]/],
      [
        { input: 'own', encoding: 'value' },
        { name: 'mask' },
        /input\.trimap\.name .* one of trimap, x but received mask/,
      ],
      [{ input: 'channels', encoding: 'value' }, { name: 'x' }, /1 channels in input "x"/],
      [
        { input: 'own', encoding: 'value' },
        { name: 'x', encoding: 'onehot' },
        /3 channels in input "trimap" .* for R, G, B, since the trimap has an input of its own/,
      ],
    ];
    for (const [network, rule, message] of cases) {
      const model = written(network, { input: { size, trimap: rule } });
      await assert.rejects(opened(model), { code: 'model_invalid', message });
    }
  });

  test('proves itself with goldens that have a trimap, and with none that have not', async () => {
    const model = written(
      { input: 'own', encoding: 'value' },
      { golden: [{ image: 'a.png', trimap: 't.png', expected: 'e.png' }] },
    );
    const folder = path.join(root, model, '1');
    writeFileSync(path.join(folder, 'a.png'), picture);
    writeFileSync(path.join(folder, 't.png'), trimap);
    const expected = await pngOf(
      grey.map((value) => (value === 0 ? 0 : 255)),
      1,
    );
    writeFileSync(path.join(folder, 'e.png'), expected);
    await using proved = await open({ model, folders: [root], workers: 0, threads: 1 });
    assert.equal(proved.model.state, 'ready');
    assert.match(proved.model.fusion, /not fused: it takes a trimap/);
    assert.equal(proved.model.input.trimap, true);

    writeFileSync(path.join(folder, 'e.png'), trimap); // grey where the network is sure
    await assert.rejects(open({ model, folders: [root], threads: 1 }), {
      code: 'model_invalid',
      message: /golden a\.png/,
    });
    writeFileSync(path.join(folder, 'e.png'), expected);

    const elsewhere = temporaryFolder();
    const golden = [{ image: 'a.png', expected: 'e.png' }];
    const without = writeTrimapModel(elsewhere, 'without', { input: 'own', encoding: 'value', side }, { golden });
    for (const file of ['a.png', 'e.png']) writeFileSync(path.join(without, file), picture);
    const message = /expected a trimap beside each/;
    await assert.rejects(findModels([elsewhere]), { code: 'model_invalid', message });
  });
});

const shared = process.env.SEGSERVE_SHARED ?? path.resolve(repository, '../shared');
const lemur = path.join(shared, 'images/matting-lemur/lemur');
const skip = existsSync(lemur) ? false : `no ${lemur}; set SEGSERVE_SHARED`;

describe('a photo with a trimap that was drawn by hand', { timeout: 60_000 }, () => {
  test('gets the same matte in every form of model, and what is known stays', { skip }, async () => {
    const read = (name: string) => readFileSync(path.join(lemur, `${name}.png`));
    const known = await planeOf(read('lemur_trimap'));
    const mattes: Uint8Array[] = [];
    for (const form of forms.slice(0, 6)) {
      const model = written({ ...form, answers: 'affinity', side: 256 });
      mattes.push(await alphaOf(model, read('lemur'), { trimap: read('lemur_trimap') }));
    }
    for (const matte of mattes) {
      checkKnown(matte, known);
      const most = matte.reduce((worst, value, at) => Math.max(worst, Math.abs(value - mattes[0]![at]!)), 0);
      assert.ok(most <= 1, `forms differ by ${most}`);
    }
  });
});

function checkKnown(alpha: Uint8Array, trimapGrey: Uint8Array): void {
  assert.equal(alpha.length, trimapGrey.length);
  for (const [at, value] of trimapGrey.entries()) {
    if (value <= 25) assert.equal(alpha[at], 0);
    if (value >= 230) assert.equal(alpha[at], 255);
  }
}

function isIn(region: { x: number; y: number; width: number; height: number }, x: number, y: number): boolean {
  return x >= region.x && y >= region.y && x < region.x + region.width && y < region.y + region.height;
}
