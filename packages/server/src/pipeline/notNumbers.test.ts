import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Fault } from '../domain/fault.ts';
import { defaultLimits } from '../domain/limits.ts';
import type { GraphVariant, PictureSpec, PreparedGraph } from '../domain/modelSpec.ts';
import type { AnswerPlan } from '../domain/request.ts';
import { TensorProto_DataType as Type } from '../graph/gen/onnx_pb.ts';
import { writeModel } from '../graph/onnxFile.ts';
import { signatureOf } from '../graph/signature.ts';
import { buildModel } from '../graph/testing/buildModel.ts';
import { readHeader } from './header.ts';
import { openModel, runBatch } from './pipeline.ts';
import { plainPixels, plan, png } from './testing/pictures.ts';
import { tinySpec } from './testing/tinySpec.ts';
import { answered } from './tiled/testing/answered.ts';
import { freeSpec, preparedFor } from './tiled/testing/convolution.ts';

type Prepare = (variant: GraphVariant) => Promise<PreparedGraph>;

/** Scores are the logarithms of what is left above 100: NaN of everything darker. */
const input = { mean: [100, 100, 100] as [number, number, number], scale: 1 };
const bright = await png(plainPixels(40, 40, [200, 150, 120]), 40, 40);
const dark = await png(plainPixels(40, 40, [200, 150, 90]), 40, 40);

function logarithms(dims: (number | string)[] = ['N', 3, 'H', 'W'], mean = false): Uint8Array {
  const model = buildModel({
    opset: 17,
    inputs: [{ name: 'x', type: Type.FLOAT, dims: ['N', 3, 'H', 'W'] }],
    outputs: [{ name: 'y', type: Type.FLOAT, dims }],
    body(write) {
      const logs = write.add('Log', ['x']);
      if (mean) write.add('Flatten', [write.add('GlobalAveragePool', [logs])], {}, 'y');
      else write.add('Identity', [logs], {}, 'y');
    },
  });
  return writeModel(model);
}

const plainly =
  (bytes: Uint8Array): Prepare =>
  async () => ({
    bytes,
    form: 'plain',
    inputName: 'x',
    outputNames: ['y'],
    batchSize: undefined,
    note: 'plain',
    signature: signatureOf(bytes),
  });

const isNaNFault = (fault: unknown) =>
  fault instanceof Fault &&
  fault.code === 'model_invalid' &&
  fault.message === 'Expected scores that are numbers but received NaN in the output of the model.';

async function checkBatch(spec: PictureSpec, prepare: Prepare, answer: AnswerPlan): Promise<void> {
  const model = await openModel(spec, prepare, { threads: 1, limits: defaultLimits });
  const jobs = await Promise.all(
    [bright, dark, bright].map(async (image) => {
      return { image, header: await readHeader(image, defaultLimits), answers: [answer], threshold: 0.5 };
    }),
  );
  const said: string[] = [];
  await runBatch(model, jobs, (index, outcome) => {
    if ('fault' in outcome) assert.ok(isNaNFault(outcome.fault), outcome.fault.message);
    else assert.equal(outcome.result.batchSize, 3);
    said[index] = 'fault' in outcome ? 'fault' : 'answer';
  });
  await model.close();
  assert.deepEqual(said, ['answer', 'fault', 'answer']);
}

describe('a picture of which the model says NaN is refused, and those that ran with it are answered', () => {
  for (const fused of [true, false]) {
    it(`by ${fused ? 'a fused' : 'a plain'} graph`, async () => {
      for (const task of ['semantic', 'matting'] as const) {
        const spec = tinySpec({ task, input, output: { kind: 'logits' } });
        const bytes = logarithms();
        const kind = task === 'matting' ? 'alpha' : 'labels';
        await checkBatch(spec, fused ? preparedFor(spec, bytes) : plainly(bytes), plan(kind));
      }
    });
  }

  it('by a classifier', async () => {
    for (const kind of ['logits', 'probabilities'] as const) {
      const spec = tinySpec({ task: 'classification', input, output: { kind } });
      await checkBatch(spec, plainly(logarithms(['N', 3], true)), plan('topk', { topK: 3 }));
    }
  });

  it('with scores asked for, in tiles, and mirrored', async () => {
    const spec = freeSpec(3, { input });
    const graph = logarithms();
    for (const mask of [{ tile: { width: 24, height: 24 } }, { flips: 'horizontal' }] as const) {
      await answered({ spec, graph, image: bright, mask });
      await assert.rejects(answered({ spec, graph, image: dark, mask }), isNaNFault);
    }
    const job = { answers: [plan('scores')] };
    await answered({ spec, graph, image: bright, job });
    await assert.rejects(answered({ spec, graph, image: dark, job }), isNaNFault);
  });
});
