import type { FusionOutput } from './fusionSpec.ts';
import { TensorProto_DataType as DataType } from './gen/onnx_pb.ts';
import { type Growth, grow } from './growth.ts';
import type { NodeWriter } from './nodeWriter.ts';
import { atLeast, pick, reduceMax, squeeze, toFloat32, transpose, unsqueeze } from './operators.ts';
import { thresholdOf } from './pixelLoops.ts';
import type { Scores } from './scores.ts';

/** What can be made of scores, each part on demand and [N,h,w]. */
export interface PixelScores {
  /** The winning class and its element type; the first index wins a tie. */
  labels(): [name: string, type: number];
  /** float32: the probability of the foreground. */
  opacity(): string;
  /** float32: the probability of the winning class. */
  certainty(): string;
  /** True when the probabilities lie in 0 … 1 by construction and need no clipping. */
  readonly inUnitRange: boolean;
}

/**
 * The parts of a map of scores.
 *
 * A Softmax or Sigmoid that the model ends in stays, even before an ArgMax: it is monotonic, but in floats it can make equal what was
 * not (two logits that differ in the last bit, or both far below a third), and then the first index wins instead of the larger
 * one. Dropping it would be faster and could answer otherwise than the unfused model.
 */
export function scoreParts(
  write: NodeWriter,
  scores: Scores,
  output: FusionOutput,
  early: Growth | undefined,
  wantsProbability: boolean,
): PixelScores {
  const sized = early === undefined ? scores : grown(write, scores, early);
  return sized.channels === 1 ? oneChannel(write, sized, output) : manyChannels(write, sized, output, wantsProbability);
}

function oneChannel(write: NodeWriter, scores: Scores, { kind, threshold }: FusionOutput): PixelScores {
  const plane = once(() => {
    const flat = scores.axis === undefined ? scores.name : squeeze(write, scores.name, scores.axis);
    return toFloat32(write, flat, scores.type);
  });
  const opacity = once(() => (kind === 'logits' ? write.add('Sigmoid', [plane()]) : plane()));
  return {
    inUnitRange: kind === 'logits',
    labels: () => [atLeast(write, plane(), thresholdOf(kind, threshold)), DataType.BOOL],
    opacity,
    certainty: () => {
      const opposite = write.add('Sub', [write.floats([1]), opacity()]);
      return write.add('Max', [opacity(), opposite]);
    },
  };
}

function manyChannels(write: NodeWriter, scores: Scores, output: FusionOutput, wantsProbability: boolean): PixelScores {
  const { type, channels } = scores;
  const { kind, foreground } = output;
  const isPair = kind === 'logits' && channels === 2;
  const needsSoftmax = kind === 'logits' && channels > 2 && wantsProbability;
  // Along the last axis Softmax means the same in every opset and needs no transposes of the runtime's own (15 against 85 ms for 21
  // classes at 512²); once the scores lie that way, ArgMax gains from it too.
  const turned = needsSoftmax && scores.axis === 1;
  const axis = turned ? 3 : scores.axis!;
  const name = turned ? transpose(write, scores.name, [0, 2, 3, 1]) : scores.name;

  const plane = (channel: number) => toFloat32(write, pick(write, name, channel, axis), type);
  // Of two classes the softmax is the sigmoid of their difference.
  const difference = once(() => write.add('Sub', [plane(foreground), plane(1 - foreground)]));
  const softmax = once(() => write.add('Softmax', [toFloat32(write, name, type)], { axis }));
  return {
    inUnitRange: kind === 'logits',
    labels: () => {
      // No runtime compares bfloat16 on a CPU; every other float is compared as it is, so that no ties arise.
      const comparable = type === DataType.BFLOAT16 ? toFloat32(write, name, type) : name;
      return [write.add('ArgMax', [comparable], { axis, keepdims: 0 }), DataType.INT64];
    },
    opacity: () => {
      if (isPair) return write.add('Sigmoid', [difference()]);
      return needsSoftmax ? pick(write, softmax(), foreground, axis) : plane(foreground);
    },
    certainty: () => {
      if (isPair) return write.add('Sigmoid', [write.add('Abs', [difference()])]);
      return needsSoftmax
        ? reduceMax(write, softmax(), axis, 0)
        : toFloat32(write, reduceMax(write, name, axis, 0), type);
    },
  };
}

/** Scores at the model input's size, as float32 [N,C,h,w]: the one layout in which every runtime resizes with every kernel. */
function grown(write: NodeWriter, scores: Scores, growth: Growth): Scores {
  let planar = toFloat32(write, scores.name, scores.type);
  if (scores.axis === undefined) planar = unsqueeze(write, planar, 1);
  if (scores.axis === 3) planar = transpose(write, planar, [0, 3, 1, 2]);
  return { ...scores, name: grow(write, planar, 2, growth), type: DataType.FLOAT, axis: 1 };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
