import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Prompts, promptPointsMax } from '@segserve/contract';
import sharp from 'sharp';
import { Fault } from '../domain/fault.ts';
import { defaultLimits } from '../domain/limits.ts';
import type { SegmentRequest } from '../domain/request.ts';
import { promptableSpec } from '../pipeline/testing/promptableGraphs.ts';
import { pngHeader, specNamed } from './engine.testSupport.ts';
import { planPicture } from './planPicture.ts';

const spec = promptableSpec();
const image = pngHeader(200, 120);
const click = { x: 50, y: 50, label: 1 } as const;
const box = { x0: 10, y0: 10, x1: 90, y1: 90 };

function planOf(prompts: Partial<Prompts> | undefined, more: Partial<SegmentRequest> = {}) {
  const asked = prompts && { prompts: { multimask: false, ...prompts } };
  return planPicture(spec, { model: 'click', image, answers: [{ kind: 'labels' }], ...asked, ...more }, defaultLimits);
}

function refused(pattern: RegExp, code = 'invalid_request') {
  return (error: unknown) => {
    assert.ok(error instanceof Fault, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, pattern);
    return true;
  };
}

const whiteMask = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#fff' } })
    .png()
    .toBuffer();

test('points and one box are one thing, several boxes are several', async () => {
  const one = await planOf({ points: [click], boxes: [box] });
  assert.deepEqual(one.work.prompts?.things, [{ points: [click], box }]);
  const two = await planOf({ boxes: [box, { ...box, x1: 50 }] });
  assert.equal(two.work.prompts?.things.length, 2);
});

test('requests about one picture share a key and a home, others do not', async () => {
  const keys = await Promise.all([
    planOf({ points: [click] }),
    planOf({ boxes: [box] }),
    planOf({ points: [click] }, { image: pngHeader(200, 121) }),
    planOf({ points: [click] }, { region: { x: 0, y: 0, width: 100, height: 100 } }),
  ]);
  const [a, b, other, part] = keys.map(({ batching }) => batching);
  assert.deepEqual([a!.key, a!.home], [b!.key, b!.home]);
  assert.notEqual(a!.home, other!.home);
  assert.equal(a!.home, part!.home, 'a part of a picture is best looked at where the whole was');
  assert.notEqual(a!.key, part!.key);
  assert.equal(
    (await planOf({ everything: true })).batching.maxSize,
    1,
    'a grid holds nobody up that is batched with it',
  );
});

test('everything keeps to the bounds of the package, unless the request names its own', async () => {
  const bounds = async (output: object, everything: Prompts['everything']) => {
    const own = promptableSpec({ output });
    const request = { model: 'click', image, answers: [{ kind: 'labels' }], prompts: { multimask: false, everything } };
    const { work } = await planPicture(own, request as SegmentRequest, defaultLimits);
    const { predIouThreshold, stabilityThreshold } = work.prompts!.everything!;
    return [predIouThreshold, stabilityThreshold];
  };
  assert.deepEqual(await bounds({}, true), [0.88, 0.95], 'those of SAM where nobody names any');
  const unsure = { everything: { predIouThreshold: 0.6 } };
  assert.deepEqual(await bounds(unsure, true), [0.6, 0.95]);
  assert.deepEqual(await bounds(unsure, { nmsThreshold: 0.5, minArea: 9 }), [0.6, 0.95]);
  assert.deepEqual(await bounds(unsure, { nmsThreshold: 0.5, minArea: 9, predIouThreshold: 0 }), [0, 0.95]);
});

test('prompts are told in pixels of the part that is looked at, and have to lie in it', async () => {
  const region = { x: 40, y: 30, width: 60, height: 60 };
  const { work } = await planOf(
    { points: [click], previous: [{ boxes: [{ x0: 40, y0: 30, x1: 100, y1: 90 }] }] },
    { region },
  );
  assert.deepEqual(work.prompts?.things, [{ points: [{ x: 10, y: 20, label: 1 }] }]);
  assert.deepEqual(work.prompts?.previous, [{ points: [], box: { x0: 0, y0: 0, x1: 60, y1: 60 } }]);
  await assert.rejects(
    planOf({ points: [{ ...click, x: 20 }] }, { region }),
    refused(/inside the region of 60×60 pixels at 40, 30 but received x 20, y 50/),
  );
});

