import type { Size } from '../../domain/geometry.ts';
import { dilate } from './dilate.ts';

/** Opacity, of 255, up to which a pixel is surely background, and from which it is surely foreground (5 % each). */
const backgroundMost = 12;
const foregroundLeast = 243;

/** A hundredth of the longer side: 19 pixels at 1080p, the order of a strand of hair. */
export function bandFor({ width, height }: Size): number {
  return Math.max(1, Math.round(Math.max(width, height) / 100));
}

/**
 * 255 where every pixel within `band` pixels is surely foreground, 0 where every one is surely background, 128
 * elsewhere. A band of 0 leaves only half-transparent pixels unknown.
 */
export function trimapOf(alpha: Uint8Array, size: Size, band: number): Uint8Array {
  const near = (is: (opacity: number) => boolean) => {
    const table = Uint8Array.from({ length: 256 }, (_, opacity) => Number(is(opacity)));
    const mask = new Uint8Array(alpha.length);
    for (let index = 0; index < alpha.length; index++) mask[index] = table[alpha[index]!]!;
    return band === 0 ? mask : dilate(mask, size, band);
  };
  const notForeground = near((opacity) => opacity < foregroundLeast);
  const notBackground = near((opacity) => opacity > backgroundMost);
  const out = new Uint8Array(alpha.length);
  for (let index = 0; index < out.length; index++) {
    out[index] = notForeground[index] === 0 ? 255 : notBackground[index] === 0 ? 0 : 128;
  }
  return out;
}
