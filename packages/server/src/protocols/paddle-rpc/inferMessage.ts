import type { Generation } from './settings.ts';

/** The data fields of a tensor that are read; each holds numbers of one kind, whatever the tensor's own type is. */
export type NumbersField = 'int64_data' | 'float_data' | 'int_data';

/** One tensor of a request, not yet decoded. */
export interface SentTensor {
  /** Of the variable in the graph; empty in messages of 0.6, where the position tells. */
  readonly name: string;
  readonly alias: string;
  readonly elemType: number;
  readonly shape: readonly number[];
  /** Little-endian, as they lie in memory: int64, float32, int32. Throws UnreadableMessage. */
  numbers(field: NumbersField): Promise<Uint8Array>;
  strings(): readonly string[];
  /** Bytes of `tensor_content`. */
  content(): Promise<Uint8Array>;
}

/** A request, whatever encoding it came in. */
export interface InferMessage {
  readonly generation: Generation;
  readonly tensors: readonly SentTensor[];
  /** Aliases; none: all. */
  readonly fetch: readonly string[];
  readonly profile: boolean;
}

/** More of them are no request of a client but somebody's try to keep the server busy. */
export const tensorsMax = 1024;
export const fetchMax = 4096;
export const stringsMax = 1_000_000;
export const dimsMax = 64;
