import { BrokenHeader, type StoredImage, viewOf } from './storedImage.ts';

const tagWidth = 256;
const tagHeight = 257;
const tagOrientation = 274;
const tagDngVersion = 0xc612;

/** TIFF 6.0 and BigTIFF: the first directory's size and orientation. */
export function readTiff(bytes: Uint8Array): StoredImage {
  const tags = firstDirectory(bytes);
  const width = tags.get(tagWidth);
  const height = tags.get(tagHeight);
  if (width === undefined || height === undefined) throw new BrokenHeader('a TIFF directory without a size');
  return { width, height, orientation: orientationIn(tags) };
}

/** EXIF is a TIFF directory without a picture; what cannot be read of it counts as absent, as in every viewer. */
export function exifOrientation(exif: Uint8Array): number {
  try {
    return orientationIn(firstDirectory(exif));
  } catch {
    return 1;
  }
}

/** A camera's raw file is a TIFF on the outside whose first directory is a thumbnail. */
export function isCameraRaw(bytes: Uint8Array): boolean {
  if (bytes[8] === 0x43 && bytes[9] === 0x52 && bytes[10] === 2) return true; // "CR", Canon CR2
  try {
    return firstDirectory(bytes).has(tagDngVersion);
  } catch {
    return false;
  }
}

function orientationIn(tags: ReadonlyMap<number, number>): number {
  const value = tags.get(tagOrientation) ?? 1;
  return value >= 1 && value <= 8 ? value : 1;
}

/** The unsigned whole numbers of the first directory by tag; at most 65,535 entries of 12 or 20 bytes. */
function firstDirectory(bytes: Uint8Array): Map<number, number> {
  const view = viewOf(bytes);
  const little = view.getUint16(0, false) === 0x4949;
  if (!little && view.getUint16(0, false) !== 0x4d4d) throw new BrokenHeader('a TIFF byte order that does not exist');
  const big = view.getUint16(2, little) === 43;
  if (!big && view.getUint16(2, little) !== 42) throw new BrokenHeader('a TIFF version that does not exist');

  const start = big ? Number(view.getBigUint64(8, little)) : view.getUint32(4, little);
  const count = big ? Number(view.getBigUint64(start, little)) : view.getUint16(start, little);
  if (count > 65_535) throw new BrokenHeader('a TIFF directory of more than 65,535 entries');
  const entryBytes = big ? 20 : 12;
  const valueAt = big ? 12 : 8;
  const tags = new Map<number, number>();
  for (let index = 0; index < count; index++) {
    const entry = start + (big ? 8 : 2) + index * entryBytes;
    const value = wholeNumber(view, entry + valueAt, view.getUint16(entry + 2, little), little);
    if (value !== undefined) tags.set(view.getUint16(entry, little), value);
  }
  return tags;
}

function wholeNumber(view: DataView, offset: number, type: number, little: boolean): number | undefined {
  switch (type) {
    case 1: // BYTE
      return view.getUint8(offset);
    case 3: // SHORT
      return view.getUint16(offset, little);
    case 4: // LONG
      return view.getUint32(offset, little);
    case 16: // LONG8
      return Number(view.getBigUint64(offset, little));
    default:
      return undefined;
  }
}
