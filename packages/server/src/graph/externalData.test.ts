import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { resolveExternalData } from './externalData.ts';
import { fuse } from './fuse.ts';
import {
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  type StringStringEntryProto,
} from './gen/onnx_pb.ts';
import { inspect } from './inspect.ts';
import { readModel, writeModel } from './onnxFile.ts';
import { buildModel } from './testing/buildModel.ts';
import { runModel } from './testing/runModel.ts';

const weights = new Uint8Array(Float32Array.of(0, 0, 0, 5, 6, 7).buffer);

/** y = x + [5, 6, 7] per channel, the three numbers 12 bytes into a file. */
function networkWithData(data: Record<string, string>): Uint8Array {
  const model = buildModel({
    opset: 17,
    inputs: [{ name: 'x', type: DataType.FLOAT, dims: ['N', 3, 'H', 'W'] }],
    outputs: [{ name: 'y', type: DataType.FLOAT, dims: ['N', 3, 'H', 'W'] }],
    body: (write) => write.add('Add', ['x', write.floats([0, 0, 0], [3, 1, 1])], {}, 'y'),
  });
  const [tensor] = model.graph.initializer;
  tensor!.rawData = new Uint8Array();
  tensor!.dataLocation = DataLocation.EXTERNAL;
  tensor!.externalData = Object.entries(data).map(
    ([key, value]): StringStringEntryProto => ({ $typeName: 'onnx.StringStringEntryProto', key, value }),
  );
  return writeModel(model);
}

const complete = { location: 'weights/a.bin', offset: '12', length: '12' };
const read = (location: string, offset: number, length: number) => {
  assert.equal(location, 'weights/a.bin');
  return weights.subarray(offset, offset + length);
};

describe('weights that lie beside the model', () => {
  test('are taken in', async () => {
    for (const data of [complete, { location: complete.location, offset: '12' }]) {
      const model = resolveExternalData(networkWithData(data), read);
      const answer = await runModel(model, { x: { data: new Float32Array(3), dims: [1, 3, 1, 1] } });
      assert.deepEqual(answer.y?.data, Float32Array.of(5, 6, 7));
    }
  });

  test('stay references in a fused model, and are reported', () => {
    const bytes = networkWithData(complete);
    const fused = fuse(bytes, {
      input: { layout: 'nchw', channels: 'rgb', scale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
      output: { kind: 'logits', layout: 'nchw', foreground: 0, threshold: 0.5 },
      want: { labels: true },
    });
    assert.deepEqual(
      readModel(fused.model).graph.initializer[0]?.externalData,
      readModel(bytes).graph.initializer[0]?.externalData,
    );
    assert.deepEqual(inspect(fused.model).externalFiles, ['weights/a.bin']);
  });

  test('are not there: the model stays as it is', () => {
    const bytes = resolveExternalData(networkWithData(complete), read);
    assert.equal(resolveExternalData(bytes, read), bytes);
  });

  for (const location of ['../a.bin', '/etc/passwd', 'a/../../b', '', 'a//b', 'C:\\a', 'a\\..\\b', 'a\0b']) {
    test(`are refused at ${JSON.stringify(location)}, outside the model's folder`, () => {
      const never = () => assert.fail('read was called');
      assert.throws(() => resolveExternalData(networkWithData({ ...complete, location }), never), {
        name: 'GraphError',
        message: /below the model's folder/,
      });
    });
  }

  for (const [title, data, message] of [
    ['a length that contradicts the shape', { length: '8' }, /Expected 12 external bytes .* but the model says 8/],
    ['an offset that is no number', { offset: '-4' }, /to be a whole number but it is "-4"/],
    ['a file that ends too early', { offset: '16' }, /Expected 12 bytes at 16 of "weights\/a.bin" .* but got 8/],
  ] as const) {
    test(`are refused for ${title}`, () => {
      assert.throws(() => resolveExternalData(networkWithData({ ...complete, ...data }), read), {
        name: 'GraphError',
        message,
      });
    });
  }
});
