import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { globSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import { defaultLimits } from '../packages/server/src/domain/limits.ts';
import { openPool } from '../packages/server/src/engine/pool.ts';
import { TensorProto_DataType as DataType } from '../packages/server/src/graph/gen/onnx_pb.ts';
import { writeModel } from '../packages/server/src/graph/onnxFile.ts';
import { buildModel } from '../packages/server/src/graph/testing/buildModel.ts';
import { open } from '../packages/server/src/index.ts';
import { findModels } from '../packages/server/src/models/repository.ts';
import { ask, askRed, problemOf, segment } from './support/ask.ts';
import { redPicture } from './support/pictures.ts';
import { repository } from './support/repository.ts';
import { startHere } from './support/servers.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';
import { channelMatte, writePackage, writeRedMatte } from './support/tinyPackages.ts';

const golden = [{ image: 'golden.png', expected: 'alpha.png' }];

/** A red matte with a golden picture of red 100 and what is claimed to be its opacity. */
async function writeWithGolden(root: string, name: string, claimed: number, graph = channelMatte(0), sha256 = {}) {
  const folder = writeRedMatte(root, name, { golden, sha256 });
  writeFileSync(path.join(folder, 'graph.onnx'), graph);
  writeFileSync(path.join(folder, 'golden.png'), await redPicture(100));
  const alpha = sharp(Buffer.alloc(40 * 30, claimed), { raw: { width: 40, height: 30, channels: 1 } });
  writeFileSync(path.join(folder, 'alpha.png'), await alpha.png().toBuffer());
}

describe('Goldens', { concurrency: false }, () => {
  const shipped = globSync('models/*/*/model.yaml', { cwd: repository }).toSorted();

  test('Every model that comes with segserve gives its golden answers', async () => {
    assert.ok(shipped.length > 0);
    for (const file of shipped) {
      const models = await findModels([path.join(repository, path.dirname(file))]);
      const { engine, ready } = openPool({
        models,
        limits: defaultLimits,
        workers: 1,
        threads: 1,
        workerBytesMax: 'auto',
      });
      await ready;
      const [model] = engine.models();
      await engine.close();
      assert.equal(model?.error, null, file);
      assert.equal(model.state, 'ready', file);
      const goldens = models.reduce(
        (sum, { manifest }) => sum + ('golden' in manifest ? manifest.golden.length : 0),
        0,
      );
      const isStandIn = file.split(path.sep)[1]!.startsWith('dev-');
      assert.ok(isStandIn || goldens > 0, `${file} has at least one golden picture`);
    }
  });

  test('A falsified golden, another graph under the same manifest, or a graph that cannot run: each is refused by name, others are served', async () => {
    const root = temporaryFolder();
    await writeWithGolden(root, 'good', 100);
    await writeWithGolden(root, 'falsified', 110);
    await writeWithGolden(root, 'swapped', 100, channelMatte(1));
    writePackage(root, 'crooked', graphThatCannotRun(), {
      input: { size: { rule: 'fixed', width: 32, height: 32 } },
      output: { kind: 'probabilities' },
    });
    const server = await startHere({ models: [root], engine: { workers: 1, threads: 1 } });
    const states = Object.fromEntries(server.engine.models().map(({ name, state }) => [name, state]));
    assert.equal(states.good, 'ready');
    for (const [name, says] of [
      [
        'falsified',
        /^falsified:1: golden golden\.png: expected a mean difference of at most 1 of 255, found 10\.000\.$/,
      ],
      ['swapped', /^swapped:1: golden golden\.png: expected a mean difference of at most 1 of 255, found 55\.000\.$/],
      ['crooked', /./],
    ] as const) {
      assert.equal(states[name], 'failed', name);
      assert.match(server.engine.model(name).error ?? '', says);
      const refused = await segment(server.address, name, await redPicture(1));
      assert.equal(refused.status, 503, name);
      const { code, detail } = problemOf(refused);
      assert.equal(code, 'model_not_ready');
      assert.ok(detail.includes(`${name}:1`), detail);
    }
    await askRed(server.address, 'good', 42);
    const readiness = await ask(`${server.address}/readyz`);
    assert.equal(readiness.status, 503);
    assert.match(problemOf(readiness).detail, /falsified:1.*failed to load/);
  });

  test('A graph whose digest is not the one in the manifest is refused before it is loaded, with both digests', async () => {
    const root = temporaryFolder();
    const sha256 = createHash('sha256').update(channelMatte(0)).digest('hex');
    await writeWithGolden(root, 'sealed', 100, channelMatte(0), { 'graph.onnx': sha256 });
    await using segserve = await open({ model: 'sealed', folders: [root], threads: 1 });
    assert.equal(segserve.model.state, 'ready');

    const other = temporaryFolder();
    await writeWithGolden(other, 'sealed', 100, channelMatte(1), { 'graph.onnx': sha256 });
    const found = createHash('sha256').update(channelMatte(1)).digest('hex');
    await assert.rejects(open({ model: 'sealed', folders: [other] }), (error: Error & { code: string }) => {
      assert.equal(error.code, 'model_invalid');
      assert.match(error.message, new RegExp(`graph\\.onnx: expected SHA-256 ${sha256}, found ${found}`));
      return true;
    });
  });
});

/** Right at its ends, wrong in its middle: shapes that only a run finds out not to fit. */
function graphThatCannotRun(): Uint8Array {
  const graph = buildModel({
    opset: 17,
    inputs: [{ name: 'x', type: DataType.FLOAT, dims: ['N', 3, 'H', 'W'] }],
    outputs: [{ name: 'y', type: DataType.FLOAT, dims: ['N', 1, 'H', 'W'] }],
    body: (write) => {
      const red = write.add('Conv', ['x', write.floats([1, 0, 0], [1, 3, 1, 1])]);
      const rows = write.add('Reshape', [red, write.ints([1, 1, 7, -1])]);
      write.add('Identity', [rows], {}, 'y');
    },
  });
  return writeModel(graph);
}
