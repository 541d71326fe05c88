import { Fault } from '../../domain/fault.ts';

/** Numbers of the engine's `tensor` answer; nothing is copied. */
export interface NpyArray {
  readonly height: number;
  readonly width: number;
  /** Row-major. */
  readonly data: Uint8Array | Uint16Array | Float32Array;
}

/** Reads a .npy file of two sides as the engine writes it (numpy.lib.format, version 1.0, little-endian, C order). */
export function readNpy(bytes: Uint8Array): NpyArray {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 10 + source.readUInt16LE(8);
  const header = source.toString('latin1', 10, start);
  const facts = /'descr': '([^']+)'.*'shape': \((\d+), (\d+)\)/.exec(header);
  const [, type, height, width] = facts ?? [];
  const view = viewOf(type ?? '', source.subarray(start));
  if (view === undefined || view.length !== Number(height) * Number(width)) {
    throw new Fault('internal', 'The engine gave numbers of an unknown kind.');
  }
  return { height: Number(height), width: Number(width), data: view };
}

function viewOf(type: string, bytes: Buffer): NpyArray['data'] | undefined {
  if (type === '|u1') return bytes;
  if (type !== '<u2' && type !== '<f4') return undefined;
  // Views of wider numbers must begin at a multiple of their size; the answer may lie anywhere in a larger buffer.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
  const { buffer, byteOffset, length } = aligned;
  return type === '<u2'
    ? new Uint16Array(buffer, byteOffset, length / 2)
    : new Float32Array(buffer, byteOffset, length / 4);
}
