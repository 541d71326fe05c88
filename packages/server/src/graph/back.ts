import type { Draft } from './draft.ts';
import type { ModelInput } from './front.ts';
import { type FusedOutput, type FusionSpec, fusedOutputs } from './fusionSpec.ts';
import { TensorProto_DataType as DataType, type ValueInfoProto } from './gen/onnx_pb.ts';
import { GraphError } from './graphError.ts';
import { type Growth, grow, growthOf } from './growth.ts';
import { labelMapOf } from './labelMap.ts';
import { NodeWriter } from './nodeWriter.ts';
import { anyNaN, cast, squeeze, unsqueeze } from './operators.ts';
import { type PixelScores, scoreParts } from './pixelScores.ts';
import { type Scores, scoresOf } from './scores.ts';
import { type Dim, declareTensor } from './tensorInfo.ts';

export interface Back {
  readonly outputs: FusedOutput[];
  readonly labelsType: 'uint8' | 'uint16';
  readonly operators: string[];
}

/**
 * Puts the way from the network's answer to the final one behind, and makes the wanted answers the graph's only outputs:
 * `labels`, `alpha`, `score`, each [N,h,w], and `nan`, [N].
 *
 * @throws {GraphError} when the answer's shape or type is not what the spec says, or cannot give what is wanted
 */
export function fuseBack(draft: Draft, value: ValueInfoProto, modelInput: ModelInput, spec: FusionSpec): Back {
  const wanted = fusedOutputs.filter((name) => spec.want[name]);
  const write = new NodeWriter(draft.names, draft.opset);
  const made =
    spec.output.kind === 'labels'
      ? fromLabels(draft, write, value, modelInput, spec, wanted)
      : fromScores(draft, write, value, modelInput, spec, wanted);

  const { graph } = draft.model;
  graph.node.push(...write.nodes);
  graph.initializer.push(...write.initializers);
  // No output any more, but what it declares helps whoever infers shapes.
  if (!graph.valueInfo.some((other) => other.name === value.name)) graph.valueInfo.push(value);
  graph.output = wanted.map((name) => {
    const dims = name === 'nan' ? made.dims.slice(0, 1) : made.dims;
    return declareTensor(name, name === 'labels' ? made.labelsType : DataType.UINT8, dims);
  });
  const labelsType = made.labelsType === DataType.UINT8 ? 'uint8' : 'uint16';
  return { outputs: wanted, labelsType, operators: write.nodes.map((node) => node.opType) };
}

interface Made {
  readonly labelsType: number;
  readonly dims: Dim[];
}

function fromLabels(
  draft: Draft,
  write: NodeWriter,
  value: ValueInfoProto,
  modelInput: ModelInput,
  { output, classes }: FusionSpec,
  wanted: FusedOutput[],
): Made {
  const beyond = wanted.find((name) => name !== 'labels');
  if (beyond !== undefined) {
    throw new GraphError(`Expected scores to make ${beyond} from but output "${value.name}" holds labels already`);
  }
  if (output.resize !== undefined && output.resize !== 'nearest') {
    throw new GraphError(`Expected nearest, the only kernel for labels, but the manifest asks for ${output.resize}`);
  }
  if (classes === undefined) draft.notes.push('the number of classes is not known; labels above 255 would not fit');
  const map = labelMapOf(draft.model.graph, value, output);
  const labelsType = typeFor(classes ?? 0);
  let labels = map.name;
  if (map.axis === 'add') labels = unsqueeze(write, labels, 0);
  else if (map.axis !== undefined) labels = squeeze(write, labels, map.axis);
  const growth = growthOf(map, modelInput, output.resize);
  finishLabels(write, labels, map.type, labelsType, growth);
  return { labelsType, dims: [map.batch, ...sidesAfter(map, growth)] };
}

function fromScores(
  draft: Draft,
  write: NodeWriter,
  value: ValueInfoProto,
  modelInput: ModelInput,
  { output, classes }: FusionSpec,
  wanted: FusedOutput[],
): Made {
  const scores = scoresOf(draft, value, output, classes);
  checkChannels(draft, scores, classes, wanted.includes('alpha') ? output.foreground : 0);
  const labelsType = typeFor(Math.max(scores.channels, classes ?? 0));
  const growth = growthOf(scores, modelInput, output.resize);
  // Nearest only repeats pixels, so it may come last, on bytes; the other kernels mix scores and come first.
  const late = growth?.kernel === 'nearest' ? growth : undefined;
  const wantsProbability = wanted.includes('alpha') || wanted.includes('score');
  const parts = scoreParts(write, scores, output, late === undefined ? growth : undefined, wantsProbability);
  if (wanted.includes('labels')) finishLabels(write, ...parts.labels(), labelsType, late);
  if (wanted.includes('alpha')) finishBytes(write, parts.opacity(), 'alpha', parts, late);
  if (wanted.includes('score')) finishBytes(write, parts.certainty(), 'score', parts, late);
  // Of the model's own scores, before anything of ours could turn NaN into a number.
  if (wanted.includes('nan')) anyNaN(write, scores.name, scores.axis === undefined ? [1, 2] : [1, 2, 3], 'nan');
  return { labelsType, dims: [scores.batch, ...sidesAfter(scores, growth)] };
}

/** Labels of any integer type to their final size and type; Resize takes uint8 and int32, but neither int64 nor uint16. */
function finishLabels(
  write: NodeWriter,
  labels: string,
  type: number,
  labelsType: number,
  late: Growth | undefined,
): void {
  let current = type;
  let sized = labels;
  if (late !== undefined) {
    const between = labelsType === DataType.UINT8 ? DataType.UINT8 : DataType.INT32;
    sized = grow(write, current === between ? labels : cast(write, labels, between), 1, late);
    current = between;
  }
  if (current === labelsType) write.add('Identity', [sized], {}, 'labels');
  else cast(write, sized, labelsType, 'labels');
}

/** A probability to a byte: ⌊255 · p + ½⌋, so that 0 stays 0, 1 becomes 255 and halves go up. */
function finishBytes(
  write: NodeWriter,
  probability: string,
  name: 'alpha' | 'score',
  { inUnitRange }: PixelScores,
  late: Growth | undefined,
): void {
  const unit = inUnitRange ? probability : write.add('Clip', [probability, write.floats([0]), write.floats([1])]);
  const scaled = write.add('Mul', [unit, write.floats([255])]);
  // Cast cuts the fraction off.
  const half = write.add('Add', [scaled, write.floats([0.5])]);
  if (late === undefined) cast(write, half, DataType.UINT8, name);
  else write.add('Identity', [grow(write, cast(write, half, DataType.UINT8), 1, late)], {}, name);
}

function checkChannels(draft: Draft, scores: Scores, classes: number | undefined, foreground: number): void {
  const { name, channels } = scores;
  if (foreground >= channels) {
    throw new GraphError(
      `Expected a foreground channel from 0 to ${channels - 1} in output "${name}" but the manifest says ${foreground}`,
    );
  }
  if (classes === undefined || channels === 1) return;
  if (classes < channels) {
    throw new GraphError(
      `Expected a label for each of the ${channels} channels of output "${name}" but there are ${classes} labels`,
    );
  }
  if (classes > channels) draft.notes.push(`${classes} labels are given but output "${name}" has ${channels} channels`);
}

function sidesAfter(answer: { height: Dim; width: Dim }, growth: Growth | undefined): [Dim, Dim] {
  return growth === undefined ? [answer.height, answer.width] : [growth.height, growth.width];
}

function typeFor(classes: number): number {
  return classes > 256 ? DataType.UINT16 : DataType.UINT8;
}
