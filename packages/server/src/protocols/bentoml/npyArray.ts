import { Fault } from '../../domain/fault.ts';
import type { NumberTensor } from '../../domain/tensor.ts';
import { tensorOfNpy } from '../wire/npy.ts';

/** Numbers of the engine's `tensor` answer; nothing is copied unless it lies unaligned. */
export interface NpyArray {
  readonly height: number;
  readonly width: number;
  /** Row-major. */
  readonly data: Uint8Array | Uint16Array | Float32Array;
}

/** Reads a .npy file of two sides as the engine writes it. */
export function readNpy(file: Uint8Array): NpyArray {
  const { type, dims, bytes } = ownNpy(file);
  const [height = 0, width = 0] = dims;
  const data = viewOf(type, bytes);
  if (data === undefined || dims.length !== 2) throw unknownKind(`${type}, ${dims.length} sides`);
  return { height, width, data };
}

/** It comes from our own engine: what is wrong with it is no fault of the caller's. */
function ownNpy(file: Uint8Array): NumberTensor {
  try {
    return tensorOfNpy('the tensor answer', file);
  } catch (error) {
    throw unknownKind(error instanceof Error ? error.message : String(error));
  }
}

function unknownKind(what: string): Fault {
  return new Fault('internal', `The engine gave numbers of an unknown kind: ${what}`);
}

function viewOf(type: string, bytes: Uint8Array): NpyArray['data'] | undefined {
  if (type === 'uint8') return bytes;
  if (type !== 'uint16' && type !== 'float32') return undefined;
  // Views of wider numbers must begin at a multiple of their size; the answer may lie anywhere in a larger buffer.
  const { buffer, byteOffset, length } = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return type === 'uint16'
    ? new Uint16Array(buffer, byteOffset, length / 2)
    : new Float32Array(buffer, byteOffset, length / 4);
}
