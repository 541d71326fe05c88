import type { Size } from '../../domain/geometry.ts';
import { componentIds } from './componentIds.ts';
import type { TidyWish } from './tidyLabels.ts';

/**
 * An opacity without holes and specks. A speck is what hangs together above 0 and has fewer than `minArea` pixels from the
 * threshold on: it becomes 0 with its soft edge. A hole is what hangs together below 255, does not reach the picture's edge
 * and has at most `fillHoles` pixels below the threshold: it becomes 255 with its soft edge.
 */
export function tidyAlpha(
  alpha: Uint8Array,
  size: Size,
  threshold: number,
  { minArea, fillHoles }: TidyWish,
): Uint8Array {
  const least = threshold * 255;
  const filled =
    fillHoles === 0
      ? alpha
      : replaced(alpha, size, {
          isPart: (value) => value < 255,
          counts: (value) => value < least,
          goes: (count, atEdge) => count <= fillHoles && !atEdge,
          becomes: 255,
        });
  if (minArea === 0) return filled;
  return replaced(filled, size, {
    isPart: (value) => value > 0,
    counts: (value) => value >= least,
    goes: (count) => count < minArea,
    becomes: 0,
  });
}

interface Rule {
  readonly isPart: (value: number) => boolean;
  readonly counts: (value: number) => boolean;
  readonly goes: (count: number, atEdge: boolean) => boolean;
  readonly becomes: number;
}

function replaced(alpha: Uint8Array, size: Size, { isPart, counts, goes, becomes }: Rule): Uint8Array {
  const { width, height } = size;
  const parts = Uint8Array.from({ length: 256 }, (_, value) => (isPart(value) ? 1 : 0));
  const counted = Uint8Array.from({ length: 256 }, (_, value) => (counts(value) ? 1 : 0));
  const { ids, pixels, firsts } = componentIds(
    alpha.map((value) => parts[value]!),
    size,
  );
  const sums = new Uint32Array(pixels.length);
  const atEdge = new Uint8Array(pixels.length);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const id = ids[at]!;
      sums[id] = sums[id]! + counted[alpha[at]!]!;
      if (x === 0 || y === 0 || x === width - 1 || y === height - 1) atEdge[id] = 1;
    }
  }
  const gone = pixels.map((_, id) => (parts[alpha[firsts[id]!]!] === 1 && goes(sums[id]!, atEdge[id] === 1) ? 1 : 0));
  return alpha.map((value, at) => (gone[ids[at]!] === 1 ? becomes : value));
}
