import { setImmediate as nextTurn } from 'node:timers/promises';
import { UnreadableMessage } from '../wire/brpc/brpcFailure.ts';

/** Numbers read or written in one go: about a millisecond. */
const sliceNumbers = 64 * 1024;
/** A varint of 64 bits. */
const varintBytesMax = 10;

/** How many varints these bytes hold: each has one byte without the high bit. */
export function countVarints(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at++) if (bytes[at]! < 0x80) count++;
  return count;
}

/** Packed varints as 64-bit or, of each the lower half, 32-bit numbers as they lie in memory. */
export async function decodeVarints(packed: Uint8Array, width: 4 | 8): Promise<Uint8Array> {
  const out = new Int32Array(countVarints(packed) * (width / 4));
  let at = 0;
  let to = 0;
  while (at < packed.length) {
    ({ at, to } = decodeSlice(packed, at, out, to, width));
    if (at < packed.length) await nextTurn();
  }
  return new Uint8Array(out.buffer);
}

function decodeSlice(packed: Uint8Array, from: number, out: Int32Array, start: number, width: 4 | 8) {
  let at = from;
  let to = start;
  for (let count = 0; count < sliceNumbers && at < packed.length; count++) {
    const first = packed[at]!;
    if (first < 0x80) {
      at++;
      out[to++] = first;
      if (width === 8) out[to++] = 0;
      continue;
    }
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = packed[at++];
      if (byte === undefined || shift >= 7 * varintBytesMax) throw new UnreadableMessage('a number has no end.');
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) break;
    }
    out[to++] = low;
    if (width === 8) out[to++] = high;
  }
  return { at, to };
}

/** 64-bit or 32-bit signed numbers as packed varints; a negative one takes ten bytes, as protobuf has it. */
export async function encodeVarints(numbers: Int32Array, width: 4 | 8): Promise<{ parts: Buffer[]; bytes: number }> {
  const step = width / 4;
  const parts: Buffer[] = [];
  let bytes = 0;
  for (let from = 0; from < numbers.length; from += sliceNumbers * step) {
    if (from > 0) await nextTurn();
    const part = encodeSlice(numbers, from, Math.min(numbers.length, from + sliceNumbers * step), step);
    parts.push(part);
    bytes += part.length;
  }
  return { parts, bytes };
}

function encodeSlice(numbers: Int32Array, from: number, end: number, step: number): Buffer {
  const out = Buffer.allocUnsafe(((end - from) / step) * varintBytesMax);
  let to = 0;
  for (let at = from; at < end; at += step) {
    let low = numbers[at]! >>> 0;
    // A negative 32-bit number is written as the 64-bit one that it is equal to.
    let high = (step === 2 ? numbers[at + 1]! : numbers[at]! >> 31) >>> 0;
    while (high !== 0 || low >= 0x80) {
      out[to++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    out[to++] = low;
  }
  return Buffer.from(out.subarray(0, to));
}
