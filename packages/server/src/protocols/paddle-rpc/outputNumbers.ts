import type { NumberTensor } from '../../domain/tensor.ts';

/** The bytes at an address that numbers of `width` bytes may lie at. */
function aligned({ bytes }: NumberTensor, width: number): Uint8Array {
  return bytes.byteOffset % width === 0 ? bytes : Uint8Array.from(bytes);
}

/** int64, int32 or int16 as words of 32 bits: two, the lower first, for each number of 64 bits; one for the others. */
export function wordsOf(tensor: NumberTensor): Int32Array {
  const bytes = aligned(tensor, 4);
  if (tensor.type !== 'int16') return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  return Int32Array.from(new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2));
}

export type Numbers = Float32Array | Float64Array | Int32Array | Int16Array | BigInt64Array | Uint8Array;

/** The numbers themselves, to be written as text. */
export function numbersOf(tensor: NumberTensor): Numbers {
  const bytes = aligned(tensor, 8);
  const { buffer, byteOffset, byteLength } = bytes;
  switch (tensor.type) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, byteLength / 4);
    case 'float64':
      return new Float64Array(buffer, byteOffset, byteLength / 8);
    case 'int64':
      return new BigInt64Array(buffer, byteOffset, byteLength / 8);
    case 'int32':
      return new Int32Array(buffer, byteOffset, byteLength / 4);
    case 'int16':
      return new Int16Array(buffer, byteOffset, byteLength / 2);
    default:
      return bytes;
  }
}
