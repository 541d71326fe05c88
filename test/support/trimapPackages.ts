import type { ManifestSource } from '@segserve/contract';
import { TensorProto_DataType as DataType } from '../../packages/server/src/graph/gen/onnx_pb.ts';
import type { NodeWriter } from '../../packages/server/src/graph/nodeWriter.ts';
import { writeModel } from '../../packages/server/src/graph/onnxFile.ts';
import { buildModel } from '../../packages/server/src/graph/testing/buildModel.ts';
import { writePackage } from './tinyPackages.ts';

export interface TrimapNetwork {
  /** `own`: an input "trimap" of its own. `channels`: behind R, G and B. */
  readonly input: 'own' | 'channels';
  readonly encoding: 'value' | 'onehot';
  readonly layout?: 'nchw' | 'nhwc';
  readonly half?: boolean;
  /** What it answers: the unknown share of its trimap, or a matte of the colours (see `colorAffinity`). */
  readonly answers?: 'unknown' | 'affinity';
  readonly side?: number;
  /** Pictures of each run; free when absent. */
  readonly batch?: number;
}

/** A matting model that needs a trimap, in every form in which published ones take it. */
export function writeTrimapModel(
  root: string,
  name: string,
  network: TrimapNetwork,
  changes: Partial<ManifestSource> = {},
): string {
  const { input, encoding, layout = 'nchw', side = 64 } = network;
  const trimap = { ...(input === 'own' ? { name: 'trimap' } : {}), encoding };
  return writePackage(root, name, trimapGraph(network), {
    input: { size: { rule: 'fixed', width: side, height: side }, layout, trimap },
    output: { kind: 'probabilities' },
    ...changes,
  });
}

function trimapGraph({
  input,
  encoding,
  layout = 'nchw',
  half = false,
  answers = 'unknown',
  side = 64,
  batch,
}: TrimapNetwork) {
  const type = half ? DataType.FLOAT16 : DataType.FLOAT;
  const channels = encoding === 'value' ? 1 : 3;
  const n = batch ?? 'N';
  const dims = (count: number) => (layout === 'nchw' ? [n, count, side, side] : [n, side, side, count]);
  const isOwn = input === 'own';
  const model = buildModel({
    opset: 17,
    inputs: [
      // The trimap stands first, so that nothing rests on the order of the inputs.
      ...(isOwn ? [{ name: 'trimap', type, dims: dims(channels) }] : []),
      { name: 'x', type, dims: dims(isOwn ? 3 : 3 + channels) },
    ],
    outputs: [{ name: 'y', type, dims: dims(1) }],
    body: (write) => {
      const numbers = (name: string) => {
        const wide = half ? write.add('Cast', [name], { to: DataType.FLOAT }) : name;
        return layout === 'nchw' ? wide : write.add('Transpose', [wide], { perm: [0, 3, 1, 2] });
      };
      const x = numbers('x');
      const colors = isOwn ? x : channel(write, x, 0, 3);
      const known = isOwn ? numbers('trimap') : channel(write, x, 3, 3 + channels);
      const says =
        encoding === 'value' ? classesOf(write, known) : [0, 1, 2].map((at) => channel(write, known, at, at + 1));
      const [background, unknown, foreground] = says as [string, string, string];
      const made = answers === 'unknown' ? unknown : colorAffinity(write, colors, background, foreground);
      const laid = layout === 'nchw' ? made : write.add('Transpose', [made], { perm: [0, 2, 3, 1] });
      write.add(half ? 'Cast' : 'Identity', [laid], half ? { to: DataType.FLOAT16 } : {}, 'y');
    },
  });
  return writeModel(model);
}

function channel(write: NodeWriter, from: string, start: number, end: number): string {
  return write.add('Slice', [from, write.ints([start]), write.ints([end]), write.ints([1])]);
}

/** 1 where the trimap's number is 0, ½, 1; 0 elsewhere. */
function classesOf(write: NodeWriter, value: string): string[] {
  const two = write.add('Mul', [value, write.floats([2])]);
  const zero = write.floats([0]);
  const one = write.floats([1]);
  const background = write.add('Clip', [write.add('Sub', [one, two]), zero, one]);
  const foreground = write.add('Clip', [write.add('Sub', [two, one]), zero, one]);
  const unknown = write.add('Sub', [one, write.add('Add', [background, foreground])]);
  return [background, unknown, foreground];
}

/**
 * Where a pixel's colour stands between the mean colours of the surely foreign and the surely own pixels around it. Not a good
 * matte, but one that is made of both pictures, and whose errors a wrong trimap or a wrong channel would show.
 */
function colorAffinity(write: NodeWriter, colors: string, background: string, foreground: string): string {
  const [back, front] = [background, foreground].map((weight) => meanAround(write, colors, weight)) as [string, string];
  const line = write.add('Sub', [front, back]);
  const share = dot(write, write.add('Sub', [colors, back]), line);
  const length = write.add('Add', [dot(write, line, line), write.floats([1e-4])]);
  return write.add('Clip', [write.add('Div', [share, length]), write.floats([0]), write.floats([1])]);
}

/** The mean of the colours in a wide window, each pixel by its weight. */
function meanAround(write: NodeWriter, colors: string, weight: string): string {
  const pool = (of: string, kernel: number[], pads: number[]) =>
    write.add('AveragePool', [of], { kernel_shape: kernel, pads, count_include_pad: 1 });
  const blur = (of: string) => pool(pool(of, [1, 41], [0, 20, 0, 20]), [41, 1], [20, 0, 20, 0]);
  const weights = write.add('Add', [blur(weight), write.floats([1e-5])]);
  return write.add('Div', [blur(write.add('Mul', [colors, weight])), weights]);
}

function dot(write: NodeWriter, one: string, other: string): string {
  return write.add('ReduceSum', [write.add('Mul', [one, other]), write.ints([1])]);
}
