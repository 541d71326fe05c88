import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { Fault } from '../../domain/fault.ts';
import { defaultLimits } from '../../domain/limits.ts';
import type { PromptPlan } from '../../domain/promptPlan.ts';
import { readHeader } from '../header.ts';
import {
  clickAt,
  firstPlane,
  instancesOf,
  jobFor,
  openClicking,
  promptPlan,
  segmented,
  twoSquares,
  twoSquaresPng,
} from '../testing/clicking.ts';
import { png } from '../testing/pictures.ts';
import type { PromptableGraphs } from '../testing/promptableGraphs.ts';

const image = await twoSquaresPng();
const { width, height } = twoSquares;
const onRed = { points: [clickAt(50, 50)] };
const red = { left: 20, top: 20, right: 80, bottom: 80 };
const blue = { left: 120, top: 30, right: 180, bottom: 100 };
type Box = typeof red;

/** Of the pixels well inside of the box, and well outside of it, which share is 1: a place of the mask is 6 pixels here. */
function shares(labels: Uint8Array, box: Box): readonly [inside: number, outside: number] {
  const margin = 7;
  const counts = { inside: 0, insideAll: 0, outside: 0, outsideAll: 0 };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const reach = Math.min(x - box.left, box.right - 1 - x, y - box.top, box.bottom - 1 - y);
      const where = reach >= margin ? 'inside' : reach <= -margin ? 'outside' : undefined;
      if (!where) continue;
      counts[`${where}All`] += 1;
      counts[where] += labels[y * width + x]!;
    }
  }
  return [counts.inside / counts.insideAll, counts.outside / counts.outsideAll];
}

async function labelsOf(graphs: PromptableGraphs, prompts: Partial<PromptPlan>, changes = {}): Promise<Uint8Array> {
  const model = await openClicking(graphs, changes);
  try {
    return await firstPlane(await segmented(model, await jobFor(image, promptPlan(prompts))));
  } finally {
    await model.close();
  }
}

const families = [
  ['sam', {}],
  ['sam2', { output: { family: 'sam2' } }],
  ['efficientsam', { output: { family: 'efficientsam' } }],
  ['optimum', { output: { family: 'sam' } }],
] as const;

for (const [names, changes] of families) {
  test(`a click on the red square gives the red square (${names})`, async () => {
    const labels = await labelsOf({ names }, { things: [onRed] }, changes);
    assert.deepEqual(shares(labels, red), [1, 0]);
  });
}

test('a picture that is stretched to the input is clicked in its own pixels', async () => {
  const stretched = { input: { fit: 'stretch', align: 'center' } } as const;
  assert.deepEqual(shares(await labelsOf({}, { things: [onRed] }, stretched), red), [1, 0]);
  const middled = { input: { align: 'center' } } as const;
  assert.deepEqual(shares(await labelsOf({}, { things: [{ points: [clickAt(150, 60)] }] }, middled), blue), [1, 0]);
});

test('a click that belongs not to the thing takes its like away', async () => {
  const everythingElse = { points: [clickAt(5, 5), clickAt(50, 50), clickAt(150, 60, 0)] };
  const labels = await labelsOf({}, { things: [everythingElse] });
  assert.equal(labels[50 * width + 50], 1);
  assert.equal(labels[60 * width + 150], 0);
  const none = await labelsOf({}, { things: [{ points: [clickAt(50, 50), clickAt(50, 50, 0)] }] });
  assert.ok(none.every((label) => label === 0));
});

test('several boxes are several things, in runs of as many as the graph takes, numbered as the boxes are', async () => {
  const boxes = [
    { x0: 115, y0: 25, x1: 185, y1: 105 },
    { x0: 15, y0: 15, x1: 85, y1: 85 },
    { x0: 40, y0: 40, x1: 60, y1: 60 },
  ];
  const things = boxes.map((box) => ({ points: [], box }));
  const found: string[] = [];
  for (const count of [1, 2, 'N'] as const) {
    const model = await openClicking({ things: count });
    const result = await segmented(model, await jobFor(image, promptPlan({ things }), ['instances', 'labels']));
    const instances = instancesOf(result);
    found.push(JSON.stringify(instances));
    assert.deepEqual(instances.map(({ id }) => id).toSorted(), [1, 2, 3]);
    const [first, second, third] = [1, 2, 3].map((id) => instances.find((one) => one.id === id)!);
    assert.ok(Math.abs(first!.centroid.x - 150) < 4 && Math.abs(second!.centroid.x - 50) < 4);
    assert.ok(third!.area < second!.area / 4, 'a box cuts off what is outside');
    const labels = await firstPlane({ answers: result.answers.slice(1) });
    assert.deepEqual([labels[50 * width + 50], labels[60 * width + 150], labels[60 * width + 100]], [1, 1, 0]);
    await model.close();
  }
  assert.equal(new Set(found).size, 1, 'however many share a run');
});

