import { type TiffField, type TiffType, tiffTypeBytes, tiffTypes } from '../tiffField.ts';

export type TiffForm = 'classic' | 'big' | 'motorola';

/** The keys of a projected system by its EPSG code. `rasterType` 1: pixels are areas; 2: points. */
export function utmKeys(epsg: number, rasterType: 1 | 2 = 1): TiffField[] {
  const citation = 'UTM|';
  return [
    {
      tag: 34_735,
      type: 'short',
      values: [1, 1, 0, 4, 1024, 0, 1, 1, 1025, 0, 1, rasterType, 1026, 34_737, citation.length, 0, 3072, 0, 1, epsg],
    },
    { tag: 34_737, type: 'ascii', values: [...Buffer.from(`${citation}\0`)] },
  ];
}

/** An uncompressed RGB TIFF with these tags besides, written apart from the code that is tested. */
export function geoTiff(
  rgb: Uint8Array,
  width: number,
  height: number,
  extra: readonly TiffField[],
  form: TiffForm = 'classic',
): Buffer {
  const big = form === 'big';
  const little = form !== 'motorola';
  const headBytes = big ? 16 : 8;
  const field = (tag: number, type: TiffType, ...values: number[]): TiffField => ({ tag, type, values });
  const fields = [
    field(256, 'long', width),
    field(257, 'long', height),
    field(258, 'short', 8, 8, 8),
    field(259, 'short', 1),
    field(262, 'short', 2),
    field(273, big ? 'long8' : 'long', headBytes),
    field(277, 'short', 3),
    field(278, 'long', height),
    field(279, big ? 'long8' : 'long', rgb.length),
    field(284, 'short', 1),
    ...extra,
  ].toSorted((a, b) => a.tag - b.tag);
  const start = headBytes + rgb.length + (rgb.length % 2);
  const entryBytes = big ? 20 : 12;
  const inside = big ? 8 : 4;
  let tail = start + (big ? 8 : 2) + fields.length * entryBytes + inside;
  const out = Buffer.alloc(tail + fields.reduce((sum, one) => sum + one.values.length * 8 + 8, 0));
  const view = new DataView(out.buffer, out.byteOffset, out.length);
  const long = (at: number, value: number) =>
    big ? view.setBigUint64(at, BigInt(value), little) : view.setUint32(at, value, little);
  out.write(little ? 'II' : 'MM', 0, 'latin1');
  view.setUint16(2, big ? 43 : 42, little);
  if (big) view.setUint16(4, 8, little);
  long(big ? 8 : 4, start);
  out.set(rgb, headBytes);
  if (big) view.setBigUint64(start, BigInt(fields.length), little);
  else view.setUint16(start, fields.length, little);
  for (const [index, { tag, type, values }] of fields.entries()) {
    const entry = start + (big ? 8 : 2) + index * entryBytes;
    view.setUint16(entry, tag, little);
    view.setUint16(entry + 2, tiffTypes[type], little);
    long(entry + 4, values.length);
    const size = tiffTypeBytes[type];
    const place = values.length * size <= inside ? entry + (big ? 12 : 8) : tail;
    if (place === tail) {
      long(entry + (big ? 12 : 8), tail);
      tail += values.length * size + ((values.length * size) % 2);
    }
    for (const [at, value] of values.entries()) {
      const to = place + at * size;
      if (type === 'double') view.setFloat64(to, value, little);
      else if (type === 'long8') view.setBigUint64(to, BigInt(value), little);
      else if (size === 1) view.setUint8(to, value);
      else if (size === 2) view.setUint16(to, value, little);
      else view.setUint32(to, value, little);
    }
  }
  return out.subarray(0, tail);
}
