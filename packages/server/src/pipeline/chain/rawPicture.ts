import type { Region } from '../../domain/geometry.ts';
import type { EncodedPicture, ImageFormat, Pixels } from '../../domain/image.ts';

/**
 * Decoded pixels in the form in which every stage of the pipeline takes a picture, or a part of them: nothing is copied.
 * `format`: what they were, for those who complain about them.
 */
export function rawPicture(
  { data, width, height, channels }: Pixels,
  format: ImageFormat,
  part?: Region,
): EncodedPicture {
  const whole = { format, storedWidth: width, storedHeight: height, orientation: 1, width, height, raw: channels };
  return { image: data, header: part ? { ...whole, width: part.width, height: part.height, part } : whole };
}
