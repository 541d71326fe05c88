import { BrokenHeader, holds, partsMax, type StoredImage, viewOf } from './storedImage.ts';
import { exifOrientation } from './tiff.ts';

const exifFlag = 0x08;

/** RFC 9649: the simple lossy and lossless forms, and the extended one with a canvas and EXIF. */
export function readWebp(bytes: Uint8Array): StoredImage {
  const view = viewOf(bytes);
  if (holds(bytes, 12, 'VP8 ')) {
    if (view.getUint8(23) !== 0x9d || view.getUint8(24) !== 0x01 || view.getUint8(25) !== 0x2a) {
      throw new BrokenHeader('a lossy WebP frame without its start code');
    }
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff, orientation: 1 };
  }
  if (holds(bytes, 12, 'VP8L')) {
    if (view.getUint8(20) !== 0x2f) throw new BrokenHeader('a lossless WebP frame without its signature');
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, orientation: 1 };
  }
  if (!holds(bytes, 12, 'VP8X')) throw new BrokenHeader('a WebP whose first chunk is none of VP8, VP8L, VP8X');
  const width = 1 + uint24(view, 24);
  const height = 1 + uint24(view, 27);
  const orientation = view.getUint8(20) & exifFlag ? exifChunkOrientation(bytes, view) : 1;
  return { width, height, orientation };
}

function exifChunkOrientation(bytes: Uint8Array, view: DataView): number {
  let offset = 12;
  for (let parts = 0; parts < partsMax && offset + 8 <= bytes.length; parts++) {
    const length = view.getUint32(offset + 4, true);
    if (holds(bytes, offset, 'EXIF')) {
      const start = offset + 8 + (holds(bytes, offset + 8, 'Exif\0\0') ? 6 : 0); // some writers copy the JPEG prefix
      return exifOrientation(bytes.subarray(start, offset + 8 + length));
    }
    offset += 8 + length + (length & 1);
  }
  return 1;
}

function uint24(view: DataView, offset: number): number {
  return view.getUint16(offset, true) | (view.getUint8(offset + 2) << 16);
}
