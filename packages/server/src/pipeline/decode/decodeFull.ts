import { Fault } from '../../domain/fault.ts';
import type { ImageHeader, Pixels } from '../../domain/image.ts';
import { decodeFault } from './decodeFault.ts';
import { openPicture } from './openPicture.ts';
import { toSrgb, toSrgbLate } from './rgb.ts';

/** The upright picture at its own size in sRGB: RGB, or RGBA where it has an alpha channel. */
export async function decodeFull(bytes: Uint8Array, header: ImageHeader): Promise<Pixels> {
  try {
    const picture = await openPicture(bytes, header, header);
    const pixels = await (picture.conversion === 'late' ? toSrgbLate(picture.upright) : toSrgb(picture.upright));
    if (pixels.width !== header.width || pixels.height !== header.height) {
      const promised = `a picture of ${header.width}×${header.height} pixels, as its header says`;
      throw Fault.expected('corrupt_image', promised, `one of ${pixels.width}×${pixels.height}`);
    }
    return pixels;
  } catch (error) {
    throw decodeFault(error, header);
  }
}
