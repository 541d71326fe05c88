import { type TiffField, type TiffType, tiffTypeBytes, tiffTypes } from '../geo/tiffField.ts';

/** The head of a classic little-endian TIFF; where its directory stands (byte 4) is written when that is known. */
export function tiffHeader(): Uint8Array {
  return Uint8Array.of(0x49, 0x49, 42, 0, 0, 0, 0, 0);
}

export interface TiffFacts {
  readonly width: number;
  readonly height: number;
  readonly bits: 8 | 16;
  readonly palette: Uint8Array | undefined;
  /** What is stored is the difference to the left neighbour. */
  readonly smooth: boolean;
  readonly side: number;
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
  readonly fields: readonly TiffField[];
}

/** TIFF 6.0: the directory of one tiled picture of a channel, to stand at `at`, an even place; its values stand behind it. */
export function tiffDirectory(at: number, facts: TiffFacts): { readonly offset: number; readonly bytes: Uint8Array } {
  const fields = fieldsOf(facts).toSorted((a, b) => a.tag - b.tag);
  const headBytes = 2 + fields.length * 12 + 4;
  const tailBytes = fields.reduce((sum, field) => sum + (isInside(field) ? 0 : even(bytesOf(field))), 0);
  const bytes = new Uint8Array(headBytes + tailBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, fields.length, true);
  let tail = headBytes;
  for (const [index, field] of fields.entries()) {
    const entry = 2 + index * 12;
    view.setUint16(entry, field.tag, true);
    view.setUint16(entry + 2, tiffTypes[field.type], true);
    view.setUint32(entry + 4, field.values.length, true);
    if (isInside(field)) {
      write(view, entry + 8, field);
      continue;
    }
    view.setUint32(entry + 8, at + tail, true);
    write(view, tail, field);
    tail += even(bytesOf(field));
  }
  return { offset: at, bytes };
}

function fieldsOf({ width, height, bits, palette, smooth, side, offsets, lengths, fields }: TiffFacts): TiffField[] {
  const field = (tag: number, type: TiffType, ...values: number[]): TiffField => ({ tag, type, values });
  return [
    field(256, 'long', width),
    field(257, 'long', height),
    field(258, 'short', bits),
    field(259, 'short', 8), // deflate
    field(262, 'short', palette ? 3 : 1), // indexed; grey, 0 is black
    field(277, 'short', 1), // channels
    field(284, 'short', 1),
    ...(smooth ? [field(317, 'short', 2)] : []),
    ...(palette ? [{ tag: 320, type: 'short', values: colorMap(palette) } as const] : []),
    field(322, 'short', side),
    field(323, 'short', side),
    { tag: 324, type: 'long', values: offsets },
    { tag: 325, type: 'long', values: lengths },
    field(339, 'short', 1), // unsigned whole numbers
    ...fields,
  ];
}

/** All reds, all greens, all blues of 256 values, in 16 bits each. */
function colorMap(palette: Uint8Array): number[] {
  return [0, 1, 2].flatMap((channel) =>
    Array.from({ length: 256 }, (_, value) => (palette[value * 3 + channel] ?? 0) * 257),
  );
}

function bytesOf({ type, values }: TiffField): number {
  return values.length * tiffTypeBytes[type];
}

function isInside(field: TiffField): boolean {
  return bytesOf(field) <= 4;
}

function even(bytes: number): number {
  return bytes + (bytes % 2);
}

function write(view: DataView, at: number, { type, values }: TiffField): void {
  const size = tiffTypeBytes[type];
  for (const [index, value] of values.entries()) {
    const place = at + index * size;
    if (type === 'double') view.setFloat64(place, value, true);
    else if (type === 'long8') view.setBigUint64(place, BigInt(value), true);
    else if (size === 1) view.setUint8(place, value);
    else if (size === 2) view.setUint16(place, value, true);
    else view.setUint32(place, value, true);
  }
}
