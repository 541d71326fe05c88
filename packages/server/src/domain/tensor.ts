import type { Timings } from '@segserve/contract';

/** Element types of raw tensors, in NumPy's words. A graph may use others (bfloat16, complex); those are refused by name. */
export const elementTypes = [
  'bool',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'float16',
  'float32',
  'float64',
  'string',
] as const;
export type ElementType = (typeof elementTypes)[number];

/** Bytes of one element; strings have no fixed number. `bool` is one byte, 0 or 1. */
export const elementBytes: Readonly<Record<Exclude<ElementType, 'string'>, number>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  float16: 2,
  float32: 4,
  float64: 8,
};

interface TensorFrame {
  readonly name: string;
  /** Sides, outermost first; empty for a scalar. */
  readonly dims: readonly number[];
}

/** Numbers as they lie in memory: little-endian, row-major, without gaps. */
export interface NumberTensor extends TensorFrame {
  readonly type: Exclude<ElementType, 'string'>;
  /** Of any alignment; its length is the product of `dims` × `elementBytes[type]`. */
  readonly bytes: Uint8Array;
}

export interface StringTensor extends TensorFrame {
  readonly type: 'string';
  /** Row-major. The runtime holds text, so bytes that are no UTF-8 cannot pass. */
  readonly strings: readonly string[];
}

export type Tensor = NumberTensor | StringTensor;

/** What a graph says of one of its inputs or outputs. */
export interface TensorSpec {
  readonly name: string;
  /** One of `elementTypes`, or the name of a type that cannot pass here. */
  readonly type: string;
  /** null: any length. */
  readonly dims: readonly (number | null)[];
  /** The graph does not even say how many sides there are; `dims` is empty then. */
  readonly anyRank?: true;
}

/** The graph's own inputs and outputs, as it was exported: before anything is fused into it. */
export interface ModelSignature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** Tensors for the graph as it was exported; no picture, no pre- or post-processing. */
export interface TensorRequest {
  /** `name`, `name:version` or `name:latest`. */
  readonly model: string;
  /** Every input that the graph has no default for, once. */
  readonly inputs: readonly Tensor[];
  /** Names of the outputs that are wanted, in the order of the reply; all in the graph's order when absent. */
  readonly outputs?: readonly string[];
  /** From acceptance to the finished answer; the configured default when absent. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  readonly requestId?: string;
}

export interface TensorResult {
  /** `name:version` */
  readonly model: string;
  readonly outputs: readonly Tensor[];
  /** `queue` and `infer`; the other stages do not happen and are 0. */
  readonly timings: Timings;
}
