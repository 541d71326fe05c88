import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TensorProto_DataType as DataType } from './gen/onnx_pb.ts';
import { readModel, writeModel } from './onnxFile.ts';
import { pinPaddingMask } from './pinPaddingMask.ts';
import { signatureOf } from './signature.ts';
import type { Dim } from './tensorInfo.ts';
import { buildModel } from './testing/buildModel.ts';

function graphWith(type: number, dims: readonly Dim[], name = 'pixel_mask'): Uint8Array {
  return writeModel(
    buildModel({
      opset: 17,
      inputs: [
        { name: 'pixel_values', type: DataType.FLOAT, dims: [1, 3, 8, 8] },
        { name, type, dims },
      ],
      outputs: [{ name: 'y', type, dims }],
      body: (write) => write.add('Identity', [name], {}, 'y'),
    }),
  );
}

test('a padding mask is filled with ones: its own sides where they are fixed, one picture and 64 pixels where they are free', () => {
  const kinds: [number, number][] = [
    [DataType.INT64, 8],
    [DataType.INT32, 4],
    [DataType.FLOAT, 4],
    [DataType.BOOL, 1],
  ];
  for (const [type, bytes] of kinds) {
    const pinned = pinPaddingMask(graphWith(type, ['batch', 'height', 40]));
    assert.deepEqual(
      signatureOf(pinned).inputs.map(({ name }) => name),
      ['pixel_values'],
    );
    const [mask] = readModel(pinned).graph.initializer;
    assert.deepEqual([mask!.name, mask!.dataType, mask!.dims], ['pixel_mask', type, [1n, 64n, 40n]]);
    assert.equal(mask!.rawData.length, 64 * 40 * bytes);
    const first = mask!.rawData.subarray(0, bytes);
    assert.deepEqual(mask!.rawData.subarray(-bytes), first);
    const one =
      type === DataType.FLOAT
        ? new Uint8Array(Float32Array.of(1).buffer)
        : Uint8Array.of(1, ...new Array(bytes - 1).fill(0));
    assert.deepEqual(new Uint8Array(first), one);
  }
});

test('a graph without a padding mask stays as it is', () => {
  const bytes = graphWith(DataType.INT64, [1, 4], 'prompt');
  assert.equal(pinPaddingMask(bytes), bytes);
});
