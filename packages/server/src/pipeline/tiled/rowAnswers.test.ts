import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { regionKinds } from '../../domain/regionOptions.ts';
import type { AnswerPlan } from '../../domain/request.ts';
import { rowAnswers } from '../../domain/rowAnswers.ts';
import { plan, png } from '../testing/pictures.ts';
import { answered, texture } from './testing/answered.ts';
import { convolution, freeSpec } from './testing/convolution.ts';

const tile = { width: 96, height: 64 };
const input = { size: { rule: 'free', multiple: 1 }, overlap: 32 } as const;
const [width, height] = [700, 531];

/** Every answer that is made row by row, in each of its formats. */
const plans = Object.entries(rowAnswers).flatMap(([kind, formats]) =>
  formats.map((format) =>
    plan(kind as AnswerPlan['kind'], { format, ...(kind === 'alpha' ? { foreground: [1, 3] } : {}) }),
  ),
);

describe('answers made row by row', () => {
  const cases = [
    { name: 'of classes', spec: freeSpec(5, { input }), classes: 5, plans },
    {
      name: 'of 300 classes',
      spec: freeSpec(300, { input }),
      classes: 300,
      plans: plans.filter(({ kind }) => kind !== 'color'),
    },
    {
      name: 'of opacity',
      spec: freeSpec(2, { task: 'matting', input, output: { foreground: 1 } }),
      classes: 2,
      plans: plans.map((one) => ({ ...one, foreground: undefined })),
    },
  ];
  for (const { name, spec, classes, plans } of cases) {
    it(`hold the same pixels as those of a picture that is held whole: ${name}`, async () => {
      const [w, h] = classes === 300 ? [300, 280] : [width, height];
      const image = await png(texture(w, h), w, h);
      const graph = convolution({ classes, depth: classes === 300 ? 1 : 2 });
      const asked = { spec, graph, image, mask: { tile }, job: { answers: plans } };
      const whole = await answered(asked);
      const rows = await answered({ ...asked, limits: { imagePixelsMax: 1000 } });
      assert.deepEqual([rows.width, rows.height], [w, h]);
      for (const [at, { kind, format, bytes, contentType }] of rows.answers.entries()) {
        const other = whole.answers[at]!;
        assert.deepEqual([kind, format, contentType], [other.kind, other.format, other.contentType]);
        if (kind === 'stats') assertNear(json(bytes), json(other.bytes));
        else if (regionKinds.includes(kind)) assert.ok(Buffer.from(bytes).equals(other.bytes), `${kind}: other bytes`);
        else assertSame(await rawOf(bytes), await rawOf(other.bytes), `${kind} as ${format}`);
      }
    });
  }

  it('trace, whatever is asked of outlines, what is traced of a picture that is held whole', async () => {
    const image = await png(texture(width, height), width, height);
    const spec = freeSpec(5, { input });
    const merge = [{ classes: [1, 2], into: 1, label: 'both' }];
    const answers = [
      plan('polygons', { format: 'json', tolerance: 0 }),
      plan('polygons', { format: 'json', tolerance: 2 }),
      plan('geojson', { format: 'geojson', tolerance: 3, foreground: [0, 3] }),
      plan('svg', { format: 'svg', merge }),
      plan('coco', { format: 'json', merge }),
      plan('coco', { format: 'json', cocoMask: 'counts', foreground: [4] }),
      plan('coco', { format: 'json', cocoMask: 'rle' }),
      plan('labelstudio', { format: 'json', foreground: [] }),
    ];
    const asked = { spec, graph: convolution({ classes: 5, depth: 2 }), image, mask: { tile }, job: { answers } };
    const whole = await answered(asked);
    const rows = await answered({ ...asked, limits: { imagePixelsMax: 1000 } });
    for (const [at, { kind, bytes }] of rows.answers.entries()) {
      assert.ok(Buffer.from(bytes).equals(whole.answers[at]!.bytes), `${at}: ${kind}`);
    }
    assert.match(Buffer.from(rows.answers[3]!.bytes).toString(), /<title>both</);
  });

  it('end with a fault where an outline answer has more borders than are traced', async () => {
    const image = await png(
      Buffer.from(Uint8Array.from({ length: 2200 * 2000 * 3 }, (_, at) => ((at * 2654435761) >>> 7) & 255)),
      2200,
      2000,
    );
    const asked = { spec: freeSpec(5, { input }), graph: convolution({ classes: 5, depth: 1 }), image };
    const job = { answers: [plan('polygons', { format: 'json' })] };
    const limits = { imagePixelsMax: 1000 };
    await assert.rejects(answered({ ...asked, mask: { tile: { width: 1024, height: 512 } }, job, limits }), {
      code: 'image_too_large',
      message: /at most 4194304 pixel sides between regions.*region/,
    });
  });

  it('hold in a TIFF what they hold in a PNG, at every size beside a multiple of its tiles', async () => {
    for (const [w, h] of [
      [256, 256],
      [257, 300],
      [255, 1],
      [1, 513],
    ] as const) {
      const image = await png(texture(w, h), w, h);
      const answers = (['png', 'tiff'] as const).map((format) => plan('labels', { format }));
      const graph = convolution({ classes: 5, depth: 1 });
      const made = await answered({ spec: freeSpec(5, { input }), graph, image, job: { answers } });
      assertSame(await rawOf(made.answers[1]!.bytes), await rawOf(made.answers[0]!.bytes), `${w}×${h}`);
      const alpha = (['png', 'tiff'] as const).map((format) => plan('alpha', { format }));
      const matting = freeSpec(2, { task: 'matting', input, output: { foreground: 1 } });
      const net = convolution({ classes: 2, depth: 1 });
      const matte = await answered({ spec: matting, graph: net, image, job: { answers: alpha } });
      assertSame(await rawOf(matte.answers[1]!.bytes), await rawOf(matte.answers[0]!.bytes), `alpha, ${w}×${h}`);
    }
  });

  it('say 16 bits, tiles of 256 and deflate in a TIFF of many classes', async () => {
    const image = await png(texture(300, 280), 300, 280);
    const graph = convolution({ classes: 300, depth: 1 });
    const answers = [plan('labels', { format: 'tiff' })];
    const made = await answered({ spec: freeSpec(300, { input }), graph, image, mask: { tile }, job: { answers } });
    const { format, depth, width, height, channels } = await sharp(made.answers[0]!.bytes).metadata();
    assert.deepEqual(
      { format, depth, width, height, channels },
      { format: 'tiff', depth: 'ushort', width: 300, height: 280, channels: 1 },
    );
  });

  it('end with a fault where one grows beyond its bytes', async () => {
    const image = await png(texture(300, 280), 300, 280);
    const asked = { spec: freeSpec(5, { input }), graph: convolution({ classes: 5, depth: 1 }), image, mask: { tile } };
    const limits = { imagePixelsMax: 1000, tiledBytesMax: 2000 };
    const plans = [
      plan('labels', { format: 'png' }),
      plan('labels', { format: 'tiff' }),
      plan('polygons', { format: 'json' }),
    ];
    for (const one of plans) {
      await assert.rejects(answered({ ...asked, job: { answers: [one] }, limits }), {
        code: 'image_too_large',
        message: /at most 2000 bytes/,
      });
    }
  });
});

type Raw = Awaited<ReturnType<typeof rawOf>>;

async function rawOf(bytes: Uint8Array) {
  const { data, info } = await sharp(bytes)
    .toColourspace('b-w')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels, data };
}

/** Without a list of all differences, which takes minutes to write. */
function assertSame(is: Raw, shall: Raw, what: string): void {
  const { data: one, ...size } = is;
  const { data: other, ...sizeThere } = shall;
  assert.deepEqual(size, sizeThere, what);
  assert.ok(one.equals(other), `${what}: other pixels`);
}

function json(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes).toString());
}

/** Equal but for the rounding of sums in another order. */
function assertNear(is: unknown, shall: unknown): void {
  if (typeof is === 'number' && typeof shall === 'number') {
    assert.ok(Math.abs(is - shall) <= 1e-9 * Math.max(1, Math.abs(shall)), `${is} is not ${shall}`);
  } else if (typeof is === 'object' && is !== null && typeof shall === 'object' && shall !== null) {
    assert.deepEqual(Object.keys(is), Object.keys(shall));
    for (const [key, value] of Object.entries(is)) assertNear(value, (shall as Record<string, unknown>)[key]);
  } else assert.equal(is, shall);
}
