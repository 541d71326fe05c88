import { type ElementType, elementBytes, type NumberTensor } from '../../domain/tensor.ts';
import { halfToNumber } from '../wire/halfFloat.ts';

type NumberType = Exclude<ElementType, 'string'>;

/** Elements as JavaScript reads them; 64-bit integers as BigInt. FP16 comes as its value, BOOL as 0 and 1. */
export type Numbers =
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

const views: Readonly<Record<NumberType, (buffer: ArrayBuffer, offset: number, length: number) => Numbers>> = {
  bool: (...place) => new Uint8Array(...place),
  int8: (...place) => new Int8Array(...place),
  int16: (...place) => new Int16Array(...place),
  int32: (...place) => new Int32Array(...place),
  int64: (...place) => new BigInt64Array(...place),
  uint8: (...place) => new Uint8Array(...place),
  uint16: (...place) => new Uint16Array(...place),
  uint32: (...place) => new Uint32Array(...place),
  uint64: (...place) => new BigUint64Array(...place),
  float16: (...place) => Float32Array.from(new Uint16Array(...place), halfToNumber),
  float32: (...place) => new Float32Array(...place),
  float64: (...place) => new Float64Array(...place),
};

/** Elements `from` to `to` of a tensor; bytes that lie unaligned are copied. */
export function numbersOf({ type, bytes }: NumberTensor, from: number, to: number): Numbers {
  const size = elementBytes[type];
  const offset = bytes.byteOffset + from * size;
  const length = to - from;
  if (offset % size === 0) return views[type](bytes.buffer as ArrayBuffer, offset, length);
  // Not `slice`, which of a Buffer copies nothing.
  return views[type](new Uint8Array(bytes.subarray(from * size, to * size)).buffer, 0, length);
}
