import { openDraft } from './draft.ts';
import { TensorProto_DataType as DataType, type ValueInfoProto } from './gen/onnx_pb.ts';
import { GraphError } from './graphError.ts';
import { NodeWriter } from './nodeWriter.ts';
import { writeModel } from './onnxFile.ts';
import { clip, resize, sidesOf, toFloat32, transpose } from './operators.ts';
import { type Dim, declareTensor, shapeText, tensorInfo } from './tensorInfo.ts';

/** What is put together, and how. */
export interface QueryScores {
  /** Output with class logits, [N,Q,classes + 1], or without the 1 where no class says "nothing". */
  readonly classes: string;
  /** Output with mask logits, [N,Q,h,w]. */
  readonly masks: string;
  readonly nullClass: 'last' | 'first' | 'none';
  /** Present: mask logits grow to the sides of this input before they become probabilities. */
  readonly growTo?: { readonly input: string; readonly layout: 'nchw' | 'nhwc' };
  /** Classes without the null class. */
  readonly count: number;
}

/** The output that is added. */
export const queryScoresName = 'segserve_scores';

/**
 * A graph of queries as one of scores: `segserve_scores`, float32 [N,classes,h,w], is for each pixel and class Σ over the queries
 * p(class | query) · p(pixel in mask), as transformers' `post_process_semantic_segmentation` has it. A sum may pass 1.
 *
 * @throws {GraphError} when the outputs are no such logits
 */
export function withQueryScores(bytes: Uint8Array, wanted: QueryScores): Uint8Array {
  const draft = openDraft(bytes);
  const { graph } = draft.model;
  const write = new NodeWriter(draft.names, draft.opset);
  const classes = logitsOf(graph.output, wanted.classes, 3, 'class logits [N,Q,classes]');
  const masks = logitsOf(graph.output, wanted.masks, 4, 'mask logits [N,Q,h,w]');

  const odds = write.add('Softmax', [finite(write, toFloat32(write, wanted.classes, classes.type))], { axis: 2 });
  const real = withoutNull(write, odds, wanted.nullClass);
  const byClass = transpose(write, real, [0, 2, 1]);

  const logits = finite(write, toFloat32(write, wanted.masks, masks.type));
  const sized = wanted.growTo ? grown(write, logits, wanted.growTo) : logits;
  const inside = write.add('Sigmoid', [sized]);
  const rows = write.add('Reshape', [inside, write.ints([0, 0, -1])]);
  const sums = write.add('MatMul', [byClass, rows]);
  const shape = write.add('Concat', [sidesOf(write, byClass, 0, 2), sidesOf(write, inside, 2, 4)], { axis: 0 });
  write.add('Reshape', [sums, shape], {}, queryScoresName);

  graph.node.push(...write.nodes);
  graph.initializer.push(...write.initializers);
  const sides: readonly Dim[] = wanted.growTo ? [undefined, undefined] : masks.dims.slice(2);
  graph.output = [declareTensor(queryScoresName, DataType.FLOAT, [masks.dims[0], wanted.count, ...sides])];
  return writeModel(draft.model);
}

/** The largest number of float16: exports in it overflow to infinities, between which nothing can be interpolated. */
const mostFinite = 65_504;

/** NaN stays, which Clip alone need not grant. */
function finite(write: NodeWriter, logits: string): string {
  return write.add('Where', [write.add('IsNaN', [logits]), logits, clip(write, logits, -mostFinite, mostFinite)]);
}

function logitsOf(outputs: readonly ValueInfoProto[], name: string, rank: number, what: string) {
  const value = outputs.find((output) => output.name === name);
  const info = value && tensorInfo(value);
  const dims = info?.dims ?? Array<Dim>(rank).fill(undefined);
  if (info === undefined || dims.length !== rank) {
    throw new GraphError(`Expected ${what} in output "${name}" but it is ${shapeText(info?.dims)}`);
  }
  return { type: info.type, dims };
}

function withoutNull(write: NodeWriter, odds: string, nullClass: QueryScores['nullClass']): string {
  if (nullClass === 'none') return odds;
  const [from, to] = nullClass === 'last' ? [0, -1] : [1, Number.MAX_SAFE_INTEGER];
  return write.add('Slice', [odds, write.ints([from]), write.ints([to]), write.ints([2])]);
}

/** As the scores of other networks grow: linearly, with half-pixel centres. */
function grown(write: NodeWriter, logits: string, { input, layout }: NonNullable<QueryScores['growTo']>): string {
  const axis = layout === 'nchw' ? 2 : 1;
  const sizes = write.add('Concat', [sidesOf(write, logits, 0, 2), sidesOf(write, input, axis, axis + 2)], { axis: 0 });
  return resize(write, logits, sizes, 'linear');
}
