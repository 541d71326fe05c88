import type { Sharp } from 'sharp';
import type { Pixels } from '../../domain/image.ts';
import { sharp } from './sharpSetup.ts';

/** Runs a pipeline to 8-bit sRGB: three channels, or four where it still has alpha. */
export async function toSrgb(pipeline: Sharp): Promise<Pixels> {
  const { data, info } = await pipeline
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels === 3 || channels === 4) return { data, width, height, channels };
  return channels === 1
    ? { data: spread(data, 1, 3), width, height, channels: 3 }
    : { data: spread(data, 2, 4), width, height, channels: 4 };
}

/**
 * The same for a pipeline that has left its picture's profile alone: it goes along in an uncompressed TIFF, and is
 * applied to the few pixels that are left. 1080p Display P3 to 512²: 17 ms where converting first takes 37 ms, and the
 * results differ by at most 2 of 255. Brought to 8 bits first, for the sake of 16-bit pictures.
 */
export async function toSrgbLate(pipeline: Sharp): Promise<Pixels> {
  const small = await pipeline.toColourspace('srgb').keepIccProfile().tiff({ compression: 'none' }).toBuffer();
  return toSrgb(sharp(small));
}

/** Grey (and alpha) to RGB (and alpha). */
function spread(grey: Uint8Array, from: 1 | 2, to: 3 | 4): Uint8Array {
  const out = new Uint8Array((grey.length / from) * to);
  for (let source = 0, target = 0; source < grey.length; source += from, target += to) {
    const value = grey[source]!;
    out[target] = value;
    out[target + 1] = value;
    out[target + 2] = value;
    if (to === 4) out[target + 3] = grey[source + 1]!;
  }
  return out;
}
