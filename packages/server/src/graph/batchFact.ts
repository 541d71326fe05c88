import type { NodeProto } from './gen/onnx_pb.ts';

/** What is known of a value while we follow the batch through a graph. */
export type BatchFact =
  /** The same whatever the picture. */
  | {
      readonly kind: 'constant';
      readonly dims: readonly number[] | undefined;
      readonly numbers: readonly number[] | undefined;
    }
  /** [batch, …]: row b depends on picture b alone. */
  | { readonly kind: 'batched'; readonly rank: number }
  /** Sides of a batched value, computed as the graph runs: a vector, or one number of it. */
  | { readonly kind: 'sides'; readonly sides: readonly Side[]; readonly scalar: boolean };

/** 'batch' is the batch itself, 'other' does not depend on it, 'mixed' may. */
export type Side = number | 'batch' | 'other' | 'mixed';

export type Batched = Extract<BatchFact, { kind: 'batched' }>;

export function batchedOf(fact: BatchFact | undefined): Batched | undefined {
  return fact?.kind === 'batched' ? fact : undefined;
}

export function restIsConstant(facts: readonly (BatchFact | undefined)[]): boolean {
  return facts.slice(1).every((fact) => fact === undefined || fact.kind === 'constant');
}

export function oneRow(dims: readonly number[], rank: number): boolean {
  return dims.length === rank && dims[0] === 1;
}

export function numbersOfFact(fact: BatchFact | undefined): readonly number[] | undefined {
  return fact?.kind === 'constant' ? fact.numbers : undefined;
}

export function sidesOfFact(fact: BatchFact | undefined): readonly Side[] | undefined {
  return fact?.kind === 'sides' ? fact.sides : numbersOfFact(fact);
}

export function startsWithBatch(sides: readonly Side[]): boolean {
  return sides[0] === 'batch' && !sides.slice(1).some(touchesBatch);
}

export function touchesBatch(side: Side): boolean {
  return side === 'batch' || side === 'mixed';
}

export function fromFront(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

export function axesOf(node: NodeProto, input: BatchFact | undefined): readonly number[] | undefined {
  return input === undefined ? intsOf(node, 'axes') : numbersOfFact(input);
}

export function intOf(node: NodeProto, name: string): number | undefined {
  const attribute = node.attribute.find((candidate) => candidate.name === name);
  return attribute && Number(attribute.i);
}

export function intsOf(node: NodeProto, name: string): number[] | undefined {
  return node.attribute.find((candidate) => candidate.name === name)?.ints.map(Number);
}
