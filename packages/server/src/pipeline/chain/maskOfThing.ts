import type { Region } from '../../domain/geometry.ts';
import type { Instance } from '../instances/instance.ts';
import { cropped, paint, type Spans } from '../instances/spans.ts';
import { findComponents } from '../regions/components.ts';
import type { Scene } from '../scene.ts';

/**
 * What a crop shows of the thing that it was made for, not of its neighbours, as a map of the crop: of instances the one
 * that shares most pixels with it, otherwise the connected parts of the foreground that share any.
 */
export function maskOfThing(found: Scene, crop: Region, thing: Instance, width: number): Uint8Array {
  const own = cropped(thing.spans, width, crop);
  const mask = new Uint8Array(own.length);
  if (found.instances) {
    const [best] = found.instances
      .map(({ spans }) => ({ spans, shared: sharedPixels(own, spans) }))
      .toSorted((a, b) => b.shared - a.shared);
    if (best && best.shared > 0) paint(mask, best.spans, 1);
    return mask;
  }
  const { data } = found.labels;
  for (let at = 0; at < mask.length; at++) mask[at] = data[at] === found.background ? 0 : 1;
  keepTouched(mask, own, crop);
  return mask;
}

function sharedPixels(own: Uint8Array, spans: Spans): number {
  let shared = 0;
  for (let at = 0; at < spans.length; at += 2) {
    for (let pixel = spans[at]!; pixel < spans[at + 1]!; pixel++) shared += own[pixel]!;
  }
  return shared;
}

function keepTouched(mask: Uint8Array, own: Uint8Array, { width, height }: Region): void {
  const components = findComponents({ data: mask, width, height, classes: [1] }, 0);
  const touched = new Set<number>();
  eachRun(mask, width, (from, to, x, y) => {
    if (own.subarray(from, to).includes(1)) touched.add(components.at(x, y));
  });
  eachRun(mask, width, (from, to, x, y) => {
    if (!touched.has(components.at(x, y))) mask.fill(0, from, to);
  });
}

/** Each run of ones in a row: its first and past-last pixel, and where it begins. */
function eachRun(
  mask: Uint8Array,
  width: number,
  visit: (from: number, to: number, x: number, y: number) => void,
): void {
  for (let row = 0; row < mask.length; row += width) {
    for (let at = row; at < row + width; ) {
      const from = at;
      while (at < row + width && mask[at] === 1) at++;
      if (at > from) visit(from, at, from - row, row / width);
      else at++;
    }
  }
}
