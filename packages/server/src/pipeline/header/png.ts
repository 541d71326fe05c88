import { BrokenHeader, holds, partsMax, type StoredImage, viewOf } from './storedImage.ts';
import { exifOrientation } from './tiff.ts';

/** PNG third edition: IHDR, then chunks up to the picture data for an eXIf among them. */
export function readPng(bytes: Uint8Array): StoredImage {
  const view = viewOf(bytes);
  if (!holds(bytes, 12, 'IHDR') || view.getUint32(8, false) !== 13) {
    throw new BrokenHeader('a first chunk that is not IHDR');
  }
  const size = { width: view.getUint32(16, false), height: view.getUint32(20, false) };
  let offset = 33;
  for (let parts = 0; parts < partsMax && offset + 8 <= bytes.length; parts++) {
    const length = view.getUint32(offset, false);
    if (holds(bytes, offset + 4, 'IDAT')) break;
    if (holds(bytes, offset + 4, 'eXIf')) {
      return { ...size, orientation: exifOrientation(bytes.subarray(offset + 8, offset + 8 + length)) };
    }
    offset += 12 + length;
  }
  return { ...size, orientation: 1 };
}
