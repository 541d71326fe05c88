import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { defaultLimits } from '../../../packages/server/src/domain/limits.ts';
import { openInProcess } from '../../../packages/server/src/engine/inProcess.ts';
import { TensorProto_DataType as DataType } from '../../../packages/server/src/graph/gen/onnx_pb.ts';
import { findModels, resolveModel } from '../../../packages/server/src/models/repository.ts';
import { paddlesegServingWire } from '../../../packages/server/src/protocols/paddleseg-serving/paddlesegServingWire.ts';
import { ask } from '../../support/ask.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { graphOf } from '../../support/tensorPackages.ts';
import { writePackage } from '../../support/tinyPackages.ts';
import { openWire } from '../../support/wireServer.ts';
import { instance, masksOf, photo } from './callers.ts';

/** Two channels as the original's networks give them: the blue channel is the probability of class 1. BGR in, 0…255. */
const graph = graphOf({
  inputs: [{ name: 'image', type: DataType.FLOAT, dims: [1, 3, 16, 16] }],
  outputs: [{ name: 'score', type: DataType.FLOAT, dims: [1, 2, 16, 16] }],
  body: (write) => {
    const weights = write.floats([-1 / 255, 0, 0, 1 / 255, 0, 0], [2, 3, 1, 1]);
    write.add('Conv', ['image', weights, write.floats([1, 0], [2])], {}, 'score');
  },
});

const root = temporaryFolder();
writePackage(root, 'two', graph, {
  task: 'matting',
  input: { channels: 'bgr', size: { rule: 'fixed', width: 16, height: 16 }, scale: 1 },
  output: { kind: 'probabilities', foreground: 1 },
});
const models = [resolveModel(await findModels([root]), 'two')];
const engine = await openInProcess({ models, limits: defaultLimits, threads: 1 });
after(() => engine.close());

async function greysOf(profile: 'release' | 'seed'): Promise<number[]> {
  const settings = { profile, models: { human_segmentation: 'two' } } as const;
  const { url, close } = await openWire((services) => paddlesegServingWire(services, settings), { engine });
  const picture = await photo(30, 20).png().toBuffer();
  const body = JSON.stringify({ instances: [instance(picture)] });
  const [mask] = masksOf(await ask(`${url}/ImageSegService/inference`, { body }));
  await close();
  return [...new Set(await sharp(mask).raw().toBuffer())];
}

test('The probability of the second class comes through as the manifest of a migrated model says', async () => {
  // The picture's blue is 200.
  assert.deepEqual(await greysOf('release'), [200]);
  assert.deepEqual(await greysOf('seed'), [1]);
});