test('all candidates come as instances with the IoU that the model predicts; without multimask the best of them', async () => {
  const candidates = [
    [0, 0.6],
    [3, 0.95],
    [-2, 0.7],
  ] as const;
  const model = await openClicking({ candidates });
  const many = await segmented(
    model,
    await jobFor(image, promptPlan({ things: [onRed], multimask: true }), ['instances']),
  );
  assert.deepEqual(
    instancesOf(many).map(({ score }) => Number(score.toFixed(3))),
    [0.95, 0.7, 0.6],
  );
  assert.deepEqual(
    instancesOf(many).map(({ id }) => id),
    [1, 2, 3],
  );
  const one = await segmented(model, await jobFor(image, promptPlan({ things: [onRed] }), ['instances']));
  assert.deepEqual(instancesOf(one), instancesOf(many).slice(0, 1));
  const high = promptPlan({ things: [onRed], multimask: true, scoreThreshold: 0.65 });
  assert.equal(instancesOf(await segmented(model, await jobFor(image, high, ['instances']))).length, 2);
  await model.close();
});

test('boxes keep their numbers when others are left out, and at most so many stay', async () => {
  const model = await openClicking({ things: 'N' });
  const decode = model.decode.bind(model);
  model.decode = async (call) => {
    const decoded = await decode(call);
    return decoded.map((list, thing) => list.map((one) => ({ ...one, score: [0.2, 0.7, 0.9, 0.5][thing]! })));
  };
  const things = [20, 30, 40, 50].map((x0) => ({ points: [], box: { x0, y0: 20, x1: 80, y1: 80 } }));
  const ids = async (changes: Partial<PromptPlan>) => {
    const made = await segmented(model, await jobFor(image, promptPlan({ things, ...changes }), ['instances']));
    return instancesOf(made).map(({ id }) => id);
  };
  assert.deepEqual(await ids({}), [3, 2, 4, 1]);
  assert.deepEqual(await ids({ scoreThreshold: 0.5 }), [3, 2, 4]);
  assert.deepEqual(await ids({ maxInstances: 2 }), [3, 2]);
  await model.close();
});

test('a photo that was taken on its side is clicked as it is seen', async () => {
  const { data, info } = await sharp(image).rotate(270).raw().toBuffer({ resolveWithObject: true });
  const photo = await sharp(data, { raw: info }).withMetadata({ orientation: 6 }).png().toBuffer();
  const model = await openClicking();
  const result = await segmented(model, await jobFor(photo, promptPlan({ things: [onRed] })));
  assert.deepEqual([result.width, result.height], [width, height]);
  assert.deepEqual(shares(await firstPlane(result), red), [1, 0]);
  await model.close();
});

test('of SAM’s four candidates a lone click takes the best of the last three, and two clicks the first', async () => {
  const candidates = [
    [0, 0.99],
    [1, 0.7],
    [2, 0.8],
    [3, 0.6],
  ] as const;
  const model = await openClicking({ candidates });
  const scoreOf = async (thing: PromptPlan['things'][number], multimask = false) => {
    const job = await jobFor(image, promptPlan({ things: [thing], multimask }), ['instances']);
    return instancesOf(await segmented(model, job)).map(({ score }) => Number(score.toFixed(2)));
  };
  assert.deepEqual(await scoreOf(onRed), [0.8]);
  assert.deepEqual(await scoreOf({ points: [clickAt(50, 50), clickAt(60, 60)] }), [0.99]);
  assert.deepEqual(await scoreOf({ points: [], box: { x0: 10, y0: 10, x1: 90, y1: 90 } }), [0.8]);
  assert.deepEqual(await scoreOf(onRed, true), [0.8, 0.7, 0.6]);
  await model.close();
});

test('a mask to start from adds to what the clicks say, and so do the steps before', async () => {
  const black = new Uint8Array(width * height * 3);
  for (let y = 30; y < 100; y++) black.fill(255, (y * width + 120) * 3, (y * width + 180) * 3);
  const mask = await png(black, width, height);
  const start = { image: mask, header: await readHeader(mask, defaultLimits) };
  const model = await openClicking({ candidates: [[0, 0.9]] });
  const alphaOf = async (changes: Partial<PromptPlan>) =>
    firstPlane(await segmented(model, await jobFor(image, promptPlan({ things: [onRed], ...changes }), ['alpha'])));
  const [without, withMask, withStep] = [
    await alphaOf({}),
    await alphaOf({ start }),
    await alphaOf({ previous: [{ points: [clickAt(150, 60)] }] }),
  ];
  const [inRed, inBlue] = [50 * width + 50, 60 * width + 150];
  // Red is 0.1 × 40 = 4 by the click; black adds a half and takes a quarter of 10 away.
  assert.equal(without[inRed], Math.round(255 / (1 + Math.exp(-4))));
  assert.ok(Math.abs(withMask[inRed]! - 255 / (1 + Math.exp(-2))) <= 1, `${withMask[inRed]}`);
  assert.ok(withMask[inBlue]! >= without[inBlue]!);
  assert.ok(withStep[inRed]! < without[inRed]!, 'a step at the blue square speaks against the red one');
  await model.close();
  const pairs = await openClicking({ things: 2 });
  const job = await jobFor(image, promptPlan({ things: [onRed], start }), ['alpha']);
  assert.deepEqual(await firstPlane(await segmented(pairs, job)), withMask, 'where a run has places left over');
  await pairs.close();
});

