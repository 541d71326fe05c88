import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { fuse } from './fuse.ts';
import type { FusionSpec } from './fusionSpec.ts';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
} from './gen/onnx_pb.ts';
import { inspect } from './inspect.ts';
import { readModel, writeModel } from './onnxFile.ts';
import { declareTensor } from './tensorInfo.ts';
import { buildModel } from './testing/buildModel.ts';
import { runModel } from './testing/runModel.ts';
import { randomPixels } from './testing/tinyNetwork.ts';

/** What fusing does to the graph around our own nodes. */

const spec: FusionSpec = {
  input: { layout: 'nchw', channels: 'rgb', scale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
  output: { kind: 'logits', layout: 'nchw', foreground: 0, threshold: 0.5 },
  want: { labels: true },
};
const image = { data: randomPixels(4 * 4 * 3), dims: [1, 4, 4, 3] };
const picture = (name: string) => ({ name, type: DataType.FLOAT, dims: ['N', 3, 'H', 'W'] as const });
const strongest = Uint8Array.from({ length: 16 }, (_, pixel) => {
  const [r = 0, g = 0, b = 0] = image.data.subarray(pixel * 3, pixel * 3 + 3);
  return r >= g && r >= b ? 0 : g >= b ? 1 : 2;
});

test('values of the model that have our names are renamed, and it answers as before', async () => {
  const model = buildModel({
    opset: 17,
    inputs: [picture('image')],
    outputs: [picture('labels')],
    body: (write) => {
      write.add('Identity', ['image'], {}, 'alpha');
      write.add('Identity', ['alpha'], {}, 'score');
      write.add('Identity', ['score'], {}, 'labels');
    },
  });
  const fused = fuse(writeModel(model), { ...spec, want: { labels: true, alpha: true, score: true } });
  assert.deepEqual(fused.outputs, ['labels', 'alpha', 'score']);
  const answer = await runModel(fused.model, { image });
  assert.deepEqual(answer.labels?.data, strongest);
  assert.ok(fused.notes.includes('the model\'s own "labels" is now "labels_of_model"'));
});

test('a name inside the branches of If is renamed with the one outside', async () => {
  const model = withIf('image');
  const fused = fuse(writeModel(model), spec);
  assert.deepEqual((await runModel(fused.model, { image })).labels?.data, strongest);
});

test('what only a branch of If reads is not pruned', async () => {
  const model = withIf('x');
  const fused = fuse(writeModel(model), spec);
  assert.deepEqual((await runModel(fused.model, { image })).labels?.data, strongest);
});

/** y = If(true) then doubled else input, where `doubled` is read by the branch alone. */
function withIf(input: string): ModelProto {
  const model = buildModel({
    opset: 17,
    inputs: [picture(input)],
    outputs: [picture('y')],
    body: (write) => {
      write.add('Add', [input, input], {}, 'labels');
      const yes = write.add('Less', [write.floats([0]), write.floats([1])]);
      write.add('If', [yes], {}, 'y');
    },
  });
  const branch = (name: string, from: string) =>
    create(AttributeProtoSchema, {
      name,
      type: AttributeType.GRAPH,
      g: create(GraphProtoSchema, {
        name,
        node: [create(NodeProtoSchema, { opType: 'Identity', input: [from], output: [`${name}_y`] })],
        output: [declareTensor(`${name}_y`, DataType.FLOAT, undefined)],
      }),
    });
  model.graph.node.at(-1)!.attribute = [branch('then_branch', 'labels'), branch('else_branch', input)];
  return model;
}

test('of two heads the other one goes, with its weights', () => {
  const model = buildModel({
    opset: 17,
    inputs: [picture('x')],
    outputs: [picture('road'), picture('lane')],
    body: (write) => {
      const shared = write.add('Relu', ['x']);
      write.add('Mul', [shared, write.floats([2])], {}, 'road');
      write.add('Mul', [write.add('Neg', [shared]), write.floats([3])], {}, 'lane');
    },
  });
  const fused = fuse(writeModel(model), { ...spec, output: { ...spec.output, name: 'road' } });
  const { graph } = readModel(fused.model);
  assert.deepEqual(
    graph.output.map((value) => value.name),
    ['labels'],
  );
  assert.ok(!graph.node.some((node) => node.opType === 'Neg'));
  assert.ok(fused.notes.includes('2 nodes that the kept outputs do not need were dropped'));
});

test('initialisers that are also inputs, as up to IR 3, are no pictures and become constants', async () => {
  const model = buildModel({
    opset: 11,
    irVersion: 3,
    inputs: [],
    outputs: [picture('y')],
    body: (write) => write.add('Mul', ['x', write.floats([2])], {}, 'y'),
  });
  const [weight] = model.graph.initializer;
  model.graph.input = [
    declareTensor(weight!.name, DataType.FLOAT, []),
    declareTensor('x', DataType.FLOAT, ['N', 3, 'H', 'W']),
  ];
  const fused = fuse(writeModel(model), spec);
  const { graph, irVersion } = readModel(fused.model);
  assert.equal(irVersion, 4n);
  assert.deepEqual(
    graph.input.map((value) => value.name),
    ['image'],
  );
  assert.deepEqual((await runModel(fused.model, { image })).labels?.data, strongest);
});

test('a fused model says so, and is not fused again', () => {
  const model = buildModel({
    opset: 17,
    inputs: [picture('x')],
    outputs: [picture('y')],
    body: (write) => write.add('Identity', ['x'], {}, 'y'),
  });
  const once = fuse(writeModel(model), spec).model;
  assert.equal(inspect(once).fusion, 'Transpose Cast … ArgMax Cast');
  assert.throws(() => fuse(once, spec), { name: 'GraphError', message: /as it was trained but it is fused already/ });
});

test('fields and functions that fusion knows nothing of survive', () => {
  const model = buildModel({
    opset: 17,
    inputs: [picture('x')],
    outputs: [picture('y')],
    body: (write) => write.add('Identity', ['x'], {}, 'y'),
  });
  model.metadataProps = [{ $typeName: 'onnx.StringStringEntryProto', key: 'author', value: 'someone' }];
  // Field 1000 of the model, a varint 7: no such field exists.
  const bytes = Buffer.concat([toBinary(ModelProtoSchema, model), Uint8Array.of(0xc0, 0x3e, 7)]);
  assert.deepEqual(Buffer.from(writeModel(readModel(bytes))), bytes);
  const fused = readModel(fuse(bytes, spec).model);
  assert.deepEqual(
    fused.$unknown?.map((field) => field.no),
    [1000],
  );
  assert.equal(fused.metadataProps[0]?.value, 'someone');
});

test('the bytes that were given are not changed', () => {
  const model = buildModel({
    opset: 17,
    inputs: [picture('x')],
    outputs: [picture('y')],
    body: (write) => write.add('Mul', ['x', write.floats([2])], {}, 'y'),
  });
  const bytes = writeModel(model);
  const before = bytes.slice();
  fuse(bytes, spec);
  assert.deepEqual(bytes, before);
});
