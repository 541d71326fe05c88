import type { GraphKernel } from '../operators.ts';

/** Planes resized in plain loops, with OpenCV's coordinates and without antialiasing: the measure of the graph's Resize. */
export function resample(
  planes: ArrayLike<number>,
  count: number,
  [height, width]: readonly [number, number],
  [newHeight, newWidth]: readonly [number, number],
  kernel: GraphKernel,
): Float32Array {
  const rows = taps(height, newHeight, kernel);
  const columns = taps(width, newWidth, kernel);
  const result = new Float32Array(count * newHeight * newWidth);
  let to = 0;
  for (let plane = 0; plane < count; plane++) {
    for (const row of rows) {
      for (const column of columns) {
        let sum = 0;
        for (const [y, rowWeight] of row) {
          for (const [x, weight] of column) sum += rowWeight * weight * planes[(plane * height + y) * width + x]!;
        }
        result[to++] = sum;
      }
    }
  }
  return result;
}

/** For each new place the old places that it is mixed from, with their weights. */
function taps(size: number, newSize: number, kernel: GraphKernel): [place: number, weight: number][][] {
  const inside = (place: number) => Math.min(Math.max(place, 0), size - 1);
  return Array.from({ length: newSize }, (_, at) => {
    // The runtime divides by the scale as a float32, which decides where nearest falls on a border.
    if (kernel === 'nearest') return [[inside(Math.floor(Math.fround(at / Math.fround(newSize / size)))), 1]];
    const place = ((at + 0.5) * size) / newSize - 0.5;
    const first = Math.floor(place);
    const part = place - first;
    if (kernel === 'linear') {
      return [
        [inside(first), 1 - part],
        [inside(first + 1), part],
      ];
    }
    return [-1, 0, 1, 2].map((step) => [inside(first + step), cubicWeight(Math.abs(part - step))]);
  });
}

function cubicWeight(distance: number, a = -0.75): number {
  if (distance <= 1) return ((a + 2) * distance - (a + 3)) * distance * distance + 1;
  return ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a;
}