test('everything finds each square once, and the background', async () => {
  const model = await openClicking({ things: 'N' });
  const everything = {
    pointsPerSide: 8,
    predIouThreshold: 0.5,
    stabilityThreshold: 0.5,
    nmsThreshold: 0.7,
    minArea: 500,
  };
  const found = await segmented(model, await jobFor(image, promptPlan({ everything }), ['instances']));
  const near = (x: number, y: number) =>
    instancesOf(found).filter(({ centroid }) => Math.hypot(centroid.x - x, centroid.y - y) < 4).length;
  assert.deepEqual([near(50, 50), near(150, 65), instancesOf(found).length], [1, 1, 3]);
  const few = promptPlan({ everything, maxInstances: 1 });
  assert.equal(instancesOf(await segmented(model, await jobFor(image, few, ['instances']))).length, 1);
  const strict = promptPlan({ everything: { ...everything, predIouThreshold: 0.95 } });
  assert.deepEqual(instancesOf(await segmented(model, await jobFor(image, strict, ['instances']))), []);
  const large = promptPlan({ everything: { ...everything, minArea: 8000 } });
  assert.equal(instancesOf(await segmented(model, await jobFor(image, large, ['instances']))).length, 1);
  await model.close();
});

test('things look the same alone and among everything', async () => {
  const model = await openClicking({ things: 'N' });
  const everything = { pointsPerSide: 8, predIouThreshold: 0, stabilityThreshold: 0, nmsThreshold: 0.7, minArea: 0 };
  const all = instancesOf(await segmented(model, await jobFor(image, promptPlan({ everything }), ['instances'])));
  const alone = instancesOf(
    await segmented(
      model,
      await jobFor(image, promptPlan({ things: [{ points: [clickAt(37.5, 52.5)] }] }), ['instances']),
    ),
  );
  const same = all.filter(({ segmentation }) => segmentation.counts === alone[0]!.segmentation.counts);
  assert.equal(same.length, 1);
  await model.close();
});

test('numbers that are none are the model’s fault, and end this request alone', async () => {
  const model = await openClicking({ factor: Number.NaN });
  const job = await jobFor(image, promptPlan({ things: [onRed] }));
  await assert.rejects(segmented(model, job), (error: unknown) => {
    assert.ok(error instanceof Fault && error.code === 'model_invalid' && /received NaN/.test(error.message));
    return true;
  });
  await model.close();
});

test('a caller who has left stops a grid between two runs', async () => {
  const model = await openClicking();
  const everything = { pointsPerSide: 64, predIouThreshold: 0, stabilityThreshold: 0, nmsThreshold: 0.7, minArea: 0 };
  const leaving = new AbortController();
  const job = await jobFor(image, promptPlan({ everything }), ['instances'], { signal: leaving.signal });
  let runs = 0;
  const decode = model.decode.bind(model);
  model.decode = (call) => {
    runs += 1;
    if (runs === 3) leaving.abort();
    return decode(call);
  };
  await assert.rejects(segmented(model, job), (error: unknown) => error instanceof Fault && error.code === 'cancelled');
  assert.equal(runs, 3);
  await model.close();
});

test('a picture is encoded once for all its clicks', async () => {
  const model = await openClicking();
  let encoded = 0;
  const encode = model.encode.bind(model);
  model.encode = (pixels, input) => {
    encoded += 1;
    return encode(pixels, input);
  };
  const use = async (digest: string) =>
    (await segmented(model, await jobFor(image, promptPlan({ digest, things: [onRed] })))).embedding;
  assert.deepEqual(await Promise.all([use('a'), use('a')]).then((both) => both.map((one) => one?.outcome)), [
    'miss',
    'hit',
  ]);
  assert.equal((await use('a'))?.outcome, 'hit');
  assert.deepEqual(await use('b'), { outcome: 'miss', entries: 2, bytes: 2 * 3 * 32 * 32 * 4, evictions: 0 });
  assert.equal(encoded, 2);
  await model.close();
  assert.equal(model.embeddings.standing.bytes, 0, 'nothing stays of a model that is closed');
});
