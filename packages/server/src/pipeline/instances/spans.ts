import type { Region } from '../../domain/geometry.ts';

/**
 * A mask as runs of pixels: pairs of first and past-last pixel index of the picture, ascending; no run crosses the end of
 * its row. A hundred masks of a large picture are small so, and are painted row by row.
 */
export type Spans = Uint32Array;

/** Sum of the pixels, tight box and mean pixel centre of a mask; undefined: it has no pixel. */
export function measured(spans: Spans, width: number): Measured | undefined {
  let area = 0;
  let [sumX, sumY] = [0, 0];
  let [left, right] = [width, 0];
  for (let at = 0; at < spans.length; at += 2) {
    const y = Math.floor(spans[at]! / width);
    const first = spans[at]! - y * width;
    const last = spans[at + 1]! - y * width;
    const length = last - first;
    area += length;
    sumX += ((first + last) / 2) * length;
    sumY += (y + 0.5) * length;
    if (first < left) left = first;
    if (last > right) right = last;
  }
  if (area === 0) return undefined;
  const top = Math.floor(spans[0]! / width);
  const bottom = Math.floor(spans.at(-2)! / width) + 1;
  const box = { x: left, y: top, width: right - left, height: bottom - top };
  return { area, box, centroid: { x: sumX / area, y: sumY / area } };
}

export interface Measured {
  readonly area: number;
  readonly box: Region;
  readonly centroid: { readonly x: number; readonly y: number };
}

export function paint(data: Uint8Array | Uint16Array, spans: Spans, value: number): void {
  for (let at = 0; at < spans.length; at += 2) data.fill(value, spans[at]!, spans[at + 1]!);
}

/** The mask's box as a map of its own: 1 where the mask is. */
export function cropped(spans: Spans, width: number, box: Region): Uint8Array {
  const data = new Uint8Array(box.width * box.height);
  for (let at = 0; at < spans.length; at += 2) {
    const y = Math.floor(spans[at]! / width);
    const to = (y - box.y) * box.width - y * width - box.x;
    data.fill(1, spans[at]! + to, spans[at + 1]! + to);
  }
  return data;
}

/** The way back: runs of what is not 0 in a map that lies at `box` in a picture of this width. */
export function spansOf(data: Uint8Array | Uint16Array, box: Region, width: number): Spans {
  const spans: number[] = [];
  for (let y = 0; y < box.height; y++) {
    const row = y * box.width;
    const to = (box.y + y) * width + box.x;
    for (let x = 0; x < box.width; ) {
      if (data[row + x] === 0) {
        x++;
        continue;
      }
      const first = x;
      while (x < box.width && data[row + x] !== 0) x++;
      spans.push(to + first, to + x);
    }
  }
  return Uint32Array.from(spans);
}
