import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MasksSchema, StatsSchema } from '@segserve/contract';
import sharp from 'sharp';
import { defaultLimits } from '../domain/limits.ts';
import type { GraphVariant, PictureSpec, PreparedGraph } from '../domain/modelSpec.ts';
import type { AnswerPlan, MaskPlan } from '../domain/request.ts';
import { readHeader } from './header.ts';
import { openModel, runBatch } from './pipeline.ts';
import { wholeWindow } from './postprocess/labels.ts';
import { refineAlpha } from './postprocess/refine.ts';
import { pixelsOf, plan, png, randomFrom } from './testing/pictures.ts';
import { redIsAlpha, strongestColor } from './testing/tinyGraph.ts';
import { tinySpec } from './testing/tinySpec.ts';

const fits = ['stretch', 'letterbox'] as const;
const [width, height] = [48, 20]; // in the model's 24×16: all of it, or the 24×10 from line 3 on
const random = randomFrom(5);
const photo = Buffer.from(Array.from({ length: width * height * 3 }, () => random() * 256));
const picture = png(photo, width, height);

async function answered(
  spec: PictureSpec,
  graph: (variant: GraphVariant) => PreparedGraph,
  answers: readonly AnswerPlan[],
  mask: MaskPlan,
) {
  const model = await openModel(spec, async (variant) => graph(variant), { threads: 1, limits: defaultLimits });
  const image = await picture;
  const header = await readHeader(image, defaultLimits);
  const { promise, resolve, reject } = Promise.withResolvers<{
    width: number;
    height: number;
    answers: readonly { kind: string; bytes: Uint8Array }[];
  }>();
  await runBatch(model, [{ image, header, answers, threshold: 0.5, mask }], (_, outcome) => {
    if ('fault' in outcome) reject(outcome.fault);
    else resolve(outcome.result);
  });
  await model.close();
  return promise;
}

const classes = (variant: GraphVariant) => strongestColor('N', variant === 'score');
const at = (side: number, other: number): MaskPlan => ({ refine: 'none', size: { width: side, height: other } });
const asItIs: MaskPlan = { refine: 'none', size: 'model' };

async function plane(bytes: Uint8Array): Promise<number[]> {
  const { data, channels } = await pixelsOf(bytes);
  return [...data].filter((_, index) => index % channels === 0);
}

/** The picture as the tiny model sees it: nearest, as its manifest says. */
async function seen(fit: (typeof fits)[number]): Promise<Buffer> {
  const size = { width: 24, height: fit === 'stretch' ? 16 : 10 };
  return sharp(await picture)
    .resize({ ...size, fit: 'fill', kernel: 'nearest' })
    .raw()
    .toBuffer();
}

describe('size: model', () => {
  for (const fit of fits) {
    it(`gives the network's own classes and scores, without what ${fit} added`, async () => {
      const spec = tinySpec({ input: { fit } });
      const result = await answered(spec, classes, [plan('labels'), plan('stats'), plan('overlay')], asItIs);
      const pixels = await seen(fit);
      const expected = Array.from({ length: pixels.length / 3 }, (_, index) => {
        const rgb = [...pixels.subarray(index * 3, index * 3 + 3)];
        return rgb.indexOf(Math.max(...rgb));
      });
      assert.deepEqual([result.width, result.height], [24, fit === 'stretch' ? 16 : 10]);
      assert.deepEqual(await plane(result.answers[0]!.bytes), expected);
      const stats = StatsSchema.parse(JSON.parse(Buffer.from(result.answers[1]!.bytes).toString()));
      assert.equal(
        stats.classes.reduce((sum, one) => sum + one.pixels, 0),
        expected.length,
      );
      const shown = await sharp(result.answers[2]!.bytes).metadata();
      assert.deepEqual([shown.width, shown.height], [result.width, result.height]);
    });

    it(`gives the network's own opacity, without what ${fit} added`, async () => {
      const spec = tinySpec({ task: 'matting', input: { fit } });
      const result = await answered(spec, () => redIsAlpha(), [plan('alpha'), plan('cutout')], asItIs);
      const pixels = await seen(fit);
      assert.deepEqual(
        await plane(result.answers[0]!.bytes),
        [...pixels].filter((_, index) => index % 3 === 0),
      );
      const { width: across, height: down } = await sharp(result.answers[1]!.bytes).metadata();
      assert.deepEqual([across, down], [24, pixels.length / 72]);
    });
  }

  it('takes the pixels that the picture fills most of, and at least one', () => {
    const source = { width: 10, height: 10 };
    const whole = (x: number, y: number, across: number, down: number) =>
      Object.values(wholeWindow({ x, y, width: across, height: down }, source));
    assert.deepEqual(whole(1.4, 2.6, 5.2, 3), [1, 3, 6, 3]);
    assert.deepEqual(whole(1.6, 2.4, 5.2, 3), [2, 2, 5, 3]);
    assert.deepEqual(whole(3.2, 4, 0.1, 10), [3, 4, 1, 6]);
    assert.deepEqual(whole(9.9, 9.6, 0.1, 0.2), [9, 9, 1, 1]);
    assert.deepEqual(whole(0, 0, 10, 10), [0, 0, 10, 10]);
  });
});

