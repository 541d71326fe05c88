import type { Tensor } from 'onnxruntime-node';
import { Fault } from '../domain/fault.ts';
import type { Instance } from './instances/instance.ts';
import type { FindInstances, FindOptions } from './postprocess/instances/found.ts';
import type { View } from './postprocess/instances/maskIn.ts';

/** What the network says of one picture, at the size of the model's output. */
export interface RawAnswer {
  readonly width: number;
  readonly height: number;
  /** A score of the network is NaN, so nothing can be said of this picture. */
  readonly isBroken?: boolean;
  /** Semantic models: the winning class. */
  readonly labels: Uint8Array | Uint16Array | undefined;
  /** Matting models: opacity, 0…255. */
  readonly alpha: Uint8Array | undefined;
  /** The winner's probability, 0…255; undefined when not asked for or not known. */
  readonly score: Uint8Array | undefined;
  /** Classification models: a probability for each class. */
  readonly classes?: ClassScores;
  /** Semantic models whose graph gives them: the scores of all classes. */
  readonly scores?: ScoreMap | undefined;
  /** Instance models: what is there, as soon as a request's options are known. Boxes count the pixels of `width` × `height`. */
  readonly find?: FindInstances;
  /** Panoptic models: the segments of the part of the answer that shows the picture, as soon as a request's options are known. */
  readonly segments?: (view: View, options: FindOptions) => readonly Instance[];
}

/** The network's own numbers for each pixel and class. */
export interface ScoreMap {
  readonly data: Float32Array;
  /** 1: one number, of class 1. */
  readonly channels: number;
  readonly layout: 'nchw' | 'nhwc';
  readonly kind: 'logits' | 'probabilities';
}

/** A probability for each class, by index. */
export type ClassScores = Float32Array | Float64Array;

/** A fused graph's outputs, uint8 or uint16 [n,h,w] each and `nan` uint8 [n], cut into pictures. */
export function readFused(outputs: readonly Tensor[], names: readonly string[], n: number): RawAnswer[] {
  const [first] = outputs;
  const [height, width] = sidesOf(first, n);
  const planes = (name: string) => {
    const tensor = outputs[names.indexOf(name)];
    return tensor === undefined ? undefined : whole(tensor, n * height * width);
  };
  const [labels, alpha, score] = [planes('labels'), planes('alpha'), planes('score')];
  const nan = outputs[names.indexOf('nan')]?.data;
  return Array.from({ length: n }, (_, index) => {
    const from = index * height * width;
    const to = from + height * width;
    return {
      width,
      height,
      isBroken: nan?.[index] === 1,
      labels: labels?.subarray(from, to),
      alpha: alpha instanceof Uint8Array ? alpha.subarray(from, to) : undefined,
      score: score instanceof Uint8Array ? score.subarray(from, to) : undefined,
    };
  });
}

function sidesOf(tensor: Tensor | undefined, n: number): [number, number] {
  const [count, height, width] = tensor?.dims ?? [];
  if (tensor?.dims.length !== 3 || count !== n || !height || !width) throw wrongShape(tensor, `[${n},height,width]`);
  return [height, width];
}

function whole(tensor: Tensor, length: number): Uint8Array | Uint16Array {
  const { data } = tensor;
  if ((data instanceof Uint8Array || data instanceof Uint16Array) && data.length === length) return data;
  throw wrongShape(tensor, `${length} elements of uint8 or uint16`);
}

export function wrongShape(tensor: Tensor | undefined, expected: string): Fault {
  const received = tensor === undefined ? 'none' : `${tensor.type} [${tensor.dims.join(',')}]`;
  return Fault.expected('model_invalid', `a model output of ${expected}`, received);
}
