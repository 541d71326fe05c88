import type { Size } from '../../domain/geometry.ts';

/**
 * 1 wherever a pixel of the mask lies within `radius` pixels (Euclidean distance between pixel centres, radius
 * included), else 0: a disc, exactly. Two passes after Meijster, Roerdink and Hesselink (A General Algorithm for
 * Computing Distance Transforms in Linear Time, 2000): down each column the distance to the mask, then along each row
 * how far each such pixel reaches. Linear in pixels, whatever the radius.
 */
export function dilate(mask: Uint8Array, { width, height }: Size, radius: number): Uint8Array {
  const distance = columnDistances(mask, width, radius);
  const reach = Int32Array.from({ length: radius + 2 }, (_, d) =>
    d > radius ? -1 : Math.floor(Math.sqrt(radius * radius - d * d)),
  );
  const out = new Uint8Array(mask.length);
  for (let y = 0; y < height; y++) spreadRow(distance, y * width, width, reach, out);
  return out;
}

/** Distance to the nearest mask pixel of the same column, at most radius + 1. */
function columnDistances(mask: Uint8Array, width: number, radius: number): Uint16Array {
  const distance = new Uint16Array(mask.length);
  const far = radius + 1;
  for (let x = 0; x < width; x++) distance[x] = mask[x] ? 0 : far;
  for (let at = width; at < mask.length; at++) {
    distance[at] = mask[at] ? 0 : Math.min(distance[at - width]! + 1, far);
  }
  for (let at = mask.length - width - 1; at >= 0; at--) {
    const below = distance[at + width]! + 1;
    if (below < distance[at]!) distance[at] = below;
  }
  return distance;
}

/** Once to the right and once to the left: the furthest that any pixel so far reaches. */
function spreadRow(distance: Uint16Array, start: number, width: number, reach: Int32Array, out: Uint8Array): void {
  let end = -1;
  for (let x = 0; x < width; x++) {
    const own = reach[distance[start + x]!]!;
    if (own >= 0 && x + own > end) end = x + own;
    if (x <= end) out[start + x] = 1;
  }
  end = width;
  for (let x = width - 1; x >= 0; x--) {
    const own = reach[distance[start + x]!]!;
    if (own >= 0 && x - own < end) end = x - own;
    if (x >= end) out[start + x] = 1;
  }
}
