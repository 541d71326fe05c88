import type { Components } from './components.ts';
import { east, latticeOf } from './lattice.ts';
import { pixelsAtMost } from './pixelsAtMost.ts';
import { type RunMap, valueAt } from './runMap.ts';

/**
 * COCO's run lengths: pixels in columns from the left, each from top to bottom; runs alternate between outside and
 * inside, outside first (0 when the first pixel is inside). As pycocotools' maskApi.c counts them.
 */
export type CocoCounts = readonly number[];

/** Of each component; the work is that of the borders, however many components there are. */
export function cocoCounts(runs: RunMap, components: Components): CocoCounts[] {
  const { width, height } = runs;
  pixelsAtMost(2 ** 31 - 1, width * height, 'the run lengths of COCO');
  const counts: number[][] = components.list.map(() => []);
  const ends = new Float64Array(components.list.length);
  const { columns, ys } = changesDown(runs);
  for (let x = 0; x < width; x++) {
    const last = columns[x + 1]!;
    for (let at = columns[x]!; at + 1 < last; at++) {
      const [top, bottom] = [ys[at]!, ys[at + 1]!];
      if (valueAt(runs, x, top) === 0) continue;
      const component = components.at(x, top);
      const list = counts[component]!;
      const start = x * height + top;
      // A run that goes on at the top of the next column is one run.
      if (start === ends[component] && list.length > 0) list[list.length - 1]! += bottom - top;
      else list.push(start - ends[component]!, bottom - top);
      ends[component] = x * height + bottom;
    }
  }
  const pixels = width * height;
  for (const [component, list] of counts.entries()) {
    if (ends[component]! < pixels) list.push(pixels - ends[component]!);
  }
  return counts;
}

/** Where each column of pixels changes, from the top down: `ys` from `columns[x]` to `columns[x + 1]`. */
function changesDown(runs: RunMap): { readonly columns: Uint32Array; readonly ys: Uint32Array } {
  const { xs, ys, flags } = latticeOf(runs);
  const columns = new Uint32Array(runs.width + 2);
  for (let place = 0; place < flags.length; place++) if ((flags[place]! & east) !== 0) columns[xs[place]! + 2]!++;
  for (let x = 1; x < columns.length; x++) columns[x]! += columns[x - 1]!;
  const sorted = new Uint32Array(columns.at(-1)!);
  for (let place = 0; place < flags.length; place++) {
    if ((flags[place]! & east) !== 0) sorted[columns[xs[place]! + 1]!++] = ys[place]!;
  }
  return { columns, ys: sorted };
}

/**
 * COCO's compressed run lengths: from the fourth on the difference to the one before the last; each number in groups of
 * 5 bits from the lowest, bit 6 set where more follow, as characters from "0" (maskApi.c, rleToString).
 */
export function cocoString(counts: CocoCounts): string {
  const bytes: number[] = [];
  for (let at = 0; at < counts.length; at++) {
    let rest = counts[at]! - (at > 2 ? counts[at - 2]! : 0);
    for (let more = true; more; ) {
      const group = rest & 31;
      rest >>= 5;
      more = (group & 16) === 0 ? rest !== 0 : rest !== -1;
      bytes.push((more ? group | 32 : group) + 48);
    }
  }
  return Buffer.from(bytes).toString('latin1');
}

/** The other way round. */
export function readCocoString(text: string): number[] {
  const counts: number[] = [];
  for (let at = 0; at < text.length; ) {
    let value = 0;
    let shift = 0;
    for (let more = true; more; at++) {
      const group = text.charCodeAt(at) - 48;
      value |= (group & 31) << shift;
      shift += 5;
      more = (group & 32) !== 0;
      if (!more && (group & 16) !== 0) value |= -1 << shift;
    }
    counts.push(value + (counts.length > 2 ? counts[counts.length - 2]! : 0));
  }
  return counts;
}
