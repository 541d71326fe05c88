import { promisify } from 'node:util';
import { constants, crc32, deflate } from 'node:zlib';

const deflateAsync = promisify(deflate);
/** Higher levels cost more time than the bytes they save are worth. */
const level = 3;
/** A map of bytes is runs of equal ones: looking for nothing else takes no longer and makes half the bytes. */
const runsOnly = { level, strategy: constants.Z_RLE };

export interface PngImage {
  readonly width: number;
  readonly height: number;
  /** One number per pixel: 8 bits from a Uint8Array, 16 from a Uint16Array. */
  readonly data: Uint8Array | Uint16Array;
  /** R, G, B of each value, at most 256; makes the picture an indexed one. 8 bits only. */
  readonly palette?: Uint8Array;
  /** Values change little from line to line, as opacity does: what is stored is the difference to the line above. */
  readonly smooth?: boolean;
}

export const pngSignature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/**
 * A grey or indexed PNG whose stored numbers are the given numbers. General encoders count colours, gamma and
 * profiles; a class map must come back as it was written.
 */
export async function encodePng(image: PngImage): Promise<Uint8Array> {
  const packed =
    image.data instanceof Uint8Array
      ? await deflateAsync(scanlines8(image.data, image), runsOnly)
      : await deflateAsync(scanlines16(image.data, image), { level });
  const palette = image.palette ? [chunk('PLTE', image.palette)] : [];
  const bits = image.data instanceof Uint8Array ? 8 : 16;
  const head = pngHeader({ width: image.width, height: image.height, bits, indexed: image.palette !== undefined });
  return Buffer.concat([pngSignature, head, ...palette, chunk('IDAT', packed), chunk('IEND', new Uint8Array())]);
}

/** IHDR of a grey or indexed picture. */
export function pngHeader({
  width,
  height,
  bits,
  indexed,
}: Pick<PngImage, 'width' | 'height'> & { readonly bits: 8 | 16; readonly indexed: boolean }): Uint8Array {
  const content = new Uint8Array(13);
  const view = new DataView(content.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  content[8] = bits;
  content[9] = indexed ? 3 : 0; // colour type: indexed, grey
  return chunk('IHDR', content);
}

/** Each line stands behind its filter: 0, none; 2, the difference to the line above, modulo 256. */
function scanlines8(data: Uint8Array, { width, height, smooth = false }: PngImage): Uint8Array {
  const lines = new Uint8Array((width + 1) * height);
  if (smooth) {
    for (let y = 0, source = 0, target = 0; y < height; y++) {
      lines[target++] = 2;
      for (const end = source + width; source < end; source++) {
        lines[target++] = data[source]! - (y > 0 ? data[source - width]! : 0);
      }
    }
    return lines;
  }
  for (let y = 0; y < height; y++) lines.set(data.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  return lines;
}

function scanlines16(data: Uint16Array, { width, height }: PngImage): Uint8Array {
  const lines = new Uint8Array((width * 2 + 1) * height);
  for (let y = 0, source = 0, target = 0; y < height; y++) {
    target += 1;
    for (let x = 0; x < width; x++, source++, target += 2) {
      const value = data[source]!;
      lines[target] = value >> 8; // big-endian
      lines[target + 1] = value;
    }
  }
  return lines;
}

/** Length, type, content, and the checksum of type and content. */
export function chunk(type: string, content: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(12 + content.length);
  bytes.writeUInt32BE(content.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(content, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + content.length)), 8 + content.length);
  return bytes;
}
