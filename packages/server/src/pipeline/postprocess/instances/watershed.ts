import type { Size } from '../../../domain/geometry.ts';

/** Steps of height between the lowest and the highest; each is a queue. */
const levels = 256;

/**
 * Watershed from seeds: the seeds (connected pixels of the foreground above `seedThreshold`, at least `seedArea` of them)
 * flood the foreground from the highest heights down; where two meet is their border. Equal heights are flooded in the
 * order in which they were reached, so that a plain is shared between its seeds by their distance. Each pixel is queued
 * once: time is linear. Every instance hangs together, since a pixel is only given to a neighbour's. Foreground that no
 * seed reaches is part of nothing.
 */
export function growSeeds(
  heights: Float32Array,
  inside: Uint8Array,
  { width, height }: Size,
  seedThreshold: number,
  seedArea: number,
): { readonly ids: Uint32Array; readonly count: number } {
  const ids = new Uint32Array(width * height);
  const count = markSeeds(ids, heights, inside, width, seedThreshold, seedArea);
  flood(ids, levelsOf(heights, inside), inside, width);
  return { ids, count };
}

function markSeeds(
  ids: Uint32Array,
  heights: Float32Array,
  inside: Uint8Array,
  width: number,
  threshold: number,
  seedArea: number,
): number {
  const left = new Uint8Array(ids.length); // pixels of seeds that are in no seed yet
  for (let at = 0; at < left.length; at++) left[at] = inside[at] === 1 && heights[at]! > threshold ? 1 : 0;
  const pixels = new Uint32Array(ids.length);
  const around = new Uint32Array(4);
  let count = 0;
  for (let start = 0; start < ids.length; start++) {
    if (left[start] === 0) continue;
    left[start] = 0;
    pixels[0] = start;
    let found = 1;
    for (let next = 0; next < found; next++) {
      const sides = neighbours(pixels[next]!, width, ids.length, around);
      for (let side = 0; side < sides; side++) {
        const other = around[side]!;
        if (left[other] === 0) continue;
        left[other] = 0;
        pixels[found++] = other;
      }
    }
    if (found < seedArea) continue;
    count++;
    for (let at = 0; at < found; at++) ids[pixels[at]!] = count;
  }
  return count;
}

/** 0 the lowest, 255 the highest of the foreground. */
function levelsOf(heights: Float32Array, inside: Uint8Array): Uint8Array {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = 0; at < heights.length; at++) {
    if (inside[at] === 0) continue;
    least = Math.min(least, heights[at]!);
    most = Math.max(most, heights[at]!);
  }
  const share = most > least ? (levels - 1) / (most - least) : 0;
  const out = new Uint8Array(heights.length);
  for (let at = 0; at < out.length; at++) if (inside[at] === 1) out[at] = (heights[at]! - least) * share;
  return out;
}

/** Queues by level, as lists that run through the pixels themselves. */
function flood(ids: Uint32Array, level: Uint8Array, inside: Uint8Array, width: number): void {
  const none = 0xffff_ffff;
  const next = new Uint32Array(ids.length);
  const heads = new Uint32Array(levels).fill(none);
  const tails = new Uint32Array(levels);
  const around = new Uint32Array(4);
  const push = (at: number, most: number) => {
    const queue = Math.min(level[at]!, most);
    next[at] = none;
    if (heads[queue] === none) heads[queue] = at;
    else next[tails[queue]!] = at;
    tails[queue] = at;
  };
  for (let at = 0; at < ids.length; at++) if (ids[at] !== 0) push(at, levels - 1);
  for (let queue = levels - 1; queue >= 0; queue--) {
    while (heads[queue] !== none) {
      const at = heads[queue]!;
      heads[queue] = next[at]!;
      const id = ids[at]!;
      const sides = neighbours(at, width, ids.length, around);
      for (let side = 0; side < sides; side++) {
        const other = around[side]!;
        if (ids[other] !== 0 || inside[other] === 0) continue;
        ids[other] = id;
        push(other, queue);
      }
    }
  }
}

/** Writes the pixels that share a side with this one, and gives their number. */
function neighbours(at: number, width: number, length: number, out: Uint32Array): number {
  const x = at % width;
  let count = 0;
  if (x > 0) out[count++] = at - 1;
  if (x + 1 < width) out[count++] = at + 1;
  if (at >= width) out[count++] = at - width;
  if (at + width < length) out[count++] = at + width;
  return count;
}
