import type { Size } from '../../domain/geometry.ts';

/** Begin and end of stretches of at most `most` pictures that have at most `pixelsMax` pixels together; one always fits. */
export function chunksOf(pictures: readonly Size[], most: number, pixelsMax: number): [from: number, to: number][] {
  const chunks: [number, number][] = [];
  let pixels = 0;
  for (const [index, { width, height }] of pictures.entries()) {
    const last = chunks.at(-1);
    pixels += width * height;
    if (last && last[1] - last[0] < most && pixels <= pixelsMax) last[1] = index + 1;
    else {
      chunks.push([index, index + 1]);
      pixels = width * height;
    }
  }
  return chunks;
}
