import type { Region, Size } from '../../domain/geometry.ts';
import { directTerms, stagedTerms, type Taps, tapsOf } from './taps.ts';

/** Numbers of one mask, of the whole input of the model, row by row. */
export interface LogitPlane extends Size {
  readonly data: Float32Array;
}

export interface Growth {
  /** The model's input. */
  readonly input: Size;
  /** What of the input shows the picture. */
  readonly region: Region;
  /** `input`: first to the input's size, then to the target, as SAM does; `direct`: at once. */
  readonly upsample: 'direct' | 'input';
  readonly target: Size;
}

/** How masks of one size grow, worked out once for all of them. */
export interface Grower {
  readonly across: Taps;
  readonly down: Taps;
  readonly target: Size;
}

export function growerOf(source: Size, { input, region, upsample, target }: Growth): Grower {
  const terms = upsample === 'direct' ? directTerms : stagedTerms;
  return {
    across: tapsOf(terms(source.width, input.width, region.x, region.width, target.width), source.width),
    down: tapsOf(terms(source.height, input.height, region.y, region.height, target.height), source.height),
    target,
  };
}

/**
 * The part of a mask that shows the picture, at the target's size, row by row: `take` gets each row of logits, which it must
 * not keep. Linear with half-pixel centres and no antialiasing, edges held, as torch's `interpolate(mode='bilinear',
 * align_corners=False)`. SAM's two steps (segment_anything, `Sam.postprocess_masks`: to 1024 × 1024, padding cut off, to the
 * picture's size) are one here: both are linear, so that their weights multiply.
 *
 * `above`: only the rectangle that may hold a higher number is made; `take` is told where its rows lie.
 */
export function growLogits(
  plane: LogitPlane,
  { across, down, target }: Grower,
  take: (row: Float32Array, x: number, y: number) => void,
  above = Number.NEGATIVE_INFINITY,
): void {
  const place = above === Number.NEGATIVE_INFINITY ? { x: 0, y: 0, ...target } : placeAbove(plane, across, down, above);
  if (place === undefined) return;
  const rows = new Map<number, Float32Array>();
  const out = new Float32Array(place.width);
  for (let y = place.y; y < place.y + place.height; y++) {
    out.fill(0);
    const first = down.first[y]!;
    for (const known of rows.keys()) if (known < first) rows.delete(known);
    for (let tap = 0; tap < down.taps; tap++) {
      const weight = down.weights[y * down.taps + tap]!;
      if (weight === 0) continue;
      let row = rows.get(first + tap);
      if (!row) {
        row = blendAcross(plane.data, (first + tap) * plane.width, across, place);
        rows.set(first + tap, row);
      }
      addRow(out, row, weight);
    }
    take(out, place.x, y);
  }
}

/** Where the target looks at source places that are higher. A blend of others is not. */
function placeAbove({ data, width, height }: LogitPlane, across: Taps, down: Taps, above: number): Region | undefined {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      if (!(data[at]! > above)) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  const [x, width_] = looking(across, left, right);
  const [y, height_] = looking(down, top, bottom);
  return width_ > 0 && height_ > 0 ? { x, y, width: width_, height: height_ } : undefined;
}

/** First target place that looks at the source places `low` to `high`, and how many do. */
function looking({ first, taps }: Taps, low: number, high: number): [start: number, length: number] {
  let start = 0;
  while (start < first.length && first[start]! + taps - 1 < low) start++;
  let end = start;
  while (end < first.length && first[end]! <= high) end++;
  return [start, end - start];
}

function blendAcross(source: Float32Array, from: number, { taps, first, weights }: Taps, place: Region): Float32Array {
  const out = new Float32Array(place.width);
  for (let x = 0, slot = place.x * taps; x < out.length; x++) {
    let sum = 0;
    const begin = from + first[place.x + x]!;
    for (let tap = 0; tap < taps; tap++, slot++) sum += source[begin + tap]! * weights[slot]!;
    out[x] = sum;
  }
  return out;
}

function addRow(sum: Float32Array, row: Float32Array, weight: number): void {
  for (let x = 0; x < sum.length; x++) sum[x] = sum[x]! + row[x]! * weight;
}
