import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answerFacts, StatsSchema } from '@segserve/contract';
import sharp from 'sharp';
import { Fault } from '../domain/fault.ts';
import { defaultLimits } from '../domain/limits.ts';
import { answersOf, type GraphVariant, type PictureSpec, type PreparedGraph } from '../domain/modelSpec.ts';
import type { Answer, AnswerPlan } from '../domain/request.ts';
import { TensorProto_DataType as Type } from '../graph/gen/onnx_pb.ts';
import { readHeader } from './header.ts';
import { type Job, type OpenModel, type Outcome, openModel, runBatch } from './pipeline.ts';
import { pixelsOf, plainPixels, plan, png, quarters, type Rgb } from './testing/pictures.ts';
import { echo, meanColor, redIsAlpha, strongestColor } from './testing/tinyGraph.ts';
import { tinySpec } from './testing/tinySpec.ts';

const limits = { ...defaultLimits, imageSideMax: 100_000 };
const red: Rgb = [255, 10, 10];
const blue: Rgb = [10, 10, 255];

function open(
  spec: PictureSpec,
  graph: PreparedGraph | ((variant: GraphVariant) => Promise<PreparedGraph>),
): Promise<OpenModel> {
  const prepare = typeof graph === 'function' ? graph : async () => graph;
  return openModel(spec, prepare, { threads: 1, limits });
}

async function job(
  image: Uint8Array,
  answers: AnswerPlan[] = [plan('labels')],
  changes: Partial<Job> = {},
): Promise<Job> {
  return { image, header: await readHeader(image, limits), answers, threshold: 0.5, ...changes };
}

async function outcomes(model: OpenModel, jobs: readonly Job[]): Promise<Outcome[]> {
  const settled: Outcome[][] = jobs.map(() => []);
  await runBatch(model, jobs, (index, outcome) => settled[index]!.push(outcome));
  assert.deepEqual(
    settled.map((list) => list.length),
    jobs.map(() => 1),
    'each job settles exactly once',
  );
  return settled.map(([outcome]) => outcome!);
}

async function results(model: OpenModel, jobs: readonly Job[]) {
  return (await outcomes(model, jobs)).map((outcome) => {
    if ('fault' in outcome) throw outcome.fault;
    return outcome.result;
  });
}

/** The first answer's first channel. */
async function values(result: { answers: readonly { bytes: Uint8Array }[] }): Promise<number[]> {
  const { data, channels } = await pixelsOf(result.answers[0]!.bytes);
  return [...data].filter((_, index) => index % channels === 0);
}

/** Undefined for answers that say no size, or that have tests of their own for it. */
async function sizeOf({ kind, format, bytes }: Answer): Promise<{ width: number; height: number } | undefined> {
  const text = Buffer.from(bytes).toString('latin1');
  if (kind === 'stats') return StatsSchema.parse(JSON.parse(text));
  if (format === 'npy') {
    const [, height, width] = /'shape': \((?:\d+, )?(\d+), (\d+)\)/.exec(text)!;
    return { width: Number(width), height: Number(height) };
  }
  return ['png', 'webp', 'avif', 'jpeg'].includes(format) ? sharp(bytes).metadata() : undefined;
}

