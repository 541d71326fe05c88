import { type QueriesOutput, queryClassNames, queryMaskNames } from '@segserve/contract';
import type { Tensor } from 'onnxruntime-node';
import { Fault } from '../../../domain/fault.ts';
import type { Size } from '../../../domain/geometry.ts';
import { checkScore, isFloat, numbers, type Outputs, outputOf, shown } from '../instances/outputs.ts';

/** What a model of queries gave for one picture. */
export interface QuerySet {
  /** Of the masks. */
  readonly size: Size;
  readonly count: number;
  /** Classes that a query may be, the null class not among them. */
  readonly classes: number;
  /** Probability of each class for each query, row by row, without the null class. */
  readonly probabilities: Float64Array;
  /** Of each query, the probability that it is nothing; zeros where the model has no null class. */
  readonly nothing: Float64Array;
  /** Mask logits of a query. Throws Fault `model_invalid` where one is no number. */
  readonly logitsOf: (query: number) => Float32Array;
}

type Words = Pick<QueriesOutput, 'classes' | 'masks' | 'nullClass'>;

/** The two outputs, chosen and checked against each other and the labels. Whatever else the graph gives is passed over. */
export function querySet(outputs: Outputs, words: Words, labels: number, ref: string): QuerySet {
  const classesName = words.classes ?? usual(outputs, queryClassNames);
  const needed = words.nullClass === 'none' ? labels : labels + 1;
  const scores = outputOf(outputs, 'classes', classesName, {
    what: `class logits, float [1,Q,${classesName === undefined ? needed : 'classes+1'}]`,
    // Boxes have the same number of sides: an output that nobody named must have the right number of classes.
    fits: (dims, type) => isFloat(type) && isBatchOf(dims, 2) && (classesName !== undefined || dims.at(-1) === needed),
  });
  const masks = outputOf(outputs, 'masks', words.masks ?? usual(outputs, queryMaskNames), {
    what: 'mask logits, float [1,Q,h,w]',
    fits: (dims, type) => isFloat(type) && isBatchOf(dims, 3) && dims.length === 4,
  });
  const [count, columns] = scores.dims.slice(-2) as [number, number];
  if (masks.dims[1] !== count) {
    const expected = `as many masks as classes (${shown(scores)})`;
    throw Fault.expected('model_invalid', expected, shown(masks));
  }
  checkClassCount(columns, words.nullClass, labels, ref);
  const [height, width] = masks.dims.slice(-2) as [number, number];
  const planes = numbers(masks);
  const pixels = width * height;
  return {
    size: { width, height },
    count,
    classes: labels,
    ...probabilitiesOf(scores, count, columns, words.nullClass),
    logitsOf: (query) => finite(planes.subarray(query * pixels, (query + 1) * pixels)),
  };
}

/** A list of labels that belongs to another model would name every segment wrongly. */
function checkClassCount(columns: number, nullClass: Words['nullClass'], labels: number, ref: string): void {
  const needed = nullClass === 'none' ? labels : labels + 1;
  if (columns === needed) return;
  const null_ = nullClass === 'none' ? '' : ' and one for nothing';
  const expected = `a score for each of the ${labels} labels of ${ref}${null_}, ${needed} in all`;
  throw Fault.expected('model_invalid', expected, `${columns} scores for each query`);
}

/** The name under which exporters have it, where the graph does too. */
function usual(outputs: { has(name: string): boolean }, names: readonly string[]): string | undefined {
  return names.find((name) => outputs.has(name));
}

function isBatchOf(dims: readonly number[], rank: number): boolean {
  return dims.length === rank || (dims.length === rank + 1 && dims[0] === 1);
}

function probabilitiesOf(
  tensor: Tensor,
  count: number,
  columns: number,
  nullClass: Words['nullClass'],
): Pick<QuerySet, 'probabilities' | 'nothing'> {
  const logits = numbers(tensor);
  const classes = nullClass === 'none' ? columns : columns - 1;
  const first = nullClass === 'first' ? 1 : 0;
  const probabilities = new Float64Array(count * classes);
  const nothing = new Float64Array(count);
  for (let query = 0; query < count; query++) {
    const own = softmax(logits.subarray(query * columns, (query + 1) * columns));
    probabilities.set(own.subarray(first, first + classes), query * classes);
    if (nullClass !== 'none') nothing[query] = own[nullClass === 'first' ? 0 : columns - 1]!;
  }
  return { probabilities, nothing };
}

function softmax(logits: Float32Array): Float64Array {
  let most = Number.NEGATIVE_INFINITY;
  for (const logit of logits) {
    checkScore(logit);
    if (logit > most) most = logit;
  }
  const powers = Float64Array.from(logits, (logit) => (logit === most ? 1 : Math.exp(logit - most)));
  let sum = 0;
  for (const power of powers) sum += power;
  return powers.map((power) => power / sum);
}

/** The largest number of float16: exports in it overflow to infinities, between which nothing can be interpolated. */
const mostFinite = 65_504;

function finite(logits: Float32Array): Float32Array {
  let hasOnlyFinite = true;
  for (let at = 0; at < logits.length; at++) {
    const logit = logits[at]!;
    checkScore(logit);
    if (logit === Number.POSITIVE_INFINITY || logit === Number.NEGATIVE_INFINITY) hasOnlyFinite = false;
  }
  return hasOnlyFinite ? logits : logits.map((logit) => Math.min(Math.max(logit, -mostFinite), mostFinite));
}
