import type { BackgroundFit } from '@segserve/contract';
import { Fault } from '../../domain/fault.ts';
import type { Size } from '../../domain/geometry.ts';
import type { EncodedPicture, Pixels } from '../../domain/image.ts';
import { decodeFault } from './decodeFault.ts';
import { openPicture } from './openPicture.ts';
import { toSrgb, toSrgbLate } from './rgb.ts';

const fits = { cover: 'cover', contain: 'contain', stretch: 'fill' } as const;
const white = '#ffffff';

/** A background picture, upright, in sRGB, at the size of what it is to stand behind; where it is clear it is white. */
export async function decodeBackdrop(
  { image, header }: EncodedPicture,
  { width, height }: Size,
  fit: BackgroundFit,
): Promise<Pixels> {
  try {
    const { upright, hasAlpha, conversion } = await openPicture(image, header, { width, height });
    const opaque = hasAlpha ? upright.flatten({ background: white }) : upright;
    const sized = opaque.resize({ width, height, fit: fits[fit], background: white });
    return await (conversion === 'late' ? toSrgbLate(sized) : toSrgb(sized));
  } catch (error) {
    const fault = decodeFault(error, header);
    throw Fault.fromWire({ ...fault.toWire(), message: `Of the background picture: ${fault.message}` });
  }
}
