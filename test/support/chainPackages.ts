import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ChainManifestSource } from '@segserve/contract';
import { TensorProto_DataType as DataType } from '../../packages/server/src/graph/gen/onnx_pb.ts';
import { writeModel } from '../../packages/server/src/graph/onnxFile.ts';
import { buildModel } from '../../packages/server/src/graph/testing/buildModel.ts';
import { instanceGraph } from '../../packages/server/src/pipeline/testing/instanceGraphs.ts';
import { meanColor } from '../../packages/server/src/pipeline/testing/tinyGraph.ts';

type Words = Readonly<Record<string, unknown>>;

function write(root: string, name: string, graph: Uint8Array | undefined, words: Words): void {
  const folder = path.join(root, name, '1');
  mkdirSync(folder, { recursive: true });
  if (graph) writeFileSync(path.join(folder, 'graph.onnx'), graph);
  const manifest = {
    schema: 1,
    name,
    version: '1',
    licence: 'CC0-1.0',
    ...(graph && { graph: 'graph.onnx' }),
    ...words,
  };
  writeFileSync(path.join(folder, 'model.yaml'), JSON.stringify(manifest));
}

export function writeChain(
  root: string,
  name: string,
  stages: ChainManifestSource['stages'],
  words: Partial<ChainManifestSource> = {},
): void {
  write(root, name, undefined, { task: 'chain', stages, ...words });
}

/** A box, in pixels of the 64×64 input that every picture is stretched to, with a class and a score. */
export type Found = readonly [x0: number, y0: number, x1: number, y1: number, label: number, score: number];

/** A detector that finds the same cups (0) and spoons (1) in every picture, their masks full rectangles. */
export function writeFinder(root: string, name: string, found: readonly Found[], words: Words = {}): void {
  const n = found.length;
  const graph = instanceGraph({
    input: [64, 64],
    given: [
      { name: 'boxes', dims: [n, 4], values: found.flatMap((one) => one.slice(0, 4)) },
      { name: 'labels', dims: [n], values: found.map((one) => one[4]), type: 'int64' },
      { name: 'scores', dims: [n], values: found.map((one) => one[5]) },
      { name: 'masks', dims: [n, 1, 4, 4], values: new Array(n * 16).fill(0.9) },
    ],
  });
  write(root, name, graph, {
    task: 'instance',
    labels: ['cup', 'spoon'],
    input: { size: { rule: 'fixed', width: 64, height: 64 } },
    output: { family: 'mask-rcnn', maxInstances: 1000 },
    ...words,
  });
}

/** A classifier whose classes are the mean red, green and blue. */
export function writeColorNamer(root: string, name: string, labels = ['red', 'green', 'blue']): void {
  write(root, name, meanColor({ form: 'plain' }).bytes, {
    task: 'classification',
    labels,
    input: { size: { rule: 'fixed', width: 8, height: 8 }, scale: 1 / 16 },
    output: { kind: 'logits' },
  });
}

/** The class of a pixel is the strongest of black, red and green, at the picture's own size. */
export function writeColorClasses(root: string, name: string, words: Words = {}): void {
  const graph = buildModel({
    opset: 17,
    inputs: [{ name: 'x', type: DataType.FLOAT, dims: ['N', 3, 'H', 'W'] }],
    outputs: [{ name: 'y', type: DataType.FLOAT, dims: ['N', 3, 'H', 'W'] }],
    body: (add) => {
      const weights = add.floats([0, 0, 0, 1, 0, 0, 0, 1, 0], [3, 3, 1, 1]);
      add.add('Conv', ['x', weights, add.floats([0.25, 0, 0], [3])], {}, 'y');
    },
  });
  write(root, name, writeModel(graph), {
    task: 'semantic',
    labels: ['nothing', 'red', 'green'],
    background: 0,
    input: { size: { rule: 'free' }, kernel: 'nearest' },
    output: { kind: 'logits' },
    ...words,
  });
}

/** A matte (the red channel) that cannot run on a picture with a side below 16. */
export function writePickyMatte(root: string, name: string): void {
  const side = 16;
  const graph = buildModel({
    opset: 17,
    inputs: [{ name: 'x', type: DataType.FLOAT, dims: ['N', 3, 'H', 'W'] }],
    outputs: [{ name: 'y', type: DataType.FLOAT, dims: ['N', 1, 'h', 'w'] }],
    body: (add) => {
      const weights = new Array(3 * side * side).fill(0);
      weights[0] = 1;
      add.add('Conv', ['x', add.floats(weights, [1, 3, side, side])], {}, 'y');
    },
  });
  write(root, name, writeModel(graph), {
    task: 'matting',
    input: { size: { rule: 'free' } },
    output: { kind: 'probabilities' },
  });
}
