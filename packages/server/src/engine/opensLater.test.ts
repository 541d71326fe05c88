import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { defaultLimits } from '../domain/limits.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import { builtInModels, findModels } from '../models/repository.ts';
import { handEngine, pngHeader, settled, specNamed } from './engine.testSupport.ts';
import { openPool } from './pool.ts';

const opensLater = ({ manifest }: ModelSpec) => manifest.name !== 'face';
const specs = [specNamed('street'), specNamed('face')];

test('the engine is ready without the models that are opened later, and takes requests for them', async () => {
  const { engine, ready, runners } = handEngine({ specs, opensLater });
  const [runner] = runners;
  assert.equal(engine.notReady(), 'The models are loading.');
  runner!.becomeReady(['face:1']);
  await ready;
  assert.equal(engine.notReady(), undefined);
  assert.deepEqual([engine.model('face').state, engine.model('street').state], ['ready', 'loading']);
  const answer = engine.segment({ model: 'street', image: pngHeader(4, 4), answers: [{ kind: 'alpha' }] });
  await settled();
  assert.equal(runner!.batches.length, 1);
  runner!.open('street:1');
  assert.equal(engine.model('street').state, 'ready');
  runner!.finishOldest();
  assert.equal((await answer).model, 'street:1');
});

test('one of them that fails is told of as any other', async () => {
  const { engine, runners } = handEngine({ specs, opensLater });
  runners[0]!.becomeReady(['face:1']);
  runners[0]!.open('street:1', 'no such weights');
  assert.equal(engine.model('street').state, 'failed');
  assert.equal(engine.notReady(), 'street:1 failed to load: no such weights');
  assert.equal(engine.model('face').state, 'ready');
});

test('a worker answers for one that it is still opening as soon as it has opened it', async () => {
  const models = (await findModels([builtInModels()])).filter(({ manifest }) =>
    ['portrait', 'nuclei'].includes(manifest.name),
  );
  const { engine, ready } = openPool({
    models,
    opensLater: ({ manifest }) => manifest.name === 'nuclei',
    limits: defaultLimits,
    workers: 1,
    threads: 1,
    workerBytesMax: 'auto',
  });
  try {
    await ready;
    assert.deepEqual([engine.model('portrait').state, engine.model('nuclei').state], ['ready', 'loading']);
    const image = await readFile(new URL('../../../../examples/astronaut.jpg', import.meta.url));
    const { answers } = await engine.segment({ model: 'nuclei', image, answers: [{ kind: 'instances' }] });
    assert.equal(answers[0]!.kind, 'instances');
    assert.equal(engine.model('nuclei').state, 'ready');
  } finally {
    await engine.close();
  }
});
