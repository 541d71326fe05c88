import { viewOf } from '../header/storedImage.ts';
import { type TiffField, type TiffType, tiffTypeBytes, tiffTypes } from './tiffField.ts';

const typeOf: ReadonlyMap<number, TiffType> = new Map(
  Object.entries(tiffTypes).map(([name, number]) => [number, name as TiffType]),
);
/** No georeference holds more: 65,535 tie points of 6 numbers would be a picture of their own. */
const valuesMax = 65_536;

/**
 * The named tags of a TIFF's (or BigTIFF's) first directory, ascending. What is cut off, of a type that is not read here, or
 * longer than any georeference is left out: a picture is not refused for the sake of where it lies.
 */
export function readTiffFields(bytes: Uint8Array, tags: ReadonlySet<number>): TiffField[] {
  try {
    return [...fieldsIn(viewOf(bytes), tags)].toSorted((a, b) => a.tag - b.tag);
  } catch {
    return [];
  }
}

function* fieldsIn(view: DataView, tags: ReadonlySet<number>): Generator<TiffField> {
  const little = view.getUint16(0, false) === 0x4949;
  const big = view.getUint16(2, little) === 43;
  const long = (at: number) => (big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little));
  const start = long(big ? 8 : 4);
  const count = Math.min(big ? Number(view.getBigUint64(start, little)) : view.getUint16(start, little), 65_535);
  const entryBytes = big ? 20 : 12;
  for (let index = 0; index < count; index++) {
    const entry = start + (big ? 8 : 2) + index * entryBytes;
    const tag = view.getUint16(entry, little);
    const type = typeOf.get(view.getUint16(entry + 2, little));
    const length = long(entry + 4);
    if (!tags.has(tag) || type === undefined || length > valuesMax) continue;
    const valueAt = entry + (big ? 12 : 8);
    const size = tiffTypeBytes[type];
    const at = length * size <= (big ? 8 : 4) ? valueAt : long(valueAt);
    const values = Array.from({ length }, (_, item) => valueAtPlace(view, at + item * size, type, little));
    yield { tag, type, values };
  }
}

function valueAtPlace(view: DataView, at: number, type: TiffType, little: boolean): number {
  if (type === 'double') return view.getFloat64(at, little);
  if (type === 'long8') return Number(view.getBigUint64(at, little));
  if (type === 'long') return view.getUint32(at, little);
  return type === 'short' ? view.getUint16(at, little) : view.getUint8(at);
}
