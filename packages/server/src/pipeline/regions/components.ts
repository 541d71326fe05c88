import { type RunMap, runAt, runMapOf } from './runMap.ts';
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

/**
 * Connected components with at least `minArea` pixels; smaller ones become nothing in the map. Runs, not pixels, are
 * joined (union-find with path halving), so time is linear in pixels and memory in runs.
 */
export function findComponents(map: WantedMap, minArea: number): Components {
  const runs = runMapOf(map);
  const { kept, ...components } = componentsOfRuns(runs, minArea);
  if (kept !== undefined) empty(map, runs, kept);
  return components;
}

/** The same of a map in runs, which stays as it is. `kept`: of each run whether it is large enough; undefined: all are. */
export function componentsOfRuns(
  runs: RunMap,
  minArea: number,
): Components & { readonly kept: Uint8Array | undefined } {
  const { list, ofRun, kept } = summed(runs, joined(runs), minArea);
  return { list, kept, at: (x, y) => ofRun[runAt(runs, x, y)]! };
}

function empty({ data, width }: WantedMap, { start, end, rows }: RunMap, kept: Uint8Array): void {
  for (let y = 0; y + 1 < rows.length; y++) {
    for (let run = rows[y]!; run < rows[y + 1]!; run++) {
      if (kept[run] === 0) data.fill(0, y * width + start[run]!, y * width + end[run]!);
    }
  }
}

function joined({ start, end, value, rows, height }: RunMap): Uint32Array {
  const parents = Uint32Array.from(start, (_, run) => run);
  for (let y = 1; y < height; y++) {
    let above = rows[y - 1]!;
    let run = rows[y]!;
    while (above < rows[y]! && run < rows[y + 1]!) {
      const overlap = Math.max(start[above]!, start[run]!) < Math.min(end[above]!, end[run]!);
      if (overlap && value[above] === value[run]) join(parents, above, run);
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

function summed(runs: RunMap, parents: Uint32Array, minArea: number) {
  const { start, end, value, rows, height, classes } = runs;
  const count = start.length;
  const pixels = new Float64Array(count);
  for (let run = 0; run < count; run++) {
    const root = rootOf(parents, run);
    parents[run] = root;
    pixels[root] = pixels[root]! + end[run]! - start[run]!;
  }
  const ofRun = new Uint32Array(count);
  let kept: Uint8Array | undefined;
  const sums: { class: number; pixels: number; left: number; right: number; top: number; bottom: number }[] = [];
  for (let y = 0; y < height; y++) {
    for (let run = rows[y]!; run < rows[y + 1]!; run++) {
      const root = parents[run]!;
      const left = start[run]!;
      const right = end[run]!;
      if (pixels[root]! < minArea) {
        kept ??= new Uint8Array(count).fill(1);
        kept[run] = 0;
        continue;
      }
      if (root === run) {
        ofRun[run] = sums.length;
        sums.push({ class: classes[value[run]! - 1]!, pixels: pixels[root]!, left, right, top: y, bottom: y + 1 });
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
  return { list, ofRun, kept };
}
