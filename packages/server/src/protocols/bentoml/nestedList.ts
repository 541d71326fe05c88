import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JsonBody } from './jsonBody.ts';
import type { NpyArray } from './npyArray.ts';

/** Numbers written in one go: well under a millisecond, so that other requests are never kept waiting. */
const sliceNumbers = 32 * 1024;

/**
 * A class map as `json.dumps` prints the array: `[[0, 0, 1], [0, 1, 1]]`. Opacity (of a matting model) is class 1 from
 * `threshold`. Two million numbers are counted first, for Content-Length, and then written a slice at a time while the
 * client takes them.
 */
export async function nestedList(array: NpyArray, threshold: number): Promise<JsonBody> {
  const classOf = classReader(array, threshold);
  let digits = 0;
  const { data, height, width } = array;
  for (let start = 0; start < data.length; start += sliceNumbers) {
    if (start > 0) await nextTurn();
    digits += digitsOf(data.subarray(start, start + sliceNumbers), classOf);
  }
  const separators = height * Math.max(0, width - 1) * 2 + Math.max(0, height - 1) * 2;
  return { bytes: digits + separators + height * 2 + 2, pieces: () => written(array, classOf) };
}

/** The class that a number stands for. */
export type ClassOf = (value: number) => number;

/** Classes are themselves; opacity is class 1 from `threshold`. */
export function classReader({ data }: NpyArray, threshold: number): ClassOf {
  return data instanceof Float32Array ? (value) => (value >= threshold ? 1 : 0) : (value) => value;
}

function digitsOf(data: NpyArray['data'], classOf: ClassOf): number {
  let sum = 0;
  for (let index = 0; index < data.length; index++) {
    const value = classOf(data[index]!);
    sum += value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : value < 10_000 ? 4 : 5;
  }
  return sum;
}

async function* written({ data, width }: NpyArray, classOf: ClassOf): AsyncGenerator<Buffer> {
  yield Buffer.from('[');
  for (let start = 0; start < data.length; start += sliceNumbers) {
    if (start > 0) await nextTurn();
    const end = Math.min(data.length, start + sliceNumbers);
    // At most five digits, two brackets and two separators for each number.
    const out = Buffer.allocUnsafe((end - start) * 9);
    let at = 0;
    let column = start % width;
    for (let index = start; index < end; index++) {
      if (index > 0) {
        out[at++] = comma;
        out[at++] = space;
      }
      if (column === 0) out[at++] = open;
      at = writeDigits(out, at, classOf(data[index]!));
      column++;
      if (column === width) {
        out[at++] = close;
        column = 0;
      }
    }
    yield out.subarray(0, at);
  }
  yield Buffer.from(']');
}

const comma = 0x2c;
const space = 0x20;
const open = 0x5b;
const close = 0x5d;
const zero = 0x30;

function writeDigits(out: Buffer, from: number, value: number): number {
  if (value < 10) {
    out[from] = zero + value;
    return from + 1;
  }
  let at = from;
  for (let unit = value < 100 ? 10 : value < 1000 ? 100 : value < 10_000 ? 1000 : 10_000; unit >= 1; unit /= 10) {
    out[at++] = zero + (Math.floor(value / unit) % 10);
  }
  return at;
}
