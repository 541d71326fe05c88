import type { WantedMap } from './wantedMap.ts';

/** Pixels of one class that hang together by their sides; corners do not join them. */
export interface Component {
  /** Class index as in the class map. */
  readonly class: number;
  readonly pixels: number;
  /** Smallest rectangle that holds it, in pixels. */
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

export interface Components {
  /** In reading order of their first pixels. */
  readonly list: readonly Component[];
  /** Which component pixel x, y is part of; the pixel must be part of one. */
  readonly at: (x: number, y: number) => number;
}

interface Runs {
  /** First and past-last x of each run of equal wanted pixels, in reading order. */
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  /** First run of each row, and past the last row their number. */
  readonly rows: Uint32Array;
}

/**
 * Connected components with at least `minArea` pixels; smaller ones become nothing in the map. Runs, not pixels, are
 * joined (union-find with path halving), so time is linear in pixels and memory in runs.
 */
export function findComponents(map: WantedMap, minArea: number): Components {
  const runs = runsOf(map);
  const parents = joined(map, runs);
  const { list, ofRun } = summed(map, runs, parents, minArea);
  return { list, at: (x, y) => ofRun[runAt(runs, x, y)]! };
}

function runsOf({ data, width, height }: WantedMap): Runs {
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
  for (let y = 0, at = 0, run = 0; y < height; y++) {
    const from = y * width;
    for (; at < from + width; ) {
      const value = data[at]!;
      const first = at;
      while (at < from + width && data[at] === value) at++;
      if (value === 0) continue;
      start[run] = first - from;
      end[run] = at - from;
      run++;
    }
  }
  return { start, end, rows };
}

function joined({ data, width, height }: WantedMap, { start, end, rows }: Runs): Uint32Array {
  const parents = Uint32Array.from(start, (_, run) => run);
  for (let y = 1; y < height; y++) {
    const here = y * width;
    let above = rows[y - 1]!;
    let run = rows[y]!;
    while (above < rows[y]! && run < rows[y + 1]!) {
      const overlap = Math.max(start[above]!, start[run]!) < Math.min(end[above]!, end[run]!);
      if (overlap && data[here - width + start[above]!] === data[here + start[run]!]) join(parents, above, run);
      if (end[above]! < end[run]!) above++;
      else run++;
    }
  }
  return parents;
}

/** The earlier run is the root, so that a component is named by its first pixel. */
function join(parents: Uint32Array, a: number, b: number): void {
  const one = rootOf(parents, a);
  const other = rootOf(parents, b);
  parents[Math.max(one, other)] = Math.min(one, other);
}

function rootOf(parents: Uint32Array, run: number): number {
  let at = run;
  while (parents[at] !== at) {
    parents[at] = parents[parents[at]!]!;
    at = parents[at]!;
  }
  return at;
}

function summed({ data, width, height, classes }: WantedMap, runs: Runs, parents: Uint32Array, minArea: number) {
  const { start, end, rows } = runs;
  const count = start.length;
  const pixels = new Float64Array(count);
  for (let run = 0; run < count; run++) {
    const root = rootOf(parents, run);
    parents[run] = root;
    pixels[root] = pixels[root]! + end[run]! - start[run]!;
  }
  const ofRun = new Uint32Array(count);
  const sums: { class: number; pixels: number; left: number; right: number; top: number; bottom: number }[] = [];
  for (let y = 0; y < height; y++) {
    for (let run = rows[y]!; run < rows[y + 1]!; run++) {
      const root = parents[run]!;
      const left = start[run]!;
      const right = end[run]!;
      if (pixels[root]! < minArea) {
        data.fill(0, y * width + left, y * width + right);
        continue;
      }
      if (root === run) {
        ofRun[run] = sums.length;
        const value = data[y * width + left]!;
        sums.push({ class: classes[value - 1]!, pixels: pixels[root]!, left, right, top: y, bottom: y + 1 });
      } else ofRun[run] = ofRun[root]!;
      const sum = sums[ofRun[run]!]!;
      sum.left = Math.min(sum.left, left);
      sum.right = Math.max(sum.right, right);
      sum.bottom = y + 1;
    }
  }
  const list = sums.map(({ left, right, top, bottom, ...rest }) => ({
    class: rest.class,
    pixels: rest.pixels,
    box: { x: left, y: top, width: right - left, height: bottom - top },
  }));
  return { list, ofRun };
}

/** The last run of row y that starts at or before x. */
function runAt({ start, rows }: Runs, x: number, y: number): number {
  let low = rows[y]!;
  let high = rows[y + 1]!;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (start[middle]! <= x) low = middle;
    else high = middle;
  }
  return low;
}
