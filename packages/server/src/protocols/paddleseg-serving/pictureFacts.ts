import type { Size } from '../../domain/geometry.ts';

/** What the head of a JPEG or PNG says, as OpenCV would load it unchanged. */
export interface PictureFacts extends Size {
  readonly channels: number;
}

/** Parts of a header that are looked at. */
const partsMax = 20_000;

/**
 * Size as seen, and channels; undefined of other formats and of what cannot be read. The engine's door tells neither before
 * it answers, and both decide what it is asked for.
 */
export function pictureFacts(bytes: Uint8Array): PictureFacts | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (bytes[0] === 0xff && bytes[1] === 0xd8) return ofJpeg(view);
    return bytes[0] === 0x89 && ascii(view, 12) === 'IHDR' ? ofPng(view) : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // The header ends too early; the engine says so.
    throw error;
  }
}

/** Segments up to the picture data: ITU T.81, Annex B. */
function ofJpeg(view: DataView): PictureFacts | undefined {
  let frame: PictureFacts | undefined;
  let orientation = 1;
  let offset = 2;
  for (let parts = 0; parts < partsMax; parts++) {
    while (view.getUint8(offset) !== 0xff || [0, 0xff].includes(view.getUint8(offset + 1))) offset++;
    const marker = view.getUint8(offset + 1);
    const length = view.getUint16(offset + 2);
    if (marker === 0xda) break;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      const components = view.getUint8(offset + 9);
      const [height, width] = [view.getUint16(offset + 5), view.getUint16(offset + 7)];
      // OpenCV makes BGR of four inks.
      frame = { width, height, channels: components === 1 ? 1 : 3 };
    } else if (marker === 0xe1 && ascii(view, offset + 4) === 'Exif') {
      orientation = exifOrientation(view, offset + 10, offset + 2 + length) ?? orientation;
    }
    offset += 2 + length;
  }
  return frame === undefined ? undefined : upright(frame, orientation);
}

/** https://www.w3.org/TR/png-3/#11IHDR */
function ofPng(view: DataView): PictureFacts | undefined {
  // OpenCV gives four channels to whatever has opacity, grey included.
  const channels = new Map([
    [0, 1],
    [2, 3],
    [3, 3],
    [4, 4],
    [6, 4],
  ]).get(view.getUint8(25));
  if (channels === undefined) return undefined;
  const picture = { width: view.getUint32(16), height: view.getUint32(20), channels };
  let orientation = 1;
  let opacity = false;
  let offset = 33;
  for (let parts = 0; parts < partsMax && offset + 8 <= view.byteLength; parts++) {
    const length = view.getUint32(offset);
    const type = ascii(view, offset + 4);
    if (type === 'IDAT') break;
    if (type === 'tRNS' && view.getUint8(25) === 3) opacity = true;
    if (type === 'eXIf') orientation = exifOrientation(view, offset + 8, offset + 8 + length) ?? 1;
    offset += 12 + length;
  }
  return upright(opacity ? { ...picture, channels: 4 } : picture, orientation);
}

/** Tag 274 of the first directory of a TIFF; undefined when there is none. */
function exifOrientation(view: DataView, start: number, end: number): number | undefined {
  const little = ascii(view, start).startsWith('II');
  const directory = start + view.getUint32(start + 4, little);
  if (directory + 2 > end) return undefined;
  const entries = view.getUint16(directory, little);
  for (let entry = directory + 2; entry < directory + 2 + 12 * entries && entry + 12 <= end; entry += 12) {
    if (view.getUint16(entry, little) === 274) return view.getUint16(entry + 8, little);
  }
  return undefined;
}

function upright(picture: PictureFacts, orientation: number): PictureFacts {
  if (orientation < 5 || orientation > 8) return picture;
  return { width: picture.height, height: picture.width, channels: picture.channels };
}

function ascii(view: DataView, offset: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((at) => view.getUint8(offset + at)));
}
