import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { TensorProto_DataType as DataType } from '../../packages/server/src/graph/gen/onnx_pb.ts';
import { writeModel } from '../../packages/server/src/graph/onnxFile.ts';
import { buildModel, type ModelSpec } from '../../packages/server/src/graph/testing/buildModel.ts';

/** Writes `<root>/<name>/1/` with a graph that is served as it is. */
export function writeTensorPackage(root: string, name: string, graph: Uint8Array): string {
  const folder = path.join(root, name, '1');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'graph.onnx'), graph);
  const manifest = { schema: 1, name, version: '1', task: 'tensor', licence: 'CC0-1.0', graph: 'graph.onnx' };
  writeFileSync(path.join(folder, 'model.yaml'), JSON.stringify(manifest));
  return folder;
}

export function graphOf(spec: Omit<ModelSpec, 'opset'>): Uint8Array {
  return writeModel(buildModel({ opset: 17, ...spec }));
}

/** Gives back what it is fed. */
export function identity(type: DataType, dims: readonly (number | string)[]): Uint8Array {
  return graphOf({
    inputs: [{ name: 'x', type, dims }],
    outputs: [{ name: 'y', type, dims }],
    body: (write) => void write.add('Identity', ['x'], {}, 'y'),
  });
}

/** Two inputs and two outputs of different types: the sum, and whether a is less than b. */
export function sumAndLess(): Uint8Array {
  const input = { type: DataType.FLOAT, dims: ['N', 2] };
  return graphOf({
    inputs: [
      { name: 'a', ...input },
      { name: 'b', ...input },
    ],
    outputs: [
      { name: 'sum', ...input },
      { name: 'less', type: DataType.BOOL, dims: ['N', 2] },
    ],
    body: (write) => {
      write.add('Add', ['a', 'b'], {}, 'sum');
      write.add('Less', ['a', 'b'], {}, 'less');
    },
  });
}

/** An output of as many zeros as it is told. */
export function zerosOf(): Uint8Array {
  return graphOf({
    inputs: [{ name: 'count', type: DataType.INT64, dims: [1] }],
    outputs: [{ name: 'zeros', type: DataType.FLOAT, dims: ['M'] }],
    body: (write) => void write.add('ConstantOfShape', ['count'], {}, 'zeros'),
  });
}

/** Its one number 64 times, late: `layers` convolutions of zeros stand in between, some 50 to 150 ms of a core each. */
export function slowIdentity(layers: number): Uint8Array {
  const dims = [1, 64, 256, 256];
  return graphOf({
    inputs: [{ name: 'x', type: DataType.FLOAT, dims: [1] }],
    outputs: [{ name: 'y', type: DataType.FLOAT, dims: [1, 64, 1, 1] }],
    body: (write) => {
      const layer = write.floats(new Array(64 * 64 * 9).fill(0), [64, 64, 3, 3]);
      let wide = write.add('Expand', ['x', write.ints(dims)]);
      for (let at = 0; at < layers; at++) wide = write.add('Conv', [wide, layer], { pads: [1, 1, 1, 1] });
      write.add('Add', [write.add('GlobalAveragePool', [wide]), 'x'], {}, 'y');
    },
  });
}
