import { Fault } from '../../domain/fault.ts';
import type { Size } from '../../domain/geometry.ts';
import type { ImageHeader, Pixels } from '../../domain/image.ts';
import { decodeFault } from './decodeFault.ts';
import { openPicture } from './openPicture.ts';
import { toSrgb, toSrgbLate } from './rgb.ts';

/**
 * The upright picture in sRGB, at its own size or stretched to another: RGB, or RGBA where it has an alpha channel.
 * Stretching weighs colours by their opacity, so what is wholly transparent has none left then.
 */
export async function decodeFull(bytes: Uint8Array, header: ImageHeader, size: Size = header): Promise<Pixels> {
  const { width, height } = size;
  try {
    const picture = await openPicture(bytes, header, size);
    const isOwn = width === header.width && height === header.height;
    const sized = isOwn ? picture.upright : picture.upright.resize({ width, height, fit: 'fill' });
    const pixels = await (picture.conversion === 'late' ? toSrgbLate(sized) : toSrgb(sized));
    if (pixels.width !== width || pixels.height !== height) {
      const promised = `a picture of ${header.width}×${header.height} pixels, as its header says`;
      throw Fault.expected('corrupt_image', promised, `one of ${pixels.width}×${pixels.height}`);
    }
    return pixels;
  } catch (error) {
    throw decodeFault(error, header);
  }
}
