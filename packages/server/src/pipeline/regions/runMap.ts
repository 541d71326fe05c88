import { type BorderLimit, heldBorders } from './bordersMax.ts';
import type { WantedMap } from './wantedMap.ts';

/** A class map reduced to the wanted classes, as its runs of equal pixels in reading order: what is nothing takes no room. */
export interface RunMap {
  readonly width: number;
  readonly height: number;
  /** First and past-last x of each run. */
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  /** `classes[n - 1]`, for n of each run. */
  readonly value: Uint32Array;
  /** First run of each row, and past the last row their number. */
  readonly rows: Uint32Array;
  /** Class index of each number above 0, ascending. */
  readonly classes: readonly number[];
  /** What may be traced of it. */
  readonly limit: BorderLimit;
}

/** A map that is held whole, as runs. */
export function runMapOf({ data, width, height, classes }: WantedMap): RunMap {
  let count = 0;
  const rows = new Uint32Array(height + 1);
  for (let y = 0, at = 0; y < height; y++) {
    rows[y] = count;
    for (let x = 0, before = 0; x < width; x++, at++) {
      const value = data[at]!;
      if (value !== before && value !== 0) count++;
      before = value;
    }
  }
  rows[height] = count;
  const start = new Uint32Array(count);
  const end = new Uint32Array(count);
  const value = new Uint32Array(count);
  for (let y = 0, at = 0, run = 0; y < height; y++) {
    const from = y * width;
    for (; at < from + width; ) {
      const number = data[at]!;
      const first = at;
      while (at < from + width && data[at] === number) at++;
      if (number === 0) continue;
      start[run] = first - from;
      end[run] = at - from;
      value[run] = number;
      run++;
    }
  }
  return { width, height, start, end, value, rows, classes, limit: heldBorders };
}

/** The number at pixel x, y; outside the map it is nothing. */
export function valueAt(runs: RunMap, x: number, y: number): number {
  if (x < 0 || y < 0 || x >= runs.width || y >= runs.height) return 0;
  const run = runAt(runs, x, y);
  return run < runs.rows[y + 1]! && runs.start[run]! <= x && x < runs.end[run]! ? runs.value[run]! : 0;
}

/** The last run of row y that starts at or before x, or where none does the row's first. */
export function runAt({ start, rows }: RunMap, x: number, y: number): number {
  let low = rows[y]!;
  let high = rows[y + 1]!;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (start[middle]! <= x) low = middle;
    else high = middle;
  }
  return low;
}