describe('runBatch', () => {
  const sizes = [
    [1, 1],
    [2, 3],
    [1, 10_000],
    [10_000, 1],
    [641, 479],
  ] as const;
  for (const [width, height] of sizes) {
    it(`answers a ${width}×${height} picture at its own size, in every form`, async () => {
      const image = await png(quarters(width, height), width, height);
      for (const fit of ['stretch', 'letterbox'] as const) {
        const semantic = await open(tinySpec({ input: { fit } }), async (variant) =>
          variant === 'scores' ? meanColor({ rank: 'map', scale: 1 / 255 }) : strongestColor('N', variant === 'score'),
        );
        const matting = await open(tinySpec({ task: 'matting', input: { fit } }), redIsAlpha());
        const everything = answersOf(tinySpec()).flatMap((kind) =>
          answerFacts[kind].formats.map((format) =>
            plan(kind, { format, ...(kind === 'scores' ? { foreground: [1] } : {}) }),
          ),
        );
        for (const model of [semantic, matting]) {
          const refine = model === matting ? ('guided' as const) : ('none' as const);
          const [result] = await results(model, [await job(image, everything, { mask: { refine } })]);
          assert.deepEqual([result!.width, result!.height], [width, height]);
          for (const answer of result!.answers) {
            const made = await sizeOf(answer);
            if (made)
              assert.deepEqual([made.width, made.height], [width, height], `${answer.kind} as ${answer.format}`);
          }
          await model.close();
        }
      }
    });
  }

  it('finds the classes where they are in the picture', async () => {
    const [width, height] = [48, 32];
    const image = await png(quarters(width, height), width, height);
    for (const fit of ['stretch', 'letterbox'] as const) {
      const model = await open(tinySpec({ input: { fit } }), strongestColor());
      const [result] = await results(model, [await job(image)]);
      // red, green; blue, white: of equal scores the first wins
      const expected = Array.from({ length: width * height }, (_, index) => {
        const right = (index % width) * 2 >= width;
        return Math.floor(index / width) * 2 >= height ? (right ? 0 : 2) : right ? 1 : 0;
      });
      assert.deepEqual(await values(result!), expected);
      await model.close();
    }
  });

  it('gives the same mask whatever answers stand beside it', async () => {
    const model = await open(tinySpec(), async (variant) => strongestColor('N', variant === 'score'));
    const image = await png(quarters(45, 33), 45, 33);
    const alone = await results(model, [await job(image)]);
    const among = await results(model, [
      await job(image, [plan('labels'), plan('overlay'), plan('cutout'), plan('stats')]),
    ]);
    assert.deepEqual(among[0]!.answers[0]!.bytes, alone[0]!.answers[0]!.bytes);
    await model.close();
  });

  it('refines the mask once for all answers: alpha, class map and cut-out show the same edge', async () => {
    const model = await open(tinySpec({ task: 'matting', input: { kernel: 'linear' } }), redIsAlpha());
    const [width, height] = [96, 64];
    const image = await png(quarters(width, height), width, height);
    const answers = [plan('alpha'), plan('labels'), plan('cutout'), plan('tensor')];
    const [plain] = await results(model, [await job(image, answers)]);
    const [refined] = await results(model, [await job(image, answers, { mask: { refine: 'guided' } })]);
    const channel = async ({ bytes }: Answer, which: number) => {
      const { data, channels } = await pixelsOf(bytes);
      return [...data].filter((_, index) => index % channels === which);
    };
    const [alpha, labels, cutout, tensor] = refined!.answers as [Answer, Answer, Answer, Answer];
    const opacity = await channel(alpha, 0);
    assert.notDeepEqual(opacity, await channel(plain!.answers[0]!, 0));
    assert.deepEqual(
      await channel(labels, 0),
      opacity.map((value) => Number(value >= 127.5)),
    );
    assert.deepEqual(await channel(cutout, 3), opacity);
    const numbers = new Float32Array(Uint8Array.from(tensor.bytes.subarray(-4 * width * height)).buffer);
    assert.deepEqual(
      [...numbers].map((share) => Math.round(share * 255)),
      opacity,
    );
    await model.close();
  });

  it('fails one bad picture alone', async () => {
    const model = await open(tinySpec(), strongestColor());
    const good = await png(plainPixels(30, 30, blue), 30, 30);
    const noise = Buffer.from(Array.from({ length: 2700 }, (_, index) => (index * 7919) % 251));
    const whole = await png(noise, 30, 30);
    const bad = { ...(await job(whole, [plan('overlay')])), image: whole.subarray(0, whole.length / 2) };
    const [first, second, third] = await outcomes(model, [await job(good), bad, await job(good, [plan('cutout')])]);
    assert.ok('result' in first! && 'result' in third!);
    assert.ok('fault' in second! && second.fault.code === 'corrupt_image');
    assert.equal(first.result.batchSize, 2);
    await model.close();
  });

  it('runs pictures of one input size together, others apart', async () => {
    const spec = tinySpec({ input: { size: { rule: 'longSide', pixels: 32, multiple: 8, maxSide: 64 } } });
    const model = await open(spec, strongestColor());
    const wide = await png(plainPixels(64, 32, red), 64, 32);
    const square = await png(plainPixels(50, 50, blue), 50, 50);
    const made = await results(model, [await job(wide), await job(square), await job(wide)]);
    assert.deepEqual(
      made.map(({ batchSize }) => batchSize),
      [2, 1, 2],
    );
    assert.deepEqual(await values(made[1]!), Array(2500).fill(2));
    await model.close();
  });

  it('runs pictures one by one on a CPU unless the manifest says otherwise', async () => {
    const model = await open(tinySpec({ batching: {} }), strongestColor());
    const image = await png(plainPixels(30, 30, blue), 30, 30);
    const made = await results(model, [await job(image), await job(image)]);
    assert.deepEqual(
      made.map(({ batchSize }) => batchSize),
      [1, 1],
    );
    await model.close();
  });

  it('fills a graph of a fixed number of pictures as often as is needed', async () => {
    const model = await open(tinySpec(), strongestColor(2));
    const colors: Rgb[] = [red, [0, 255, 0], blue, red, blue];
    const jobs = await Promise.all(colors.map(async (color) => job(await png(plainPixels(5, 5, color), 5, 5))));
    const made = await results(model, jobs);
    assert.deepEqual(
      made.map(({ batchSize }) => batchSize),
      [2, 2, 2, 2, 1],
    );
    const classes = await Promise.all(made.map(async (result) => (await values(result))[0]));
    assert.deepEqual(classes, [0, 1, 2, 0, 2]);
    await model.close();
  });

  it('gives the same labels from a plain graph, of float32 and of float16', async () => {
    const image = await png(quarters(40, 28), 40, 28);
    const fused = await open(tinySpec(), strongestColor());
    const [expected] = await results(fused, [await job(image)]);
    for (const graph of [echo(), echo(Type.FLOAT16), echo(Type.FLOAT, 1)]) {
      const plain = await open(tinySpec(), graph);
      assert.equal(plain.fused, false);
      const [made] = await results(plain, [await job(image, [plan('labels'), plan('stats')])]);
      assert.deepEqual(made!.answers[0]!.bytes, expected!.answers[0]!.bytes);
      const stats = StatsSchema.parse(JSON.parse(Buffer.from(made!.answers[1]!.bytes).toString()));
      assert.deepEqual(
        stats.classes.map(({ score }) => score),
        [1, 1, 1],
      );
      await plain.close();
    }
    await fused.close();
  });

  it('gives the same opacity from a plain graph', async () => {
    const image = await png(quarters(40, 28), 40, 28);
    const made = [];
    for (const graph of [redIsAlpha(), echo()]) {
      const model = await open(tinySpec({ task: 'matting' }), graph);
      made.push((await results(model, [await job(image, [plan('alpha')])]))[0]!.answers[0]!.bytes);
      await model.close();
    }
    assert.deepEqual(made[0], made[1]);
  });

  it('feeds a graph that resizes with whole pictures, one at a time', async () => {
    for (const fit of ['stretch', 'letterbox'] as const) {
      const model = await open(tinySpec({ input: { resizeIn: 'graph', fit } }), strongestColor());
      const image = await png(quarters(64, 20), 64, 20);
      const made = await results(model, [await job(image), await job(image)]);
      assert.deepEqual(
        made.map(({ batchSize }) => batchSize),
        [1, 1],
      );
      const labels = await values(made[0]!);
      assert.deepEqual([labels[0], labels[63], labels[19 * 64]], [0, 1, 2], `${fit}: corners`);
      assert.equal(labels.length, 64 * 20);
      await model.close();
    }
  });

  it('opens the graph with scores once, when statistics are first asked for', async () => {
    const prepared: GraphVariant[] = [];
    const model = await open(tinySpec(), async (variant) => {
      prepared.push(variant);
      return strongestColor('N', variant === 'score');
    });
    const image = await png(plainPixels(9, 9, [102, 0, 0]), 9, 9);
    await results(model, [await job(image)]);
    assert.deepEqual(prepared, ['answer']);
    const both = [
      results(model, [await job(image, [plan('stats')])]),
      results(model, [await job(image, [plan('stats')])]),
    ];
    const [[made]] = (await Promise.all(both)) as [Awaited<(typeof both)[0]>, unknown];
    assert.deepEqual(prepared, ['answer', 'score']);
    const { classes } = StatsSchema.parse(JSON.parse(Buffer.from(made!.answers[0]!.bytes).toString()));
    assert.deepEqual(
      classes.map(({ label, score }) => [label, score]),
      [['red', 0.4]],
    );
    await model.close();
  });

  it('tries the graph with scores again after it could not be opened', async () => {
    let tries = 0;
    const model = await open(tinySpec(), async (variant) => {
      if (variant === 'score' && ++tries === 1) throw new Fault('model_invalid', 'No luck.');
      return strongestColor('N', variant === 'score');
    });
    const stats = await job(await png(plainPixels(9, 9, red), 9, 9), [plan('stats')]);
    const [first] = await outcomes(model, [stats]);
    assert.ok('fault' in first! && first.fault.message === 'No luck.');
    await results(model, [stats]);
    await model.close();
  });

  it('leaves out what a caller has left', async () => {
    const model = await open(tinySpec(), strongestColor());
    const image = await png(plainPixels(30, 30, red), 30, 30);
    const late = new Fault('deadline_exceeded', 'Too late.');
    const [gone, expired, stays] = await outcomes(model, [
      await job(image, [plan('labels')], { signal: AbortSignal.abort() }),
      await job(image, [plan('labels')], { signal: AbortSignal.abort(late) }),
      await job(image),
    ]);
    assert.ok('fault' in gone! && gone.fault.code === 'cancelled');
    assert.ok('fault' in expired! && expired.fault === late);
    assert.ok('result' in stays! && stays.result.batchSize === 1);
    await model.close();
  });

  it('stops at the next stage when the caller leaves while the picture is decoded', async () => {
    const model = await open(tinySpec(), strongestColor());
    const leaving = new AbortController();
    const running = outcomes(model, [
      await job(await png(plainPixels(900, 900, red), 900, 900), [plan('labels')], { signal: leaving.signal }),
    ]);
    leaving.abort();
    const [outcome] = await running;
    assert.ok('fault' in outcome! && outcome.fault.code === 'cancelled');
    await model.close();
  });

  it('makes a run that fails every job’s fault, and answers the next batch', async () => {
    const spec = tinySpec({ input: { size: { rule: 'free', multiple: 1, maxSide: 64 } } });
    const model = await open(spec, redIsAlpha()); // gives opacity where labels are needed
    const [first, second] = await outcomes(model, [
      await job(await png(plainPixels(4, 4, red), 4, 4)),
      await job(await png(plainPixels(6, 4, red), 6, 4)),
    ]);
    assert.ok('fault' in first! && first.fault.code === 'model_invalid');
    assert.ok('fault' in second! && second.fault.code === 'model_invalid');
    await model.close();
  });

  it('answers batches that overlap as if each were alone', async () => {
    const model = await open(tinySpec(), async (variant) => strongestColor('N', variant === 'score'));
    const batches = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => {
        const color: Rgb = index % 2 ? red : blue;
        const one = await job(await png(plainPixels(200 + index, 150, color), 200 + index, 150), [
          plan('labels'),
          plan('overlay'),
          plan('stats'),
        ]);
        return results(model, [one, one, one]);
      }),
    );
    for (const [index, made] of batches.entries()) {
      for (const result of made) assert.ok((await values(result)).every((value) => value === (index % 2 ? 0 : 2)));
    }
    await model.close();
  });

  it('uses the request’s threshold for a matting model’s classes', async () => {
    const model = await open(tinySpec({ task: 'matting' }), redIsAlpha());
    const image = await png(plainPixels(8, 8, [128, 0, 0]), 8, 8);
    for (const [threshold, expected] of [
      [0.5, 1],
      [0.51, 0],
    ] as const) {
      const [made] = await results(model, [await job(image, [plan('labels')], { threshold })]);
      assert.ok(
        (await values(made!)).every((value) => value === expected),
        String(threshold),
      );
    }
    await model.close();
  });

  it('says how long each stage took', async () => {
    const model = await open(tinySpec(), strongestColor());
    await model.warmUp();
    const [made] = await results(model, [await job(await png(quarters(300, 200), 300, 200), [plan('overlay')])]);
    const { queue, ...stages } = made!.timings;
    assert.equal(queue, 0);
    for (const [stage, ms] of Object.entries(stages)) assert.ok(ms > 0, stage);
    await model.close();
  });
});