describe('size: model, of answers that show the photo', () => {
  it('shows it at the network’s size', async () => {
    const [made] = (await answered(tinySpec(), classes, [plan('overlay', { format: 'png', opacity: 0 })], asItIs))
      .answers;
    const expected = await sharp(await picture)
      .resize({ width: 24, height: 16, fit: 'fill' })
      .raw()
      .toBuffer();
    assert.deepEqual((await pixelsOf(made!.bytes)).data, expected);
  });
});

describe('masks', () => {
  it('have the mean scores of the network, and its size where that is asked for', async () => {
    const pixels = await seen('stretch');
    const [made] = (await answered(tinySpec(), classes, [plan('masks')], asItIs)).answers;
    const { width: across, masks } = MasksSchema.parse(JSON.parse(Buffer.from(made!.bytes).toString()));
    assert.equal(across, 24);
    const best = Array.from({ length: pixels.length / 3 }, (_, at) => [...pixels.subarray(at * 3, at * 3 + 3)]);
    for (const { id, score, pixels: counted } of masks) {
      const own = best.filter((color) => color.indexOf(Math.max(...color)) === id).map((color) => color[id]!);
      assert.equal(counted, own.length);
      assert.ok(Math.abs(score! - own.reduce((sum, value) => sum + value, 0) / own.length / 255) < 1e-9);
    }
  });
});

describe('size: width × height', () => {
  const kinds = ['labels', 'color', 'overlay', 'alpha', 'cutout', 'composite', 'trimap'] as const;
  for (const [across, down] of [
    [7, 31],
    [1, 1],
    [201, 3],
    [24, 16],
  ] as const) {
    it(`makes every picture answer ${across}×${down}, whatever the photo’s aspect ratio`, async () => {
      for (const fit of fits) {
        const plans = kinds.map((kind) => plan(kind));
        const opaque = await answered(tinySpec({ input: { fit } }), classes, plans, at(across, down));
        const matte = await answered(
          tinySpec({ task: 'matting', input: { fit } }),
          () => redIsAlpha(),
          [...plans, plan('tensor')],
          { ...at(across, down), refine: 'guided' },
        );
        for (const result of [opaque, matte]) {
          assert.deepEqual([result.width, result.height], [across, down]);
          for (const { kind, bytes } of result.answers) {
            if (kind === 'tensor') {
              assert.match(Buffer.from(bytes).toString('latin1'), new RegExp(`\\(${down}, ${across}\\)`));
              continue;
            }
            const made = await sharp(bytes).metadata();
            assert.deepEqual([made.width, made.height], [across, down], kind);
          }
        }
      }
    });
  }

  it('is the same as no size where it is the photo’s own', async () => {
    const spec = tinySpec({ task: 'matting', input: { fit: 'letterbox' } });
    const plans = [plan('alpha'), plan('cutout'), plan('composite', { format: 'png' })];
    const own = await answered(spec, () => redIsAlpha(), plans, { refine: 'guided' });
    const same = await answered(spec, () => redIsAlpha(), plans, { ...at(width, height), refine: 'guided' });
    assert.deepEqual(same.answers, own.answers);
  });

  it('is what a refined edge follows the photo at', async () => {
    const size = { width: 96, height: 80 };
    const spec = tinySpec({ task: 'matting' });
    const alphaAt = async (refine: 'none' | 'guided') => {
      const { answers } = await answered(spec, () => redIsAlpha(), [plan('alpha')], { refine, size });
      return Uint8Array.from(await plane(answers[0]!.bytes));
    };
    const data = await sharp(await picture)
      .resize({ ...size, fit: 'fill' })
      .raw()
      .toBuffer();
    const expected = refineAlpha(await alphaAt('none'), { data, channels: 3, ...size }, { across: 4, down: 5 });
    assert.deepEqual(await alphaAt('guided'), expected);
  });

  it('brings classes straight from the network’s grid, by nearest', async () => {
    const [small] = (await answered(tinySpec(), classes, [plan('labels')], asItIs)).answers;
    const [large] = (await answered(tinySpec(), classes, [plan('labels')], at(72, 48))).answers;
    const grid = await plane(small!.bytes);
    const expected = Array.from({ length: 72 * 48 }, (_, index) => {
      return grid[Math.floor(Math.floor(index / 72) / 3) * 24 + Math.floor((index % 72) / 3)];
    });
    assert.deepEqual(await plane(large!.bytes), expected);
  });

  it('shows the photo stretched to it', async () => {
    const [made] = (await answered(tinySpec(), classes, [plan('overlay', { format: 'png', opacity: 0 })], at(10, 40)))
      .answers;
    const expected = await sharp(await picture)
      .resize({ width: 10, height: 40, fit: 'fill' })
      .raw()
      .toBuffer();
    assert.deepEqual((await pixelsOf(made!.bytes)).data, expected);
  });
});
