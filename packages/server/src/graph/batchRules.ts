import {
  axesOf,
  type BatchFact,
  batchedOf,
  fromFront,
  intOf,
  intsOf,
  numbersOfFact,
  oneRow,
  restIsConstant,
  type Side,
  sidesOfFact,
  startsWithBatch,
  touchesBatch,
} from './batchFact.ts';
import type { NodeProto } from './gen/onnx_pb.ts';

export interface RuleContext {
  readonly node: NodeProto;
  readonly opset: number;
  /** One per input of the node; undefined where an optional one is left out. */
  readonly facts: readonly (BatchFact | undefined)[];
  /** Whether the node's output is declared to have exactly one row. */
  readonly declaredOneRow: boolean;
  /** Asks for another first number of the constant vector that is input `at`: 0 copies the batch (Reshape), 'batch' reads it (Resize). */
  readonly changeFirst: (at: number, first: 0 | 'batch') => void;
}

/** The fact of a node's outputs, or undefined when we cannot be sure that the pictures of a batch stay apart. */
export type BatchRule = (context: RuleContext) => BatchFact | undefined;

const same: BatchRule = ({ facts }) => (restIsConstant(facts) ? batchedOf(facts[0]) : undefined);

/** Operators with (N, C, D…) rows, whose second output, if any, would count places across the whole batch. */
const perRow: BatchRule = (context) =>
  context.node.output.filter((name) => name !== '').length === 1 ? same(context) : undefined;

const broadcast: BatchRule = ({ facts }) => {
  const rank = Math.max(...facts.map((fact) => (fact?.kind === 'batched' ? fact.rank : 0)));
  const fits = facts.every((fact) => {
    if (fact === undefined) return true;
    if (fact.kind === 'batched') return fact.rank === rank;
    return fact.kind === 'constant' && fact.dims !== undefined && (fact.dims.length < rank || oneRow(fact.dims, rank));
  });
  return fits && rank > 0 ? { kind: 'batched', rank } : undefined;
};

const alongAxis =
  (otherwise: (opset: number) => number): BatchRule =>
  ({ node, opset, facts }) => {
    const value = batchedOf(facts[0]);
    const axis = value && fromFront(intOf(node, 'axis') ?? otherwise(opset), value.rank);
    return axis !== undefined && axis > 0 && restIsConstant(facts) ? value : undefined;
  };

const argument: BatchRule = (context) => {
  const value = alongAxis(() => 0)(context);
  if (value?.kind !== 'batched') return undefined;
  return intOf(context.node, 'keepdims') === 0 ? { ...value, rank: value.rank - 1 } : value;
};

const reduce: BatchRule = ({ node, facts }) => {
  const value = batchedOf(facts[0]);
  const axes = value && axesOf(node, facts[1])?.map((axis) => fromFront(axis, value.rank));
  if (value === undefined || axes === undefined || axes.length === 0 || axes.includes(0)) return undefined;
  return intOf(node, 'keepdims') === 0 ? { ...value, rank: value.rank - axes.length } : value;
};

const concat: BatchRule = ({ node, facts }) => {
  const axis = intOf(node, 'axis') ?? 0;
  const [first] = facts;
  if (first?.kind === 'batched') {
    const alike = facts.every((fact) => fact?.kind === 'batched' && fact.rank === first.rank);
    return alike && fromFront(axis, first.rank) > 0 ? first : undefined;
  }
  const parts = facts.map(sidesOfFact);
  const known = parts.filter((part) => part !== undefined);
  return known.length === parts.length ? { kind: 'sides', sides: known.flat(), scalar: false } : undefined;
};

const shape: BatchRule = ({ node, facts }) => {
  const value = batchedOf(facts[0]);
  if (value === undefined) return undefined;
  const sides = Array.from({ length: value.rank }, (_, axis): Side => (axis === 0 ? 'batch' : 'other'));
  return { kind: 'sides', sides: sides.slice(intOf(node, 'start') ?? 0, intOf(node, 'end')), scalar: false };
};

const slice: BatchRule = ({ facts }) => {
  const [value, ...rest] = facts;
  const [starts, ends, axes, steps] = rest.map(numbersOfFact);
  if (!restIsConstant(facts) || (rest[3] !== undefined && steps?.some((step) => step !== 1) !== false))
    return undefined;
  if (value?.kind === 'batched') {
    return axes?.every((axis) => fromFront(axis, value.rank) > 0) ? value : undefined;
  }
  if (value?.kind !== 'sides' || starts?.length !== 1 || ends?.length !== 1) return undefined;
  return { ...value, sides: value.sides.slice(starts[0], ends[0]) };
};

const gather: BatchRule = ({ node, facts }) => {
  const [value, index] = facts;
  if (index?.kind !== 'constant' || index.dims === undefined) return undefined;
  const axis = intOf(node, 'axis') ?? 0;
  if (value?.kind === 'batched') {
    return fromFront(axis, value.rank) > 0 ? { ...value, rank: value.rank - 1 + index.dims.length } : undefined;
  }
  if (value?.kind !== 'sides' || index.numbers === undefined) return undefined;
  const sides = index.numbers.map((at) => value.sides.at(at));
  const known = sides.filter((side) => side !== undefined);
  return known.length === sides.length ? { kind: 'sides', sides: known, scalar: index.dims.length === 0 } : undefined;
};

