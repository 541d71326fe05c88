import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type TopClasses, TopClassesSchema } from '@segserve/contract';
import sharp from 'sharp';
import { place } from '../domain/geometry.ts';
import { defaultLimits } from '../domain/limits.ts';
import type { PictureSpec, PreparedGraph } from '../domain/modelSpec.ts';
import { decodeToInput } from './decode.ts';
import { readHeader } from './header.ts';
import { type Job, type Outcome, openModel, runBatch } from './pipeline.ts';
import { plainPixels, plan, png, quarters, randomFrom, rgb } from './testing/pictures.ts';
import { meanColor } from './testing/tinyGraph.ts';
import { colorNames, tinySpec } from './testing/tinySpec.ts';

const limits = { ...defaultLimits, imageSideMax: 100_000 };
type Changes = NonNullable<Parameters<typeof tinySpec>[0]>;
const input = { size: { rule: 'fixed', width: 8, height: 8 }, scale: 1 / 64 } as const;

function classifier(changes: Changes = {}): PictureSpec {
  const { output, ...rest } = changes;
  return tinySpec({
    task: 'classification',
    ...rest,
    input: { ...input, ...rest.input },
    output: { kind: 'logits', ...output },
  });
}

async function job(image: Uint8Array, topK = 5): Promise<Job> {
  return { image, header: await readHeader(image, limits), answers: [plan('topk', { topK })], threshold: 0.5 };
}

async function outcomes(spec: PictureSpec, graph: PreparedGraph, jobs: readonly Job[]): Promise<Outcome[]> {
  const model = await openModel(spec, async () => graph, { threads: 1, limits });
  await model.warmUp();
  const made: Outcome[] = [];
  await runBatch(model, jobs, (index, outcome) => {
    made[index] = outcome;
  });
  await model.close();
  return made;
}

function topOf(outcome: Outcome | undefined): TopClasses['classes'] {
  assert.ok(outcome && 'result' in outcome, JSON.stringify(outcome));
  return TopClassesSchema.parse(JSON.parse(Buffer.from(outcome.result.answers[0]!.bytes).toString())).classes;
}

/** What the tiny model and a softmax make of a picture of one colour. */
function expected(color: readonly number[], kind: 'logits' | 'probabilities'): TopClasses['classes'] {
  const scores = color.map((value) => Math.fround(value / 64));
  const sum = scores.reduce((all, value) => all + Math.exp(value), 0);
  const made = scores.map((value, id) => ({
    id,
    label: colorNames[id]!,
    score: kind === 'logits' ? Math.exp(value) / sum : value,
  }));
  return made.sort((a, b) => b.score - a.score || a.id - b.id);
}

describe('a classification model', () => {
  for (const form of ['front', 'plain'] as const) {
    for (const rank of [2, 4] as const) {
      it(`gives the best classes of its scores, best first (${form}, ${rank} dimensions)`, async () => {
        for (const kind of ['logits', 'probabilities'] as const) {
          const graph = meanColor({ form, rank, scale: input.scale });
          const colors = [
            [10, 200, 100],
            [64, 64, 64], // equals: the first comes first
            [255, 0, 3],
          ] as const;
          const jobs = await Promise.all(colors.map(async (color) => job(await png(plainPixels(20, 9, color), 20, 9))));
          const made = await outcomes(classifier({ output: { kind } }), graph, jobs);
          for (const [at, color] of colors.entries()) {
            const [found, wanted] = [topOf(made[at]), expected(color, kind)];
            assert.deepEqual(
              found.map(({ id, label }) => ({ id, label })),
              wanted.map(({ id, label }) => ({ id, label })),
            );
            for (const [rankOf, { score }] of found.entries()) {
              assert.ok(Math.abs(score - wanted[rankOf]!.score) < 1e-5, `${score}, expected ${wanted[rankOf]!.score}`);
            }
            const outcome = made[at]!;
            assert.ok('result' in outcome);
            assert.deepEqual([outcome.result.width, outcome.result.height, outcome.result.batchSize], [20, 9, 3]);
          }
        }
      });
    }
  }

  it('makes probabilities of scores of any height', async () => {
    const [made] = await outcomes(classifier(), meanColor({ scale: 100 }), [
      await job(await png(plainPixels(4, 4, [200, 255, 3]), 4, 4)),
    ]);
    assert.deepEqual(topOf(made), [
      { id: 1, label: 'green', score: 1 },
      { id: 0, label: 'red', score: 0 },
      { id: 2, label: 'blue', score: 0 },
    ]);
  });

  it('gives as many classes as are asked for and as there are', async () => {
    const image = await png(plainPixels(4, 4, [1, 2, 3]), 4, 4);
    const jobs = await Promise.all([1, 2, 1000].map((topK) => job(image, topK)));
    const made = await outcomes(classifier(), meanColor({}), jobs);
    assert.deepEqual(
      made.map((one) => topOf(one).length),
      [1, 2, 3],
    );
  });

  it('says which number of scores it expected where its labels are another number', async () => {
    const spec = { ...classifier(), labels: ['one', 'two'] };
    const [made] = await outcomes(spec, meanColor({}), [await job(await png(plainPixels(4, 4, [1, 2, 3]), 4, 4))]);
    assert.ok(made && 'fault' in made);
    assert.equal(made.fault.code, 'model_invalid');
    assert.match(made.fault.message, /a score for each of the 2 labels of tiny:1 but received 3 scores/);
  });

  it('refuses scores that belong to places', async () => {
    const graph = meanColor({ rank: 'map' });
    const spec = classifier();
    await assert.rejects(outcomes(spec, graph, []), { code: 'model_invalid', message: /\[1, classes\] scores/ });
  });
});

