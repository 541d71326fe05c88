import type { Size } from '../../domain/geometry.ts';

/** 1 for each cell of `step` × `step` pixels that holds a half-transparent one (0 < alpha < 255); undefined: none does. */
export function softCells(alpha: Uint8Array, { width, height }: Size, step: number): Uint8Array | undefined {
  const across = Math.ceil(width / step);
  const soft = new Uint8Array(across * Math.ceil(height / step));
  let any = false;
  for (let y = 0, pixel = 0; y < height; y++) {
    let cell = Math.floor(y / step) * across;
    for (let x = 0, left = step; x < width; x++, pixel++) {
      const opacity = alpha[pixel]!;
      if (opacity !== 0 && opacity !== 255) {
        soft[cell] = 1;
        any = true;
      }
      if (--left === 0) {
        left = step;
        cell++;
      }
    }
  }
  return any ? soft : undefined;
}
