import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ManifestSource } from '@segserve/contract';
import { TensorProto_DataType as DataType } from '../../packages/server/src/graph/gen/onnx_pb.ts';
import type { NodeWriter } from '../../packages/server/src/graph/nodeWriter.ts';
import { writeModel } from '../../packages/server/src/graph/onnxFile.ts';
import { buildModel } from '../../packages/server/src/graph/testing/buildModel.ts';

type Changes = Partial<Omit<ManifestSource, 'schema' | 'name' | 'graph'>>;

/** Writes `<root>/<name>/<version>/` and gives its folder. JSON is YAML. */
export function writePackage(root: string, name: string, graph: Uint8Array, rest: Changes): string {
  const { version = '1' } = rest;
  const folder = path.join(root, name, version);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'graph.onnx'), graph);
  const manifest = { schema: 1, name, task: 'matting', licence: 'CC0-1.0', graph: 'graph.onnx', ...rest, version };
  writeFileSync(path.join(folder, 'model.yaml'), JSON.stringify(manifest));
  return folder;
}

const side = 32;

/**
 * A matting model whose answer can be foretold: the opacity of a pixel is its red channel, so that a picture of one
 * colour has one opacity. Its batch is free.
 */
export function writeRedMatte(root: string, name: string, changes: Changes = {}): string {
  return writePackage(root, name, channelMatte(0), {
    input: { size: { rule: 'fixed', width: side, height: side } },
    output: { kind: 'probabilities' },
    ...changes,
  });
}

/** The opacity is this channel of the picture: 0 red, 1 green, 2 blue. */
export function channelMatte(channel: number): Uint8Array {
  return matte('N', side, (write) => {
    const weights = write.floats(
      [0, 1, 2].map((at) => (at === channel ? 1 : 0)),
      [1, 3, 1, 1],
    );
    return write.add('Conv', ['x', weights]);
  });
}

/**
 * The same answer, but each layer costs 4.8 GFLOP, some 50 to 150 ms of a core: a model to hold workers busy with.
 * The layers' weights are zeros, which cost as much as any numbers, and what they give is added to the red channel.
 */
export function writeSlowRedMatte(root: string, name: string, layers: number, changes: Changes = {}): string {
  const slowSide = 256;
  const channels = 64;
  const graph = matte(1, slowSide, (write) => {
    const widen = write.floats(new Array(channels * 3).fill(0), [channels, 3, 1, 1]);
    const layer = write.floats(new Array(channels * channels * 9).fill(0), [channels, channels, 3, 3]);
    const narrow = write.floats(new Array(channels).fill(0), [1, channels, 1, 1]);
    let wide = write.add('Conv', ['x', widen]);
    for (let at = 0; at < layers; at++) wide = write.add('Conv', [wide, layer], { pads: [1, 1, 1, 1] });
    const nothing = write.add('Conv', [wide, narrow]);
    const red = write.add('Conv', ['x', write.floats([1, 0, 0], [1, 3, 1, 1])]);
    return write.add('Add', [red, nothing]);
  });
  return writePackage(root, name, graph, {
    input: { size: { rule: 'fixed', width: slowSide, height: slowSide } },
    output: { kind: 'probabilities' },
    batching: { maxSize: 1, delayMs: 0 },
    ...changes,
  });
}

/** A semantic model of `labels.length` classes: a fixed 3×3 convolution and its strongest channel. Its batch is free. */
export function writeTinySemantic(
  root: string,
  name: string,
  labels: readonly string[],
  changes: Changes = {},
): string {
  const graph = buildModel({
    opset: 17,
    inputs: [{ name: 'x', type: DataType.FLOAT, dims: ['N', 3, 48, 48] }],
    outputs: [{ name: 'y', type: DataType.FLOAT, dims: ['N', labels.length, 48, 48] }],
    body: (write) => {
      // Numbers without a pattern, the same in every run.
      const values = Array.from({ length: labels.length * 27 }, (_, at) => Math.sin(at * 12.9898 + 1) * 2);
      const weights = write.floats(values, [labels.length, 3, 3, 3]);
      write.add('Conv', ['x', weights], { pads: [1, 1, 1, 1] }, 'y');
    },
  });
  return writePackage(root, name, writeModel(graph), {
    task: 'semantic',
    labels: [...labels],
    background: 0,
    input: { size: { rule: 'fixed', width: 48, height: 48 }, mean: [0.5, 0.5, 0.5] },
    output: { kind: 'logits' },
    ...changes,
  });
}

function matte(batch: number | string, sides: number, body: (write: NodeWriter) => string): Uint8Array {
  const model = buildModel({
    opset: 17,
    inputs: [{ name: 'x', type: DataType.FLOAT, dims: [batch, 3, sides, sides] }],
    outputs: [{ name: 'y', type: DataType.FLOAT, dims: [batch, 1, sides, sides] }],
    body: (write) => write.add('Identity', [body(write)], {}, 'y'),
  });
  return writeModel(model);
}
