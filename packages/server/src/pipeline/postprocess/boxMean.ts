import type { Size } from '../../domain/geometry.ts';

/**
 * Mean of the (2·radiusX + 1) × (2·radiusY + 1) pixels around each pixel, of those that the map has. Running sums: the
 * time depends on the pixels and not on the radius. Sums are float64, so whole numbers stay exact.
 */
export function boxMean(
  source: Float32Array,
  { width, height }: Size,
  radiusX: number,
  radiusY: number,
  out: Float32Array = new Float32Array(source.length),
): Float32Array {
  meanAcross(source, width, height, radiusX, out);
  meanDown(out, width, height, radiusY);
  return out;
}

function meanAcross(source: Float32Array, width: number, height: number, radius: number, out: Float32Array): void {
  const share = shares(width, radius);
  for (let y = 0; y < height; y++) {
    const start = y * width;
    let sum = 0;
    for (let x = 0; x < Math.min(radius, width); x++) sum += source[start + x]!;
    for (let x = 0; x < width; x++) {
      if (x + radius < width) sum += source[start + x + radius]!;
      if (x - radius > 0) sum -= source[start + x - radius - 1]!;
      out[start + x] = sum * share[x]!;
    }
  }
}

/** In place: a ring keeps the rows that are overwritten before they leave the window. */
function meanDown(map: Float32Array, width: number, height: number, radius: number): void {
  const share = shares(height, radius);
  const sums = new Float64Array(width);
  const depth = Math.min(radius + 1, height);
  const ring = new Float32Array(depth * width);
  for (let y = 0; y < Math.min(radius, height); y++) addRow(sums, map, y * width, 1);
  for (let y = 0; y < height; y++) {
    if (y + radius < height) addRow(sums, map, (y + radius) * width, 1);
    const slot = (y % depth) * width;
    if (y - radius > 0) addRow(sums, ring, slot, -1); // row y − radius − 1 stands where row y is to stand
    const row = y * width;
    ring.set(map.subarray(row, row + width), slot);
    const part = share[y]!;
    for (let x = 0; x < width; x++) map[row + x] = sums[x]! * part;
  }
}

function addRow(sums: Float64Array, rows: Float32Array, start: number, sign: 1 | -1): void {
  for (let x = 0; x < sums.length; x++) sums[x] = sums[x]! + sign * rows[start + x]!;
}

/** 1 ÷ the pixels of the window that lie inside, for each position. */
function shares(side: number, radius: number): Float64Array {
  return Float64Array.from({ length: side }, (_, at) => {
    return 1 / (Math.min(at + radius, side - 1) - Math.max(at - radius, 0) + 1);
  });
}
