import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { TensorProto_DataType as DataType, ValueInfoProtoSchema } from './gen/onnx_pb.ts';
import { writeModel } from './onnxFile.ts';
import { signatureOf } from './signature.ts';
import { buildModel } from './testing/buildModel.ts';

test('a signature holds what is to be fed and what comes out: no weights, symbols as null, unknown ranks as such', () => {
  let weights = '';
  const model = buildModel({
    opset: 17,
    inputs: [
      { name: 'x', type: DataType.FLOAT, dims: ['N', 3, 8] },
      { name: 'any', type: DataType.INT64 },
      { name: 'scalar', type: DataType.BOOL, dims: [] },
      { name: 'brain', type: DataType.BFLOAT16, dims: [2] },
    ],
    outputs: [{ name: 'y', type: DataType.FLOAT, dims: ['N', 3, undefined] }],
    body: (write) => {
      weights = write.floats([1, 2, 3], [3, 1]);
      write.add('Mul', ['x', weights], {}, 'y');
    },
  });
  // Files before IR version 4 list their weights as inputs too.
  model.graph.input.push(
    create(ValueInfoProtoSchema, {
      name: weights,
      type: { value: { case: 'tensorType', value: { elemType: DataType.FLOAT } } },
    }),
  );
  model.graph.input.push(
    create(ValueInfoProtoSchema, { name: 'list', type: { value: { case: 'sequenceType', value: {} } } }),
  );
  assert.deepEqual(signatureOf(writeModel(model)), {
    inputs: [
      { name: 'x', type: 'float32', dims: [null, 3, 8] },
      { name: 'any', type: 'int64', dims: [], anyRank: true },
      { name: 'scalar', type: 'bool', dims: [] },
      { name: 'brain', type: 'bfloat16', dims: [2] },
      { name: 'list', type: 'sequence', dims: [], anyRank: true },
    ],
    outputs: [{ name: 'y', type: 'float32', dims: [null, 3, null] }],
  });
});
