import type { Size } from '../../domain/geometry.ts';
import type { Pixels } from '../../domain/image.ts';
import { boxMean } from './boxMean.ts';
import { lerpsOf } from './lerps.ts';

/**
 * The photo's background out of focus, RGB. Colours are weighed by 1 − alpha, so that the foreground does not bleed
 * into the blur and stand around itself as a halo; where nothing of the background is near (under the middle of the
 * foreground, where nobody sees it) the plain blur stands in.
 *
 * Three running means are near to a Gaussian (Kovesi, Fast Almost-Gaussian Filtering, 2010), on cells of half a
 * standard deviation, then linear between cells: linear in pixels, whatever the blur.
 */
export function blurredBackground(photo: Pixels, alpha: Uint8Array, sigma: number): Uint8Array {
  const step = Math.max(1, Math.floor(sigma / 2));
  const size = { width: Math.ceil(photo.width / step), height: Math.ceil(photo.height / step) };
  const planes = weighedCells(photo, alpha, step, size);
  const radius = Math.round((Math.sqrt(1 + 4 * (sigma / step) ** 2) - 1) / 2); // 3 · ((2r + 1)² − 1) ÷ 12 = σ²
  if (radius > 0) {
    for (const plane of planes) for (let pass = 0; pass < 3; pass++) plane.set(boxMean(plane, size, radius, radius));
  }
  const [weight, red, green, blue] = planes;
  for (const plane of [red, green, blue]) {
    for (let index = 0; index < plane.length; index++) plane[index] = plane[index]! / weight[index]!;
  }
  return enlarged([red, green, blue], size, step, photo);
}

type Planes = [weight: Float32Array, red: Float32Array, green: Float32Array, blue: Float32Array];

/** Per cell the weight 1 − alpha (with a trace of the plain photo, so that it is never 0), and colours times weight. */
function weighedCells({ data, width, height, channels }: Pixels, alpha: Uint8Array, step: number, size: Size): Planes {
  const planes = [0, 1, 2, 3].map(() => new Float32Array(size.width * size.height)) as Planes;
  const [weights, red, green, blue] = planes;
  for (let y = 0, pixel = 0, at = 0; y < height; y++) {
    const row = Math.floor(y / step) * size.width;
    for (let x = 0, cell = row, left = step; x < width; x++, pixel++, at += channels) {
      const weight = 255.01 - alpha[pixel]!;
      weights[cell] = weights[cell]! + weight;
      red[cell] = red[cell]! + weight * data[at]!;
      green[cell] = green[cell]! + weight * data[at + 1]!;
      blue[cell] = blue[cell]! + weight * data[at + 2]!;
      if (--left === 0) {
        left = step;
        cell++;
      }
    }
  }
  return planes;
}

function enlarged(planes: readonly Float32Array[], size: Size, step: number, { width, height }: Size): Uint8Array {
  const across = lerpsOf(width, step, size.width);
  const down = lerpsOf(height, step, size.height);
  const out = new Uint8Array(width * height * 3);
  const rows = planes.map(() => new Float32Array(size.width));
  const [red, green, blue] = rows as [Float32Array, Float32Array, Float32Array];
  for (let y = 0, to = 0; y < height; y++) {
    const [first, second] = [down.first[y]! * size.width, down.second[y]! * size.width];
    const share = down.share[y]!;
    planes.forEach((plane, index) => {
      const row = rows[index]!;
      for (let x = 0; x < row.length; x++) row[x] = plane[first + x]! * (1 - share) + plane[second + x]! * share + 0.5; // rounds below
    });
    for (let x = 0; x < width; x++, to += 3) {
      const [i, j] = [across.first[x]!, across.second[x]!];
      const t = across.share[x]!;
      out[to] = red[i]! + (red[j]! - red[i]!) * t;
      out[to + 1] = green[i]! + (green[j]! - green[i]!) * t;
      out[to + 2] = blue[i]! + (blue[j]! - blue[i]!) * t;
    }
  }
  return out;
}
