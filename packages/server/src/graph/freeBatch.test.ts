import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fuse } from './fuse.ts';
import type { FusionSpec } from './fusionSpec.ts';
import { TensorProto_DataType as DataType } from './gen/onnx_pb.ts';
import type { NodeWriter } from './nodeWriter.ts';
import { writeModel } from './onnxFile.ts';
import { buildModel } from './testing/buildModel.ts';
import { runModel } from './testing/runModel.ts';
import { randomPixels } from './testing/tinyNetwork.ts';

const side = 4;
const spec: FusionSpec = {
  input: { layout: 'nchw', channels: 'rgb', scale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
  output: { kind: 'logits', layout: 'nchw', foreground: 0, threshold: 0.5 },
  want: {},
  freeBatch: true,
};

/** From [1,3,4,4] to [1,3,4,4], all with the batch fixed. */
function network(opset: number, body: (write: NodeWriter) => string): Uint8Array {
  const dims = [1, 3, side, side];
  const model = buildModel({
    opset,
    inputs: [{ name: 'x', type: DataType.FLOAT, dims }],
    outputs: [{ name: 'y', type: DataType.FLOAT, dims }],
    body: (write) => write.add('Identity', [body(write)], {}, 'y'),
  });
  return writeModel(model);
}

const apart: Record<string, (write: NodeWriter) => string> = {
  'a reshape with the batch built in, there and back': (write) => {
    const rows = write.add('Reshape', ['x', write.ints([1, 3, -1])]);
    const scaled = write.add('Softmax', [rows], { axis: 2 });
    return write.add('Reshape', [scaled, write.ints([1, 3, side, side])]);
  },
  'a resize to sizes with the batch built in': (write) => {
    const small = write.add('AveragePool', ['x'], { kernel_shape: [2, 2], strides: [2, 2] });
    return write.add('Resize', [small, '', '', write.ints([1, 3, side, side])], { mode: 'nearest' });
  },
  'a resize to sizes read off the input': (write) => {
    const small = write.add('AveragePool', ['x'], { kernel_shape: [2, 2], strides: [2, 2] });
    const rows = write.add('Slice', [write.add('Shape', [small]), write.ints([0]), write.ints([2])]);
    const sides = write.add('Slice', [write.add('Shape', ['x']), write.ints([2]), write.ints([4])]);
    return write.add('Resize', [small, '', '', write.add('Concat', [rows, sides], { axis: 0 })], { mode: 'nearest' });
  },
  'attention within a picture': (write) => {
    const tokens = write.add('Transpose', [write.add('Reshape', ['x', write.ints([0, 3, side * side])])], {
      perm: [0, 2, 1],
    });
    const keys = write.add('Transpose', [tokens], { perm: [0, 2, 1] });
    const weights = write.add('Softmax', [write.add('MatMul', [tokens, keys])], { axis: 2 });
    const mixed = write.add('Transpose', [write.add('MatMul', [weights, tokens])], { perm: [0, 2, 1] });
    return write.add('Reshape', [mixed, write.ints([1, 3, side, side])]);
  },
  'a constant of one row': (write) => write.add('Add', ['x', write.floats([1, 2, 3], [1, 3, 1, 1])]),
};

const mixing: Record<string, (write: NodeWriter) => string> = {
  'a softmax over the batch': (write) => write.add('Softmax', ['x'], { axis: 0 }),
  'a mean over everything': (write) => write.add('Sub', ['x', write.add('ReduceMean', ['x'], { axes: [0, 1, 2, 3] })]),
  'a reshape that puts pictures into rows of another axis': (write) => {
    const rows = write.add('Reshape', ['x', write.ints([-1, side])]);
    return write.add('Reshape', [write.add('Softmax', [rows], { axis: 0 }), write.ints([1, 3, side, side])]);
  },
  'a transpose of the batch': (write) => write.add('Transpose', ['x'], { perm: [1, 0, 2, 3] }),
  'an operator of another kind': (write) => write.add('CumSum', ['x', write.ints([0])]),
  'a concatenation of the batch': (write) =>
    write.add('Slice', [write.add('Concat', ['x', 'x'], { axis: 0 }), write.ints([0]), write.ints([1])]),
};

describe('a batch fixed to 1', () => {
  for (const [title, body] of Object.entries(apart)) {
    test(`is freed across ${title}, and pictures stay apart`, async () => {
      const fused = fuse(network(17, body), spec);
      assert.deepEqual(fused.input.dims, ['batch', side, side, 3], fused.notes.join());
      const pixels = randomPixels(3 * side * side * 3);
      const together = await runModel(fused.model, { image: { data: pixels, dims: [3, side, side, 3] } });
      const length = side * side * 3;
      for (let picture = 0; picture < 3; picture++) {
        const data = pixels.slice(picture * length, (picture + 1) * length);
        const alone = await runModel(fused.model, { image: { data, dims: [1, side, side, 3] } });
        const row = (together.y!.data as Float32Array).subarray(picture * length, (picture + 1) * length);
        assert.deepEqual(row, alone.y!.data as Float32Array);
      }
    });
  }

  for (const [title, body] of Object.entries(mixing)) {
    test(`stays for ${title}`, () => {
      const fused = fuse(network(13, body), spec);
      assert.equal(fused.input.dims[0], 1);
      assert.match(fused.notes.join(), /the batch stays 1/);
    });
  }

  test('stays where nobody asks, with a note', () => {
    const fused = fuse(network(17, apart['a constant of one row']!), { ...spec, freeBatch: false });
    assert.equal(fused.input.dims[0], 1);
    assert.deepEqual(fused.notes, ['the batch is fixed to 1: pictures run one by one']);
  });
});