const squeezing =
  (change: 1 | -1): BatchRule =>
  ({ node, facts }) => {
    const [value] = facts;
    if (value?.kind === 'sides') return value.sides.length === 1 ? { ...value, scalar: change === -1 } : undefined;
    const axes = axesOf(node, facts[1]);
    if (value?.kind !== 'batched' || axes === undefined) return undefined;
    const rank = value.rank + change * axes.length;
    const touchesBatch = axes.some((axis) => fromFront(axis, Math.max(rank, value.rank)) === 0);
    return touchesBatch ? undefined : { ...value, rank };
  };

const resize: BatchRule = ({ node, facts, changeFirst }) => {
  const value = batchedOf(facts[0]);
  const [, roi, scales, sizes] = facts;
  if (value === undefined || (roi !== undefined && roi.kind !== 'constant')) return undefined;
  const axes = intsOf(node, 'axes');
  if (axes !== undefined && !axes.some((axis) => fromFront(axis, value.rank) === 0)) {
    return sidesOfFact(sizes ?? scales)?.some(touchesBatch) === false ? value : undefined;
  }
  if (sizes === undefined) return numbersOfFact(scales)?.[0] === 1 ? value : undefined;
  if (sizes.kind === 'sides') return startsWithBatch(sizes.sides) ? value : undefined;
  const numbers = numbersOfFact(sizes);
  if (numbers?.length !== value.rank || numbers[0] !== 1) return undefined;
  changeFirst(3, 'batch');
  return value;
};

const reshape: BatchRule = ({ node, facts, declaredOneRow, changeFirst }) => {
  const value = batchedOf(facts[0]);
  const target = facts[1];
  if (value === undefined || target === undefined || intOf(node, 'allowzero') === 1) return undefined;
  if (target.kind === 'sides') {
    return startsWithBatch(target.sides) ? { kind: 'batched', rank: target.sides.length } : undefined;
  }
  const numbers = numbersOfFact(target);
  const first = numbers?.[0];
  if (numbers === undefined || first === undefined) return undefined;
  // A first side of −1 is what is left over: the batch, if with one picture one row was left.
  if (first !== 0 && first !== 1 && !(first === -1 && declaredOneRow)) return undefined;
  if (first === 1) changeFirst(1, 0);
  return { kind: 'batched', rank: numbers.length };
};

const flatten: BatchRule = ({ node, facts }) => {
  const value = batchedOf(facts[0]);
  return value && fromFront(intOf(node, 'axis') ?? 1, value.rank) === 1 ? { kind: 'batched', rank: 2 } : undefined;
};

const pad: BatchRule = ({ facts }) => {
  const value = batchedOf(facts[0]);
  const pads = numbersOfFact(facts[1]);
  const keepsRows =
    value && facts[3] === undefined && pads?.length === 2 * value.rank && pads[0] === 0 && pads[value.rank] === 0;
  return keepsRows && restIsConstant(facts) ? value : undefined;
};

const matMul: BatchRule = ({ facts }) => {
  const [a, b] = facts;
  if (a?.kind === 'batched' && b?.kind === 'batched') return a.rank === b.rank && a.rank >= 3 ? a : undefined;
  if (a?.kind === 'batched' && b?.kind === 'constant') return a.rank >= 2 && b.dims?.length === 2 ? a : undefined;
  if (a?.kind === 'constant' && b?.kind === 'batched') return b.rank >= 3 && a.dims?.length === 2 ? b : undefined;
  return undefined;
};

const gemm: BatchRule = ({ node, facts }) => {
  const value = batchedOf(facts[0]);
  const bias = facts[2];
  const biasFits =
    bias === undefined ||
    (bias.kind === 'constant' && bias.dims !== undefined && (bias.dims.length < 2 || bias.dims[0] === 1));
  const fits = value?.rank === 2 && (intOf(node, 'transA') ?? 0) === 0 && facts[1]?.kind === 'constant' && biasFits;
  return fits ? value : undefined;
};

const expand: BatchRule = ({ facts }) => {
  const value = batchedOf(facts[0]);
  const sides = sidesOfFact(facts[1]);
  if (value === undefined || sides === undefined || sides.length > value.rank) return undefined;
  const [first] = sides;
  const keepsRows = sides.length < value.rank || first === 1 || first === 'batch';
  return keepsRows && !sides.slice(1).some(touchesBatch) ? value : undefined;
};

const tile: BatchRule = ({ facts }) => {
  const [value, repeats] = facts;
  if (value?.kind === 'batched') return numbersOfFact(repeats)?.[0] === 1 ? value : undefined;
  // A constant repeated to the length of a row: its rank is what matters, and 0 stands for sides that are not known.
  const isConstant = value?.kind === 'constant' && sidesOfFact(repeats)?.some(touchesBatch) === false;
  return isConstant ? { ...value, dims: value.dims?.map(() => 0), numbers: undefined } : undefined;
};

