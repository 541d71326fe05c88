import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Fault } from '../packages/server/src/domain/fault.ts';
import { defaultLimits } from '../packages/server/src/domain/limits.ts';
import type { SegmentRequest } from '../packages/server/src/domain/request.ts';
import { openInProcess } from '../packages/server/src/engine/inProcess.ts';
import { findModels, resolveModel } from '../packages/server/src/models/repository.ts';
import { writeChain } from './support/chainPackages.ts';
import { answered, engine, instancesOf, mapOf, photo } from './support/chainRepository.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';
import { writeRedMatte } from './support/tinyPackages.ts';

describe('a chain that cannot answer', () => {
  test('fails as a whole where one crop fails, and says which crop of which stage', async () => {
    const error = await answered('strict', 'alpha').then(
      () => assert.fail('it answered'),
      (error: unknown) => error,
    );
    assert.ok(error instanceof Fault);
    assert.match(error.message, /^Stage "cut", crop [1-4] of 4 \(\d+×\d+ at \d+, \d+\): /);
    assert.equal(error.code, 'model_invalid');
  });

  test('fails with the stage’s name where the picture is broken', async () => {
    const image = photo.subarray(0, photo.length - 2000);
    await assert.rejects(answered('cutter', 'alpha', { image }), {
      code: 'corrupt_image',
      message: /^Stage "found": Expected a complete PNG image/,
    });
  });

  test('refuses words that are about one model’s sight', async () => {
    const refused = (words: Partial<SegmentRequest>, message: RegExp) =>
      assert.rejects(answered('cutter', 'alpha', words), { code: 'invalid_request', message });
    await refused({ tile: 'auto' }, /cutter:1 is a chain of packages: leave "tile" out/);
    await refused({ flips: 'horizontal' }, /"flips"/);
    await refused({ scales: [1, 2] }, /"scales"/);
    await refused({ size: { width: 10, height: 10 } }, /"size"/);
    await refused({ refine: 'guided' }, /leave "refine" out/);
    await refused({ scoreThreshold: 0.5 }, /finds no instances: leave "scoreThreshold" out/);
    await refused({ extras: { trimap: photo } }, /takes no trimap/);
    await assert.rejects(
      instancesOf('sharper', { scoreThreshold: 0.5 }),
      /said by an earlier stage: leave "scoreThreshold"/,
    );
    await assert.rejects(
      mapOf('panorama', 'labels', { threshold: 0.5 }),
      /said by an earlier stage: leave "threshold"/,
    );
    await assert.rejects(
      engine.infer({ model: 'cutter', inputs: [{ name: 'x', type: 'uint8', dims: [1], bytes: new Uint8Array(1) }] }),
      /a picture \(cutter:1 is a chain of packages\) but received raw tensors/,
    );
    await assert.rejects(answered('cutter', 'instances'), { code: 'unknown_answer' });
  });

  test('fails to load with the reason of the package that did not', async () => {
    const folder = temporaryFolder();
    writeRedMatte(folder, 'broken', { output: { kind: 'probabilities', name: 'elsewhere' } });
    writeChain(folder, 'over', [{ name: 'one', kind: 'model', model: 'broken' }]);
    const models = await findModels([folder]);
    const own = await openInProcess({ models: [resolveModel(models, 'over')], limits: defaultLimits, threads: 1 });
    after(() => own.close());
    const { state, error } = own.model('over');
    assert.equal(state, 'failed');
    assert.match(error ?? '', /^broken:1, of which it is made, did not load: .*elsewhere/);
  });
});
