import { BrokenHeader, holds, partsMax, type StoredImage, viewOf } from './storedImage.ts';
import { exifOrientation } from './tiff.ts';

/**
 * ITU T.81 Annex B: segments up to the start of scan. Bytes between segments are skipped, as libjpeg does; EXIF may
 * stand behind the frame header.
 */
export function readJpeg(bytes: Uint8Array): StoredImage {
  const view = viewOf(bytes);
  let frame: { width: number; height: number } | undefined;
  let orientation: number | undefined;
  let offset = 2;
  for (let parts = 0; parts < partsMax; parts++) {
    offset = markerAfter(bytes, offset);
    const marker = view.getUint8(offset);
    offset += 1;
    if (isAlone(marker)) continue;
    if (marker === 0xda || marker === 0xd9) {
      if (frame === undefined) throw new BrokenHeader('no frame header before the picture data');
      return { ...frame, orientation: orientation ?? 1 };
    }
    const length = view.getUint16(offset, false);
    if (length < 2) throw new BrokenHeader('a segment shorter than its own length field');
    if (isFrame(marker))
      frame = { height: view.getUint16(offset + 3, false), width: view.getUint16(offset + 5, false) };
    if (marker === 0xe1 && orientation === undefined && holds(bytes, offset + 2, 'Exif\0')) {
      orientation = exifOrientation(bytes.subarray(offset + 8, offset + length));
    }
    offset += length;
  }
  throw new BrokenHeader(`more than ${partsMax} segments`);
}

/** Where the byte behind the next FF (and its fill bytes, more FF) stands. Zero behind FF is data, not a marker. */
function markerAfter(bytes: Uint8Array, from: number): number {
  let offset = bytes.indexOf(0xff, from);
  for (let fill = 0; offset >= 0 && fill < partsMax; fill++) {
    const next = bytes[offset + 1];
    if (next === undefined) break;
    if (next !== 0xff && next !== 0) return offset + 1;
    offset = next === 0xff ? offset + 1 : bytes.indexOf(0xff, offset + 2);
  }
  throw new RangeError('no marker');
}

function isAlone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

/** SOF0…SOF15 without DHT (C4), JPG (C8) and DAC (CC). */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}
