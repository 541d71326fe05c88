import type { ImageHeader } from '../../domain/image.ts';
import { formatNames } from '../header.ts';

/** Of these a row can be read without the rows below it, and without holding those above. */
const readsInRows: readonly ImageHeader['format'][] = ['jpeg', 'png', 'tiff'];

/** Why the picture can only be decoded whole, so that it counts as a picture of `imagePixelsMax`; undefined: it can be read in bands. */
export function whyWhole(bytes: Uint8Array, header: ImageHeader): string | undefined {
  const name = formatNames[header.format];
  if (!readsInRows.includes(header.format)) return `${name}, which is decoded whole`;
  if (header.orientation > 2) return `a ${name} that its EXIF orientation turns, which needs all of it at once`;
  if (header.format === 'png' && bytes[28] === 1) return 'an interlaced PNG, which is decoded whole';
  if (header.format === 'jpeg' && isProgressive(bytes)) return 'a progressive JPEG, which is decoded whole';
  return undefined;
}

/** ITU T.81 Annex B: the first frame header's marker; SOF2, SOF6, SOF10 and SOF14 are progressive. */
function isProgressive(bytes: Uint8Array): boolean {
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) {
      at += 1;
      continue;
    }
    const marker = bytes[at + 1]!;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return marker % 4 === 2;
    if (marker === 0xda) return false;
    const alone = marker === 0xff || marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= 0xd9);
    at += alone ? (marker === 0xff ? 1 : 2) : 2 + ((bytes[at + 2]! << 8) | bytes[at + 3]!);
  }
  return false;
}
