import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerKinds } from '@segserve/contract';
import { defaultLimits } from '../../domain/limits.ts';
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
import { plan } from '../testing/pictures.ts';

const image = await twoSquaresPng();
const { width, height } = twoSquares;
const onRed = { points: [clickAt(50, 50)] };

test('every answer can be had, of one thing, of several, of all', async () => {
  const model = await openClicking({ things: 'N' });
  const kinds = answerKinds.filter((kind) => kind !== 'topk' && kind !== 'panoptic');
  const everything = { pointsPerSide: 4, predIouThreshold: 0, stabilityThreshold: 0, nmsThreshold: 0.7, minArea: 0 };
  const box = { x0: 10, y0: 10, x1: 90, y1: 90 };
  const asked = [{ things: [onRed] }, { things: [onRed, { points: [], box }].slice(1) }, { everything }];
  for (const changes of asked) {
    const { answers } = await segmented(model, await jobFor(image, promptPlan(changes), kinds));
    assert.deepEqual(
      answers.map(({ kind }) => kind),
      kinds,
    );
    assert.ok(answers.every(({ bytes }) => bytes.length > 20));
  }
  await model.close();
});

test('class map, opacity and instance agree in every pixel', async () => {
  const model = await openClicking();
  const job = await jobFor(image, promptPlan({ things: [onRed] }), ['labels', 'alpha', 'instances']);
  const { answers } = await segmented(model, job);
  const labels = await firstPlane({ answers });
  const alpha = await firstPlane({ answers: answers.slice(1) });
  for (const [at, label] of labels.entries()) assert.equal(label, alpha[at]! >= 127.5 ? 1 : 0);
  assert.equal(
    instancesOf({ answers }, 2)[0]!.area,
    labels.reduce((sum, label) => sum + label, 0),
  );
  await model.close();
});

test('edges are soft where one mask is shown for each thing, and those of the masks among candidates and everything', async () => {
  const model = await openClicking({
    candidates: [
      [0, 0.9],
      [1, 0.8],
    ],
  });
  const everything = { pointsPerSide: 2, predIouThreshold: 0, stabilityThreshold: 0, nmsThreshold: 0.7, minArea: 0 };
  const soft = async (changes: Parameters<typeof promptPlan>[0]) => {
    const made = await firstPlane(await segmented(model, await jobFor(image, promptPlan(changes), ['alpha'])));
    return made.some((opacity) => opacity > 0 && opacity < 255);
  };
  assert.deepEqual(
    [await soft({ things: [onRed] }), await soft({ things: [onRed], multimask: true }), await soft({ everything })],
    [true, false, false],
  );
  await model.close();
});

test('what is too small for an answer is gone from its opacity too', async () => {
  const model = await openClicking();
  const of = async (minArea: number) => {
    const job = await jobFor(image, promptPlan({ things: [onRed] }));
    const { answers } = await segmented(model, {
      ...job,
      answers: [plan('alpha', { minArea }), plan('labels', { minArea })],
    });
    const planes = [await firstPlane({ answers }), await firstPlane({ answers: answers.slice(1) })];
    return planes.map((data) => data[50 * width + 50]! > 0);
  };
  assert.deepEqual(await of(100), [true, true]);
  assert.deepEqual(await of(10_000), [false, false]);
  await model.close();
});

test('answers have the size that is asked for, or the masks’ own', async () => {
  const model = await openClicking();
  const made = async (size: { width: number; height: number } | 'model') => {
    const job = await jobFor(image, promptPlan({ things: [onRed] }), ['labels'], { mask: { refine: 'none', size } });
    const result = await segmented(model, job);
    return [result.width, result.height, (await firstPlane(result)).length];
  };
  assert.deepEqual(await made({ width: 50, height: 40 }), [50, 40, 2000]);
  assert.deepEqual(await made('model'), [32, 19, 32 * 19]);
  await model.close();
});

test('a part of the picture is looked at as if the rest had been cut off, and stands in its place where that is asked for', async () => {
  const model = await openClicking();
  const whole = await readHeader(image, defaultLimits);
  const part = { x: 100, y: 20, width: 90, height: 90 };
  const header = { ...whole, part, width: part.width, height: part.height };
  const prompts = promptPlan({ things: [{ points: [clickAt(50, 40)] }] });
  const cut = await segmented(model, await jobFor(image, prompts, ['labels', 'instances'], { header }));
  assert.deepEqual([cut.width, cut.height], [90, 90]);
  const placed = await segmented(
    model,
    await jobFor(image, prompts, ['labels', 'instances'], { header, mask: { refine: 'none', inPlace: true } }),
  );
  assert.deepEqual([placed.width, placed.height], [width, height]);
  const [small, large] = [await firstPlane(cut), await firstPlane(placed)];
  for (const [at, label] of large.entries()) {
    const [x, y] = [(at % width) - part.x, Math.floor(at / width) - part.y];
    const inside = x >= 0 && y >= 0 && x < part.width && y < part.height;
    assert.equal(label, inside ? small[y * part.width + x] : 0);
  }
  assert.equal(
    (await segmented(model, await jobFor(image, promptPlan({ things: [onRed] })))).embedding?.outcome,
    'miss',
  );
  const [before, after] = [instancesOf(cut, 1)[0]!, instancesOf(placed, 1)[0]!];
  assert.deepEqual([after.box.x, after.box.y, after.area], [before.box.x + 100, before.box.y + 20, before.area]);
  assert.equal(after.centroid.x, before.centroid.x + 100);
  await model.close();
});

test('edges of one thing follow the photo where that is asked for', async () => {
  const model = await openClicking();
  const prompts = promptPlan({ things: [onRed] });
  const plain = await jobFor(image, prompts, ['labels', 'instances']);
  const count = (labels: Uint8Array) => labels.reduce((sum, label) => sum + label, 0);
  const rough = count(await firstPlane(await segmented(model, plain)));
  const result = await segmented(model, { ...plain, mask: { refine: 'guided' } });
  const fine = count(await firstPlane(result));
  assert.ok(Math.abs(fine - 3600) < Math.abs(rough - 3600), `${rough} without, ${fine} with, 3600 are right`);
  assert.equal(instancesOf(result, 1)[0]!.area, fine);
  await model.close();
});
