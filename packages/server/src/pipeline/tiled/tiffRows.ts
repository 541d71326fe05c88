import { constants, deflateSync } from 'node:zlib';
import type { Size } from '../../domain/geometry.ts';
import type { TiffField } from '../geo/tiffField.ts';
import { ByteBudget } from './byteBudget.ts';
import { tiffDirectory, tiffHeader } from './tiffDirectory.ts';

export interface TiffRowsOptions extends Size {
  readonly bits: 8 | 16;
  /** R, G, B of each value; makes the picture an indexed one. 8 bits only. */
  readonly palette?: Uint8Array;
  /** 8 bits: what is stored is the difference to the left neighbour. */
  readonly smooth?: boolean;
  /** Tags of a georeference, written as they are. */
  readonly fields?: readonly TiffField[];
  readonly bytesMax: number;
}

/** A side of the tiles that a TIFF is stored in: TIFF 6.0 wants multiples of 16, and GIS tools read 256 best. */
const side = 256;

/**
 * A tiled TIFF (classic, little-endian, deflate) that is compressed as its rows come: 256 rows and the compressed bytes are
 * held. BigTIFF is not needed: answers are far below 4 GiB.
 */
export class TiffRows {
  readonly #options: TiffRowsOptions;
  readonly #file: ByteBudget;
  readonly #offsets: number[] = [];
  readonly #lengths: number[] = [];
  readonly #bytesPerPixel: number;
  /** Up to 256 rows that wait for their tiles, in the file's byte order. */
  readonly #waiting: Uint8Array;
  #rows = 0;

  constructor(options: TiffRowsOptions) {
    this.#options = options;
    this.#bytesPerPixel = options.bits / 8;
    this.#waiting = new Uint8Array(options.width * side * this.#bytesPerPixel);
    this.#file = new ByteBudget(Math.min(options.bytesMax, 2 ** 32 - 1));
    this.#file.add(tiffHeader());
  }

  /** Whole rows, in order. */
  async push(rows: Uint8Array | Uint16Array): Promise<void> {
    const bytes = rows instanceof Uint16Array ? littleEndian(rows) : rows;
    const rowBytes = this.#options.width * this.#bytesPerPixel;
    for (let at = 0; at < bytes.length; ) {
      const taken = Math.min(bytes.length - at, (side - this.#rows) * rowBytes);
      this.#waiting.set(bytes.subarray(at, at + taken), this.#rows * rowBytes);
      this.#rows += taken / rowBytes;
      at += taken;
      if (this.#rows === side) this.#writeTiles();
    }
  }

  async end(): Promise<Uint8Array> {
    if (this.#rows > 0) this.#writeTiles();
    const { width, height, bits, palette, fields, smooth = false } = this.#options;
    const directory = tiffDirectory(this.#file.length, {
      width,
      height,
      bits,
      palette,
      smooth,
      side,
      offsets: this.#offsets,
      lengths: this.#lengths,
      fields: fields ?? [],
    });
    this.#file.add(directory.bytes);
    const whole = this.#file.whole();
    whole.writeUInt32LE(directory.offset, 4);
    return whole;
  }

  close(): void {}

  #writeTiles(): void {
    const { width, smooth = false } = this.#options;
    const size = this.#bytesPerPixel;
    for (let left = 0; left < width; left += side) {
      const tile = new Uint8Array(side * side * size);
      const columns = Math.min(side, width - left);
      for (let y = 0; y < this.#rows; y++) {
        const from = (y * width + left) * size;
        tile.set(this.#waiting.subarray(from, from + columns * size), y * side * size);
      }
      if (smooth) toDifferences(tile);
      const packed = deflateSync(tile, { level: 3, ...(size === 1 ? { strategy: constants.Z_RLE } : {}) });
      this.#offsets.push(this.#file.length);
      this.#lengths.push(packed.length);
      this.#file.add(packed);
      if (packed.length % 2 === 1) this.#file.add(new Uint8Array(1)); // offsets are even
    }
    this.#rows = 0;
  }
}

/** TIFF 6.0 section 14: each row from its right end, so that what is subtracted is still what it was. */
function toDifferences(tile: Uint8Array): void {
  for (let row = 0; row < tile.length; row += side) {
    for (let at = row + side - 1; at > row; at--) tile[at] = tile[at]! - tile[at - 1]!;
  }
}

function littleEndian(rows: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(rows.length * 2);
  for (let at = 0, to = 0; at < rows.length; at++) {
    bytes[to++] = rows[at]!;
    bytes[to++] = rows[at]! >> 8;
  }
  return bytes;
}