describe('fit: crop', () => {
  const random = randomFrom(4);

  for (const [width, height, share, side] of [
    [100, 60, 0.875, 28],
    [61, 97, 0.875, 28],
    [40, 40, 1, 40],
    [30, 300, 0.5, 10],
    [12, 9, 0.8, 20],
  ] as const) {
    it(`is the middle of the picture whose short side is the input’s ÷ ${share} (${width}×${height} to ${side})`, async () => {
      const pixels = Buffer.from(Array.from({ length: width * height * 3 }, () => random() * 256));
      const image = await png(pixels, width, height);
      const rule = { size: { rule: 'fixed', width: side, height: side }, fit: 'crop', cropShare: share } as const;
      const header = await readHeader(image, limits);
      const made = await decodeToInput(image, header, place(header, rule), {
        ...{ fit: 'crop', kernel: 'linear', pad: [0, 0, 0], resizeIn: 'pipeline' },
      });
      const short = Math.round(side / share);
      const [w, h] =
        width < height ? [short, Math.round((height * short) / width)] : [Math.round((width * short) / height), short];
      const whole = await rgb(pixels, width, height).resize(w, h, { fit: 'fill', kernel: 'linear' }).raw().toBuffer();
      const [left, top] = [Math.round((w - side) / 2), Math.round((h - side) / 2)];
      const reference = await rgb(whole, w, h).extract({ left, top, width: side, height: side }).raw().toBuffer();
      assert.deepEqual(Buffer.from(made), reference);
    });
  }

  it('sees the middle of a picture as long as a picture may be', async () => {
    for (const [width, height] of [
      [1, 65_535],
      [65_535, 1],
      [3, 50_000],
      [2, 65_535],
    ] as const) {
      // The quarters' colours meet in the middle of the input too.
      const image = await png(quarters(width, height), width, height);
      const rule = { size: { rule: 'fixed', width: 224, height: 224 }, fit: 'crop', cropShare: 0.875 } as const;
      const header = await readHeader(image, limits);
      const made = await decodeToInput(image, header, place(header, rule), {
        ...{ fit: 'crop', kernel: 'nearest', pad: [0, 0, 0], resizeIn: 'pipeline' },
      });
      assert.equal(made.length, 224 * 224 * 3);
      const own = await sharp(image).raw().toBuffer();
      const at = (x: number, y: number) => [...made.subarray((y * 224 + x) * 3, (y * 224 + x) * 3 + 3)];
      const source = (x: number, y: number) => {
        const scale = 256 / Math.min(width, height);
        const [u, v] = [width / 2 + (x - 112) / scale, height / 2 + (y - 112) / scale].map(Math.floor) as [
          number,
          number,
        ];
        return [...own.subarray((v * width + u) * 3, (v * width + u) * 3 + 3)];
      };
      for (const [x, y] of [
        [3, 3],
        [220, 220],
        [3, 220],
        [220, 3],
      ] as const) {
        assert.deepEqual(at(x, y), source(x, y), `${width}×${height} at ${x},${y}`);
      }
    }
  });

  it('turns the picture upright first', async () => {
    const stored = await rgb(quarters(60, 30), 60, 30).withMetadata({ orientation: 6 }).png().toBuffer();
    const upright = await sharp(stored).autoOrient().png().toBuffer();
    const rule = { size: { rule: 'fixed', width: 16, height: 16 }, fit: 'crop', cropShare: 0.8 } as const;
    const how = { fit: 'crop', kernel: 'nearest', pad: [0, 0, 0], resizeIn: 'pipeline' } as const;
    const [a, b] = await Promise.all(
      [stored, upright].map(async (image) => {
        const header = await readHeader(image, limits);
        return decodeToInput(image, header, place(header, rule), { ...how, pad: [0, 0, 0] });
      }),
    );
    assert.deepEqual(a, b);
  });
});
