import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../domain/fault.ts';
import { defaultLimits } from '../../domain/limits.ts';
import type { PromptPlan } from '../../domain/promptPlan.ts';
import { readHeader } from '../header.ts';
import {
  clickAt,
  firstPlane,
  jobFor,
  openClicking,
  promptPlan,
  segmented,
  twoSquaresPng,
} from '../testing/clicking.ts';
import { asItIs } from '../testing/instanceGraphs.ts';
import { colorBoth, type PromptableGraphs, promptableSpec } from '../testing/promptableGraphs.ts';
import { openPromptable } from './openPromptable.ts';

const image = await twoSquaresPng();
const onRed = { points: [clickAt(50, 50)] };
const box = { x0: 10, y0: 10, x1: 90, y1: 90 };

test('one graph that takes picture and prompts at once answers as a pair does', async () => {
  const { manifest, ...rest } = promptableSpec({ output: { family: 'efficientsam' } });
  const { decoder: _, ...alone } = manifest;
  const prepare = async () => asItIs(colorBoth({ things: 'N' }));
  const one = await openPromptable({ ...rest, manifest: alone }, prepare, { threads: 1, limits: defaultLimits });
  await one.warmUp();
  const pair = await openClicking({ names: 'efficientsam', things: 'N' }, { output: { family: 'efficientsam' } });
  const boxes = [box, { ...box, x0: 110, x1: 190 }].map((one) => ({ points: [], box: one }));
  for (const things of [[onRed], boxes]) {
    const [ofOne, ofPair] = await Promise.all(
      [one, pair].map(async (model) =>
        segmented(model, await jobFor(image, promptPlan({ things }), ['alpha', 'instances'])),
      ),
    );
    assert.deepEqual(await firstPlane(ofOne!), await firstPlane(ofPair!));
    assert.deepEqual(ofOne!.answers[1]!.bytes, ofPair!.answers[1]!.bytes);
  }
  assert.equal((await segmented(one, await jobFor(image, promptPlan({ things: [onRed] })))).embedding?.outcome, 'hit');
  await Promise.all([one.close(), pair.close()]);
});

test('a single graph with an input that is neither picture nor prompt is refused', async () => {
  const { manifest, ...rest } = promptableSpec({ output: { family: 'efficientsam' }, input: { name: 'photo' } });
  const { decoder: _, ...alone } = manifest;
  const prepare = async () => asItIs(colorBoth());
  await assert.rejects(
    openPromptable({ ...rest, manifest: alone }, prepare, { threads: 1, limits: defaultLimits }),
    (error: unknown) =>
      error instanceof Fault && error.code === 'model_invalid' && /batched_images/.test(error.message),
  );
});

test('a graph that says it takes several things and cannot is given one at a time, and says so', async () => {
  const model = await openClicking({ things: 'N' });
  assert.equal(model.thingsPerRun, 16);
  const decode = model.decode.bind(model);
  model.decode = (call) => {
    if (call.tokens.length > 1) return Promise.reject(new Fault('model_invalid', 'No more than one.'));
    return decode(call);
  };
  await model.warmUp();
  assert.equal(model.thingsPerRun, 1);
  assert.match(model.note, /things one by one: No more than one\./);
  const things = [box, { ...box, x0: 20 }].map((one) => ({ points: [], box: one }));
  await segmented(model, await jobFor(image, promptPlan({ things })));
  await model.close();
});

test('warming up fills the runs of a graph that fixes their size, and leaves no embedding behind', async () => {
  const model = await openClicking({ things: 2 });
  await model.warmUp();
  assert.equal(model.embeddings.standing.entries, 0);
  await model.close();
});

const misunderstood: readonly (readonly [string, PromptableGraphs, Partial<PromptPlan>, object, RegExp])[] = [
  [
    'a box',
    { names: 'optimum' },
    { things: [{ points: [], box }] },
    {},
    /points for click:1, whose decoder knows no boxes/,
  ],
  [
    'a seventh point',
    { names: 'efficientsam' },
    { things: [{ points: new Array(7).fill(clickAt(1, 1)) }] },
    { output: { family: 'efficientsam' } },
    /at most 6 points for click:1, a box counting as two but received 7/,
  ],
  [
    'earlier steps',
    { names: 'efficientsam' },
    { things: [onRed], previous: [onRed, onRed] },
    {},
    /no mask to start from.* received 2 previous steps/,
  ],
];
for (const [what, graphs, prompts, changes, pattern] of misunderstood) {
  test(`${what} that the decoder would pass over is refused before the encoder runs`, async () => {
    const model = await openClicking(graphs, changes);
    model.encode = () => Promise.reject(new Error('not to be run'));
    await assert.rejects(
      segmented(model, await jobFor(image, promptPlan(prompts))),
      (error: unknown) => error instanceof Fault && error.code === 'invalid_request' && pattern.test(error.message),
    );
    await model.close();
  });
}

test('a mask to start from is refused where the decoder takes none', async () => {
  const model = await openClicking({ names: 'optimum' });
  const start = { image, header: await readHeader(image, defaultLimits) };
  await assert.rejects(
    segmented(model, await jobFor(image, promptPlan({ things: [onRed], start }))),
    /received a mask/,
  );
  await model.close();
});
