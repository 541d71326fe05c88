import type { FusionOutput } from '../fusionSpec.ts';
import { TensorProto_DataType as DataType } from '../gen/onnx_pb.ts';
import type { NodeWriter } from '../nodeWriter.ts';
import { writeModel } from '../onnxFile.ts';
import { buildModel } from './buildModel.ts';

export interface TinyNetwork {
  readonly opset: number;
  readonly inputLayout: 'nchw' | 'nhwc';
  readonly outputLayout: 'nchw' | 'nhwc';
  readonly kind: FusionOutput['kind'];
  readonly channels: number;
  readonly half: boolean;
  /** Free batch and sides, or [1, height, width]. */
  readonly fixed: readonly [height: number, width: number] | undefined;
  /** Answer at half the sides, as most networks give it. */
  readonly strided?: boolean;
  /** labels: whether ArgMax keeps its axis. */
  readonly keepdims?: boolean;
  /** Leaves the output's shape undeclared. */
  readonly shapeless?: boolean;
}

export const inputName = 'x';
export const outputName = 'y';

/** A 1×1 convolution from pixels to classes with an ending of the wanted kind: the least that has every form of input and output. */
export function tinyNetwork(network: TinyNetwork): Uint8Array {
  const { opset, inputLayout, outputLayout, kind, channels, half, fixed, strided = false } = network;
  const type = half ? DataType.FLOAT16 : DataType.FLOAT;
  const [n, h, w] = fixed === undefined ? ['N', 'H', 'W'] : [1, ...fixed];
  const outSides = strided ? (fixed === undefined ? ['h', 'w'] : fixed.map((side) => Math.floor(side / 2))) : [h, w];
  const outDims = outputLayout === 'nchw' ? [n, channels, ...outSides] : [n, ...outSides, channels];
  const labelDims = outputLayout === 'nchw' ? [n, 1, ...outSides] : [n, ...outSides, 1];
  const isLabels = kind === 'labels';
  const dims = isLabels ? (network.keepdims ? labelDims : [n, ...outSides]) : outDims;
  const model = buildModel({
    opset,
    irVersion: opset >= 21 ? 10 : opset >= 15 ? 8 : 6,
    inputs: [{ name: inputName, type, dims: inputLayout === 'nchw' ? [n, 3, h, w] : [n, h, w, 3] }],
    outputs: [
      {
        name: outputName,
        type: isLabels ? DataType.INT64 : type,
        ...(network.shapeless ? {} : { dims: dims as (number | string)[] }),
      },
    ],
    body: (write) => writeBody(write, network, strided),
  });
  return writeModel(model);
}

function writeBody(write: NodeWriter, network: TinyNetwork, strided: boolean): void {
  const { inputLayout, outputLayout, kind, channels, half } = network;
  const constant = (values: number[], dims: number[]) => {
    const floats = write.floats(values, dims);
    return half ? write.add('Cast', [floats], { to: DataType.FLOAT16 }) : floats;
  };
  const planar = inputLayout === 'nchw' ? inputName : write.add('Transpose', [inputName], { perm: [0, 3, 1, 2] });
  const random = randomNumbers(7);
  const weights = Array.from({ length: channels * 3 }, () => 4 * random() - 2);
  let scores = write.add('Conv', [planar, constant(weights, [channels, 3, 1, 1])]);
  if (strided) scores = write.add('AveragePool', [scores], { kernel_shape: [2, 2], strides: [2, 2] });
  if (kind === 'probabilities' && channels === 1) scores = write.add('Sigmoid', [scores]);
  const interleave = outputLayout === 'nhwc' || (kind === 'probabilities' && channels > 1);
  if (interleave) scores = write.add('Transpose', [scores], { perm: [0, 2, 3, 1] });
  if (kind === 'probabilities' && channels > 1) {
    scores = write.add('Softmax', [scores], { axis: 3 });
    if (outputLayout === 'nchw') scores = write.add('Transpose', [scores], { perm: [0, 3, 1, 2] });
  }
  if (kind === 'labels') {
    scores = write.add('ArgMax', [scores], {
      axis: outputLayout === 'nchw' ? 1 : 3,
      keepdims: network.keepdims ? 1 : 0,
    });
  }
  write.add('Identity', [scores], {}, outputName);
}

/** Numbers in 0 … 1, the same in every run (a linear congruential generator with the constants of Numerical Recipes). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function randomPixels(count: number, seed = 1): Uint8Array {
  const random = randomNumbers(seed);
  return Uint8Array.from({ length: count }, () => random() * 256);
}