const wrong: readonly (readonly [string, Partial<Prompts> | undefined, RegExp])[] = [
  ['no prompts at all', undefined, /prompts \(points, boxes or everything\) for click:1 but received none/],
  ['empty prompts', {}, /at least one point or box, or everything but received none/],
  [
    'a point outside',
    { points: [{ ...click, x: 200.5 }] },
    /points inside the picture of 200×120 pixels .* x 200\.5, y 50/,
  ],
  ['a point that is no number', { points: [{ ...click, y: Number.NaN }] }, /received x 50, y NaN/],
  ['a point at infinity', { points: [{ ...click, x: Number.POSITIVE_INFINITY }] }, /received x Infinity/],
  [
    'too many points',
    { points: new Array(10_000).fill(click) },
    new RegExp(`at most ${promptPointsMax} points .* 10000`),
  ],
  [
    'too many in all',
    { points: [click], previous: [{ points: new Array(1024).fill(click) }] },
    /at most 1024 points .* 1025/,
  ],
  ['too many boxes', { boxes: new Array(65).fill(box) }, /at most 64 boxes but received 65/],
  [
    'too many steps',
    { points: [click], previous: new Array(17).fill({ points: [click] }) },
    /at most 16 previous steps/,
  ],
  ['a box without area', { boxes: [{ ...box, x1: 10 }] }, /from the upper left corner .* 10, 10 to 10, 90/],
  ['a box without height', { boxes: [{ ...box, y0: 90 }] }, /10, 90 to 90, 90/],
  ['a box outside', { boxes: [{ ...box, y1: 121 }] }, /boxes inside the picture of 200×120 pixels/],
  [
    'points beside boxes',
    { points: [click], boxes: [box, box] },
    /several boxes.* without points .* 2 boxes and points/,
  ],
  ['candidates of boxes', { boxes: [box, box], multimask: true }, /2 boxes and multimask/],
  ['an empty step', { points: [click], previous: [{}] }, /a point or a box in every step/],
  ['a step of boxes', { points: [click], previous: [{ boxes: [box, box] }] }, /at most one box in previous\[0\]/],
  [
    'everything and a point',
    { everything: true, points: [click] },
    /everything without other prompts .* everything and points/,
  ],
  ['everything as candidates', { everything: true, multimask: true }, /everything and multimask/],
  ['a wrong grid', { everything: { pointsPerSide: 65 } as never }, /everything\.pointsPerSide: /],
  ['a wrong label', { points: [{ ...click, label: 2 as never }] }, /label 1 .*label 2/],
  ['a mask that is none', { points: [click], mask: '' }, /a picture in base64 as mask for click:1 but received none/],
];
for (const [what, prompts, pattern] of wrong) {
  test(`${what} is refused with what was expected and what came`, async () => {
    await assert.rejects(planOf(prompts), refused(pattern));
  });
}

test('a mask to start from must have the picture’s size', async () => {
  const mask = async (width: number, height: number) => (await whiteMask(width, height)).toString('base64');
  const { work } = await planOf({ points: [click], mask: await mask(200, 120) });
  assert.deepEqual([work.prompts?.start?.header.width, work.prompts?.start?.header.height], [200, 120]);
  const asUrl = `data:image/png;base64,${await mask(200, 120)}`;
  assert.ok((await planOf({ points: [click], mask: asUrl })).work.prompts?.start);
  await assert.rejects(
    planOf({ points: [click], mask: await mask(100, 60) }),
    refused(/picture's size, 200×120 pixels but received 100×60/),
  );
  await assert.rejects(
    planOf({ points: [click], mask: 'aGVsbG8=' }),
    refused(/Of the mask to start from/, 'unsupported_image'),
  );
});

test('what has no meaning for a promptable model is refused, and prompts by all others', async () => {
  await assert.rejects(
    planOf({ points: [click] }, { tile: 'auto' }),
    refused(/looks at the picture once .* leave "tile" out/),
  );
  await assert.rejects(planOf({ points: [click] }, { flips: 'both' }), refused(/leave "flips" out/));
  await assert.rejects(planOf({ everything: true }, { refine: 'guided' }), refused(/refine works on one thing/));
  await assert.rejects(
    planOf({ points: [click] }, { answers: [{ kind: 'topk' }] }),
    refused(/answers of click:1/, 'unknown_answer'),
  );
  await assert.rejects(
    planOf({ points: [click] }, { maxInstances: 0 }),
    refused(/1 to 1000 as maxInstances but received 0/),
  );
  const face = specNamed('face');
  const prompts = { points: [click], multimask: false };
  const request = { model: 'face', image, answers: [{ kind: 'alpha' }], prompts } as const;
  await assert.rejects(planPicture(face, request, defaultLimits), refused(/face:1 takes no prompts/));
});
