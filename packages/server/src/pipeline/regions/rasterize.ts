import type { Ring } from './rings.ts';

/**
 * Paints what the rings enclose (even-odd): every pixel whose centre lies inside. A centre exactly on a line belongs to
 * the region on its right, so that regions with a common border share no pixel and leave none out.
 */
export function rasterize<Data extends Uint8Array | Uint16Array>(
  data: Data,
  width: number,
  rings: readonly Ring[],
  value: number,
): Data {
  const rows = new Map<number, number[]>();
  for (const ring of rings) addCrossings(rows, ring);
  for (const [y, crossings] of rows) {
    crossings.sort((a, b) => a - b);
    for (let at = 0; at < crossings.length; at += 2) {
      data.fill(value, y * width + Math.ceil(crossings[at]! - 0.5), y * width + Math.ceil(crossings[at + 1]! - 0.5));
    }
  }
  return data;
}

/** Corners are whole numbers and rows are crossed half way, so no crossing is at a corner. */
function addCrossings(rows: Map<number, number[]>, ring: Ring): void {
  for (let at = 0; at < ring.length; at += 2) {
    const next = (at + 2) % ring.length;
    const [upper, lower] = ring[at + 1]! < ring[next + 1]! ? [at, next] : [next, at];
    const x = ring[upper]!;
    const y = ring[upper + 1]!;
    const slope = (ring[lower]! - x) / (ring[lower + 1]! - y);
    for (let row = y; row < ring[lower + 1]!; row++) {
      const crossings = rows.get(row) ?? [];
      crossings.push(x + (row + 0.5 - y) * slope);
      rows.set(row, crossings);
    }
  }
}