const quantise: BatchRule = ({ node, facts }) => {
  const value = batchedOf(facts[0]);
  const scale = facts[1];
  if (value === undefined || scale?.kind !== 'constant' || !restIsConstant(facts)) return undefined;
  const perTensor = scale.dims?.length === 0 || (scale.dims?.length === 1 && scale.dims[0] === 1);
  const perChannel = scale.dims?.length === 1 && fromFront(intOf(node, 'axis') ?? 1, value.rank) > 0;
  return perTensor || perChannel ? value : undefined;
};

/** Values of sides may be computed with; what comes out of the batch that way is no longer the batch. */
const onSides: BatchRule = ({ facts }) => {
  const parts = facts.map(sidesOfFact);
  const known = parts.filter((part) => part !== undefined);
  if (known.length !== parts.length) return undefined;
  const length = Math.max(...known.map((part) => part.length));
  const sides = Array.from({ length }, (_, i): Side => {
    const operands = known.map((part) => (part.length === 1 ? part[0]! : (part[i] ?? 'mixed')));
    return operands.some(touchesBatch) ? 'mixed' : 'other';
  });
  const scalar = facts.every((fact) =>
    fact?.kind === 'sides' ? fact.scalar : fact?.kind === 'constant' && fact.dims?.length === 0,
  );
  return { kind: 'sides', sides, scalar };
};

const eitherWay =
  (rule: BatchRule): BatchRule =>
  (context) =>
    context.facts.some((fact) => fact?.kind === 'sides') ? onSides(context) : rule(context);

const castLike: BatchRule = (context) => (context.facts[0]?.kind === 'sides' ? context.facts[0] : same(context));

const named = (rule: BatchRule, ...operators: string[]) => operators.map((operator) => [operator, rule] as const);

/** Standard operators that are known to keep the pictures of a batch apart, with their conditions. One that is missing keeps the batch fixed. */
export const batchRules: ReadonlyMap<string, BatchRule> = new Map([
  ...named(
    same,
    'Abs',
    'Celu',
    'Clip',
    'Elu',
    'Erf',
    'Exp',
    'Gelu',
    'HardSigmoid',
    'HardSwish',
    'LeakyRelu',
    'Log',
    'Mish',
  ),
  ...named(
    same,
    'Neg',
    'Not',
    'Reciprocal',
    'Relu',
    'Round',
    'Selu',
    'Sigmoid',
    'Sign',
    'Softplus',
    'Softsign',
    'Tanh',
  ),
  ...named(same, 'Sqrt', 'ThresholdedRelu', 'DepthToSpace', 'SpaceToDepth', 'LRN'),
  ...named(castLike, 'Cast', 'Identity'),
  ...named(eitherWay(same), 'Ceil', 'Floor'),
  ...named(eitherWay(broadcast), 'Add', 'Div', 'Mul', 'Sub', 'Max', 'Min'),
  ...named(
    broadcast,
    'And',
    'Equal',
    'Greater',
    'GreaterOrEqual',
    'Less',
    'LessOrEqual',
    'Or',
    'PRelu',
    'Pow',
    'Sum',
    'Where',
  ),
  ...named(perRow, 'AveragePool', 'BatchNormalization', 'Conv', 'ConvInteger', 'ConvTranspose', 'GlobalAveragePool'),
  ...named(
    perRow,
    'GlobalMaxPool',
    'GroupNormalization',
    'InstanceNormalization',
    'LpPool',
    'MaxPool',
    'QLinearConv',
    'Dropout',
  ),
  ...named(quantise, 'QuantizeLinear', 'DequantizeLinear'),
  ...named(
    alongAxis((opset) => (opset < 13 ? 1 : -1)),
    'Softmax',
    'LogSoftmax',
    'Hardmax',
  ),
  ...named(
    alongAxis(() => 0),
    'Split',
  ),
  ...named(
    alongAxis(() => -1),
    'LayerNormalization',
  ),
  ...named(argument, 'ArgMax', 'ArgMin'),
  ...named(
    reduce,
    'ReduceL1',
    'ReduceL2',
    'ReduceLogSumExp',
    'ReduceMax',
    'ReduceMean',
    'ReduceMin',
    'ReduceProd',
    'ReduceSum',
  ),
  ...named(concat, 'Concat'),
  ...named(shape, 'Shape'),
  ...named(slice, 'Slice'),
  ...named(gather, 'Gather'),
  ...named(squeezing(-1), 'Squeeze'),
  ...named(squeezing(1), 'Unsqueeze'),
  ...named(resize, 'Resize'),
  ...named(reshape, 'Reshape'),
  ...named(flatten, 'Flatten'),
  ...named(pad, 'Pad'),
  ...named(matMul, 'MatMul'),
  ...named(gemm, 'Gemm'),
  ...named(expand, 'Expand'),
  ...named(({ node, facts }) => (intsOf(node, 'perm')?.[0] === 0 ? batchedOf(facts[0]) : undefined), 'Transpose'),
  ...named(tile, 'Tile'),
]);
