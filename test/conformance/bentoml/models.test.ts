import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import type { Engine } from '../../../packages/server/src/domain/engineDoor.ts';
import { defaultLimits } from '../../../packages/server/src/domain/limits.ts';
import { openInProcess } from '../../../packages/server/src/engine/inProcess.ts';
import { TensorProto_DataType as DataType } from '../../../packages/server/src/graph/gen/onnx_pb.ts';
import { writeModel } from '../../../packages/server/src/graph/onnxFile.ts';
import { buildModel } from '../../../packages/server/src/graph/testing/buildModel.ts';
import { findModels } from '../../../packages/server/src/models/repository.ts';
import { bentomlWire } from '../../../packages/server/src/protocols/bentoml/bentomlWire.ts';
import type { BentomlSettings } from '../../../packages/server/src/protocols/bentoml/settings.ts';
import { ask } from '../../support/ask.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { writePackage } from '../../support/tinyPackages.ts';
import { openWire } from '../../support/wireServer.ts';

/** Models whose answers can be foretold: which of red, green and blue is strongest, of each pixel or of the picture. */
const labels = ['red', 'grün', 'blue'];
const fixed = { size: { rule: 'fixed', width: 4, height: 2 } } as const;

function graph(sides: readonly [height: number, width: number]): Uint8Array {
  const whole = sides[0] === 1;
  const model = buildModel({
    opset: 17,
    inputs: [{ name: 'x', type: DataType.FLOAT, dims: ['N', 3, 2, 4] }],
    outputs: [{ name: 'y', type: DataType.FLOAT, dims: ['N', 3, ...sides] }],
    body: (write) => write.add(whole ? 'GlobalAveragePool' : 'Identity', ['x'], {}, 'y'),
  });
  return writeModel(model);
}

let engine: Engine;
before(async () => {
  const root = temporaryFolder();
  const rest = { labels, output: { kind: 'logits' } } as const;
  writePackage(root, 'pixels', graph([2, 4]), { ...rest, task: 'semantic', background: 0, input: fixed });
  writePackage(root, 'picture', graph([1, 1]), { ...rest, task: 'classification', input: fixed });
  const models = await findModels([root]);
  engine = await openInProcess({ models, limits: defaultLimits, threads: 1 });
});
after(() => engine.close({ graceMs: 0 }));

/** Four columns: red, green, blue, red; the second row is all blue. */
const pixels = [...[255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 0, 0], ...[0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 255]];
const photo = await sharp(Buffer.from(pixels), { raw: { width: 4, height: 2, channels: 3 } })
  .png()
  .toBuffer();

async function answer(settings: BentomlSettings, api = '/predict'): Promise<string> {
  const { url } = await openWire((services) => bentomlWire(services, settings), { engine });
  const reply = await ask(`${url}${api}`, { method: 'POST', body: photo });
  assert.equal(reply.status, 200, reply.bytes.toString());
  return reply.bytes.toString();
}

describe('Real models behind a bundle', () => {
  it('a semantic model: the class of each pixel', async () => {
    assert.equal(await answer({ models: { net: 'pixels' } }), '[[0, 1, 2, 0], [2, 2, 2, 2]]');
    const reference = { name: 'predict', payload: 'reference' } as const;
    const text = await answer({ models: { net: 'pixels:1' }, apis: [reference] });
    assert.equal(text, '{"unknown_obj": "tensor([0, 1, 2, 0])"}');
  });

  it('its picture in the torch-hub palette', async () => {
    const apis = [{ name: 'predict', payload: 'png', answer: 'color' }] as const;
    const { b64 } = JSON.parse(await answer({ models: { net: 'pixels' }, apis }));
    const { data } = await sharp(Buffer.from(b64, 'base64')).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    assert.deepEqual([...data.subarray(0, 12)], [0, 0, 0, 1, 127, 31, 2, 254, 62, 0, 0, 0]);
  });

  it('a classification model: the label, and the scores of the best', async () => {
    assert.equal(await answer({ models: { net: 'picture' } }), '"blue"');
    const apis = [{ name: 'predict', payload: 'json', answer: 'topk' }] as const;
    const { classes } = JSON.parse(await answer({ models: { net: 'picture' }, apis }));
    assert.deepEqual(
      classes.map(({ label }: { label: string }) => label),
      ['blue', 'red', 'grün'],
    );
    assert.match(await answer({ models: { net: 'picture' }, apis }), /"label": "gr\\u00fcn"/);
  });
});
