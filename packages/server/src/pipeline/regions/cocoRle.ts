import type { Components } from './components.ts';
import type { WantedMap } from './wantedMap.ts';

/**
 * COCO's run lengths: pixels in columns from the left, each from top to bottom; runs alternate between outside and
 * inside, outside first (0 when the first pixel is inside). As pycocotools' maskApi.c counts them.
 */
export type CocoCounts = readonly number[];

/** Of each component; the work is that of the columns' runs, however many components there are. */
export function cocoCounts(map: WantedMap, components: Components): CocoCounts[] {
  const { data, width, height } = map;
  const counts: number[][] = components.list.map(() => []);
  const ends = new Float64Array(components.list.length);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; ) {
      const value = data[y * width + x]!;
      const top = y;
      while (y < height && data[y * width + x] === value) y++;
      if (value === 0) continue;
      const component = components.at(x, top);
      const list = counts[component]!;
      const start = x * height + top;
      // A run that goes on at the top of the next column is one run.
      if (start === ends[component] && list.length > 0) list[list.length - 1]! += y - top;
      else list.push(start - ends[component]!, y - top);
      ends[component] = x * height + y;
    }
  }
  const pixels = width * height;
  for (const [component, list] of counts.entries()) {
    if (ends[component]! < pixels) list.push(pixels - ends[component]!);
  }
  return counts;
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
